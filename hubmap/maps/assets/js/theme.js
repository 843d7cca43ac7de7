/* Light and dark: every ink of the canvas is named by its light colour and looked up here. */
((hubmap) => {
  'use strict';

  const DARK = {
    '#fff': '#151c23', '#fdfcf9': '#232c34', '#cfccc2': '#46525d', '#e4e2dc': '#333c45', '#bab7ad': '#56616b', '#fbfaf7': '#2b343c',
    '#edebe4': '#1d252d', '#dde8ef': '#0f171e', '#a9bccb': '#4a5b69', '#c3d6e2': '#33454f', '#aaa79c': '#5d6770', '#b9b7ae': '#4d5860', '#d3d1c8': '#3a444d',
    '#5c656f': '#a4b0bb', '#1f2933': '#f0f4f8', '#2b3640': '#dbe3ea', '#26313b': '#dde5ec', '#67635a': '#9aa3ab', '#44677e': '#84a6bc',
    '#3d4f60': '#8fa3b5', '#10202f': '#ffffff', '#3b4754': '#c5d0da',
    'rgba(250,249,245,.92)': 'rgba(18,25,31,.92)', 'rgba(255,255,255,.95)': 'rgba(18,25,31,.95)', 'rgba(255,255,255,.97)': 'rgba(27,35,43,.97)',
    'rgba(255,255,255,.9)': 'rgba(18,25,31,.9)', 'rgba(255,255,255,.75)': 'rgba(18,25,31,.75)', 'rgba(255,255,255,.82)': 'rgba(18,25,31,.82)',
    'rgba(221,232,239,.9)': 'rgba(15,23,30,.9)', 'rgba(96,84,72,.30)': 'rgba(10,15,20,.45)', 'rgba(16,32,47,.07)': 'rgba(255,255,255,.09)', 'rgba(16,32,47,.65)': 'rgba(255,255,255,.7)',
  };
  const bright = new Map();

  const theme = {
    dark: false,

    ink: (colour) => (theme.dark ? DARK[colour] || colour : colour),

    /** A kind's or hub's own colour; on dark ground half-way to white, the hue kept. */
    hue(colour) {
      if (!theme.dark) return colour;
      if (!bright.has(colour)) {
        const parts = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
        bright.set(colour, parts.some(Number.isNaN) ? colour : '#' + parts.map((v) => Math.round(v + (255 - v) * 0.45).toString(16).padStart(2, '0')).join(''));
      }
      return bright.get(colour);
    },
  };

  hubmap.theme = theme;
})(window.hubmap);
