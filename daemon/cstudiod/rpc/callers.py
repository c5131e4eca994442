"""Who makes a call."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

from cstudiod.errors import BugError
from cstudiod.services.identity import Caller

_caller: ContextVar[Caller] = ContextVar("caller")
"""Of the call that the running task serves; gRPC gives every call a task."""


def let_in(caller: Caller) -> None:
    """Remember who makes the call that this task serves; the gate alone does that."""
    _caller.set(caller)


def caller_of(context: Any) -> Caller:
    """Return the person behind a call.

    Raises:
        BugError: the call did not come through the gate.
    """
    try:
        return _caller.get()
    except LookupError:
        raise BugError("a call came past the gate") from None
