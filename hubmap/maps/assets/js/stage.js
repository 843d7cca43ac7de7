/* One canvas for all our layers, drawn in order; it keeps a margin so that panning is free. */
((hubmap) => {
  'use strict';

  const stages = new WeakMap();

  /**
   * A Leaflet renderer: Leaflet moves and scales its canvas while the map moves, and calls
   * `_update` when it has come to rest.
   */
  const Stage = L.Renderer.extend({
    options: { padding: 0.25, pane: 'overlayPane' },

    initialize(options) {
      L.Renderer.prototype.initialize.call(this, options);
      this.actors = [];
      this.plane = null;
    },

    getEvents() {
      const events = L.Renderer.prototype.getEvents.call(this);
      events.click = this._click;
      events.mousemove = this._hover;
      events.mouseout = this._leave;
      return events;
    },

    _initContainer() {
      const canvas = (this._container = document.createElement('canvas'));
      canvas.setAttribute('aria-hidden', 'true');
      this.ctx = canvas.getContext('2d');
    },

    _destroyContainer() {
      cancelAnimationFrame(this._frame);
      L.DomUtil.remove(this._container);
      delete this._container;
      delete this.ctx;
    },

    _update() {
      if (this._map._animatingZoom && this._bounds) return;
      L.Renderer.prototype._update.call(this);
      const size = this._bounds.getSize();
      const ratio = (this.ratio = Math.min(3, window.devicePixelRatio || 1));
      L.DomUtil.setPosition(this._container, this._bounds.min);
      const [w, h] = [Math.round(size.x * ratio), Math.round(size.y * ratio)];
      if (this._container.width !== w) this._container.width = w;
      if (this._container.height !== h) this._container.height = h;
      this._container.style.width = size.x + 'px';
      this._container.style.height = size.y + 'px';
      this.paint();
    },

    /** Draw everything at the next frame. */
    redraw() {
      this._kept = null;
      this.touch();
    },

    /** Draw at the next frame what lies above the ground; the ground stays as it was painted. */
    touch() {
      if (this._frame || !this._map) return;
      this._frame = requestAnimationFrame(() => {
        this._frame = 0;
        if (this._map && this._bounds) this._update();
      });
    },

    /** Draw at once what a frame was asked for. */
    draw() {
      cancelAnimationFrame(this._frame);
      this._frame = 0;
      this._update();
    },

    paint() {
      if (!this.plane) return;
      const map = this._map;
      const k = 2 ** map.getZoom();
      const origin = map.getPixelOrigin();
      const [min, size] = [this._bounds.min, this._bounds.getSize()];
      const plane = this.plane;
      const scale = k / plane.UNITS;
      const view = {
        ctx: this.ctx,
        ratio: this.ratio,
        zoom: map.getZoom(),
        scale,
        dx: plane.ox * k - origin.x - min.x,
        dy: plane.oy * k - origin.y - min.y,
        width: size.x,
        height: size.y,
        labels: [],
        // How far the canvas reaches beyond the window.
        edge: [size.x, size.y].map((v) => (v * this.options.padding) / (1 + 2 * this.options.padding)),
      };
      view.box = [-view.dx / scale, -view.dy / scale, (view.width - view.dx) / scale, (view.height - view.dy) / scale];
      view.sees = (b) => b[0] <= view.box[2] && b[2] >= view.box[0] && b[1] <= view.box[3] && b[3] >= view.box[1];
      view.at = (x, y) => [x * scale + view.dx, y * scale + view.dy];
      view.inPlane = () => this.ctx.setTransform(scale * view.ratio, 0, 0, scale * view.ratio, view.dx * view.ratio, view.dy * view.ratio);
      view.inPixels = () => this.ctx.setTransform(view.ratio, 0, 0, view.ratio, 0, 0);
      this.view = view;
      this.ctx.setTransform(1, 0, 0, 1, 0, 0);
      this.ctx.clearRect(0, 0, this._container.width, this._container.height);
      this._ground(view);
      this.ctx.lineJoin = 'round';
      this.ctx.setLineDash([]);
      for (const actor of this.actors) {
        view.inPlane();
        if (!actor.ground) actor.paint(view);
        else if (actor.top) actor.top(view);
      }
      view.inPixels();
      for (const actor of this.actors) if (actor.last) actor.last(view);
      if (this.covered) view.taken = [...(view.taken || []), ...this.covered(view)];
      hubmap.labels.place(view);
    },

    /**
     * Land, surfaces and outlines. Pointing and filtering leave them be: the second time that a view
     * is painted they are kept. Not the first time, when there may be no second.
     */
    _ground(view) {
      const key = [view.zoom, view.dx, view.dy, view.width, view.height, view.ratio].join();
      const kept = this._kept && this._kept.key === key ? this._kept : null;
      if (kept && kept.labels) {
        this.ctx.setTransform(1, 0, 0, 1, 0, 0);
        this.ctx.drawImage(this._still, 0, 0);
        view.labels.push(...kept.labels);
        return;
      }
      for (const actor of this.actors) if (actor.ground) {
        view.inPlane();
        actor.paint(view);
      }
      this._kept = { key, labels: null };
      if (!kept) return;
      const canvas = (this._still = this._still || document.createElement('canvas'));
      canvas.width = this._container.width;
      canvas.height = this._container.height;
      canvas.getContext('2d').drawImage(this._container, 0, 0);
      this._kept.labels = view.labels.slice();
    },

    add(actor) {
      if (!this.plane) this.plane = hubmap.shapes.plane(...actor.home);
      actor.stage = this;
      if (actor.prepare) actor.prepare(this.plane);
      this.actors.push(actor);
      this.actors.sort((a, b) => a.order - b.order);
      this.redraw();
    },

    remove_(actor) {
      this.actors = this.actors.filter((a) => a !== actor);
      this.redraw();
    },

    /** What lies under a place of the map: the topmost actor's answer. */
    under(latlng) {
      if (!this.view) return null;
      const [x, y] = this.plane.project(latlng.lng, latlng.lat);
      const [px, py] = this.view.at(x, y);
      for (const actor of [...this.actors].reverse()) {
        const found = actor.hit && actor.hit({ x, y, px, py, latlng, view: this.view });
        if (found) return { actor, found };
      }
      return null;
    },

    _click(event) {
      const hit = this.under(event.latlng);
      if (hit) hit.actor.chosen(hit.found, event.latlng);
      else this.fire('nothing');
    },

    _hover(event) {
      if (this._map.dragging && this._map.dragging.moving()) return;
      const hit = this.under(event.latlng);
      this._map.getContainer().classList.toggle('hm-over', Boolean(hit));
      this._point(hit, event);
    },

    _leave() {
      this._point(null);
    },

    _point(hit, event) {
      const key = hit ? hit.actor.keyOf(hit.found) : null;
      if (key === this._pointed) return;
      this._pointed = key;
      for (const actor of this.actors) if (actor.point) actor.point(hit && hit.actor === actor ? hit.found : null);
      this.fire('pointed', { hit, latlng: event && event.latlng });
      this.touch();
    },
  });

  /** The map's stage; made for the first layer that needs it. */
  hubmap.stage = (map) => {
    if (!stages.has(map)) stages.set(map, new Stage().addTo(map));
    return stages.get(map);
  };
})(window.hubmap);
