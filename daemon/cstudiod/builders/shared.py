"""One piece of work that several people follow from its beginning.

Who comes later hears what was said before. When the last follower has left the
work is cancelled, and waited for.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncGenerator, Callable
from typing import Generic, TypeVar

from cstudiod.supervise import Tasks

T = TypeVar("T")


class _Work(Generic[T]):
    def __init__(self, name: str) -> None:
        self.name = name
        self.said: list[T] = []
        self.changed = asyncio.Event()
        self.is_over = False
        self.error: BaseException | None = None
        self.followers = 0

    def tell(self) -> None:
        """Wake everyone who follows."""
        self.changed.set()
        self.changed = asyncio.Event()


class Shared(Generic[T]):
    """Work by key; the same key is never worked on twice at once."""

    def __init__(self) -> None:
        self._tasks = Tasks()
        self._works: dict[str, _Work[T]] = {}
        self._numbers = itertools.count()

    async def follow(
        self, key: str, make: Callable[[], AsyncGenerator[T, None]]
    ) -> AsyncGenerator[T, None]:
        """Yield everything that the work `key` says; start it by `make` if nobody has.

        Raises:
            Exception: what the work raised.
        """
        work = self._works.get(key) or self._start(key, make)
        work.followers += 1
        try:
            async with contextlib.aclosing(_told(work)) as told:
                async for item in told:
                    yield item
        finally:
            work.followers -= 1
            if not work.followers and not work.is_over:
                await self._tasks.stop(work.name)

    async def close(self) -> None:
        """Cancel all work and wait."""
        await self._tasks.close()

    def _start(self, key: str, make: Callable[[], AsyncGenerator[T, None]]) -> _Work[T]:
        work: _Work[T] = _Work(f"{key} ({next(self._numbers)})")
        self._works[key] = work

        async def run() -> None:
            stream = make()
            try:
                async for item in stream:
                    work.said.append(item)
                    work.tell()
            except BaseException as error:
                work.error = error
                if not isinstance(error, Exception):
                    raise
            finally:
                await stream.aclose()
                del self._works[key]
                work.is_over = True
                work.tell()

        self._tasks.start(work.name, run)
        return work


async def _told(work: _Work[T]) -> AsyncGenerator[T, None]:
    at = 0
    while True:
        changed = work.changed
        while at < len(work.said):
            yield work.said[at]
            at += 1
        if work.is_over:
            break
        if changed is work.changed:
            await changed.wait()
    if isinstance(work.error, Exception):
        raise work.error
    if work.error is not None:
        raise asyncio.CancelledError
