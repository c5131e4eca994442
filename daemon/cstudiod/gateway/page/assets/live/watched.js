// Everything that a watch tells of, for views that list it all.

import { useEffect, useState } from "../core/view.js";
import { follow } from "./following.js";

/**
 * @param {string} method
 * @param {(message: any) => any} taken what a message is about; nothing: it is about something else
 * @param {(one: any) => string} keyOf what `deleted` names
 * @returns {{complete: boolean, all: Map<string, any>}}
 */
export function useWatched(method, taken, keyOf) {
  const [now, set] = useState({ complete: false, all: /** @type {Map<string, any>} */ (new Map()) });
  useEffect(() => {
    let next = new Map();
    let complete = false;
    return follow(method, {}, {
      fresh() {
        next = new Map();
        complete = false;
      },
      message(message) {
        const one = taken(message);
        if (one) next.set(keyOf(one), one);
        else if (message.deleted) next.delete(message.deleted);
        else if (message.synced) complete = true;
        else return;
        if (complete) set({ complete, all: new Map(next) });
      },
    });
  }, []);
  return now;
}
