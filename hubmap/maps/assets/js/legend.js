/* The legend of what is on, and nothing else; where the data cannot carry a view, the reason. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;

  const patch = (colour, cls) => {
    const node = el('span', { class: 'hm-patch ' + (cls || ''), 'aria-hidden': 'true' });
    if (colour) node.style.backgroundColor = colour;
    return node;
  };

  const row = (colour, words, cls) => el('li', {}, patch(colour, cls), words);

  /** The value that is chosen, whether it can be shown or not. */
  const chosen = (app, surface) => {
    const [kind, statistic] = (app.state.get(surface + 'Value') || '|').split('|');
    return app[surface].content.values.find((v) => v.kind === kind && v.statistic === statistic) || null;
  };

  const sampled = (kind) => (kind && kind.sample ? el('p', { class: 'hm-caveat', text: t('sample.short', kind.sample) }) : null);

  /** Why nothing is shown: a sentence a hub. */
  const reasons = (app, surface, value) => {
    const { content } = app[surface];
    if (surface === 'cells') return [t('cells.withheld.long', { share: text.number(Math.round(100 * value.share)) })];
    const said = (content.withheld || content.reasons || []).filter((r) => r.kind === value.kind && (r.bandwidth === undefined || r.bandwidth === value.bandwidth));
    return said.map((r) => [app.manyHubs ? [hubmap.name(app.zoneName(r.hub) || r.hub), ': '] : null, hubmap.name(text.term('reason', r.reason) || t('nodata'))]);
  };

  const why = (app, surface, value, all) => {
    const list = reasons(app, surface, value);
    if (!list.length) return null;
    return el('div', { class: 'hm-why' }, el('p', { class: 'hm-caveat', text: t(all ? 'why.all' : 'why.some') }),
      list.length > 1 ? el('ul', {}, list.map((line) => el('li', {}, line))) : el('p', {}, list[0]));
  };

  const shaded = (app, surface, value) => {
    const actor = app[surface];
    const { scale } = actor;
    const missing = surface === 'districts' && actor.shapes.some((_, i) => actor.number(i, scale).value === null);
    const zero = surface === 'districts' && scale.zero && actor.shapes.some((_, i) => actor.number(i, scale).value === 0);
    return [
      el('p', { class: 'hm-note', text: title(surface, scale) }),
      el('ul', {},
        zero ? row(hubmap.theme.ink(hubmap.scale.ZERO), '0') : null,
        hubmap.scale.classes(scale).map(({ colour, label }) => row(colour, label)),
        missing ? row(null, t('legend.nodata'), 'hm-hatch') : null),
      el('p', { class: 'hm-note', text: value.statistic === 'location_quotient' ? t('legend.lq') : surface === 'cells' ? t('legend.cells', { share: text.number(Math.round(scale.share * 100)) }) : t('legend.' + (actor.content.method || 'quantile')) }),
    ];
  };

  const title = (surface, scale) => {
    if (surface === 'cells') return t('legend.cell_size', { km2: text.number(scale.size_km2) });
    const key = 'legend.unit.' + scale.statistic;
    return text.has(key) ? t(key) : hubmap.statistics.title(scale.statistic);
  };

  /** Density: how much each area holds, and from which density on it begins, hub by hub. */
  const kernel = (app, surface, value) => {
    const actor = app.kernel;
    const { table } = actor;
    const rows = actor.rows();
    const hubs = [...new Set(rows.map((i) => table.hub[i]))];
    const of = (hub, share) => rows.find((i) => table.hub[i] === hub && Math.abs(table.share[i] - share) < 0.01);
    const shares = [0.5, 0.8, 0.95];
    const peak = (hub) => actor.peaks().find((p) => p.hub === hub);
    return [
      el('p', { class: 'hm-note', text: t('kde.title', { km: text.number(value.bandwidth) }) }),
      el('div', { class: 'hm-kde' }, el('table', {},
        el('caption', { class: 'hm-only-sr', text: t('kde.title', { km: text.number(value.bandwidth) }) }),
        el('thead', {}, el('tr', {}, el('th', { scope: 'col' }, t('kde.area')),
          (app.manyHubs ? shares : [null]).map((s) => el('th', { scope: 'col' }, s === null ? t('kde.from') : [patch(actor.colour(actor.scale, s)), ` ${text.number(100 * s)} %`])),
          el('th', { scope: 'col' }, app.manyHubs ? t('kde.top') : 'km²'))),
        el('tbody', {}, app.manyHubs
          ? hubs.map((hub) => el('tr', {}, el('th', { scope: 'row' }, hubmap.name(app.zoneName(hub) || hub)), shares.map((s) => el('td', { text: text.number(table.level[of(hub, s)]) })), el('td', { text: text.number(peak(hub).density) })))
          : hubs.flatMap((hub) => shares.map((s) => el('tr', {}, el('th', { scope: 'row' }, patch(actor.colour(actor.scale, s)), ` ${text.number(100 * s)} %`), el('td', { text: '≥ ' + text.number(table.level[of(hub, s)]) }), el('td', { text: text.number(table.area_km2[of(hub, s)]) }))))))),
      el('p', { class: 'hm-note', text: t(app.manyHubs ? 'kde.how.many' : 'kde.how') }),
      app.manyHubs ? null : hubs.map((hub) => el('p', { class: 'hm-note', text: t('kde.used', { n: text.number(peak(hub).n), share: text.number(Math.round(100 * peak(hub).used)) }) })),
    ];
  };

  const sizes = (content) => content.size_km2.map((v) => text.number(v)).join(' / ');

  const hot = (app, surface, value) => {
    const { content } = app.hot;
    return [
      el('p', { class: 'hm-note', text: t('hot.title', { km2: sizes(content) }) }),
      el('ul', {}, app.hot.classes().map(({ code, colour }) => row(colour.ink, app.hot.words(code), colour.faint ? 'hm-faint' : ''))),
      el('p', { class: 'hm-note', text: t('hot.how', { hot: text.number(value.hot), n: text.number(value.tested) }) }),
    ];
  };

  const firm = (app, surface, value) => {
    const { tried } = app.firm.content;
    const range = (list, scale) => `${text.number(scale * list[0])}–${text.number(scale * list[list.length - 1])}`;
    return [
      el('p', { class: 'hm-note', text: t('firm.title', { n: text.number(value.settings) }) }),
      el('ul', {}, app.firm.classes().map(({ code, colour }) => row(colour.ink, app.firm.words(code)))),
      el('p', { class: 'hm-note', text: tried.within_km.length ? t('firm.how', { km: range(tried.within_km, 1), core: range(tried.core_share, 100) }) : t('firm.plain') }),
    ];
  };

  const makers = { districts: shaded, cells: shaded, kernel, hot, firm };

  /** The legend of the surface that is on. */
  const surface = (app, name) => {
    const actor = app[name];
    const value = chosen(app, name);
    if (!value) return null;
    const kind = actor.content.kinds.find((k) => k.id === value.kind);
    return el('div', { class: 'hm-classes' },
      value.withheld || !actor.scale ? why(app, name, value, true) : [makers[name](app, name, value), ['kernel', 'hot'].includes(name) ? why(app, name, value, false) : null, sampled(kind)]);
  };

  const NS = 'http://www.w3.org/2000/svg';
  const sketch = (...shapes) => {
    const svg = document.createElementNS(NS, 'svg');
    for (const [k, v] of Object.entries({ viewBox: '0 0 30 16', width: 30, height: 16, class: 'hm-sketch', 'aria-hidden': 'true' })) svg.setAttribute(k, v);
    for (const [tag, attributes] of shapes) {
      const node = document.createElementNS(NS, tag);
      for (const [k, v] of Object.entries(attributes)) node.setAttribute(k, v);
      svg.append(node);
    }
    return svg;
  };
  const line = { fill: 'none', stroke: 'currentColor', 'stroke-width': 1.8 };

  /** What is drawn over the surfaces. */
  const centres = (app) => {
    const { table, content } = app.centres;
    const ids = Array.from({ length: table.n }, (_, i) => i).filter((i) => app.centres.shown(i));
    const has = (mark, period) => ids.find((i) => table.mark[i] === mark && (!period || table.period[i] === period));
    const label = (i) => text.named(table.label[i], table.label_zh && table.label_zh[i]);
    const rows = [];
    const [all, early, late] = ['all', 'early', 'late'].map((p) => has('ellipse', p));
    if (has('mean_centre', 'all') !== undefined) rows.push([sketch(['path', { ...line, d: 'M15 2v12M9 8h12' }]), t('centres.cross')]);
    if (all !== undefined) rows.push([sketch(['ellipse', { ...line, cx: 15, cy: 8, rx: 13, ry: 6 }]), t('centres.ellipse')]);
    const oneSplit = (i) => (i === undefined ? '' : new Set(ids.filter((n) => table.period[n] === table.period[i]).map((n) => table.label[n])).size > 1 ? t('centres.' + table.period[i]) : label(i));
    if (early !== undefined) rows.push([sketch(['ellipse', { ...line, cx: 15, cy: 8, rx: 13, ry: 6, 'stroke-dasharray': '6 3' }]), oneSplit(early)]);
    if (late !== undefined) rows.push([sketch(['ellipse', { ...line, cx: 15, cy: 8, rx: 13, ry: 6, 'stroke-dasharray': '1.5 3' }]), oneSplit(late)]);
    if (has('mean_centre', 'early') !== undefined && has('mean_centre', 'late') !== undefined) rows.push([sketch(['path', { ...line, d: 'M3 8h22M19 3l6 5-6 5' }]), t('centres.arrow')]);
    if (has('centre') !== undefined) rows.push([sketch(['circle', { ...line, cx: 15, cy: 8, r: 6 }]), t('centres.peak')]);
    const missing = (content.missing || []).filter((k) => app.state.get('kinds').includes(k.id));
    return el('div', { class: 'hm-over-legend' },
      rows.length ? el('ul', {}, rows.map(([icon, words]) => el('li', {}, icon, words))) : null,
      rows.length ? el('p', { class: 'hm-note', text: t('centres.note') }) : null,
      missing.map((kind) => el('p', { class: 'hm-caveat' }, t('centres.missing', { kind: text.pick(kind.title) }), ' ', reasonOf(app, kind))));
  };

  /** Why a kind has no centre, as the profile says it. */
  const reasonOf = (app, kind) => {
    for (const zone of app.zones.values()) {
      for (const statistic of ['centre_shift', 'number_of_centres', 'peak_density']) {
        const found = zone.rows.get(statistic + '|' + kind.id);
        if (found && found.withheld) return hubmap.name(text.term('reason', found.withheld));
      }
    }
    return kind.shape === 'bubble' ? t('centres.by_district') : null;
  };

  const rings = (app) => {
    const n = app.rings.serve(app.rings.radius).length;
    return el('div', { class: 'hm-over-legend' }, el('p', { class: 'hm-note', text: t('rings.note', { km: text.number(app.rings.radius), n: text.number(n) }) }));
  };

  hubmap.legend = { surface, centres, rings, chosen };
})(window.hubmap);
