"""WebSockets through the gateway: handshakes are checked, then bytes are passed on."""

from __future__ import annotations

import asyncio
from pathlib import Path

import aiohttp
import pytest
from cstudiod.gateway.seam import StudioPort
from cstudiod.gateway.server import Gateway
from support import gateways
from support.gateways import Town, field, get, say, status

BASE = "/code-studios/P/s"
HANDSHAKE = (
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
)


@pytest.mark.parametrize("port", [1, 2, 5])
async def test_a_conversation(browser: aiohttp.ClientSession, port: int) -> None:
    """Sub-protocol, texts, the close code."""
    url = f"{BASE}/{port}/ws"
    async with browser.ws_connect(url, protocols=("first", "second")) as socket:
        assert socket.protocol == "second"
        for text in ("a", "ü" * 70_000, ""):
            await socket.send_str(text)
            assert await socket.receive_str() == text
        await socket.send_str("bye")
        assert (await socket.receive()).data == 4001


@pytest.mark.slow
async def test_a_frame_of_100_megabytes(browser: aiohttp.ClientSession) -> None:
    """No size is too large: nobody here knows what a frame is."""
    data = b"x" * 100 * 1024 * 1024
    async with browser.ws_connect(f"{BASE}/1/ws", max_msg_size=0, compress=0) as socket:
        await socket.send_bytes(data)
        assert await socket.receive_bytes() == data


async def test_a_foreign_page_may_not_talk(front: Gateway) -> None:
    """Browsers send WebSockets anywhere: the Origin says whose page it is."""
    own = f"http://localhost:{front.port}"
    for origin, expected in [
        (own, 101),
        ("http://evil.example", 403),
        ("null", 403),
        (f"http://127.0.0.1:{front.port}", 403),
    ]:
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        request = get(
            f"{BASE}/1/ws", f"Origin: {origin}", *HANDSHAKE, host=f"localhost:{front.port}"
        ).replace(b"Connection: close", b"Connection: keep-alive, Upgrade")
        writer.write(request)
        assert status(await reader.readuntil(b"\r\n")) == expected
        writer.close()


async def test_no_other_protocol_is_switched_to(front: Gateway) -> None:
    """HTTP/2 in clear text would pass everything by."""
    answer = await say(
        front.port,
        get(f"{BASE}/1/", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAAQAAP__").replace(
            b"Connection: close", b"Connection: Upgrade, HTTP2-Settings, close"
        ),
    )
    assert status(answer) == 200
    assert b"h2c" not in answer


async def test_a_server_that_refuses(front: Gateway) -> None:
    """What is no WebSocket there is answered as a request is."""
    answer = await say(
        front.port,
        get(f"{BASE}/1/x", *HANDSHAKE).replace(b"Connection: close", b"Connection: Upgrade, close"),
    )
    assert (status(answer), field(answer, "upgrade")) == (200, None)


async def test_an_end_by_half_is_passed_on(town: Town, tmp_path: Path) -> None:
    """One side may go on sending when the other has ended; early bytes are not lost."""
    heard = bytearray()

    async def switching(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n"
            b"Upgrade: websocket\r\nSet-Cookie: a=b; Path=/\r\n\r\nearly"
        )
        heard.extend(await reader.read())
        writer.write(b"late")
        writer.close()

    async with gateways.raw_server(switching) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        request = get(f"{BASE}/1/", *HANDSHAKE).replace(b"n: close", b"n: Upgrade")
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
        writer.write(request + b"at once")
        answer = await reader.readuntil(b"early")
        writer.write_eof()
        answer += await reader.read()
        writer.close()
    assert answer.endswith(b"\r\n\r\nearlylate")
    assert field(answer, "set-cookie") == f"a=b; Path={BASE}/1/"
    assert bytes(heard) == b"at once"
