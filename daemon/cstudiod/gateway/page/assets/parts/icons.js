// Icons, drawn as strokes in the colour of the text around them.

import { html } from "../core/view.js";

/** @type {Record<string, string>} */
const PATHS = {
  open: "M9 3h4v4 M13 3 7 9 M11 9v4H3V5h4",
  play: "M5 3.5v9l7-4.5z",
  stop: "M4 4h8v8H4z",
  again: "M13 8a5 5 0 1 1-1.5-3.5 M13 2v3h-3",
  bin: "M3 4.5h10 M6 4V2.5h4V4 M4.5 4.5l.6 9h5.8l.6-9",
  more: "M3.5 8h.01 M8 8h.01 M12.5 8h.01",
  copy: "M6 6h7v7H6z M10 6V3H3v7h3",
  terminal: "M3 4.5 6.5 8 3 11.5 M8 11.5h5",
  plus: "M8 3v10 M3 8h10",
  close: "M4 4l8 8 M12 4l-8 8",
  warn: "M8 2.5 14 13H2z M8 6.5v3 M8 11.2v.1",
  lost: "M2 6a9 9 0 0 1 12 0 M4.5 9a5.4 5.4 0 0 1 7 0 M8 12.2v.1 M2.5 2.5l11 11",
  check: "M3 8.5 6.5 12 13 4.5",
  file: "M4 2h5l3 3v9H4z M9 2v3h3",
  folder: "M2 4h4l1.5 2H14v7H2z",
  person: "M8 8a2.6 2.6 0 1 0 0-5.2A2.6 2.6 0 0 0 8 8z M3 14c.5-2.8 2.4-4 5-4s4.5 1.2 5 4",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12z M8 5v3.2l2 1.3",
  bolt: "M9 2 4 9h4l-1 5 5-7H8z",
  chart: "M3 13V8 M8 13V3 M13 13V6 M2 13.5h12",
  database: "M3 4c0-2.4 10-2.4 10 0v8c0 2.4-10 2.4-10 0z M3 4c0 2.4 10 2.4 10 0 M3 8c0 2.4 10 2.4 10 0",
  download: "M8 2v8 M4.5 7 8 10.5 11.5 7 M3 13.5h10",
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10z M11 11l3 3",
  chevron: "M4 6l4 4 4-4",
};

/** Words in the names of icons that templates use, and which of ours is meant. */
const MEANT = [
  ["play|run|start|rocket|bolt|flash|magic", "bolt"],
  ["chart|graph|bar|line|dashboard|analytics", "chart"],
  ["data|table|sql", "database"],
  ["download|save|export|cloud", "download"],
  ["refresh|sync|reload|restart|undo|redo", "again"],
  ["trash|delete|clean|remove|eraser", "bin"],
  ["check|test|ok|tick", "check"],
  ["file|doc|copy|note", "file"],
  ["folder|dir", "folder"],
  ["search|find|eye|zoom", "search"],
  ["time|clock|calendar|schedule", "clock"],
];

/** @param {{name: string}} props */
export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false"><path d=${PATHS[name] || PATHS.terminal} /></svg>`;
}

/** The nearest of ours to the name that a template gives an action. @param {string | undefined} name */
export function nearestIcon(name) {
  const low = (name || "").toLowerCase();
  return MEANT.find(([words]) => new RegExp(words).test(low))?.[1] || "terminal";
}
