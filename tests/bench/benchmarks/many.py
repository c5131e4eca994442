"""20 sessions at once, each edited once a second: edit → visible."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import making
from bench import Bench

SESSIONS = 20
FILES = 100


def run(bench: Bench) -> None:
    """A thread a session; they start at different moments of the second."""
    pairs = []
    sessions = range(max(2, bench.pace.part(SESSIONS)))
    for number in sessions:
        local = bench.copy_of(FILES, f"many{number}")
        bench.mirror(local, f"many{number}")
        pairs.append((local, bench.place.inside(f"many{number}")))
    taken: list[float] = []
    threads = [
        threading.Thread(target=_edit, args=(pair, number, bench.pace.runs, taken))
        for number, pair in enumerate(pairs)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number in sessions:
        bench.drop(f"many{number}")
    bench.report.tell(f"edit → visible, {len(sessions)} sessions", taken, "ms", files=FILES)


def _edit(pair: tuple[Path, Path], number: int, runs: int, taken: list[float]) -> None:
    local, there = pair
    path = making.files_of(local)[0]
    time.sleep(number / SESSIONS)
    for run_number in range(runs):
        content = f"{number} {run_number} {time.time()}".encode()
        began = time.perf_counter()
        (local / path).write_bytes(content)
        making.wait_until_it_holds(there / path, content)
        took = time.perf_counter() - began
        taken.append(took * 1000)
        time.sleep(max(0.0, 1.0 - took))
