"""How many clients there are at once, and who makes room.

A connection that waits for its next request costs its client nothing to open again;
one in the middle of a request is never cut for another.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cstudiod.gateway.wire import Client


class Crowd:
    """All clients; those that idle, longest first."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._all: set[Client] = set()
        self._idle: dict[Client, None] = {}

    def enter(self, client: Client) -> bool:
        """Count a client in; False where all of so many are at work."""
        if len(self._all) >= self._limit:
            longest = next(iter(self._idle), None)
            if longest is None:
                return False
            self.leave(longest)
            longest.abort()
        self._all.add(client)
        return True

    def leave(self, client: Client) -> None:
        """Count it out; idempotent."""
        self._all.discard(client)
        self._idle.pop(client, None)

    @contextmanager
    def idling(self, client: Client) -> Iterator[None]:
        """Say that it waits for a request."""
        self._idle[client] = None
        try:
            yield
        finally:
            self._idle.pop(client, None)
