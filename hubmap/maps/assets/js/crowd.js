/* Very many records: clusters far out that keep their kinds apart, the records themselves near. */
((hubmap) => {
  'use strict';

  const STEP = 1e-5;
  /* About how wide a cluster's square is, in pixels. */
  const SQUARE = 64;
  /* So few records of a square are drawn as themselves. */
  const FEW = 6;
  /* From this zoom on, only what shares one spot is drawn together. */
  const NEAR = 15;
  const WIDE = 4;
  const LISTED = 60;
  const TAU = 2 * Math.PI;

  /** `xs`, `ys`: the rows in the plane. The rows come sorted along a Morton curve. */
  hubmap.crowd = (actor, xs, ys) => {
    const { table, kinds } = actor;
    const n = table.n;
    const kind = table.coded('kind');
    const words = kind.words;
    const weight = table.coded('weight');
    const weights = weight.words.every((w) => w === null || w === 1) ? null : table.weight;
    const columns = new Uint32Array(n);
    const rows = new Uint32Array(n);
    const shown = new Uint8Array(n);
    let sorted = null;
    let sets = new Map();
    let drawn = [];

    {
      // The lattice of `columns.morton`: whole steps from the south-west corner.
      let [west, south] = [Infinity, Infinity];
      for (let i = 0; i < n; i += 1) {
        if (table.lon[i] < west) west = table.lon[i];
        if (table.lat[i] < south) south = table.lat[i];
      }
      [west, south] = [Math.round(west / STEP), Math.round(south / STEP)];
      for (let i = 0; i < n; i += 1) {
        columns[i] = Math.round(table.lon[i] / STEP) - west;
        rows[i] = Math.round(table.lat[i] / STEP) - south;
      }
    }

    const sort = () => {
      sets = new Map();
      sorted = actor.picked;
      const on = Uint8Array.from(words, (word) => (actor.on.has(word) ? 1 : 0));
      for (let i = 0; i < n; i += 1) {
        shown[i] = on[kind.places[i]] && (!actor.keep || actor.keep[i]) && (!sorted || sorted.has(i)) ? 1 : 0;
      }
    };

    /** The squares of `2 ** s` steps: where each run of rows starts, its middle, its kinds. */
    const squares = (s) => {
      if (sets.has(s)) return sets.get(s);
      const k = words.length;
      let room = 1024;
      let starts = new Uint32Array(room + 1);
      let middles = new Float64Array(2 * room);
      let counts = new Float64Array(k * room);
      const larger = (array) => {
        const made = new array.constructor(array.length * 2);
        made.set(array);
        return made;
      };
      let m = -1;
      let [column, row] = [-1, -1];
      let seen = 0;
      const close = () => {
        if (m < 0 || !seen) return;
        middles[2 * m] /= seen;
        middles[2 * m + 1] /= seen;
      };
      for (let i = 0; i < n; i += 1) {
        const [c, r] = [columns[i] >>> s, rows[i] >>> s];
        if (c !== column || r !== row) {
          close();
          [column, row, seen] = [c, r, 0];
          m += 1;
          if (m >= room) {
            room *= 2;
            [starts, middles, counts] = [larger(starts), larger(middles), larger(counts)];
          }
          starts[m] = i;
        }
        if (!shown[i]) continue;
        seen += 1;
        middles[2 * m] += xs[i];
        middles[2 * m + 1] += ys[i];
        counts[k * m + kind.places[i]] += weights ? weights[i] : 1;
      }
      close();
      starts[m + 1] = n;
      const set = { s, m: m + 1, starts, middles, counts };
      sets.set(s, set);
      return set;
    };

    const setAt = (zoom) => squares(zoom >= NEAR ? 0 : Math.max(0, Math.round(Math.log2((SQUARE * 360) / (256 * 2 ** zoom * STEP)))));

    /** A dot of a kind, painted once and then copied. */
    const sprites = new Map();
    const sprite = ({ colour, shape }, r, ratio) => {
      const key = [colour, shape, r.toFixed(2), ratio, hubmap.theme.dark].join();
      if (!sprites.has(key)) {
        const canvas = document.createElement('canvas');
        canvas.width = canvas.height = Math.ceil(2 * (r + 2) * ratio);
        const ctx = canvas.getContext('2d');
        ctx.scale(ratio, ratio);
        ctx.beginPath();
        hubmap.points.trace[shape](ctx, r + 2, r + 2, r);
        ctx.fillStyle = hubmap.theme.hue(colour);
        ctx.globalAlpha = 0.9;
        ctx.fill();
        ctx.strokeStyle = hubmap.theme.ink('rgba(255,255,255,.9)');
        ctx.lineWidth = 0.8;
        ctx.stroke();
        sprites.set(key, canvas);
      }
      return sprites.get(key);
    };

    /** A ring whose arcs are the kinds, with the number in its middle. */
    const ring = (ctx, mark, ground, ink) => {
      const { x, y, r, total, counts } = mark;
      ctx.beginPath();
      ctx.arc(x, y, r, 0, TAU);
      ctx.fillStyle = ground;
      ctx.fill();
      let from = -TAU / 4;
      ctx.lineWidth = WIDE;
      counts.forEach((part, c) => {
        if (!part) return;
        const to = from + (TAU * part) / total;
        ctx.beginPath();
        ctx.arc(x, y, r - WIDE / 2, from, to);
        ctx.strokeStyle = hubmap.theme.hue(kinds.get(words[c]).colour);
        ctx.stroke();
        from = to;
      });
      ctx.fillStyle = ink;
      ctx.fillText(hubmap.text.short(total), x, y + 0.5);
    };

    const member = (i, view) => [xs[i] * view.scale + view.dx, ys[i] * view.scale + view.dy];

    return {
      sort,

      paint(view) {
        if (actor.picked !== sorted) sort();
        const { ctx } = view;
        const set = setAt(view.zoom);
        const k = words.length;
        const dot = Math.max(1.8, Math.min(5, 1.8 + (view.zoom - 8) * 0.45));
        const images = words.map((word) => kinds.has(word) && sprite(kinds.get(word), dot, view.ratio));
        const rings = [];
        drawn = [];
        for (let square = 0; square < set.m; square += 1) {
          const x = set.middles[2 * square] * view.scale + view.dx;
          const y = set.middles[2 * square + 1] * view.scale + view.dy;
          if (x < -40 || y < -40 || x > view.width + 40 || y > view.height + 40) continue;
          const counts = set.counts.subarray(k * square, k * square + k);
          const total = counts.reduce((sum, part) => sum + part, 0);
          if (!total) continue;
          const [from, to] = [set.starts[square], set.starts[square + 1]];
          // What shares one spot is never drawn one over another.
          if (to - from > (set.s ? FEW : 1)) {
            rings.push({ x, y, r: Math.min(23, 8.5 + 3.2 * Math.log10(total)), total, counts, from, to });
            continue;
          }
          for (let i = from; i < to; i += 1) if (shown[i]) {
            const [px, py] = member(i, view);
            const image = images[kind.places[i]];
            ctx.drawImage(image, px - dot - 2, py - dot - 2, image.width / view.ratio, image.height / view.ratio);
            drawn.push({ x: px, y: py, r: dot, from: i, to: i + 1 });
          }
        }
        const [ground, ink] = [hubmap.theme.ink('#fff'), hubmap.theme.ink('#10202f')];
        ctx.font = `600 10.5px ${hubmap.labels.FONT}`;
        ctx.textAlign = 'center';
        ctx.textBaseline = 'middle';
        for (const mark of rings) ring(ctx, mark, ground, ink);
        drawn.push(...rings);
        for (const i of [actor.pointed, actor.selected]) {
          if (i === null) continue;
          ctx.beginPath();
          ctx.arc(...member(i, view), dot + 4, 0, TAU);
          ctx.lineWidth = 2;
          ctx.strokeStyle = ink;
          ctx.stroke();
        }
      },

      /** The mark under the pointer: a record, a list of those of one spot, or a cluster to enter. */
      hit(px, py) {
        let best = null;
        for (const mark of drawn) {
          const d = Math.hypot(mark.x - px, mark.y - py);
          if (d <= Math.max(mark.r, 6) && (!best || d <= best.d)) best = { mark, d };
        }
        if (!best) return null;
        const { from, to, counts, total } = best.mark;
        const all = [];
        const box = [Infinity, Infinity, -Infinity, -Infinity];
        for (let i = from; i < to; i += 1) if (shown[i]) {
          if (all.length < LISTED) all.push(i);
          box[0] = Math.min(box[0], table.lon[i]);
          box[1] = Math.min(box[1], table.lat[i]);
          box[2] = Math.max(box[2], table.lon[i]);
          box[3] = Math.max(box[3], table.lat[i]);
        }
        const many = counts ? words.map((word, c) => [word, counts[c]]).filter(([, part]) => part) : null;
        return { i: all[0], all, total, many, box: box[2] - box[0] + box[3] - box[1] > 2 * STEP ? box : null };
      },
    };
  };
  hubmap.crowd.NEAR = NEAR;
})(window.hubmap);
