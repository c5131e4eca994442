"""What the gateway serves besides studios: bodies in, answers and streams out."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cstudiod.gateway.asking import STRANGERS_BYTES
from cstudiod.gateway.seam import Knock, Visitor, Welcome
from cstudiod.gateway.server import Gateway
from cstudiod.gateway.site import Answer, Ask
from cstudiod.services.identity import Caller
from support import gateways
from support.gateways import Town, body, field, get, say, status


class Desk:
    """A site that says what it was asked, and streams until its stream is closed."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.closed = asyncio.Event()

    async def answer(self, ask: Ask) -> Answer:
        """Answer by path."""
        if ask.path.endswith("/stream"):
            return Answer(headers=[(b"Content-Type", b"text/plain")], body=self._ticks())
        if ask.path.endswith("/wait"):
            try:
                await asyncio.Event().wait()
            finally:
                self.closed.set()
        if ask.path.endswith("/fail"):
            raise RuntimeError("as asked")
        said = {
            "site": self.name,
            "method": ask.method,
            "path": ask.path,
            "query": ask.query,
            "body": ask.body.decode("latin-1"),
            "origin": ask.origin,
            "login": ask.visitor.login if ask.visitor else None,
        }
        return Answer(body=json.dumps(said).encode())

    async def _ticks(self) -> AsyncIterator[bytes]:
        try:
            for number in range(10_000):
                yield b"%d\n" % number
                await asyncio.sleep(0.01)
        finally:
            self.closed.set()


class Names:
    """A door that believes who says a name."""

    def ask(self, knock: Knock) -> Welcome:
        name = knock.value(b"x-name")
        return Welcome(visitor=Visitor(caller=Caller(login=name)) if name else None)

    def enter(self, knock: Knock, studio: str, owner: str | None) -> None:
        return None

    async def until_gone(self, visitor: Visitor) -> None:
        await asyncio.Event().wait()

    def framers(self, authority: str) -> list[str]:
        return []


@pytest.fixture
def desks() -> dict[str, Desk]:
    return {key: Desk(key) for key in ("/", "/api/", "/session")}


@pytest.fixture
async def front(tmp_path: Path, town: Town, desks: dict[str, Desk]) -> AsyncIterator[Gateway]:
    async with gateways.gateway(tmp_path, town, sites=desks, door=Names()) as one:
        yield one


@pytest.mark.parametrize(
    ("path", "site"),
    [
        ("/", "/"),
        ("/assets/x.js", "/"),
        ("/api/cstudio.v1.Studios/ListStudios", "/api/"),
        ("/api", "/"),
        ("/session", "/session"),
        ("/sessions", "/"),
        ("/a%20b", "/"),
    ],
)
async def test_the_longest_prefix_answers(front: Gateway, path: str, site: str) -> None:
    said = json.loads(body(await say(front.port, get(path + "?a=%2Fb"))))
    assert (said["site"], said["query"]) == (site, "a=%2Fb")
    assert said["path"] == path.replace("%20", " ")
    assert said["origin"] == "http://localhost"


async def test_a_body_arrives_whole_however_it_is_framed(front: Gateway) -> None:
    fields = ("Content-Length: 5", "X-Name: ada")
    answer = await say(front.port, get("/api/x", *fields, method="POST") + b"hello")
    assert json.loads(body(answer))["body"] == "hello"
    assert json.loads(body(answer))["login"] == "ada"
    chunks = b"3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"
    request = get("/api/x", "Transfer-Encoding: chunked", method="POST") + chunks
    assert json.loads(body(await say(front.port, request)))["body"] == "hello"


async def test_who_asks_first_is_told_to_go_on(front: Gateway) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(get("/api/x", "Expect: 100-continue", "Content-Length: 2", method="POST"))
    assert b"100" in await reader.readuntil(b"\r\n\r\n")
    writer.write(b"hi")
    assert json.loads(body(await reader.read()))["body"] == "hi"
    writer.close()


async def test_strangers_send_little(front: Gateway) -> None:
    """Before a byte of it is read; who is known may send more."""
    length = f"Content-Length: {STRANGERS_BYTES + 1}"
    sent = get("/api/x", length, method="POST") + b"x" * (STRANGERS_BYTES + 1)
    assert status(await say(front.port, sent)) == 413
    sent = get("/api/x", length, "X-Name: ada", method="POST") + b"x" * (STRANGERS_BYTES + 1)
    assert status(await say(front.port, sent)) == 200


async def test_a_connection_serves_many_requests(front: Gateway) -> None:
    """Also those that were sent before they were waited for, and after a HEAD."""
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    for method, path in (("HEAD", "/"), ("GET", "/a"), ("GET", "/b")):
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    assert int(field(head, "content-length") or 0) > 0
    for path in ("/a", "/b"):
        head = await reader.readuntil(b"\r\n\r\n")
        said = await reader.readexactly(int(field(head, "content-length") or 0))
        assert json.loads(said)["path"] == path
    writer.close()


@pytest.mark.parametrize("path", ["/api/stream", "/api/wait"])
async def test_what_goes_on_ends_with_the_browser(
    front: Gateway, desks: dict[str, Desk], path: str
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(get(path))
    if path.endswith("stream"):
        head = await reader.readuntil(b"\r\n\r\n")
        assert (field(head, "transfer-encoding") or "").lower() == "chunked"
        assert await reader.readuntil(b"2\n") == b"2\r\n0\n\r\n2\r\n1\n\r\n2\r\n2\n"
    writer.close()
    async with asyncio.timeout(20):
        await desks["/api/"].closed.wait()


async def test_a_head_of_a_stream_begins_none(front: Gateway, desks: dict[str, Desk]) -> None:
    answer = await say(front.port, get("/api/stream", method="HEAD"))
    assert (status(answer), body(answer)) == (200, b"")


async def test_a_failure_of_ours_is_told_without_detail(front: Gateway) -> None:
    answer = await say(front.port, get("/api/fail"))
    assert status(answer) == 500
    assert b"as asked" not in answer


@pytest.mark.parametrize(
    "path",
    [
        "/api/../session",
        "/api/%2e%2e/session",
        "/./session",
        "//session",
        "/api//x",
        "/api%2fx",
        "/api%5cx",
        "/api\\x",
        "/api%00",
        "/api%0d%0aX:y",
        "/api;x",
        "/a%ff",
    ],
)
async def test_a_path_of_ours_is_written_in_one_way(front: Gateway, path: str) -> None:
    """What could be read in two ways is refused, and the next request is served."""
    assert status(await say(front.port, get(path))) == 400
    assert status(await say(front.port, get("/"))) == 200


async def test_studios_keep_their_paths(front: Gateway) -> None:
    for path in ("/code-studios", "/code-studios/P/s/1/", "/dip/x", "/web-apps-backends/x"):
        assert status(await say(front.port, get(path))) == 404
