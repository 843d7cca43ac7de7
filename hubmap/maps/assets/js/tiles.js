/* A provider's tiles under everything, only where the map's recipe names one. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;

  /** Why there can be none: a server that answers only pages with an address of their own. */
  const refused = ({ origin }) => /(^|\.)openstreetmap\.org(:\d+)?$/.test(new URL(origin).host) && !/^https?:$/.test(window.location.protocol);

  const start = (app) => {
    const { tiles } = app;
    if (!tiles) return;
    const note = el('p', { class: 'hm-tilenote', role: 'note', hidden: true });
    app.nodes.map.after(note);
    const say = () => {
      note.hidden = !app.tileTrouble;
      if (app.tileTrouble) refill(note, text.t(app.tileTrouble, { host: new URL(tiles.origin).host }));
    };
    app.state.on(['language'], say);
    if (refused(tiles)) {
      app.tileTrouble = 'tiles.refused';
      say();
      return;
    }
    const layer = L.tileLayer(tiles.url, { maxNativeZoom: tiles.max, maxZoom: 16, referrerPolicy: 'strict-origin-when-cross-origin' });
    layer.once('tileerror', () => {
      layer.remove();
      // Without tiles the drawn ground is there as ever.
      if (app.basemap) app.stage.add(app.basemap);
      app.tileTrouble = 'tiles.failed';
      say();
    });
    if (app.basemap) app.stage.remove_(app.basemap);
    layer.addTo(app.map);
  };

  /** The provider's credit, with its terms. */
  const credit = ({ tiles }) => (tiles ? [' · ', el('a', { class: 'hm-link', href: tiles.terms, rel: 'noopener noreferrer', target: '_blank' }, hubmap.name(tiles.attribution))] : null);

  hubmap.tiles = { start, credit };
})(window.hubmap);
