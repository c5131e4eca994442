// What a studio's fields mean to people. No DOM, no calls.

import { bytes, number, plural, word } from "./words.js";

/** @typedef {any} Studio `cstudio.v1.Studio` as JSON */

/** `running`, `starting`, `stopped`, `stopping`, or `failed`: stopped, with a reason. @param {Studio} studio */
export function state(studio) {
  const own = word(studio.state);
  return own === "stopped" && studio.reason ? "failed" : own;
}

/** The order of a list: by project, then name. @param {Iterable<Studio>} studios */
export function sorted(studios) {
  const key = (/** @type {Studio} */ one) => `${one.project}\u0000${one.name}`;
  return [...studios].sort((a, b) => (key(a) < key(b) ? -1 : 1));
}

/** @param {Studio[]} studios @param {{text: string, state: string}} wanted */
export function matching(studios, { text, state: kind }) {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return studios.filter((one) => {
    if (kind && state(one) !== kind) return false;
    const all = `${one.project} ${one.name} ${one.template} ${one.owner} ${one.runtime}`.toLowerCase();
    return words.every((each) => all.includes(each));
  });
}

/** What may be asked of it now. @param {Studio} studio */
export function possible(studio) {
  const now = word(studio.state);
  return {
    start: now === "stopped",
    stop: now === "running" || now === "starting",
    restart: now === "running",
    open: now === "running",
  };
}

/** Whether it was to stop and would have lost something. @param {Studio} studio */
export function wouldLose(studio) {
  return studio.reason?.code === "unsynced" && word(studio.state) === "running";
}

/**
 * How far it is on its way; null: it is not on its way. `done` is absent while nobody knows.
 * @param {Studio} studio
 * @returns {{title: string, detail: string, done?: number, of: number} | null}
 */
export function progress(studio) {
  if (!["starting", "stopping"].includes(word(studio.state))) return null;
  const p = studio.progress || {};
  const title = studio.stage || (word(studio.state) === "starting" ? "Starting" : "Stopping");
  const detail = [p.number && p.count ? `step ${p.number} of ${p.count}` : "", work(p)].filter(Boolean).join(" · ");
  const part = fraction(p);
  if (!p.count) return { title, detail, of: 1, done: part };
  return { title, detail, of: p.count, done: Math.max(0, (p.number || 1) - 1) + (part ?? 0) };
}

/** @param {any} p */
function fraction(p) {
  if (p.step === "build" && p.buildSteps) return (p.buildStep || 0) / p.buildSteps;
  if (Number(p.bytesTotal)) return Math.min(1, Number(p.bytesDone || 0) / Number(p.bytesTotal));
  if (Number(p.filesTotal)) return Math.min(1, Number(p.filesDone || 0) / Number(p.filesTotal));
  return undefined;
}

/** @param {any} p */
function work(p) {
  if (p.step === "build" && p.buildSteps) return `build step ${p.buildStep || 0} of ${p.buildSteps}`;
  if (!Number(p.filesDone) && !Number(p.filesTotal)) return "";
  const total = Number(p.filesTotal) ? ` of ${number(p.filesTotal)}` : "";
  const rate = p.bytesPerSecond ? ` · ${bytes(p.bytesPerSecond)}/s` : "";
  const size = Number(p.bytesTotal) ? ` · ${bytes(p.bytesDone)} of ${bytes(p.bytesTotal)}` : "";
  return `${number(p.filesDone)}${total} files${size}${rate}`;
}

/** The address of a port's page. @param {{url: string}} port */
export function address(port) {
  return port.url.endsWith("/") ? port.url : `${port.url}/`;
}

/** What a change means for whoever cannot see it. @param {Studio | undefined} before @param {Studio} after */
export function spoken(before, after) {
  if (!before || state(before) === state(after)) return "";
  const why = after.reason ? `: ${after.reason.message}` : "";
  return `Studio ${after.name} is ${state(after)}${why}`;
}

/** Files in trouble, in words; empty: none. @param {Studio} studio */
export function trouble(studio) {
  const parts = [];
  if (studio.conflictCount) parts.push(plural(studio.conflictCount, "conflict"));
  if (studio.problemCount) parts.push(plural(studio.problemCount, "problem"));
  return parts.join(", ");
}
