// What a sync session's fields mean to people.

import { bytes, number, plural, word } from "./words.js";

/** @type {Record<string, string>} */
const STATES = { watching: "in step", scanning: "looking", syncing: "copying", connecting: "connecting" };

/** `in step`, `copying`, `halted`, …. @param {any} session @param {string} [otherwise] */
export function sessionState(session, otherwise = "") {
  const own = word(session?.state) || otherwise.toLowerCase();
  return STATES[own] || own || "unknown";
}

/** How much it keeps in step; or, at work, how far it is. @param {any} session @param {boolean} [atWork] */
export function sessionLine(session, atWork = false) {
  if (!session) return "";
  const p = session.progress;
  if (!atWork || !p) return `${plural(session.files, "file")} · ${bytes(session.bytes)}`;
  const parts = [`${number(p.filesDone)}${Number(p.filesTotal) ? ` of ${number(p.filesTotal)}` : ""} files`];
  if (Number(p.bytesTotal)) parts.push(`${bytes(p.bytesDone)} of ${bytes(p.bytesTotal)}`);
  if (p.bytesPerSecond) parts.push(`${bytes(p.bytesPerSecond)}/s`);
  return parts.join(" · ");
}

/** @param {any} version of a conflict; absent: the side has nothing */
export function versionWords(version) {
  if (!version) return "not there";
  const kind = word(version.kind, "SYNC_KIND_");
  if (kind === "folder") return "folder";
  if (kind === "link") return `link to ${version.linkTarget?.display || ""}`;
  return bytes(version.size);
}

/** `local` -> `this side`. @param {string} side `SYNC_SIDE_LOCAL` */
export function sideWords(side) {
  const own = word(side, "SYNC_SIDE_");
  return /** @type {Record<string, string>} */ ({ local: "here", remote: "in the studio", both: "both sides" })[own] || own;
}
