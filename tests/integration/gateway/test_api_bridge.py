"""From an `Ask` to the daemon and back, with all of a daemon in this process."""

from __future__ import annotations

import asyncio
import json
import struct
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from cstudiod.app import App
from cstudiod.config import Settings
from cstudiod.gateway.api.bridge import Api
from cstudiod.gateway.api.calls import Calls
from cstudiod.gateway.site import Answer, Ask
from cstudiod.services.identity import Caller

ADA = Caller(login="ada", is_admin=True)
BOB = Caller(login="bob")


@pytest.fixture
async def app() -> AsyncIterator[App]:
    with tempfile.TemporaryDirectory(prefix="cst-", dir="/tmp") as folder:
        state = Path(folder)
        one = App(Settings(state_dir=state, socket=state / "s"), lambda: None)
        await one.start()
        try:
            yield one
        finally:
            await one.close()


@pytest.fixture
async def api(app: App) -> AsyncIterator[Api]:
    calls = Calls(app._settings.socket, app.parts.visitors)
    yield Api(calls, heartbeat_seconds=0.05)
    await calls.close()


def ask(method: str, body: bytes = b"{}", *, visitor: Caller | None = ADA, key_id: str = "") -> Ask:
    often = method.startswith(("Watch", "Read", "Follow"))
    kind = b"application/connect+json" if often else b"application/json"
    return Ask(
        method="POST",
        path=f"/api/cstudio.v1.Studios/{method}",
        headers=[(b"content-type", kind)],
        body=struct.pack(">BI", 0, len(body)) + body if often else body,
        visitor=visitor,
        key_id=key_id,
    )


def pieces(answer: Answer) -> AsyncGenerator[bytes, None]:
    assert answer.status == 200, answer.body
    assert isinstance(answer.body, AsyncGenerator)
    return answer.body


def told(piece: bytes) -> tuple[int, Any]:
    """Return an envelope's flags and its message."""
    return piece[0], json.loads(piece[5:])


async def test_a_stream_that_has_nothing_to_tell_says_so(api: Api) -> None:
    """So that whoever has closed their laptop is found out."""
    stream = pieces(await api.answer(ask("WatchStudios")))
    assert told(await anext(stream))[1]["synced"] is True
    assert [told(await anext(stream)) for _ in range(3)] == [(0, {})] * 3
    await stream.aclose()


async def test_who_leaves_ends_the_call(app: App, api: Api) -> None:
    """Nobody waits for the feed any more, and no ticket is left."""
    before = len(app.parts.feed._wakers)
    stream = pieces(await api.answer(ask("WatchStudios")))
    await anext(stream)
    assert len(app.parts.feed._wakers) == before + 1
    await stream.aclose()
    async with asyncio.timeout(10):
        while len(app.parts.feed._wakers) > before:
            await asyncio.sleep(0.01)
    assert not app.parts.visitors._tickets


async def test_who_stops_waiting_for_an_answer_ends_the_call(app: App, api: Api) -> None:
    """In the middle of it, as a browser does that reloads the page."""

    async def again_and_again() -> None:
        while True:
            await api.answer(ask("ListStudios"))

    with pytest.raises(TimeoutError):
        await asyncio.wait_for(again_and_again(), 0.2)
    assert not app.parts.visitors._tickets
    assert (await api.answer(ask("ListStudios"))).status == 200


async def test_a_stream_ends_with_the_key_of_its_visitor(app: App, api: Api) -> None:
    """The daemon itself ends it, with the reason."""
    key, _ = app.parts.keys.create(ADA, login="bob")
    stream = pieces(await api.answer(ask("WatchStudios", visitor=BOB, key_id=key.id)))
    await anext(stream)
    app.parts.keys.revoke(ADA, key.id)
    rest = [told(piece) async for piece in stream]
    flags, last = rest[-1]
    assert (flags, last["error"]["code"]) == (2, "unauthenticated")
    assert all(one == (0, {}) for one in rest[:-1])
    refused = await api.answer(ask("ListStudios", visitor=BOB, key_id=key.id))
    assert refused.status == 401


async def test_a_stranger_calls_nothing(api: Api) -> None:
    """Nobody is let in as whoever runs the daemon."""
    for method in ("ListStudios", "WatchStudios", "Nothing"):
        assert (await api.answer(ask(method, visitor=None))).status == 401


async def test_a_hundred_at_once_are_each_themselves(api: Api) -> None:
    """Tickets are not mixed up: administrators get an answer, others their refusal."""

    async def one(number: int) -> None:
        person = Caller(login=f"p{number}", is_admin=number % 2 == 0)
        asked = ask("ListStudios", visitor=person)
        asked = Ask(**{**vars(asked), "path": "/api/cstudio.v1.Keys/ListKeys"})
        answer = await api.answer(asked)
        assert answer.status == (200 if person.is_admin else 403)
        if not person.is_admin:
            assert isinstance(answer.body, bytes)
            assert f"`p{number}`" in json.loads(answer.body)["message"]

    async with asyncio.TaskGroup() as group:
        for number in range(100):
            group.create_task(one(number))
