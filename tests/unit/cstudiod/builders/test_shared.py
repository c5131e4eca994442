"""Work that several follow is done once, and ends when nobody follows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

import pytest
from cstudiod.builders.shared import Shared


class Work:
    """Says numbers, and waits for a go before each but the first."""

    def __init__(self, count: int = 3, error: Exception | None = None) -> None:
        self.starts = 0
        self.was_cancelled = False
        self.go = asyncio.Event()
        self._count = count
        self._error = error

    async def __call__(self) -> AsyncGenerator[int, None]:
        self.starts += 1
        try:
            for number in range(self._count):
                yield number
                await self.go.wait()
        except asyncio.CancelledError:
            self.was_cancelled = True
            raise
        if self._error:
            raise self._error


async def _all(shared: Shared[int], work: Work) -> list[int]:
    return [item async for item in shared.follow("key", work)]


async def test_everyone_hears_everything_and_it_is_done_once() -> None:
    """Also who comes later."""
    shared, work = Shared[int](), Work()
    async with asyncio.TaskGroup() as tasks:
        first = tasks.create_task(_all(shared, work))
        await asyncio.sleep(0.01)
        second = tasks.create_task(_all(shared, work))
        await asyncio.sleep(0.01)
        work.go.set()
    assert first.result() == second.result() == [0, 1, 2]
    assert work.starts == 1


async def test_it_is_done_again_when_it_is_over() -> None:
    """At once, without waiting for anything to be cleaned up."""
    shared, work = Shared[int](), Work()
    work.go.set()
    assert await _all(shared, work) == await _all(shared, work) == [0, 1, 2]
    assert work.starts == 2


async def test_when_the_last_one_leaves_it_is_cancelled() -> None:
    """One who leaves does not end it for another."""
    shared, work = Shared[int](), Work()
    one, two = shared.follow("key", work), shared.follow("key", work)
    assert [await anext(one), await anext(two)] == [0, 0]
    await one.aclose()
    assert not work.was_cancelled
    await two.aclose()
    assert work.was_cancelled


async def test_its_error_reaches_everyone() -> None:
    """After what was said."""
    shared, work = Shared[int](), Work(1, ValueError("broken"))
    work.go.set()
    for _ in range(2):
        async with contextlib.aclosing(shared.follow("key", work)) as told:
            assert await anext(told) == 0
            with pytest.raises(ValueError, match="broken"):
                await anext(told)


async def test_closing_ends_all_of_it() -> None:
    """Who follows is told by a cancellation."""
    shared, work = Shared[int](), Work()
    told = shared.follow("key", work)
    assert await anext(told) == 0
    await shared.close()
    assert work.was_cancelled
    with pytest.raises(asyncio.CancelledError):
        await anext(told)
