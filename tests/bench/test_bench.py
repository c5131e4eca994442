"""Each benchmark that needs no cluster, once and small: it runs and tells. No time is asserted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

RUN = Path(__file__).with_name("run.py")
ONLY = (
    "first-sync", "latency", "start", "idle", "burst", "checkout", "large", "many", "commands",
    "gateway",
)  # fmt: skip
"""What needs nothing but this machine."""
FIGURES = ("median", "p99", "least", "most")
TOLD = {
    "first sync", "edit → visible, hot, up", "edit → visible, cold, down",
    "start of an equal session", "idle, agent", "memory, daemon", "2,000 files edited at once",
    "git checkout of 2,000 files", "new 100 MiB file", "16 bytes changed in 100 MiB",
    "edit → visible, 2 sessions", "`cstudio --help`", "bytes through the gateway, relay",
}  # fmt: skip


def test_every_benchmark_tells(tmp_path: Path) -> None:
    results = tmp_path / "results.jsonl"
    done = subprocess.run(
        [sys.executable, str(RUN), "--quick", "--output", str(results), "--only", *ONLY],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    lines = results.read_text("utf-8")
    told = {one["name"]: one for one in map(json.loads, lines.splitlines())}
    assert told.keys() >= TOLD
    for one in told.values():
        assert 0 <= one["least"] <= one["median"] <= one["p99"] <= one["most"]
        assert one["runs"] > 0
        assert one["load"] >= 0
        assert one["unit"]
        assert one["place"]
        assert all(one["versions"].values())
    assert told["first sync"]["files"] == 100
    assert "tar pipe" in told["first sync"]["beside"]
    table = subprocess.run(
        [sys.executable, str(RUN), "--table"],
        input=lines,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert table.count("\n| ") == len(lines.splitlines())
