/* The map itself: where it looks, what a pointer meets, and what a click opens. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches;

  const startMap = (app, bounds) => {
    const map = (app.map = L.map(app.nodes.map, {
      attributionControl: false, zoomControl: false, zoomSnap: 0.25, zoomDelta: 1, wheelPxPerZoomLevel: 90,
      minZoom: 3, maxZoom: 16, worldCopyJump: false, maxBoundsViscosity: 0.6,
      zoomAnimation: !still, fadeAnimation: false, inertia: !still, markerZoomAnimation: !still,
    }));
    // What the panel and the card cover is not the reader's view.
    app.padding = () => {
      const narrow = window.innerWidth < 760;
      const story = app.nodes.story.hidden ? 0 : app.nodes.story;
      const beside = story && window.innerWidth > 1099;
      const { offsetWidth: wide, offsetHeight: high } = app.nodes.control;
      // Beside a story the card of layers is short: the view lies under it.
      const under = beside && high < window.innerHeight * 0.4;
      const card = narrow || under ? 0 : wide + 24;
      const below = Math.max(story && !beside ? story.offsetHeight : 0, app.nodes.time.hidden ? 0 : app.nodes.time.offsetHeight + 36);
      return {
        paddingTopLeft: [18 + (beside ? story.offsetWidth + 10 : 0), narrow ? 12 : under ? high + 26 : 34],
        paddingBottomRight: [18 + card, narrow ? Math.max(window.innerHeight * 0.4 + Math.max(24, app.nodes.time.hidden ? 0 : below), story ? story.offsetHeight + 30 : 0) : 30 + below],
      };
    };
    app.fit = (box, animate) => {
      const pad = app.padding();
      const room = map.getSize().subtract(pad.paddingTopLeft).subtract(pad.paddingBottomRight);
      // In a frame that is not shown yet there is no room at all, and Leaflet would look at the deepest zoom.
      const cramped = Math.min(room.x, room.y) < 40;
      const moves = Boolean(animate) && !still && !cramped;
      map.fitBounds([[box[1], box[0]], [box[3], box[2]]], cramped ? { animate: false, maxZoom: 6 } : { ...pad, animate: moves, maxZoom: 13 });
      app.fitted = { box, cramped, at: moves ? null : [map.getCenter(), map.getZoom()] };
    };
    /** What was fitted and not moved since is fitted again when the room for it changes. */
    app.refit = () => {
      const { box, at } = app.fitted || {};
      // A new size moves the middle by up to a pixel.
      if (at && map.getZoom() === at[1] && map.project(map.getCenter()).distanceTo(map.project(at[0])) < 2) app.fit(box);
    };
    map.on('resize', ({ oldSize, newSize }) => { if (app.fitted && (app.fitted.cramped || oldSize.x !== newSize.x)) app.refit(); });
    L.control.zoom({ position: 'bottomright', zoomInTitle: t('zoom.in'), zoomOutTitle: t('zoom.out') }).addTo(map);
    L.control.scale({ position: 'bottomleft', imperial: false, maxWidth: 120 }).addTo(map);
    if (bounds) app.fit(bounds);
    else map.setView([30, 113], 5);
    const stage = (app.stage = hubmap.stage(map));
    for (const type of hubmap.TYPES) if (app[type]) stage.add(app[type]);
    if (app.districts) app.districts.visible = true;
    // No name stands half under a card.
    stage.covered = ({ edge: [x, y] }) => [app.nodes.control, app.nodes.story, app.nodes.time].filter((n) => !n.hidden && n.offsetWidth)
      .map((n) => [x + n.offsetLeft, y + n.offsetTop, x + n.offsetLeft + n.offsetWidth, y + n.offsetTop + n.offsetHeight]);
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
    map.on('popupclose', () => {
      deselect(app, true);
      giveBack(app);
    });
    hubmap.keyboard.start(app);
  };

  const tipText = (app, { actor, found }) => {
    if (actor.tip) {
      const { title, more } = actor.tip(found);
      return el('span', {}, title, more ? el('small', { text: more }) : null);
    }
    if (actor === app.outline) return el('span', {}, hubmap.name(app.zoneName(found.hub)), el('small', { text: t('tip.visit') }));
    if (actor === app.points) {
      const { table, kinds } = actor;
      if (found.many) {
        return el('span', {}, found.many.map(([kind, n]) => el('span', { class: 'hm-tiprow' }, hubmap.popup.swatch(kinds.get(kind)), `${text.number(n)} ${text.pick(kinds.get(kind).title)}`)),
          el('small', { text: t(found.box ? 'tip.enter' : 'tip.list') }));
      }
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
    const active = document.activeElement;
    if (active && active !== document.body && !active.closest('.leaflet-popup')) app.cameFrom = active;
    app.opening = true;
    const popup = L.popup({
      maxWidth: narrow ? 280 : 320, minWidth: 200, maxHeight: narrow ? 250 : 380, className: 'hm-popup', keepInView: false,
      autoPanPaddingTopLeft: [12, 12 + (app.nodes.layers.offsetHeight ? app.nodes.layers.offsetHeight + 6 : 0)], autoPanPaddingBottomRight: narrow ? [12, window.innerHeight * 0.36] : [app.nodes.control.offsetWidth + 34, 20],
    }).setLatLng(latlng).setContent(node).openOn(app.map);
    app.opening = false;
    const box = popup.getElement();
    box.setAttribute('role', 'dialog');
    box.setAttribute('aria-label', label);
    const close = box.querySelector('.leaflet-popup-close-button');
    if (close) close.setAttribute('aria-label', t('close'));
    box.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      popup.close();
    });
    return popup;
  };

  /** What had the focus before a card took it has it again, or else the map. */
  const giveBack = (app) => {
    const lost = document.activeElement === document.body || document.activeElement === null;
    if (!lost || app.opening || app.state.get('view') !== 'map') return;
    const back = app.cameFrom && app.cameFrom.isConnected && app.cameFrom.getClientRects().length ? app.cameFrom : app.nodes.map;
    app.cameFrom = null;
    back.focus({ preventScroll: true });
  };

  const deselect = (app, fromPopup) => {
    if (app.opening) return;
    if (app.points) app.points.selected = null;
    if (app.districts) app.districts.selected = null;
    app.reopen = null;
    if (!fromPopup) app.map.closePopup();
    app.stage.touch();
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
      const make = () => hubmap.popup.district(districts, event.i, (i) => el('p', { class: 'hm-row' }, app.zones.has(code) ? el('button', { type: 'button', class: 'hm-button', on: { click: () => { app.state.set({ zone: code }); app.showPanel(); } } }, t('popup.numbers')) : null, hubmap.selection.button(app, code)));
      popupAt(app, event.latlng, make(), text.named(districts.table.name[event.i], districts.table.name_zh[event.i]));
      app.reopen = () => popupAt(app, event.latlng, make(), '');
    } else if (event.what !== 'cell') {
      const make = () => hubmap.popup.plain(event.actor, event.i);
      popupAt(app, event.latlng, make(), t('popup.area'));
      app.reopen = () => popupAt(app, event.latlng, make(), t('popup.area'));
    } else {
      if (districts) districts.selected = null;
      popupAt(app, event.latlng, hubmap.popup.cell(event.actor, event.i), t('popup.cell.label'));
      app.reopen = () => popupAt(app, event.latlng, hubmap.popup.cell(event.actor, event.i), t('popup.cell.label'));
    }
    return app.stage.touch();
  };

  const listAt = (app, all, latlng) => {
    const make = () => hubmap.popup.list(app.points, all, (i) => app.select(i, latlng, true));
    popupAt(app, latlng, make(), t('popup.several', { n: all.length }));
    app.reopen = () => popupAt(app, latlng, make(), '');
  };

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

  hubmap.mapview = { start: startMap, popupAt, boxOf, tipText };
})(window.hubmap);
