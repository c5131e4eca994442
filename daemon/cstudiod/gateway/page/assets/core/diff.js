// Two texts side by side: which lines are the same, and what stands opposite what.

/** @typedef {{left: string | null, right: string | null, leftAt: number, rightAt: number, same: boolean}} Row */

export const MOST_STEPS = 2_000_000;

/**
 * Puts the lines of two texts side by side. A removed line stands opposite an added one.
 * @param {string} left
 * @param {string} right
 * @returns {Row[]}
 */
export function sideBySide(left, right) {
  const a = lines(left);
  const b = lines(right);
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end += 1;
  const pairs = [
    ...range(0, start).map((i) => [i, i]),
    ...common(a.slice(start, a.length - end), b.slice(start, b.length - end)).map(([i, j]) => [i + start, j + start]),
    ...range(0, end).map((i) => [a.length - end + i, b.length - end + i]),
  ];
  return rows(a, b, pairs);
}

/**
 * Shortens long stretches of equal lines; `hidden` says how many are left out.
 * @param {Row[]} all
 * @param {number} around how many equal lines stay beside a change
 * @returns {(Row | {hidden: number})[]}
 */
export function folded(all, around = 3) {
  const near = new Array(all.length).fill(false);
  all.forEach((row, at) => {
    if (row.same) return;
    for (let i = Math.max(0, at - around); i <= Math.min(all.length - 1, at + around); i += 1) near[i] = true;
  });
  /** @type {(Row | {hidden: number})[]} */
  const shown = [];
  for (let at = 0; at < all.length; at += 1) {
    if (near[at]) {
      shown.push(all[at]);
      continue;
    }
    const last = shown[shown.length - 1];
    if (last && "hidden" in last) last.hidden += 1;
    else shown.push({ hidden: 1 });
  }
  return shown;
}

/** @param {string} text */
function lines(text) {
  if (!text) return [];
  const found = text.split("\n");
  if (found[found.length - 1] === "") found.pop();
  return found;
}

/** @param {number} from @param {number} to */
function range(from, to) {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}

/**
 * Finds the longest common subsequence as pairs of indices; none where that would take too long.
 * @param {string[]} a
 * @param {string[]} b
 * @returns {number[][]}
 */
function common(a, b) {
  if (!a.length || !b.length || a.length * b.length > MOST_STEPS) return [];
  const wide = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * wide);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      lengths[i * wide + j] =
        a[i] === b[j] ? lengths[(i + 1) * wide + j + 1] + 1 : Math.max(lengths[(i + 1) * wide + j], lengths[i * wide + j + 1]);
    }
  }
  const pairs = [];
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) pairs.push([i++, j++]);
    else if (lengths[(i + 1) * wide + j] >= lengths[i * wide + j + 1]) i += 1;
    else j += 1;
  }
  return pairs;
}

/** @param {string[]} a @param {string[]} b @param {number[][]} pairs @returns {Row[]} */
function rows(a, b, pairs) {
  const found = [];
  let [i, j] = [0, 0];
  for (const [k, l] of [...pairs, [a.length, b.length]]) {
    while (i < k || j < l) {
      const left = i < k ? a[i++] : null;
      const right = j < l ? b[j++] : null;
      found.push({ left, right, leftAt: left === null ? 0 : i, rightAt: right === null ? 0 : j, same: false });
    }
    if (k < a.length && l < b.length) {
      found.push({ left: a[i++], right: b[j++], leftAt: i, rightAt: j, same: true });
    }
  }
  return found;
}
