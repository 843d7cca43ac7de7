/* The namespace and the one way in which elements are made: text is always text. */
window.hubmap = {};
((hubmap) => {
  'use strict';

  /**
   * An element. `props`: class, text, on (listeners), data (data-*), anything else an attribute.
   * Children that are null or false are skipped; strings become text nodes.
   */
  hubmap.el = (tag, props, ...children) => {
    const node = document.createElement(tag);
    for (const [key, value] of Object.entries(props || {})) {
      if (value === null || value === undefined || value === false) continue;
      if (key === 'text') node.textContent = value;
      else if (key === 'class') node.className = value;
      else if (key === 'on') for (const [type, f] of Object.entries(value)) node.addEventListener(type, f);
      else if (key === 'data') Object.assign(node.dataset, value);
      else node.setAttribute(key, value === true ? '' : value);
    }
    hubmap.append(node, children);
    return node;
  };

  hubmap.append = (node, children) => {
    for (const child of children.flat(Infinity)) {
      if (child === null || child === undefined || child === false) continue;
      node.append(child);
    }
    return node;
  };

  /** Put new children in the place of the old ones. */
  hubmap.refill = (node, ...children) => {
    node.replaceChildren();
    return hubmap.append(node, children);
  };

  /** Text of unknown direction and origin, kept apart from the text around it. */
  hubmap.name = (text, props) => hubmap.el('bdi', { ...props, text });
})(window.hubmap);
