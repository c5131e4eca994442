import assert from "node:assert/strict";
import test from "node:test";

import { FrameReader, envelope } from "../../../../daemon/cstudiod/gateway/page/assets/core/frames.js";

const joined = (...parts) => Uint8Array.from(parts.flatMap((one) => [...one]));
const end = (value) => {
  const whole = envelope(value);
  whole[0] = 2;
  return whole;
};

test("frames come whole, however the bytes are cut", () => {
  const bytes = joined(envelope({ a: "é" }), envelope({}), end({ error: { code: "aborted" } }));
  for (let size = 1; size <= bytes.length; size += 1) {
    const reader = new FrameReader();
    const found = [];
    for (let at = 0; at < bytes.length; at += size) found.push(...reader.push(bytes.slice(at, at + size)));
    assert.deepEqual(found, [
      { last: false, value: { a: "é" } },
      { last: false, value: {} },
      { last: true, value: { error: { code: "aborted" } } },
    ]);
  }
});

test("a compressed frame is refused", () => {
  assert.throws(() => new FrameReader().push(Uint8Array.from([1, 0, 0, 0, 0])));
});
