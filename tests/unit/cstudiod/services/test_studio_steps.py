"""How far a start or a stop is."""

from __future__ import annotations

import pytest
from cstudiod.model import sync_sessions
from cstudiod.model.builds import BuildState
from cstudiod.model.studios import StudioState
from cstudiod.model.sync_sessions import State, Status
from cstudiod.services import studio_steps
from cstudiod.services.build_records import Build
from cstudiod.services.studio_steps import Progress

STARTING, STOPPING = StudioState.STARTING, StudioState.STOPPING
BUILD = Build(
    id="b7", template="t", runtime="docker", state=BuildState.RUNNING, requester="ada",
    start_time=1.0, step=3, steps=9,
)  # fmt: skip


def moving(done: int, total: int, size: int, sizes: int) -> Status:
    return Status(
        state=State.SYNCING,
        progress=sync_sessions.Progress(
            phase="transfer", files_done=done, files_total=total, bytes_done=size,
            bytes_total=sizes, rate=10.0,
        ),
    )  # fmt: skip


def test_a_start_goes_through_five_steps() -> None:
    """Whatever the runtime says in between; a step stays until the next one of ours."""
    step, seen = "", []
    for stage in (
        studio_steps.LOOKING,
        studio_steps.BUILDING,
        studio_steps.PREPARING,
        studio_steps.PLACING,
        "pulling the image debian",
        studio_steps.COPYING,
        "the cluster does not answer",
        studio_steps.PROGRAMS,
        "waiting for port 8888",
    ):
        step = studio_steps.after(step, stage)
        progress = studio_steps.progress(STARTING, step, None, ())
        assert progress is not None
        seen.append(f"{progress.number}/{progress.count} {progress.step}")
    assert seen == [
        "1/5 build", "1/5 build", "2/5 prepare", "3/5 place", "3/5 place", "4/5 copy",
        "4/5 copy", "5/5 programs", "5/5 programs",
    ]  # fmt: skip


def test_a_stop_goes_through_two() -> None:
    """Also when it ends what failed."""
    for stage, number in (
        (studio_steps.COPYING_BACK, 1),
        (studio_steps.ENDING, 2),
        (studio_steps.ENDING_FAILED, 2),
    ):
        found = studio_steps.progress(STOPPING, studio_steps.after("copy", stage), None, ())
        assert found is not None
        assert (found.number, found.count) == (number, 2)


@pytest.mark.parametrize(
    ("state", "step"),
    [
        (StudioState.STOPPED, "end"),
        (StudioState.RUNNING, "programs"),
        (STARTING, ""),
        (STARTING, "end"),
        (STOPPING, "copy"),
    ],
)
def test_what_is_at_rest_has_no_progress(state: StudioState, step: str) -> None:
    """Nor what has just turned round."""
    assert studio_steps.progress(state, step, None, [moving(1, 2, 3, 4)]) is None


def test_a_build_is_counted_in_its_own_steps() -> None:
    """And named, so that its lines can be followed."""
    assert studio_steps.progress(STARTING, "build", BUILD, ()) == Progress(
        step="build", number=1, count=5, build="b7", build_step=3, build_steps=9
    )
    assert studio_steps.progress(STARTING, "prepare", BUILD, ()) == Progress(
        step="prepare", number=2, count=5
    )


def test_a_copy_is_the_sum_of_all_zones() -> None:
    """What is in step already counts as done: the sum never goes back."""
    there = Status(state=State.WATCHING, files=5, bytes=50)
    assert studio_steps.progress(STARTING, "copy", None, [moving(1, 4, 30, 70), there]) == Progress(
        step="copy", number=4, count=5, files_done=6, files_total=9, bytes_done=80,
        bytes_total=120, bytes_per_second=10.0,
    )  # fmt: skip


@pytest.mark.parametrize("state", [State.CONNECTING, State.SCANNING, State.SYNCING])
def test_the_sum_is_not_known_while_a_zone_is_looked_at(state: State) -> None:
    """A bar that jumps back tells nobody anything."""
    looking = Status(state=state, progress=sync_sessions.Progress(phase="scan", files_done=900))
    found = studio_steps.progress(STARTING, "copy", None, [moving(1, 4, 30, 70), looking])
    assert found is not None
    assert (found.files_done, found.files_total, found.bytes_total) == (1, 0, 0)
