"""A tree into an empty folder, from the command to "in step", beside the tar pipe."""

from __future__ import annotations

import statistics
from typing import Any

from bench import Bench


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
    peer = statistics.median(tars)
    beside = f"tar pipe {peer:.2f} s ({statistics.median(ours) / peer:.2f} ×)"
    bench.report.tell("first sync", ours, "s", files=files, beside=beside, **costs)
