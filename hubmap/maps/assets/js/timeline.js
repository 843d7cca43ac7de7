/* One slider over founding years, for all kinds: what stood by then, or what was new. */
((hubmap) => {
  'use strict';

  const { el, text, refill } = hubmap;
  const { t } = text;
  const BIN = 5;

  const years = (app) => {
    if (app.yearRange) return app.yearRange;
    if (!app.points || !('founded' in app.points.table)) return null;
    const { words, places } = app.points.table.coded('founded');
    const counts = new Uint32Array(words.length);
    for (let i = 0; i < places.length; i += 1) counts[places[i]] += 1;
    const known = words.map((year, k) => ({ year, n: counts[k] })).filter(({ year, n }) => n && year !== null && year !== undefined).sort((a, b) => a.year - b.year);
    const total = known.reduce((sum, { n }) => sum + n, 0);
    if (total < 2) return null;
    // A few very old houses would make the slider useless for the years that matter.
    let before = 0;
    const first = known.find(({ n }) => (before += n) > Math.floor(total * 0.02));
    return (app.yearRange = [first.year, known[known.length - 1].year]);
  };

  /** How many were founded in each five years, by kind: what is shown dark, the rest pale. */
  const plot = (app) => {
    const range = years(app);
    if (!range) return null;
    const { table, kinds } = app.points;
    const bins = Math.floor((range[1] - range[0]) / BIN) + 1;
    const shown = new Float64Array(bins);
    const all = new Float64Array(bins);
    for (let i = 0; i < table.n; i += 1) {
      const kind = kinds.get(table.kind[i]);
      if (!kind || kind.shape === 'bubble' || table.founded[i] === null || !app.state.get('kinds').includes(kind.id)) continue;
      const bin = Math.max(0, Math.floor((table.founded[i] - range[0]) / BIN));
      all[bin] += 1;
      if (app.kept(i)) shown[bin] += 1;
    }
    const most = Math.max(1, ...all);
    const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
    svg.setAttribute('viewBox', `0 0 ${bins * 8} 44`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('class', 'hm-plot');
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', t('time.plot', { from: String(range[0]), to: String(range[1]) }));
    for (const [values, name] of [[all, 'hm-plot-all'], [shown, 'hm-plot-shown']]) {
      values.forEach((n, i) => {
        if (!n) return;
        const bar = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
        const high = (42 * n) / most;
        for (const [k, v] of Object.entries({ x: i * 8 + 1, y: 44 - high, width: 6, height: high, class: name })) bar.setAttribute(k, v);
        svg.append(bar);
      });
    }
    return el('figure', { class: 'hm-plotbox' }, svg, el('figcaption', { class: 'hm-note' }, el('span', { text: String(range[0]) }), el('span', { text: t('time.caption', { n: BIN }) }), el('span', { text: String(range[1]) })));
  };

  /** The bar at the map's foot. */
  const bar = (app) => {
    const box = app.nodes.time;
    const range = years(app);
    box.hidden = !app.state.get('timeOpen') || !range;
    if (box.hidden) return stop(app);
    const now = app.state.get('year') ?? range[1];
    if (app.timeNodes && app.timeNodes.language === text.language) {
      const { slider, year, play } = app.timeNodes;
      slider.value = String(now);
      slider.setAttribute('aria-valuetext', String(now));
      year.textContent = String(now);
      play.textContent = t(app.playing ? 'time.pause' : 'time.play');
      for (const input of box.querySelectorAll('input[type=radio]')) input.checked = input.value === app.state.get('yearMode');
      return undefined;
    }
    const slider = el('input', { type: 'range', min: String(range[0]), max: String(range[1]), step: '1', value: String(now), 'aria-label': t('time.label'), 'aria-valuetext': String(now) });
    slider.addEventListener('input', () => { stop(app); app.state.set({ year: Number(slider.value) }); });
    const play = el('button', { type: 'button', class: 'hm-button hm-play', on: { click: () => (app.playing ? stop(app) : start(app)) } }, t(app.playing ? 'time.pause' : 'time.play'));
    const year = el('output', { class: 'hm-year', text: String(now) });
    app.timeNodes = { slider, year, play, language: text.language };
    return refill(box, play, year, slider,
      el('div', { class: 'hm-segments', role: 'radiogroup', 'aria-label': t('time.mode') }, ['stock', 'new'].map((mode) => {
        const input = el('input', { type: 'radio', name: 'hm-yearmode', value: mode, checked: app.state.get('yearMode') === mode });
        input.addEventListener('change', () => app.state.set({ yearMode: mode }));
        return el('label', { class: 'hm-segment' }, input, el('span', { text: t('time.' + mode) }));
      })),
      el('button', { type: 'button', class: 'hm-button hm-close', 'aria-label': t('close'), on: { click: () => close(app) } }, '×'),
      el('p', { class: 'hm-note', text: t('time.note') }));
  };

  const open = (app) => {
    app.state.set({ timeOpen: true });
    app.timeNodes.play.focus({ preventScroll: true });
  };

  const close = (app) => {
    app.state.set({ timeOpen: false, year: null });
    app.nodes.timeButton.focus();
  };

  const start = (app) => {
    const range = years(app);
    const now = app.state.get('year');
    const first = Math.max(range[0], range[1] - 60);
    app.state.set({ year: now === null || now >= range[1] ? first : now });
    app.playing = setInterval(() => {
      const year = app.state.get('year') + 1;
      app.state.set({ year });
      if (year >= range[1]) stop(app);
    }, 260);
    bar(app);
  };

  const stop = (app) => {
    if (!app.playing) return;
    clearInterval(app.playing);
    app.playing = null;
    bar(app);
    if (app.state.get('year') !== null) app.say(t('time.say', { year: String(app.state.get('year')), n: text.number(app.shownRows().length) }));
  };

  hubmap.timeline = { bar, plot, years, start, stop, open, close };
})(window.hubmap);
