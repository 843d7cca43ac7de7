/* What `hubmap.maps.columns` encoded, back as arrays. */
((hubmap) => {
  'use strict';

  /** Whole numbers of seven bits a byte; signed ones carry the sign in the lowest bit. */
  const varints = (bytes, n, signed, running) => {
    const out = new Float64Array(n);
    let at = 0;
    let sum = 0;
    for (let i = 0; i < n; i += 1) {
      let byte = bytes[at++];
      let value = byte & 127;
      if (byte & 128) {
        for (let scale = 128; byte & 128; scale *= 128) {
          byte = bytes[at++];
          value += (byte & 127) * scale;
        }
        if (signed) value = value % 2 ? -(value + 1) / 2 : value / 2;
      } else if (signed) value = value & 1 ? -((value + 1) >> 1) : value >> 1;
      if (running) value = sum += value;
      out[i] = value;
    }
    return out;
  };

  /** How many numbers there are: each ends with a byte below 128. */
  const length = (bytes) => {
    let n = 0;
    for (let i = 0; i < bytes.length; i += 1) if (bytes[i] < 128) n += 1;
    return n;
  };

  const unsigned = (bytes) => varints(bytes, length(bytes), false, false);
  const running = (bytes) => varints(bytes, length(bytes), true, true);

  /** Places in a list of words; 0 is none. Of fewer than 128 words they are the bytes themselves. */
  const placesOf = (c) => {
    if (c.i) return c.v.length < 128 ? c.i : Uint32Array.from(unsigned(c.i));
    const out = new Uint16Array(c.l.length);
    for (let i = 0; i < out.length; i += 1) out[i] = c.l[i] + 256 * c.h[i];
    return out;
  };

  /** Each place's word. */
  const spelt = (places, words) => {
    const out = new Array(places.length);
    for (let i = 0; i < out.length; i += 1) out[i] = words[places[i]];
    return out;
  };

  const column = {
    text: (c) => c.v,
    dict: (c) => spelt(placesOf(c), [null, ...c.v]),
    num: (c) => c.v,
    bool: (c) => Array.from(unsigned(c.i), (i) => (i ? i === 2 : null)),
    deg: (c) => {
      const out = running(c.d);
      for (let i = 0; i < out.length; i += 1) out[i] *= c.s;
      return out;
    },
    int: (c) => {
      if (!c.m) return running(c.d);
      const values = Array.from(running(c.d));
      for (const i of running(c.m)) values[i] = null;
      return values;
    },
  };

  /** A table: `n` and, by name, each column's array. Columns are decoded when first asked for. */
  const table = (coded) => {
    if (!made.has(coded)) made.set(coded, decode(coded));
    return made.get(coded);
  };
  const made = new WeakMap();

  /** One row, without asking what the others say. */
  const row = (decoded, i) => {
    const own = {};
    for (const name of Object.keys(decoded)) {
      if (name !== 'n') Object.defineProperty(own, name, { get: () => at.get(decoded)(name, i) });
    }
    return own;
  };
  const at = new WeakMap();

  const decode = (coded) => {
    const decoded = { n: coded.n };
    const places = new Map();
    for (const [name, c] of Object.entries(coded.columns)) {
      let values = null;
      // `n` is the number of rows; a column of that name stays reachable beside it.
      Object.defineProperty(decoded, name === 'n' ? 'n_' : name, {
        enumerable: true,
        get: () => (values = values || column[c.t](c)),
      });
    }
    /** A column of few words as places in a list of them, which is faster to compare. */
    Object.defineProperty(decoded, 'coded', {
      value: (name) => {
        if (places.has(name)) return places.get(name);
        const c = coded.columns[name];
        let found;
        if (!c) found = { words: [null], places: new Uint8Array(coded.n) };
        else if (c.t === 'dict') found = { words: [null, ...c.v], places: placesOf(c) };
        else {
          const values = decoded[name];
          const words = [...new Set(values)];
          const place = new Map(words.map((w, i) => [w, i]));
          found = { words, places: Uint32Array.from(values, (w) => place.get(w)) };
        }
        places.set(name, found);
        return found;
      },
    });
    at.set(decoded, (name, i) => {
      if ((coded.columns[name] || {}).t !== 'dict') return decoded[name][i];
      const { words, places: own } = decoded.coded(name);
      return words[own[i]];
    });
    return decoded;
  };

  /** Shapes: for each, its rings as flat arrays of longitude and latitude. */
  const paths = (coded) => {
    const counts = unsigned(coded.c);
    const xs = running(coded.x);
    const ys = running(coded.y);
    const shapes = [];
    let count = 0;
    let at = 0;
    for (let shape = 0; shape < coded.n; shape += 1) {
      const rings = [];
      for (let ring = counts[count++]; ring > 0; ring -= 1) {
        const corners = counts[count++];
        const flat = new Float64Array(corners * 2);
        for (let i = 0; i < corners; i += 1, at += 1) {
          flat[2 * i] = xs[at] * coded.s;
          flat[2 * i + 1] = ys[at] * coded.s;
        }
        rings.push(flat);
      }
      shapes.push(rings);
    }
    return shapes;
  };

  /** The borders of a mosaic, each once: flat arrays of longitude and latitude. */
  const borders = (coded) => {
    const counts = unsigned(coded.a);
    const xs = running(coded.x);
    const ys = running(coded.y);
    let at = 0;
    return Array.from(counts, (n) => {
      const flat = new Float64Array(n * 2);
      for (let i = 0; i < n; i += 1, at += 1) {
        flat[2 * i] = xs[at] * coded.s;
        flat[2 * i + 1] = ys[at] * coded.s;
      }
      return flat;
    });
  };

  /** Shapes that share borders: each ring is a chain of them, backwards where negative. */
  const mosaic = (coded) => {
    const arcs = borders(coded);
    const counts = unsigned(coded.c);
    const chain = running(coded.r);
    const shapes = [];
    let [count, at] = [0, 0];
    for (let shape = 0; shape < coded.n; shape += 1) {
      const rings = [];
      for (let ring = counts[count++]; ring > 0; ring -= 1) {
        const flat = [];
        for (let links = counts[count++]; links > 0; links -= 1, at += 1) {
          const ref = chain[at];
          const arc = arcs[ref < 0 ? -ref - 1 : ref];
          const n = arc.length / 2;
          // The last corner of a link is the first of the next.
          for (let i = 0; i < n - 1; i += 1) {
            const j = ref < 0 ? n - 1 - i : i;
            flat.push(arc[2 * j], arc[2 * j + 1]);
          }
        }
        rings.push(Float64Array.from(flat));
      }
      shapes.push(rings);
    }
    return shapes;
  };

  hubmap.columns = { table, row, paths: (coded) => (coded.a ? mosaic(coded) : paths(coded)), borders, running };
})(window.hubmap);
