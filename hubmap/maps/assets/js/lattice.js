/* Hexagons of a lattice in a few classes: hot spots, and the stability of found hubs. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;
  /* A hexagon's corners in the lattice's own coordinates, its middle at the origin. */
  const CORNERS = Array.from({ length: 6 }, (_, i) => {
    const a = ((30 + 60 * i) * Math.PI) / 180;
    return [(Math.sqrt(3) / 3) * Math.cos(a) - Math.sin(a) / 3, (2 / 3) * Math.sin(a)];
  });

  /** Each cell's corners, longitude and latitude by turns. */
  const corners = (lattice) => lattice.parts.flatMap((part) => {
    if (part.paths) return hubmap.columns.paths(part.paths).map((rings) => rings[0] || new Float64Array(0));
    const [qs, rs] = [part.q, part.r].map(hubmap.columns.running);
    const at = (q, r) => {
      let [lon, lat, k] = [0, 0, 0];
      for (let i = 0; i < 4; i += 1) for (let j = 0; j < 4 - i; j += 1, k += 1) {
        const power = (q / part.scale) ** i * (r / part.scale) ** j;
        lon += part.fit[k][0] * power;
        lat += part.fit[k][1] * power;
      }
      return [lon, lat];
    };
    return Array.from(qs, (q, n) => Float64Array.from(CORNERS.flatMap(([dq, dr]) => at(q + dq, rs[n] + dr))));
  });

  const make = (content, own) => {
    let cells = null;
    const paths = new Map();
    const actor = {
      order: 13,
      ground: true,
      home: content.home,
      content,
      scale: null,
      pointed: null,

      prepare(plane) {
        this.plane = plane;
      },

      /** The shapes; made when they are first looked at. */
      shapes() {
        cells = cells || corners(content.lattice).map((ring) => this.plane.shape([ring], true));
        return cells;
      },

      show(kind, statistic) {
        this.scale = content.values.find((v) => v.kind === kind && v.statistic === statistic && !v.withheld) || null;
        if (this.stage) this.stage.redraw();
      },

      code(i) {
        return this.scale ? content.classes[this.scale.kind][i] : 0;
      },

      /** All cells of a class as one path. */
      path(code) {
        const key = this.scale.kind + code;
        if (!paths.has(key)) {
          const path = new Path2D();
          this.shapes().forEach((shape, i) => {
            if (this.code(i) !== code) return;
            const ring = shape.rings[0];
            for (let j = 0; j < ring.length; j += 2) path[j ? 'lineTo' : 'moveTo'](ring[j], ring[j + 1]);
            path.closePath();
          });
          paths.set(key, path);
        }
        return paths.get(key);
      },

      paint(view) {
        if (!this.scale) return;
        const { ctx } = view;
        for (const { code, colour } of this.classes()) {
          ctx.globalAlpha = colour.faint ? 0.55 : 0.85;
          ctx.fillStyle = colour.ink;
          ctx.fill(this.path(code));
          ctx.globalAlpha = 1;
          ctx.strokeStyle = hubmap.theme.ink('rgba(255,255,255,.9)');
          ctx.lineWidth = (view.zoom < 8 ? 0.3 : 0.7) / view.scale;
          ctx.stroke(this.path(code));
        }
      },

      top(view) {
        if (this.pointed === null || !this.scale) return;
        view.ctx.strokeStyle = hubmap.theme.ink('#10202f');
        view.ctx.lineWidth = 1.6 / view.scale;
        view.ctx.stroke(this.shapes()[this.pointed].at(view));
      },

      hit({ x, y }) {
        if (!this.scale) return null;
        const i = this.shapes().findIndex((s) => s.holds(x, y));
        return i < 0 || !this.code(i) ? null : { i };
      },

      keyOf: (found) => content.type + found.i,

      point(found) {
        this.pointed = found ? found.i : null;
      },

      tip(found) {
        return { title: this.words(this.code(found.i)), more: own.more ? own.more(found.i) : '' };
      },

      chosen(found, latlng) {
        this.stage.fire('chosen', { what: 'lattice', actor: this, i: found.i, latlng });
      },
      ...own.parts,
    };
    return actor;
  };

  const show = (v) => text.number(v);

  /** The words of a class of z, and what is not significant. */
  hubmap.hot = (content) => make(content, {
    parts: {
      classes() {
        const { scale } = this;
        return [{ code: 1, colour: { ink: hubmap.theme.ink('#d3d1c8'), faint: true } }]
          .concat(hubmap.scale.ordered(scale.colours).map((ink, i) => ({ code: i + 2, colour: { ink } })));
      },
      words(code) {
        const { scale } = this;
        if (code === 1) return text.t('hot.none');
        const ends = [scale.low, ...scale.breaks, scale.high];
        const i = code - 2;
        return text.t('hot.class', { z: i === scale.breaks.length ? '≥ ' + show(ends[i]) : `${show(i ? ends[i] : scale.low)} – ${show(ends[i + 1])}` });
      },
    },
  });

  hubmap.firm = (content) => {
    const percent = hubmap.columns.table({ n: content.lattice.n, columns: { share: content.share, settings: content.settings } });
    return make(content, {
      more: (i) => text.t('firm.here', { share: show(percent.share[i]), n: show(percent.settings[i]) }),
      parts: {
        classes() {
          return hubmap.scale.ordered(this.scale.colours).map((ink, i) => ({ code: i + 1, colour: { ink } }));
        },
        words(code) {
          const ends = [0, ...this.scale.breaks.map((b) => 100 * b), 100];
          return code > this.scale.breaks.length ? `${show(ends[code - 1])} – 100 %` : text.t('firm.class', { a: show(ends[code - 1]), b: show(ends[code]) });
        },
      },
    });
  };
})(window.hubmap);
