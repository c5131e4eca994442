// Envelopes of a Connect stream: one byte of flags, four of length (big-endian), then JSON.
// Source: connectrpc.com/docs/protocol, "Streaming-Request" and "EndStreamResponse".

const HEAD = 5;
const END = 2;
const COMPRESSED = 1;

/** @typedef {{last: boolean, value: any}} Frame */

/** Takes bytes as they come and gives whole frames; keeps what is not whole yet. */
export class FrameReader {
  constructor() {
    /** @type {Uint8Array} */
    this.rest = new Uint8Array(0);
  }

  /**
   * @param {Uint8Array} bytes
   * @returns {Frame[]}
   */
  push(bytes) {
    this.rest = joined(this.rest, bytes);
    const frames = [];
    let at = 0;
    while (this.rest.length - at >= HEAD) {
      const size = new DataView(this.rest.buffer, this.rest.byteOffset + at + 1).getUint32(0);
      if (this.rest.length - at - HEAD < size) break;
      const body = this.rest.subarray(at + HEAD, at + HEAD + size);
      frames.push(frame(this.rest[at], body));
      at += HEAD + size;
    }
    this.rest = this.rest.slice(at);
    return frames;
  }
}

/**
 * Makes the envelope of one request message.
 * @param {any} value
 * @returns {Uint8Array}
 */
export function envelope(value) {
  const body = new TextEncoder().encode(JSON.stringify(value));
  const whole = new Uint8Array(HEAD + body.length);
  new DataView(whole.buffer).setUint32(1, body.length);
  whole.set(body, HEAD);
  return whole;
}

/** @param {number} flags @param {Uint8Array} body @returns {Frame} */
function frame(flags, body) {
  if (flags & COMPRESSED) throw new Error("a compressed frame, which was not asked for");
  const text = new TextDecoder().decode(body);
  return { last: Boolean(flags & END), value: text ? JSON.parse(text) : {} };
}

/** @param {Uint8Array} left @param {Uint8Array} right */
function joined(left, right) {
  if (!left.length) return right;
  const both = new Uint8Array(left.length + right.length);
  both.set(left);
  both.set(right, left.length);
  return both;
}
