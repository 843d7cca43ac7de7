/* What is drawn over the surfaces: centres and ellipses, and rings around campuses. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;
  const DASH = { all: [], early: [7, 4], late: [1.5, 3.5] };

  hubmap.centres = (content) => {
    const table = hubmap.columns.table(content.table);
    let made = null;
    return {
      order: 24,
      home: content.home,
      table,
      content,
      visible: content.shown,
      /* Which kinds; null: all that have marks. */
      on: null,

      prepare(plane) {
        made = () => {
          const shapes = hubmap.columns.paths(content.paths).map((r) => plane.shape(r, true));
          const at = Array.from({ length: table.n }, (_, i) => plane.project(table.lon[i], table.lat[i]));
          made = () => ({ shapes, at });
          return made();
        };
      },

      shown(i) {
        return !this.on || this.on.includes(table.kind[i]);
      },

      hue: (i) => hubmap.theme.hue((content.kinds.find((k) => k.id === table.kind[i]) || { colour: '#3d4f60' }).colour),

      paint(view) {
        if (!this.visible) return;
        const { ctx } = view;
        const { shapes, at } = made();
        const ids = at.map((_, i) => i).filter((i) => this.shown(i));
        for (const i of ids.filter((n) => table.mark[n] === 'ellipse')) {
          ctx.strokeStyle = this.hue(i);
          ctx.lineWidth = (table.period[i] === 'all' ? 2 : 1.6) / view.scale;
          ctx.setLineDash((DASH[table.period[i]] || []).map((d) => d / view.scale));
          ctx.stroke(shapes[i].at(view));
        }
        ctx.setLineDash([]);
        view.inPixels();
        for (const i of ids.filter((n) => table.mark[n] === 'mean_centre' && table.period[n] === 'early')) {
          const late = ids.find((n) => table.mark[n] === 'mean_centre' && table.period[n] === 'late' && table.kind[n] === table.kind[i] && table.hub[n] === table.hub[i]);
          if (late !== undefined) this.arrow(view, view.at(...at[i]), view.at(...at[late]), this.hue(i));
        }
        for (const i of ids) if (table.mark[i] !== 'ellipse') this.mark(view, i);
      },

      arrow({ ctx }, [x1, y1], [x2, y2], ink) {
        const far = Math.hypot(x2 - x1, y2 - y1);
        if (far < 6) return;
        const turn = Math.atan2(y2 - y1, x2 - x1);
        for (const [width, colour] of [[4.5, hubmap.theme.ink('rgba(255,255,255,.95)')], [2, ink]]) {
          ctx.lineWidth = width;
          ctx.strokeStyle = colour;
          ctx.beginPath();
          ctx.moveTo(x1, y1);
          ctx.lineTo(x2, y2);
          for (const side of [-0.45, 0.45]) {
            ctx.moveTo(x2, y2);
            ctx.lineTo(x2 - 9 * Math.cos(turn + side), y2 - 9 * Math.sin(turn + side));
          }
          ctx.stroke();
        }
      },

      /** A cross for a mean centre, a ring for a peak. */
      mark(view, i) {
        const { ctx } = view;
        const [x, y] = view.at(...made().at[i]);
        const peak = table.mark[i] === 'centre';
        const r = peak ? 7 : table.period[i] === 'all' ? 8 : 4.5;
        for (const [width, colour] of [[peak ? 5 : 6, hubmap.theme.ink('rgba(255,255,255,.95)')], [2.4, this.hue(i)]]) {
          ctx.lineWidth = width;
          ctx.strokeStyle = colour;
          ctx.beginPath();
          if (peak) ctx.arc(x, y, r, 0, 7);
          else {
            ctx.moveTo(x - r, y);
            ctx.lineTo(x + r, y);
            ctx.moveTo(x, y - r);
            ctx.lineTo(x, y + r);
          }
          ctx.stroke();
        }
        if (view.zoom < (peak ? 7 : 9)) return;
        const words = text.language === 'zh' ? table.label_zh[i] || table.label[i] : table.label[i];
        const share = peak && table.share && table.share[i] !== null ? text.number(Math.round(100 * table.share[i])) + ' %' : '';
        const said = peak ? share : table.period[i] === 'all' ? text.t('centres.mean') : words;
        if (said) view.labels.push({ text: said, x, y: y + r + 10, size: 11.5, weight: 650, colour: '#10202f', halo: 'rgba(255,255,255,.95)', rank: 4 });
      },
    };
  };

  hubmap.rings = (content) => {
    const table = hubmap.columns.table(content.table);
    let at = [];
    const actor = {
      order: 15,
      ground: true,
      home: content.home,
      content,
      radius: content.shown ? content.radius : 0,

      prepare(plane) {
        at = Array.from({ length: table.n }, (_, i) => plane.project(table.lon[i], table.lat[i]));
      },

      /** Campuses placed well enough for a radius. */
      serve: (km) => at.map((_, i) => i).filter((i) => table.precision_m[i] !== null && table.precision_m[i] <= km * 500),

      /** All discs as one area with one edge. */
      paint(view) {
        if (!this.radius) return;
        const sheet = document.createElement('canvas');
        sheet.width = Math.round(view.width * view.ratio);
        sheet.height = Math.round(view.height * view.ratio);
        const ctx = sheet.getContext('2d');
        ctx.scale(view.ratio, view.ratio);
        const discs = (grow) => {
          ctx.beginPath();
          for (const i of this.serve(this.radius)) {
            const [x, y] = view.at(...at[i]);
            const r = (this.radius * 1000 * 256 * 2 ** view.zoom) / (40075016.7 * Math.cos((table.lat[i] * Math.PI) / 180));
            if (x < -r || y < -r || x > view.width + r || y > view.height + r) continue;
            ctx.moveTo(x + r + grow, y);
            ctx.arc(x, y, Math.max(0, r + grow), 0, 2 * Math.PI);
          }
          ctx.fill();
        };
        const hue = hubmap.theme.hue(content.kinds[0].colour);
        ctx.fillStyle = hue;
        discs(1.4);
        ctx.globalCompositeOperation = 'destination-out';
        discs(0);
        ctx.globalCompositeOperation = 'source-over';
        ctx.globalAlpha = 0.14;
        discs(0);
        view.inPixels();
        view.ctx.drawImage(sheet, 0, 0, view.width, view.height);
        view.inPlane();
      },
    };
    return actor;
  };
})(window.hubmap);
