// All studios that the visitor may see, as they are now.

import { Store } from "../core/store.js";
import { spoken } from "../core/studios.js";
import { follow } from "./following.js";
import { announce } from "./saying.js";

/** @type {Store<{complete: boolean, all: Map<string, any>}>} by uid */
export const studios = new Store({ complete: false, all: new Map() });

/** Follows them from now on. */
export function watchStudios() {
  /** @type {Map<string, any>} */
  let next = new Map();
  let complete = false;
  let drawn = true;
  const draw = () => {
    if (!drawn) return;
    drawn = false;
    requestAnimationFrame(() => {
      drawn = true;
      studios.set({ complete: complete || studios.value.complete, all: new Map(next) });
    });
  };
  return follow("Studios/WatchStudios", {}, {
    fresh() {
      next = new Map();
      complete = false;
    },
    message(message) {
      if (message.studio) {
        if (complete) announce(spoken(next.get(message.studio.uid), message.studio));
        next.set(message.studio.uid, message.studio);
      } else if (message.deleted) next.delete(message.deleted);
      else if (message.synced) complete = true;
      else return;
      // Until all have come again, what was known before is the better picture.
      if (complete) draw();
    },
  });
}

/** @param {string | undefined} project @param {string | undefined} name */
export function find(project, name) {
  for (const one of studios.value.all.values()) {
    if (one.project === project && one.name === name) return one;
  }
  return undefined;
}
