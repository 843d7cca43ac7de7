/* Shaded areas: districts by a number of their profile, cells by density. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;
  const NOTHING = '#e4e2dc';
  const ZERO = '#fbfaf7';

  /** The class of a value: the first break that it stays below. */
  const colourOf = (scale, value) => {
    if (value === null || value === undefined) return null;
    if (value === 0 && scale.zero) return hubmap.theme.ink(ZERO);
    let i = 0;
    while (i < scale.breaks.length && value >= scale.breaks[i]) i += 1;
    return coloursOf(scale)[i];
  };

  /** Much stands out from the ground: dark on light, light on dark. Two-sided scales stay. */
  const ordered = (colours) => (hubmap.theme.dark ? colours.slice().reverse() : colours);
  const coloursOf = (scale) => (scale.statistic === 'location_quotient' ? scale.colours : ordered(scale.colours));

  /** The legend's classes, in words: half-open, so that they neither overlap nor leave a gap. */
  const classes = (scale) => {
    const show = (v) => text.value(scale.statistic, v);
    const ends = [scale.low, ...scale.breaks, scale.high];
    const found = coloursOf(scale).map((colour, i) => {
      const [a, b] = [ends[i], ends[i + 1]];
      if (scale.statistic === 'location_quotient') {
        if (i === 0) return { colour, label: '< ' + show(b) };
        if (i === scale.colours.length - 1) return { colour, label: '≥ ' + show(a) };
      }
      const whole = ['count'].includes(scale.statistic);
      if (whole && i < scale.breaks.length) {
        const last = Math.ceil(b) - 1;
        return { colour, label: last <= Math.ceil(a) ? show(Math.ceil(a)) : `${show(Math.ceil(a))} – ${show(last)}` };
      }
      return { colour, label: a === b ? show(a) : `${show(a)} – ${show(b)}` };
    });
    if (scale.statistic === 'count' && scale.low === 0) {
      const first = found[0];
      if (scale.breaks.length && scale.breaks[0] > 1) first.label = scale.breaks[0] > 2 ? `${show(1)} – ${show(Math.ceil(scale.breaks[0]) - 1)}` : show(1);
    }
    return found;
  };

  /* Near, the ground matters less than what stands on it. */
  const strength = (zoom) => Math.max(0.38, Math.min(0.9, 0.9 - (zoom - 10) * 0.2));

  const hatch = (ctx, view) => {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8 * view.ratio;
    const t = tile.getContext('2d');
    t.scale(view.ratio, view.ratio);
    t.fillStyle = hubmap.theme.ink(NOTHING);
    t.fillRect(0, 0, 8, 8);
    t.strokeStyle = hubmap.theme.ink('#bab7ad');
    t.lineWidth = 1.1;
    t.beginPath();
    for (const d of [-8, 0, 8]) {
      t.moveTo(d, 8);
      t.lineTo(d + 8, 0);
    }
    t.stroke();
    const pattern = ctx.createPattern(tile, 'repeat');
    pattern.setTransform(new DOMMatrix().scale(1 / view.scale / view.ratio));
    return pattern;
  };

  /** What districts and cells share: shapes with a fill each, pointed and selected ones outlined. */
  const surface = (content, own) => {
    const table = hubmap.columns.table(content.table);
    let shapes = null;
    const actor = {
      table,
      content,
      home: content.home,
      pointed: null,
      selected: null,
      scale: null,
      visible: true,

      prepare(plane) {
        shapes = null;
        this.plane = plane;
      },

      /** Made when they are first looked at. */
      get shapes() {
        shapes = shapes || hubmap.columns.paths(content.paths).map((r) => this.plane.shape(r, true));
        return shapes;
      },

      /** Choose what is shown: a kind and a statistic, or nothing. */
      show(kind, statistic) {
        this.scale = content.values.find((v) => v.kind === kind && v.statistic === statistic && !v.withheld) || null;
        if (this.stage) this.stage.redraw();
      },

      ring(view, i, colour, width) {
        const { ctx } = view;
        ctx.lineJoin = 'round';
        ctx.strokeStyle = hubmap.theme.ink('rgba(255,255,255,.9)');
        ctx.lineWidth = (width + 2) / view.scale;
        ctx.stroke(this.shapes[i].at(view));
        ctx.strokeStyle = hubmap.theme.ink(colour);
        ctx.lineWidth = width / view.scale;
        ctx.stroke(this.shapes[i].at(view));
      },

      hit({ x, y }) {
        if (!this.visible) return null;
        const i = this.shapes.findIndex((s) => s.holds(x, y));
        return i < 0 ? null : { i };
      },

      keyOf: (found) => content.type + found.i,

      point(found) {
        this.pointed = found ? found.i : null;
      },
      ...own,
    };
    return actor;
  };

  hubmap.districts = (content) => {
    const rows = hubmap.columns.table(content.profile);
    let index = null;
    const rowOf = (...key) => {
      if (!index) {
        index = new Map();
        for (let i = 0; i < rows.n; i += 1) index.set(`${rows.zone[i]}|${rows.statistic[i]}|${rows.kind[i]}`, i);
      }
      return index.get(key.join('|'));
    };

    const actor = surface(content, {
      order: 10,
      ground: true,
      rows,
      app: null,

      /** A district's number, and why there is none where it is withheld. */
      number(i, scale) {
        const row = rowOf(this.table.code[i], scale.statistic, scale.kind);
        if (row !== undefined) {
          return { value: rows.value[row], withheld: rows.withheld ? rows.withheld[row] : null, row };
        }
        if (scale.statistic === 'count' && this.table[scale.kind]) return { value: this.table[scale.kind][i], withheld: null };
        return { value: null, withheld: null };
      },

      paint(view) {
        const { ctx } = view;
        let pattern = null;
        this.shapes.forEach((shape, i) => {
          if (!view.sees(shape.box)) return;
          const { value } = this.scale ? this.number(i, this.scale) : { value: 0 };
          const colour = this.scale ? colourOf(this.scale, value) : hubmap.theme.ink('#fdfcf9');
          ctx.globalAlpha = this.scale ? strength(view.zoom) : 1;
          ctx.fillStyle = colour || (pattern = pattern || hatch(ctx, view));
          ctx.fill(shape.at(view), 'evenodd');
        });
        ctx.globalAlpha = 1;
        ctx.lineJoin = 'bevel';
        ctx.strokeStyle = hubmap.theme.ink(this.scale ? 'rgba(96,84,72,.30)' : '#cfccc2');
        ctx.lineWidth = (view.zoom < 6.5 ? 0.4 : view.zoom < 8.5 ? 0.8 : 1.1) / view.scale;
        for (const shape of this.shapes) if (view.sees(shape.box)) ctx.stroke(shape.at(view));
        this.names(view);
      },

      top(view) {
        if (this.pointed !== null) this.ring(view, this.pointed, '#3b4754', 1.4);
        if (this.selected !== null) this.ring(view, this.selected, '#10202f', 2.2);
      },

      names(view) {
        if (view.zoom < (this.app && this.app.cityNames && this.app.cityNames.size === 1 ? 7.6 : 8.8)) return;
        this.shapes.forEach((shape, i) => {
          if (!view.sees(shape.box)) return;
          const w = (shape.box[2] - shape.box[0]) * view.scale;
          const h = (shape.box[3] - shape.box[1]) * view.scale;
          if (w < 46 || h < 20) return;
          const [x, y] = view.at(...this.plane.project(this.table.lon[i], this.table.lat[i]));
          view.labels.push({
            text: text.named(this.table.name[i], this.table.name_zh[i]),
            x,
            y,
            size: view.zoom < 9 ? 11 : 12.5,
            weight: 600,
            colour: '#2b3640',
            halo: 'rgba(255,255,255,.82)',
            rank: 20 - Math.min(5, Math.log10(1 + (this.table.population ? this.table.population[i] || 0 : 0)) / 2),
          });
        });
      },

      chosen(found, latlng) {
        this.stage.fire('chosen', { what: 'district', actor: this, i: found.i, latlng });
      },
    });
    return actor;
  };

  hubmap.cells = (content) => surface(content, {
    order: 12,
    ground: true,

    /** `statistic` names the size too where there are several; what is shown is one density. */
    show(kind, statistic) {
      const value = content.values.find((v) => v.kind === kind && v.statistic === statistic && !v.withheld);
      this.scale = value ? { ...value, statistic: 'cell_density' } : null;
      if (this.stage) this.stage.redraw();
    },

    number(i, scale) {
      const count = this.table[scale.kind] ? this.table[scale.kind][i] : null;
      const other = this.table.times && this.table.times[i] !== scale.times;
      return { value: count === null || other ? null : count / this.table.area_km2[i], withheld: null, count };
    },

    paint(view) {
      if (!this.scale) return;
      const { ctx } = view;
      ctx.globalAlpha = strength(view.zoom);
      this.shapes.forEach((shape, i) => {
        if (!view.sees(shape.box)) return;
        const { value } = this.number(i, this.scale);
        if (!value) return;
        ctx.fillStyle = colourOf(this.scale, value);
        ctx.fill(shape.at(view));
      });
      ctx.globalAlpha = 1;
      ctx.strokeStyle = hubmap.theme.ink('rgba(255,255,255,.9)');
      ctx.lineWidth = (view.zoom < 8 ? 0.3 : 0.8) / view.scale;
      this.shapes.forEach((shape, i) => {
        if (view.sees(shape.box) && this.number(i, this.scale).value) ctx.stroke(shape.at(view));
      });
    },

    top(view) {
      if (this.scale && this.pointed !== null) this.ring(view, this.pointed, '#10202f', 1.4);
    },

    hit({ x, y }) {
      if (!this.scale) return null;
      const i = this.shapes.findIndex((s, at) => this.number(at, this.scale).value && s.holds(x, y));
      return i < 0 ? null : { i };
    },

    chosen(found, latlng) {
      this.stage.fire('chosen', { what: 'cell', actor: this, i: found.i, latlng });
    },
  });

  hubmap.scale = { classes, colourOf, ordered, NOTHING, ZERO };
})(window.hubmap);
