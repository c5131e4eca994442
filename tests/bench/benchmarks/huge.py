"""One 1 GB file up beside `cat`; 1 MB appended to it, and the bytes that takes on the wire."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import costs
import making
from bench import Bench

SIZE = 1_000_000_000
APPENDED = 1_000_000
_PIECE = 4_000_000


def run(bench: Bench) -> None:
    """Once: it takes disk, and time."""
    local = bench.folder / "huge"
    local.mkdir()
    source = local / "huge.bin"
    spent: tuple[dict[str, Any], dict[str, Any]] = {}, {}
    with bench.mirrored(local, "huge") as there:
        _fill(bench.folder / "huge.bin", SIZE)
        cat = bench.remote_shell("cat > cat.bin", f"cat {bench.folder / 'huge.bin'}")
        bench.remote_shell("rm cat.bin")
        with bench.costing(spent[0]):
            began = time.perf_counter()
            os.rename(bench.folder / "huge.bin", source)
            making.wait_for(lambda: _size(there / "huge.bin") == SIZE)
            up = time.perf_counter() - began
        beside = f"cat {cat:.2f} s ({cat / up:.2f} of its rate)"
        bench.report.tell("1 GB file up", [up], "s", beside=beside, **spent[0])
        time.sleep(1.0)
        daemon = bench.cstudio.daemon_pid()
        before = costs.wire_bytes(daemon)
        with bench.costing(spent[1]):
            began = time.perf_counter()
            _fill(source, APPENDED)
            making.wait_for(lambda: _size(there / "huge.bin") == SIZE + APPENDED)
            took = time.perf_counter() - began
        wire = (costs.wire_bytes(daemon) - before) / 1e6
        beside = f"{wire:.1f} MB on the wire"
        bench.report.tell("1 MB appended to 1 GB", [took], "s", beside=beside, **spent[1])


def _fill(path: Path, size: int) -> None:
    with path.open("ab") as file:
        for start in range(0, size, _PIECE):
            file.write(os.urandom(min(_PIECE, size - start)))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1
