/* Two places side by side: one ground scale, one legend, each map moved by itself unless linked. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;

  /** Hubs, or the one hub's cities. */
  const choices = (app) => (app.map || app.zones ? hubmap.ranking.rivals(app).map((z) => z.id).filter((id) => hubmap.mapview.boxOf(app, id)) : []);

  const button = (app) => (choices(app).length < 2 ? null : el('button', { type: 'button', class: 'hm-button hm-pairbutton', on: { click: () => app.state.set({ pair: first(app), view: 'map' }) } }, t('pair.open')));

  const first = (app) => {
    const all = choices(app);
    const now = app.state.get('zone');
    const a = all.includes(now) ? now : all[0];
    return [a, all.find((id) => id !== a)];
  };

  /* A pixel of Mercator covers less ground the nearer the pole: the zoom makes up for it. */
  const cosine = (map) => Math.cos((map.getCenter().lat * Math.PI) / 180);
  const ground = (map) => cosine(map) / 2 ** map.getZoom();

  const start = (app, n) => {
    const side = app.pairSides[n];
    const map = (side.map = L.map(side.node, {
      attributionControl: false, zoomControl: false, zoomSnap: 0, zoomDelta: 1, wheelPxPerZoomLevel: 90, minZoom: 3, maxZoom: 16,
      zoomAnimation: false, fadeAnimation: false, inertia: false, markerZoomAnimation: false,
    }));
    L.control.zoom({ position: 'bottomright', zoomInTitle: t('zoom.in'), zoomOutTitle: t('zoom.out') }).addTo(map);
    L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 100 }).addTo(map);
    map.setView([30, 113], 5, { animate: false });
    const actors = (side.actors = { map });
    const home = app.home ? [(app.home[0] + app.home[2]) / 2, (app.home[1] + app.home[3]) / 2] : null;
    const stage = (side.stage = actors.stage = hubmap.stage(map));
    for (const type of hubmap.TYPES) if (app.contents[type]) {
      actors[type] = hubmap.actor(app.contents[type], home);
      // Names of hubs and cities are looked up in the page; cards of far hubs are for the one map.
      if ('app' in actors[type]) actors[type].app = { ...app, manyHubs: false, state: app.state, nodes: app.nodes, padding: () => ({ paddingTopLeft: [12, 12], paddingBottomRight: [12, 20] }) };
      stage.add(actors[type]);
    }
    if (actors.districts) actors.districts.visible = true;
    if (actors.outline) actors.outline.last = () => {};
    stage.on('chosen', (event) => {
      const { popup } = hubmap;
      const open = (card) => L.popup({ maxWidth: 260, maxHeight: 240, className: 'hm-popup' }).setLatLng(event.latlng).setContent(card).openOn(map);
      if (event.what === 'district') return open(popup.district(event.actor, event.i));
      if (event.what === 'cell') return open(popup.cell(event.actor, event.i));
      if (event.what !== 'entity') return open(popup.plain(event.actor, event.i));
      const one = (i) => open(popup.entity(event.actor, i, app));
      return event.all.length === 1 ? one(event.all[0]) : open(popup.list(event.actor, event.all, one));
    });
    map.on('zoomend', () => follow(app, n));
    map.on('moveend', () => follow(app, n));
    let was = map.getCenter();
    side.keep = () => { was = map.getCenter(); };
    side.moved = () => [map.getCenter().lat - was.lat, map.getCenter().lng - was.lng];
  };

  /** The other map takes the same ground scale, and the same step where panning is linked. */
  const follow = (app, n) => {
    if (app.pairBusy || app.pairSides.some((s) => !s.map)) return;
    app.pairBusy = true;
    const [me, other] = [app.pairSides[n], app.pairSides[1 - n]];
    const centre = other.map.getCenter();
    if (app.state.get('linked')) {
      // The same way over the ground: a degree of longitude is shorter in the north.
      const [north, east] = me.moved();
      centre.lat = Math.max(-84, Math.min(84, centre.lat + north));
      centre.lng += (east * cosine(me.map)) / Math.cos((centre.lat * Math.PI) / 180);
    }
    const zoom = Math.log2(Math.cos((centre.lat * Math.PI) / 180) / ground(me.map));
    if (Math.abs(zoom - other.map.getZoom()) > 1e-4 || !centre.equals(other.map.getCenter(), 1e-9)) other.map.setView(centre, zoom, { animate: false });
    for (const side of app.pairSides) side.keep();
    app.pairBusy = false;
  };

  /** Both places whole, at the scale of the larger. */
  const fit = (app) => {
    app.pairBusy = true;
    const pair = app.state.get('pair');
    const scales = app.pairSides.map(({ map }, n) => {
      map.invalidateSize({ animate: false });
      const b = hubmap.mapview.boxOf(app, pair[n]);
      map.fitBounds([[b[1], b[0]], [b[3], b[2]]], { animate: false, padding: [14, 14] });
      return ground(map);
    });
    for (const { map } of app.pairSides) map.setZoom(Math.log2(cosine(map) / Math.max(...scales)), { animate: false });
    for (const side of app.pairSides) side.keep();
    app.pairBusy = false;
  };

  const dress = (app) => {
    for (const { actors, stage } of app.pairSides || []) {
      hubmap.dress(app, actors);
      if (actors.points) {
        actors.points.on = new Set(app.state.get('kinds'));
        actors.points.keep = app.points.keep;
        actors.points.picked = app.points.picked;
        actors.points.regroup();
      }
      stage.redraw();
    }
  };

  const close = (app) => {
    app.state.set({ pair: null });
    const back = app.nodes.panel.querySelector('.hm-pairbutton');
    if (back) back.focus();
  };

  const header = (app) => {
    const pair = app.state.get('pair');
    const all = choices(app);
    const select = (n) => {
      const node = el('select', { id: 'hm-pair' + n, 'aria-label': t(n ? 'pair.right' : 'pair.left') }, all.map((id) => el('option', { value: id, text: app.zoneName(id) })));
      node.value = pair[n];
      node.addEventListener('change', () => {
        const next = [...app.state.get('pair')];
        // Choosing what stands on the other side swaps the two.
        if (next[1 - n] === node.value) next[1 - n] = next[n];
        next[n] = node.value;
        app.state.set({ pair: next });
      });
      return node;
    };
    const linked = el('input', { type: 'checkbox', checked: app.state.get('linked') });
    linked.addEventListener('change', () => app.state.set({ linked: linked.checked }));
    return el('header', { class: 'hm-pairhead' },
      el('h2', { text: t('pair.title') }), select(0), el('span', { 'aria-hidden': 'true', text: '↔' }), select(1),
      el('label', { class: 'hm-check' }, linked, t('pair.linked')),
      el('button', { type: 'button', class: 'hm-button hm-close', 'aria-label': t('pair.close'), on: { click: () => close(app) } }, '×'));
  };

  /** The two places' numbers, each where either has one. */
  const numbers = (app) => {
    const zones = app.state.get('pair').map((id) => app.zones.get(id));
    hubmap.statistics.use(app.declared);
    const cell = (row) => {
      if (!row) return el('td', { class: 'hm-none', text: '–' });
      if (row.value === null) return el('td', { class: 'hm-none' }, t('withheld'), el('small', {}, hubmap.name(hubmap.statistics.reason(row))));
      return el('td', {}, text.value(row.statistic, row.value), row.low === null || row.high === null ? null : el('small', { text: `${text.value(row.statistic, row.low)} – ${text.value(row.statistic, row.high)}` }));
    };
    const caption = t('pair.numbers');
    const told = app.kinds.map((kind) => ({ kind, keys: [...new Set(zones.flatMap((z) => [...z.rows.keys()]))].filter((key) => key.endsWith('|' + kind.id) && !key.startsWith('registered|') && zones.some((z) => (z.rows.get(key) || { value: null }).value !== null)) })).filter(({ keys }) => keys.length);
    return el('div', { class: 'hm-pairtable', tabindex: '0', role: 'region', 'aria-label': caption },
      el('table', { class: 'hm-compare hm-variants' },
        el('caption', { text: caption }),
        el('thead', {}, el('tr', {}, el('th', { scope: 'col', class: 'hm-left', text: t('variants.number') }), zones.map((z) => el('th', { scope: 'col' }, hubmap.name(text.named(z.name, z.zh)))))),
        told.map(({ kind, keys }) => el('tbody', {},
          el('tr', {}, el('th', { scope: 'rowgroup', colspan: '3', class: 'hm-left hm-kindhead' }, hubmap.popup.swatch(kind), ' ', text.pick(kind.title))),
          keys.map((key) => {
            const rows = zones.map((z) => z.rows.get(key));
            const unit = text.unit(key.split('|')[0], (rows.find(Boolean) || {}).unit);
            return el('tr', {}, el('th', { scope: 'row', class: 'hm-left' }, hubmap.statistics.title(key.split('|')[0]), unit && unit !== text.pick(kind.title) ? el('small', { text: unit }) : null), rows.map(cell));
          })))),
      app.kinds.some((k) => k.sample) ? el('p', { class: 'hm-caveat', text: t('sample.short', app.kinds.find((k) => k.sample).sample) }) : null);
  };

  /** One legend for both maps. */
  const legend = (app) => {
    const { state, points } = app;
    const surface = state.get('surface');
    const on = points ? points.content.kinds.filter((k) => state.get('kinds').includes(k.id)) : [];
    return el('div', { class: 'hm-pairlegend', role: 'group', 'aria-label': t('pair.legend') },
      state.get('tint') === 'kind' ? el('ul', { class: 'hm-tintlist' }, on.map((k) => el('li', {}, hubmap.popup.swatch(k), hubmap.name(text.pick(k.title))))) : hubmap.tints.legend({ ...app, isFar: () => false, shownRows: app.shownRows }),
      surface === 'none' ? null : hubmap.legend.surface(app, surface));
  };

  /** Open, change or close the comparison as the state says. */
  const show = (app, changed) => {
    const box = app.nodes.pair;
    const pair = app.state.get('pair');
    box.hidden = !pair;
    document.body.classList.toggle('hm-paired', Boolean(pair));
    if (!pair) return;
    const opening = !app.pairSides;
    if (opening) {
      app.pairSides = [0, 1].map((n) => ({ node: el('div', { class: 'hm-map', role: 'application', id: 'hm-pairmap' + n }) }));
      app.nodes.pairHead = el('div');
      app.nodes.pairLegend = el('div');
      app.nodes.pairNumbers = el('div');
      refill(box, app.nodes.pairHead, el('div', { class: 'hm-pairmaps' }, app.pairSides.map(({ node }) => el('div', { class: 'hm-pairmap' }, node))), app.nodes.pairLegend, app.nodes.pairNumbers);
    }
    const focus = document.activeElement && box.contains(document.activeElement) ? document.activeElement.id : null;
    refill(app.nodes.pairHead, header(app));
    if (focus) (document.getElementById(focus) || box).focus();
    app.pairSides.forEach(({ node }, n) => node.setAttribute('aria-label', t('pair.map', { name: app.zoneName(pair[n]) })));
    refill(app.nodes.pairLegend, legend(app));
    refill(app.nodes.pairNumbers, numbers(app));
    if (opening) app.pairSides.forEach((_, n) => start(app, n));
    dress(app);
    if (opening || changed.includes('pair')) {
      fit(app);
      app.say(t('pair.say', { a: app.zoneName(pair[0]), b: app.zoneName(pair[1]) }));
    }
    if (changed.includes('pair') && !box.contains(document.activeElement)) box.focus({ preventScroll: true });
  };

  hubmap.pair = { button, choices, show, close, ground };
})(window.hubmap);
