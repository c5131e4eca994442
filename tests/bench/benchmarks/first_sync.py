"""A tree into an empty folder, from the command to "in step", beside the tar pipe and peers."""

from __future__ import annotations

import statistics
from typing import Any

from bench import Bench

from benchmarks import peers


def run(bench: Bench, files: int) -> None:
    """Alternate ours and the peer, so that both see the same machine."""
    local = bench.tree(files)
    ours, tars = [], []
    costs: dict[str, Any] = {}
    for number in range(bench.pace.runs if files < 50_000 else 3):
        tars.append(bench.tar_seconds(local))
        name = f"first{number}"
        with bench.costing(costs):
            ours.append(bench.mirror(local, name))
        bench.drop(name)
    tar = statistics.median(tars)
    first, again = peers.seconds(local, min(3, bench.pace.runs))
    beside = f"tar pipe {tar:.2f} s ({statistics.median(ours) / tar:.2f} ×)" + peers.beside(first)
    bench.report.tell("first sync", ours, "s", files=files, beside=beside, **costs)
    for name, taken in again.items():
        bench.report.tell(f"{name}, equal sides, over a pipe here", [taken], "s", files=files)
