/* Entities in other colours than their kind's: by sector, precision or founding year. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const NAMES = ['category', 'precision', 'founded'];

  /** The class of a row under a tint: a key, its words and its colour. */
  const classOf = (points, tint, i) => {
    const { table, content } = points;
    const { tints } = content;
    const other = { key: 'other', colour: tints.other };
    if (tint === 'category') {
      const category = table.category && table.category[i];
      // Words of the data may be names that every object answers to.
      const own = Object.hasOwn(tints.category, table.kind[i]) ? tints.category[table.kind[i]] : {};
      const colour = category && Object.hasOwn(own, category) ? own[category] : null;
      return colour ? { key: table.kind[i] + '|' + category, colour } : { ...other, key: table.kind[i] + '|other' };
    }
    const value = tint === 'precision' ? table.precision_m[i] : table.founded && table.founded[i];
    if (value === null || value === undefined) return other;
    const { breaks, colours } = tints[tint];
    let n = 0;
    while (n < breaks.length && (tint === 'precision' ? value > breaks[n] : value >= breaks[n])) n += 1;
    return { key: String(n), colour: colours[n] };
  };

  const words = (app, tint, key) => {
    const { tints, categories } = app.points.content;
    if (tint === 'category') {
      const category = key.slice(key.indexOf('|') + 1);
      return category === 'other' ? t('tint.other') : text.pick(categories[category]) || category;
    }
    if (key === 'other') return t('tint.unknown');
    const { breaks } = tints[tint];
    const n = Number(key);
    if (tint === 'precision') return n < breaks.length ? t('filter.within', { d: text.distance(breaks[n]) }) : t('filter.precision.more');
    if (n === 0) return t('tint.before', { year: String(breaks[0]) });
    return n < breaks.length ? t('tint.years', { from: String(breaks[n - 1]), to: String(breaks[n] - 1) }) : t('tint.since', { year: String(breaks[n - 1]) });
  };

  const usable = (points) => (points && points.content.tints && !points.crowd ? NAMES.filter((name) => points.content.tints[name]) : []);

  /** Colour the marks of one map by the tint that is on. */
  const apply = (points, tint) => {
    points.tint = tint === 'kind' || !usable(points).includes(tint) ? null : (i) => classOf(points, tint, i).colour;
    if (points.stage) points.stage.touch();
  };

  const select = (app) => {
    const names = usable(app.points);
    if (!names.length) return null;
    const node = el('select', { id: 'hm-tint' }, ['kind', ...names].map((name) => el('option', { value: name, text: t('tint.' + name) })));
    node.value = app.state.get('tint');
    node.addEventListener('change', () => {
      app.state.set({ tint: node.value });
      app.say(t('tint.say', { name: t('tint.' + node.value) }));
    });
    return el('div', { class: 'hm-set hm-tints' }, el('label', { for: 'hm-tint', class: 'hm-legend', text: t('tint.label') }), node, legend(app));
  };

  /** The classes of the marks that are shown, with their numbers. */
  const legend = (app) => {
    const tint = app.state.get('tint');
    if (tint === 'kind') return null;
    const { points } = app;
    const found = new Map();
    for (const i of app.shownRows()) {
      const kind = points.kinds.get(points.table.kind[i]);
      if (!kind || kind.shape === 'bubble') continue;
      const { key, colour } = classOf(points, tint, i);
      const id = tint === 'category' ? key : kind.shape + key;
      if (!found.has(id)) found.set(id, { key, colour, kind, rows: new Set() });
      found.get(id).rows.add(app.unitOf(i));
    }
    const order = (a, b) => a.kind.place - b.kind.place || /other$/.test(a.key) - /other$/.test(b.key) || (tint === 'category' ? b.rows.size - a.rows.size : a.key.localeCompare(b.key));
    const classes = [...found.values()].sort(order);
    // Ordered classes are the same for every kind: one row a class, with all its shapes.
    const groups = tint === 'category' ? classes.map((c) => [c]) : [...new Set(classes.map((c) => c.key))].sort().map((key) => classes.filter((c) => c.key === key));
    return el('ul', { class: 'hm-tintlist' }, groups.map((group) => el('li', {},
      group.map((c) => hubmap.popup.swatch({ ...c.kind, colour: c.colour })),
      hubmap.name(words(app, tint, group[0].key)), el('span', { class: 'hm-n', text: text.number(group.reduce((n, c) => n + c.rows.size, 0)) }))));
  };

  hubmap.tints = { apply, select, usable, legend };
})(window.hubmap);
