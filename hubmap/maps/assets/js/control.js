/* The layer control: what can be shown, and right beside it the legend of what is. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;

  /** One row a kind: a switch, its mark, its number. */
  const kinds = (app) => {
    const { points, state } = app;
    if (!points) return null;
    const left = app.filter.active() ? app.filter.tally((i) => !points.keep || Boolean(points.keep[i])) : null;
    return el('fieldset', { class: 'hm-set hm-kindset' },
      el('legend', { text: t('control.points') }),
      points.content.kinds.map((kind) => {
        const on = state.get('kinds').includes(kind.id);
        const box = el('input', { type: 'checkbox', checked: on, data: { kind: kind.id } });
        box.addEventListener('change', () => {
          const now = points.content.kinds.map((k) => k.id).filter((id) => (id === kind.id ? box.checked : state.get('kinds').includes(id)));
          state.set({ kinds: now });
          app.say(t(box.checked ? 'say.on' : 'say.off', { name: text.pick(kind.title) }));
        });
        return el('div', { class: 'hm-kindrow' },
          el('label', { class: 'hm-check' }, box, hubmap.popup.swatch(neutral(app, kind)), el('span', { text: capital(text.pick(kind.title)) }),
            el('span', { class: 'hm-n', text: left ? t('control.of', { n: text.number(left.get(kind.id) || 0), all: text.number(app.counts.get(kind.id) || 0) }) : text.number(app.counts.get(kind.id) || 0) })),
          on && !app.isFar() && !points.crowd ? markLegend(app, kind) : null);
      }),
      points.crowd ? el('p', { class: 'hm-note', text: t('legend.crowd') }) : null,
      app.isFar() ? el('p', { class: 'hm-note', text: t('legend.far') }) : null);
  };

  /** Where colours tell something else than the kind, its shape alone stands for it. */
  const neutral = (app, kind) => (kind.shape !== 'bubble' && app.state.get('tint') !== 'kind' ? { ...kind, colour: '#5c656f' } : kind);

  const capital = (s) => (s ? s[0].toUpperCase() + s.slice(1) : s);

  /** What a mark of this kind means: its sizes, or filled against hollow. */
  const markLegend = (app, kind) => {
    const { points } = app;
    if (kind.shape === 'bubble') {
      const most = points.heaviest;
      const nice = (v) => {
        const p = 10 ** Math.floor(Math.log10(v));
        return Math.max(1, [1, 2, 5].map((m) => m * p).filter((m) => m <= v).pop() || p);
      };
      const sizes = [...new Set([nice(most), nice(most / 5), nice(most / 25)])].filter((v) => v > 0);
      const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
      const radius = (v) => points.bubbleRadius(v);
      const wide = sizes.reduce((s, v) => s + 2 * radius(v) + 44, 4);
      const high = 2 * radius(sizes[0]) + 4;
      svg.setAttribute('viewBox', `0 0 ${wide} ${high}`);
      svg.setAttribute('width', wide);
      svg.setAttribute('height', high);
      svg.setAttribute('role', 'img');
      svg.setAttribute('aria-label', t('legend.sizes', { list: sizes.map(text.number).join(', ') }));
      let x = 2;
      for (const v of sizes) {
        const r = radius(v);
        const c = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
        for (const [k, a] of Object.entries({ cx: x + r, cy: high - r - 2, r, fill: hubmap.theme.hue(kind.colour), 'fill-opacity': 0.2, stroke: hubmap.theme.hue(kind.colour) })) c.setAttribute(k, a);
        const label = document.createElementNS('http://www.w3.org/2000/svg', 'text');
        label.setAttribute('x', x + 2 * r + 5);
        label.setAttribute('y', high - Math.max(4, Math.min(r, 10)) - 0);
        label.textContent = text.number(v);
        svg.append(c, label);
        x += 2 * r + 44;
      }
      return el('div', { class: 'hm-marks' }, svg, el('p', { class: 'hm-note', text: t('legend.bubble') }),
        kind.sample ? el('p', { class: 'hm-caveat', text: t('sample.short', kind.sample) }) : null);
    }
    const some = app.vagueKinds.has(kind.id);
    return some ? el('p', { class: 'hm-note hm-hollow' }, hubmap.popup.swatch(neutral(app, kind), true), t('legend.hollow')) : null;
  };

  /** The highlight: one tag at a time. */
  const tags = (app) => {
    if (!app.tags.length) return null;
    const select = el('select', { id: 'hm-tag' },
      el('option', { value: '', text: t('control.everything') }),
      app.tags.map(({ tag, n }) => el('option', { value: tag, text: `${app.tagName(tag)} (${text.number(n)})` })));
    select.value = app.state.get('tag') || '';
    select.addEventListener('change', () => app.state.set({ tag: select.value || null }));
    return el('div', { class: 'hm-set' },
      el('label', { for: 'hm-tag', class: 'hm-legend', text: t('control.highlight') }), select);
  };

  /** Surfaces: one or none. */
  const surfaces = (app) => {
    const { state } = app;
    const choices = ['none', ...hubmap.SURFACES.filter((name) => app[name] && app[name].content.values.length)];
    if (choices.length === 1) return null;
    const now = state.get('surface');
    return el('fieldset', { class: 'hm-set hm-surfaces' },
      el('legend', { text: t('control.surface') }),
      el('div', { class: 'hm-segments' + (choices.length > 4 ? ' hm-many' : '') }, choices.map((choice) => {
        const input = el('input', { type: 'radio', name: 'hm-surface', value: choice, checked: now === choice });
        input.addEventListener('change', () => {
          state.set({ surface: choice });
          app.say(t('surface.' + choice));
        });
        return el('label', { class: 'hm-segment' }, input, el('span', { text: t('surface.' + choice) }));
      })),
      now === 'none' ? null : valueSelect(app, now),
      now === 'none' ? null : hubmap.legend.surface(app, now));
  };

  const valueSelect = (app, surface) => {
    const actor = app[surface];
    if (actor.content.values.length < 2) return null;
    const words = (v) => (surface === 'kernel' ? t('kde.value', { km: text.number(v.bandwidth) }) : surface === 'cells' ? t('cells.value', { km2: text.number(v.size_km2) }) : surface === 'hot' ? '' : hubmap.statistics.title(v.statistic));
    const option = (kind, v) => el('option', {
      value: v.kind + '|' + v.statistic,
      text: [capital(text.pick(kind.title)), words(v)].filter(Boolean).join(': ') + (v.withheld ? ` (${t('withheld')})` : ''),
    });
    const select = el('select', { 'aria-label': t('control.value') }, actor.content.kinds.map((kind) => {
      const values = actor.content.values.filter((v) => v.kind === kind.id);
      if (values.length < 2) return values.map((v) => option(kind, v));
      return el('optgroup', { label: capital(text.pick(kind.title)) }, values.map((v) => option(kind, v)));
    }));
    select.value = app.state.get(surface + 'Value');
    select.addEventListener('change', () => {
      app.state.set({ [surface + 'Value']: select.value });
      app.say(select.options[select.selectedIndex].textContent);
    });
    return select;
  };

  /** What is drawn over the surfaces: each a switch with its own legend. */
  const overlays = (app) => {
    const { state } = app;
    const rows = [];
    const toggle = (key, on, change) => {
      const box = el('input', { type: 'checkbox', checked: on, data: { kind: 'over-' + key } });
      box.addEventListener('change', () => {
        change(box.checked);
        app.say(t(box.checked ? 'say.on' : 'say.off', { name: t('over.' + key) }));
      });
      return el('label', { class: 'hm-check' }, box, el('span', { text: t('over.' + key) }));
    };
    if (app.outline) rows.push(toggle('outlines', state.get('outlines'), (on) => state.set({ outlines: on })));
    if (app.centres) rows.push(toggle('centres', state.get('centres'), (on) => state.set({ centres: on })), state.get('centres') ? hubmap.legend.centres(app) : null);
    if (app.rings) {
      const { radii, radius } = app.rings.content;
      rows.push(toggle('rings', state.get('rings') > 0, (on) => state.set({ rings: on ? radius : 0 })));
      if (state.get('rings')) {
        const select = el('select', { 'aria-label': t('rings.radius'), id: 'hm-radius' }, [...new Set([...radii, radius])].sort((a, b) => a - b).map((km) => el('option', { value: String(km), text: t('distance.km', { n: text.number(km) }) })));
        select.value = String(state.get('rings'));
        select.addEventListener('change', () => state.set({ rings: Number(select.value) }));
        rows.push(select, hubmap.legend.rings(app));
      }
    }
    return rows.length ? el('fieldset', { class: 'hm-set' }, el('legend', { text: t('control.over') }), rows) : null;
  };

  /** Fill the card; called whenever what it tells has changed. */
  hubmap.control = (app) => {
    const active = document.activeElement;
    const mark = active && app.nodes.control.contains(active)
      ? { kind: active.dataset.kind, value: active.value, id: active.id, name: active.name, tag: active.tagName, facet: active.dataset.facet } : null;
    refill(app.nodes.control,
      el('h2', { class: 'hm-only-sr', text: t('control.title') }),
      kinds(app), hubmap.tints.select(app), surfaces(app), overlays(app), tags(app), hubmap.filter.section(app), hubmap.selection.section(app));
    if (!mark) return;
    // The card is made anew, so the reader's place in it is found again.
    const same = [...app.nodes.control.querySelectorAll('input, select, button')].find((n) => n.tagName === mark.tag
      && n.dataset.kind === mark.kind && n.dataset.facet === mark.facet && n.id === mark.id && n.name === mark.name && (mark.tag === 'SELECT' || mark.id || n.value === mark.value));
    if (same) same.focus();
  };
})(window.hubmap);
