/* Geometry in the map's plane: Mercator at zoom 0, shifted so that single precision is enough. */
((hubmap) => {
  'use strict';

  /* Units a Mercator pixel of zoom 0; Path2D keeps single precision, so the origin is local. */
  const UNITS = 4096;

  const mercator = (lon, lat) => {
    const s = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
    return [128 + (lon * 256) / 360, 128 - (Math.log((1 + s) / (1 - s)) * 128) / (2 * Math.PI)];
  };

  /**
   * A plane around an origin. `plane.path(rings, closed)` gives a shape that can be drawn at any
   * zoom: its Path2D, its box, and `holds(x, y)`.
   */
  const plane = (lon, lat) => {
    const [ox, oy] = mercator(lon, lat);
    const project = (a, b) => {
      const [x, y] = mercator(a, b);
      return [(x - ox) * UNITS, (y - oy) * UNITS];
    };
    const shape = (rings, closed) => {
      const path = new Path2D();
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      const flat = rings.map((ring) => {
        const out = new Float64Array(ring.length);
        for (let i = 0; i < ring.length; i += 2) {
          const [x, y] = project(ring[i], ring[i + 1]);
          out[i] = x;
          out[i + 1] = y;
          if (i) path.lineTo(x, y);
          else path.moveTo(x, y);
          if (x < box[0]) box[0] = x;
          if (y < box[1]) box[1] = y;
          if (x > box[2]) box[2] = x;
          if (y > box[3]) box[3] = y;
        }
        if (closed) path.closePath();
        return out;
      });
      return { path, box, rings: flat, holds: (x, y) => holds(flat, box, x, y) };
    };
    return { ox, oy, project, shape, UNITS };
  };

  /** Whether a point lies inside a polygon: odd crossings, holes and parts alike. */
  const holds = (rings, box, x, y) => {
    if (x < box[0] || y < box[1] || x > box[2] || y > box[3]) return false;
    let inside = false;
    for (const ring of rings) {
      const n = ring.length;
      for (let i = 0, j = n - 2; i < n; j = i, i += 2) {
        const yi = ring[i + 1];
        const yj = ring[j + 1];
        if (yi > y !== yj > y && x < ((ring[j] - ring[i]) * (y - yi)) / (yj - yi) + ring[i]) inside = !inside;
      }
    }
    return inside;
  };

  hubmap.shapes = { plane };
})(window.hubmap);
