// What a run of an action came to, in words.

import { word } from "./words.js";

/** `running`, `ended`, `failed`, `timed out`, `cancelled`, `lost`. @param {any} run */
export function outcome(run) {
  const own = word(run.state);
  return own === "ended" && run.exitStatus ? "failed" : own;
}

/** @param {any} run */
export function ending(run) {
  const own = word(run.state);
  if (own === "ended") return `exit status ${run.exitStatus || 0}`;
  return run.detail || own;
}

/** What ran, as one types it. @param {any} run */
export function ran(run) {
  const words = run.command || [];
  if (words.length === 3 && /(^|\/)sh$/.test(words[0]) && words[1] === "-c") return words[2];
  return words.join(" ");
}

/** What a person typed, for `sh -c`, so that pipes and variables work. @param {string} text */
export function typed(text) {
  return ["sh", "-c", text];
}
