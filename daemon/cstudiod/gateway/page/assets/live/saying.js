// What changed, for people who cannot see it: a polite live region reads this out.

import { Store } from "../core/store.js";

/** @type {Store<string>} */
export const said = new Store("");

/** @param {string} sentence empty: nothing to say */
export function announce(sentence) {
  if (sentence) said.set(sentence);
}
