// Numbers, times and names, as people read them.

const UNITS = ["B", "KB", "MB", "GB", "TB"];

/** @param {number | string | undefined} count */
export function bytes(count) {
  let left = Number(count || 0);
  let unit = 0;
  while (left >= 1000 && unit < UNITS.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit && left < 10 ? left.toFixed(1) : Math.round(left)} ${UNITS[unit]}`;
}

/** @param {number | string | undefined} count */
export function number(count) {
  return Number(count || 0).toLocaleString("en-GB");
}

/** `2 files`, `1 file`. @param {number | string | undefined} count @param {string} one @param {string} [many] */
export function plural(count, one, many = `${one}s`) {
  return `${number(count)} ${Number(count || 0) === 1 ? one : many}`;
}

/** How long ago, in one unit. @param {string | undefined} time RFC 3339 @param {number} now milliseconds */
export function ago(time, now) {
  if (!time) return "never";
  const seconds = Math.max(0, (now - Date.parse(time)) / 1000);
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.round(seconds)} s ago`;
  if (seconds < 3600) return `${Math.round(seconds / 60)} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86400)} d ago`;
}

/** How long it took. @param {string | undefined} start @param {string | undefined} end @param {number} now */
export function took(start, end, now) {
  if (!start) return "";
  const seconds = Math.max(0, ((end ? Date.parse(end) : now) - Date.parse(start)) / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 60) return `${Math.round(seconds)} s`;
  return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}

/** A moment, whole. @param {string | undefined} time */
export function moment(time) {
  return time ? new Date(time).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "medium" }) : "–";
}

/** `STATE_RUNNING` -> `running`. @param {string | undefined} value @param {string} [prefix] */
export function word(value, prefix = "STATE_") {
  return (value || "").replace(prefix, "").toLowerCase().replaceAll("_", " ");
}

/** Text of base64. @param {string | undefined} value */
export function text(value) {
  return new TextDecoder().decode(raw(value));
}

/** Bytes of base64. @param {string | undefined} value @returns {Uint8Array} */
export function raw(value) {
  return Uint8Array.from(atob(value || ""), (one) => one.charCodeAt(0));
}
