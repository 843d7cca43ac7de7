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

  const format = (options) => {
    const key = text.language + Object.entries(options).flat().join();
    if (!formats.has(key)) {
      const locale = text.language === 'zh' ? 'zh-CN' : 'en-GB';
      formats.set(key, new Intl.NumberFormat(locale, options));
    }
    return formats.get(key);
  };

  /** A number with as many digits as can be read: three significant ones, whole ones in full. */
  text.number = (value) => {
    if (value === null || value === undefined) return '–';
    if (Number.isInteger(value) || Math.abs(value) >= 1000) return format({ maximumFractionDigits: 0 }).format(value);
    if (Math.abs(value) >= 100) return format({ maximumFractionDigits: 0 }).format(value);
    if (Math.abs(value) >= 10) return format({ maximumFractionDigits: 1 }).format(value);
    if (Math.abs(value) >= 1) return format({ maximumFractionDigits: 2 }).format(value);
    return format({ maximumSignificantDigits: 2 }).format(value);
  };

  /** A number in few characters: 950, 1.2K, 3.4M, or 1.2万. */
  text.short = (value) => (value < 1000 ? String(Math.round(value)) : format({ notation: 'compact', maximumSignificantDigits: 2 }).format(value));

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
    return (value) => (value === null || value === undefined ? '–' : format({ minimumFractionDigits: digits, maximumFractionDigits: digits }).format(text.scaled(statistic, value)) + percent);
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
      if (found) return words.replace(/\$(\d)/g, (all, n) => found[Number(n)] ?? '');
    }
    return said;
  };

  // The longest says most, and goes before one that fits more sentences.
  const known = new Map();
  const patterns = () => {
    if (!known.has(text.language)) {
      const own = Object.entries(text.catalogues[text.language] || {}).filter(([key]) => key.startsWith('~')).sort(([a], [b]) => b.length - a.length);
      known.set(text.language, own.map(([key, words]) => [new RegExp('^' + key.slice(1) + '$'), words]));
    }
    return known.get(text.language);
  };

  text.distance = (metres) => (metres < 1000
    ? text.t('distance.m', { n: text.number(metres) })
    : text.t('distance.km', { n: text.number(Math.round(metres / 100) / 10) }));

  hubmap.text = text;
})(window.hubmap);
