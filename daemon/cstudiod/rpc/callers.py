"""Who makes a call."""

from __future__ import annotations

from typing import Any

from cstudiod.services import identity
from cstudiod.services.identity import Caller


def caller_of(context: Any) -> Caller:
    """Return the person behind a call.

    The Unix socket lets the person who runs the daemon in, and nobody else.
    """
    return identity.of_this_process()
