/* Small plots as inline SVG: dots with intervals, curves with their envelope, growth by year. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const NS = 'http://www.w3.org/2000/svg';

  const node = (tag, attributes, ...children) => {
    const made = document.createElementNS(NS, tag);
    for (const [key, value] of Object.entries(attributes || {})) if (value !== null && value !== undefined) made.setAttribute(key, value);
    made.append(...children.flat().filter((c) => c !== null && c !== undefined));
    return made;
  };

  const words = (x, y, said, anchor) => {
    const made = node('text', { x, y, 'text-anchor': anchor || 'middle' });
    made.textContent = said;
    return made;
  };

  /** Round numbers between two ends, about `n` of them. */
  const ticks = (low, high, n) => {
    const raw = (high - low) / n || 1;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 2.5, 5, 10].map((m) => m * power).find((s) => s >= raw * 0.999);
    const found = [];
    for (let v = Math.ceil(low / step - 1e-9) * step; v <= high + step * 1e-6; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
    return found;
  };

  const kindOf = (app, id) => app.kinds.find((k) => k.id === id) || { id, title: { en: id, zh: id }, colour: '#4c5a68', shape: 'square' };
  const finite = (list) => (list || []).filter((v) => v !== null && Number.isFinite(v));

  const [W, H, LEFT, RIGHT, TOP, FOOT] = [340, 168, 36, 8, 10, 30];

  /** A curve of the hub's layer over distance or years. */
  const curve = (app, raw) => {
    // What chance gives may be one number for all distances.
    const given = typeof raw.expected === 'number' ? { ...raw, expected: raw.x.map(() => raw.expected) } : raw;
    const kind = kindOf(app, given.kind);
    const years = given.x_unit === 'year';
    const bars = given.curve === 'founded';
    const xs = given.x;
    const step = given.step || 1;
    const ends = years ? [Math.min(...xs), Math.max(...xs) + (bars ? step : 0)] : [0, Math.max(...xs)];
    const every = [given.value, given.low, given.high, given.expected].flatMap(finite);
    if (!xs.length || !every.length) return null;
    const top = Math.max(...every) * 1.06 || 1;
    const x = (v) => LEFT + ((v - ends[0]) / (ends[1] - ends[0] || 1)) * (W - LEFT - RIGHT);
    const y = (v) => H - FOOT - (v / top) * (H - FOOT - TOP);
    const line = (values) => xs.map((v, i) => (values[i] === null ? null : `${x(v).toFixed(1)},${y(values[i]).toFixed(1)}`)).filter(Boolean).join(' ');
    const hue = hubmap.theme.hue(kind.colour);
    const svg = node('svg', { viewBox: `0 0 ${W} ${H}`, class: 'hm-chart', role: 'img', 'aria-label': spoken(app, given, kind) });
    for (const v of ticks(0, top, 4)) svg.append(node('line', { x1: LEFT, x2: W - RIGHT, y1: y(v), y2: y(v), class: 'hm-grid' }), words(LEFT - 5, y(v) + 4, text.number(v), 'end'));
    for (const v of ticks(ends[0], ends[1], 5)) svg.append(words(x(v), H - FOOT + 14, years ? String(Math.round(v)) : text.number(v)));
    const banded = given.low && given.high;
    if (bars) {
      const wide = Math.max(1.5, x(ends[0] + step) - x(ends[0]) - 2);
      xs.forEach((v, i) => {
        if (given.value[i] === null) return;
        svg.append(node('rect', { x: x(v) + 1, y: y(given.value[i]), width: wide, height: Math.max(0, H - FOOT - y(given.value[i])), fill: hue, 'fill-opacity': 0.8 }));
        if (banded && given.high[i] !== null && given.value[i]) svg.append(node('line', { x1: x(v) + 1 + wide / 2, x2: x(v) + 1 + wide / 2, y1: y(given.low[i]), y2: y(given.high[i]), class: 'hm-whisker' }));
      });
    } else {
      if (banded) {
        const ids = xs.map((_, i) => i).filter((i) => given.low[i] !== null && given.high[i] !== null);
        const path = ids.map((i) => `${x(xs[i]).toFixed(1)},${y(given.high[i]).toFixed(1)}`).concat(ids.reverse().map((i) => `${x(xs[i]).toFixed(1)},${y(given.low[i]).toFixed(1)}`));
        svg.append(node('polygon', { points: path.join(' '), class: 'hm-band' }));
      }
      if (given.expected) svg.append(node('polyline', { points: line(given.expected), class: 'hm-expected' }));
      svg.append(node('polyline', { points: line(given.value), fill: 'none', stroke: hue, 'stroke-width': 2.2, 'stroke-linejoin': 'round' }));
    }
    svg.append(node('line', { x1: LEFT, x2: W - RIGHT, y1: y(0), y2: y(0), class: 'hm-axis' }), words((LEFT + W - RIGHT) / 2, H - 2, t('plot.axis.' + given.x_unit)));
    return el('figure', { class: 'hm-figure-plot' },
      el('figcaption', {}, hubmap.popup.swatch(kind), el('span', {}, hubmap.name(curveName(given)), ' · ', text.pick(kind.title))),
      svg,
      el('p', { class: 'hm-note hm-key' },
        banded ? [key(bars ? 'hm-key-whisker' : 'hm-key-band'), hubmap.name(text.term('band', given.band)), ' '] : null,
        given.expected ? [key('hm-key-expected'), t('plot.expected'), ' '] : null,
        given.p === null || given.p === undefined ? null : t('plot.p', { p: text.number(given.p) })),
      given.note ? el('p', { class: 'hm-note' }, hubmap.name(text.term('note', given.note))) : null);
  };

  const key = (cls) => el('span', { class: 'hm-keymark ' + cls, 'aria-hidden': 'true' });
  const curveName = (given) => text.term('curve', given.curve);

  /** What a listener hears instead: the ends, and where the curve leaves the band. */
  const spoken = (app, given, kind) => {
    const { x, value, low, high } = given;
    const show = (v) => (given.x_unit === 'year' ? String(v) : text.number(v));
    const known = x.map((_, i) => i).filter((i) => value[i] !== null);
    const [a, b] = [known[0], known[known.length - 1]];
    const parts = [t('plot.said', { what: curveName(given), kind: text.pick(kind.title), a: show(x[a]), va: text.number(value[a]), b: show(x[b]), vb: text.number(value[b]), unit: t('plot.unit.' + given.x_unit) })];
    if (given.expected && low && high) {
      const above = known.filter((i) => high[i] !== null && value[i] > high[i]);
      parts.push(above.length ? t('plot.above', { a: show(x[above[0]]), b: show(x[above[above.length - 1]]), unit: t('plot.unit.' + given.x_unit) }) : t('plot.within'));
    }
    return parts.join(' ');
  };

  /** A dot with its interval on a common scale from `ends[0]` to `ends[1]`. */
  const dot = (row, ends, hue, mark) => {
    const [w, h] = [120, 16];
    const x = (v) => 4 + ((v - ends[0]) / (ends[1] - ends[0] || 1)) * (w - 8);
    const svg = node('svg', { viewBox: `0 0 ${w} ${h}`, width: w, height: h, class: 'hm-dotplot', 'aria-hidden': 'true' });
    if (mark !== null && mark >= ends[0] && mark <= ends[1]) svg.append(node('line', { x1: x(mark), x2: x(mark), y1: 0, y2: h, class: 'hm-expected' }));
    svg.append(node('line', { x1: 4, x2: w - 4, y1: h / 2, y2: h / 2, class: 'hm-grid' }));
    if (row.value === null) return svg;
    if (row.low !== null && row.high !== null) svg.append(node('line', { x1: x(row.low), x2: x(row.high), y1: h / 2, y2: h / 2, stroke: hue, 'stroke-width': 2.4, 'stroke-opacity': 0.55 }));
    svg.append(node('circle', { cx: x(row.value), cy: h / 2, r: 3.8, fill: hue }));
    return svg;
  };

  hubmap.plots = { curve, dot, ticks };
})(window.hubmap);
