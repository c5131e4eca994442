// What a build's fields mean to people.

import { word } from "./words.js";

/** `running`, `up to date`, `succeeded`, `failed`, `cancelled`. @param {any} build */
export function outcome(build) {
  return build.isUpToDate ? "up to date" : word(build.state);
}

/** The label of a line's block: `2 · jupyterlab`; empty: none. @param {any} line */
export function blockLabel(line) {
  if (line.block === undefined && !line.blockType) return "";
  if ((line.block ?? 0) < 0) return "";
  return `${(line.block ?? 0) + 1} · ${(line.blockType || "").replaceAll("_", " ")}`;
}

/**
 * How far the log is: the highest step that a line had.
 * @param {{step: number, steps: number}} before
 * @param {any} message of `FollowTemplateBuild`
 */
export function advanced(before, message) {
  const step = Math.max(before.step, ...(message.lines || []).map((/** @type {any} */ one) => one.step || 0));
  return { step, steps: Math.max(before.steps, message.steps || 0) };
}
