/* What `hubmap.maps.columns` encoded, back as arrays. */
((hubmap) => {
  'use strict';

  const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const codes = new Uint8Array(128);
  for (let i = 0; i < 64; i += 1) codes[ALPHABET.charCodeAt(i)] = i;

  /** Whole numbers of five bits a character, the sign in the lowest bit. */
  const varints = (coded) => {
    const out = [];
    let value = 0;
    let scale = 1;
    for (let i = 0; i < coded.length; i += 1) {
      const code = codes[coded.charCodeAt(i)];
      value += (code & 31) * scale;
      if (code & 32) scale *= 32;
      else {
        out.push(value % 2 ? -(value + 1) / 2 : value / 2);
        value = 0;
        scale = 1;
      }
    }
    return out;
  };

  const running = (numbers, step) => {
    let sum = 0;
    return numbers.map((d) => {
      sum += d;
      return step ? sum * step : sum;
    });
  };

  const column = {
    text: (c) => c.v,
    dict: (c) => varints(c.i).map((i) => (i ? c.v[i - 1] : null)),
    num: (c) => c.v,
    bool: (c) => varints(c.i).map((i) => (i ? i === 2 : null)),
    deg: (c) => running(varints(c.d), c.s),
    int: (c) => {
      const values = running(varints(c.d));
      if (c.m) for (const i of running(varints(c.m))) values[i] = null;
      return values;
    },
  };

  /** A table: `n` and, by name, each column's array. Columns are decoded when first asked for. */
  const table = (coded) => {
    const decoded = { n: coded.n };
    for (const [name, c] of Object.entries(coded.columns)) {
      let values = null;
      // `n` is the number of rows; a column of that name stays reachable beside it.
      Object.defineProperty(decoded, name === 'n' ? 'n_' : name, {
        enumerable: true,
        get: () => (values = values || column[c.t](c)),
      });
    }
    return decoded;
  };

  /** Shapes: for each, its rings as flat arrays of longitude and latitude. */
  const paths = (coded) => {
    const numbers = varints(coded.d);
    const shapes = [];
    let at = 0;
    let x = 0;
    let y = 0;
    for (let shape = 0; shape < coded.n; shape += 1) {
      const rings = [];
      for (let ring = numbers[at++]; ring > 0; ring -= 1) {
        const corners = numbers[at++];
        const flat = new Float64Array(corners * 2);
        for (let i = 0; i < corners; i += 1) {
          x += numbers[at++];
          y += numbers[at++];
          flat[2 * i] = x * coded.s;
          flat[2 * i + 1] = y * coded.s;
        }
        rings.push(flat);
      }
      shapes.push(rings);
    }
    return shapes;
  };

  hubmap.columns = { table, paths, varints };
})(window.hubmap);
