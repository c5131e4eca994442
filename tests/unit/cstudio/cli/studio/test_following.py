"""How starts, stops and restarts stand, state by state."""

from __future__ import annotations

import pytest
from cstudio.cli.studio import following
from cstudio.cli.studio.following import Restart, Verdict
from cstudio_api.v1 import studios_pb2 as pb

RUNNING, STOPPED = pb.Studio.STATE_RUNNING, pb.Studio.STATE_STOPPED
STARTING, STOPPING = pb.Studio.STATE_STARTING, pb.Studio.STATE_STOPPING
REASON = pb.StudioReason(code="crash_loop", message="it crashed")
DONE, FAILED, GOES_ON = Verdict.DONE, Verdict.FAILED, Verdict.GOES_ON


def studio(state: pb.Studio.State, stage: str = "", reason: bool = False) -> pb.Studio:
    return pb.Studio(name="lab", state=state, stage=stage, reason=REASON if reason else None)


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (studio(STARTING, "copying"), GOES_ON),
        (studio(STARTING), GOES_ON),
        (studio(STARTING, "copying", reason=True), GOES_ON),
        (studio(STARTING, reason=True), FAILED),
        (studio(STOPPED, reason=True), FAILED),
        (studio(STOPPED), FAILED),
        (studio(RUNNING), DONE),
        (studio(RUNNING, reason=True), DONE),
    ],
)
def test_a_start(seen: pb.Studio, verdict: Verdict) -> None:
    assert following.start_verdict(seen) is verdict


@pytest.mark.parametrize(
    ("seen", "verdict"),
    [
        (studio(STOPPING, "copying back"), GOES_ON),
        (studio(STOPPED), DONE),
        (studio(STOPPED, reason=True), DONE),
        (studio(RUNNING, reason=True), FAILED),
        (studio(STARTING), FAILED),
    ],
)
def test_a_stop(seen: pb.Studio, verdict: Verdict) -> None:
    assert following.stop_verdict(seen) is verdict


@pytest.mark.parametrize(
    ("states", "verdict"),
    [
        ([studio(STOPPING), studio(STOPPED), studio(STARTING), studio(RUNNING)], DONE),
        ([studio(STOPPING), studio(STOPPED), studio(STARTING), studio(STOPPED)], FAILED),
        ([studio(STOPPING), studio(RUNNING, reason=True)], FAILED),
        ([studio(STOPPING), studio(STOPPED, reason=True)], FAILED),
        ([studio(STOPPING), studio(STOPPED)], GOES_ON),
        ([studio(STOPPING), studio(RUNNING)], DONE),
    ],
)
def test_a_restart(states: list[pb.Studio], verdict: Verdict) -> None:
    judge = Restart()
    *before, last = [judge.verdict(one) for one in states]
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
