/* The panel: the hub's numbers in plain words, with their intervals and what they rest on. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;
  const capital = (s) => (s ? s[0].toUpperCase() + s.slice(1) : s);

  const rowOf = (table, i) => ({
    statistic: table.statistic[i], kind: table.kind[i], value: table.value[i], unit: table.unit[i],
    low: table.low ? table.low[i] : null, high: table.high ? table.high[i] : null,
    denominator: table.denominator ? table.denominator[i] : null, n: table.n_ ? table.n_[i] : null,
    share: table.share_used ? table.share_used[i] : null, withheld: table.withheld ? table.withheld[i] : null,
    note: table.note ? table.note[i] : null,
    rankLow: table.rank_low ? table.rank_low[i] : null, rankHigh: table.rank_high ? table.rank_high[i] : null, rankOf: table.rank_of ? table.rank_of[i] : null,
  });

  /** A zone whose rows are made when they are first read: most zones are never looked at. */
  const zoneOf = (table, i) => {
    const own = [];
    let rows = null;
    return {
      id: table.zone[i], level: table.level[i], hub: table.hub[i], name: table.name[i], zh: table.name_zh ? table.name_zh[i] : '', own,
      get rows() {
        if (rows) return rows;
        rows = new Map();
        for (const [from, n] of own) {
          const key = from.statistic[n] + '|' + from.kind[n];
          if (!rows.has(key)) rows.set(key, rowOf(from, n));
        }
        return rows;
      },
    };
  };

  /** The profile's zones; columns stay columns. */
  const profile = (coded) => {
    const zones = new Map();
    for (const content of coded) {
      if (!content) continue;
      const table = hubmap.columns.table(content);
      for (let i = 0; i < table.n; i += 1) {
        const id = table.zone[i];
        if (!zones.has(id)) zones.set(id, zoneOf(table, i));
        zones.get(id).own.push([table, i]);
      }
    }
    return zones;
  };

  const { interval, reason } = hubmap.statistics;

  /** The three large numbers. */
  const figures = (app, zone) => el('ul', { class: 'hm-figures' }, app.kinds.map((kind) => {
    const row = zone.rows.get('count|' + kind.id);
    if (!row) return null;
    const item = el('li', {},
      el('span', { class: 'hm-figure-n', text: row.value === null ? t('withheld') : text.number(row.value) }),
      el('span', { class: 'hm-figure-name' }, hubmap.popup.swatch(kind), text.pick(kind.title)),
      row.value === null ? null : el('small', { class: 'hm-interval', text: interval(row) }),
      row.value === null ? el('span', { class: 'hm-caveat' }, hubmap.name(reason(row))) : null);
    item.style.setProperty('--kind', hubmap.theme.hue(kind.colour));
    return item;
  }));

  /** Several zones side by side. */
  const comparison = (app, given, caption) => {
    // Several hubs' total is no rival of theirs: it goes last and has no bar.
    const isTotal = (z) => app.manyHubs && z.level === 'hub' && !app.outline.table.hub.includes(z.id);
    const zones = given.filter((z) => !isTotal(z)).concat(given.filter(isTotal));
    const columns = app.kinds.map((kind) => ({ kind, statistic: 'count' }))
      .concat(['per_million'].flatMap((statistic) => app.kinds.filter((k) => zones.some((z) => (z.rows.get(statistic + '|' + k.id) || {}).value !== null && z.rows.has(statistic + '|' + k.id)) && k.shape !== 'bubble').map((kind) => ({ kind, statistic }))))
      .concat(app.kinds.filter((k) => zones.some((z) => z.rows.has('location_quotient|' + k.id))).map((kind) => ({ kind, statistic: 'location_quotient' })));
    const most = columns.map(({ kind, statistic }) => Math.max(...zones.filter((z) => !isTotal(z)).map((z) => (z.rows.get(statistic + '|' + kind.id) || {}).value || 0)));
    const says = columns.map(({ kind, statistic }) => text.column(statistic, zones.map((z) => (z.rows.get(statistic + '|' + kind.id) || {}).value)));
    const spans = [];
    for (const c of columns) {
      const last = spans[spans.length - 1];
      if (last && last.statistic === c.statistic) last.n += 1;
      else spans.push({ statistic: c.statistic, n: 1 });
    }
    return el('div', { class: 'hm-scroll', tabindex: '0', role: 'region', 'aria-label': caption },
      el('table', { class: 'hm-compare' },
        el('caption', { text: caption }),
        el('thead', {},
          el('tr', {}, el('td'), spans.map((s) => el('th', { scope: 'colgroup', colspan: String(s.n), class: 'hm-span', text: t('short.' + s.statistic) }))),
          el('tr', {}, el('th', { scope: 'col', class: 'hm-only-sr', text: t('field.place') }), columns.map(({ kind }) => el('th', { scope: 'col', title: text.pick(kind.title) },
            hubmap.popup.swatch(kind), el('span', { class: 'hm-only-sr', text: text.pick(kind.title) }))))),
        el('tbody', {}, zones.map((zone) => el('tr', { class: (zone.id === app.state.get('zone') ? 'hm-on' : '') + (isTotal(zone) ? ' hm-total' : '') },
          app.dyed(el('th', { scope: 'row' }, el('button', { type: 'button', class: 'hm-link', on: { click: () => app.visit(zone.id) } }, hubmap.name(text.named(zone.name, zone.zh)))), zone.id),
          columns.map(({ kind, statistic }, i) => {
            const row = zone.rows.get(statistic + '|' + kind.id);
            const none = !row || row.value === null;
            const cell = el('td', { class: none ? 'hm-none' : statistic === 'count' && !isTotal(zone) ? 'hm-bar' : '', title: row ? (none ? reason(row) : interval(row)) : '' },
              el('span', { text: none ? '–' : says[i](row.value) }));
            if (!none && statistic === 'count' && most[i] && !isTotal(zone)) {
              cell.style.setProperty('--share', (100 * row.value) / most[i] + '%');
              cell.style.setProperty('--kind', hubmap.theme.hue(kind.colour));
            }
            return cell;
          }))))),
      zones.some((z) => [...z.rows.values()].some((r) => r.value === null && columns.some((c) => c.kind.id === r.kind && c.statistic === r.statistic)))
        ? el('p', { class: 'hm-note', text: t('compare.withheld') }) : null);
  };

  /** Which records carry the highlighted tag, by city. */
  const highlighted = (app) => {
    const tag = app.state.get('tag');
    if (!tag) return null;
    const found = app.unitsWith(tag);
    const cities = new Map();
    for (const record of found) {
      if (!cities.has(record.city)) cities.set(record.city, []);
      cities.get(record.city).push(record);
    }
    const sorted = [...cities].sort((a, b) => b[1].length - a[1].length);
    return el('section', { class: 'hm-highlight' },
      el('h2', {}, hubmap.name(app.tagName(tag)), el('span', { class: 'hm-n', text: text.number(found.length) })),
      sorted.map(([city, records]) => el('div', {},
        el('h3', {}, hubmap.name(app.zoneName(city) || city || '–'), el('span', { class: 'hm-n', text: text.number(records.length) })),
        el('ul', { class: 'hm-list' }, records.map((r) => el('li', {}, el('button', { type: 'button', on: { click: () => app.open(r.i) } },
          hubmap.name(r.name), r.rank !== null ? el('span', { class: 'hm-n', text: '#' + r.rank }) : null)))))));
  };

  const zoneSelect = (app) => {
    const hubs = [...app.zones.values()].filter((z) => z.level === 'hub');
    const cities = [...app.zones.values()].filter((z) => z.level === 'city');
    const districts = [...app.zones.values()].filter((z) => z.level === 'district');
    if (hubs.length + cities.length + districts.length < 2) return null;
    const option = (z) => el('option', { value: z.id, text: text.named(z.name, z.zh) });
    const select = el('select', { id: 'hm-zone' }, hubs.map(option),
      cities.length > 1 || (cities.length && hubs.length > 1) ? el('optgroup', { label: t('zone.cities') }, cities.map(option)) : null,
      districts.length ? el('optgroup', { label: t('zone.districts') }, districts.map(option)) : null);
    select.value = app.state.get('zone');
    select.addEventListener('change', () => app.visit(select.value));
    return el('div', { class: 'hm-zone' }, el('label', { for: 'hm-zone', text: t('zone.label') }), select);
  };

  /** What lies below the first screen waits until the map has been drawn; then nothing waits. */
  const below = (app, make) => {
    if (app.started) return make();
    const spot = document.createComment('');
    app.waiting.push(() => {
      const made = document.createDocumentFragment();
      spot.replaceWith(hubmap.append(made, [make()]));
    });
    return spot;
  };

  hubmap.panel = (app) => {
    const zone = app.zones.get(app.state.get('zone'));
    const hubs = [...app.zones.values()].filter((z) => z.level === 'hub');
    const cities = [...app.zones.values()].filter((z) => z.level === 'city');
    const focus = document.activeElement && document.activeElement.id;
    app.waiting = [];
    refill(app.nodes.panel,
      hubmap.filter.summary(app),
      highlighted(app),
      hubs.length > 1 ? [comparison(app, hubs, t('compare.hubs')), hubmap.pair.button(app), hubmap.ranking.table(app)] : null,
      below(app, () => hubmap.found(app)),
      zone ? el('section', { class: 'hm-profile' },
        app.dyed(el('h2', {}, hubmap.name(text.named(zone.name, zone.zh))), zone.id),
        zoneSelect(app),
        zone.level === 'hub' ? null : hubmap.selection.button(app, zone.id),
        figures(app, zone),
        hubs.length < 2 && cities.length > 1 && zone.level === 'hub' ? [comparison(app, cities, t('compare.cities', { n: text.number(cities.length) })), hubmap.pair.button(app), below(app, () => hubmap.ranking.table(app))] : null,
        below(app, () => [hubmap.ranking.variants(app, zone), hubmap.statistics.groups(app, zone)])) : null,
      below(app, () => hubmap.about(app)));
    if (focus) {
      const again = document.getElementById(focus);
      if (again && app.nodes.panel.contains(again)) again.focus();
    }
  };
  hubmap.panel.profile = profile;
  hubmap.panel.comparison = comparison;
})(window.hubmap);
