/* The address keeps what the reader sees; links, citations and the selected records can be taken away. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;

  /** What the address says: only what differs from the start. */
  const written = (app) => {
    const { state, map } = app;
    const at = map.getCenter();
    const parts = new URLSearchParams();
    parts.set('at', `${at.lat.toFixed(4)},${at.lng.toFixed(4)},${map.getZoom()}`);
    const start = app.startState;
    if (state.get('language') !== start.language) parts.set('lang', state.get('language'));
    if (state.get('kinds').join() !== start.kinds.join()) parts.set('kinds', state.get('kinds').join());
    for (const key of ['surface', ...hubmap.SURFACES.map((name) => name + 'Value'), 'tint', 'tag', 'zone', 'view', 'yearMode', 'ranked']) if (state.get(key) !== start[key]) parts.set(key, state.get(key) ?? '');
    for (const key of ['outlines', 'centres', 'rings', 'linked']) if (state.get(key) !== start[key]) parts.set(key, String(Number(state.get(key))));
    if (state.get('pair')) parts.set('pair', state.get('pair').join());
    if (state.get('year') !== null) parts.set('year', String(state.get('year')));
    if (state.get('note') !== null) parts.set('note', String(state.get('note') + 1));
    const filter = state.get('filter');
    for (const facet of hubmap.filter.FACETS) for (const value of filter[facet]) parts.append(facet, value);
    for (const key of ['from', 'to']) if (filter[key] !== null) parts.set(key, String(filter[key]));
    if (filter.text) parts.set('text', filter.text);
    if (state.get('area')) parts.set('area', state.get('area'));
    return parts.toString();
  };

  /** What an address asks for, as far as this page has it; anything else is left out. */
  const read = (app, hash) => {
    const parts = new URLSearchParams(hash.replace(/^#/, ''));
    const changes = {};
    const one = (key, known) => { if (parts.has(key) && known.includes(parts.get(key))) changes[key] = parts.get(key); };
    if (['en', 'zh'].includes(parts.get('lang'))) changes.language = parts.get('lang');
    const values = (actor) => (actor ? actor.content.values.map((v) => v.kind + '|' + v.statistic) : []);
    if (parts.has('kinds') && app.points) changes.kinds = app.points.content.kinds.map((k) => k.id).filter((id) => parts.get('kinds').split(',').includes(id));
    one('surface', ['none', ...hubmap.SURFACES.filter((name) => app[name])]);
    for (const name of hubmap.SURFACES) one(name + 'Value', values(app[name]));
    one('tint', ['kind', ...hubmap.tints.usable(app.points)]);
    one('ranked', hubmap.ranking.choices(app));
    for (const key of ['outlines', 'centres', 'linked']) if (['0', '1'].includes(parts.get(key))) changes[key] = parts.get(key) === '1';
    if (app.rings && (parts.get('rings') === '0' || app.rings.content.radii.includes(Number(parts.get('rings'))))) changes.rings = Number(parts.get('rings'));
    const pair = (parts.get('pair') || '').split(',');
    if (pair.length === 2 && pair.every((id) => hubmap.pair.choices(app).includes(id))) changes.pair = pair;
    const area = hubmap.selection.read(app, parts.get('area') || '');
    if (area) changes.area = area;
    one('tag', app.tags.map((g) => g.tag));
    one('zone', [...app.zones.keys()]);
    one('view', ['map', 'table']);
    one('yearMode', ['stock', 'new']);
    const whole = (key) => (/^\d{1,4}$/.test(parts.get(key) || '') ? Number(parts.get(key)) : null);
    if (whole('year') !== null) Object.assign(changes, { year: whole('year'), timeOpen: true });
    const filter = { ...hubmap.filter.NONE, from: whole('from'), to: whole('to'), text: (parts.get('text') || '').slice(0, 100) };
    if (app.points) for (const facet of hubmap.filter.FACETS) {
      const known = new Set(app.filter.counts(facet).map(({ value }) => value));
      filter[facet] = parts.getAll(facet).filter((v) => known.has(v));
    }
    if (hubmap.filter.FACETS.some((f) => filter[f].length) || filter.from !== null || filter.to !== null || filter.text) changes.filter = Object.freeze(filter);
    const note = whole('note');
    if (note && app.notes[note - 1]) changes.note = note - 1;
    const at = (parts.get('at') || '').split(',').map(Number);
    const place = at.length === 3 && at.every(Number.isFinite) && Math.abs(at[0]) <= 85 && Math.abs(at[1]) <= 180 ? at : null;
    return { changes, place };
  };

  const start = (app) => {
    const go = () => {
      const { changes, place } = read(app, window.location.hash);
      const { note, ...others } = changes;
      app.state.set(place ? changes : others);
      // A link that names a step and no place shows what the step shows.
      if (note !== undefined && !place) hubmap.story.go(app, note);
      if (place) app.map.setView([place[0], place[1]], Math.max(3, Math.min(16, place[2])), { animate: false });
    };
    if (window.location.hash.length > 1) go();
    window.addEventListener('hashchange', go);
    let timer = 0;
    const later = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        // In a frame without an address of its own the browser refuses; the link is then shown only.
        try {
          window.history.replaceState(null, '', '#' + written(app));
        } catch (error) {
          if (!(error instanceof DOMException)) throw error;
        }
      }, 250);
    };
    app.state.on(null, later);
    app.map.on('moveend', later);
  };

  const link = (app) => window.location.href.split('#')[0] + '#' + written(app);

  const year = (app) => (app.sources.map((s) => s.retrieved).filter(Boolean).sort().pop() || '').slice(0, 4);

  /** What the sources ask to be cited as, each once. */
  const cited = (app) => {
    const all = [...new Set(app.sources.map((s) => (s.citation || s.attribution).trim().replace(/[.;。；]+$/, '')).filter(Boolean))];
    return all.filter((one) => !all.some((other) => other !== one && other.includes(one))).join('; ');
  };

  /** Where others find the page: a place on the reader's own disk is none. */
  const found = (app) => (/^https?:$/.test(window.location.protocol) ? link(app) : '');

  const plain = (app, panel) => t('share.sentence', {
    title: text.pick(panel.title), year: year(app), data: cited(app), link: found(app),
  }).trim();

  const tex = (s) => s.replace(/[\\{}%&$#_~^]/g, (c) => ({ '\\': '\\textbackslash{}', '~': '\\textasciitilde{}', '^': '\\textasciicircum{}' }[c] || '\\' + c)).replace(/\s+/g, ' ');

  const bibtex = (app, panel) => `@misc{hubmap${year(app)},\n  title = {{${tex(text.pick(panel.title))}}},\n  year = {${year(app)}},\n  howpublished = {Interactive map made with hubmap},\n  note = {Data: ${tex(cited(app))}}${found(app) ? `,\n  url = {${found(app).replace(/[{}\\]/g, encodeURIComponent)}}` : ''}\n}`;

  /* A spreadsheet must not run a name: what could begin a formula gets an apostrophe. */
  const cell = (value) => {
    if (value === null || value === undefined) return '';
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    const safe = /^[\s\u0000-\u001f]*[=+\-@\uff0b\uff0d\uff1d\uff20]|^[\t\r\n]/.test(value) ? "'" + value : value;
    return /[",\r\n;]/.test(safe) ? '"' + safe.replace(/"/g, '""') + '"' : safe;
  };

  const FIELDS = ['id', 'kind', 'name', 'name_zh', 'category', 'tags', 'founded', 'weight', 'city', 'district', 'precision_m', 'source'];

  const record = (table, i) => Object.fromEntries(FIELDS.filter((f) => table[f]).map((f) => [f, table[f][i] ?? null]));

  const round = (v) => Math.round(v * 1e5) / 1e5;

  const csv = (app) => {
    const { table } = app.points;
    const names = [...FIELDS.filter((f) => table[f]), 'lon', 'lat'];
    const rows = app.shownRows().map((i) => [...Object.values(record(table, i)), round(table.lon[i]), round(table.lat[i])]);
    return '\ufeff' + [names, ...rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
  };

  const geojson = (app) => {
    const { table } = app.points;
    return JSON.stringify({
      type: 'FeatureCollection',
      features: app.shownRows().map((i) => ({ type: 'Feature', geometry: { type: 'Point', coordinates: [round(table.lon[i]), round(table.lat[i])] }, properties: record(table, i) })),
    });
  };

  const save = (name, type, content) => {
    const url = URL.createObjectURL(new Blob([content], { type }));
    const a = el('a', { href: url, download: name });
    a.click();
    setTimeout(() => URL.revokeObjectURL(url), 10_000);
  };

  /** What can be taken away, as a box over the map. */
  const box = (app, panel) => {
    const node = app.nodes.share;
    node.hidden = !app.state.get('shareOpen');
    if (node.hidden) return;
    const field = (id, title, value) => {
      const area = el('textarea', { id, readonly: true, rows: id === 'hm-bibtex' ? '5' : '2' });
      area.value = value;
      const copy = async () => {
        area.select();
        // Some frames have no clipboard; the text is selected for the reader's own copy.
        const done = navigator.clipboard ? await navigator.clipboard.writeText(value).then(() => true, () => false) : false;
        app.say(t(done || document.execCommand('copy') ? 'share.copied' : 'share.selected'));
      };
      return [el('label', { for: id, text: title }), area, el('button', { type: 'button', class: 'hm-button', on: { click: copy }, 'aria-label': `${t('share.copy')}: ${title}` }, t('share.copy'))];
    };
    const name = app.fileName;
    refill(node,
      el('header', {}, el('h2', { text: t('share.title') }), el('button', { type: 'button', class: 'hm-button hm-close', 'aria-label': t('close'), on: { click: () => { app.state.set({ shareOpen: false }); app.nodes.shareButton.focus(); } } }, '×')),
      field('hm-link', t('share.link'), link(app)),
      field('hm-cite', t('share.cite'), plain(app, panel)),
      field('hm-bibtex', 'BibTeX', bibtex(app, panel)),
      app.points ? [el('h3', { text: t('share.download', { n: text.number(app.shownRows().length) }) }),
        el('p', { class: 'hm-row' },
          el('button', { type: 'button', class: 'hm-button', on: { click: () => save(name + '.csv', 'text/csv;charset=utf-8', csv(app)) } }, 'CSV'),
          el('button', { type: 'button', class: 'hm-button', on: { click: () => save(name + '.geojson', 'application/geo+json', geojson(app)) } }, 'GeoJSON')),
        el('p', { class: 'hm-note', text: t('share.safe') })] : null);
  };

  hubmap.share = { start, written, read, box, csv, geojson, cell, bibtex, plain };
})(window.hubmap);
