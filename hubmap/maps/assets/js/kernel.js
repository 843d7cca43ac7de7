/* Smooth density: the areas that hold 95, 80 and 50 % of the mass, one upon the other. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;
  const STRENGTH = 0.62;

  hubmap.kernel = (content) => {
    const table = hubmap.columns.table(content.table);
    let made = null;
    const actor = {
      order: 13,
      ground: true,
      home: content.home,
      table,
      content,
      scale: null,
      pointed: null,

      prepare(plane) {
        this.plane = plane;
        made = null;
      },

      /** Made when they are first looked at. */
      get shapes() {
        made = made || hubmap.columns.paths(content.paths).map((r) => this.plane.shape(r, true));
        return made;
      },

      show(kind, statistic) {
        this.scale = content.values.find((v) => v.kind === kind && v.statistic === statistic && !v.withheld) || null;
        if (this.stage) this.stage.redraw();
      },

      /** The rows of the chosen kind and bandwidth, the widest first. */
      rows() {
        const { scale } = this;
        return scale ? this.shapes.map((_, i) => i).filter((i) => table.kind[i] === scale.kind && table.bandwidth[i] === scale.bandwidth) : [];
      },

      peaks() {
        const { scale } = this;
        return scale ? content.peaks.filter((p) => p.kind === scale.kind && p.bandwidth === scale.bandwidth) : [];
      },

      colour: (scale, share) => hubmap.scale.ordered(scale.colours)[share > 0.9 ? 0 : share > 0.6 ? 1 : 2],

      paint(view) {
        if (!this.scale) return;
        const { ctx } = view;
        const { shapes } = this;
        for (const i of this.rows()) {
          if (!view.sees(shapes[i].box)) continue;
          ctx.globalAlpha = STRENGTH;
          ctx.fillStyle = this.colour(this.scale, table.share[i]);
          ctx.fill(shapes[i].at(view), 'evenodd');
          ctx.globalAlpha = 0.9;
          ctx.strokeStyle = hubmap.theme.hue(content.kinds.find((k) => k.id === this.scale.kind).colour);
          ctx.lineWidth = (table.share[i] < 0.6 ? 1.6 : 0.9) / view.scale;
          ctx.stroke(shapes[i].at(view));
        }
        ctx.globalAlpha = 1;
        if (view.zoom < 7) return;
        for (const peak of this.peaks()) {
          const [x, y] = view.at(...this.plane.project(peak.lon, peak.lat));
          view.labels.push({
            text: text.t('kde.peak', { n: text.number(peak.density) }), x, y, size: 12, weight: 650, dot: 3.4, colour: '#10202f', halo: 'rgba(255,255,255,.95)', rank: 3,
          });
        }
      },

      top(view) {
        if (this.pointed === null || !this.scale) return;
        view.ctx.strokeStyle = hubmap.theme.ink('#10202f');
        view.ctx.lineWidth = 2 / view.scale;
        view.ctx.stroke(this.shapes[this.pointed].at(view));
      },

      hit({ x, y }) {
        const i = this.rows().reverse().find((n) => this.shapes[n].holds(x, y));
        return i === undefined ? null : { i };
      },

      keyOf: (found) => 'kernel' + found.i,

      point(found) {
        this.pointed = found ? found.i : null;
      },

      tip(found) {
        return { title: text.t('kde.holds', { share: text.number(100 * table.share[found.i]) }), more: text.t('kde.level', { n: text.number(table.level[found.i]) }) };
      },

      chosen(found, latlng) {
        this.stage.fire('chosen', { what: 'contour', actor: this, i: found.i, latlng });
      },
    };
    return actor;
  };
})(window.hubmap);
