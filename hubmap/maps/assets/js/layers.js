/* Our layers as Leaflet layers, for any Leaflet map: `hubmap.layer(content).addTo(map)`. */
((hubmap) => {
  'use strict';

  const TYPES = ['basemap', 'districts', 'cells', 'kernel', 'hot', 'firm', 'rings', 'outline', 'centres', 'points'];
  hubmap.TYPES = TYPES;
  hubmap.SURFACES = ['districts', 'cells', 'kernel', 'hot', 'firm'];

  /* Where the plane's origin lies: any fixed place near the data will do. */
  const homeOf = (content) => {
    if (content.bounds) return [(content.bounds[0] + content.bounds[2]) / 2, (content.bounds[1] + content.bounds[3]) / 2];
    const table = content.places || content.table ? hubmap.columns.table(content.places || content.table) : { n: 0 };
    return table.n && table.lon ? [table.lon[0], table.lat[0]] : [113, 30];
  };

  /** The actor that draws a content, started as its recipe says. */
  hubmap.actor = (content, home) => {
    content.home = home || homeOf(content);
    const actor = hubmap[TYPES.find((type) => type === content.type)](content);
    if (content.values) {
      const [statistic, kind] = content.start;
      const usable = content.values.filter((v) => !v.withheld);
      const first = usable.find((v) => v.statistic === statistic && (!kind || v.kind === kind)) || usable[0];
      if (first && content.shown) actor.show(first.kind, first.statistic);
      // Where all is withheld the reader is told why.
      actor.first = first || content.values[0] || null;
    }
    return actor;
  };

  const Layer = L.Layer.extend({
    initialize(content) {
      this.actor = hubmap.actor(content);
    },

    onAdd(map) {
      const stage = (this.stage = hubmap.stage(map));
      stage.add(this.actor);
      stage.on('chosen', this._chosen, this);
    },

    onRemove() {
      this.stage.off('chosen', this._chosen, this);
      this.stage.remove_(this.actor);
    },

    _chosen(event) {
      if (event.actor !== this.actor) return;
      const { popup } = hubmap;
      const open = (node) => L.popup({ maxWidth: 320, maxHeight: 360 }).setLatLng(event.latlng).setContent(node).openOn(this._map);
      if (event.what === 'district') open(popup.district(event.actor, event.i));
      else if (event.what === 'cell') open(popup.cell(event.actor, event.i));
      else if (event.what !== 'entity') open(popup.plain(event.actor, event.i));
      else {
        const one = (i) => open(popup.entity(event.actor, i, {}));
        if (event.all.length === 1) one(event.all[0]);
        else open(popup.list(event.actor, event.all, one));
      }
    },
  });

  hubmap.layer = (content) => new Layer(content);
})(window.hubmap);
