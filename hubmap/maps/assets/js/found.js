/* How sure found hubs are: over the settings that were tried, without one layer, beside named hubs. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;

  const span = ([low, high]) => (low === null ? '–' : low === high ? text.number(low) : `${text.number(low)}–\u2060${text.number(high)}`);

  const percent = (share) => `${text.number(Math.round(100 * share))} %`;

  /** A row a hub; null on pages of hubs that somebody named. */
  hubmap.found = (app) => {
    if (!app.found.length) return null;
    const column = (word) => el('th', { scope: 'col', text: t(word) });
    return el('section', { class: 'hm-found' },
      el('h3', { text: t('found.title') }),
      el('div', { class: 'hm-scroll', tabindex: '0', role: 'region', 'aria-label': t('found.title') },
        el('table', { class: 'hm-compare' },
          el('caption', { class: 'hm-only-sr', text: t('found.title') }),
          el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'hm-first', text: t('field.place') }), ['found.share', 'found.ranks', 'found.without', 'found.shared'].map(column))),
          el('tbody', {}, app.found.map((row) => {
            const zone = app.zones.get(row.hub);
            return el('tr', {}, app.dyed(el('th', { scope: 'row' }, hubmap.name(zone ? text.named(zone.name, zone.zh) : row.hub)), row.hub),
              el('td', { text: row.share === null ? '–' : percent(row.share) }), el('td', { text: span(row.ranks) }), el('td', { text: row.without ? span(row.without) : '–' }),
              el('td', {}, row.named === null ? '–' : [percent(row.shared), el('small', {}, hubmap.name(row.named))]));
          })))),
      el('p', { class: 'hm-note', text: t('found.note', { n: text.number(app.found[0].settings) }) }));
  };
})(window.hubmap);
