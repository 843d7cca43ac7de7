/* The outline of each hub, above the surfaces; its name while the hub is small. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;

  hubmap.outline = (content) => {
    const table = hubmap.columns.table(content.table);
    let shapes = [];
    return {
      order: 20,
      home: content.home,
      table,
      content,
      districts: null,

      prepare(plane) {
        shapes = hubmap.columns.paths(content.paths).map((r) => plane.shape(r, true));
      },

      paint(view) {
        const { ctx } = view;
        ctx.lineJoin = 'round';
        const many = shapes.length > 1;
        shapes.forEach((shape, i) => {
          if (!view.sees(shape.box)) return;
          ctx.strokeStyle = 'rgba(255,255,255,.75)';
          ctx.lineWidth = 3.4 / view.scale;
          ctx.stroke(shape.path);
          ctx.strokeStyle = many ? table.colour[i] : '#3d4f60';
          ctx.lineWidth = (many ? 1.7 : 1.4) / view.scale;
          ctx.stroke(shape.path);
          if (!many || view.zoom > 8.2) return;
          const [x] = view.at((shape.box[0] + shape.box[2]) / 2, 0);
          const [, y] = view.at(0, shape.box[1]);
          view.labels.push({
            text: text.named(table.title[i], table.title_zh[i]),
            x,
            y: y - 12,
            size: 14.5,
            weight: 700,
            colour: table.colour[i],
            halo: 'rgba(255,255,255,.95)',
            haloWidth: 4,
            rank: 0,
          });
        });
        if (this.districts) this.districts.top(view);
      },
    };
  };
})(window.hubmap);
