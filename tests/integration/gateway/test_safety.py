"""What is refused, and that refusing is not failing: the next request is served."""

from __future__ import annotations

import asyncio
import json
import resource
import socket
import ssl
import subprocess
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cstudiod.errors import StateError, UsageError
from cstudiod.gateway import faults
from cstudiod.gateway.faults import Refused
from cstudiod.gateway.seam import Knock, StudioPort
from cstudiod.gateway.server import Gateway
from cstudiod.gateway.settings import GatewaySettings
from support import gateways
from support.gateways import Town, body, get, say, status

BASE = "/code-studios/P/s"


@pytest.fixture
async def wire() -> AsyncIterator[tuple[int, bytearray]]:
    """A server that keeps every byte it gets, and answers each head with 204."""
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            heard.extend(data)
            if data.endswith(b"\r\n\r\n"):
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")

    async with gateways.raw_server(listen) as port:
        yield port, heard


@pytest.mark.parametrize(
    "rest",
    [
        "..",
        "../x",
        "%2e%2e/x",
        ".%2E/x",
        "a/../../x",
        "a//../../x",
        "..%2fx",
        "a%2f..%2F..%2fx",
        "..\\x",
        "..%5cx",
        "a\\..\\..\\x",
        "..;/x",
        "..;a=b/x",
        "%2e%2e%2f../x",
        "a%00b",
    ],
)
async def test_no_path_leaves_its_studio(
    tmp_path: Path, town: Town, wire: tuple[int, bytearray], rest: str
) -> None:
    """However it is written; nothing of it reaches the server, and the gateway goes on."""
    port, heard = wire
    async with gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        assert status(await say(front.port, get(f"{BASE}/1/{rest}"))) == 400
        assert bytes(heard) == b""
        assert status(await say(front.port, get(f"{BASE}/1/a/../b"))) == 204


@pytest.mark.parametrize(
    "prefix",
    [
        "//code-studios/P/s/1/",
        "/./code-studios/P/s/1/",
        "/code-studios/%50/s/1/",
        "/code-studios/P%2fs/1/",
        "/code-studios/P/s%2f1/",
        "/code-studios/P/../P/s/1/",
        "/code-studios/P/s/1%2f..%2f2/",
        "/code-studios/P/s/01/",
        "/code-studios/P/s/70000/",
        "/code-studios//s/1/",
        "/dip/dip/code-studios/P/s/1/",
    ],
)
async def test_a_prefix_is_written_in_one_way(front: Gateway, prefix: str) -> None:
    """What only some would read as a studio's prefix is nobody's."""
    assert status(await say(front.port, get(prefix))) == 404


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (("Content-Length: 3", "Transfer-Encoding: chunked"), 400),
        (("Content-Length: 3", "Content-Length: 4"), 400),
        (("Content-Length: 3, 4",), 400),
        (("Content-Length: +3",), 400),
        (("Content-Length: -1",), 400),
        (("Transfer-Encoding: chunked, identity",), 501),
        (("Transfer-Encoding: xchunked",), 501),
        (("Transfer-Encoding: chunked", "Transfer-Encoding: chunked"), 501),
        (("Transfer-Encoding : chunked",), 400),
        (("Transfer-Encoding:\x0bchunked",), 400),
        (("X: a", " Transfer-Encoding: chunked"), 400),
        (("X: a\n\tb",), 400),
        (("X: a\rTransfer-Encoding: chunked",), 400),
        (("X: a\nTransfer-Encoding: chunked",), 400),
        (("X: a\x00b",), 400),
        (("X y: a",), 400),
        ((": a",), 400),
        (("Host: localhost",), 400),
        (("X: " + "a" * 70_000,), 431),
        (tuple(f"X{n}: a" for n in range(300)), 431),
    ],
)
async def test_what_could_be_read_in_two_ways_is_refused(
    tmp_path: Path,
    town: Town,
    wire: tuple[int, bytearray],
    fields: tuple[str, ...],
    expected: int,
) -> None:
    """Not a byte reaches the server, and the connection ends: what follows is no request."""
    port, heard = wire
    smuggled = b"GET /smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
    async with gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        request = get(f"{BASE}/1/", *fields, method="POST")
        answer = await say(front.port, request.replace(b"Connection: close\r\n", b"") + smuggled)
    assert status(answer) == expected
    assert answer.count(b"HTTP/1.1 ") == 1
    assert bytes(heard) == b""


@pytest.mark.parametrize(
    "chunks",
    [b"x\r\nhi\r\n0\r\n\r\n", b"2\r\nhiX\r\n0\r\n\r\n", b"0x2\r\nhi\r\n0\r\n\r\n"],
)
async def test_chunks_are_read_strictly(front: Gateway, chunks: bytes) -> None:
    """A body that is not well-formed ends the request with 400."""
    request = get(f"{BASE}/1/count", "Transfer-Encoding: chunked", method="POST")
    assert status(await say(front.port, request + chunks)) == 400


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", 200),
        ("LOCALHOST:99", 200),
        ("127.0.0.1", 200),
        ("[::1]:80", 200),
        ("team.localhost", 200),
        ("studios.example:8443", 200),
        ("evil.example", 421),
        ("localhost.evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost@evil", 421),
        ("localhost/x", 421),
        ("", 421),
    ],
)
async def test_only_our_names_are_answered_to(
    tmp_path: Path, town: Town, echo_port: int, host: str, expected: int
) -> None:
    """A page of another name that points here is not ours (DNS rebinding)."""
    settings = GatewaySettings(hosts=("studios.example",))
    async with gateways.gateway(tmp_path, town, settings) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(echo_port))))
        assert status(await say(front.port, get(f"{BASE}/1/", host=host))) == expected


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (f"http://localhost{BASE}/1/", 200),
        (f"http://evil.example{BASE}/1/", 421),
        (f"http://localhost@evil{BASE}/1/", 421),
        ("*", 400),
        (f"{BASE}/1/#x", 400),
    ],
)
async def test_other_forms_of_a_target(front: Gateway, target: str, expected: int) -> None:
    """A proxy's form counts where it names the same host."""
    assert status(await say(front.port, get(target, method="OPTIONS"))) == expected


async def test_methods_of_proxies_are_not_served(front: Gateway) -> None:
    """CONNECT would make a tunnel, TRACE show what we add."""
    for method, target in (("CONNECT", "localhost:1"), ("TRACE", f"{BASE}/1/")):
        assert status(await say(front.port, get(target, method=method))) == 405


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
async def test_a_foreign_page_changes_nothing(front: Gateway, method: str) -> None:
    """It may look, as links do; what it wants changed is refused, bodies of forms included."""
    foreign = "Origin: https://evil.example"
    assert status(await say(front.port, get(f"{BASE}/1/", foreign, method=method))) == 403
    assert status(await say(front.port, get(f"{BASE}/1/", foreign))) == 200
    own = "Origin: http://localhost"
    assert status(await say(front.port, get(f"{BASE}/1/", own, method=method))) == 200


async def test_who_may_enter_is_asked_with_the_normalised_path(
    tmp_path: Path, town: Town, echo_port: int
) -> None:
    """Decided on what is meant, forwarded as it was written."""
    seen: list[Knock] = []

    class Watchful:
        def enter(self, knock: Knock, studio: str, owner: str | None) -> None:
            seen.append(knock)
            if knock.path.endswith("/secret"):
                raise Refused(faults.malformed("no", 403))

        def framers(self, authority: str) -> None:
            return None

    async with gateways.gateway(tmp_path, town, door=Watchful()) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(echo_port))))
        for rest in ("secret", "%73ecret", "a/../secret", ".//secret", "./%2fsecret"):
            assert status(await say(front.port, get(f"{BASE}/1/{rest}"))) == 403
        answer = await say(front.port, get(f"{BASE}/1/a/%2e/b", "Cookie: cstudio_session=x"))
        assert json.loads(body(answer))["target"] == "/a/%2e/b"
    assert (seen[-1].path, seen[-1].peer) == (f"{BASE}/1/a/b", "127.0.0.1")
    assert (b"cookie", b"cstudio_session=x") in seen[-1].headers


async def test_slow_heads_are_not_waited_for(tmp_path: Path, town: Town) -> None:
    """Byte by byte is refused in time; a connection that says nothing is closed."""
    settings = GatewaySettings(header_seconds=0.3, idle_seconds=0.3)
    async with gateways.gateway(tmp_path, town, settings) as front:
        began = time.monotonic()
        assert status(await say(front.port, b"GET / HTTP/1.1\r\nHost: l")) == 408
        assert await say(front.port, b"") == b""
        assert time.monotonic() - began < 2


async def test_slow_bodies_are_not_waited_for(tmp_path: Path, town: Town, echo_port: int) -> None:
    """A pause within a body may be long, not endless."""
    settings = GatewaySettings(body_seconds=0.3)
    async with gateways.gateway(tmp_path, town, settings) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(echo_port))))
        request = get(f"{BASE}/1/", "Content-Length: 5", method="POST")
        assert status(await say(front.port, request + b"ab")) == 408


async def test_who_takes_nothing_is_not_waited_for(
    tmp_path: Path, town: Town, echo_port: int
) -> None:
    """An answer that nobody reads holds a connection into the studio no longer than that."""
    settings = GatewaySettings(body_seconds=0.5, studio_connections=1)
    async with gateways.gateway(tmp_path, town, settings) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(echo_port))))
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port, limit=1)
        writer.write(get(f"{BASE}/1/big?bytes=200000000"))
        await reader.readexactly(1)
        async with asyncio.timeout(20):
            while status(await say(front.port, get(f"{BASE}/1/"))) != 200:
                await asyncio.sleep(0.1)
        writer.close()


async def test_idle_connections_make_room(tmp_path: Path, town: Town, echo_port: int) -> None:
    """A thousand of them, where so many files may be open, keep nobody out."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    many = min(1000, (soft - 200) // 2)
    settings = GatewaySettings(connections=many // 2)
    async with gateways.gateway(tmp_path, town, settings) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(echo_port))))
        opened = [await asyncio.open_connection("127.0.0.1", front.port) for _ in range(many)]
        began = time.monotonic()
        assert status(await say(front.port, get(f"{BASE}/1/"))) == 200
        assert time.monotonic() - began < 2
        for _, writer in opened:
            writer.close()


async def test_a_studio_takes_so_many_connections(
    tmp_path: Path, town: Town, echo_port: int
) -> None:
    """Who opens more is told; another studio is not concerned."""
    settings = GatewaySettings(studio_connections=2)
    async with gateways.gateway(tmp_path, town, settings) as front:
        for name in ("s", "t"):
            town.put(name, (1, StudioPort(dial=gateways.local(echo_port))))
        streams = []
        for _ in range(2):
            reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
            writer.write(get(f"{BASE}/1/events"))
            await reader.readuntil(b"\r\n\r\n")
            streams.append(writer)
        assert status(await say(front.port, get(f"{BASE}/1/"))) == 503
        assert status(await say(front.port, get("/code-studios/P/t/1/"))) == 200
        streams[0].close()
        await asyncio.sleep(0.1)
        assert status(await say(front.port, get(f"{BASE}/1/"))) == 200
        streams[1].close()


async def test_an_answer_cannot_reach_beyond_its_studio(tmp_path: Path, town: Town) -> None:
    """Service workers, site data, transport security and our own names are not a studio's."""

    async def greedy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(
            b"HTTP/1.1 200 OK\r\nService-Worker-Allowed: /\r\nClear-Site-Data: *\r\n"
            b"Strict-Transport-Security: max-age=1\r\nSet-Cookie: cstudio_session=mine; Path=/\r\n"
            b"Set-Cookie: __Host-a=b; Path=/; Secure\r\nX-Cstudio-Any: x\r\nX-Kept: yes\r\n"
            b"Content-Length: 0\r\n\r\n"
        )
        writer.close()

    async with gateways.raw_server(greedy) as port, gateways.gateway(tmp_path, town) as front:
        town.put("s", (1, StudioPort(dial=gateways.local(port))))
        answer = await say(front.port, get(f"{BASE}/1/"))
    names = [line.split(b":")[0].lower() for line in answer.splitlines()[1:] if line]
    assert names == [b"x-kept", b"content-length", b"connection"]


async def test_nobody_else_is_taken_for_the_page(tmp_path: Path, town: Town) -> None:
    """Browsers may take either address of loopback for `localhost`: both are ours, or none."""
    try:
        other = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("this machine has no ::1")
    with other:
        number = other.getsockname()[1]
        with pytest.raises(StateError, match="cannot listen"):
            await Gateway(GatewaySettings(port=number), town, state_dir=tmp_path).start()
        (tmp_path / "gateway.port").write_text(str(number))
        async with gateways.gateway(tmp_path, town) as front:
            assert front.port != number
            reader, writer = await asyncio.open_connection("::1", front.port)
            writer.write(get("/"))
            assert status(await reader.read()) == 404
            writer.close()


# -------------------------------------------------------------------- TLS


async def test_off_loopback_only_with_tls(tmp_path: Path, town: Town) -> None:
    """Everybody else could enter, and read along."""
    with pytest.raises(UsageError, match="without TLS"):
        Gateway(GatewaySettings(host="0.0.0.0"), town, state_dir=tmp_path)
    with pytest.raises(UsageError, match="without a key"):
        Gateway(GatewaySettings(certificate=tmp_path / "c"), town, state_dir=tmp_path)


@pytest.fixture
def identity(tmp_path: Path) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself, and its key."""
    certificate, key = tmp_path / "cert.pem", tmp_path / "key.pem"
    words = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
    subprocess.run(
        ["openssl", *words.split(), "-subj", "/CN=localhost", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    return certificate, key


async def test_with_tls(
    tmp_path: Path, town: Town, echo_port: int, identity: tuple[Path, Path]
) -> None:
    """Servers are told that the browser's side is https."""
    certificate, key = identity
    settings = GatewaySettings(host="0.0.0.0", certificate=certificate, key=key)
    context = ssl.create_default_context(cafile=str(certificate))
    context.check_hostname = False
    async with gateways.gateway(tmp_path, town, settings) as front:
        assert front.url.startswith("https://localhost:")
        town.put("s", (1, StudioPort(dial=gateways.local(echo_port))))
        reader, writer = await asyncio.open_connection("127.0.0.1", front.port, ssl=context)
        writer.write(get(f"{BASE}/1/"))
        answer = await reader.read()
        writer.close()
    assert ["X-Forwarded-Proto", "https"] in json.loads(body(answer))["headers"]
