"""Bodies of any size, both ways, while they come."""

from __future__ import annotations

import asyncio
import http.server
import json
import resource
import threading
import time
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from cstudiod.gateway.seam import StudioPort
from cstudiod.gateway.server import Gateway
from support import gateways
from support.gateways import Town, body, field, get, say, status

BASE = "/code-studios/P/s"
GIB = 1024**3


async def _pieces(count: int) -> AsyncIterator[bytes]:
    piece = b"x" * 1024 * 1024
    for _ in range(count):
        yield piece


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


@pytest.mark.slow
async def test_two_gigabytes_pass_without_being_held(
    front: Gateway, browser: aiohttp.ClientSession
) -> None:
    """A chunked upload stays chunked; memory does not grow with it."""
    await browser.post(f"{BASE}/1/count", data=_pieces(8))
    before = _peak()
    async with browser.post(f"{BASE}/1/count", data=_pieces(2048)) as response:
        assert await response.json() == {"bytes": 2 * GIB, "coding": "chunked"}
    assert _peak() - before < 64 * 1024 * 1024


async def test_a_length_stays_a_length(browser: aiohttp.ClientSession) -> None:
    """An upload that says its length is not made a chunked one."""
    async with browser.post(f"{BASE}/2/count", data=b"x" * 100_000) as response:
        assert await response.json() == {"bytes": 100_000, "coding": None}


async def test_a_slow_reader_slows_the_server_down(front: Gateway) -> None:
    """What the client does not take is not taken from the server."""
    before = _peak()
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(get(f"{BASE}/1/big?bytes={200 * 1024 * 1024}"))
    await asyncio.sleep(1.0)
    assert _peak() - before < 32 * 1024 * 1024
    total = 0
    while piece := await reader.read(1024 * 1024):
        total += len(piece)
    assert total > 200 * 1024 * 1024
    writer.close()


async def test_events_come_when_they_are_sent(browser: aiohttp.ClientSession) -> None:
    """Server-sent events are not kept waiting for more."""
    began = time.monotonic()
    async with browser.get(f"{BASE}/1/events") as response:
        assert response.headers["Content-Type"] == "text/event-stream"
        assert await response.content.readuntil(b"\n\n") == b"data: 0\n\n"
        first = time.monotonic() - began
        assert await response.content.readuntil(b"\n\n") == b"data: 1\n\n"
    assert first < 0.2 < time.monotonic() - began


async def test_who_hangs_up_ends_the_server_side_too(town: Town, tmp_path: Path) -> None:
    """A stream nobody listens to any more is closed at the studio."""
    ended = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\n\r\nfirst")
        await reader.read()
        ended.set()
        writer.close()

    async with gateways.raw_server(endless) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(get(f"{BASE}/1/"))
        await reader.readuntil(b"first")
        writer.close()
        async with asyncio.timeout(2):
            await ended.wait()


async def test_both_ways_at_once(town: Town, tmp_path: Path) -> None:
    """A server may answer what it has not read to the end."""

    async def mirror(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        while piece := await reader.readline():
            if piece.strip() == b"0":
                break
            data = await reader.readexactly(int(piece, 16) + 2)
            writer.write(piece + data)
        writer.write(b"0\r\nX-Trailer: dropped\r\n\r\n")
        writer.close()

    async with gateways.raw_server(mirror) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(get(f"{BASE}/1/", "Transfer-Encoding: chunked", method="POST"))
        for number in range(20):
            writer.write(b"3\r\n%03d\r\n" % number)
            assert (await reader.readuntil(b"%03d\r\n" % number)).endswith(b"%03d\r\n" % number)
        writer.write(b"0\r\nX-Other: trailer\r\n\r\n")
        assert (await reader.read()) == b"0\r\n\r\n"
        writer.close()


async def test_an_early_refusal_reaches_who_still_sends(town: Town, tmp_path: Path) -> None:
    """413 before the body was read; the connection ends after it."""

    async def strict(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nno\n")
        writer.write_eof()
        await asyncio.sleep(0.5)  # it reads no more; a reset would overtake the answer
        writer.close()

    async with gateways.raw_server(strict) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        head = f"POST {BASE}/1/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: {GIB}\r\n\r\n"
        answer = await say(front.port, head.encode() + b"x" * 2_000_000, end=True)
        assert (status(answer), body(answer)) == (413, b"no\n")


async def test_continue_is_the_servers_to_say(front: Gateway) -> None:
    """A client that asks first is told to go on, and only then sends."""
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(get(f"{BASE}/1/", "Expect: 100-continue", "Content-Length: 2", method="PUT"))
    async with asyncio.timeout(5):
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 100 ")
    writer.write(b"hi")
    answer = await reader.read()
    assert (status(answer), json.loads(body(answer))["body"]) == (200, "hi")
    writer.close()


async def test_who_never_says_continue_gets_the_body_after_a_second(
    town: Town, tmp_path: Path
) -> None:
    """Some servers know nothing of it."""

    async def deaf(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        data = await reader.readexactly(2)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n" + data)
        writer.close()

    async with gateways.raw_server(deaf) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(get(f"{BASE}/1/", "Expect: 100-continue", "Content-Length: 2", method="PUT"))
        async with asyncio.timeout(5):
            await reader.readuntil(b"100 \r\n\r\n")
        writer.write(b"hi")
        assert body(await reader.read()) == b"hi"
        writer.close()


async def test_many_requests_share_a_connection(front: Gateway) -> None:
    """Also when they are sent before the first is answered."""
    asked = [f"GET {BASE}/1/{n} HTTP/1.1\r\nHost: localhost\r\n\r\n" for n in range(5)]
    upload = (
        f"POST {BASE}/1/5 HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        "2\r\nhi\r\n0\r\n\r\n"
    )
    last = get(f"{BASE}/1/6").decode()
    answer = await say(front.port, "".join([*asked, upload, last]).encode())
    assert answer.count(b"HTTP/1.1 200 ") == 7
    assert [b'"/%d"' % n in answer for n in range(7)] == [True] * 7


@pytest.mark.parametrize("method", ["OPTIONS", "PATCH", "DELETE", "PROPFIND"])
async def test_every_method_passes(front: Gateway, method: str) -> None:
    """Known here or not."""
    answer = await say(front.port, get(f"{BASE}/1/", method=method))
    assert json.loads(body(answer))["method"] == method


# ------------------------------------------------- a server that knows less


@pytest.fixture
def files(tmp_path: Path) -> Iterator[int]:
    """Serve a folder with `http.server`, HTTP/1.0 answers without a length included."""
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "a.txt").write_text("0123456789")
    handler = partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join()
    server.server_close()


async def test_a_plain_http_server(front: Gateway, town: Town, files: int) -> None:
    """`python3 -m http.server` with the subpath `/`: listing, file, HEAD, what is missing."""
    town.put("files", (8000, StudioPort(dial=gateways.local(files))))
    base = "/code-studios/P/files/8000"
    assert b"a.txt" in await say(front.port, get(f"{base}/"))
    answer = await say(front.port, get(f"{base}/a.txt"))
    assert body(answer) == b"0123456789"
    answer = await say(front.port, get(f"{base}/a.txt", method="HEAD"))
    assert (status(answer), field(answer, "content-length"), body(answer)) == (200, "10", b"")
    assert status(await say(front.port, get(f"{base}/none"))) == 404


async def test_ranges(front: Gateway, town: Town, tmp_path: Path) -> None:
    """206 with its range comes as it is."""
    (tmp_path / "b.bin").write_bytes(bytes(range(256)) * 4096)
    app = web.Application()
    app.router.add_static("/", tmp_path)
    async with gateways.server(app) as port:
        town.put("r", (1, StudioPort(dial=gateways.local(port))))
        answer = await say(front.port, get("/code-studios/P/r/1/b.bin", "Range: bytes=10-19"))
    assert (status(answer), body(answer)) == (206, bytes(range(10, 20)))
    assert field(answer, "content-range") == f"bytes 10-19/{256 * 4096}"


async def test_an_answer_that_breaks_off_is_seen_to_be_broken(town: Town, tmp_path: Path) -> None:
    """Half a file is never taken for a whole one."""

    async def half(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n01234")
        writer.close()

    async with gateways.raw_server(half) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        async with aiohttp.ClientSession() as session:
            with pytest.raises(aiohttp.ClientError):
                async with session.get(front.url_of("P", "s", 1)) as response:
                    await response.read()


async def test_a_stale_connection_costs_nothing(town: Town, tmp_path: Path) -> None:
    """A server that closes its idle connections without a word, at the worst moment."""
    served = 0

    async def forgetful(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal served
        await reader.readuntil(b"\r\n\r\n")
        served += 1
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await reader.readuntil(b"\r\n\r\n")
        writer.close()  # it has read the next request, and answers nothing

    async with gateways.raw_server(forgetful) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        for _ in range(4):
            assert body(await say(front.port, get(f"{BASE}/1/"))) == b"ok"
    assert served == 4


async def test_what_a_server_sends_unasked_is_nobodys_answer(town: Town, tmp_path: Path) -> None:
    """A second answer on a kept connection is not given to the next request."""

    async def chatty(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nmine")
        await asyncio.sleep(0.1)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nother")
        await reader.read()
        writer.close()

    async with gateways.raw_server(chatty) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        for _ in range(3):
            assert body(await say(front.port, get(f"{BASE}/1/"))) == b"mine"
            await asyncio.sleep(0.3)
