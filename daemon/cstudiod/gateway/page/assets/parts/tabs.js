// Tabs, as the ARIA Authoring Practices have them: arrows move, Home and End jump.

import { html, useRef } from "../core/view.js";

/**
 * @param {{label: string, tabs: {id: string, label: any, badge?: any}[], current: string,
 *   onPick: (id: string) => void, prefix: string, kind?: string}} props
 */
export function Tabs({ label, tabs, current, onPick, prefix, kind = "" }) {
  const list = useRef(/** @type {any} */ (null));
  const onKeyDown = (/** @type {KeyboardEvent} */ event) => {
    const at = tabs.findIndex((one) => one.id === current);
    const to = moved(event.key, at, tabs.length);
    if (to === null) return;
    event.preventDefault();
    onPick(tabs[to].id);
    list.current.querySelectorAll("[role=tab]")[to].focus();
  };
  return html`<div class=${`tabs ${kind}`} role="tablist" aria-label=${label} ref=${list} onKeyDown=${onKeyDown}>
    ${tabs.map(
      (one) => html`<button
        key=${one.id}
        type="button"
        role="tab"
        id=${`${prefix}-tab-${one.id}`}
        aria-selected=${String(one.id === current)}
        aria-controls=${`${prefix}-panel-${one.id}`}
        tabindex=${one.id === current ? 0 : -1}
        onClick=${() => onPick(one.id)}
      >${one.label}${one.badge ? html`<span class="count num">${one.badge}</span>` : null}</button>`,
    )}
  </div>`;
}

/** @param {{prefix: string, id: string, hidden?: boolean, children: any, kind?: string}} props */
export function Panel({ prefix, id, hidden = false, children, kind = "" }) {
  return html`<div
    class=${`panel ${kind}`}
    role="tabpanel"
    id=${`${prefix}-panel-${id}`}
    aria-labelledby=${`${prefix}-tab-${id}`}
    hidden=${hidden}
  >${children}</div>`;
}

/** @param {string} key @param {number} at @param {number} count */
function moved(key, at, count) {
  if (key === "ArrowRight") return (at + 1) % count;
  if (key === "ArrowLeft") return (at + count - 1) % count;
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  return null;
}
