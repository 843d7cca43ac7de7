/* Search over all entities and districts, in both scripts and in pinyin, by keyboard. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;
  const MOST = 12;

  /** Letters without case and accents, so that "zuerich" habits and full-width typing still find. */
  const plain = (s) => (s || '').normalize('NFKD').replace(/[\u0300-\u036f]/g, '').toLowerCase();

  /**
   * Reads Chinese by its sounds: `(name, typed)` says whether letters spell the name from some
   * character on, each by its syllable, the start of the last one, or an initial alone.
   * 0: from the name's first character; 2: from a later one; -1: not at all.
   */
  const speller = (syllables) => {
    const readings = new Map();
    for (const [syllable, characters] of Object.entries(syllables || {})) for (const c of characters) {
      if (!readings.has(c)) readings.set(c, []);
      const whole = syllable.replace('v', 'u');
      readings.get(c).push([...new Set([whole, /^[zcs]h/.test(whole) ? whole.slice(0, 2) : whole, whole[0]])]);
    }
    const spells = (chars, k, typed) => {
      if (!typed) return true;
      if (k >= chars.length) return false;
      const ways = readings.get(chars[k]) || (/[a-z0-9]/.test(chars[k]) ? [[chars[k]]] : null);
      // What is no letter and no known character has no sound.
      if (!ways) return spells(chars, k + 1, typed);
      return ways.some((parts) => parts[0].startsWith(typed) || parts.some((part) => typed.startsWith(part) && spells(chars, k + 1, typed.slice(part.length))));
    };
    return (name, typed) => {
      for (let k = 0; k < name.length; k += 1) if (readings.has(name[k]) && spells(name, k, typed)) return k ? 2 : 0;
      return -1;
    };
  };

  hubmap.search = (app) => {
    let spelt = null;
    let entries = null;
    let found = [];
    let active = -1;

    const build = () => {
      spelt = speller(app.syllables);
      entries = [];
      for (const z of app.zones.values()) if (z.level !== 'hub') entries.push({ zone: z.id, en: z.name, zh: z.zh, plain: plain(z.name) + '\n' + plain(z.zh), order: 0 });
      const { table, kinds } = app.points || { table: { n: 0 }, kinds: new Map() };
      for (let i = 0; i < table.n; i += 1) {
        const kind = kinds.get(table.kind[i]);
        if (!kind || kind.shape === 'bubble') continue;
        entries.push({ i, kind, en: table.name[i], zh: table.name_zh ? table.name_zh[i] : '', plain: plain(table.name[i]) + '\n' + plain(table.name_zh && table.name_zh[i]), order: 1 });
      }
    };

    const input = el('input', { type: 'search', id: 'hm-search', role: 'combobox', 'aria-expanded': 'false', 'aria-controls': 'hm-results', 'aria-autocomplete': 'list', autocomplete: 'off', spellcheck: 'false' });
    const label = el('label', { for: 'hm-search', class: 'hm-only-sr' });
    const results = el('ul', { id: 'hm-results', role: 'listbox', class: 'hm-results', hidden: true });

    const close = () => {
      results.hidden = true;
      active = -1;
      input.setAttribute('aria-expanded', 'false');
      input.removeAttribute('aria-activedescendant');
    };

    const mark = (n) => {
      active = n;
      [...results.children].forEach((node, i) => node.setAttribute('aria-selected', String(i === n)));
      if (results.children[n]) {
        input.setAttribute('aria-activedescendant', results.children[n].id);
        results.children[n].scrollIntoView({ block: 'nearest' });
      }
    };

    const choose = (entry) => {
      close();
      input.value = text.named(entry.en, entry.zh);
      if (entry.zone) app.visit(entry.zone);
      else app.open(entry.i);
    };

    const run = () => {
      if (!entries) build();
      const wanted = plain(input.value.trim());
      if (!wanted) return close();
      // The start of a name beats the start of a word, and that the middle of one.
      const letters = wanted.replace(/[\s'’-]/g, '').replace(/v/g, 'u');
      const pinyin = /^[a-z]{2,40}$/.test(letters) ? letters : '';
      const rank = (e) => {
        const at = e.plain.indexOf(wanted);
        if (at < 0) {
          const said = pinyin && e.zh ? spelt(plain(e.zh), pinyin) : -1;
          return said < 0 ? -1 : said + 1;
        }
        const before = e.plain[at - 1];
        return at === 0 || before === '\n' ? 0 : /[\s(（·,-]/.test(before) ? 1 : 2;
      };
      const ranked = entries.map((e) => ({ e, r: rank(e) })).filter(({ r }) => r >= 0)
        .sort((a, b) => a.r - b.r || a.e.order - b.e.order || a.e.en.length - b.e.en.length);
      found = ranked.slice(0, MOST).map(({ e }) => e);
      // What bears one name, as campuses do, is told apart by its place.
      const named = (e) => e.en + '\n' + e.zh;
      const twice = (e) => found.some((other) => other !== e && named(other) === named(e));
      const { table } = app.points || {};
      const where = (e) => (e.kind && twice(e) ? app.placeName(table.district && table.district[e.i], table.city && table.city[e.i]) : '');
      refill(results, found.map((entry, n) => el('li', { id: 'hm-result-' + n, role: 'option', 'aria-selected': 'false', on: { mousedown: (event) => { event.preventDefault(); choose(entry); } } },
        entry.kind ? hubmap.popup.swatch(entry.kind, app.points.vague(entry.i)) : el('span', { class: 'hm-pin', 'aria-hidden': 'true' }),
        hubmap.name(text.named(entry.en, entry.zh)),
        hubmap.name([text.language === 'zh' ? entry.en : entry.zh, where(entry)].filter(Boolean).join(' · '), { class: 'hm-second' }))));
      results.hidden = !found.length;
      input.setAttribute('aria-expanded', String(Boolean(found.length)));
      active = -1;
      app.say(ranked.length ? t(ranked.length > MOST ? 'search.first' : 'search.found', { n: text.number(ranked.length), most: MOST }) : t('search.none'));
      return undefined;
    };

    input.addEventListener('input', run);
    input.addEventListener('focus', () => input.value && run());
    input.addEventListener('blur', close);
    input.addEventListener('keydown', (event) => {
      if (event.key === 'Escape') close();
      else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
        event.preventDefault();
        if (results.hidden) run();
        if (found.length) mark((active + (event.key === 'ArrowDown' ? 1 : found.length - 1 + (active < 0 ? 1 : 0))) % found.length);
      } else if (event.key === 'Enter' && !results.hidden && found.length) {
        event.preventDefault();
        choose(found[Math.max(0, active)]);
      }
    });

    const relabel = () => {
      label.textContent = t('search.label');
      input.setAttribute('placeholder', t('search.placeholder'));
      results.setAttribute('aria-label', t('search.results'));
    };
    relabel();
    app.state.on(['language'], relabel);
    return el('search', { class: 'hm-search' }, label, input, results);
  };
})(window.hubmap);
