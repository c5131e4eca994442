// What programs write, cut into lines; the last so many are kept.

export const KEPT = 5000;

/** Lines of a stream of bytes. Long streams lose their oldest lines, and say how many. */
export class Output {
  /** @param {number} kept */
  constructor(kept = KEPT) {
    this.kept = kept;
    /** @type {string[]} */
    this.lines = [];
    this.dropped = 0;
    this.open = false;
    this.decoder = new TextDecoder();
  }

  /** @param {Uint8Array} bytes */
  push(bytes) {
    this.add(this.decoder.decode(bytes, { stream: true }));
  }

  /** @param {string} text */
  add(text) {
    if (!text) return;
    const parts = text.split("\n");
    const first = parts.shift() || "";
    if (this.open) this.lines[this.lines.length - 1] += first;
    else if (first || parts.length) this.lines.push(first);
    this.open = true;
    for (const part of parts) this.lines.push(part);
    if (this.lines[this.lines.length - 1] === "" && parts.length) {
      this.lines.pop();
      this.open = false;
    }
    const over = this.lines.length - this.kept;
    if (over > 0) {
      this.lines.splice(0, over);
      this.dropped += over;
    }
  }
}

const CONTROLS = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007]*\u0007|[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** Leaves out what only a terminal understands. @param {string} line */
export function plain(line) {
  return line.slice(line.lastIndexOf("\r", line.length - 2) + 1).replace(CONTROLS, "");
}

/** @param {string[]} lines @param {string} wanted in any case; empty: all */
export function filtered(lines, wanted) {
  const low = wanted.toLowerCase();
  return low ? lines.filter((one) => one.toLowerCase().includes(low)) : lines;
}
