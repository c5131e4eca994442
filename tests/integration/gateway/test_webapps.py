"""Web apps behind the gateway and its door: who may visit, and which replica serves them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from cstudiod.gateway.seam import Found, NotRunning, StudioPort
from cstudiod.gateway.visiting import Published, Replica
from cstudiod.model.studios import Reason, StudioState
from cstudiod.model.webapps import Access, WebAppState
from cstudiod.services import webapp_rights
from support import doors, gateways
from support.doors import House
from support.gateways import Town, body, field, get, say, status

APP = "/web-apps-backends/P/Ab3xY9z"
NOBODY = 2**31
"""An account that no test runs as."""
PERSON = "Accept: text/html"


class Gallery:
    """Web apps; a test moves their replicas, which the town finds too."""

    def __init__(self) -> None:
        self.apps: dict[str, Published] = {}
        self.town: Town | None = None

    def find(self, project: str, id: str) -> Published | None:
        """Return how one is."""
        return self.apps.get(id) if project == "P" else None

    def put(self, id: str, port: int, *uids: str, access: Access, subpath: str = "/") -> None:
        """Publish: each replica is the same server, which says what it was asked."""
        assert self.town is not None
        way = StudioPort(dial=gateways.local(port), subpath=subpath)
        replicas = [Replica(uid=uid, pod=f"pod-{uid}", key=f"{uid} one", port=way) for uid in uids]
        self.apps[id] = Published(
            port=8501,
            state=WebAppState.RUNNING if uids else WebAppState.STARTING,
            replicas=replicas,
            is_public=access.public,
            may_visit=partial(webapp_rights.may_visit, access=access, owner="olga"),
        )
        for one in replicas:
            self.town.studios["P", f"{id}/{one.uid}"] = Found(key=one.key, ports={8501: way})


@pytest.fixture
async def echo_port() -> AsyncIterator[int]:
    """The server's own port."""
    async with gateways.server(gateways.echo()) as port:
        yield port


@pytest.fixture
def gallery() -> Gallery:
    """Where web apps are."""
    return Gallery()


@pytest.fixture
async def house(tmp_path: Path, gallery: Gallery) -> AsyncIterator[House]:
    """A gateway whose visitors are strangers unless they have a key."""
    async with doors.house(tmp_path, uid=NOBODY, webapps=gallery) as one:
        gallery.town = one.town
        yield one


async def ask(house: House, path: str, *fields: str, host: str = "127.0.0.1") -> bytes:
    port = house.gateway.port
    return await say(port, get(path, *fields, host=f"{host}:{port}"))


def served(answer: bytes) -> str:
    """Return the target that the server was asked for."""
    assert status(answer) == 200, answer
    return str(json.loads(body(answer))["target"])


async def test_the_public_needs_no_sign_in(house: House, gallery: Gallery, echo_port: int) -> None:
    """At the studios' host; the page's host sends there, for a script of it is a stranger."""
    gallery.put("Ab3xY9z", echo_port, "a", access=Access(public=True))
    assert served(await ask(house, f"{APP}/x%2Fy?q")) == "/x%2Fy?q"
    answer = await ask(house, f"{APP}/x?q", host="localhost")
    assert status(answer) == 307
    assert field(answer, "location") == f"http://127.0.0.1:{house.gateway.port}{APP}/x?q"


@pytest.mark.parametrize(
    ("login", "groups", "access", "expected"),
    [
        ("bob", ["ops"], Access(groups=("ops",)), 200),
        ("bob", ["data"], Access(groups=("ops",)), 403),
        ("olga", [], Access(groups=("ops",)), 200),
        ("olga", [], Access(), 200),
        ("bob", ["ops"], Access(), 403),
    ],
)
async def test_others_are_let_in_or_not(
    house: House,
    gallery: Gallery,
    echo_port: int,
    login: str,
    groups: list[str],
    access: Access,
    expected: int,
) -> None:
    """By their key; a server never gets to see it."""
    gallery.put("Ab3xY9z", echo_port, "a", access=access)
    key = house.key(login, groups=groups)
    answer = await ask(house, f"{APP}/", f"Authorization: Bearer {key}")
    assert status(answer) == expected
    assert key.encode() not in answer


async def test_strangers_sign_in_first(house: House, gallery: Gallery, echo_port: int) -> None:
    """People are sent to where they can, programs are refused; also where there is nothing."""
    gallery.put("Ab3xY9z", echo_port, "a", access=Access(groups=("ops",)))
    for path in (f"{APP}/x", "/web-apps-backends/P/nothing/"):
        assert status(await ask(house, path)) == 401
        answer = await ask(house, path, PERSON)
        assert status(answer) == 303
        assert "/enter?to=" in (field(answer, "location") or "")


async def test_what_is_not_there(house: House, gallery: Gallery) -> None:
    """Is told to those who may know; so is what is not ready yet, or has failed."""
    bearer = f"Authorization: Bearer {house.key('olga')}"
    answer = await ask(house, "/web-apps-backends/P/nothing/", bearer)
    assert (status(answer), b"webapp_absent" in answer) == (404, True)
    gallery.put("Ab3xY9z", 9, access=Access(public=True))
    answer = await ask(house, f"{APP}/")
    assert (status(answer), b"webapp_starting" in answer) == (503, True)
    reason = Reason(code="crash_loop", message="it keeps ending", next="cstudio webapp logs ID")
    failed = Published(port=8501, state=WebAppState.FAILED, reason=reason, is_public=True)
    gallery.apps["Ab3xY9z"] = failed
    answer = await ask(house, f"{APP}/")
    assert (status(answer), b"it keeps ending" in answer) == (502, True)


async def test_a_replica_that_does_not_answer(house: House, gallery: Gallery) -> None:
    """Is told in words of web apps, with what to type."""
    gallery.put("Ab3xY9z", 9, "a", access=Access(public=True))
    answer = await ask(house, f"{APP}/")
    told = json.loads(body(answer))["error"]
    assert (status(answer), told["code"]) == (502, "port_not_listening")
    assert "the web app `Ab3xY9z`" in told["message"]
    assert told["next"] == "cstudio webapp logs Ab3xY9z --replica a"


async def test_visitors_are_spread_and_kept(house: House, gallery: Gallery, echo_port: int) -> None:
    """Each new one goes to another replica, and comes back to it, until it is gone."""
    public = Access(public=True)
    gallery.put("Ab3xY9z", echo_port, "a", "b", "c", access=public, subpath="$request_uri")
    answers = [await ask(house, f"{APP}/x") for _ in range(3)]
    cookies = [(field(one, "set-cookie") or "").partition(";")[0] for one in answers]
    assert sorted(cookies) == [f"cstudio-replica={uid}" for uid in "abc"]
    for _ in range(3):
        answer = await ask(house, f"{APP}/x", "Cookie: own=1; cstudio-replica=b")
        assert served(answer) == f"{APP}_pod-b/8501/x"
        assert field(answer, "set-cookie") is None
        assert ["Cookie", "own=1"] in json.loads(body(answer))["headers"], "ours stays with us"
    gallery.put("Ab3xY9z", echo_port, "a", access=public, subpath="$request_uri")
    answer = await ask(house, f"{APP}/x", "Cookie: cstudio-replica=b")
    assert served(answer) == f"{APP}_pod-a/8501/x"
    assert (field(answer, "set-cookie") or "").startswith("cstudio-replica=a;")


async def test_a_replica_by_its_own_name(house: House, gallery: Gallery, echo_port: int) -> None:
    """Its own prefix leads to it alone; when it is gone, to whichever there is."""
    gallery.put("Ab3xY9z", echo_port, "a", "b", access=Access(public=True))
    answer = await ask(house, f"{APP}_pod-b/8501/x?q", "Cookie: cstudio-replica=a")
    assert (served(answer), field(answer, "set-cookie")) == ("/x?q", None)
    answer = await ask(house, f"{APP}_pod-z/8501/x?q")
    assert (status(answer), field(answer, "location")) == (307, f"{APP}/x?q")
    assert status(await ask(house, f"{APP}_pod-a/8080/")) == 404


async def test_a_conversation_ends_with_its_replica(
    house: House, gallery: Gallery, echo_port: int
) -> None:
    """WebSockets go through; the daemon knows of a pod's end before the network does."""
    gallery.put("Ab3xY9z", echo_port, "a", access=Access(public=True))
    async with (
        aiohttp.ClientSession(house.gateway.url) as browser,
        browser.ws_connect(f"{APP}/ws", protocols=("second",)) as socket,
    ):
        await socket.send_str("hello")
        assert await socket.receive_str() == "hello"
        house.town.studios["P", "Ab3xY9z/a"] = NotRunning(state=StudioState.STARTING)
        async with asyncio.timeout(10):
            ended = await socket.receive()
        assert ended.type in (aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR)


async def test_a_page_of_another_origin_changes_nothing(
    house: House, gallery: Gallery, echo_port: int
) -> None:
    """Public or not: a change is asked for by the web app's own pages, or by programs."""
    gallery.put("Ab3xY9z", echo_port, "a", access=Access(public=True))
    port = house.gateway.port
    for origin, expected in (
        (f"http://127.0.0.1:{port}", 200),
        (f"http://localhost:{port}", 403),
        ("http://evil.example", 403),
    ):
        request = get(
            f"{APP}/", f"Origin: {origin}", "Content-Length: 0", method="POST",
            host=f"127.0.0.1:{port}",
        )  # fmt: skip
        assert status(await say(port, request)) == expected
