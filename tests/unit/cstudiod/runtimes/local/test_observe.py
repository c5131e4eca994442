"""What a look at a studio of this machine means."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from cstudiod.model.reasons import reason
from cstudiod.model.studios import Observation, Phase
from cstudiod.runtimes.local.observe import observe
from cstudiod.runtimes.local.records import Record

RECORD = Record(
    uid="abcdefgh",
    studio="lab",
    project="P",
    hash="h1",
    incarnation="i1",
    pid=7,
    mark="boot/1",
    spawned=100.0,
    start_seconds=60.0,
    total_seconds=60.0,
)
REFUSED = dataclasses.asdict(reason("port_in_use", "port 1 is held by studio x"))
BAD = {"code": "bad_command", "message": "`x` is not found"}


def look(
    *, is_alive: bool, record: Record = RECORD, now: float = 101.0, **parts: Any
) -> Observation:
    found = {"status": {}, "ending": {}, "tail": "the end\n", **parts}
    return observe(record, is_alive=is_alive, now=now, **found)


@pytest.mark.parametrize(
    ("is_alive", "parts", "phase", "code"),
    [
        (True, {}, Phase.STARTING, ""),
        (True, {"status": {"ready": True, "phase": "ready"}}, Phase.READY, ""),
        (True, {"now": 999.0}, Phase.STARTING, "readiness_timeout"),
        (False, {}, Phase.ENDED, "stopped_outside"),
        (False, {"ending": {"code": 0}}, Phase.ENDED, "stopped_outside"),
        (False, {"ending": {"code": -15}}, Phase.ENDED, "stopped_outside"),
        (False, {"ending": {"code": -9}}, Phase.ENDED, "stopped_outside"),
        (False, {"ending": {"code": -11}}, Phase.ENDED, "entrypoint_exited"),
        (
            False,
            {"ending": {"code": 2}, "tail": "the launch document is not valid"},
            Phase.ENDED,
            "bad_launch",
        ),
        (False, {"status": {"reason": BAD}, "ending": {"code": 1}}, Phase.ENDED, "bad_command"),
        (
            False,
            {"record": dataclasses.replace(RECORD, refused=REFUSED)},
            Phase.ENDED,
            "port_in_use",
        ),
    ],
)
def test_observe(is_alive: bool, parts: dict[str, Any], phase: Phase, code: str) -> None:
    """A process, a report and an ending make one observation."""
    seen = look(is_alive=is_alive, **parts)
    assert seen.phase is phase
    assert (seen.reason.code if seen.reason else "") == code
    assert (seen.launch_hash, seen.incarnation) == ("h1", "i1")


def test_restarts_are_counted_together() -> None:
    """Those of the runner and those of its programs."""
    status = {"ready": True, "phase": "ready", "entrypoints": [{"restarts": 2}, {"restarts": 1}]}
    record = dataclasses.replace(RECORD, restarts=4)
    assert look(is_alive=True, record=record, status=status).restarts == 7
