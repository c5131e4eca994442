// Values that a view asks for once, and again when something it depends on changes.

import { Failure } from "../core/failure.js";
import { useEffect, useState } from "../core/view.js";

/**
 * @template T
 * @param {() => Promise<T>} ask
 * @param {any[]} depends
 * @returns {{value: T | undefined, failure: Failure | null, loading: boolean, again: () => void}}
 */
export function useAsked(ask, depends) {
  const [turn, setTurn] = useState(0);
  const [now, set] = useState({ value: /** @type {T | undefined} */ (undefined), failure: /** @type {Failure | null} */ (null), loading: true });
  useEffect(() => {
    let current = true;
    set((/** @type {any} */ before) => ({ ...before, loading: true }));
    ask().then(
      (value) => current && set({ value, failure: null, loading: false }),
      (error) => current && set((/** @type {any} */ before) => ({ ...before, failure: error instanceof Failure ? error : new Failure(String(error)), loading: false })),
    );
    return () => {
      current = false;
    };
  }, [...depends, turn]);
  return { ...now, again: () => setTurn((/** @type {number} */ n) => n + 1) };
}

/** The time, drawn anew every so often. @param {number} milliseconds */
export function useNow(milliseconds = 1000) {
  const [now, set] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => set(Date.now()), milliseconds);
    return () => clearInterval(timer);
  }, [milliseconds]);
  return now;
}
