/* Words and numbers in the reader's language. */
((hubmap) => {
  'use strict';

  const text = { language: 'en', catalogues: {} };
  const formats = new Map();

  /** A phrase of the catalogue; `{name}` in it is replaced. */
  text.t = (key, values) => {
    const phrase = (text.catalogues[text.language] || {})[key] ?? key;
    return values ? phrase.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all) : phrase;
  };

  text.has = (key) => key in (text.catalogues[text.language] || {});

  /** The one of two languages, or the other where it is missing. */
  text.pick = (pair) => (pair ? pair[text.language] || pair.en || pair.zh || '' : '');

  /** A record's name in the reader's language. */
  text.named = (en, zh) => (text.language === 'zh' ? zh || en : en || zh) || '';

  /* How large numbers are called; `Intl` knows, but to make one of its formats takes as long as to draw the land. */
  const LARGE = {
    en: [[1e12, 'tn'], [1e9, 'bn'], [1e6, 'm'], [1e3, 'k']],
    zh: [[1e12, '万亿'], [1e8, '亿'], [1e4, '万']],
  };

  const format = (options) => {
    const key = text.language + Object.entries(options).flat().join();
    if (!formats.has(key)) {
      const locale = { en: 'en-GB', zh: 'zh-CN' }[text.language] || text.language;
      formats.set(key, new Intl.NumberFormat(locale, options));
    }
    return formats.get(key);
  };

  /** Rounded at a decimal place (before the point where negative), a half away from zero. */
  const rounded = (size, places) => Number(`${Math.round(Number(`${size}e${places}`))}e${-places}`);
  const power = (size) => Number(size.toExponential().split('e')[1]);

  /** English and Chinese group and point alike; what is very small or large, and a third language, `Intl` writes. */
  const written = (value, places, options, least = 0) => {
    const size = Math.abs(value);
    if (!LARGE[text.language] || !(size < 1e15 / 100 ** Math.max(0, places)) || (size && size < 1e-6) || Object.is(value, -0)) return format(options).format(value);
    const [whole, part = ''] = String(rounded(size, places)).split('.');
    const digits = part.padEnd(least, '0');
    return (value < 0 ? '-' : '') + whole.replace(/\B(?=(\d{3})+$)/g, ',') + (digits ? '.' + digits : '');
  };

  /** A number with as many digits as can be read: three significant ones, whole ones in full. */
  text.number = (value) => {
    if (value === null || value === undefined) return '–';
    const size = Math.abs(value);
    if (Number.isInteger(value) || !(size < 100)) return written(value, 0, { maximumFractionDigits: 0 });
    if (size >= 10) return written(value, 1, { maximumFractionDigits: 1 });
    if (size >= 1) return written(value, 2, { maximumFractionDigits: 2 });
    return written(value, 1 - power(size), { maximumSignificantDigits: 2 });
  };

  /** A number in few characters: 950, 1.2k, 3.4m, or 1.2万. */
  text.short = (value) => {
    if (value < 1000) return String(Math.round(value));
    if (!LARGE[text.language] || !(value < 1e15)) return format({ notation: 'compact', maximumSignificantDigits: 2 }).format(value);
    const size = rounded(value, 1 - power(value));
    const [least, word] = LARGE[text.language].find(([most]) => size >= most) || [1, ''];
    return String(Number((size / least).toPrecision(2))) + word;
  };

  text.year = (value) => (value === null ? '–' : String(Math.round(value)));

  /* How each statistic is shown: a factor that gives numbers one can say, and a unit's key. */
  const shown = {
    density: { factor: 100, unit: 'unit.per_100_km2' },
    cell_density: { factor: 1, unit: 'unit.per_km2' },
    per_million: { factor: 1, unit: 'unit.per_million' },
    location_quotient: { factor: 1, unit: 'unit.ratio' },
    share_near: { factor: 100, unit: 'unit.percent' },
    hot_spots: { factor: 100, unit: 'unit.percent' },
    primacy: { factor: 100, unit: 'unit.percent' },
    effective_districts: { factor: 1, unit: 'unit.districts' },
    median_founded: { factor: 1, unit: 'unit.year', year: true },
  };

  text.scaled = (statistic, value) => (value === null ? null : value * ((shown[statistic] || {}).factor || 1));

  text.value = (statistic, value) => {
    if (value === null || value === undefined) return '–';
    if ((shown[statistic] || {}).year) return text.year(value);
    const body = text.number(/^(count|registered)$/.test(statistic) ? Math.round(value) : text.scaled(statistic, value));
    return (shown[statistic] || {}).unit === 'unit.percent' ? body + ' %' : body;
  };

  /** How the numbers of one column are shown: all to the same place, so that they align. */
  text.column = (statistic, values) => {
    if ((shown[statistic] || {}).year || /^(count|registered)$/.test(statistic)) return (value) => text.value(statistic, value);
    const sizes = values.filter(Number.isFinite).map((v) => Math.abs(text.scaled(statistic, v))).filter((v) => v > 0);
    const most = Math.max(0, ...sizes);
    const least = Math.min(1, ...sizes);
    const digits = Math.max(most >= 100 ? 0 : most >= 10 ? 1 : 2, Math.min(4, Math.ceil(-Math.log10(least))));
    const percent = (shown[statistic] || {}).unit === 'unit.percent' ? ' %' : '';
    return (value) => (value === null || value === undefined ? '–' : written(text.scaled(statistic, value), digits, { minimumFractionDigits: digits, maximumFractionDigits: digits }, digits) + percent);
  };

  text.unit = (statistic, fallback) => {
    const unit = (shown[statistic] || {}).unit;
    return unit ? text.t(unit) : text.term('unitword', fallback || '');
  };

  /** The catalogue's words for a term that the tables bring, or the term itself. */
  text.term = (prefix, term) => {
    if (!term) return '';
    const key = prefix + '.' + term;
    if (text.has(key)) return text.t(key);
    if (text.has('=' + term)) return text.t('=' + term);
    return term.split('; ').map(phrase).join(text.language === 'zh' ? '；' : '; ');
  };

  /* Sentences that Python wrote with numbers in them: the catalogue's `~` keys are patterns. */
  const phrase = (said) => {
    for (const [pattern, words] of patterns()) {
      const found = said.match(pattern);
      if (found) return words.replace(/\$(\d)/g, (all, n) => placed(found[Number(n)] ?? ''));
    }
    return said;
  };

  /* Places that such a sentence names, in Chinese; a list's commas too. */
  text.places = new Map();
  const placed = (part) => (text.language !== 'zh' ? part
    : part.replace(/[A-Z][\w'’]*(?: [A-Za-z][\w'’]*)*/g, (name) => text.places.get(name) || name).replace(/([^\d]|\d%), /g, '$1、'));

  const known = new Map();
  const patterns = () => {
    if (!known.has(text.language)) {
      // The longest says most exactly what it means.
      const own = Object.entries(text.catalogues[text.language] || {}).filter(([key]) => key.startsWith('~')).sort(([a], [b]) => b.length - a.length || (a < b ? -1 : 1));
      known.set(text.language, own.map(([key, words]) => [new RegExp('^' + key.slice(1) + '$'), words]));
    }
    return known.get(text.language);
  };

  text.distance = (metres) => (metres < 1000
    ? text.t('distance.m', { n: text.number(metres) })
    : text.t('distance.km', { n: text.number(Math.round(metres / 100) / 10) }));

  hubmap.text = text;
})(window.hubmap);
