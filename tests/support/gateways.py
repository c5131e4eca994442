"""A gateway in front of real servers, for tests: where studios are is a dictionary."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import WSMsgType, web
from cstudiod.errors import TargetError
from cstudiod.gateway.seam import Absent, Dial, Found, StudioPort, Whereabouts
from cstudiod.gateway.server import Gateway
from cstudiod.gateway.settings import GatewaySettings


class Town:
    """Where studios are; a test moves them."""

    def __init__(self) -> None:
        self.studios: dict[tuple[str, str], Whereabouts] = {}

    def find(self, project: str, studio: str) -> Whereabouts:
        """Return where it is."""
        return self.studios.get((project, studio), Absent())

    def put(self, studio: str, *ports: tuple[int, StudioPort], key: str = "one") -> None:
        """Have a studio of project P run."""
        self.studios["P", studio] = Found(key=f"{studio} {key}", ports=dict(ports))


def local(port: int) -> Dial:
    """Return how to connect to a port of this machine, as the local runtime does."""

    async def dial() -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        try:
            return await asyncio.open_connection("127.0.0.1", port)
        except OSError as error:
            raise TargetError(f"nobody listens at port {port}", reason="UNREACHABLE") from error

    return dial


@asynccontextmanager
async def gateway(
    folder: Path, town: Town, settings: GatewaySettings | None = None, **more: object
) -> AsyncIterator[Gateway]:
    """Run a gateway."""
    one = Gateway(settings or GatewaySettings(), town, state_dir=folder, **more)  # type: ignore[arg-type]
    await one.start()
    try:
        yield one
    finally:
        await one.close()


@asynccontextmanager
async def server(app: web.Application) -> AsyncIterator[int]:
    """Run an aiohttp application on loopback; gives its port."""
    runner = web.AppRunner(app, shutdown_timeout=0.1, auto_decompress=False)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def raw_server(
    answer: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]],
) -> AsyncIterator[int]:
    """Run a server that speaks whatever `answer` makes it speak; gives its port."""
    writers: list[asyncio.StreamWriter] = []

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        try:
            await answer(reader, writer)
        except (OSError, EOFError):
            pass

    listening = await asyncio.start_server(take, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()
        for writer in writers:
            writer.transport.abort()
        await asyncio.sleep(0)


def echo() -> web.Application:
    """Return an application that says what it was asked, and more under some paths."""
    app = web.Application(client_max_size=2**40)
    app.router.add_route("*", "/{path:.*}", _echo)
    return app


async def _echo(request: web.Request) -> web.StreamResponse:
    name = request.path.rstrip("/").rpartition("/")[2]
    if name == "ws":
        return await _socket(request)
    if name == "events":
        return await _events(request)
    if name == "count":
        return await _count(request)
    if name == "big":
        return await _big(request)
    return web.json_response(
        {
            "method": request.method,
            "target": request.raw_path,
            "headers": [[key, value] for key, value in request.headers.items()],
            "body": (await request.read()).decode("latin-1"),
        },
        headers=[("Set-Cookie", one) for one in request.headers.getall("X-Say-Cookie", [])],
    )


async def _socket(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=("second",), max_msg_size=0)
    await socket.prepare(request)
    async for message in socket:
        if message.type is WSMsgType.TEXT and message.data == "bye":
            await socket.close(code=4001, message=b"as asked")
        elif message.type is WSMsgType.TEXT:
            await socket.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await socket.send_bytes(message.data)
    return socket


async def _events(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
    await response.prepare(request)
    for number in range(1000):
        await response.write(b"data: %d\n\n" % number)
        await asyncio.sleep(0.2)
    return response


async def _count(request: web.Request) -> web.Response:
    total = 0
    async for piece in request.content.iter_any():
        total += len(piece)
    return web.json_response({"bytes": total, "coding": request.headers.get("Transfer-Encoding")})


async def _big(request: web.Request) -> web.StreamResponse:
    response = web.StreamResponse()
    left = int(request.query["bytes"])
    response.content_length = left
    await response.prepare(request)
    piece = b"x" * 256 * 1024
    while left > 0:
        await response.write(piece[:left])
        left -= len(piece)
    return response


async def say(port: int, request: bytes, *, end: bool = False) -> bytes:
    """Send bytes to a port of loopback and return all that comes until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(request)
        if end:
            writer.write_eof()
        async with asyncio.timeout(20):
            return await reader.read()
    finally:
        writer.close()


def get(target: str, *fields: str, method: str = "GET", host: str = "localhost") -> bytes:
    """Return a request that asks for the connection to be closed after it."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {host}", "Connection: close", *fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def status(answer: bytes) -> int:
    """Return the status of an answer."""
    return int(answer.split(b" ", 2)[1])


def body(answer: bytes) -> bytes:
    """Return what stands after the header fields of an answer, as it is framed."""
    return answer.partition(b"\r\n\r\n")[2]


def field(answer: bytes, name: str) -> str | None:
    """Return a header field of an answer."""
    for line in answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.decode().lower() == name.lower():
            return value.strip().decode("latin-1")
    return None
