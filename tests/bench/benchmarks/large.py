"""A new 100 MiB file, and 16 bytes changed in it."""

from __future__ import annotations

import os
import random
import statistics
import time
from pathlib import Path
from typing import Any

import making
from bench import Bench

SIZE = 100 * 1024 * 1024
CHANGED = 16


def run(bench: Bench) -> None:
    """Beside `cat` of the same file."""
    local = bench.folder / "large"
    local.mkdir()
    content = bytearray(random.Random(3).randbytes(bench.pace.part(SIZE)))
    fresh, changed, cats = [], [], []
    costs: tuple[dict[str, Any], dict[str, Any]] = {}, {}
    with bench.mirrored(local, "large") as there:
        for number in range(bench.pace.runs):
            content[:4] = number.to_bytes(4, "big")
            with bench.costing(costs[0]):
                fresh.append(_write_new(local / "big.bin", there / "big.bin", content))
            time.sleep(1.0)
            with bench.costing(costs[1]):
                changed.append(_change(local / "big.bin", there / "big.bin", content))
            cats.append(bench.remote_shell("cat > cat.bin", f"cat {local / 'big.bin'}"))
            (local / "big.bin").unlink()
            making.wait_for(lambda: not (there / "big.bin").exists())
    beside = f"cat {statistics.median(cats):.2f} s"
    bench.report.tell("new 100 MiB file", fresh, "s", beside=beside, **costs[0])
    bench.report.tell("16 bytes changed in 100 MiB", changed, "s", **costs[1])


def _write_new(source: Path, target: Path, content: bytearray) -> float:
    began = time.perf_counter()
    source.write_bytes(content)
    making.wait_for(lambda: _is_there(target, content))
    return time.perf_counter() - began


def _change(source: Path, target: Path, content: bytearray) -> float:
    new = os.urandom(CHANGED)
    middle = len(content) // 2
    content[middle : middle + CHANGED] = new
    began = time.perf_counter()
    with source.open("r+b") as file:
        file.seek(middle)
        file.write(new)
    making.wait_for(lambda: _is_there(target, content))
    return time.perf_counter() - began


def _is_there(path: Path, content: bytearray) -> bool:
    """Compare the size and the two places that tell versions apart."""
    half = len(content) // 2
    try:
        with path.open("rb") as file:
            head = file.read(4)
            file.seek(half)
            middle = file.read(CHANGED)
            return (
                head == content[:4]
                and middle == content[half : half + CHANGED]
                and os.fstat(file.fileno()).st_size == len(content)
            )
    except OSError:
        return False
