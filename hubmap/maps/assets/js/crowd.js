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

  /** `plane`: where rows are drawn. The rows come sorted along a Morton curve. */
  hubmap.crowd = (actor, plane) => {
    const { table, kinds } = actor;
    const n = table.n;
    const { lon, lat } = table;
    const kind = table.coded('kind');
    const words = kind.words;
    const weight = table.coded('weight');
    const weights = weight.words.every((w) => w === null || w === 1) ? null : table.weight;
    const columns = new Uint32Array(n);
    const rows = new Uint32Array(n);
    const shown = new Uint8Array(n);
    let [west, south] = [Infinity, Infinity];
    let sorted = null;
    let sets = new Map();
    let drawn = [];

    {
      // The lattice of `columns.morton`: whole steps from the south-west corner.
      for (let i = 0; i < n; i += 1) {
        if (lon[i] < west) west = lon[i];
        if (lat[i] < south) south = lat[i];
      }
      west = Math.round(west / STEP);
      south = Math.round(south / STEP);
      for (let i = 0; i < n; i += 1) {
        columns[i] = Math.round(lon[i] / STEP) - west;
        rows[i] = Math.round(lat[i] / STEP) - south;
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

    /**
     * The squares of `2 ** s` steps: where each run of rows starts and ends, its middle, its kinds.
     * `part`: only rows between these columns and rows.
     */
    const squares = (s, part) => {
      const k = words.length;
      const [c0, r0, c1, r1] = part || [0, 0, 2 ** 32, 2 ** 32];
      let room = 1024;
      let ends = new Uint32Array(2 * room);
      let middles = new Float64Array(2 * room);
      let counts = new Float64Array(k * room);
      const larger = (array) => {
        const made = new array.constructor(array.length * 2);
        made.set(array);
        return made;
      };
      let m = -1;
      let column = -1;
      let row = -1;
      let seen = 0;
      const close = () => {
        if (m < 0 || !seen) return;
        // The mean of its places; within a square the plane is as good as even.
        const [x, y] = plane.project((west + middles[2 * m] / seen) * STEP, (south + middles[2 * m + 1] / seen) * STEP);
        middles[2 * m] = x;
        middles[2 * m + 1] = y;
      };
      for (let i = 0; i < n; i += 1) {
        const x = columns[i];
        const y = rows[i];
        if (x < c0 || x > c1 || y < r0 || y > r1) continue;
        const c = x >>> s;
        const r = y >>> s;
        if (c !== column || r !== row) {
          close();
          column = c;
          row = r;
          seen = 0;
          m += 1;
          if (m >= room) {
            room *= 2;
            ends = larger(ends);
            middles = larger(middles);
            counts = larger(counts);
          }
          ends[2 * m] = i;
        }
        ends[2 * m + 1] = i + 1;
        if (!shown[i]) continue;
        seen += 1;
        middles[2 * m] += x;
        middles[2 * m + 1] += y;
        counts[k * m + kind.places[i]] += weights ? weights[i] : 1;
      }
      close();
      return { s, m: m + 1, ends, middles, counts };
    };

    /** Far out the squares of all rows, once a zoom; near, where each row has its own, those in view. */
    const setAt = (view) => {
      if (view.zoom >= NEAR) {
        const edge = 40 / view.scale;
        const [w, top] = plane.unproject(view.box[0] - edge, view.box[1] - edge);
        const [e, foot] = plane.unproject(view.box[2] + edge, view.box[3] + edge);
        return squares(0, [w / STEP - west, foot / STEP - south, e / STEP - west, top / STEP - south]);
      }
      const s = Math.max(0, Math.round(Math.log2((SQUARE * 360) / (256 * 2 ** view.zoom * STEP))));
      if (!sets.has(s)) sets.set(s, squares(s, null));
      return sets.get(s);
    };

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

    const member = (i, view) => view.at(...plane.project(lon[i], lat[i]));

    return {
      sort,

      paint(view) {
        if (actor.picked !== sorted) sort();
        const { ctx } = view;
        const set = setAt(view);
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
          const [from, to] = [set.ends[2 * square], set.ends[2 * square + 1]];
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
          box[0] = Math.min(box[0], lon[i]);
          box[1] = Math.min(box[1], lat[i]);
          box[2] = Math.max(box[2], lon[i]);
          box[3] = Math.max(box[3], lat[i]);
        }
        const many = counts ? words.map((word, c) => [word, counts[c]]).filter(([, part]) => part) : null;
        return { i: all[0], all, total, many, box: box[2] - box[0] + box[3] - box[1] > 2 * STEP ? box : null };
      },
    };
  };
  hubmap.crowd.NEAR = NEAR;
})(window.hubmap);
