// Clicks: the call, the command that does the same, and what came of it.

import { commandOf } from "../core/commands.js";
import { call } from "../core/connect.js";
import { Failure } from "../core/failure.js";
import { Store } from "../core/store.js";
import { useRef, useState } from "../core/view.js";

const REMEMBERED = 100;

/** @type {Store<{command: string, time: number}[]>} newest first */
export const commands = new Store(/** @type {{command: string, time: number}[]} */ ([]));

/** Notes what a click does as a command. @param {string} method @param {any} request */
export function note(method, request) {
  const command = commandOf(method, request);
  if (!command || commands.value[0]?.command === command) return;
  commands.set([{ command, time: Date.now() }, ...commands.value].slice(0, REMEMBERED));
}

/** Calls, and notes the command. @param {string} method @param {any} request @returns {Promise<any>} */
export function act(method, request) {
  note(method, request);
  return call(method, request);
}

/**
 * Work that a button starts: whether it goes on, and why it failed.
 * @returns {{busy: boolean, failure: Failure | null, clear: () => void, run: (work: () => Promise<any>) => Promise<boolean>}}
 */
export function useDoing() {
  const [now, set] = useState({ busy: false, failure: /** @type {Failure | null} */ (null) });
  const going = useRef(false);
  const run = async (/** @type {() => Promise<any>} */ work) => {
    if (going.current) return false;
    going.current = true;
    set({ busy: true, failure: null });
    try {
      await work();
      set({ busy: false, failure: null });
      return true;
    } catch (error) {
      set({ busy: false, failure: error instanceof Failure ? error : new Failure(String(error)) });
      return false;
    } finally {
      going.current = false;
    }
  };
  return { ...now, run, clear: () => set({ busy: false, failure: null }) };
}
