/* Geometry in the map's plane: Mercator at zoom 0, shifted so that single precision is enough. */
((hubmap) => {
  'use strict';

  /* Units a Mercator pixel of zoom 0; Path2D keeps single precision, so the origin is local. */
  const UNITS = 4096;
  /* From this zoom on every corner is drawn. */
  const FULL = 13;

  const mercator = (lon, lat) => {
    const s = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180);
    return [128 + (lon * 256) / 360, 128 - (Math.log((1 + s) / (1 - s)) * 128) / (2 * Math.PI)];
  };

  /**
   * A plane around an origin. `plane.shape(rings, closed)` gives a shape that can be drawn at any
   * zoom: a Path2D for it, its box, and `holds(x, y)`.
   */
  const plane = (lon, lat) => {
    const [ox, oy] = mercator(lon, lat);
    const project = (a, b) => {
      const [x, y] = mercator(a, b);
      return [(x - ox) * UNITS, (y - oy) * UNITS];
    };
    /** Where a place of the plane lies: longitude and latitude. */
    const unproject = (x, y) => [
      ((x / UNITS + ox - 128) * 360) / 256,
      (Math.asin(Math.tanh(((128 - y / UNITS - oy) * 2 * Math.PI) / 256)) * 180) / Math.PI,
    ];
    const shape = (rings, closed) => {
      const box = [Infinity, Infinity, -Infinity, -Infinity];
      const flat = rings.map((ring) => {
        const out = new Float64Array(ring.length);
        for (let i = 0; i < ring.length; i += 2) {
          // As `project`, without an array a corner.
          const s = Math.sin((Math.max(-85, Math.min(85, ring[i + 1])) * Math.PI) / 180);
          const x = (128 + (ring[i] * 256) / 360 - ox) * UNITS;
          const y = (128 - (Math.log((1 + s) / (1 - s)) * 128) / (2 * Math.PI) - oy) * UNITS;
          out[i] = x;
          out[i + 1] = y;
          if (x < box[0]) box[0] = x;
          if (y < box[1]) box[1] = y;
          if (x > box[2]) box[2] = x;
          if (y > box[3]) box[3] = y;
        }
        return out;
      });
      const fine = levels(flat, closed);
      return { at: (view) => fine.at(view, box), box, rings: flat, holds: (x, y) => holds(flat, box, x, y) };
    };
    return { ox, oy, project, unproject, shape, UNITS };
  };

  /**
   * Paths as fine as a zoom can show, each made when first wanted: corners rounded to a lattice of
   * under a pixel, by themselves, so that neighbours still share their edge.
   */
  const levels = (rings, closed) => {
    const made = new Map();

    /** The rings on a lattice, without the corners that fall together. */
    const rounded = (step) => (step ? rings.map((ring) => {
      const out = new Float64Array(ring.length);
      let end = 0;
      for (let i = 0; i < ring.length; i += 2) {
        const x = Math.round(ring[i] / step) * step;
        const y = Math.round(ring[i + 1] / step) * step;
        if (end && x === out[end - 2] && y === out[end - 1]) continue;
        out[end++] = x;
        out[end++] = y;
      }
      return out.subarray(0, end);
    }) : rings);

    /** All of it, or with a box only what the box needs: runs of corners beyond one side go. */
    const trace = (flat, box) => {
      const path = new Path2D();
      const side = (x, y) => (x < box[0] ? 1 : x > box[2] ? 2 : 0) | (y < box[1] ? 4 : y > box[3] ? 8 : 0);
      for (const ring of flat) {
        const n = ring.length;
        if (!n) continue;
        path.moveTo(ring[0], ring[1]);
        let before = box ? side(ring[0], ring[1]) : 0;
        let here = box && n > 2 ? side(ring[2], ring[3]) : 0;
        for (let i = 2; i < n; i += 2) {
          const after = box && i + 3 < n ? side(ring[i + 2], ring[i + 3]) : 0;
          if (!(before & here & after)) {
            path.lineTo(ring[i], ring[i + 1]);
            before = here;
          }
          here = after;
        }
        if (closed) path.closePath();
      }
      return path;
    };

    return {
      /** The path for a view: kept where it is seen whole, else traced for that view. */
      at(view, own) {
        const level = Math.min(FULL, Math.ceil(view.zoom));
        if (!made.has(level)) made.set(level, { flat: rounded(level === FULL ? 0 : (0.75 * UNITS) / 2 ** level), path: null, part: null, seen: null });
        const kept = made.get(level);
        const b = view.box;
        if (own[0] >= b[0] && own[1] >= b[1] && own[2] <= b[2] && own[3] <= b[3]) return (kept.path = kept.path || trace(kept.flat, null));
        if (kept.seen !== view) {
          const edge = (b[2] - b[0]) / 50;
          kept.part = trace(kept.flat, [b[0] - edge, b[1] - edge, b[2] + edge, b[3] + edge]);
          kept.seen = view;
        }
        return kept.part;
      },
    };
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
