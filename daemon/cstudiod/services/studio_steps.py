"""How far a start or a stop is: which step it is at, and how much of that is done.

Stages are for people and may be anything that a runtime says; the steps are few, for
programs, and in a fixed order.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cstudiod.model.studios import StudioState
from cstudiod.model.sync_sessions import State, Status
from cstudiod.services.build_records import Build

LOOKING = "looking at the template"
BUILDING = "building what it runs in"
PREPARING = "preparing its zones"
PLACING = "starting"
COPYING = "copying its files in"
PROGRAMS = "starting its programs"
COPYING_BACK = "copying its files back"
ENDING = "ending its programs"
ENDING_FAILED = "ending what failed"

_STEPS: Mapping[StudioState, tuple[str, ...]] = {
    StudioState.STARTING: ("build", "prepare", "place", "copy", "programs"),
    StudioState.STOPPING: ("copy_back", "end"),
}
_STEP_OF: Mapping[str, str] = {
    LOOKING: "build",
    BUILDING: "build",
    PREPARING: "prepare",
    PLACING: "place",
    COPYING: "copy",
    PROGRAMS: "programs",
    COPYING_BACK: "copy_back",
    ENDING: "end",
    ENDING_FAILED: "end",
}


@dataclass(frozen=True, kw_only=True)
class Progress:
    """How far a start or a stop is."""

    step: str
    number: int
    """From 1."""
    count: int
    build: str = ""
    """The build that it waits for."""
    build_step: int = 0
    build_steps: int = 0
    """0: not known yet."""
    files_done: int = 0
    files_total: int = 0
    """0: not known yet."""
    bytes_done: int = 0
    bytes_total: int = 0
    bytes_per_second: float = 0.0


def after(step: str, stage: str) -> str:
    """Return the step that a studio is at when it enters a stage: the same, unless it is ours."""
    return _STEP_OF.get(stage, step)


def progress(
    state: StudioState, step: str, build: Build | None, sessions: Iterable[Status]
) -> Progress | None:
    """Return how far a studio is; None: nothing is under way.

    Args:
        state: What its users see.
        step: See `after`.
        build: The build that it waits for.
        sessions: The sync sessions of its zones.
    """
    steps = _STEPS.get(state, ())
    if step not in steps:
        return None
    number, count = steps.index(step) + 1, len(steps)
    if step == "copy":
        return _copying(number, count, list(sessions))
    if step == "build" and build is not None:
        return Progress(
            step=step, number=number, count=count,
            build=build.id, build_step=build.step, build_steps=build.steps,
        )  # fmt: skip
    return Progress(step=step, number=number, count=count)


def _copying(number: int, count: int, sessions: list[Status]) -> Progress:
    """Add up what goes in; a session that is in step has carried all that both sides have."""
    moving = [one.progress for one in sessions if one.progress.phase == "transfer"]
    there = [one for one in sessions if one.state is State.WATCHING]
    is_known = len(moving) + len(there) == len(sessions)
    files_there, bytes_there = sum(one.files for one in there), sum(one.bytes for one in there)
    return Progress(
        step="copy",
        number=number,
        count=count,
        files_done=files_there + sum(one.files_done for one in moving),
        files_total=files_there + sum(one.files_total for one in moving) if is_known else 0,
        bytes_done=bytes_there + sum(one.bytes_done for one in moving),
        bytes_total=bytes_there + sum(one.bytes_total for one in moving) if is_known else 0,
        bytes_per_second=sum(one.rate for one in moving),
    )
