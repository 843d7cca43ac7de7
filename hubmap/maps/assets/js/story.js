/* The notes of a map's recipe, numbered, one at a time: a sentence, the numbers it rests on, a place. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;

  /** A number of a note, read from the page's own tables, never typed in the recipe. */
  const figure = (app, wanted) => {
    const label = text.pick(wanted.label);
    if (wanted.zone) {
      const zone = app.zones.get(wanted.zone);
      const row = zone && zone.rows.get(wanted.statistic + '|' + wanted.kind);
      const name = zone ? text.named(zone.name, zone.zh) : wanted.zone;
      if (!row) return { label: label || name, value: '–', detail: t('nodata') };
      const range = row.low === null || row.high === null || row.value === null ? '' : t('interval', { low: text.value(row.statistic, row.low), high: text.value(row.statistic, row.high) });
      const why = row.value === null ? text.term('reason', row.withheld) : '';
      return { label: label || name, value: row.value === null ? t('withheld') : text.value(row.statistic, row.value), detail: [range, text.unit(row.statistic, ''), /^none/.test(row.denominator || '') ? '' : text.term('denominator', row.denominator), why].filter(Boolean).join(' · ') };
    }
    if (wanted.entity) {
      const i = Array.from(app.points.table.id || []).indexOf(wanted.entity);
      if (i < 0) return { label: label || wanted.entity, value: '–', detail: t('nodata') };
      const { table } = app.points;
      const value = table[wanted.column] || table['d:' + wanted.column];
      return { label: label || text.named(table.name[i], table.name_zh && table.name_zh[i]), value: value && value[i] !== null ? String(value[i]) : '–', detail: table.source ? text.term('source', table.source[i]) : '' };
    }
    const { table } = app.points;
    const filter = { ...hubmap.filter.NONE, ...wanted.where };
    const test = (aside) => {
      const passes = app.filter.passing(filter, aside);
      return (i) => table.kind[i] === wanted.kind && passes(i);
    };
    const whenever = test('founded');
    const n = app.filter.tally(test('')).get(wanted.kind) || 0;
    const undated = filter.from !== null || filter.to !== null ? app.filter.tally((i) => table.founded[i] === null && whenever(i)).get(wanted.kind) || 0 : 0;
    const all = filter.from !== null || filter.to !== null ? app.filter.tally(whenever).get(wanted.kind) || 0 : 0;
    return { label, value: text.number(n), detail: all ? t('story.of', { all: text.number(all), undated: text.number(undated) }) : t('story.counted') };
  };

  const show = (app) => {
    const n = app.state.get('note');
    const box = app.nodes.story;
    box.hidden = n === null;
    if (n === null) return;
    const note = app.notes[n];
    const figures = note.figures.map((f) => figure(app, f));
    const had = box.contains(document.activeElement) ? document.activeElement.dataset.step : null;
    const step = (to, label, key, name) => el('button', { type: 'button', class: 'hm-button', disabled: to < 0 || to >= app.notes.length, data: { step: key }, on: { click: () => go(app, to) }, 'aria-label': name }, label);
    refill(box,
      el('header', {}, el('h2', { class: 'hm-stepper', text: t('story.step', { n: n + 1, all: app.notes.length }) }),
        el('button', { type: 'button', class: 'hm-button hm-close', 'aria-label': t('story.close'), on: { click: () => close(app) } }, '×')),
      el('p', { class: 'hm-say' }, hubmap.name(text.pick(note.text))),
      figures.length ? el('dl', {}, figures.map((f) => el('div', {}, el('dt', {}, hubmap.name(f.label)), el('dd', { class: 'hm-value' }, el('strong', {}, hubmap.name(f.value))), f.detail ? el('dd', {}, el('small', {}, hubmap.name(f.detail))) : null))) : null,
      text.pick(note.disagree) ? el('p', { class: 'hm-caveat hm-disagree' }, el('strong', { text: t('story.disagree') }), ' ', hubmap.name(text.pick(note.disagree))) : null,
      text.pick(note.source) ? el('p', { class: 'hm-note' }, t('story.source'), ' ', hubmap.name(text.pick(note.source))) : null,
      el('p', { class: 'hm-row' }, step(n - 1, '←', 'back', t('story.back')), step(n + 1, '→', 'next', t('story.next')),
        el('span', { class: 'hm-dots', 'aria-hidden': 'true' }, app.notes.map((_, i) => el('span', { class: i === n ? 'hm-dot-on' : '' })))));
    if (had) {
      const again = box.querySelector(`[data-step=${had}]`);
      (again.disabled ? box : again).focus();
    }
  };

  /** The note's place, views and filter. */
  const stage = (app, note) => {
    const changes = { view: 'map', filter: hubmap.filter.NONE, area: '', year: null, timeOpen: false, tag: null };
    if (note.kinds) changes.kinds = app.points.content.kinds.map((k) => k.id).filter((id) => note.kinds.includes(id));
    if (note.filter) changes.filter = Object.freeze({ ...hubmap.filter.NONE, ...note.filter });
    if (note.surface === 'none') changes.surface = 'none';
    else if (note.surface && app.districts) Object.assign(changes, { surface: 'districts', districtsValue: note.surface });
    if (note.year) Object.assign(changes, { year: note.year, timeOpen: true });
    app.state.set(changes);
    const { table } = app.points || { table: { n: 0 } };
    const i = note.entity ? Array.from(table.id || []).indexOf(note.entity) : -1;
    const zoom = note.zoom || 11;
    if (i >= 0) {
      app.look(table.lat[i], table.lon[i], zoom);
      app.points.selected = i;
    } else if (note.zone && hubmap.mapview.boxOf(app, note.zone)) app.fit(hubmap.mapview.boxOf(app, note.zone));
    else if (note.point) app.look(note.point[1], note.point[0], zoom);
    else if (app.home) app.fit(app.home);
    app.stage.touch();
  };

  const go = (app, n) => {
    if (n < 0 || n >= app.notes.length) return;
    app.map.closePopup();
    const opening = app.state.get('note') === null;
    if (opening) app.beforeStory = before(app.state.get);
    app.state.set({ note: n });
    stage(app, app.notes[n]);
    // The arrow keys step through the story at once.
    if (opening) app.nodes.story.focus({ preventScroll: true });
    app.say(`${t('story.step', { n: n + 1, all: app.notes.length })}. ${text.pick(app.notes[n].text)}`);
  };

  const before = (get) => Object.fromEntries(['kinds', 'surface', 'districtsValue', 'tag'].map((key) => [key, get(key)]));

  const close = (app) => {
    if (app.points) app.points.selected = null;
    // Who came by a link into the story leaves it to the map as it starts.
    app.state.set({ ...(app.beforeStory || before((key) => app.startState[key])), note: null, filter: hubmap.filter.NONE, year: null, timeOpen: false });
    app.stage.touch();
    app.nodes.storyButton.focus();
  };

  const keys = (app, event) => {
    if (app.state.get('note') === null || event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === 'ArrowRight') go(app, app.state.get('note') + 1);
    else if (event.key === 'ArrowLeft') go(app, app.state.get('note') - 1);
    else if (event.key === 'Escape') close(app);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };

  hubmap.story = { show, go, close, keys, figure };
})(window.hubmap);
