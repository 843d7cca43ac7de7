/* The map without a pointer: a cross at the middle, Enter opens what lies under it. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;

  /** The middle of what is seen of the map, not of what lies under cards. */
  const middle = (app) => {
    const { paddingTopLeft: [left, top], paddingBottomRight: [right, bottom] } = app.padding();
    const size = app.map.getSize();
    return L.point((left + size.x - right) / 2, (top + size.y - bottom) / 2);
  };

  /** What lies under the cross, in a few words. */
  const under = (app, at) => {
    const hit = app.stage.under(app.map.containerPointToLatLng(at));
    if (!hit) return t('keys.nothing');
    return [...hubmap.mapview.tipText(app, hit).childNodes].map((n) => n.textContent).filter(Boolean).join(', ');
  };

  const start = (app) => {
    const box = app.nodes.map;
    const cross = el('div', { class: 'hm-cross', 'aria-hidden': 'true', hidden: true });
    box.append(cross);
    let timer = 0;
    const show = () => {
      cross.hidden = !box.matches(':focus-visible');
      if (cross.hidden) return;
      const at = middle(app);
      cross.style.left = at.x + 'px';
      cross.style.top = at.y + 'px';
      clearTimeout(timer);
      timer = setTimeout(() => { if (!cross.hidden) app.say(t('keys.under', { what: under(app, middle(app)) })); }, 250);
    };
    box.addEventListener('focus', show);
    box.addEventListener('blur', () => { cross.hidden = true; });
    app.map.on('moveend', show);
    box.addEventListener('keydown', (event) => {
      if (event.target !== box) return;
      // The first key shows the cross, however the map came by the focus.
      if (cross.hidden) show();
      if (event.key !== 'Enter') return;
      event.preventDefault();
      const latlng = app.map.containerPointToLatLng(middle(app));
      const hit = app.stage.under(latlng);
      if (!hit) return;
      hit.actor.chosen(hit.found, latlng);
      const close = box.querySelector('.leaflet-popup-close-button');
      if (close) close.focus();
    });
  };

  hubmap.keyboard = { start };
})(window.hubmap);
