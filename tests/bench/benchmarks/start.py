"""A session whose sides are equal goes on: from the call to "in step"."""

from __future__ import annotations

from typing import Any

from bench import Bench


def run(bench: Bench, files: int) -> None:
    """Pause and resume; the agent is started anew each time."""
    with bench.mirrored(bench.tree(files), "start"):
        costs: dict[str, Any] = {}
        taken = []
        for _ in range(bench.pace.runs):
            with bench.costing(costs):
                taken.append(bench.resume_seconds("start"))
        bench.report.tell("start of an equal session", taken, "s", files=files, **costs)
