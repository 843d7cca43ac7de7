/* About these data: what each source is, may and may not carry. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;

  const line = (label, value) => (value ? [el('dt', { text: label }), el('dd', {}, hubmap.name(value))] : null);

  const source = (s) => {
    const caveats = text.language === 'zh' ? s.caveats_zh : s.caveats;
    return el('section', { class: 'hm-source' },
      el('h4', {}, hubmap.name(text.pick(s.title))),
      s.sample ? el('p', { class: 'hm-caveat', text: t('sample.long', { ...s.sample, size: text.number(s.sample.size) }) }) : null,
      caveats.length ? el('ul', {}, caveats.map((c) => el('li', {}, hubmap.name(c)))) : null,
      el('dl', {},
        line(t('about.coverage'), s.coverage), line(t('about.licence'), s.licence),
        line(t('about.attribution'), s.attribution), line(t('about.citation'), s.citation),
        line(t('about.retrieved'), s.retrieved)));
  };

  // The block in which the page says what it was made from; a page saved from Python has none.
  const build = () => {
    const block = document.getElementById('hubmap-made');
    const made = block && JSON.parse(block.textContent);
    if (!made) return null;
    const { inputs, recipes, rows, versions } = made;
    const list = el('pre', { class: 'hm-scroll', tabindex: '0', role: 'region', 'aria-label': t('about.parameters') });
    return [el('p', { class: 'hm-note hm-build', text: t('about.build', { id: made.build.slice(0, 16), version: made.versions.hubmap }) }),
      el('details', { class: 'hm-made', on: { toggle: () => { list.textContent = JSON.stringify({ versions, inputs, rows, recipes }, null, 1); } } }, el('summary', { text: t('about.parameters') }), list)];
  };

  hubmap.about = (app) => {
    const open = app.state.get('about');
    const details = el('details', { class: 'hm-about', open },
      el('summary', {}, el('h3', { text: t('about.title') })),
      el('p', { text: t('about.precision') }),
      el('p', { text: t('about.intervals') }),
      el('p', { text: t('about.boundaries') }),
      app.sources.map(source),
      el('p', { class: 'hm-note', text: app.tiles ? t('about.tiles', { host: new URL(app.tiles.origin).host }) : t('about.made') }),
      build());
    details.addEventListener('toggle', () => app.state.set({ about: details.open }));
    return details;
  };
})(window.hubmap);
