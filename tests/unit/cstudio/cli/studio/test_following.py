"""How starts, stops and restarts stand, state by state."""

from __future__ import annotations

import pytest
from cstudio.cli.studio import following
from cstudio.cli.studio.following import Begun, Verdict
from cstudio_api.v1 import studios_pb2 as pb

RUNNING, STOPPED = pb.Studio.STATE_RUNNING, pb.Studio.STATE_STOPPED
STARTING, STOPPING = pb.Studio.STATE_STARTING, pb.Studio.STATE_STOPPING
REASON = pb.StudioReason(code="crash_loop", message="it crashed")
DONE, FAILED, GOES_ON = Verdict.DONE, Verdict.FAILED, Verdict.GOES_ON


def studio(state: pb.Studio.State, stage: str = "", reason: bool = False, at: int = 1) -> pb.Studio:
    made = pb.Studio(name="lab", state=state, stage=stage, reason=REASON if reason else None)
    made.state_time.FromSeconds(at)
    return made


@pytest.mark.parametrize(
    ("first", "seen", "verdict"),
    [
        (STARTING, studio(STARTING, "copying"), GOES_ON),
        (STARTING, studio(STARTING, "copying", reason=True), GOES_ON),
        (STARTING, studio(STOPPING, "ending what failed", reason=True), GOES_ON),
        (STARTING, studio(STOPPED, reason=True), FAILED),
        (STARTING, studio(STOPPED), FAILED),
        (STARTING, studio(RUNNING), DONE),
        (STARTING, studio(RUNNING, reason=True), DONE),
        (STARTING, studio(RUNNING, "kept up for a look", reason=True), FAILED),
        (RUNNING, studio(RUNNING), DONE),
        (STOPPED, studio(STOPPED), GOES_ON),
        (STOPPED, studio(STOPPED, reason=True, at=2), FAILED),
    ],
)
def test_a_start(first: pb.Studio.State, seen: pb.Studio, verdict: Verdict) -> None:
    assert Begun(first=studio(first)).start(seen) is verdict


@pytest.mark.parametrize(
    ("first", "seen", "verdict"),
    [
        (STOPPING, studio(STOPPING, "copying back"), GOES_ON),
        (STOPPING, studio(STOPPED), DONE),
        (STOPPED, studio(STOPPED, reason=True), DONE),
        (STOPPING, studio(RUNNING, reason=True), FAILED),
        (STOPPING, studio(STARTING), FAILED),
        (RUNNING, studio(RUNNING, reason=True), GOES_ON),
        (RUNNING, studio(RUNNING, reason=True, at=2), FAILED),
    ],
)
def test_a_stop(first: pb.Studio.State, seen: pb.Studio, verdict: Verdict) -> None:
    assert Begun(first=studio(first)).stop(seen) is verdict


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([studio(STOPPING), studio(STOPPED), studio(STARTING), studio(RUNNING, at=2)], DONE),
        ([studio(STOPPING), studio(STOPPED), studio(STARTING), studio(STOPPED, "", True)], FAILED),
        ([studio(STOPPING), studio(RUNNING, reason=True)], FAILED),
        ([studio(STOPPING), studio(STOPPED, reason=True)], FAILED),
        ([studio(STOPPING), studio(STOPPED)], GOES_ON),
        ([studio(RUNNING), studio(RUNNING), studio(STOPPING), studio(RUNNING, at=2)], DONE),
        ([studio(STOPPING), studio(RUNNING)], DONE),
    ],
)
def test_a_restart(states: list[pb.Studio], verdict: Verdict) -> None:
    begun = Begun(first=states[0])
    *before, last = [begun.restart(one) for one in states]
    assert set(before) <= {GOES_ON}
    assert last is verdict


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (studio(STARTING, "copying files in"), "copying files in"),
        (studio(STARTING), "starting"),
        (studio(STARTING, "waiting", reason=True), "waiting: it crashed"),
        (studio(RUNNING, reason=True), ""),
        (studio(STOPPED), ""),
    ],
)
def test_what_is_said_on_the_way(seen: pb.Studio, text: str) -> None:
    assert following.said(seen) == text
