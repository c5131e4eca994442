// A value that tells when it changes.

import { useEffect, useState } from "./view.js";

/** @template T */
export class Store {
  /** @param {T} value */
  constructor(value) {
    this.value = value;
    /** @type {Set<() => void>} */
    this.readers = new Set();
  }

  /** @param {T} value */
  set(value) {
    this.value = value;
    for (const tell of [...this.readers]) tell();
  }

  /** @param {() => void} tell @returns {() => void} ends it */
  read(tell) {
    this.readers.add(tell);
    return () => this.readers.delete(tell);
  }
}

/**
 * Draws a view anew when a store changes.
 * @template T
 * @param {Store<T>} store
 * @returns {T}
 */
export function useStore(store) {
  const [, draw] = useState(0);
  useEffect(() => {
    draw((/** @type {number} */ n) => n + 1);
    return store.read(() => draw((/** @type {number} */ n) => n + 1));
  }, [store]);
  return store.value;
}
