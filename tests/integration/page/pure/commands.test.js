import assert from "node:assert/strict";
import test from "node:test";

import { commandOf, quoted } from "../../../../daemon/cstudiod/gateway/page/assets/core/commands.js";

const lab = { name: "lab", project: "DEMO" };

const CASES = [
  ["Studios/StartStudio", lab, "cstudio studio start lab --project DEMO"],
  ["Studios/StopStudio", { ...lab, discard: true }, "cstudio studio stop lab --project DEMO --discard"],
  ["Studios/CreateStudio", { ...lab, template: "jupyter", runtime: "" }, "cstudio studio create lab --project DEMO --template jupyter"],
  ["Studios/DeleteStudio", { ...lab, withFiles: true }, "cstudio studio delete lab --project DEMO --with-files --yes"],
  ["Actions/RunAction", { studio: "lab", project: "DEMO", command: ["sh", "-c", "echo it's"] }, "cstudio action run lab --project DEMO -- sh -c 'echo it'\\''s'"],
  ["SyncSessions/ResolveSyncConflicts", { parent: "syncSessions/z", paths: [{ display: "a b" }], keep: "KEEP_BOTH" }, "cstudio sync resolve z 'a b' --keep both"],
  ["SyncSessions/ResolveSyncConflicts", { parent: "syncSessions/z", keep: "KEEP_LOCAL" }, "cstudio sync resolve z --keep local"],
  ["Templates/BuildTemplate", { name: "t", noCache: true, runtime: "local" }, "cstudio template build t --no-cache --runtime local"],
  ["Nobody/Knows", {}, ""],
];

for (const [method, request, expected] of CASES) {
  test(`${method} ${JSON.stringify(request)}`, () => assert.equal(commandOf(method, request), expected));
}

test("what a shell would read is quoted", () => {
  assert.equal(quoted("$(reboot)"), "'$(reboot)'");
  assert.equal(quoted(""), "''");
});
