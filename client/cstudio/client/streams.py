"""A watch that survives a broken stream and a restart of the daemon.

What comes in: streams of the contract, each with tokens to go on from. What
goes out: one unbroken sequence of events, in which something that vanished while
nobody was looking is gone like anything else.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import grpc.aio

from cstudio import errors

Item = TypeVar("Item")
Event = TypeVar("Event")

RETRY_SECONDS = 0.2


@dataclass(frozen=True, kw_only=True)
class Answer(Generic[Item]):
    """One message of a watch, of whatever it watches."""

    token: str
    key: str = ""
    """What is told of; empty: nothing in particular."""
    item: Item | None = None
    """As it is now; None with a key: it is gone."""
    synced: bool = False


@dataclass(frozen=True, kw_only=True)
class Put(Generic[Item]):
    """Something as it is now."""

    item: Item


@dataclass(frozen=True, kw_only=True)
class Gone(Generic[Item]):
    """Something is gone; `item` is as it was last seen."""

    item: Item


@dataclass(frozen=True, kw_only=True)
class Synced:
    """Everything that was there at the start has arrived; comes once."""


@dataclass
class _Reader(Generic[Item]):
    """What has been seen so far."""

    token: str = ""
    known: dict[str, Item] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    """Seen since the stream began anew."""
    synced: bool = False

    def begin(self) -> str:
        """Return the token for the next stream."""
        self.fresh = set(self.known) if self.token else set()
        return self.token

    def read(self, answer: Answer[Item]) -> list[Put[Item] | Gone[Item] | Synced]:
        """Take one answer; return what it means for whoever reads us."""
        self.token = answer.token
        if answer.synced:
            return self._synced()
        if answer.item is None:
            return [*self._forget({answer.key})]
        self.known[answer.key] = answer.item
        self.fresh.add(answer.key)
        return [Put(item=answer.item)]

    def _forget(self, keys: set[str]) -> list[Gone[Item]]:
        return [Gone(item=self.known.pop(key)) for key in sorted(keys & self.known.keys())]

    def _synced(self) -> list[Put[Item] | Gone[Item] | Synced]:
        gone = self._forget(self.known.keys() - self.fresh)
        first, self.synced = not self.synced, True
        return [*gone, Synced()] if first else [*gone]


async def follow(
    begin: Callable[[str], AsyncGenerator[Answer[Item], None]], patience_seconds: float
) -> AsyncGenerator[Put[Item] | Gone[Item] | Synced, None]:
    """Yield events for ever; goes on after breaks of up to `patience_seconds`.

    `begin` opens a stream that goes on from a token, or anew from an empty one.

    Raises:
        CstudioError: there is nothing of that name, or nobody answers any more.
    """
    reader: _Reader[Item] = _Reader()
    last_answer = time.monotonic()
    while True:
        try:
            async with aclosing(begin(reader.begin())) as answers:
                async for answer in answers:
                    last_answer = time.monotonic()
                    for event in reader.read(answer):
                        yield event
        except grpc.aio.AioRpcError as error:
            _go_on_or_raise(errors.from_call(error), reader, last_answer + patience_seconds)
        else:
            if time.monotonic() > last_answer + max(patience_seconds, RETRY_SECONDS):
                raise errors.UnreachableError("the daemon has ended", reason="SHUTTING_DOWN")
        await asyncio.sleep(RETRY_SECONDS)


async def events(
    begin: Callable[[str], AsyncGenerator[Answer[Item], None]],
    patience_seconds: float,
    *,
    changed: Callable[[Item], Event],
    deleted: Callable[[Item], Event],
) -> AsyncGenerator[Event | Synced, None]:
    """Yield what `follow` does, in the words of what is watched.

    Raises:
        CstudioError: there is nothing of that name, or nobody answers any more.
    """
    async with aclosing(follow(begin, patience_seconds)) as told:
        async for one in told:
            match one:
                case Put():
                    yield changed(one.item)
                case Gone():
                    yield deleted(one.item)
                case _:
                    yield one


def _go_on_or_raise(error: errors.CstudioError, reader: _Reader[Item], deadline: float) -> None:
    if error.reason == "RESUME_TOKEN_EXPIRED" and reader.token:
        reader.token = ""
    elif not isinstance(error, errors.UnreachableError) or time.monotonic() > deadline:
        raise error
