/* A selection: one zone, or a rectangle that is drawn, typed or taken from the view. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;
  const SIDES = ['west', 'south', 'east', 'north'];
  const LEAST = 5;

  const write = (box) => box.map((v) => Number(v.toFixed(4))).join();

  /** West, south, east, north; null where the words are no rectangle. */
  const boxOf = (area) => {
    const box = String(area).split(',');
    const [w, s, e, n] = box.map(Number);
    return box.length === 4 && box.every((v) => /^-?\d{1,3}(\.\d{1,6})?$/.test(v)) && w < e && s < n && w >= -180 && e <= 180 && s >= -85 && n <= 85 ? [w, s, e, n] : null;
  };

  /** The zones that records name as theirs. */
  const zones = (app) => {
    if (!app.ownZones) {
      app.ownZones = new Set();
      for (const key of ['district', 'city']) if (app.points && app.points.table[key]) for (const word of app.points.table.coded(key).words) if (word) app.ownZones.add(word);
    }
    return app.ownZones;
  };

  /** What an address may name, as the state takes it. */
  const read = (app, area) => (app.points && (zones(app).has(area) || boxOf(area)) ? area : '');

  /** A test of rows. */
  const test = (app) => {
    const area = app.state.get('area');
    if (!area) return () => true;
    const { table } = app.points;
    const box = boxOf(area);
    if (box && !zones(app).has(area)) {
      const { lon, lat } = table;
      return (i) => lon[i] >= box[0] && lon[i] <= box[2] && lat[i] >= box[1] && lat[i] <= box[3];
    }
    const own = ['district', 'city'].filter((key) => table[key]).map((key) => table.coded(key)).map(({ words, places }) => [words.indexOf(area), places]);
    return (i) => own.some(([place, places]) => place >= 0 && places[i] === place);
  };

  const name = (app) => {
    const area = app.state.get('area');
    if (zones(app).has(area)) return app.zoneName(area) || area;
    const [w, s, e, n] = boxOf(area).map((v) => v.toFixed(2).replace('-', '−'));
    return t('select.box', { w, s, e, n });
  };

  const set = (app, area) => {
    app.state.set({ area });
    app.say(t(area ? 'select.say' : 'filter.say', { n: text.number(app.shownRows().length) }));
  };

  /** What the reader sees of the map: not what lies under the panel and the cards. */
  const view = (app) => {
    const { paddingTopLeft: a, paddingBottomRight: b } = app.padding();
    const size = app.map.getSize();
    const [nw, se] = [app.map.containerPointToLatLng(a), app.map.containerPointToLatLng([size.x - b[0], size.y - b[1]])];
    return [nw.lng, se.lat, se.lng, nw.lat];
  };

  /** The next drag over the map draws; Escape leaves everything as it was. */
  const draw = (app) => {
    if (app.drawing) return app.drawing();
    const { map, nodes } = app;
    const node = nodes.map;
    const off = new AbortController();
    let from = null;
    const end = () => {
      off.abort();
      app.drawing = null;
      app.drawn = null;
      map.dragging.enable();
      node.classList.remove('hm-drawing');
      app.stage.touch();
      hubmap.control(app);
    };
    const at = (event) => map.mouseEventToLatLng(event);
    const on = (target, type, f) => target.addEventListener(type, f, { signal: off.signal, capture: true });
    const quiet = (event) => { event.preventDefault(); event.stopImmediatePropagation(); };
    on(node, 'pointerdown', (event) => {
      quiet(event);
      from = { px: [event.clientX, event.clientY], at: at(event) };
      node.setPointerCapture(event.pointerId);
    });
    on(node, 'pointermove', (event) => {
      if (!from) return;
      quiet(event);
      const to = at(event);
      app.drawn = [Math.min(from.at.lng, to.lng), Math.min(from.at.lat, to.lat), Math.max(from.at.lng, to.lng), Math.max(from.at.lat, to.lat)];
      app.stage.touch();
    });
    on(node, 'pointerup', (event) => {
      if (!from) return;
      quiet(event);
      const wide = Math.min(Math.abs(event.clientX - from.px[0]), Math.abs(event.clientY - from.px[1]));
      const box = app.drawn;
      // The click that follows the drag is no click on the map.
      window.addEventListener('click', quiet, { capture: true, once: true });
      setTimeout(() => window.removeEventListener('click', quiet, { capture: true }), 60);
      end();
      if (box && wide >= LEAST) set(app, write(box));
    });
    on(node, 'pointercancel', end);
    on(window, 'keydown', (event) => { if (event.key === 'Escape') { quiet(event); end(); } });
    app.drawing = end;
    map.dragging.disable();
    node.classList.add('hm-drawing');
    nodes.control.classList.remove('hm-open');
    nodes.layers.setAttribute('aria-expanded', 'false');
    hubmap.control(app);
    app.say(t('select.drawing'));
    return undefined;
  };

  /** The part of the control card. */
  const section = (app) => {
    if (!app.points) return null;
    const area = app.state.get('area');
    const box = boxOf(area);
    const button = (id, words, f, pressed) => el('button', { type: 'button', class: 'hm-button', id, 'aria-pressed': pressed, on: { click: f } }, words);
    const inputs = SIDES.map((side, k) => {
      const input = el('input', { type: 'number', step: 'any', id: 'hm-' + side, value: box ? String(box[k]) : '' });
      input.addEventListener('change', () => {
        // The sides that are still empty are those of the view.
        const now = view(app);
        const typed = write(inputs.map((node, j) => (node.value === '' ? now[j] : Number(node.value))));
        if (boxOf(typed)) set(app, typed);
        else app.say(t('select.wrong'));
      });
      return input;
    });
    return el('details', { class: 'hm-set hm-selection', open: app.openFacets.has('area') || Boolean(area) || Boolean(app.drawing), on: { toggle: (event) => app.openFacets[event.target.open ? 'add' : 'delete']('area') } },
      el('summary', { class: 'hm-legend' }, t('select.title'), area ? el('span', { class: 'hm-chosen', text: t('filter.on') }) : null),
      el('p', { class: 'hm-note', text: t(app.drawing ? 'select.drawing' : 'select.how') }),
      el('p', { class: 'hm-row' },
        button('hm-draw', t('select.draw'), () => draw(app), String(Boolean(app.drawing))),
        button('hm-inview', t('select.view'), () => set(app, write(view(app)))),
        area ? button('hm-unselect', t('select.clear'), () => { set(app, ''); document.getElementById('hm-draw').focus(); }) : null),
      el('div', { class: 'hm-years', role: 'group', 'aria-label': t('select.edges') }, SIDES.map((side, k) => el('label', {}, t('select.' + side), ' ', inputs[k]))));
  };

  /** A button that selects a zone, where records name it. */
  const button = (app, id) => (zones(app).has(id)
    ? el('button', { type: 'button', class: 'hm-button', id: 'hm-take', 'aria-pressed': String(app.state.get('area') === id), on: { click: () => {
      set(app, app.state.get('area') === id ? '' : id);
      app.map.closePopup();
      app.showPanel();
    } } }, t('select.zone')) : null);

  /** What is selected stands out: everything around it is veiled. */
  const actor = (app) => ({
    order: 50,
    home: app.points.home,
    paint(view) {
      const area = app.state.get('area');
      const box = app.drawn || boxOf(area);
      const { ctx } = view;
      view.inPixels();
      const rings = [];
      if (box) rings.push([box[0], box[1], box[2], box[1], box[2], box[3], box[0], box[3]]);
      else if (area && app.districts) {
        const { table, content } = app.districts;
        const all = (app.districtRings = app.districtRings || hubmap.columns.paths(content.paths));
        for (let i = 0; i < table.n; i += 1) if (table.code[i] === area || table.city[i] === area) rings.push(...all[i]);
      }
      if (!rings.length) return;
      const path = new Path2D();
      for (const ring of rings) {
        for (let j = 0; j < ring.length; j += 2) {
          const [x, y] = view.at(...this.stage.plane.project(ring[j], ring[j + 1]));
          path[j ? 'lineTo' : 'moveTo'](x, y);
        }
        path.closePath();
      }
      const veil = new Path2D(path);
      veil.rect(0, 0, view.width, view.height);
      ctx.fillStyle = hubmap.theme.ink('rgba(255,255,255,.45)');
      ctx.fill(veil, 'evenodd');
      for (const [colour, width] of [[hubmap.theme.ink('#fff'), 4], [hubmap.theme.ink('#10202f'), 1.8]]) {
        ctx.strokeStyle = colour;
        ctx.lineWidth = width;
        ctx.stroke(path);
      }
    },
  });

  const start = (app) => {
    if (!app.points) return;
    app.stage.add(actor(app));
    app.state.on(['area'], () => app.stage.touch());
  };

  hubmap.selection = { start, section, button, test, read, name, write, boxOf };
})(window.hubmap);
