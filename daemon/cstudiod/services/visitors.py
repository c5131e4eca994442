"""Who a call comes from that the gateway makes for a visitor.

The gateway calls the daemon on its own Unix socket, where everybody is the person who
runs the daemon. So it shows a ticket, made a moment before in this very process: 256
random bits that say for whom it calls, good for one call, and forgotten when that is
over. Nobody else can know one, so whoever reaches the socket cannot be somebody else.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass

from cstudiod.services.identity import Caller, Unauthenticated

TICKET_KEY = "cstudio-visitor"
"""Where a ticket stands in the metadata of a call."""
_BYTES = 32


@dataclass(frozen=True, kw_only=True)
class Visitor:
    """Somebody at the gateway."""

    caller: Caller
    key_id: str = ""
    """Of the API key by which they signed in; empty: they needed none."""


class Visitors:
    """The tickets of calls that are being made."""

    def __init__(self) -> None:
        """There are none."""
        self._tickets: dict[str, Visitor] = {}

    @contextlib.contextmanager
    def ticket(self, visitor: Visitor) -> Iterator[str]:
        """Give a ticket for one call."""
        ticket = secrets.token_hex(_BYTES)
        self._tickets[ticket] = visitor
        try:
            yield ticket
        finally:
            self._tickets.pop(ticket, None)

    def take(self, ticket: str) -> Visitor:
        """Return whose a ticket is; it is good no more.

        Raises:
            Unauthenticated: it was not made here, or was taken before.
        """
        visitor = self._tickets.pop(ticket, None)
        if visitor is None:
            raise Unauthenticated("this ticket was not given by the gateway, or is used up")
        return visitor
