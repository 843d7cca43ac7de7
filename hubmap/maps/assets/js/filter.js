/* Filters: facets are joined by "and", choices within one by "or"; a founding year cuts through all. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const FACETS = ['category', 'tag', 'city', 'precision'];
  const NONE = Object.freeze({ category: [], tag: [], city: [], precision: [], from: null, to: null, text: '' });
  const CLASSES = [[300, '300'], [1000, '1000'], [1500, '1500'], [Infinity, 'more']];
  const plain = (s) => (s || '').normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase();

  const setUp = (app) => {
    const { points } = app;
    const { table } = points;
    const bubbles = new Set(points.content.kinds.filter((k) => k.shape === 'bubble').map((k) => k.id));
    const none = [];
    const of = {
      category: (i) => (table.category && table.category[i] ? [table.category[i]] : none),
      tag: (i) => (table.tags && table.tags[i] ? table.tags[i].split(';').filter(Boolean) : none),
      city: (i) => (table.city && table.city[i] ? [table.city[i]] : none),
      precision: (i) => (table.precision_m[i] === null ? none : [CLASSES.find(([m]) => table.precision_m[i] <= m)[1]]),
    };
    const unit = app.unitOf;
    let words = null;
    const says = (i) => {
      words = words || Array.from({ length: table.n }, (_, j) => plain(`${table.name[j]} ${(table.name_zh && table.name_zh[j]) || ''}`));
      return words[i];
    };

    /** Whether a row passes, one facet left aside. */
    const passes = (i, filter, aside) => FACETS.every((f) => f === aside || !filter[f].length || of[f](i).some((v) => filter[f].includes(v)))
      && (aside === 'founded' || ((filter.from === null && filter.to === null)
        || (table.founded && table.founded[i] !== null && (filter.from === null || table.founded[i] >= filter.from) && (filter.to === null || table.founded[i] <= filter.to))))
      && (!filter.text || says(i).includes(plain(filter.text)));

    /** Whether a row stands at a year: founded by then, or in it. */
    const stands = (i, year, mode) => year === null || (table.founded && table.founded[i] !== null
      && (mode === 'new' ? table.founded[i] === year : table.founded[i] <= year));

    const active = () => app.state.get('year') !== null || app.state.get('filter') !== NONE;

    const apply = () => {
      const [filter, year, mode] = ['filter', 'year', 'yearMode'].map(app.state.get);
      points.keep = active() ? Uint8Array.from({ length: table.n }, (_, i) => passes(i, filter, '') && stands(i, year, mode)) : null;
      points.regroup();
    };

    /** Numbers by kind of the rows that `test` lets through: units once, bubbles by weight. */
    const tally = (test) => {
      const found = new Map(points.content.kinds.map((k) => [k.id, bubbles.has(k.id) ? 0 : new Set()]));
      for (let i = 0; i < table.n; i += 1) {
        const kind = table.kind[i];
        if (!found.has(kind) || !test(i)) continue;
        if (bubbles.has(kind)) found.set(kind, found.get(kind) + table.weight[i]);
        else found.get(kind).add(unit(i));
      }
      return new Map([...found].map(([kind, n]) => [kind, typeof n === 'number' ? n : n.size]));
    };

    /** A facet's values with the numbers they would leave. */
    const counts = (facet) => {
      const filter = app.state.get('filter');
      const [on, year, mode] = ['kinds', 'year', 'yearMode'].map(app.state.get);
      const seen = new Map();
      for (let i = 0; i < table.n; i += 1) {
        const bubble = bubbles.has(table.kind[i]);
        if (!on.includes(table.kind[i]) || (bubble && facet !== 'category')) continue;
        const fits = passes(i, filter, facet) && stands(i, year, mode);
        for (const value of of[facet](i)) {
          if (!seen.has(value)) seen.set(value, { n: 0, units: new Set() });
          if (!fits) continue;
          if (bubble) seen.get(value).n += table.weight[i];
          else seen.get(value).units.add(unit(i));
        }
      }
      return [...seen].map(([value, { n, units }]) => ({ value, n: n + units.size })).sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1));
    };

    app.filter = { apply, active, passes, tally, counts, of };
    app.kept = (i) => app.state.get('kinds').includes(table.kind[i]) && (!points.keep || Boolean(points.keep[i]));
  };

  const label = (app, facet, value) => {
    if (facet === 'category') return text.pick(app.points.content.categories[value]) || value;
    if (facet === 'tag') return app.tagName(value);
    if (facet === 'city') return app.zoneName(value) || value;
    return value === 'more' ? t('filter.precision.more') : t('filter.within', { d: text.distance(Number(value)) });
  };

  const change = (app, changes) => {
    const next = { ...app.state.get('filter'), ...changes };
    const empty = FACETS.every((f) => !next[f].length) && next.from === null && next.to === null && !next.text;
    app.state.set({ filter: empty ? NONE : Object.freeze(next) });
    app.say(t('filter.say', { n: text.number(app.shownRows().length) }));
  };

  const facet = (app, name) => {
    const chosen = app.state.get('filter')[name];
    const values = app.filter.counts(name);
    if (!values.length && !chosen.length) return null;
    const node = el('details', { class: 'hm-facet', open: app.openFacets.has(name) },
      el('summary', {}, t('filter.' + name), chosen.length ? el('span', { class: 'hm-chosen', text: String(chosen.length) }) : null),
      el('div', { class: 'hm-choices' }, values.map(({ value, n }) => {
        const box = el('input', { type: 'checkbox', checked: chosen.includes(value), value, data: { facet: name } });
        box.addEventListener('change', () => change(app, { [name]: box.checked ? [...chosen, value] : chosen.filter((v) => v !== value) }));
        return el('label', { class: 'hm-check' }, box, hubmap.name(label(app, name, value)), el('span', { class: 'hm-n', text: text.number(n) }));
      })));
    node.addEventListener('toggle', () => app.openFacets[node.open ? 'add' : 'delete'](name));
    return node;
  };

  /** The filters as a part of the control card. */
  const section = (app) => {
    if (!app.points) return null;
    const filter = app.state.get('filter');
    const year = (key) => {
      const input = el('input', { type: 'number', inputmode: 'numeric', min: '0', max: '2100', id: 'hm-' + key, value: filter[key] === null ? '' : String(filter[key]) });
      input.addEventListener('change', () => change(app, { [key]: input.value === '' ? null : Math.round(Number(input.value)) }));
      return el('label', {}, t('filter.' + key), ' ', input);
    };
    const words = el('input', { type: 'search', id: 'hm-words', value: filter.text, autocomplete: 'off' });
    words.addEventListener('change', () => change(app, { text: words.value.trim() }));
    const node = el('details', { class: 'hm-set hm-filter', open: app.openFacets.has('all') },
      el('summary', { class: 'hm-legend' }, t('filter.title'), app.filter.active() ? el('span', { class: 'hm-chosen', text: t('filter.on') }) : null),
      el('p', { class: 'hm-note', text: t('filter.how') }),
      FACETS.map((name) => facet(app, name)),
      el('div', { class: 'hm-years' }, year('from'), year('to')),
      el('label', { class: 'hm-words' }, t('filter.text'), words),
      app.filter.active() ? el('button', { type: 'button', class: 'hm-button', on: { click: () => app.state.set({ filter: NONE, year: null }) } }, t('filter.reset')) : null);
    node.addEventListener('toggle', () => app.openFacets[node.open ? 'add' : 'delete']('all'));
    return node;
  };

  /** What is left, in the panel: counts and shares only, nothing that was not computed anew. */
  const summary = (app) => {
    if (!app.points || !app.filter.active()) return null;
    const { points } = app;
    const left = app.filter.tally((i) => app.kept(i));
    const all = app.filter.tally(() => true);
    const year = app.state.get('year');
    return el('section', { class: 'hm-highlight hm-filtered' },
      el('h2', { text: year === null ? t('filtered.title') : t(app.state.get('yearMode') === 'new' ? 'filtered.new' : 'filtered.stock', { year: String(year) }) }),
      el('dl', {}, points.content.kinds.filter((k) => app.state.get('kinds').includes(k.id)).map((kind) => [
        el('dt', {}, hubmap.popup.swatch(kind), ' ', text.pick(kind.title)),
        el('dd', { text: t('filtered.of', { n: text.number(left.get(kind.id)), all: text.number(all.get(kind.id)), share: all.get(kind.id) ? text.number(Math.round((1000 * left.get(kind.id)) / all.get(kind.id)) / 10) : '0' }) })])),
      hubmap.timeline.plot(app),
      el('p', { class: 'hm-note', text: t('filtered.note') }));
  };

  hubmap.filter = { setUp, section, summary, NONE, FACETS, change };
})(window.hubmap);
