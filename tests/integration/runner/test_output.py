"""Output is drained whatever happens to it, and memory stays where it is."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from support.studios import Studio, eventually, python

FLOOD = """
import json, sys, time
line = b"x" * 99 + b"\\n"
began, longest = time.monotonic(), 0.0
for _ in range(int(sys.argv[1])):  # a megabyte each
    now = time.monotonic()
    sys.stdout.buffer.write(line * 10_000)
    sys.stdout.buffer.flush()
    longest = max(longest, time.monotonic() - now)
json.dump([time.monotonic() - began, longest], open("took.new", "w"))
import os; os.rename("took.new", "took"); time.sleep(600)
"""
MEGABYTES = 40
CALM = "import time\nwhile True: print(time.monotonic(), flush=True); time.sleep(0.05)"
RUNNER_MEGABYTES = 60


def _took(studio: Studio) -> tuple[float, float]:
    took = studio.workdir / "took"
    eventually(took.exists, "the flood was held up")
    seconds, longest = json.loads(took.read_text())
    return seconds, longest


def _peak_megabytes(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is read from /proc")
def test_nobody_reads_and_nothing_stalls(studio: Studio) -> None:
    """A flood into a pipe that nobody reads: the program goes on, memory does not grow."""
    studio.start(
        entrypoints=[
            {"name": "flood", "command": python(FLOOD, str(MEGABYTES))},
            {"name": "calm", "command": python(CALM)},
        ],
        options={"stdout": subprocess.PIPE},
    )
    seconds, longest = _took(studio)
    assert MEGABYTES / seconds > 10, f"{MEGABYTES / seconds:.1f} MB/s"
    assert longest < 2
    assert _peak_megabytes(studio.runner.pid) < RUNNER_MEGABYTES
    eventually(lambda: studio.status()["output_dropped"] > 100_000)
    log = studio.state / "logs" / "calm.log"
    before = log.stat().st_size
    eventually(lambda: log.stat().st_size > before, "the other program's output stands still")
    pipe = studio.runner.stdout
    assert pipe is not None
    # What was waiting comes whole, then how much was not.
    lines = iter(pipe.readline, b"")
    notice = next(line for line in lines if b"were dropped" in line)
    assert notice.startswith(b"[cstudio] ")
    assert int(notice.split()[1]) > 100_000
    pipe.close()
    assert studio.stop() == 0


def test_logs_are_bounded_and_keep_the_end(studio: Studio) -> None:
    studio.start(entrypoints=[{"name": "flood", "command": python(FLOOD, str(MEGABYTES))}])
    _took(studio)
    sizes = [path.stat().st_size for path in (studio.state / "logs").glob("flood.*")]
    assert len(sizes) == 2
    assert max(sizes) <= 5 * 1024 * 1024
    assert studio.stop() == 0
    assert (studio.state / "logs" / "flood.log").read_bytes().endswith(b"x\n")


def test_a_reader_that_goes_away_is_no_end(studio: Studio) -> None:
    """The runner's own pipe breaks; the studio and its logs go on."""
    studio.start(
        entrypoints=[{"name": "calm", "command": python(CALM)}],
        options={"stdout": subprocess.PIPE},
    )
    pipe = studio.runner.stdout
    assert pipe is not None
    assert pipe.readline()
    pipe.close()
    log = studio.state / "logs" / "calm.log"
    eventually(log.exists)
    before = log.stat().st_size
    eventually(lambda: log.stat().st_size > before + 200)
    assert studio.runner.poll() is None
    assert studio.stop() == 0


def test_lines_of_both_streams_are_labelled_once(studio: Studio) -> None:
    """A half line at the end counts, and bytes that are no text pass."""
    studio.start(
        entrypoints=[
            {
                "name": "a",
                "label": "Ä",
                "restart": "never",
                "command": "echo out; echo err >&2; printf '\\377\\n\\nhalf'",
            }
        ]
    )
    studio.until_said("half\n")
    kept = [line for line in studio.said.read_bytes().splitlines() if not line.startswith(b"[cs")]
    label = "[Ä] ".encode()
    assert kept == [label + rest for rest in (b"out", b"err", b"\xff", b"", b"half")]


def test_a_log_folder_that_is_full_or_gone_stops_nobody(studio: Studio) -> None:
    studio.start(entrypoints=[{"name": "calm", "command": python(CALM)}])
    studio.until_said("[calm] ")
    logs = studio.state / "logs"
    os.rename(logs, studio.state / "away")
    pid = studio.entry("calm")["pid"]
    time.sleep(0.5)
    logs.touch()
    before = len(studio.output())
    eventually(lambda: len(studio.output()) > before)
    assert studio.entry("calm")["pid"] == pid
    assert studio.stop() == 0
