/* Entities: a colour and a shape a kind, the area by weight, none hidden by another at near zoom. */
((hubmap) => {
  'use strict';

  const GOLDEN = Math.PI * (3 - Math.sqrt(5));
  const BUBBLE = 30;
  /* From so many records on they are drawn as a crowd. */
  const CROWD = 4000;

  const trace = {
    circle: (ctx, x, y, r) => ctx.arc(x, y, r, 0, 2 * Math.PI),
    bubble: (ctx, x, y, r) => ctx.arc(x, y, r, 0, 2 * Math.PI),
    diamond: (ctx, x, y, r) => {
      const d = r * 1.22;
      ctx.moveTo(x, y - d);
      ctx.lineTo(x + d, y);
      ctx.lineTo(x, y + d);
      ctx.lineTo(x - d, y);
      ctx.closePath();
    },
    square: (ctx, x, y, r) => ctx.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8),
  };

  hubmap.points = (content) => {
    const table = hubmap.columns.table(content.table);
    const kinds = new Map(content.kinds.map((k, place) => [k.id, { ...k, place }]));
    let at = [];
    let groups = [];
    let screen = null;

    /** A record placed only at its district or city is drawn hollow: the place is not its own. */
    let precise = null;
    const vague = (i) => {
      precise = precise || table.coded('precision_m');
      return (precise.words[precise.places[i]] || 0) > 1500;
    };

    const actor = {
      order: 30,
      home: content.home,
      table,
      content,
      kinds,
      on: new Set(content.on),
      /* Which rows the filters let through; null: all. */
      keep: null,
      picked: null,
      pointed: null,
      selected: null,
      vague,
      /* Below this zoom, marks are only a texture; the hubs' cards carry the numbers. */
      far: 0,
      factor: 1,
      /* A row's colour where it is not its kind's. */
      tint: null,

      hueOf(i, kind) {
        return hubmap.theme.hue((this.tint && this.tint(i)) || kind.colour);
      },

      prepare(plane) {
        if (table.n > CROWD) this.crowd = hubmap.crowd(this, plane);
        else at = Array.from({ length: table.n }, (_, i) => plane.project(table.lon[i], table.lat[i]));
        this.regroup();
      },

      /** Records to show, and those among them that share one spot. */
      regroup() {
        if (this.crowd) {
          this.heaviest = this.heaviest || 1;
          this.crowd.sort();
          if (this.stage) this.stage.touch();
          return;
        }
        const spots = new Map();
        for (let i = 0; i < table.n; i += 1) {
          if (this.keep && !this.keep[i]) continue;
          if (!this.on.has(table.kind[i]) || !kinds.has(table.kind[i])) continue;
          const bubble = kinds.get(table.kind[i]).shape === 'bubble';
          const key = (bubble ? table.kind[i] : '') + table.lon[i].toFixed(4) + ' ' + table.lat[i].toFixed(4);
          if (!spots.has(key)) spots.set(key, { bubble, members: [] });
          spots.get(key).members.push(i);
        }
        // Bubbles of one spot are one bubble of their sum: one after another would only overprint.
        groups = [...spots.values()];
        for (const group of groups) group.total = group.members.reduce((s, i) => s + table.weight[i], 0);
        // The scale of circles is that of all records: a filter must not make the rest look larger.
        const heaviest = groups.reduce((most, g) => (g.bubble ? Math.max(most, g.total) : most), 1);
        this.heaviest = this.keep ? Math.max(this.heaviest || 1, heaviest) : heaviest;
        groups.sort((a, b) => b.bubble - a.bubble || b.total - a.total || a.members[0] - b.members[0]);
        screen = null;
        if (this.stage) this.stage.touch();
      },

      /** Smaller marks leave a fine surface legible. */
      resize(factor) {
        if (this.factor === factor) return;
        this.factor = factor;
        screen = null;
        if (this.stage) this.stage.touch();
      },

      bubbleRadius(total) {
        return Math.max(2.5, BUBBLE * Math.sqrt(total / this.heaviest));
      },

      /** Where everything stands at this zoom, in the stage's pixels less its shift. */
      lay(view) {
        if (screen && screen.zoom === view.zoom) return screen;
        const r = this.factor * Math.max(2.3, Math.min(6.2, 2.3 + (view.zoom - 5.5) * 0.62));
        const spread = Math.max(0.16, Math.min(1, (view.zoom - 6.5) / 4));
        const marks = [];
        for (const group of groups) {
          const [x, y] = at[group.members[0]];
          const [px, py] = [x * view.scale, y * view.scale];
          if (group.bubble) {
            marks.push({ x: px, y: py, r: this.bubbleRadius(group.total), group, i: group.members[0] });
            continue;
          }
          // A sunflower around the spot: dense far out, side by side near.
          group.members.forEach((i, n) => {
            const d = group.members.length > 1 ? r * 2.15 * spread * Math.sqrt(n + 0.3) : 0;
            marks.push({ x: px + d * Math.cos(n * GOLDEN), y: py + d * Math.sin(n * GOLDEN), r: r * (vague(i) ? 0.86 : 1), group, i });
          });
        }
        const grid = new Map();
        marks.forEach((mark, n) => {
          const reach = Math.max(mark.r, 4);
          for (let gx = Math.floor((mark.x - reach) / 32); gx <= Math.floor((mark.x + reach) / 32); gx += 1) {
            for (let gy = Math.floor((mark.y - reach) / 32); gy <= Math.floor((mark.y + reach) / 32); gy += 1) {
              const key = gx + ' ' + gy;
              if (!grid.has(key)) grid.set(key, []);
              grid.get(key).push(n);
            }
          }
        });
        screen = { zoom: view.zoom, marks, grid, r };
        return screen;
      },

      dimmed(i) {
        return this.picked && !this.picked.has(i);
      },

      paint(view) {
        const { ctx } = view;
        view.inPixels();
        if (this.crowd) return this.crowd.paint(view);
        const { marks } = this.lay(view);
        if (view.zoom < this.far) return this.texture(view, marks);
        this.precision(view);
        for (const pass of this.picked ? [true, false] : [false]) {
          for (const mark of marks) {
            const [x, y] = [mark.x + view.dx, mark.y + view.dy];
            if (x < -40 || y < -40 || x > view.width + 40 || y > view.height + 40) continue;
            const faint = this.picked ? mark.group.bubble || this.dimmed(mark.i) : false;
            if (this.picked && faint !== pass) continue;
            this.mark(ctx, mark, x, y, faint);
          }
        }
        ctx.globalAlpha = 1;
        for (const i of [this.pointed, this.selected]) {
          const mark = i === null ? null : marks.find((m) => m.i === i || (m.group.bubble && m.group.members.includes(i)));
          if (!mark) continue;
          ctx.beginPath();
          ctx.arc(mark.x + view.dx, mark.y + view.dy, mark.r + 4, 0, 7);
          ctx.strokeStyle = hubmap.theme.ink('#fff');
          ctx.lineWidth = 4;
          ctx.stroke();
          ctx.strokeStyle = hubmap.theme.ink('#10202f');
          ctx.lineWidth = 2;
          ctx.stroke();
        }
        return this.names(view, marks);
      },

      texture(view, marks) {
        const { ctx } = view;
        for (const mark of marks) {
          if (mark.group.bubble) continue;
          ctx.globalAlpha = this.dimmed(mark.i) ? 0.12 : this.factor < 1 ? 0.5 : 0.75;
          ctx.fillStyle = this.hueOf(mark.i, kinds.get(table.kind[mark.i]));
          ctx.beginPath();
          ctx.arc(mark.x + view.dx, mark.y + view.dy, 1.7 * this.factor, 0, 7);
          ctx.fill();
        }
        ctx.globalAlpha = 1;
      },

      mark(ctx, mark, x, y, faint) {
        const kind = kinds.get(table.kind[mark.i]);
        ctx.beginPath();
        trace[kind.shape](ctx, x, y, mark.r);
        ctx.globalAlpha = faint ? 0.16 : 1;
        if (mark.group.bubble) {
          ctx.globalAlpha = faint ? 0.1 : 0.2;
          ctx.fillStyle = hubmap.theme.hue(kind.colour);
          ctx.fill();
          ctx.globalAlpha = faint ? 0.2 : 0.8;
          ctx.strokeStyle = hubmap.theme.hue(kind.colour);
          ctx.lineWidth = 1.2;
          ctx.stroke();
          return;
        }
        if (vague(mark.i)) {
          ctx.fillStyle = hubmap.theme.ink('#fff');
          ctx.fill();
          ctx.strokeStyle = this.hueOf(mark.i, kind);
          ctx.lineWidth = Math.max(1.2, mark.r * 0.4);
          ctx.stroke();
          return;
        }
        ctx.strokeStyle = hubmap.theme.ink('rgba(255,255,255,.95)');
        ctx.lineWidth = mark.r > 3 ? 2 : 1.2;
        ctx.stroke();
        ctx.fillStyle = this.hueOf(mark.i, kind);
        ctx.fill();
      },

      /** The circle within which the selected record lies. */
      precision(view) {
        if (this.selected === null) return;
        const i = this.selected;
        const [x, y] = view.at(...at[i]);
        const metres = 40075016.7 * Math.cos((table.lat[i] * Math.PI) / 180) / (256 * 2 ** view.zoom);
        const r = (table.precision_m[i] || 0) / metres;
        if (r < 8) return;
        const { ctx } = view;
        ctx.beginPath();
        ctx.arc(x, y, r, 0, 2 * Math.PI);
        ctx.fillStyle = hubmap.theme.ink('rgba(16,32,47,.07)');
        ctx.fill();
        ctx.setLineDash([5, 4]);
        ctx.strokeStyle = hubmap.theme.ink('rgba(16,32,47,.65)');
        ctx.lineWidth = 1.3;
        ctx.stroke();
        ctx.setLineDash([]);
      },

      /** Names of single records at near zoom. */
      names(view, marks) {
        const all = view.zoom >= 12.5 || (this.picked && (view.zoom >= 12 || this.picked.size <= 40));
        if (!all && this.selected === null) return;
        view.marks = [];
        for (const mark of marks) {
          const [x, y] = [mark.x + view.dx, mark.y + view.dy];
          if (mark.group.bubble || this.dimmed(mark.i) || x < 0 || y < 0 || x > view.width || y > view.height) continue;
          view.marks.push([x - mark.r, y - mark.r, x + mark.r, y + mark.r]);
          const chosen = mark.i === this.selected;
          if (!all && !chosen) continue;
          const kind = kinds.get(table.kind[mark.i]);
          let text = hubmap.text.named(table.name[mark.i], table.name_zh && table.name_zh[mark.i]);
          if (text.length > 34) text = text.slice(0, 33) + '…';
          view.labels.push({
            text, x, y, gap: mark.r + (chosen ? 6 : 2), size: chosen ? 12.5 : 11.5, weight: chosen ? 650 : 500, colour: kind.ink || '#26313b', rank: chosen ? 1 : this.picked ? 5 : 25,
          });
        }
      },

      hit({ px, py, view }) {
        if (this.crowd) return this.crowd.hit(px, py);
        if (!screen || view.zoom < this.far) return null;
        const [x, y] = [px - view.dx, py - view.dy];
        const near = (screen.grid.get(Math.floor(x / 32) + ' ' + Math.floor(y / 32)) || [])
          .map((n) => screen.marks[n])
          .map((mark) => ({ mark, d: Math.hypot(mark.x - x, mark.y - y) }))
          .filter(({ mark, d }) => d <= Math.max(mark.r + 2, 6) && !this.dimmed(mark.i))
          .sort((a, b) => a.mark.group.bubble - b.mark.group.bubble || a.d - b.d);
        if (!near.length) return null;
        const exact = near[0];
        const all = [];
        for (const { mark } of near) for (const i of mark.group.bubble ? mark.group.members : [mark.i]) if (!all.includes(i)) all.push(i);
        // Side by side is told apart by the pointer; what overlaps is offered as a list.
        const apart = !exact.mark.group.bubble && (near.length === 1 || (exact.d < exact.mark.r && near[1].d - exact.d > 2.5));
        return { i: exact.mark.i, all: apart ? [exact.mark.i] : all };
      },

      keyOf: (found) => 'p' + (found.many ? [found.i, found.total] : found.all).join(','),

      point(found) {
        this.pointed = found && !found.many ? found.i : null;
      },

      chosen(found, latlng) {
        // A cluster is entered as far as the map goes; what shares one spot opens as a list.
        const map = this.stage._map;
        if (found.box && map.getZoom() < map.getMaxZoom()) {
          map.fitBounds([[found.box[1], found.box[0]], [found.box[3], found.box[2]]], { maxZoom: map.getZoom() + 3, padding: [40, 40] });
          return;
        }
        this.stage.fire('chosen', { what: 'entity', actor: this, all: found.all, i: found.i, latlng });
      },
    };
    return actor;
  };
  hubmap.points.trace = trace;
  hubmap.points.BUBBLE = BUBBLE;
})(window.hubmap);
