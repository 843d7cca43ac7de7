/* The page: reads the island, builds the frame, and ties map, control, panel and search together. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  const boot = () => {
    const data = JSON.parse(document.getElementById('hubmap-data').textContent);
    const { panel } = data;
    text.language = panel.language;
    const of = (type) => data.layers.find((l) => l.type === type);
    const contents = { basemap: of('basemap'), districts: of('districts'), cells: of('cells'), outline: of('outline'), points: of('points') };
    const bounds = (contents.outline && contents.outline.bounds) || null;
    const home = bounds ? [(bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2] : null;

    const app = { nodes: {}, kinds: [], counts: new Map(), vagueKinds: new Set(), tags: [], sources: panel.sources };
    for (const [type, content] of Object.entries(contents)) if (content) app[type] = hubmap.actor(content, home);
    const kindSource = contents.points || contents.districts || contents.cells || { kinds: panel.kinds };
    app.kinds = kindSource.kinds.map((k, place) => ({ ...k, place }));
    app.zones = hubmap.panel.profile([panel.profile, contents.districts && contents.districts.profile]);
    if (app.outline) app.outline.app = app;
    if (app.basemap) app.basemap.app = app;
    if (app.districts) app.districts.app = app;
    app.manyHubs = Boolean(app.outline && app.outline.table.n > 1);
    if (app.points) app.points.far = app.manyHubs ? 6.6 : 0;

    const first = (actor) => (actor && actor.first ? actor.first.kind + '|' + actor.first.statistic : '');
    const hubs = [...app.zones.values()].filter((z) => z.level === 'hub');
    app.state = hubmap.state({
      language: panel.language,
      kinds: contents.points ? contents.points.on : [],
      tag: null,
      surface: contents.cells && contents.cells.shown && first(app.cells) ? 'cells' : contents.districts && contents.districts.shown && first(app.districts) ? 'districts' : 'none',
      districtsValue: first(app.districts),
      cellsValue: first(app.cells),
      zone: hubs.length ? (hubs.find((z) => z.id === (panel.hubs[0] || {}).id) || hubs[0]).id : ([...app.zones.keys()][0] || null),
      about: false,
      view: 'map',
    });
    // First of all listeners, so that every other finds the new language in place.
    app.state.on(['language'], () => { text.language = app.state.get('language'); });
    helpers(app, contents);
    frame(app, panel);
    startMap(app, bounds);
    wire(app, panel);
    window.hubmapApp = app;
    window.hubmapReady = true;
    performance.mark('hubmap-ready');
    document.documentElement.dataset.ready = 'true';
  };

  /* Look-ups that several parts share. */
  const helpers = (app, contents) => {
    const { points } = app;
    const districts = app.districts && app.districts.table;
    const byCode = new Map();
    if (districts) for (let i = 0; i < districts.n; i += 1) byCode.set(districts.code[i], i);
    app.districtOf = (code) => byCode.get(code);

    app.zoneName = (code) => {
      const zone = app.zones.get(code);
      if (zone) return text.named(zone.name, zone.zh);
      const i = byCode.get(code);
      return i === undefined ? '' : text.named(districts.name[i], districts.name_zh[i]);
    };

    app.placeName = (district, city) => {
      const i = byCode.get(district);
      const names = [];
      if (i !== undefined) {
        names.push(text.named(districts.name[i], districts.name_zh[i]));
        if (districts.city_name) names.push(text.named(districts.city_name[i], districts.city_name_zh[i]));
      } else if (city) names.push(app.zoneName(city));
      const unique = [...new Set(names.filter(Boolean))];
      return text.language === 'zh' ? unique.reverse().join(' · ') : unique.join(', ');
    };

    app.tagName = (tag) => (contents.points ? text.pick(contents.points.tags[tag]) : '') || text.term('tag', tag);

    /** Records with a tag, each institution once a city however many campuses it has. */
    app.unitsWith = (tag) => {
      const { table } = points;
      const seen = new Set();
      const found = [];
      for (let i = 0; i < table.n; i += 1) {
        if (!table.tags[i] || !table.tags[i].split(';').includes(tag)) continue;
        const key = table.unit ? table.unit[i] : table.id[i];
        if (seen.has(key)) continue;
        seen.add(key);
        found.push({
          i, city: table.city ? table.city[i] : '', name: text.named(table.name[i], table.name_zh && table.name_zh[i]),
          rank: table['d:world_rank'] ? table['d:world_rank'][i] : null,
        });
      }
      return found.sort((a, b) => (Number(a.rank) || 9999) - (Number(b.rank) || 9999));
    };

    if (points) {
      const { table } = points;
      const units = new Map();
      const tags = new Map();
      const bubbles = new Set(points.content.kinds.filter((k) => k.shape === 'bubble').map((k) => k.id));
      for (let i = 0; i < table.n; i += 1) {
        const kind = table.kind[i];
        if (bubbles.has(kind)) app.counts.set(kind, (app.counts.get(kind) || 0) + table.weight[i]);
        else {
          if (!units.has(kind)) units.set(kind, new Set());
          units.get(kind).add(table.unit ? table.unit[i] : table.id[i]);
          if (points.vague(i)) app.vagueKinds.add(kind);
        }
        if (table.tags && table.tags[i]) for (const tag of table.tags[i].split(';')) if (tag) {
          if (!tags.has(tag)) tags.set(tag, new Set());
          tags.get(tag).add(table.unit ? table.unit[i] : table.id[i]);
        }
      }
      for (const [kind, set] of units) app.counts.set(kind, set.size);
      app.cityNames = new Set(districts ? districts.city_name || [] : []);
      app.tags = [...tags].map(([tag, set]) => ({ tag, n: set.size })).sort((a, b) => b.n - a.n || (a.tag < b.tag ? -1 : 1));
    }
  };

  /* The frame: header, panel, map, control, table; filled again when the language changes. */
  const frame = (app, panel) => {
    const n = app.nodes;
    n.title = el('h1', { class: 'hm-title' });
    n.subtitle = el('p', { class: 'hm-subtitle' });
    n.language = el('button', { type: 'button', class: 'hm-button hm-language', on: { click: () => app.state.set({ language: text.language === 'zh' ? 'en' : 'zh' }) } });
    n.view = el('button', { type: 'button', class: 'hm-button', 'aria-pressed': 'false', on: { click: () => app.state.set({ view: app.state.get('view') === 'map' ? 'table' : 'map' }) } });
    n.panel = el('div', { class: 'hm-panel-body' });
    n.map = el('div', { id: 'hm-map', class: 'hm-map', role: 'application' });
    n.control = el('div', { class: 'hm-control', id: 'hm-control' });
    n.layers = el('button', { type: 'button', class: 'hm-button hm-layers', 'aria-controls': 'hm-control', 'aria-expanded': 'false' });
    n.live = el('div', { class: 'hm-only-sr', 'aria-live': 'polite', role: 'status' });
    n.table = el('section', { class: 'hm-tableview', hidden: true });
    n.credit = el('p', { class: 'hm-credit' });
    n.sources = el('button', { type: 'button', class: 'hm-link', on: { click: () => app.showAbout() } });
    n.grip = el('button', { type: 'button', class: 'hm-grip', 'aria-expanded': 'false' });
    n.skip = el('a', { class: 'hm-skip', href: '#hm-search' });
    app.say = (phrase) => { n.live.textContent = phrase; };
    n.panelBox = el('section', { class: 'hm-panel' }, n.grip, n.panel);
    refill(document.getElementById('hm-root'),
      n.skip,
      el('header', { class: 'hm-head' }, n.title, el('div', { class: 'hm-tools' }, n.view, n.language), n.subtitle, hubmap.search(app)),
      n.panelBox,
      el('main', { class: 'hm-main' }, n.map, n.layers, n.control, n.credit, n.table),
      n.live);
    document.body.classList.add('hm-page');

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
    n.layers.textContent = t('control.title');
    n.skip.textContent = t('skip');
    n.map.setAttribute('aria-label', t('map.label'));
    n.panelBox.setAttribute('aria-label', t('panel.label'));
    n.grip.setAttribute('aria-label', t(n.panelBox.classList.contains('hm-open') ? 'panel.less' : 'panel.more'));
    const credits = [...new Set(app.sources.map((s) => s.attribution).filter(Boolean))];
    n.sources.textContent = t('credit');
    refill(n.credit, n.sources, ' ', credits.map((c, i) => [i ? ' · ' : '', hubmap.name(c)]), ' · Leaflet');
    n.credit.title = credits.join(' · ');
  };

  const startMap = (app, bounds) => {
    const map = (app.map = L.map(app.nodes.map, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 90,
      minZoom: 3, maxZoom: 16, worldCopyJump: false, maxBoundsViscosity: 0.6,
      zoomAnimation: !still, fadeAnimation: false, inertia: !still, markerZoomAnimation: !still,
    }));
    // What the panel and the card cover is not the reader's view.
    app.padding = () => {
      const narrow = window.innerWidth < 760;
      const card = narrow ? 0 : app.nodes.control.offsetWidth + 24;
      return { paddingTopLeft: [18, narrow ? 12 : 34], paddingBottomRight: [18 + card, narrow ? window.innerHeight * 0.36 : 30] };
    };
    app.fit = (box, animate) => map.fitBounds([[box[1], box[0]], [box[3], box[2]]], { ...app.padding(), animate: Boolean(animate) && !still, maxZoom: 13 });
    L.control.zoom({ position: 'bottomright', zoomInTitle: t('zoom.in'), zoomOutTitle: t('zoom.out') }).addTo(map);
    L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 120 }).addTo(map);
    if (bounds) app.fit(bounds);
    else map.setView([30, 113], 5);
    const stage = (app.stage = hubmap.stage(map));
    for (const type of ['basemap', 'districts', 'cells', 'outline', 'points']) if (app[type]) stage.add(app[type]);
    if (app.districts) app.districts.visible = true;
    stage._update();
    stage.on('chosen', (event) => chosen(app, event));
    stage.on('nothing', () => deselect(app));
    const tip = (app.tip = L.tooltip({ className: 'hm-tip', direction: 'top', offset: [0, -8] }));
    stage.on('pointed', ({ hit, latlng }) => {
      if (!hit || !latlng || matchMedia('(hover: none)').matches) return map.closeTooltip(tip);
      return tip.setContent(tipText(app, hit)).setLatLng(latlng).addTo(map);
    });
    map.on('mousemove', (event) => { if (map.hasLayer(tip)) tip.setLatLng(event.latlng); });
    app.isFar = () => Boolean(app.manyHubs && app.points && map.getZoom() < app.points.far);
    let far = app.isFar();
    map.on('zoomend', () => {
      if (app.isFar() === far) return;
      far = app.isFar();
      hubmap.control(app);
    });
    map.on('popupclose', () => deselect(app, true));
  };

  const tipText = (app, { actor, found }) => {
    if (actor === app.outline) return el('span', {}, hubmap.name(app.zoneName(found.hub)), el('small', { text: t('tip.visit') }));
    if (actor === app.points) {
      const { table, kinds } = actor;
      const bubble = kinds.get(table.kind[found.i]).shape === 'bubble';
      if (bubble) {
        const total = found.all.filter((i) => table.kind[i] === table.kind[found.i]).reduce((s, i) => s + table.weight[i], 0);
        return el('span', {}, hubmap.name(app.placeName(table.district && table.district[found.i], table.city && table.city[found.i])), el('small', { text: `${text.number(total)} ${text.pick(kinds.get(table.kind[found.i]).title)}` }));
      }
      return el('span', {}, hubmap.name(text.named(table.name[found.i], table.name_zh && table.name_zh[found.i])),
        found.all.length > 1 ? el('small', { text: t('tip.more', { n: text.number(found.all.length - 1) }) }) : null);
    }
    const { table, scale } = actor;
    const number = scale ? actor.number(found.i, scale) : null;
    const kind = scale && actor.content.kinds.find((k) => k.id === scale.kind);
    return el('span', {}, table.name ? hubmap.name(text.named(table.name[found.i], table.name_zh[found.i])) : null,
      scale ? el('small', { text: (number.value === null ? t('withheld') : text.value(scale.statistic, number.value)) + ' ' + text.unit(scale.statistic, '') + ' · ' + text.pick(kind.title) }) : null);
  };

  const popupAt = (app, latlng, node, label) => {
    const narrow = window.innerWidth < 760;
    app.opening = true;
    const popup = L.popup({
      maxWidth: narrow ? 280 : 320, minWidth: 200, maxHeight: narrow ? 250 : 380, className: 'hm-popup', keepInView: false,
      autoPanPaddingTopLeft: [12, 12], autoPanPaddingBottomRight: narrow ? [12, window.innerHeight * 0.36] : [app.nodes.control.offsetWidth + 34, 20],
    }).setLatLng(latlng).setContent(node).openOn(app.map);
    app.opening = false;
    const box = popup.getElement();
    box.setAttribute('role', 'dialog');
    box.setAttribute('aria-label', label);
    const close = box.querySelector('.leaflet-popup-close-button');
    if (close) close.setAttribute('aria-label', t('close'));
    return popup;
  };

  const deselect = (app, fromPopup) => {
    if (app.opening) return;
    if (app.points) app.points.selected = null;
    if (app.districts) app.districts.selected = null;
    app.reopen = null;
    if (!fromPopup) app.map.closePopup();
    app.stage.redraw();
  };

  const chosen = (app, event) => {
    const { points, districts } = app;
    if (event.what === 'entity') {
      if (event.all.length > 1) return listAt(app, event.all, event.latlng);
      return app.select(event.i, event.latlng);
    }
    if (points) points.selected = null;
    if (event.what === 'district') {
      districts.selected = event.i;
      const code = districts.table.code[event.i];
      const make = () => hubmap.popup.district(districts, event.i, (i) => (app.zones.has(code) ? el('button', { type: 'button', class: 'hm-button', on: { click: () => { app.state.set({ zone: code }); app.showPanel(); } } }, t('popup.numbers')) : null));
      popupAt(app, event.latlng, make(), text.named(districts.table.name[event.i], districts.table.name_zh[event.i]));
      app.reopen = () => popupAt(app, event.latlng, make(), '');
    } else {
      if (districts) districts.selected = null;
      popupAt(app, event.latlng, hubmap.popup.cell(event.actor, event.i), t('popup.cell.label'));
      app.reopen = () => popupAt(app, event.latlng, hubmap.popup.cell(event.actor, event.i), t('popup.cell.label'));
    }
    return app.stage.redraw();
  };

  const listAt = (app, all, latlng) => {
    const make = () => hubmap.popup.list(app.points, all, (i) => app.select(i, latlng, true));
    popupAt(app, latlng, make(), t('popup.several', { n: all.length }));
    app.reopen = () => popupAt(app, latlng, make(), '');
  };

  /* What changes when the state changes. */
  const wire = (app, panel) => {
    const { state, points, districts, cells } = app;

    app.select = (i, latlng, focus) => {
      const at = latlng || L.latLng(points.table.lat[i], points.table.lon[i]);
      points.selected = i;
      if (districts) districts.selected = null;
      const make = () => hubmap.popup.entity(points, i, app);
      const popup = popupAt(app, at, make(), text.named(points.table.name[i], points.table.name_zh && points.table.name_zh[i]));
      points.selected = i;
      app.reopen = () => { popupAt(app, at, make(), ''); points.selected = i; };
      if (focus) popup.getElement().querySelector('.leaflet-popup-close-button').focus();
      app.stage.redraw();
    };

    /** Go to an entity and open it. */
    app.open = (i) => {
      state.set({ view: 'map' });
      const kind = points.table.kind[i];
      if (!state.get('kinds').includes(kind)) state.set({ kinds: points.content.kinds.map((k) => k.id).filter((id) => id === kind || state.get('kinds').includes(id)) });
      const zoom = Math.max(app.map.getZoom(), points.vague(i) ? 10.5 : 13);
      app.map.setView([points.table.lat[i], points.table.lon[i]], zoom, { animate: false });
      app.select(i, null, true);
      app.say(text.named(points.table.name[i], points.table.name_zh && points.table.name_zh[i]));
    };

    app.showPanel = () => {
      app.nodes.panelBox.classList.add('hm-open');
      app.nodes.grip.setAttribute('aria-expanded', 'true');
    };

    app.showAbout = () => {
      state.set({ view: 'map', about: true });
      app.showPanel();
      const about = app.nodes.panel.querySelector('.hm-about');
      about.open = true;
      about.scrollIntoView({ block: 'start' });
      about.querySelector('summary').focus({ preventScroll: true });
    };

    /** Go to a zone: a hub, a city or a district. */
    app.visit = (id) => {
      state.set({ zone: id, view: 'map' });
      const box = boxOf(app, id);
      if (box) app.fit(box, true);
      const i = app.districtOf(id);
      if (districts) districts.selected = i === undefined ? null : i;
      app.stage.redraw();
      app.say(app.zoneName(id));
    };

    const surface = () => {
      for (const [name, actor] of [['districts', districts], ['cells', cells]]) {
        if (!actor) continue;
        const [kind, statistic] = state.get('surface') === name ? state.get(name + 'Value').split('|') : [];
        actor.show(kind, statistic);
      }
      if (points) points.resize(state.get('surface') === 'cells' ? 0.62 : 1);
    };
    surface();
    state.on(['surface', 'districtsValue', 'cellsValue'], () => { surface(); hubmap.control(app); });
    state.on(['kinds'], () => {
      points.on = new Set(state.get('kinds'));
      points.regroup();
      hubmap.control(app);
    });
    state.on(['tag'], () => {
      const tag = state.get('tag');
      const { table } = points;
      points.picked = tag ? new Set(Array.from({ length: table.n }, (_, i) => i).filter((i) => table.tags[i] && table.tags[i].split(';').includes(tag))) : null;
      app.stage.redraw();
      hubmap.control(app);
      hubmap.panel(app);
      if (tag) app.say(t('say.highlight', { n: text.number(app.unitsWith(tag).length), name: app.tagName(tag) }));
    });
    state.on(['zone'], () => { hubmap.panel(app); app.nodes.panel.scrollTop = 0; });
    state.on(['view'], () => {
      const table = state.get('view') === 'table';
      app.nodes.view.setAttribute('aria-pressed', String(table));
      app.nodes.view.textContent = t(table ? 'view.map' : 'view.table');
      app.nodes.table.hidden = !table;
      document.body.classList.toggle('hm-tabled', table);
      refill(app.nodes.table, table ? hubmap.table(app) : null);
    });
    state.on(['kinds', 'tag', 'language'], () => { if (state.get('view') === 'table') refill(app.nodes.table, hubmap.table(app)); });
    state.on(['language'], () => {
      words(app, panel);
      hubmap.control(app);
      hubmap.panel(app);
      if (app.reopen) app.reopen();
      app.stage.redraw();
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

  /** Where a zone lies, as west, south, east, north. */
  const boxOf = (app, id) => {
    const { outline, districts } = app;
    if (outline) {
      for (let i = 0; i < outline.table.n; i += 1) if (outline.table.hub[i] === id) return outline.content.boxes[i];
      if ((app.zones.get(id) || {}).level === 'hub') return outline.content.bounds;
    }
    if (!districts) return null;
    const { table } = districts;
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const rings = (app.districtRings = app.districtRings || hubmap.columns.paths(districts.content.paths));
    for (let i = 0; i < table.n; i += 1) {
      if (table.code[i] !== id && table.city[i] !== id) continue;
      for (const ring of rings[i]) for (let j = 0; j < ring.length; j += 2) {
        box[0] = Math.min(box[0], ring[j]);
        box[1] = Math.min(box[1], ring[j + 1]);
        box[2] = Math.max(box[2], ring[j]);
        box[3] = Math.max(box[3], ring[j + 1]);
      }
    }
    return Number.isFinite(box[0]) ? box : null;
  };

  boot();
})(window.hubmap);
