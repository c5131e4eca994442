"""Watchers get everything, then `synced`, then changes, and can resume."""

from __future__ import annotations

import asyncio

import pytest
from cstudiod.errors import StaleError
from cstudiod.store.feed import Change, Feed


async def _take(feed: Feed[str], count: int, token: str = "") -> list[Change[str]]:
    found = []
    async for change in feed.watch(token):
        found.append(change)
        if len(found) == count:
            break
    return found


async def test_the_state_comes_first_then_synced() -> None:
    """A new watcher is told what there is, in order of change."""
    feed: Feed[str] = Feed("e")
    feed.put("b", "B")
    feed.put("a", "A")
    told = await _take(feed, 3)
    assert [one.upserted for one in told] == ["B", "A", None]
    assert told[2].synced


async def test_a_slow_reader_gets_the_latest() -> None:
    """Intermediate values may be skipped, the last one never is."""
    feed: Feed[str] = Feed("e")
    for number in range(100):
        feed.put("a", str(number))
    assert [one.upserted for one in await _take(feed, 2)] == ["99", None]


async def test_a_watch_resumes_where_it_was() -> None:
    """Only what happened since the token is told, deletions included."""
    feed: Feed[str] = Feed("e")
    feed.put("a", "A")
    feed.put("b", "B")
    token = (await _take(feed, 3))[-1].token
    feed.put("a", "A2")
    feed.delete("b")
    told = await _take(feed, 3, token)
    assert [(one.upserted, one.deleted) for one in told[:2]] == [("A2", ""), (None, "b")]
    assert told[2].synced


@pytest.mark.parametrize("token", ["other-1", "e-x", "nonsense"])
async def test_a_token_of_another_life_is_refused(token: str) -> None:
    """The daemon restarted, or the token is none of ours."""
    feed: Feed[str] = Feed("e")
    with pytest.raises(StaleError) as refused:
        await _take(feed, 1, token)
    assert refused.value.reason == "RESUME_TOKEN_EXPIRED"


async def test_changes_wake_a_waiting_watcher() -> None:
    """Nothing is polled."""
    feed: Feed[str] = Feed("e")
    async with asyncio.TaskGroup() as group:
        waiting = group.create_task(_take(feed, 2))
        await asyncio.sleep(0)
        feed.put("a", "A")
    assert waiting.result()[1].upserted == "A"


async def test_closing_ends_every_watch() -> None:
    """Streams end cleanly before the server does."""
    feed: Feed[str] = Feed("e")
    feed.close()
    assert [one.synced async for one in feed.watch()] == [True]
