"""Versioned changes for watchers: everything, then `synced`, then changes.

The feed holds the latest value of each name and a bounded list of deletions,
never a queue per watcher: a slow reader gets the latest state and may miss
intermediate ones. A resume token is ``<epoch>-<sequence>``; one of another
epoch (the daemon restarted), or older than the oldest deletion kept, is
refused and the client starts anew.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from cstudiod.errors import StaleError

T = TypeVar("T")

_DELETIONS_KEPT = 1000


@dataclass(frozen=True, kw_only=True)
class Change(Generic[T]):
    """One event of a watch; exactly one of the first three is meant."""

    upserted: T | None = None
    deleted: str = ""
    synced: bool = False
    token: str = ""


class Feed(Generic[T]):
    """The latest values by name, and who waits for the next."""

    def __init__(self, epoch: str) -> None:
        """`epoch` differs for every run of the daemon."""
        self._epoch = epoch
        self._sequence = 0
        self._values: OrderedDict[str, tuple[int, T]] = OrderedDict()
        self._deletions: OrderedDict[str, int] = OrderedDict()
        self._oldest = 0
        self._closing = False
        self._wakers: set[asyncio.Event] = set()

    def put(self, name: str, value: T) -> None:
        """Publish the new value of `name`."""
        self._sequence += 1
        self._deletions.pop(name, None)
        self._values[name] = (self._sequence, value)
        self._values.move_to_end(name)
        self._wake()

    def delete(self, name: str) -> None:
        """Publish that `name` is gone."""
        if self._values.pop(name, None) is None:
            return
        self._sequence += 1
        self._deletions[name] = self._sequence
        if len(self._deletions) > _DELETIONS_KEPT:
            self._oldest = self._deletions.popitem(last=False)[1]
        self._wake()

    def get(self, name: str) -> T | None:
        """Return the latest value."""
        found = self._values.get(name)
        return found[1] if found else None

    def values(self) -> list[T]:
        """Return all latest values, by name."""
        return [self._values[name][1] for name in sorted(self._values)]

    def close(self) -> None:
        """End every watch."""
        self._closing = True
        self._wake()

    def _wake(self) -> None:
        for event in self._wakers:
            event.set()

    async def watch(self, token: str = "") -> AsyncIterator[Change[T]]:
        """Yield the state (or what changed since `token`), `synced`, then changes.

        Raises:
            StaleError: RESUME_TOKEN_EXPIRED.
        """
        position = self._position(token)
        initial = not token
        event = asyncio.Event()
        self._wakers.add(event)
        try:
            for change in self._since(position, deletions=not initial):
                yield change
            position = self._sequence
            yield Change(synced=True, token=self._token(position))
            while not self._closing:
                await event.wait()
                event.clear()
                for change in self._since(position, deletions=True):
                    yield change
                    position = max(position, self._number(change.token))
        finally:
            self._wakers.discard(event)

    def _since(self, position: int, *, deletions: bool) -> Iterable[Change[T]]:
        news: list[tuple[int, Change[T]]] = []
        for number, value in reversed(self._values.values()):
            if number <= position:
                break
            news.append((number, Change(upserted=value, token=self._token(number))))
        if deletions:
            for name, number in reversed(self._deletions.items()):
                if number <= position:
                    break
                news.append((number, Change(deleted=name, token=self._token(number))))
        return [change for _, change in sorted(news, key=lambda item: item[0])]

    def _token(self, number: int) -> str:
        return f"{self._epoch}-{number}"

    @staticmethod
    def _number(token: str) -> int:
        return int(token.rpartition("-")[2])

    def _position(self, token: str) -> int:
        if not token:
            return 0
        epoch, _, number = token.rpartition("-")
        if epoch != self._epoch or not number.isdigit() or int(number) < self._oldest:
            raise StaleError(
                "the watch cannot be resumed from this token: too much has happened since",
                reason="RESUME_TOKEN_EXPIRED",
                next="start the watch again without a resume token",
                resume_token=token,
            )
        return int(number)
