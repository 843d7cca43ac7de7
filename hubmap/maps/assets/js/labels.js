/* Names on the map, the important ones first, none over another. */
((hubmap) => {
  'use strict';

  const FONT = '"Inter", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", '
    + '"PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC", "Source Han Sans SC", '
    + '"WenQuanYi Micro Hei", sans-serif';
  const widths = new Map();

  const width = (ctx, font, text) => {
    const key = font + '|' + text;
    if (!widths.has(key)) {
      if (widths.size > 5000) widths.clear();
      widths.set(key, ctx.measureText(text).width);
    }
    return widths.get(key);
  };

  /**
   * Place the labels that actors have asked for: `{text, x, y, size, weight, italic, colour, halo,
   * rank, dot, gap}`, x and y in pixels. Smaller rank goes first. With a `gap` the name stands that
   * far from a mark, and over no other.
   */
  const place = (view) => {
    const ctx = view.ctx;
    const taken = view.taken || [];
    const marks = view.marks || [];
    const free = (b, boxes) => !boxes.some((t) => b[0] < t[2] && b[2] > t[0] && b[1] < t[3] && b[3] > t[1]);
    // Half a name at the window's edge is none.
    const half = (low, high, end) => low < end && high > end;
    const [ex, ey] = view.edge;
    const cut = (b) => half(b[0], b[2], ex) || half(b[0], b[2], view.width - ex) || half(b[1], b[3], ey) || half(b[1], b[3], view.height - ey);
    view.labels.sort((a, b) => a.rank - b.rank || (a.text < b.text ? -1 : 1));
    ctx.textAlign = 'center';
    ctx.textBaseline = 'middle';
    ctx.lineJoin = 'round';
    view.placed = [];
    for (const label of view.labels) {
      const font = `${label.italic ? 'italic ' : ''}${label.weight || 500} ${label.size}px ${FONT}`;
      ctx.font = font;
      if ('letterSpacing' in ctx) ctx.letterSpacing = (label.spacing || 0) + 'px';
      const w = width(ctx, font + (label.spacing || 0), label.text) + 6;
      const h = label.size + 5;
      // A point's name stands beside its dot where that side is free, else on another side.
      const gap = label.dot ? 5 : label.gap;
      const beside = [[w / 2 + gap, 0], [-w / 2 - gap, 0]];
      const over = [[0, -h / 2 - gap], [0, h / 2 + gap]];
      const spots = label.dot ? [...beside, ...over] : gap ? [...over.reverse(), ...beside] : [[0, 0], [0, -h], [0, h]];
      for (const [sx, sy] of spots) {
        const [x, y] = [label.x + sx, label.y + sy];
        const box = [x - w / 2, y - h / 2, x + w / 2, y + h / 2];
        if (box[0] < 0 || box[1] < 0 || box[2] > view.width || box[3] > view.height || cut(box) || !free(box, taken) || (label.gap && !free(box, marks))) continue;
        taken.push(box);
        if (label.dot) {
          taken.push([label.x - 4, label.y - 4, label.x + 4, label.y + 4]);
          ctx.beginPath();
          ctx.arc(label.x, label.y, label.dot, 0, 7);
          ctx.fillStyle = hubmap.theme.ink('#fff');
          ctx.fill();
          ctx.lineWidth = 1.2;
          ctx.strokeStyle = hubmap.theme.ink(label.colour);
          ctx.stroke();
        }
        ctx.strokeStyle = hubmap.theme.ink(label.halo || 'rgba(250,249,245,.92)');
        ctx.lineWidth = label.haloWidth || 3.2;
        ctx.strokeText(label.text, x, y);
        ctx.fillStyle = hubmap.theme.ink(label.colour);
        ctx.fillText(label.text, x, y);
        view.placed.push({ text: label.text, box });
        break;
      }
    }
    if ('letterSpacing' in ctx) ctx.letterSpacing = '0px';
  };

  hubmap.labels = { place, FONT };
})(window.hubmap);
