// A plain text field with line numbers, and marks at lines. Tab leaves it, as everywhere on the page.

import { html, useEffect, useRef } from "../core/view.js";

/**
 * @param {{label: string, value: string, onInput: (value: string) => void, readOnly?: boolean,
 *   marks: Map<number, string>, handle: {current: any}}} props
 */
export function Editor({ label, value, onInput, readOnly = false, marks, handle }) {
  const area = useRef(/** @type {any} */ (null));
  const gutter = useRef(/** @type {any} */ (null));
  const count = value.split("\n").length;
  useEffect(() => {
    handle.current = { goTo: (/** @type {number} */ line) => goTo(area.current, line) };
  }, []);
  const onScroll = () => {
    gutter.current.scrollTop = area.current.scrollTop;
  };
  return html`<div class="editor">
    <div class="gutter num" aria-hidden="true" ref=${gutter}>${Array.from({ length: count }, (_, at) => html`<span class=${marks.has(at + 1) ? "marked" : ""} title=${marks.get(at + 1)}>${at + 1}</span>`)}</div>
    <textarea ref=${area} aria-label=${label} spellcheck=${false} autocomplete="off" wrap="off" rows="22" readonly=${readOnly} value=${value} onScroll=${onScroll}
      aria-invalid=${marks.size ? "true" : undefined} onInput=${(/** @type {any} */ e) => onInput(e.currentTarget.value)}></textarea>
  </div>`;
}

/** Selects a line. @param {HTMLTextAreaElement} area @param {number} line from 1; 0: the first */
function goTo(area, line) {
  const lines = area.value.split("\n");
  const start = lines.slice(0, Math.max(0, line - 1)).reduce((sum, one) => sum + one.length + 1, 0);
  area.focus();
  area.setSelectionRange(start, start + (lines[Math.max(0, line - 1)] || "").length);
  area.scrollTop = Math.max(0, ((line - 4) * area.scrollHeight) / lines.length);
}
