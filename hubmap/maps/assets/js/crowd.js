/* Very many records: sorted once into a lattice of the plane, drawn one a spot of the screen. */
((hubmap) => {
  'use strict';

  const SIDE = 256;

  hubmap.crowd = (actor, at) => {
    const { table, kinds } = actor;
    const n = table.n;
    const xs = new Float64Array(n);
    const ys = new Float64Array(n);
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    for (let i = 0; i < n; i += 1) {
      [xs[i], ys[i]] = at[i];
      box[0] = Math.min(box[0], xs[i]);
      box[1] = Math.min(box[1], ys[i]);
      box[2] = Math.max(box[2], xs[i]);
      box[3] = Math.max(box[3], ys[i]);
    }
    const wide = (box[2] - box[0]) / SIDE || 1;
    const high = (box[3] - box[1]) / SIDE || 1;
    const column = (x) => Math.max(0, Math.min(SIDE - 1, Math.floor((x - box[0]) / wide)));
    const row = (y) => Math.max(0, Math.min(SIDE - 1, Math.floor((y - box[1]) / high)));
    const kind = table.coded('kind');
    const start = new Uint32Array(SIDE * SIDE + 1);
    const order = new Uint32Array(n);

    /** The rows of a box of the plane, lattice cell by lattice cell. */
    const within = (b, visit) => {
      for (let r = row(b[1]); r <= row(b[3]); r += 1) {
        const [from, to] = [start[r * SIDE + column(b[0])], start[r * SIDE + column(b[2]) + 1]];
        for (let k = from; k < to; k += 1) visit(order[k]);
      }
    };

    return {
      /** Sort the rows that are on and that the filters let through. */
      sort() {
        start.fill(0);
        const on = kind.words.map((word) => actor.on.has(word));
        const shown = (i) => on[kind.places[i]] && (!actor.keep || actor.keep[i]);
        const cells = new Int32Array(n).fill(-1);
        for (let i = 0; i < n; i += 1) if (shown(i)) {
          cells[i] = row(ys[i]) * SIDE + column(xs[i]);
          start[cells[i] + 1] += 1;
        }
        for (let c = 0; c < SIDE * SIDE; c += 1) start[c + 1] += start[c];
        const next = start.slice(0, -1);
        for (let i = 0; i < n; i += 1) if (cells[i] >= 0) order[next[cells[i]]++] = i;
      },

      paint(view) {
        const { ctx } = view;
        const r = Math.max(1.4, Math.min(5, 1.4 + (view.zoom - 8) * 0.6));
        // One mark a spot and kind: what lies under it would not be seen.
        const step = Math.max(2, r * 0.9);
        const columns = Math.ceil(view.width / step) + 2;
        const taken = new Uint32Array(columns * (Math.ceil(view.height / step) + 2));
        const paths = new Map();
        within(view.box, (i) => {
          const x = xs[i] * view.scale + view.dx;
          const y = ys[i] * view.scale + view.dy;
          if (x < 0 || y < 0 || x >= view.width || y >= view.height) return;
          const spot = Math.floor(y / step) * columns + Math.floor(x / step);
          const bit = 1 << (kind.places[i] & 31);
          if (taken[spot] & bit) return;
          taken[spot] |= bit;
          const word = kind.words[kind.places[i]];
          if (!paths.has(word)) paths.set(word, new Path2D());
          if (r < 3) paths.get(word).rect(x - r, y - r, 2 * r, 2 * r);
          else {
            paths.get(word).moveTo(x + r, y);
            paths.get(word).arc(x, y, r, 0, 7);
          }
        });
        for (const [word, path] of paths) {
          ctx.fillStyle = hubmap.theme.hue(kinds.get(word).colour);
          ctx.globalAlpha = 0.8;
          ctx.fill(path);
        }
        ctx.globalAlpha = 1;
        for (const i of [actor.pointed, actor.selected]) {
          if (i === null) continue;
          ctx.beginPath();
          ctx.arc(xs[i] * view.scale + view.dx, ys[i] * view.scale + view.dy, r + 4, 0, 7);
          ctx.lineWidth = 2;
          ctx.strokeStyle = hubmap.theme.ink('#10202f');
          ctx.stroke();
        }
      },

      /** All records under the pointer, the nearest first; co-located ones open as a list. */
      hit(px, py, view) {
        const reach = 6;
        const [x, y] = [(px - view.dx) / view.scale, (py - view.dy) / view.scale];
        const far = reach / view.scale;
        const found = [];
        within([x - far, y - far, x + far, y + far], (i) => {
          const d = Math.hypot(xs[i] - x, ys[i] - y);
          if (d <= far && !actor.dimmed(i)) found.push({ i, d });
        });
        if (!found.length) return null;
        found.sort((a, b) => a.d - b.d);
        return { i: found[0].i, all: found.slice(0, 60).map(({ i }) => i) };
      },
    };
  };
})(window.hubmap);
