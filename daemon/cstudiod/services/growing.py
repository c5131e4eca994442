"""What grows while it is read: several follow it, each from its start to its end."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Generic, TypeVar

T = TypeVar("T")


class Growing(Generic[T]):
    """A list that is added to until it has ended."""

    def __init__(self) -> None:
        """It is empty, and goes on."""
        self._items: list[T] = []
        self._news = asyncio.Event()
        self.has_ended = False

    def add(self, item: T) -> None:
        """Add one, and tell those who follow."""
        self._items.append(item)
        self._tell()

    def end(self) -> None:
        """Nothing more comes."""
        self.has_ended = True
        self._tell()

    def _tell(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()

    async def follow(self, most: int) -> AsyncIterator[Sequence[T]]:
        """Yield everything, at most so many together, as it comes."""
        position = 0
        while True:
            news = self._news
            while position < len(self._items):
                some = self._items[position : position + most]
                position += len(some)
                yield some
            if self.has_ended:
                return
            await news.wait()

    async def ended(self) -> None:
        """Return when nothing more comes."""
        while not self.has_ended:
            await self._news.wait()
