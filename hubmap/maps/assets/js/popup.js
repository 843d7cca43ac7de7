/* What a click tells: built from elements, every value as text. */
((hubmap) => {
  'use strict';

  const { el, text } = hubmap;
  const { t } = text;

  const row = (label, value) => (value === null || value === undefined || value === ''
    ? null
    : [el('dt', { text: label }), el('dd', {}, hubmap.name(String(value)))]);

  const capital = (s) => (s ? s[0].toUpperCase() + s.slice(1) : s);

  const names = (en, zh, tag) => {
    const first = text.named(en, zh);
    const second = text.language === 'zh' ? en : zh;
    return [
      el(tag || 'h3', {}, hubmap.name(first)),
      second && second !== first ? el('p', { class: 'hm-second' }, hubmap.name(second)) : null,
    ];
  };

  /** A small drawing of a kind's mark. */
  const swatch = (kind, hollow) => {
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', '0 0 14 14');
    svg.setAttribute('class', 'hm-swatch');
    svg.setAttribute('aria-hidden', 'true');
    const shape = document.createElementNS('http://www.w3.org/2000/svg', 'path');
    const d = {
      circle: 'M7 2a5 5 0 1 1 0 10a5 5 0 1 1 0-10z',
      bubble: 'M7 1a6 6 0 1 1 0 12a6 6 0 1 1 0-12z',
      diamond: 'M7 1l6 6-6 6-6-6z',
      square: 'M2 2h10v10h-10z',
    };
    shape.setAttribute('d', d[kind.shape] || d.square);
    const open = hollow || kind.shape === 'bubble';
    shape.setAttribute('fill', hollow ? hubmap.theme.ink('#fff') : hubmap.theme.hue(kind.colour));
    if (kind.shape === 'bubble') shape.setAttribute('fill-opacity', '.2');
    if (open) {
      shape.setAttribute('stroke', hubmap.theme.hue(kind.colour));
      shape.setAttribute('stroke-width', hollow ? '2.2' : '1.3');
    }
    svg.append(shape);
    return svg;
  };

  const precision = (metres, placed) => {
    if (placed === 'region' || metres > 1500) return t('precision.region', { d: text.distance(metres) });
    return t('precision.point', { d: text.distance(metres) });
  };

  /** One entity, with all that is known of it. */
  const entity = (points, i, context) => {
    const { table, content, kinds } = points;
    const own = hubmap.columns.row(table, i);
    const kind = kinds.get(own.kind);
    const category = content.categories[own.category || ''];
    const place = context.placeName ? context.placeName(own.district, own.city) : '';
    const tags = (own.tags || '').split(';').filter(Boolean);
    const detail = (key) => {
      // Who confirmed it says more than that it was.
      const value = key === 'verified' && content.details.verified_by ? null : own['d:' + key];
      if (value === null || value === undefined || value === '') return null;
      if (/^(true|false)$/i.test(value)) return t(/^t/i.test(value) ? 'yes' : 'no');
      // Years are four digits without a separator; other numbers are grouped.
      return typeof value === 'number' && !/year|founded/.test(key) ? text.number(value) : text.term('detail', value);
    };
    return el('article', { class: 'hm-card', lang: text.language === 'zh' ? 'zh-Hans' : 'en' },
      el('p', { class: 'hm-kind' }, swatch(kind), capital(text.pick(kind.title))),
      kind.shape === 'bubble' ? el('h3', {}, hubmap.name(nameOf(points, i))) : names(own.name, own.name_zh),
      tags.length ? el('p', { class: 'hm-tags' }, tags.map((tag) => hubmap.name(text.pick(content.tags[tag]) || tag, { class: 'hm-tag' }))) : null,
      el('dl', {},
        kind.shape === 'bubble' ? row(t('field.weight'), text.number(own.weight)) : null,
        own.category && row(t('field.category'), text.pick(category) || own.category),
        row(t('field.place'), place),
        row(t('field.founded'), own.founded),
        Object.entries(content.details).map(([key, words]) => {
          // A detail in both languages is told in the reader's own.
          const chinese = key.endsWith('_zh');
          if (chinese ? text.language !== 'zh' : text.language === 'zh' && content.details[key + '_zh'] && detail(key + '_zh') !== null) return null;
          return row(text.pick(words), detail(key));
        }),
        row(t('field.precision'), precision(own.precision_m, own.placed)),
        own.source && row(t('field.source'), text.term('source', own.source))),
      kind.sample ? el('p', { class: 'hm-caveat' }, t('sample.short', kind.sample)) : null);
  };

  /** A record's name in the reader's language; a count's is that of its group. */
  const nameOf = (points, i) => {
    const { table, content } = points;
    const name = text.named(table.name[i], table.name_zh && table.name_zh[i]);
    return (Object.hasOwn(content.categories, name) && text.pick(content.categories[name])) || name;
  };

  /** Several at one spot: a list, each a button. */
  const list = (points, all, open) => {
    const { table, kinds } = points;
    const sorted = [...all].sort((a, b) => kinds.get(table.kind[a]).place - kinds.get(table.kind[b]).place || table.weight[b] - table.weight[a]);
    return el('article', { class: 'hm-card' },
      el('h3', { text: t('popup.several', { n: text.number(all.length) }) }),
      el('ul', { class: 'hm-list' }, sorted.map((i) => {
        const kind = kinds.get(table.kind[i]);
        return el('li', {}, el('button', { type: 'button', on: { click: () => open(i) } },
          swatch(kind, points.vague(i) && kind.shape !== 'bubble'), hubmap.name(nameOf(points, i)),
          kind.shape === 'bubble' ? el('span', { class: 'hm-n', text: text.number(table.weight[i]) }) : null));
      })),
      sorted.some((i) => kinds.get(table.kind[i]).sample)
        ? el('p', { class: 'hm-caveat' }, t('sample.short', kinds.get(table.kind[sorted.find((i) => kinds.get(table.kind[i]).sample)]).sample))
        : null);
  };

  /** One district: what is shown first, then the counts. */
  const district = (actor, i, more) => {
    const { table, content } = actor;
    const scale = actor.scale;
    const shown = scale ? actor.number(i, scale) : null;
    const kindOf = (id) => content.kinds.find((k) => k.id === id);
    const city = table.city_name ? text.named(table.city_name[i], table.city_name_zh[i]) : '';
    const own = text.named(table.name[i], table.name_zh[i]);
    return el('article', { class: 'hm-card' },
      city && city !== own ? el('p', { class: 'hm-kind' }, hubmap.name(city)) : null,
      names(table.name[i], table.name_zh[i]),
      shown ? el('p', { class: 'hm-figure' },
        el('strong', { text: shown.value === null ? t('withheld') : text.value(scale.statistic, shown.value) }),
        ' ', el('span', { text: `${text.pick(kindOf(scale.kind).title)} · ${t('statistic.' + scale.statistic)}` })) : null,
      shown && shown.value === null ? el('p', { class: 'hm-caveat' }, hubmap.name(text.term('reason', shown.withheld) || t('nodata'))) : null,
      el('dl', {},
        content.kinds.map((kind) => {
          const { value, withheld } = actor.number(i, { kind: kind.id, statistic: 'count' });
          return row(text.pick(kind.title), value === null ? text.term('reason', withheld) || t('nodata') : text.number(value));
        }),
        row(t('field.area'), table.area_km2[i] === null ? null : text.number(Math.round(table.area_km2[i])) + ' km²'),
        row(t('field.population'), table.population[i] === null ? null : `${text.number(table.population[i])} (${t('census', { year: table.population_year ? table.population_year[i] || 2020 : 2020 })})`)),
      more ? more(i) : null);
  };

  /** One cell. */
  const cell = (actor, i) => {
    const { table, content } = actor;
    return el('article', { class: 'hm-card' },
      el('h3', { text: t('popup.cell', { km2: text.number(table.area_km2[i]) }) }),
      el('dl', {},
        content.kinds.map((kind) => {
          const value = content.values.find((v) => v.kind === kind.id && (!table.times || v.times === table.times[i]));
          if (!value) return null;
          if (value.withheld) return row(text.pick(kind.title), t('cells.withheld.short'));
          const n = actor.number(i, value);
          return row(text.pick(kind.title), `${text.number(n.count)} (${text.value('cell_density', n.value)} ${t('unit.per_km2')})`);
        }),
        table.land_km2 ? row(t('field.land'), text.number(table.land_km2[i]) + ' km²') : null));
  };

  /** An area or hexagon whose class is all there is to tell. */
  const plain = (actor, i) => {
    const { title, more } = actor.tip({ i });
    const { table, content } = actor;
    const kind = actor.scale && content.kinds.find((k) => k.id === actor.scale.kind);
    return el('article', { class: 'hm-card' },
      kind ? el('p', { class: 'hm-kind' }, swatch(kind), capital(text.pick(kind.title))) : null,
      el('h3', { text: title }), more ? el('p', { text: more }) : null,
      table && table.area_km2 ? el('dl', {}, row(t('field.area'), text.number(table.area_km2[i]) + ' km²'), row(t('kde.bandwidth'), text.number(table.bandwidth[i]) + ' km')) : null);
  };

  hubmap.popup = { nameOf, entity, list, district, cell, plain, swatch, names };
})(window.hubmap);
