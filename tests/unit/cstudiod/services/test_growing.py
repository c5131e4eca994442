"""Whoever follows what grows gets all of it, from the first to the last."""

from __future__ import annotations

import asyncio

from cstudiod.services.growing import Growing


async def _all(growing: Growing[int], most: int = 10) -> list[list[int]]:
    return [list(some) async for some in growing.follow(most)]


async def test_several_follow_from_the_start_to_the_end() -> None:
    growing: Growing[int] = Growing()
    growing.add(1)
    async with asyncio.TaskGroup() as group:
        early = group.create_task(_all(growing))
        await asyncio.sleep(0)
        growing.add(2)
        await asyncio.sleep(0)
        late = group.create_task(_all(growing))
        growing.add(3)
        growing.end()
    assert [number for some in early.result() for number in some] == [1, 2, 3]
    assert [number for some in late.result() for number in some] == [1, 2, 3]


async def test_much_comes_in_pieces() -> None:
    growing: Growing[int] = Growing()
    for number in range(5):
        growing.add(number)
    growing.end()
    assert await _all(growing, most=2) == [[0, 1], [2, 3], [4]]


async def test_the_end_is_waited_for() -> None:
    growing: Growing[int] = Growing()
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(growing.ended())
        await asyncio.sleep(0)
        growing.add(1)
        await asyncio.sleep(0)
        assert not waiting.done()
        growing.end()
    assert growing.has_ended
