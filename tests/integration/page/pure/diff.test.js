import assert from "node:assert/strict";
import test from "node:test";

import { folded, sideBySide } from "../../../../daemon/cstudiod/gateway/page/assets/core/diff.js";

const drawn = (left, right) =>
  sideBySide(left, right).map((row) => `${row.left ?? "·"}${row.same ? "=" : "|"}${row.right ?? "·"}`);

const CASES = [
  ["equal", "a\nb\n", "a\nb\n", ["a=a", "b=b"]],
  ["changed in the middle", "a\nb\nc\n", "a\nx\nc\n", ["a=a", "b|x", "c=c"]],
  ["added at the start", "b\n", "a\nb\n", ["·|a", "b=b"]],
  ["removed at the end", "a\nb\n", "a\n", ["a=a", "b|·"]],
  ["moved", "a\nb\n", "b\na\n", ["a|·", "b=b", "·|a"]],
  ["one side is empty", "", "a\nb", ["·|a", "·|b"]],
  ["both are empty", "", "", []],
  ["nothing in common", "a\n", "b\nc\n", ["a|b", "·|c"]],
];

for (const [name, left, right, expected] of CASES) {
  test(name, () => assert.deepEqual(drawn(left, right), expected));
}

test("both columns are the texts, whatever is between", () => {
  let seed = 7;
  const random = (n) => (seed = (seed * 16807) % 2147483647) % n;
  for (let round = 0; round < 200; round += 1) {
    const text = () => Array.from({ length: random(12) }, () => "abc"[random(3)]).join("\n");
    const [left, right] = [text(), text()];
    const rows = sideBySide(left, right);
    const column = (side) => rows.map((row) => row[side]).filter((one) => one !== null).join("\n");
    assert.deepEqual([column("left"), column("right")], [left, right]);
    for (const row of rows) if (row.same) assert.equal(row.left, row.right);
  }
});

test("line numbers count each side by itself", () => {
  assert.deepEqual(sideBySide("a\nb\n", "b\n").map((row) => [row.leftAt, row.rightAt]), [[1, 0], [2, 1]]);
});

test("a long text is compared in time, in the worst case without finding what is common", () => {
  const many = (letter) => Array.from({ length: 20_000 }, (_, at) => `${letter}${at}`).join("\n");
  assert.equal(sideBySide(many("a"), many("b")).length, 20_000);
});

test("long equal stretches are folded", () => {
  const lines = (middle) => [...Array(10).fill("same"), middle, ...Array(10).fill("same")].join("\n");
  const shown = folded(sideBySide(lines("x"), lines("y")), 2);
  assert.deepEqual(shown.map((row) => row.hidden ?? row.left), [8, "same", "same", "x", "same", "same", 8]);
});
