// Sync sessions as they are now: those of a studio are asked for again and again, all of them watched.

import { call } from "../core/connect.js";
import { useEffect, useState } from "../core/view.js";
import { useWatched } from "./watched.js";

const AGAIN = 2000;

/** @param {any} session @returns {string} */
const idOf = (session) => session.name.replace("syncSessions/", "");

/**
 * A stream for each would use up the few connections that a browser has for one address.
 * @param {string[]} names ids, without `syncSessions/`
 * @param {boolean} wanted
 * @returns {Map<string, any>} by id
 */
export function useSessions(names, wanted) {
  const [all, set] = useState(/** @type {Map<string, any>} */ (new Map()));
  useEffect(() => {
    if (!wanted) return undefined;
    const put = (/** @type {any} */ one) => set((/** @type {Map<string, any>} */ before) => new Map(before).set(idOf(one), one));
    const ask = () => names.forEach((name) => call("SyncSessions/GetSyncSession", { name: `syncSessions/${name}` }).then(put, () => {}));
    ask();
    const timer = setInterval(ask, AGAIN);
    return () => clearInterval(timer);
  }, [names.join(" "), wanted]);
  return all;
}

/** All sessions, for the list of them. @returns {{complete: boolean, all: Map<string, any>}} */
export function useAllSessions() {
  return useWatched("SyncSessions/WatchSyncSessions", (message) => message.upserted, (one) => one.name);
}
