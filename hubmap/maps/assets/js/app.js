/* The page: reads the island, ties map, control, panel and search together, and starts. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;

  /** The language that the reader chose last; a frame that may store nothing forgets it. */
  const remembered = (chosen) => {
    try {
      if (chosen) window.localStorage.setItem('hubmap-language', chosen);
      return window.localStorage.getItem('hubmap-language');
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      return null;
    }
  };

  const boot = async () => {
    const data = await hubmap.data;
    const { panel } = data;
    // An address says itself in which language it is to be read.
    const last = window.location.hash.length > 1 ? null : remembered();
    text.language = Object.keys(text.catalogues).includes(last) ? last : panel.language;
    // A map of countries calls its zones otherwise than one of cities.
    Object.entries(panel.words || {}).forEach(([language, words]) => Object.assign(text.catalogues[language], words));
    const night = window.matchMedia('(prefers-color-scheme: dark)');
    hubmap.theme.dark = night.matches;
    const of = (type) => data.layers.find((l) => l.type === type);
    const contents = Object.fromEntries(hubmap.TYPES.map((type) => [type, of(type)]));
    if (contents.outline && contents.outline.rims) contents.outline.borders = contents.districts.paths;
    const bounds = (contents.outline && contents.outline.bounds) || null;
    const home = bounds ? [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] : null;

    const app = { nodes: {}, kinds: [], counts: new Map(), vagueKinds: new Set(), tags: [], sources: panel.sources, found: panel.found, syllables: panel.syllables, tiles: panel.tiles, remember: remembered };
    for (const [type, content] of Object.entries(contents)) if (content) app[type] = hubmap.actor(content, home);
    const kindSource = contents.points || contents.districts || contents.cells || { kinds: panel.kinds };
    app.notes = panel.notes || [];
    app.openFacets = new Set();
    app.home = bounds;
    app.fileName = (panel.hubs.map((h) => h.id).join('-') || 'hubmap').replace(/[^\w-]+/g, '').slice(0, 60) || 'hubmap';
    app.kinds = kindSource.kinds.map((k, place) => ({ ...k, place }));
    app.zones = hubmap.panel.profile([panel.profile, contents.districts && contents.districts.profile]);
    if (app.outline) app.outline.app = app;
    if (app.basemap) app.basemap.app = app;
    app.contents = contents;
    app.declared = panel.declared || {};
    app.curves = panel.curves || [];
    if (app.districts) app.districts.app = app;
    app.manyHubs = Boolean(app.outline && app.outline.table.n > 1);
    if (app.points) app.points.far = app.manyHubs ? 6.6 : 0;

    const first = (actor) => (actor && actor.first ? actor.first.kind + '|' + actor.first.statistic : '');
    const hubs = [...app.zones.values()].filter((z) => z.level === 'hub');
    app.startState = Object.freeze({
      language: panel.language,
      kinds: contents.points ? contents.points.on : [],
      tag: null,
      // The finest surface that the recipe puts on; only one is shown at a time.
      surface: hubmap.SURFACES.filter((name) => contents[name] && contents[name].shown && first(app[name])).pop() || 'none',
      ...Object.fromEntries(hubmap.SURFACES.map((name) => [name + 'Value', first(app[name])])),
      outlines: true,
      centres: Boolean(contents.centres && contents.centres.shown),
      rings: contents.rings && contents.rings.shown ? contents.rings.radius : 0,
      tint: 'kind',
      pair: null,
      linked: false,
      ranked: null,
      zone: hubs.length ? (hubs.find((z) => z.id === (panel.hubs[0] || {}).id) || hubs[0]).id : ([...app.zones.keys()][0] || null),
      about: false,
      view: 'map',
      filter: hubmap.filter.NONE,
      area: '',
      year: null,
      yearMode: 'stock',
      timeOpen: false,
      shareOpen: false,
      note: null,
    });
    app.state = hubmap.state({ ...app.startState, language: text.language });
    // First of all listeners, so that every other finds the new language in place.
    app.state.on(['language'], () => { text.language = app.state.get('language'); });
    hubmap.lookups(app, contents);
    if (app.points) hubmap.filter.setUp(app);
    hubmap.frame.build(app, panel);
    // Without a ground nothing is known to be water.
    document.body.classList.toggle('hm-bare', !app.basemap && !app.tiles);
    hubmap.mapview.start(app, bounds);
    hubmap.selection.start(app);
    hubmap.tiles.start(app);
    hubmap.dress(app, app);
    // The map first: what the panel will say needs no place on it.
    app.stage.draw();
    wire(app, panel);
    hubmap.share.start(app);
    hubmap.embed.start();
    night.addEventListener('change', () => {
      hubmap.theme.dark = night.matches;
      hubmap.control(app);
      hubmap.panel(app);
      app.stage.redraw();
      hubmap.pair.show(app, []);
    });
    window.hubmapApp = app;
    window.hubmapReady = true;
    performance.mark('hubmap-ready');
    document.documentElement.dataset.ready = 'true';
    // After the first frame, when the reader asks for nothing; a page that is not looked at has none.
    const idle = window.requestIdleCallback || setTimeout;
    requestAnimationFrame(() => requestAnimationFrame(() => idle(app.settle)));
    setTimeout(app.settle, 1000);
  };

  /** Show on the actors of a map what the state says is on. */
  hubmap.dress = (app, actors) => {
    const { state } = app;
    for (const name of hubmap.SURFACES) {
      if (!actors[name]) continue;
      const [kind, statistic] = state.get('surface') === name ? state.get(name + 'Value').split('|') : [];
      actors[name].show(kind, statistic);
    }
    if (actors.outline) actors.outline.visible = state.get('outlines');
    if (actors.centres) Object.assign(actors.centres, { visible: state.get('centres'), on: state.get('kinds') });
    if (actors.rings) actors.rings.radius = state.get('rings');
    if (actors.points) {
      actors.points.resize(['cells', 'kernel', 'hot', 'firm'].includes(state.get('surface')) ? 0.62 : 1);
      hubmap.tints.apply(actors.points, state.get('tint'));
    }
    if (actors.stage) actors.stage.redraw();
  };

  /* What changes when the state changes. */
  const wire = (app, panel) => {
    const { state, points, districts } = app;

    const nameOf = (i) => {
      const { name, name_zh: zh } = hubmap.columns.row(points.table, i);
      return text.named(name, zh);
    };

    app.select = (i, latlng, focus) => {
      const at = latlng || L.latLng(points.table.lat[i], points.table.lon[i]);
      points.selected = i;
      if (districts) districts.selected = null;
      const make = () => hubmap.popup.entity(points, i, app);
      const popup = hubmap.mapview.popupAt(app, at, make(), nameOf(i));
      points.selected = i;
      app.reopen = () => { hubmap.mapview.popupAt(app, at, make(), ''); points.selected = i; };
      if (focus) popup.getElement().querySelector('.leaflet-popup-close-button').focus();
      app.stage.touch();
    };

    app.look = (lat, lon, zoom) => {
      // The middle of what the reader sees, not of what lies under the panel and the cards.
      const pad = app.padding();
      const at = app.map.project([lat, lon], zoom);
      const shift = [(pad.paddingBottomRight[0] - pad.paddingTopLeft[0]) / 2, (pad.paddingBottomRight[1] - pad.paddingTopLeft[1]) / 2];
      app.map.setView(app.map.unproject(at.add(shift), zoom), zoom, { animate: false });
    };

    /** The rows that are shown: their kind is on, the filters and the year let them through. */
    app.shownRows = () => (points ? Array.from({ length: points.table.n }, (_, i) => i).filter((i) => app.kept(i) && !points.dimmed(i)) : []);

    /** Go to an entity and open it. */
    app.open = (i) => {
      state.set({ view: 'map' });
      const { kind } = hubmap.columns.row(points.table, i);
      if (!state.get('kinds').includes(kind)) state.set({ kinds: points.content.kinds.map((k) => k.id).filter((id) => id === kind || state.get('kinds').includes(id)) });
      if (points.keep && !points.keep[i]) state.set({ filter: hubmap.filter.NONE, year: null, area: '' });
      const zoom = Math.max(app.map.getZoom(), points.crowd ? hubmap.crowd.NEAR : points.vague(i) ? 10.5 : 13);
      app.map.setView([points.table.lat[i], points.table.lon[i]], zoom, { animate: false });
      app.select(i, null, true);
      app.say(nameOf(i));
    };

    /** Fill in what waits for the first frame. */
    app.settle = () => {
      app.started = true;
      for (const fill of app.waiting.splice(0)) fill();
    };

    app.showPanel = () => {
      app.nodes.panelBox.classList.add('hm-open');
      app.nodes.grip.setAttribute('aria-expanded', 'true');
    };

    app.showAbout = () => {
      state.set({ view: 'map', about: true });
      app.showPanel();
      app.settle();
      const about = app.nodes.panel.querySelector('.hm-about');
      about.open = true;
      about.scrollIntoView({ block: 'start' });
      about.querySelector('summary').focus({ preventScroll: true });
    };

    /** Go to a zone: a hub, a city or a district. */
    app.visit = (id) => {
      state.set({ zone: id, view: 'map' });
      const box = hubmap.mapview.boxOf(app, id);
      if (box) app.fit(box, true);
      const i = app.districtOf(id);
      if (districts) districts.selected = i === undefined ? null : i;
      app.stage.touch();
      app.say(app.zoneName(id));
    };

    const surface = () => hubmap.dress(app, app);
    state.on(['surface', ...hubmap.SURFACES.map((name) => name + 'Value'), 'outlines', 'centres', 'rings', 'tint', 'kinds'], surface);
    state.on(['surface', ...hubmap.SURFACES.map((name) => name + 'Value'), 'outlines', 'centres', 'rings', 'tint'], () => hubmap.control(app));
    state.on(['kinds'], () => {
      points.on = new Set(state.get('kinds'));
      points.regroup();
      hubmap.control(app);
      if (app.filter.active()) hubmap.panel(app);
    });
    if (points) state.on(['filter', 'area', 'year', 'yearMode'], (changed) => {
      app.filter.apply();
      hubmap.timeline.bar(app);
      // While a year runs by, only what counts is written anew.
      if (!app.playing || !changed.includes('year')) hubmap.control(app);
      hubmap.panel(app);
      app.stage.touch();
      hubmap.filter.tell(app);
    });
    state.on(['timeOpen', 'language'], (changed) => {
      app.nodes.timeButton.setAttribute('aria-expanded', String(state.get('timeOpen')));
      hubmap.timeline.bar(app);
      if (changed.includes('timeOpen') && state.get('note') === null) app.refit();
    });
    state.on(['shareOpen', 'language'], () => {
      app.nodes.shareButton.setAttribute('aria-expanded', String(state.get('shareOpen')));
      hubmap.share.box(app, panel);
    });
    state.on(['note', 'language'], () => {
      app.nodes.storyButton.setAttribute('aria-expanded', String(state.get('note') !== null));
      document.body.classList.toggle('hm-telling', state.get('note') !== null);
      hubmap.story.show(app);
    });
    state.on(['tag'], () => {
      const tag = state.get('tag');
      const { table } = points;
      points.picked = tag ? new Set(Array.from({ length: table.n }, (_, i) => i).filter((i) => table.tags[i] && table.tags[i].split(';').includes(tag))) : null;
      app.stage.touch();
      hubmap.control(app);
      hubmap.panel(app);
      if (tag) app.say(t('say.highlight', { n: text.number(app.unitsWith(tag).length), name: app.tagName(tag) }));
    });
    state.on(['ranked'], () => hubmap.panel(app));
    state.on(['pair', 'linked', 'language', 'surface', ...hubmap.SURFACES.map((name) => name + 'Value'), 'outlines', 'centres', 'rings', 'tint', 'kinds', 'filter', 'area', 'year', 'yearMode', 'tag'], (changed) => hubmap.pair.show(app, changed));
    state.on(['zone'], () => { hubmap.panel(app); app.nodes.panel.scrollTop = 0; });
    state.on(['view'], () => {
      const table = state.get('view') === 'table';
      app.nodes.view.setAttribute('aria-pressed', String(table));
      app.nodes.view.textContent = t(table ? 'view.map' : 'view.table');
      app.nodes.table.hidden = !table;
      document.body.classList.toggle('hm-tabled', table);
      refill(app.nodes.table, table ? hubmap.table(app) : null);
      app.say(table ? `${t('table.title')}. ${t('table.count', { n: text.number(app.shownRows().length) })}` : t('view.map'));
    });
    state.on(['kinds', 'tag', 'language', 'filter', 'area', 'year', 'yearMode'], () => { if (state.get('view') === 'table') refill(app.nodes.table, hubmap.table(app)); });
    state.on(['language'], () => {
      hubmap.frame.words(app, panel);
      app.measure();
      app.map.invalidateSize();
      hubmap.control(app);
      hubmap.panel(app);
      if (app.reopen) app.reopen();
      app.stage.redraw();
      app.say(t('say.language'));
    });
    if (!points) app.nodes.view.hidden = true;
    hubmap.control(app);
    hubmap.panel(app);
    window.addEventListener('keydown', (event) => {
      if (event.key === '/' && !/INPUT|SELECT|TEXTAREA/.test(document.activeElement.tagName)) {
        event.preventDefault();
        document.getElementById('hm-search').focus();
      }
    });
  };

  boot();
})(window.hubmap);
