/* Filters: facets are joined by "and", choices within one by "or"; a founding year cuts through all. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const FACETS = ['category', 'tag', 'city', 'verified', 'precision'];
  const NONE = Object.freeze({ category: [], tag: [], city: [], verified: [], precision: [], from: null, to: null, text: '' });
  const CLASSES = [[300, '300'], [1000, '1000'], [1500, '1500'], [Infinity, 'more']];
  const plain = (s) => (s || '').normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase();

  const setUp = (app) => {
    const { points } = app;
    const { table } = points;
    const bubbles = new Set(points.content.kinds.filter((k) => k.shape === 'bubble').map((k) => k.id));
    const precise = (m) => (m === null || m === undefined ? [] : [CLASSES.find(([most]) => m <= most)[1]]);
    const column = { category: 'category', tag: 'tags', city: 'city', verified: 'd:verified', precision: 'precision_m' };
    const spelt = {
      category: (word) => (word ? [word] : []),
      tag: (word) => (word ? word.split(';').filter(Boolean) : []),
      city: (word) => (word ? [word] : []),
      // What a table says of a record's confirmation; one that says nothing is neither.
      verified: (word) => (word === null || word === undefined || word === '' ? [] : [/^(true|yes|1|是)$/i.test(word) ? 'yes' : 'no']),
      precision: precise,
    };
    // Rows are compared by the places of their words in a list; what a word says is looked up once.
    const coded = {};
    for (const f of FACETS) {
      Object.defineProperty(coded, f, { get() {
        const { words, places } = table.coded(column[f]);
        const made = { places, says: words.map(spelt[f]) };
        Object.defineProperty(coded, f, { value: made });
        return made;
      }, configurable: true });
    }
    const of = (facet, i) => coded[facet].says[coded[facet].places[i]];
    const unit = app.unitOf;
    let words = null;
    const says = (i) => {
      words = words || Array.from({ length: table.n }, (_, j) => plain(`${table.name[j]} ${(table.name_zh && table.name_zh[j]) || ''}`));
      return words[i];
    };

    /** A test of rows under a filter, one facet left aside; what it asks of words is asked once. */
    const passing = (filter, aside) => {
      const tests = FACETS.filter((f) => f !== aside && filter[f].length).map((f) => {
        const { places, says } = coded[f];
        const fits = Uint8Array.from(says, (own) => (own.some((v) => filter[f].includes(v)) ? 1 : 0));
        return (i) => fits[places[i]];
      });
      if (aside !== 'founded' && (filter.from !== null || filter.to !== null)) {
        const { founded } = table;
        tests.push((i) => founded && founded[i] !== null && (filter.from === null || founded[i] >= filter.from) && (filter.to === null || founded[i] <= filter.to));
      }
      if (filter.text) {
        const wanted = plain(filter.text);
        tests.push((i) => says(i).includes(wanted));
      }
      return (i) => tests.every((test) => test(i));
    };

    /** Whether a row stands at a year: founded by then, or in it. */
    const stands = (i, year, mode) => year === null || (table.founded && table.founded[i] !== null
      && (mode === 'new' ? table.founded[i] === year : table.founded[i] <= year));

    const active = () => app.state.get('year') !== null || app.state.get('filter') !== NONE || app.state.get('area') !== '';

    const apply = () => {
      const [filter, year, mode] = ['filter', 'year', 'yearMode'].map(app.state.get);
      points.keep = null;
      if (active()) {
        const passes = passing(filter, '');
        const within = hubmap.selection.test(app);
        points.keep = new Uint8Array(table.n);
        for (let i = 0; i < table.n; i += 1) points.keep[i] = passes(i) && stands(i, year, mode) && within(i) ? 1 : 0;
      }
      points.regroup();
    };

    const kind = table.coded('kind');
    const bubble = kind.words.map((word) => bubbles.has(word));

    /** Numbers by kind of the rows that `test` lets through: units once, bubbles by weight. */
    const tally = (test) => {
      const totals = new Float64Array(kind.words.length);
      const seen = kind.words.map(() => new Set());
      for (let i = 0; i < table.n; i += 1) {
        if (!test(i)) continue;
        const k = kind.places[i];
        if (bubble[k]) totals[k] += table.weight[i];
        else if (app.single) totals[k] += 1;
        else seen[k].add(unit(i));
      }
      const found = new Map(points.content.kinds.map((k) => [k.id, 0]));
      kind.words.forEach((word, k) => { if (found.has(word)) found.set(word, totals[k] + seen[k].size); });
      return found;
    };

    /** A facet's values with the numbers they would leave. */
    const counts = (facet) => {
      const passes = passing(app.state.get('filter'), facet);
      const within = hubmap.selection.test(app);
      const [on, year, mode] = ['kinds', 'year', 'yearMode'].map(app.state.get);
      const { places, says } = coded[facet];
      const wanted = kind.words.map((word, k) => on.includes(word) && (!bubble[k] || facet === 'category'));
      const met = new Uint8Array(says.length);
      const totals = new Float64Array(says.length);
      const seen = app.single ? null : new Map();
      for (let i = 0; i < table.n; i += 1) {
        const k = kind.places[i];
        if (!wanted[k]) continue;
        met[places[i]] = 1;
        if (!passes(i) || !stands(i, year, mode) || !within(i)) continue;
        if (bubble[k]) totals[places[i]] += table.weight[i];
        else if (app.single) totals[places[i]] += 1;
        else for (const value of says[places[i]]) {
          if (!seen.has(value)) seen.set(value, new Set());
          seen.get(value).add(unit(i));
        }
      }
      const found = new Map();
      says.forEach((own, place) => {
        if (met[place]) for (const value of own) found.set(value, (found.get(value) || 0) + totals[place]);
      });
      if (seen) for (const [value, units] of seen) found.set(value, found.get(value) + units.size);
      return [...found].map(([value, n]) => ({ value, n })).sort((a, b) => b.n - a.n || (a.value < b.value ? -1 : 1));
    };

    /** The same for one hub, told by the zone that a record lies in. */
    const hubOf = (i) => {
      const zone = app.zones.get(table.city && table.city[i]) || app.zones.get(table.district && table.district[i]);
      return zone && zone.hub;
    };
    let byHubs = null;
    const byHub = () => {
      if (!byHubs || byHubs.keep !== points.keep) byHubs = { keep: points.keep, found: new Map() };
      const { keep, found } = byHubs;
      return (hub) => {
        if (!found.has(hub)) found.set(hub, tally((i) => hubOf(i) === hub && (!keep || Boolean(keep[i]))));
        return found.get(hub);
      };
    };

    app.filter = { apply, active, passing, tally, counts, byHub };
    app.kept = (i) => app.state.get('kinds').includes(table.kind[i]) && (!points.keep || Boolean(points.keep[i]));
  };

  const label = (app, facet, value) => {
    if (facet === 'category') return text.pick(app.points.content.categories[value]) || value;
    if (facet === 'tag') return app.tagName(value);
    if (facet === 'city') return app.zoneName(value) || value;
    if (facet === 'verified') return t(value);
    return value === 'more' ? t('filter.precision.more') : t('filter.within', { d: text.distance(Number(value)) });
  };

  /** Tell who cannot see it what a change has left; a step of the story tells more, and goes first. */
  const tell = (app) => {
    clearTimeout(app.telling);
    app.telling = setTimeout(() => {
      if (app.state.get('note') === null && !app.playing) app.say(said(app));
    }, 150);
  };

  const said = (app) => {
    const n = text.number(app.shownRows().length);
    const year = app.state.get('year');
    if (year !== null) return t('time.say', { year: String(year), n });
    return t(app.state.get('area') ? 'select.say' : 'filter.say', { n });
  };

  const change = (app, changes) => {
    const next = { ...app.state.get('filter'), ...changes };
    const empty = FACETS.every((f) => !next[f].length) && next.from === null && next.to === null && !next.text;
    app.state.set({ filter: empty ? NONE : Object.freeze(next) });
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
    // Counting takes a moment where there are very many records: only what is open is counted.
    const facets = el('div');
    const fill = () => { if (node.open && !facets.firstChild) facets.append(...FACETS.map((name) => facet(app, name)).filter(Boolean)); };
    const node = el('details', { class: 'hm-set hm-filter', open: app.openFacets.has('all') },
      el('summary', { class: 'hm-legend' }, t('filter.title'), app.state.get('filter') !== NONE || app.state.get('year') !== null ? el('span', { class: 'hm-chosen', text: t('filter.on') }) : null),
      el('p', { class: 'hm-note', text: t('filter.how') }),
      facets,
      el('div', { class: 'hm-years' }, year('from'), year('to')),
      el('label', { class: 'hm-words' }, t('filter.text'), words),
      app.filter.active() ? el('button', { type: 'button', class: 'hm-button', on: { click: () => app.state.set({ filter: NONE, year: null, area: '' }) } }, t('filter.reset')) : null);
    node.addEventListener('toggle', () => {
      app.openFacets[node.open ? 'add' : 'delete']('all');
      fill();
    });
    fill();
    return node;
  };

  /** What is left, in the panel: counts and shares only, nothing that was not computed anew. */
  const summary = (app) => {
    if (!app.points || !app.filter.active()) return null;
    const { points } = app;
    const left = app.filter.tally((i) => app.kept(i));
    const all = app.filter.tally(() => true);
    const year = app.state.get('year');
    const area = app.state.get('area');
    return el('section', { class: 'hm-highlight hm-filtered' },
      el('h2', { text: year === null ? t(area ? 'select.filtered' : 'filtered.title') : t(app.state.get('yearMode') === 'new' ? 'filtered.new' : 'filtered.stock', { year: String(year) }) }),
      area ? el('p', { class: 'hm-selected' }, hubmap.name(hubmap.selection.name(app)), ' ', el('button', { type: 'button', class: 'hm-link', on: { click: () => app.state.set({ area: '' }) } }, t('select.clear'))) : null,
      el('dl', {}, points.content.kinds.filter((k) => app.state.get('kinds').includes(k.id)).map((kind) => [
        el('dt', {}, hubmap.popup.swatch(kind), ' ', text.pick(kind.title)),
        el('dd', { text: t('filtered.of', { n: text.number(left.get(kind.id)), all: text.number(all.get(kind.id)), share: all.get(kind.id) ? text.number(Math.round((1000 * left.get(kind.id)) / all.get(kind.id)) / 10) : '0' }) })])),
      hubmap.timeline.plot(app),
      el('p', { class: 'hm-note', text: t(area ? 'select.note' : 'filtered.note') }));
  };

  hubmap.filter = { setUp, section, summary, NONE, FACETS, change, tell };
})(window.hubmap);
