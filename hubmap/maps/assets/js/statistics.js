/* A zone's numbers in plain words: value, interval, what it means, how it was computed. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  /* A sentence begins large, a formula's n or r does not. */
  const capital = (s) => (/^[a-z](?:[a-z]| [a-z]{2})/.test(s) ? s[0].toUpperCase() + s.slice(1) : s);

  const GROUPS = [
    ['dense', ['count', 'density', 'per_million', 'registered', 'people_weighted_density', 'smoothed_rate', 'per_thousand_graduates']],
    ['known', ['location_quotient', 'shrunken_quotient', 'standardised_quotient']],
    ['spread', ['effective_districts', 'area_holding', 'hill_number', 'gini', 'theil', 'ellison_glaeser']],
    ['near', ['share_near', 'median_distance', 'colocation']],
    ['cluster', ['peak_density', 'hot_spots', 'clustering', 'relative_m', 'pair_distances', 'clark_evans', 'moran', 'local_moran']],
    ['middle', ['number_of_centres', 'primacy', 'standard_distance', 'ellipse', 'centre_shift']],
    ['growth', ['median_founded', 'growth_ratio', 'founded_per_year', 'survivors_growth', 'shift_share']],
  ];
  const OPEN = ['dense', 'known', 'spread'];

  /* A profile's key is a statistic's name and the options that set it apart. */
  let declared = {};
  const nameOf = (key) => (declared[key] || {}).name || GROUPS.flatMap(([, names]) => names).filter((n) => key === n || key.startsWith(n + '_')).sort((a, b) => b.length - a.length)[0] || key;

  const title = (key) => {
    if (text.has('statistic.' + key)) return t('statistic.' + key);
    const name = nameOf(key);
    const rest = key.slice(name.length).replace(/_/g, ' ').trim();
    return (text.has('statistic.' + name) ? t('statistic.' + name) : name.replace(/_/g, ' ')) + (rest ? ` (${rest})` : '');
  };

  const meaning = (key) => {
    // What is said of a statistic may not hold under other options; its declaration does.
    const help = text.term('declared', (declared[key] || {}).help || '');
    for (const name of [key, help ? '' : nameOf(key)]) if (text.has('explain.' + name)) return t('explain.' + name);
    return capital(help);
  };

  const interval = (row) => (row.low === null || row.high === null || row.value === null
    ? '' : t('interval', { low: text.value(row.statistic, row.low), high: text.value(row.statistic, row.high) }));

  const reason = (row) => text.term('reason', row.withheld);

  /** A rank as the range that the data allow. */
  const rank = (row, short) => {
    if (!row || !row.rankOf) return '';
    const [low, high, of] = [row.rankLow, row.rankHigh, row.rankOf].map((v) => Math.round(v));
    if (low === 1 && high === of) return t('rank.none');
    if (short) return low === high ? t('rank.short.one', { low, of }) : t('rank.short', { low, high, of });
    return low === high ? t('rank.one', { low, of }) : t('rank.range', { low, high, of });
  };

  /* What is told of a number in sentences. Beside it stands what it cannot be read without: how far it moves and what chance gives, in its own unit; where, within what, of whom. */
  const RANGE = /^(range|by chance) (\S+) to ([^\s,]+)/;
  const BESIDE = /^(range \S+ to|by chance|at |bandwidth |r = |within |chance alone|founded (to|after) |later: |\d+ districts? holds? 50|without .*not covered|survivors only)/;
  const told = (given) => (given.note ? given.note.split('; ') : []);
  const beside = (given) => told(given).filter((part) => BESIDE.test(part)).map((part) => capital(text.term('note',
    part.replace(RANGE, (all, what, low, high) => `${what} ${text.value(given.statistic, Number(low))} to ${text.value(given.statistic, Number(high))}`))));

  /** One kind's number. */
  const row = (app, given) => {
    const kind = app.kinds.find((k) => k.id === given.kind);
    const used = given.share !== null && given.share < 0.995 ? t('share_used', { n: text.number(Math.round(given.share * 100)) }) : '';
    return el('div', { class: 'hm-stat' },
      el('dt', {}, kind ? hubmap.popup.swatch(kind) : null, kind ? capital(text.pick(kind.title)) : hubmap.name(given.kind)),
      given.value === null
        ? el('dd', { class: 'hm-withheld' }, el('em', { text: t('withheld') }), el('small', {}, hubmap.name(reason(given))))
        : el('dd', {}, el('strong', { text: text.value(given.statistic, given.value) }), ' ', el('span', { class: 'hm-unit', text: text.unit(given.statistic, given.unit) }),
          el('small', { class: 'hm-interval', text: interval(given) }),
          beside(given).map((said) => el('small', { class: 'hm-beside', text: said })),
          given.denominator && !given.denominator.startsWith('none') ? el('small', {}, hubmap.name(text.term('denominator', given.denominator))) : null,
          used ? el('small', { class: 'hm-caveat', text: used }) : null,
          rank(given) ? el('small', { class: 'hm-rank', text: rank(given) }) : null));
  };

  const fact = (label, value) => (value ? [el('dt', { text: label }), el('dd', {}, hubmap.name(capital(text.term('declared', value))))] : null);

  /** How a number was computed: from the statistic's declaration, and what is told of these records. */
  const how = (app, key, rows) => {
    const said = declared[key] || {};
    const notes = rows.map((r) => ({ kind: r.kind, parts: told(r).filter((part) => !BESIDE.test(part)) })).filter((r) => r.parts.length);
    if (!said.formula && !notes.length) return null;
    const details = el('details', { class: 'hm-how', open: app.openHow.has(key) },
      el('summary', { 'aria-label': `${t('how.title')}: ${title(key)}` }, t('how.title')),
      el('dl', {},
        fact(t('how.formula'), said.formula), fact(t('how.interval'), said.interval), fact(t('how.guard'), said.guard),
        fact(t('how.minimum'), said.minimum), fact(t('how.source'), said.reference), said.checks ? [el('dt', { text: t('how.checks') }), el('dd', {}, hubmap.name(text.term('declared', said.checks)))] : null,
        notes.map((r) => {
          const kind = app.kinds.find((k) => k.id === r.kind);
          return [el('dt', { text: kind ? capital(text.pick(kind.title)) : r.kind }), el('dd', {}, el('ul', {}, r.parts.map((part) => el('li', {}, hubmap.name(capital(text.term('note', part)))))))];
        })));
    details.addEventListener('toggle', () => app.openHow[details.open ? 'add' : 'delete'](key));
    return details;
  };

  const statistic = (app, zone, key) => {
    const rows = [...zone.rows.values()].filter((r) => r.statistic === key)
      .sort((a, b) => place(app, a.kind) - place(app, b.kind));
    const sampled = rows.map((r) => app.kinds.find((k) => k.id === r.kind)).find((k) => k && k.sample);
    const curves = app.curves.filter((c) => c.zone === zone.id && c.statistic === key);
    return el('section', { class: 'hm-group' },
      el('h4', { text: title(key) }),
      el('p', { class: 'hm-note', text: meaning(key) }),
      el('dl', {}, rows.map((r) => row(app, r))),
      curves.map((curve) => hubmap.plots.curve(app, curve)),
      sampled ? el('p', { class: 'hm-caveat', text: t('sample.short', sampled.sample) }) : null,
      how(app, key, rows));
  };

  const place = (app, id) => (app.kinds.find((k) => k.id === id) || { place: 99 }).place;

  /** All of a zone's numbers but the counts, grouped by the question they answer. */
  const groups = (app, zone) => {
    declared = app.declared;
    text.places = new Map([...app.zones.values()].map((z) => [z.name, z.zh]));
    app.openHow = app.openHow || new Set();
    app.openGroups = app.openGroups || new Set(OPEN);
    const drawn = app.curves.filter((c) => c.zone === zone.id).map((c) => c.statistic);
    const keys = [...new Set([...[...zone.rows.values()].map((r) => r.statistic), ...drawn])];
    const groupOf = (key) => (GROUPS.find(([, names]) => names.includes(nameOf(key))) || ['other'])[0];
    const order = new Map(GROUPS.flatMap(([, names]) => names).map((n, i) => [n, i]));
    keys.sort((a, b) => (order.get(nameOf(a)) ?? 99) - (order.get(nameOf(b)) ?? 99) || (a < b ? -1 : 1));
    return [...GROUPS.map(([group]) => group), 'other'].map((group) => {
      const own = keys.filter((key) => groupOf(key) === group);
      if (!own.length) return null;
      const details = el('details', { class: 'hm-question', open: app.openGroups.has(group) },
        el('summary', {}, el('h3', { text: t('group.' + group) })), own.map((key) => statistic(app, zone, key)));
      details.addEventListener('toggle', () => app.openGroups[details.open ? 'add' : 'delete'](group));
      return details;
    });
  };

  hubmap.statistics = { groups, title, meaning, interval, reason, rank, use: (said) => { declared = said; } };
})(window.hubmap);
