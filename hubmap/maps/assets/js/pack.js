/* What `hubmap.maps.pack` packed, back as objects; inflated by the browser or, without it, here. */
((hubmap) => {
  'use strict';

  const bytesOf = (base64) => {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const raw = atob(base64);
    const bytes = new Uint8Array(raw.length);
    for (let i = 0; i < raw.length; i += 1) bytes[i] = raw.charCodeAt(i);
    return bytes;
  };

  /* Deflate (RFC 1951), for browsers that cannot inflate by themselves. */
  const LENGTHS = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258];
  const LENGTH_BITS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
  const FAR = [1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049, 3073, 4097, 6145, 8193, 12289, 16385, 24577];
  const FAR_BITS = [0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13];
  const ORDER = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

  /** A canonical code: how many words of each length, and their symbols in order. */
  const code = (lengths) => {
    const count = new Uint16Array(16);
    for (const n of lengths) count[n] += 1;
    count[0] = 0;
    const next = new Uint16Array(17);
    for (let n = 1; n < 16; n += 1) next[n + 1] = next[n] + count[n];
    const symbols = new Uint16Array(lengths.length);
    lengths.forEach((n, symbol) => { if (n) symbols[next[n]++] = symbol; });
    return { count, symbols };
  };

  const inflateHere = (input) => {
    let out = new Uint8Array(Math.max(1024, input.length * 4));
    let end = 0;
    let at = 0;
    let held = 0;
    let have = 0;
    const bits = (n) => {
      while (have < n) {
        held |= input[at++] << have;
        have += 8;
      }
      const value = held & ((1 << n) - 1);
      held >>>= n;
      have -= n;
      return value;
    };
    const symbol = ({ count, symbols }) => {
      let word = 0;
      let first = 0;
      let index = 0;
      for (let n = 1; n < 16; n += 1) {
        word |= bits(1);
        if (word - count[n] < first) return symbols[index + word - first];
        index += count[n];
        first = (first + count[n]) << 1;
        word <<= 1;
      }
      throw new Error('hubmap: the data of this page are damaged');
    };
    const room = (n) => {
      if (end + n <= out.length) return;
      const larger = new Uint8Array(Math.max(out.length * 2, end + n));
      larger.set(out);
      out = larger;
    };
    for (let last = 0; !last;) {
      last = bits(1);
      const type = bits(2);
      if (type === 0) {
        // Bytes that were read ahead are none: fewer than eight bits are held between blocks.
        held = have = 0;
        const n = input[at] | (input[at + 1] << 8);
        at += 4;
        room(n);
        out.set(input.subarray(at, at + n), end);
        end += n;
        at += n;
        continue;
      }
      let words = Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
      let fars = new Array(30).fill(5);
      if (type === 2) {
        const [n, m, k] = [bits(5) + 257, bits(5) + 1, bits(4) + 4];
        const own = new Array(19).fill(0);
        for (let i = 0; i < k; i += 1) own[ORDER[i]] = bits(3);
        const table = code(own);
        const lengths = [];
        while (lengths.length < n + m) {
          const s = symbol(table);
          if (s < 16) lengths.push(s);
          else {
            const repeated = s === 16 ? lengths[lengths.length - 1] : 0;
            for (let i = s === 16 ? 3 + bits(2) : s === 17 ? 3 + bits(3) : 11 + bits(7); i > 0; i -= 1) lengths.push(repeated);
          }
        }
        words = lengths.slice(0, n);
        fars = lengths.slice(n);
      }
      const [near, far] = [code(words), code(fars)];
      for (let s = symbol(near); s !== 256; s = symbol(near)) {
        if (s < 256) {
          room(1);
          out[end++] = s;
          continue;
        }
        const n = LENGTHS[s - 257] + bits(LENGTH_BITS[s - 257]);
        const f = symbol(far);
        const back = FAR[f] + bits(FAR_BITS[f]);
        room(n);
        for (let i = 0; i < n; i += 1, end += 1) out[end] = out[end - back];
      }
    }
    return out.subarray(0, end);
  };

  /** The JSON at the head, its pointers replaced by views of the bytes behind it. */
  const read = (raw) => {
    const end = 4 + new DataView(raw.buffer, raw.byteOffset, 4).getUint32(0, true);
    const bytes = raw.subarray(end);
    const restored = (value) => {
      if (Array.isArray(value)) return value.length && typeof value[0] === 'object' ? value.map(restored) : value;
      if (!value || typeof value !== 'object') return value;
      if (Array.isArray(value.b) && value.b.length === 2 && Object.keys(value).length === 1) return bytes.subarray(value.b[0], value.b[0] + value.b[1]);
      for (const key of Object.keys(value)) {
        const made = restored(value[key]);
        // Most stay as they are; a key like `__proto__` must not be assigned to.
        if (made !== value[key]) value[key] = made;
      }
      return value;
    };
    return restored(JSON.parse(new TextDecoder().decode(raw.subarray(4, end))));
  };

  /** At once, by the code above: for maps that folium writes. */
  const now = (text) => read(inflateHere(bytesOf(text)));

  /** By the browser where it can; straight into the stream, as a blob would go by way of another process. */
  const later = async (text) => {
    const bytes = bytesOf(text.trim());
    if (typeof DecompressionStream === 'undefined') return read(inflateHere(bytes));
    const { readable, writable } = new DecompressionStream('deflate-raw');
    const writer = writable.getWriter();
    // What fails here fails where it is read, too.
    Promise.all([writer.write(bytes), writer.close()]).catch(() => {});
    return read(new Uint8Array(await new Response(readable).arrayBuffer()));
  };

  hubmap.pack = { now, later };
})(window.hubmap);
