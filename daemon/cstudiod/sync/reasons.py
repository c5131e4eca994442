"""Why a session is not where one wants it, and what to type to go on; pure."""

from __future__ import annotations

from cstudio_sync import operations as ops
from cstudio_sync.operations import Outcome
from cstudio_sync.safety import Halt

from cstudiod.errors import StateError
from cstudiod.model.sync_sessions import Reason, State, Status

_CODES = {ops.DISK_FULL: "DISK_FULL", ops.READ_ONLY: "READ_ONLY"}


def blocked(outcome: Outcome, now: float, retry_seconds: float) -> Reason:
    """Return the reason when a whole side refuses to be written."""
    remedy = "make room there" if outcome.status == ops.DISK_FULL else "make it writable"
    return Reason(
        code=_CODES.get(outcome.status, "BUG"),
        message=outcome.detail or outcome.status,
        since=now,
        path=outcome.path,
        next=f"{remedy}; it is tried again by itself",
        retry_time=now + retry_seconds,
    )


def halted(halt: Halt, name: str, now: float) -> Reason:
    """Return the reason when a plan looks like an accident."""
    return Reason(
        code=halt.reason,
        message=halt.message,
        since=now,
        path=halt.paths[0] if halt.paths else b"",
        next=f"see `cstudio sync plan {name}`; to go on: cstudio sync accept {name};"
        f" to bring it back: cstudio sync restore {name}",
    )


def _next_step(name: str, state: State) -> str:
    verb = "resume" if state is State.PAUSED else "show"
    return f"cstudio sync {verb} {name}"


def refusal(name: str, status: Status, what: str, code: str) -> StateError:
    """Return the error that says `what` a session does not do, and in which state it is.

    Args:
        name: the session's.
        status: where it is.
        what: completes "session `x` …", such as "has ended".
        code: the machine-readable reason.
    """
    reason = status.reason
    why = f": {reason.message}" if reason else ""
    return StateError(
        f"session `{name}` {what}; it is {status.state.value}{why}",
        reason=code,
        next=(reason.next if reason else "") or _next_step(name, status.state),
        session=name,
        state=status.state.value,
    )
