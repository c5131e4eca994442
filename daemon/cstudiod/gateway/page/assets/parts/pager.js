// Pages of a list that is known by tokens: forward, and back through those that were seen.

import { number } from "../core/words.js";
import { html, useEffect, useState } from "../core/view.js";
import { Button } from "./basics.js";

/** @typedef {{token: string, at: number, on: (token: string) => void, back: () => void}} Pages */

/** Begins anew when `about` changes. @param {string} about @returns {Pages} */
export function usePages(about) {
  const [tokens, set] = useState([""]);
  useEffect(() => set([""]), [about]);
  return {
    token: tokens[tokens.length - 1],
    at: tokens.length - 1,
    on: (token) => set([...tokens, token]),
    back: () => set(tokens.length > 1 ? tokens.slice(0, -1) : tokens),
  };
}

/** @param {{pages: Pages, shown: number, size: number, total?: number, next: string | undefined, what: string}} props */
export function Pager({ pages, shown, size, total, next, what }) {
  if (!next && !pages.at) return null;
  const first = pages.at * size + 1;
  return html`<nav class="pager" aria-label=${`Pages of ${what}`}>
    <${Button} kind="small" disabled=${!pages.at} onClick=${pages.back}>Earlier<//>
    <span class="soft num" role="status">${number(first)}–${number(first + shown - 1)}${total ? ` of ${number(total)}` : ""}</span>
    <${Button} kind="small" disabled=${!next} onClick=${() => next && pages.on(next)}>Later<//>
  </nav>`;
}
