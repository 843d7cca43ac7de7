/* Look-ups that several parts of the page share. */
((hubmap) => {
  'use strict';

  const { text } = hubmap;

  const lookups = (app, contents) => {
    const { points } = app;
    const districts = app.districts && app.districts.table;
    const byCode = new Map();
    if (districts) for (let i = 0; i < districts.n; i += 1) byCode.set(districts.code[i], i);
    app.districtOf = (code) => byCode.get(code);

    /** The colour that a hub has on a map of several; nothing for any other place. */
    app.hubColour = (id) => {
      const at = app.manyHubs ? Array.from(app.outline.table.hub).indexOf(id) : -1;
      return at < 0 ? null : hubmap.theme.hue(app.outline.table.colour[at]);
    };

    /** A hub's colour as a bar before its name. */
    app.dyed = (node, id) => {
      const colour = app.hubColour(id);
      if (!colour) return node;
      node.classList.add('hm-dyed');
      node.style.setProperty('--hub', colour);
      return node;
    };

    app.zoneName = (code) => {
      const zone = app.zones.get(code);
      if (zone) return text.named(zone.name, zone.zh);
      const i = byCode.get(code);
      return i === undefined ? '' : text.named(districts.name[i], districts.name_zh[i]);
    };

    app.placeName = (district, city) => {
      const i = byCode.get(district);
      const names = [];
      if (i !== undefined) {
        names.push(text.named(districts.name[i], districts.name_zh[i]));
        if (districts.city_name) names.push(text.named(districts.city_name[i], districts.city_name_zh[i]));
      } else if (city) names.push(app.zoneName(city));
      const unique = [...new Set(names.filter(Boolean))];
      return text.language === 'zh' ? unique.reverse().join(' · ') : unique.join(', ');
    };

    /** Which institution a row belongs to; a row of its own where nothing says so. */
    app.unitOf = (i) => (points.table.unit ? points.table.unit[i] : i);

    app.tagName = (tag) => (contents.points ? text.pick(contents.points.tags[tag]) : '') || text.term('tag', tag);

    /** Records with a tag, each institution once a city however many campuses it has. */
    app.unitsWith = (tag) => {
      const { table } = points;
      const seen = new Set();
      const found = [];
      for (let i = 0; i < table.n; i += 1) {
        if (!table.tags[i] || !table.tags[i].split(';').includes(tag)) continue;
        const key = app.unitOf(i);
        if (seen.has(key)) continue;
        seen.add(key);
        found.push({
          i, city: table.city ? table.city[i] : '', name: text.named(table.name[i], table.name_zh && table.name_zh[i]),
          rank: table['d:world_rank'] ? table['d:world_rank'][i] : null,
        });
      }
      return found.sort((a, b) => (Number(a.rank) || 9999) - (Number(b.rank) || 9999));
    };

    if (points) {
      const { table } = points;
      const bubbles = new Set(points.content.kinds.filter((k) => k.shape === 'bubble').map((k) => k.id));
      const kind = table.coded('kind');
      const bubble = kind.words.map((word) => bubbles.has(word));
      // Where every row is a unit of its own, rows are counted; else each unit once.
      const single = !('unit' in table) || table.unit.every((u, i) => u === i);
      app.single = single;
      const units = kind.words.map(() => (single ? null : new Set()));
      const totals = new Float64Array(kind.words.length);
      const vague = new Uint8Array(kind.words.length);
      for (let i = 0; i < table.n; i += 1) {
        const k = kind.places[i];
        if (bubble[k]) totals[k] += table.weight[i];
        else {
          if (single) totals[k] += 1;
          else units[k].add(table.unit[i]);
          if (!vague[k] && points.vague(i)) vague[k] = 1;
        }
      }
      kind.words.forEach((word, k) => {
        app.counts.set(word, totals[k] || (units[k] ? units[k].size : 0));
        if (vague[k]) app.vagueKinds.add(word);
      });
      const tags = new Map();
      const said = table.coded('tags');
      const lists = said.words.map((word) => (word ? word.split(';').filter(Boolean) : []));
      if (lists.some((list) => list.length)) for (let i = 0; i < table.n; i += 1) for (const tag of lists[said.places[i]]) {
        if (!tags.has(tag)) tags.set(tag, new Set());
        tags.get(tag).add(app.unitOf(i));
      }
      app.cityNames = new Set(districts ? districts.city_name || [] : []);
      app.tags = [...tags].map(([tag, set]) => ({ tag, n: set.size })).sort((a, b) => b.n - a.n || (a.tag < b.tag ? -1 : 1));
    }
  };

  hubmap.lookups = lookups;
})(window.hubmap);
