"""Builds as they are kept: a JSON value each, and a log of JSON lines beside the database."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cstudiod.model.builds import BuildEvent, BuildFailure, BuildState, Level

LINES_TOGETHER = 500


@dataclass(frozen=True, kw_only=True)
class Build:
    """One build, as it is now."""

    id: str
    template: str
    runtime: str
    state: BuildState
    requester: str
    start_time: float
    end_time: float = 0.0
    block: int = -1
    step: int = 0
    steps: int = 0
    image: str = ""
    reference: str = ""
    digest: str = ""
    hash: str = ""
    generation: int = 0
    """Of the template that it was made from."""
    venvs: Mapping[str, str] = field(default_factory=dict)
    """Name -> root, for the local runtime."""
    failure: BuildFailure | None = None


def id_of(number: int) -> str:
    """Return the id of a build by its number."""
    return f"b{number}"


def plain(build: Build) -> dict[str, Any]:
    """Return what is kept of a build."""
    values = dataclasses.asdict(build)
    values["state"] = build.state.value
    del values["id"]
    return values


def from_plain(id: str, value: Mapping[str, Any]) -> Build:
    """Return a build from what was kept; one that never ended has failed."""
    values = dict(value)
    state = BuildState(values.pop("state"))
    failure = values.pop("failure")
    if state is BuildState.RUNNING:  # the daemon ended before it did
        state, failure = BuildState.FAILED, {"message": "the daemon ended in the middle of it"}
    return Build(id=id, state=state, failure=BuildFailure(**failure) if failure else None, **values)


def line(event: BuildEvent) -> list[Any]:
    """Return one line of a log as JSON."""
    return [event.text, event.level.value, event.block, event.block_type, event.step, event.steps]


def kept_lines(log: Path) -> list[list[BuildEvent]]:
    """Return the lines of a log, many together."""
    try:
        written = log.read_text("utf-8").splitlines()
    except OSError:
        return []
    events = []
    for one in written:
        text, level, block, block_type, step, steps = json.loads(one)
        events.append(
            BuildEvent(
                text=text,
                level=Level(level),
                block=block,
                block_type=block_type,
                step=step,
                steps=steps,
            )
        )
    return [
        events[start : start + LINES_TOGETHER] for start in range(0, len(events), LINES_TOGETHER)
    ]
