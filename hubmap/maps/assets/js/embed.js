/* In a frame: tell the page around it which height suits the width, and nothing else; listen to nobody. */
((hubmap) => {
  'use strict';

  /** From the width alone, so that a frame that obeys does not make the page ask again. */
  const height = (width) => (width < 760 ? Math.min(860, Math.max(600, Math.round(width * 1.8))) : Math.min(820, Math.max(600, Math.round(width * 0.62))));

  const start = () => {
    if (window.parent === window) return;
    let told = 0;
    const tell = () => {
      const wanted = height(window.innerWidth);
      if (wanted === told) return;
      told = wanted;
      // Whoever frames the page may know it: a height tells nothing of the reader or the data.
      window.parent.postMessage({ hubmapHeight: wanted }, '*');
    };
    tell();
    window.addEventListener('resize', tell);
  };

  hubmap.embed = { height, start };
})(window.hubmap);
