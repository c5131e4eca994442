"""What a session does not do is told with its state, the cause, and what to type."""

from __future__ import annotations

import pytest
from cstudio_sync import operations as ops
from cstudio_sync.operations import Outcome
from cstudiod.model.sync_sessions import Reason, State, Status
from cstudiod.sync import reasons

HALT = Reason(code="MASS_DELETION", message="everything is gone", since=1.0, next="type this")


@pytest.mark.parametrize(
    ("status", "message", "next_step"),
    [
        (
            Status(state=State.PAUSED),
            "session `api` cannot be flushed; it is paused",
            "cstudio sync resume api",
        ),
        (
            Status(state=State.HALTED, reason=HALT),
            "session `api` cannot be flushed; it is halted: everything is gone",
            "type this",
        ),
        (
            Status(state=State.DISCONNECTED, reason=Reason(code="X", message="no way", since=1.0)),
            "session `api` cannot be flushed; it is disconnected: no way",
            "cstudio sync show api",
        ),
    ],
)
def test_refusal(status: Status, message: str, next_step: str) -> None:
    """The next step is the cause's own, else a look at the session."""
    error = reasons.refusal("api", status, "cannot be flushed", "WRONG_STATE")
    assert (error.message, error.next, error.reason) == (message, next_step, "WRONG_STATE")
    assert error.metadata == {"session": "api", "state": status.state.value}


@pytest.mark.parametrize(
    ("status", "code", "remedy"),
    [(ops.DISK_FULL, "DISK_FULL", "make room"), (ops.READ_ONLY, "READ_ONLY", "make it writable")],
)
def test_blocked(status: str, code: str, remedy: str) -> None:
    """A whole side that refuses says which path met it first, and when it is tried again."""
    reason = reasons.blocked(Outcome(b"a/b", status, None, "no space"), 10.0, 5.0)
    assert (reason.code, reason.path, reason.message) == (code, b"a/b", "no space")
    assert remedy in reason.next
    assert reason.retry_time == 15.0
