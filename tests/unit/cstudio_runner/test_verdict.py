"""What `probe` concludes from status.json."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cstudio_runner.status import Look, Reason, Status
from cstudio_runner.verdict import verdict

BEGUN: dict[str, Any] = {
    "pid": 1,
    "token": "t",
    "started": 1.0,
    "phase": "starting",
    "base_path": "/b",
    "ready": False,
    "readiness": None,
    "entrypoints": (),
    "reason": None,
}
LOOK = Look(1.0, False, "nothing listens on port 80 yet")


@pytest.mark.parametrize(
    ("changes", "alive", "age", "said"),
    [
        ({"ready": True}, True, 1.0, (True, "ready")),
        ({"ready": True}, False, 1.0, (False, "the runner does not run here")),
        ({"ready": True}, True, 600.0, (False, "the runner has not written its status for 600 s")),
        ({}, True, 1.0, (False, "starting")),
        ({"readiness": LOOK}, True, 1.0, (False, "nothing listens on port 80 yet")),
        (
            {"readiness": LOOK, "reason": Reason("bad_command", "x is not found")},
            True,
            1.0,
            (False, "x is not found"),
        ),
        ({"phase": "stopping", "readiness": LOOK}, True, 1.0, (False, "the studio is stopping")),
    ],
)
def test_the_verdict(
    changes: dict[str, Any], alive: bool, age: float, said: tuple[bool, str]
) -> None:
    written = json.loads(json.dumps(Status(**{**BEGUN, **changes}).to_dict()))
    assert verdict(written, alive, age) == said


def test_without_a_status_nothing_is_ready() -> None:
    assert verdict(None, True, 0.0) == (False, "the runner does not run here")
