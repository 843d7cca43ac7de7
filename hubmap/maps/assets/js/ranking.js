/* Places side by side: any number with its interval and the ranks it allows; hubs with and without a part. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const capital = (s) => (s ? s[0].toUpperCase() + s.slice(1) : s);

  const isTotal = (app, z) => app.manyHubs && z.level === 'hub' && !app.outline.table.hub.includes(z.id);

  /** What is compared: the page's hubs, or its one hub's cities. */
  const rivals = (app) => {
    const zones = [...app.zones.values()];
    const hubs = zones.filter((z) => z.level === 'hub' && !isTotal(app, z));
    return hubs.length > 1 ? hubs : zones.filter((z) => z.level === 'city');
  };

  const value = (zone, key) => zone.rows.get(key.split('|').reverse().join('|'));

  /** `kind|statistic` of everything that at least two of them have. */
  const choices = (app) => {
    if (app.rankChoices) return app.rankChoices;
    const zones = rivals(app);
    const found = new Map();
    for (const zone of zones) for (const row of zone.rows.values()) if (row.value !== null && row.statistic !== 'registered') {
      const key = row.kind + '|' + row.statistic;
      found.set(key, (found.get(key) || 0) + 1);
    }
    const place = new Map(app.kinds.map((k) => [k.id, k.place]));
    app.rankChoices = [...found].filter(([, n]) => n > 1).map(([key]) => key).sort((a, b) => (place.get(a.split('|')[0]) ?? 9) - (place.get(b.split('|')[0]) ?? 9));
    return app.rankChoices;
  };

  const select = (app, keys, now) => {
    const node = el('select', { id: 'hm-ranked' }, app.kinds.map((kind) => {
      const own = keys.filter((key) => key.startsWith(kind.id + '|'));
      return own.length ? el('optgroup', { label: capital(text.pick(kind.title)) }, own.map((key) => el('option', { value: key, text: `${capital(text.pick(kind.title))}: ${hubmap.statistics.title(key.split('|')[1])}` }))) : null;
    }));
    node.value = now;
    node.addEventListener('change', () => app.state.set({ ranked: node.value }));
    return node;
  };

  /** The places by one number, the highest first, as dots with intervals on one scale. */
  const table = (app) => {
    hubmap.statistics.use(app.declared);
    const keys = choices(app);
    const zones = rivals(app);
    if (zones.length < 2 || !keys.length) return null;
    const now = keys.includes(app.state.get('ranked')) ? app.state.get('ranked') : keys.find((k) => k.endsWith('|per_million')) || keys[0];
    const [kindId, statistic] = now.split('|');
    const kind = app.kinds.find((k) => k.id === kindId);
    const rows = zones.map((zone) => ({ zone, row: value(zone, now) })).filter(({ row }) => row);
    rows.sort((a, b) => (b.row.value ?? -Infinity) - (a.row.value ?? -Infinity));
    const ends = rows.flatMap(({ row }) => [row.value, row.low, row.high]).filter((v) => v !== null);
    const says = text.column(statistic, ends);
    const span = [statistic === 'median_founded' ? Math.min(...ends) : Math.min(0, ...ends), Math.max(...ends)];
    const ranked = rows.some(({ row }) => row.rankOf);
    const caption = t('ranked.caption', { what: hubmap.statistics.title(statistic), kind: text.pick(kind.title) });
    return el('section', { class: 'hm-ranked' },
      el('h3', { text: t('ranked.title') }),
      el('label', { for: 'hm-ranked', class: 'hm-only-sr', text: t('ranked.choose') }), select(app, keys, now),
      el('div', { class: 'hm-scroll', tabindex: '0', role: 'region', 'aria-label': caption },
        el('table', { class: 'hm-compare' },
          el('caption', { class: 'hm-only-sr', text: caption }),
          el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'hm-first', text: t('field.place') }), el('th', { scope: 'col', text: text.unit(statistic, rows[0].row.unit) || hubmap.statistics.title(statistic) }), el('th', { scope: 'col', text: t('ranked.interval') }), ranked ? el('th', { scope: 'col', text: t('ranked.rank') }) : null)),
          el('tbody', {}, rows.map(({ zone, row }) => el('tr', { class: zone.id === app.state.get('zone') ? 'hm-on' : '' },
            app.dyed(el('th', { scope: 'row' }, el('button', { type: 'button', class: 'hm-link', on: { click: () => app.visit(zone.id) } }, hubmap.name(text.named(zone.name, zone.zh)))), zone.id),
            el('td', { class: row.value === null ? 'hm-none' : '' }, el('span', { text: row.value === null ? t('withheld') : says(row.value) })),
            el('td', { class: 'hm-dotcell' }, row.value === null ? el('small', {}, hubmap.name(hubmap.statistics.reason(row))) : [hubmap.plots.dot(row, span, hubmap.theme.hue(kind.colour), statistic === 'location_quotient' ? 1 : null),
              row.low === null || row.high === null ? null : el('small', { text: `${says(row.low)} – ${says(row.high)}` })]),
            ranked ? el('td', { class: 'hm-rankcell' }, hubmap.statistics.rank(row, true) || '–') : null))))),
      ranked ? el('p', { class: 'hm-note', text: t('ranked.how') }) : null,
      kind.sample ? el('p', { class: 'hm-caveat', text: t('sample.short', kind.sample) }) : null);
  };

  /** A hub beside itself without a part of it. */
  const variants = (app, zone) => {
    const others = [...app.zones.values()].filter((z) => z.level === 'variant' && z.hub === zone.hub && zone.level === 'hub');
    if (!others.length) return null;
    hubmap.statistics.use(app.declared);
    const all = [zone, ...others];
    const keys = [...zone.rows.keys()].filter((key) => !key.startsWith('registered|') && all.some((z) => (z.rows.get(key) || {}).value !== null && z.rows.has(key)));
    const place = new Map(app.kinds.map((k) => [k.id, k.place]));
    const groups = app.kinds.map((kind) => ({ kind, own: keys.filter((key) => key.endsWith('|' + kind.id)) })).filter(({ own }) => own.length).sort((a, b) => place.get(a.kind.id) - place.get(b.kind.id));
    const cell = (z, key) => {
      const row = z.rows.get(key);
      if (!row) return el('td', { class: 'hm-none', text: '–' });
      if (row.value === null) return el('td', { class: 'hm-none' }, t('withheld'), el('small', {}, hubmap.name(hubmap.statistics.reason(row))));
      return el('td', {}, text.value(row.statistic, row.value), row.low === null || row.high === null ? null : el('small', { text: `${text.value(row.statistic, row.low)} – ${text.value(row.statistic, row.high)}` }));
    };
    const caption = t('variants.title', { name: text.named(others[0].name, others[0].zh) });
    const details = el('details', { class: 'hm-question', open: (app.openGroups || new Set()).has('variants') },
      el('summary', {}, el('h3', {}, hubmap.name(caption))),
      el('div', { class: 'hm-scroll', tabindex: '0', role: 'region', 'aria-label': caption },
        el('table', { class: 'hm-compare hm-variants' },
          el('caption', { class: 'hm-only-sr', text: caption }),
          el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'hm-left', text: t('variants.number') }), all.map((z) => el('th', { scope: 'col' }, hubmap.name(text.named(z.name, z.zh)))))),
          groups.map(({ kind, own }) => el('tbody', {},
            el('tr', {}, el('th', { scope: 'rowgroup', colspan: String(all.length + 1), class: 'hm-left hm-kindhead' }, hubmap.popup.swatch(kind), ' ', capital(text.pick(kind.title)))),
            own.map((key) => {
              const statistic = key.split('|')[0];
              const unit = text.unit(statistic, (all.map((z) => z.rows.get(key)).find(Boolean) || {}).unit);
              return el('tr', {}, el('th', { scope: 'row', class: 'hm-left' }, capital(hubmap.statistics.title(statistic)), unit && unit !== text.pick(kind.title) ? el('small', { text: unit }) : null), all.map((z) => cell(z, key)));
            }))))),
      el('p', { class: 'hm-note', text: t('variants.note') }));
    details.addEventListener('toggle', () => app.openGroups[details.open ? 'add' : 'delete']('variants'));
    return details;
  };

  hubmap.ranking = { table, variants, choices, rivals };
})(window.hubmap);
