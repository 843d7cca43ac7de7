/* The same records as a table: the equal alternative to the map. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;
  const STEP = 200;
  const capital = (s) => (s ? s[0].toUpperCase() + s.slice(1) : s);

  hubmap.table = (app) => {
    const { table, content, kinds } = app.points;
    const category = (i) => {
      const key = table.category ? table.category[i] : '';
      return text.pick(content.categories[key]) || key || '';
    };
    const columns = [
      { key: 'name', of: (i) => hubmap.popup.nameOf(app.points, i) },
      { key: 'other', of: (i) => (text.language === 'zh' ? table.name[i] : (table.name_zh && table.name_zh[i])) || '' },
      { key: 'kind', of: (i) => capital(text.pick(kinds.get(table.kind[i]).title)) },
      { key: 'category', of: category },
      { key: 'place', of: (i) => app.placeName(table.district && table.district[i], table.city && table.city[i]) },
      { key: 'founded', number: true, of: (i) => (table.founded ? table.founded[i] : null) },
      ...(app.kinds.some((k) => k.shape === 'bubble' && app.state.get('kinds').includes(k.id)) ? [{ key: 'weight', number: true, of: (i) => table.weight[i] }] : []),
      { key: 'precision', number: true, of: (i) => table.precision_m[i] },
    ];
    let sort = { column: columns[0], down: false };
    let shown = STEP;
    const collator = new Intl.Collator(text.language === 'zh' ? 'zh-CN-u-co-pinyin' : 'en', { numeric: true });

    const rows = () => {
      const list = [];
      const on = app.state.get('kinds');
      for (let i = 0; i < table.n; i += 1) if (on.includes(table.kind[i]) && app.kept(i) && !app.points.dimmed(i)) list.push(i);
      const { of, number } = sort.column;
      const keyed = list.map((i) => ({ i, key: of(i) }));
      const empty = (v) => v === null || v === undefined || v === '';
      keyed.sort((a, b) => {
        if (empty(a.key) || empty(b.key)) return empty(a.key) - empty(b.key);
        const order = number ? a.key - b.key : collator.compare(a.key, b.key);
        return (sort.down ? -order : order) || a.i - b.i;
      });
      return keyed.map(({ i }) => i);
    };

    const body = el('tbody');
    const head = el('tr');
    const more = el('button', { type: 'button', class: 'hm-button', on: { click: () => { shown += STEP; fill(); } } });
    const count = el('p', { class: 'hm-note', role: 'status' });

    const cell = (column, i) => {
      const value = column.of(i);
      if (column.key === 'name') return el('th', { scope: 'row' }, el('button', { type: 'button', class: 'hm-link', on: { click: () => app.open(i) } }, hubmap.name(value)));
      if (column.key === 'precision') return el('td', { class: 'hm-right', text: value === null ? '–' : text.distance(value) });
      if (column.key === 'founded') return el('td', { class: 'hm-right', text: value === null ? '–' : String(value) });
      if (column.key === 'weight') return el('td', { class: 'hm-right', text: text.number(value) });
      return el('td', { class: column.key === 'place' ? 'hm-place' : '' }, hubmap.name(value || ''));
    };

    const fill = () => {
      const list = rows();
      refill(head, columns.map((column) => el('th', { scope: 'col', class: column.number ? 'hm-right' : '', 'aria-sort': sort.column === column ? (sort.down ? 'descending' : 'ascending') : 'none' },
        el('button', { type: 'button', on: { click: () => {
          sort = { column, down: sort.column === column && !sort.down };
          fill();
          head.children[columns.indexOf(column)].firstChild.focus();
        } } }, t('column.' + column.key), el('span', { 'aria-hidden': 'true', class: 'hm-sort', text: sort.column === column ? (sort.down ? '▼' : '▲') : '' })))));
      refill(body, list.slice(0, shown).map((i) => el('tr', {}, columns.map((column) => cell(column, i)))));
      more.textContent = t('table.more', { n: text.number(Math.min(STEP, list.length - shown)) });
      more.hidden = shown >= list.length;
      count.textContent = t('table.count', { n: text.number(list.length) });
    };
    fill();
    return el('div', { class: 'hm-table' },
      el('header', {}, el('h2', { text: t('table.title') }), count),
      el('div', { class: 'hm-scroll', tabindex: '0', role: 'region', 'aria-label': t('table.title') },
        el('table', {}, el('caption', { class: 'hm-only-sr', text: t('table.title') }), el('thead', {}, head), body), more));
  };
})(window.hubmap);
