/* The outline of each hub, above the surfaces; while several hubs are small, a card for each. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;
  const FAR = 6.6;

  hubmap.outline = (content) => {
    const table = hubmap.columns.table(content.table);
    const many = table.n > 1;
    let shapes = [];
    let cards = [];
    return {
      order: 20,
      ground: true,
      home: content.home,
      table,
      content,
      app: null,
      pointed: null,
      visible: true,

      prepare(plane) {
        // In a page, a hub's rim is made of its districts' borders.
        const arcs = content.rims ? hubmap.columns.borders(content.borders) : null;
        shapes = arcs ? content.rims.map((rim) => plane.shape(Array.from(hubmap.columns.running(rim), (n) => arcs[n]), false))
          : hubmap.columns.paths(content.paths).map((r) => plane.shape(r, true));
      },

      paint(view) {
        if (!this.visible) return;
        const { ctx } = view;
        // Joins that are round cost more than the lines between them.
        ctx.lineJoin = 'bevel';
        shapes.forEach((shape, i) => {
          if (!view.sees(shape.box)) return;
          if (view.zoom > 9) {
            ctx.strokeStyle = hubmap.theme.ink('rgba(255,255,255,.75)');
            ctx.lineWidth = 3.4 / view.scale;
            ctx.stroke(shape.at(view));
          }
          ctx.strokeStyle = many ? hubmap.theme.hue(table.colour[i]) : hubmap.theme.ink('#3d4f60');
          ctx.lineWidth = (many ? 1.7 : 1.4) / view.scale;
          ctx.stroke(shape.at(view));
        });
      },

      /** Above the points: called by the stage after all actors. */
      last(view) {
        cards = [];
        if (many && this.app && view.zoom < FAR) this.cards(view);
        else if (many) this.titles(view);
      },

      titles(view) {
        shapes.forEach((shape, i) => {
          if (view.zoom > 8.2 || !view.sees(shape.box)) return;
          const [x] = view.at((shape.box[0] + shape.box[2]) / 2, 0);
          const [, y] = view.at(0, shape.box[1]);
          view.labels.push({
            text: text.named(table.title[i], table.title_zh[i]), x, y: y - 12, size: 14.5, weight: 700,
            colour: hubmap.theme.hue(table.colour[i]), halo: 'rgba(255,255,255,.95)', haloWidth: 4, rank: 0,
          });
        });
      },

      /** A card a hub, beside it where there is room, with its numbers. */
      cards(view) {
        const { ctx } = view;
        const { kinds, zones, state } = this.app;
        const shown = kinds.filter((k) => state.get('kinds').includes(k.id));
        const taken = shapes.map((shape) => {
          const [x1, y1] = view.at(shape.box[0], shape.box[1]);
          const [x2, y2] = view.at(shape.box[2], shape.box[3]);
          return [x1, y1, x2, y2];
        });
        // The canvas reaches beyond the window on each side; a narrow one has its button there.
        const [edge, top] = view.edge;
        const room = this.app.padding();
        const [west, north] = [edge + room.paddingTopLeft[0] - 10, top + 8];
        const [east, south] = [view.width - edge - room.paddingBottomRight[0] + 10, view.height - top - room.paddingBottomRight[1] + 20];
        const button = this.app.nodes.layers;
        // The scale bar.
        taken.push([edge, view.height - top - 54, edge + 135, view.height - top]);
        if (button.offsetWidth) taken.push([view.width - edge - button.offsetWidth - 22, top, view.width - edge, top + 62]);
        const hubs = taken.slice(0, shapes.length);
        ctx.textBaseline = 'middle';
        ctx.textAlign = 'left';
        const kept = this.app.filter && this.app.filter.active() ? this.app.filter.byHub() : null;
        shapes.forEach((shape, i) => {
          const zone = zones.get(table.hub[i]);
          const title = text.named(table.title[i], table.title_zh[i]);
          const left = kept && kept(table.hub[i]);
          const rows = shown.map((kind) => {
            if (left) return { kind, n: text.number(left.get(kind.id)) };
            const row = zone && zone.rows.get('count|' + kind.id);
            return { kind, n: row ? (row.value === null ? text.t('withheld') : text.number(row.value)) : '–' };
          });
          ctx.font = `700 13.5px ${hubmap.labels.FONT}`;
          let w = ctx.measureText(title).width;
          ctx.font = `600 12.5px ${hubmap.labels.FONT}`;
          const wide = rows.map(({ n }) => ctx.measureText(n).width + 17 + 10);
          w = Math.max(w, wide.reduce((s, v) => s + v, -10)) + 20;
          const h = rows.length ? 47 : 28;
          const [x1, y1, x2, y2] = hubs[i];
          const [cx, cy] = [(x1 + x2) / 2, (y1 + y2) / 2];
          const gap = 16;
          const spots = [
            [x2 + gap, cy - h / 2], [x2 + gap, y1 - h - 2], [cx - w / 2, y1 - h - gap], [x1 - w - gap, cy - h / 2],
            [cx - w / 2, y2 + gap], [x2 + gap, y2 + 6], [x1 - w - gap, y2 + 6], [x1 - w - gap, y1 - h - 2],
          ];
          if (x2 < edge || x1 > view.width - edge || y2 < top || y1 > view.height - top) return;
          const within = ([x, y]) => [Math.max(west, Math.min(east - w, x)), Math.max(north, Math.min(south - h, y))];
          const box = ([x, y]) => [x - 5, y - 5, x + w + 5, y + h + 5];
          // The first that covers nothing, or else what covers least; another card counts more than a hub.
          const covers = (b) => taken.reduce((sum, t, k) => sum + (k < hubs.length ? 1 : 4) * Math.max(0, Math.min(b[2], t[2]) - Math.max(b[0], t[0])) * Math.max(0, Math.min(b[3], t[3]) - Math.max(b[1], t[1])), 0);
          const costs = spots.map((s) => covers(box(within(s))));
          const spot = within(spots[costs.indexOf(Math.min(...costs))]);
          const [x, y] = spot;
          taken.push(box(spot));
          const on = this.pointed === i;
          // From the nearest side of the card to the hub's middle.
          ctx.beginPath();
          ctx.moveTo(Math.max(x, Math.min(cx, x + w)), Math.max(y, Math.min(cy, y + h)));
          ctx.lineTo(cx, cy);
          ctx.strokeStyle = hubmap.theme.hue(table.colour[i]);
          ctx.lineWidth = 1.2;
          ctx.stroke();
          ctx.save();
          ctx.shadowColor = 'rgba(20,35,50,.22)';
          ctx.shadowBlur = on ? 14 : 8;
          ctx.shadowOffsetY = 2;
          ctx.fillStyle = hubmap.theme.ink('rgba(255,255,255,.97)');
          ctx.beginPath();
          ctx.roundRect(x, y, w, h, 8);
          ctx.fill();
          ctx.restore();
          ctx.strokeStyle = hubmap.theme.hue(table.colour[i]);
          ctx.lineWidth = on ? 2 : 1;
          ctx.stroke();
          ctx.fillStyle = hubmap.theme.hue(table.colour[i]);
          ctx.font = `700 13.5px ${hubmap.labels.FONT}`;
          ctx.fillText(title, x + 10, y + 15);
          ctx.font = `600 12.5px ${hubmap.labels.FONT}`;
          let at = x + 10;
          rows.forEach(({ kind, n }, j) => {
            ctx.beginPath();
            hubmap.points.trace[kind.shape](ctx, at + 5, y + 33, 4.6);
            ctx.fillStyle = hubmap.theme.hue(kind.colour);
            ctx.globalAlpha = kind.shape === 'bubble' ? 0.25 : 1;
            ctx.fill();
            ctx.globalAlpha = 1;
            if (kind.shape === 'bubble') {
              ctx.strokeStyle = hubmap.theme.hue(kind.colour);
              ctx.lineWidth = 1.3;
              ctx.stroke();
            }
            ctx.fillStyle = hubmap.theme.ink('#26313b');
            ctx.fillText(n, at + 14, y + 33.5);
            at += wide[j];
          });
          cards.push({ i, box: [x, y, x + w, y + h] });
        });
        view.taken = taken;
      },

      hit({ px, py }) {
        const card = cards.find(({ box: b }) => px >= b[0] && px <= b[2] && py >= b[1] && py <= b[3]);
        return card ? { i: card.i, hub: table.hub[card.i] } : null;
      },

      keyOf: (found) => 'hub' + found.i,

      point(found) {
        this.pointed = found ? found.i : null;
      },

      chosen(found) {
        this.app.visit(found.hub);
      },
    };
  };
})(window.hubmap);
