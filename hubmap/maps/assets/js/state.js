/* What the reader has chosen, and who wants to know. */
((hubmap) => {
  'use strict';

  hubmap.state = (start) => {
    const listeners = [];
    const state = { ...start };
    return {
      get: (key) => state[key],
      /** Change some keys; listeners hear which. */
      set(changes) {
        const changed = Object.keys(changes).filter((key) => state[key] !== changes[key]);
        if (!changed.length) return;
        Object.assign(state, changes);
        for (const { keys, f } of listeners) if (!keys || keys.some((key) => changed.includes(key))) f(changed);
      },
      /** Call `f` when one of the keys changes (any, without keys). */
      on(keys, f) {
        listeners.push({ keys, f });
      },
    };
  };
})(window.hubmap);
