/* Land, water, borders and place names: quiet, because it is only context. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;
  const ink = { border: '#b9b7ae', fine: '#d3d1c8', coast: '#a9bccb', land: '#edebe4', water: '#dde8ef', place: '#5c656f', sea: '#44677e', area: '#67635a' };
  /* How each role is drawn; widths in pixels. `from`: the first zoom at which it is worth its ink. */
  const styles = {
    land: { fill: ink.land, stroke: ink.coast, width: 0.8 },
    water: { fill: ink.water },
    lake: { fill: ink.water, stroke: ink.coast, width: 0.6 },
    river: { stroke: '#c3d6e2', width: 1.1 },
    border: { stroke: '#aaa79c', width: 1.1, dash: [7, 3, 1.5, 3] },
    province: { stroke: ink.border, width: 0.9, dash: [5, 3] },
    city: { stroke: ink.fine, width: 0.8, from: 6.8 },
  };
  const other = { stroke: ink.fine, width: 0.8 };

  hubmap.basemap = (content) => {
    const table = hubmap.columns.table(content.table);
    const places = hubmap.columns.table(content.places);
    let scenes = [];
    let spots = [];
    const actor = {
      order: 0,
      ground: true,
      app: null,
      home: [content.home[0], content.home[1]],

      prepare(plane) {
        const rings = hubmap.columns.paths(content.paths);
        const made = [];
        const shape = (i) => {
          made[i] = made[i] || { ...plane.shape(rings[i], table.closed[i]), style: styles[table.role[i]] || other };
          return made[i];
        };
        const found = new Map();
        rings.forEach((_, i) => {
          const hub = table.hub ? table.hub[i] : null;
          if (!found.has(hub)) found.set(hub, []);
          found.get(hub).push(i);
        });
        // A hub's detail replaces the coarse land, inside its own window only; it is made when it is first seen.
        scenes = [...found].map(([hub, ids]) => {
          const water = hub === null ? undefined : ids.find((i) => table.role[i] === 'water');
          return { window: water === undefined ? null : shape(water), shapes: () => ids.map(shape) };
        });
        spots = Array.from({ length: places.n }, (_, i) => ({
          at: plane.project(places.lon[i], places.lat[i]),
          name: places.name[i],
          zh: places.name_zh[i],
          rank: places.rank ? places.rank[i] ?? 5 : 5,
          role: places.role[i],
        }));
      },

      paint(view) {
        const { ctx } = view;
        for (const scene of scenes) {
          if (scene.window && (!view.sees(scene.window.box) || view.zoom < 5.5)) continue;
          ctx.save();
          if (scene.window) ctx.clip(scene.window.at(view));
          for (const shape of scene.shapes()) this.draw(view, shape);
          ctx.restore();
        }
        this.names(view);
      },

      draw(view, shape) {
        const { ctx } = view;
        const { style } = shape;
        if ((style.from && view.zoom < style.from) || !view.sees(shape.box)) return;
        if (style.fill) {
          ctx.fillStyle = hubmap.theme.ink(style.fill);
          ctx.fill(shape.at(view), 'evenodd');
        }
        if (style.stroke) {
          ctx.lineJoin = 'bevel';
          ctx.strokeStyle = hubmap.theme.ink(style.stroke);
          ctx.lineWidth = style.width / view.scale;
          ctx.setLineDash((style.dash || []).map((d) => d / view.scale));
          ctx.stroke(shape.at(view));
        }
      },

      /** Places by rank: 1 and 2 are large cities, the rest wait for nearer zooms. */
      names(view) {
        const water = /sea|bay|ocean|strait|water/;
        const app = this.app || {};
        const hubs = app.manyHubs && view.zoom < 8.2 ? new Set(app.outline.table.title) : new Set();
        for (const spot of spots) {
          if (hubs.has(spot.name) || (app.cityNames && app.cityNames.size === 1 && app.cityNames.has(spot.name))) continue;
          const own = Boolean(app.cityNames && app.cityNames.has(spot.name));
          const isWater = water.test(spot.role);
          const isArea = isWater || /province|country|region/.test(spot.role);
          if (view.zoom < (isArea ? 3.5 : 2.5) + spot.rank * 1.25) continue;
          const [x, y] = view.at(...spot.at);
          view.labels.push({
            text: text.named(spot.name, spot.zh),
            x,
            y,
            size: isArea ? 11.5 : own ? 13 : Math.max(10.5, 12.5 - spot.rank * 0.5),
            weight: isWater ? 400 : own ? 650 : 500,
            italic: isWater,
            spacing: isArea ? 1.5 : 0,
            colour: isWater ? ink.sea : isArea ? ink.area : own ? '#1f2933' : ink.place,
            halo: isWater ? 'rgba(221,232,239,.9)' : undefined,
            dot: isArea ? 0 : 2,
            rank: (own ? 10 : isArea ? 40 : 30) + spot.rank,
          });
        }
      },
    };
    return actor;
  };
  hubmap.basemap.ink = ink;
})(window.hubmap);
