// A pane of output that stays at its end, unless its reader scrolls up.

import { plain } from "../core/output.js";
import { html, useLayoutEffect, useRef } from "../core/view.js";

/** How many lines are drawn at most; more are kept for the filter. */
export const DRAWN = 2000;

/**
 * @param {{label: string, lines: string[], dropped?: number, empty?: any, kind?: string}} props
 */
export function Terminal({ label, lines, dropped = 0, empty, kind = "" }) {
  const box = useRef(/** @type {any} */ (null));
  const atEnd = useRef(true);
  const left = dropped + Math.max(0, lines.length - DRAWN);
  const text = lines.slice(-DRAWN).map(plain).join("\n");
  useLayoutEffect(() => {
    if (atEnd.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const onScroll = () => {
    const { scrollTop, clientHeight, scrollHeight } = box.current;
    atEnd.current = scrollHeight - scrollTop - clientHeight < 8;
  };
  return html`<div class=${`terminal ${kind}`} role="log" aria-live="off" aria-label=${label} tabindex="0" ref=${box} onScroll=${onScroll}>
    ${left > 0 && html`<p class="terminal-note">${left.toLocaleString("en-GB")} earlier lines are not shown</p>`}
    ${text ? html`<pre>${text}</pre>` : html`<p class="terminal-note">${empty || "Nothing was written so far."}</p>`}
  </div>`;
}
