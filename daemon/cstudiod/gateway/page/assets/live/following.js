// A watch that survives breaks: it goes on where it was, and says when it cannot.

import { stream } from "../core/connect.js";
import { Failure } from "../core/failure.js";
import { Store } from "../core/store.js";

const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 10_000;

/**
 * Whether the daemon answers, as the watches find. `retryAt` is when the next attempt is made.
 * @type {Store<{lost: boolean, since: number, retryAt: number, message: string}>}
 */
export const connection = new Store({ lost: false, since: 0, retryAt: 0, message: "" });

/** @type {Set<() => void>} */
const hurried = new Set();

/** Ends the pauses: tries at once. */
export function retryNow() {
  for (const go of [...hurried]) go();
}

/**
 * Follows a watch until told to end.
 * @param {string} method `Studios/WatchStudios`
 * @param {object} request
 * @param {{fresh: () => void, message: (message: any) => void, refused?: (failure: Failure) => void}} reader
 *   `fresh`: everything comes once more
 * @returns {() => void} ends it
 */
export function follow(method, request, reader) {
  const end = new AbortController();
  run(method, request, reader, end.signal);
  return () => end.abort();
}

/** @param {string} method @param {object} request @param {any} reader @param {AbortSignal} signal */
async function run(method, request, reader, signal) {
  let token = "";
  let pause = FIRST_PAUSE;
  while (!signal.aborted) {
    await visible(signal);
    const turn = turnOf(signal);
    try {
      if (!token) reader.fresh();
      for await (const message of stream(method, { ...request, resumeToken: token }, turn.signal)) {
        pause = FIRST_PAUSE;
        found();
        token = message.resumeToken || token;
        reader.message(message);
      }
    } catch (error) {
      if (signal.aborted) return;
      if (turn.signal.aborted) continue;
      const failure = error instanceof Failure ? error : new Failure(String(error));
      if (failure.reason === "RESUME_TOKEN_EXPIRED") {
        token = "";
        continue;
      }
      if (["permission_denied", "not_found"].includes(failure.code)) {
        reader.refused?.(failure);
        return;
      }
      lost(failure.message, pause);
    } finally {
      turn.end();
    }
    await wait(pause, signal);
    pause = Math.min(pause * 2, LONGEST_PAUSE);
  }
}

/** Returns when somebody can see the page. @param {AbortSignal} signal */
function visible(signal) {
  if (!document.hidden) return undefined;
  return new Promise((resolve) => {
    const look = () => {
      if (document.hidden && !signal.aborted) return;
      document.removeEventListener("visibilitychange", look);
      signal.removeEventListener("abort", look);
      resolve(undefined);
    };
    document.addEventListener("visibilitychange", look);
    signal.addEventListener("abort", look);
  });
}

/**
 * One connection of a watch. It ends when the page is out of sight: a browser has six for an
 * address, all its windows together.
 * @param {AbortSignal} signal
 */
function turnOf(signal) {
  const own = new AbortController();
  const look = () => {
    if (signal.aborted || document.hidden) own.abort();
  };
  document.addEventListener("visibilitychange", look);
  signal.addEventListener("abort", look);
  const end = () => {
    document.removeEventListener("visibilitychange", look);
    signal.removeEventListener("abort", look);
  };
  return { signal: own.signal, end };
}

function found() {
  if (connection.value.lost) connection.set({ lost: false, since: 0, retryAt: 0, message: "" });
}

/** @param {string} message @param {number} pause */
function lost(message, pause) {
  const since = connection.value.lost ? connection.value.since : Date.now();
  connection.set({ lost: true, since, retryAt: Date.now() + pause, message });
}

/** @param {number} milliseconds @param {AbortSignal} signal */
function wait(milliseconds, signal) {
  return new Promise((resolve) => {
    const go = () => {
      clearTimeout(timer);
      hurried.delete(go);
      signal.removeEventListener("abort", go);
      resolve(undefined);
    };
    const timer = setTimeout(go, milliseconds);
    hurried.add(go);
    signal.addEventListener("abort", go);
  });
}
