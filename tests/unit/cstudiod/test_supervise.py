"""Work is owned: it ends with its owner, and leaves nothing with it."""

from __future__ import annotations

import asyncio
import contextlib

import pytest
from cstudiod.supervise import apart


async def test_what_runs_apart_leaves_no_cancellation_with_us() -> None:
    """Time limits afterwards would end us instead, as a group that fails can bring about."""

    async def swallow() -> None:
        mine = asyncio.current_task()
        assert mine is not None
        mine.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0)

    await apart(swallow)
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await asyncio.sleep(1)


async def test_what_runs_apart_ends_with_us() -> None:
    """Its clean-up is waited for."""
    said = []

    async def work() -> None:
        try:
            await asyncio.sleep(1)
        finally:
            said.append("cleaned up")

    async with asyncio.TaskGroup() as group:
        task = group.create_task(apart(work))
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        task.cancel()
    assert task.cancelled()
    assert said == ["cleaned up"]


async def test_who_is_cancelled_apart_by_nobody_is_a_bug() -> None:
    """Not an end that goes unnoticed."""

    async def work() -> None:
        raise asyncio.CancelledError

    with pytest.raises(RuntimeError, match="nobody"):
        await apart(work)
