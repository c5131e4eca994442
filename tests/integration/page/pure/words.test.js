import assert from "node:assert/strict";
import test from "node:test";

import { blockLabel } from "../../../../daemon/cstudiod/gateway/page/assets/core/builds.js";
import { failureOf } from "../../../../daemon/cstudiod/gateway/page/assets/core/failure.js";
import { faultsOf } from "../../../../daemon/cstudiod/gateway/page/assets/core/forms.js";
import { Output, filtered, plain } from "../../../../daemon/cstudiod/gateway/page/assets/core/output.js";
import { parse, studioLink } from "../../../../daemon/cstudiod/gateway/page/assets/core/routes.js";
import { ending, outcome, ran, typed } from "../../../../daemon/cstudiod/gateway/page/assets/core/runs.js";
import { matching, progress, sorted, spoken, state, wouldLose } from "../../../../daemon/cstudiod/gateway/page/assets/core/studios.js";
import { ago, bytes, plural, text, took } from "../../../../daemon/cstudiod/gateway/page/assets/core/words.js";

test("addresses lead to views and back", () => {
  const studio = { project: "A/B", name: "lab é" };
  assert.deepEqual(parse(studioLink(studio, "files")), { view: "studio", project: "A/B", name: "lab é", tab: "files", detail: "" });
  assert.equal(parse("#/studios/P/s/nonsense").tab, "view");
  assert.deepEqual(parse(""), { view: "studios" });
  assert.equal(parse("#/elsewhere").view, "missing");
  assert.equal(parse("#/%zz").view, "missing");
  assert.deepEqual(parse("#/templates/t/builds/b7"), { view: "template", name: "t", tab: "builds", detail: "b7" });
});

test("sizes, times and counts", () => {
  assert.deepEqual([bytes("0"), bytes(999), bytes("1500"), bytes(25e9)], ["0 B", "999 B", "1.5 KB", "25 GB"]);
  assert.deepEqual([plural(1, "file"), plural("2500", "file")], ["1 file", "2,500 files"]);
  const now = Date.parse("2026-01-01T00:01:30Z");
  assert.equal(ago("2026-01-01T00:01:00Z", now), "30 s ago");
  assert.equal(took("2026-01-01T00:00:00Z", undefined, now), "1 min 30 s");
  assert.equal(text("w6k="), "é");
});

test("a stopped studio with a reason has failed; one that would lose something says so", () => {
  assert.equal(state({ state: "STATE_STOPPED", reason: { message: "x" } }), "failed");
  assert.equal(state({ state: "STATE_STOPPED" }), "stopped");
  assert.ok(wouldLose({ state: "STATE_RUNNING", reason: { code: "unsynced" } }));
  assert.equal(spoken({ state: "STATE_STARTING" }, { name: "a", state: "STATE_RUNNING" }), "Studio a is running");
  assert.equal(spoken(undefined, { name: "a", state: "STATE_RUNNING" }), "");
});

test("progress counts steps, and what is done of the one at hand", () => {
  const copying = { step: "copy", number: 4, count: 5, filesDone: "50", filesTotal: "100", bytesDone: "500", bytesTotal: "1000" };
  assert.deepEqual(progress({ state: "STATE_STARTING", stage: "copying files", progress: copying }), {
    title: "copying files", detail: "step 4 of 5 · 50 of 100 files · 500 B of 1.0 KB", of: 5, done: 3.5,
  });
  assert.deepEqual(progress({ state: "STATE_STARTING", stage: "" }), { title: "Starting", detail: "", of: 1, done: undefined });
  assert.equal(progress({ state: "STATE_RUNNING" }), null);
});

test("a list is in order and can be filtered", () => {
  const list = sorted([{ project: "B", name: "a", state: "STATE_RUNNING" }, { project: "A", name: "z", state: "STATE_STOPPED" }]);
  assert.deepEqual(list.map((one) => one.project), ["A", "B"]);
  assert.deepEqual(matching(list, { text: "a z", state: "" }).map((one) => one.name), ["z"]);
  assert.deepEqual(matching(list, { text: "", state: "running" }).map((one) => one.name), ["a"]);
});

test("output is cut into lines, the oldest go first", () => {
  const out = new Output(3);
  for (const part of ["a", "b\nc\n", "\nd", "\n", "e"]) out.add(part);
  assert.deepEqual([out.lines, out.dropped], [["", "d", "e"], 2]);
  const cut = new Output();
  cut.push(Uint8Array.from([0xc3]));
  cut.push(Uint8Array.from([0xa9, 10]));
  assert.deepEqual(cut.lines, ["é"]);
  assert.equal(plain("10%\r\u001b[32m100%\u001b[0m"), "100%");
  assert.deepEqual(filtered(["Error", "fine"], "ERR"), ["Error"]);
});

test("a run that ended badly has failed", () => {
  const run = { state: "STATE_ENDED", exitStatus: 3, command: typed("ls | wc") };
  assert.deepEqual([outcome(run), ending(run), ran(run)], ["failed", "exit status 3", "ls | wc"]);
});

test("a refusal has the daemon's words, its reason and what to do", () => {
  const body = { code: "not_found", message: "there is no studio `x`", details: [{ type: "google.rpc.ErrorInfo", debug: { reason: "NOT_FOUND", metadata: { next: "cstudio studio list" } } }] };
  const failure = failureOf(body);
  assert.deepEqual([failure.code, failure.reason, failure.next], ["not_found", "NOT_FOUND", "cstudio studio list"]);
});

test("a form tells all that is wrong at once, and what the daemon said of a field", () => {
  assert.deepEqual(Object.keys(faultsOf({ project: "", name: "A", template: "" }, null)), ["project", "name", "template"]);
  const failure = { message: "no such project", metadata: { field: "project" } };
  assert.deepEqual(faultsOf({ project: "P", name: "a", template: "t" }, failure), { project: "no such project" });
});

test("a block's label counts from one; no block has none", () => {
  assert.deepEqual([blockLabel({ blockType: "jupyterlab", block: 1 }), blockLabel({ blockType: "a_b" }), blockLabel({ block: -1 }), blockLabel({})], ["2 · jupyterlab", "1 · a b", "", ""]);
});
