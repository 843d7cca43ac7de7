/* The frame: header, panel, map, control, table; its words are set again with the language. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;

  /* The frame: header, panel, map, control, table; filled again when the language changes. */
  const frame = (app, panel) => {
    const n = app.nodes;
    n.title = el('h1', { class: 'hm-title' });
    n.subtitle = el('p', { class: 'hm-subtitle' });
    n.language = el('button', { type: 'button', class: 'hm-button hm-language', on: { click: () => { app.state.set({ language: text.language === 'zh' ? 'en' : 'zh' }); app.remember(text.language); } } });
    n.view = el('button', { type: 'button', class: 'hm-button', 'aria-pressed': 'false', on: { click: () => app.state.set({ view: app.state.get('view') === 'map' ? 'table' : 'map' }) } });
    n.panel = el('div', { class: 'hm-panel-body' });
    n.map = el('div', { id: 'hm-map', class: 'hm-map', role: 'application' });
    n.control = el('div', { class: 'hm-control', id: 'hm-control', on: { keydown: (event) => { if (event.key === 'Escape' && n.layers.offsetWidth) { n.layers.click(); n.layers.focus(); } } } });
    n.layers = el('button', { type: 'button', class: 'hm-button hm-layers', 'aria-controls': 'hm-control', 'aria-expanded': 'false' });
    n.live = el('div', { class: 'hm-only-sr', 'aria-live': 'polite', role: 'status' });
    n.table = el('section', { class: 'hm-tableview', hidden: true });
    n.credit = el('p', { class: 'hm-credit' });
    n.sources = el('button', { type: 'button', class: 'hm-link', on: { click: () => app.showAbout() } });
    n.storyButton = el('button', { type: 'button', class: 'hm-button hm-first', 'aria-expanded': 'false', hidden: !app.notes.length, on: { click: () => (app.state.get('note') === null ? hubmap.story.go(app, 0) : hubmap.story.close(app)) } });
    n.timeButton = el('button', { type: 'button', class: 'hm-button', 'aria-expanded': 'false', hidden: !hubmap.timeline.years(app), on: { click: () => (app.state.get('timeOpen') ? hubmap.timeline.close(app) : hubmap.timeline.open(app)) } });
    n.shareButton = el('button', { type: 'button', class: 'hm-button', 'aria-expanded': 'false', on: { click: () => { app.state.set({ shareOpen: !app.state.get('shareOpen') }); if (!n.share.hidden) n.share.focus({ preventScroll: true }); } } });
    n.story = el('section', { class: 'hm-story', hidden: true, tabindex: '-1', on: { keydown: (event) => hubmap.story.keys(app, event) } });
    n.time = el('section', { class: 'hm-time', hidden: true, on: { keydown: (event) => { if (event.key === 'Escape') hubmap.timeline.close(app); } } });
    n.pair = el('section', { class: 'hm-pair', hidden: true, tabindex: '-1', on: { keydown: (event) => { if (event.key === 'Escape') hubmap.pair.close(app); } } });
    n.share = el('section', { class: 'hm-share', hidden: true, tabindex: '-1', on: { keydown: (event) => { if (event.key === 'Escape') { app.state.set({ shareOpen: false }); n.shareButton.focus(); } } } });
    n.grip = el('button', { type: 'button', class: 'hm-grip', 'aria-expanded': 'false' });
    n.skip = el('a', { class: 'hm-skip', href: '#hm-search' });
    // What is said now is newer than a count that still waits to be told.
    app.say = (phrase) => { clearTimeout(app.telling); n.live.textContent = phrase; };
    n.panelBox = el('section', { class: 'hm-panel' }, n.grip, n.panel);
    refill(document.getElementById('hm-root'),
      n.skip,
      el('header', { class: 'hm-head' }, n.title, el('div', { class: 'hm-tools' }, n.view, n.language), n.subtitle, hubmap.search(app),
        el('div', { class: 'hm-actions' }, n.storyButton, n.timeButton, n.shareButton)),
      n.panelBox,
      el('main', { class: 'hm-main' }, n.map, n.pair, n.layers, n.control, n.story, n.time, n.share, n.credit, n.table),
      n.live);
    document.body.classList.add('hm-page');

    // What the header takes on a narrow screen depends on its words; a wide one need not be measured.
    const narrow = window.matchMedia('(max-width: 759px)');
    app.measure = () => { if (narrow.matches) document.getElementById('hm-root').style.setProperty('--headroom', n.title.parentNode.offsetHeight + 'px'); };
    n.layers.addEventListener('click', () => {
      const open = n.control.classList.toggle('hm-open');
      n.layers.setAttribute('aria-expanded', String(open));
    });
    n.grip.addEventListener('click', () => {
      const open = n.panelBox.classList.toggle('hm-open');
      n.grip.setAttribute('aria-expanded', String(open));
      n.grip.setAttribute('aria-label', t(open ? 'panel.less' : 'panel.more'));
    });
    words(app, panel);
    app.measure();
    window.addEventListener('resize', app.measure);
  };

  const words = (app, panel) => {
    const n = app.nodes;
    const zh = text.language === 'zh';
    document.documentElement.lang = zh ? 'zh-Hans' : 'en';
    document.title = text.pick(panel.title);
    refill(n.title, hubmap.name(text.pick(panel.title)));
    refill(n.subtitle, hubmap.name(text.pick(panel.subtitle)));
    n.subtitle.hidden = !text.pick(panel.subtitle);
    n.language.textContent = zh ? 'EN' : '中文';
    n.language.setAttribute('lang', zh ? 'en' : 'zh-Hans');
    n.language.setAttribute('aria-label', zh ? 'English' : '中文');
    n.view.textContent = t(app.state.get('view') === 'map' ? 'view.table' : 'view.map');
    n.storyButton.textContent = t('story.title');
    n.timeButton.textContent = t('time.title');
    n.shareButton.textContent = t('share.button');
    n.story.setAttribute('aria-label', t('story.title'));
    n.time.setAttribute('aria-label', t('time.label'));
    n.share.setAttribute('aria-label', t('share.title'));
    n.pair.setAttribute('aria-label', t('pair.title'));
    n.layers.textContent = t('control.title');
    n.skip.textContent = t('skip');
    n.map.setAttribute('aria-label', t('map.label'));
    n.panelBox.setAttribute('aria-label', t('panel.label'));
    n.grip.setAttribute('aria-label', t(n.panelBox.classList.contains('hm-open') ? 'panel.less' : 'panel.more'));
    const credits = [...new Set(app.sources.map((s) => s.attribution).filter(Boolean))];
    n.sources.textContent = t('credit');
    refill(n.credit, n.sources, ' ', credits.map((c, i) => [i ? ' · ' : '', hubmap.name(c)]), hubmap.tiles.credit(app), ' · Leaflet');
    n.credit.title = credits.join(' · ');
  };

  hubmap.frame = { build: frame, words };
})(window.hubmap);
