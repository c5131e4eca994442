"""What a look at a studio's container means."""

from __future__ import annotations

from typing import Any

import pytest
from cstudiod.model.studios import Observation, Phase
from cstudiod.runtimes.docker import settings
from cstudiod.runtimes.docker.observe import observe, seconds

STARTED = "2026-01-01T00:00:00.5Z"
BEGAN = seconds(STARTED)
NO_PROGRAM = (
    "failed to create shim task: OCI runtime create failed: runc create failed: unable to start"
    ' container process: exec: "no-such": executable file not found in $PATH: unknown'
)
BAD_MOUNT = (
    'error while mounting volume "/x": failed to mount local volume: mount :/x: no such device'
)


def look(state: dict[str, Any], *, now: float = BEGAN + 1, **parts: Any) -> Observation:
    inspected = {
        "Id": "c1",
        "State": {"StartedAt": STARTED, **state},
        "Config": {
            "Labels": {
                settings.HASH: "h1",
                settings.START_SECONDS: "60.0",
                settings.TOTAL_SECONDS: "60.0",
                settings.MEMORY: "64Mi",
            }
        },
    }
    return observe(inspected, now=now, **{"status": {}, "tail": "", **parts})


RUNNING = {"Status": "running", "Running": True}
READY = {"started": BEGAN, "phase": "ready", "ready": True}
BAD = {
    "started": BEGAN,
    "phase": "starting",
    "reason": {"code": "bad_command", "message": "`x` is not found"},
}


@pytest.mark.parametrize(
    ("state", "parts", "phase", "code"),
    [
        (RUNNING, {}, Phase.STARTING, ""),
        (RUNNING, {"status": READY}, Phase.READY, ""),
        (RUNNING, {"status": {**READY, "started": BEGAN - 60}}, Phase.STARTING, ""),
        (RUNNING, {"status": BAD}, Phase.STARTING, "bad_command"),
        (RUNNING, {"now": BEGAN + 61}, Phase.STARTING, "readiness_timeout"),
        ({**RUNNING, "Paused": True}, {"status": READY}, Phase.UNREADY, ""),
        ({"Status": "created"}, {}, Phase.STARTING, ""),
        ({"Status": "created", "Error": NO_PROGRAM}, {}, Phase.ENDED, "bad_command"),
        ({"Status": "created", "Error": BAD_MOUNT}, {}, Phase.ENDED, "mount_failed"),
        ({"Status": "created", "Error": "no idea"}, {}, Phase.ENDED, "runtime_refused"),
        (
            {"Status": "exited", "ExitCode": 137, "OOMKilled": True},
            {},
            Phase.ENDED,
            "oom_killed",
        ),
        ({"Status": "exited", "ExitCode": 137}, {}, Phase.ENDED, "stopped_outside"),
        ({"Status": "exited", "ExitCode": 127}, {}, Phase.ENDED, "bad_command"),
        ({"Status": "exited", "ExitCode": 3}, {}, Phase.ENDED, "entrypoint_exited"),
        (
            {"Status": "exited", "ExitCode": 1},
            {"tail": "exec /usr/bin/tini: exec format error"},
            Phase.ENDED,
            "image_platform",
        ),
        ({"Status": "exited", "ExitCode": 1}, {"status": BAD}, Phase.ENDED, "bad_command"),
    ],
)
def test_observe(state: dict[str, Any], parts: dict[str, Any], phase: Phase, code: str) -> None:
    """What Docker says of the end comes first, then the runner's report."""
    seen = look(state, **parts)
    assert seen.phase is phase
    assert (seen.reason.code if seen.reason else "") == code
    assert (seen.incarnation, seen.launch_hash) == ("c1", "h1")


def test_the_memory_limit_is_told() -> None:
    """It is the first thing that one wants to know."""
    seen = look({"Status": "exited", "ExitCode": 137, "OOMKilled": True})
    assert seen.reason is not None
    assert "64Mi" in seen.reason.message


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("1970-01-01T00:00:01.25Z", 1.25),
        ("1970-01-01T00:00:01Z", 1.0),
        ("0001-01-01T00:00:00Z", 0.0),
        ("", 0.0),
    ],
)
def test_seconds(time: str, expected: float) -> None:
    """Docker's times have nine digits, and one for "never"."""
    assert seconds(time) == expected
