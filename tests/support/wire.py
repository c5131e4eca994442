"""A wire that can be cut: a forwarder between a client and a real server.

async with Wire("/var/run/docker.sock") as wire:     # or ("host", port)
    path = wire.listen_unix(tmp_path)                # or wire.listen_tcp()
    await wire.ready()
    ...
    wire.cut()            # every connection breaks now; new ones work
    wire.is_down = True   # new ones are refused as well
"""

from __future__ import annotations

import asyncio
import socket
import struct
from pathlib import Path

PIECE_BYTES = 256 * 1024
RESET_AT_CLOSE = struct.pack("ii", 1, 0)


class Wire:
    """A forwarder; use as a context manager."""

    def __init__(self, server: str | tuple[str, int]) -> None:
        self._server = server
        self._socket: socket.socket | None = None
        self._listener: asyncio.Server | None = None
        self._ends: set[asyncio.StreamWriter] = set()
        self._is_idle = asyncio.Event()
        self._is_idle.set()
        self.is_down = False
        """Refuse new connections."""

    def listen_tcp(self) -> int:
        """Choose a port and return it."""
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        return int(self._socket.getsockname()[1])

    def listen_unix(self, folder: Path) -> str:
        """Choose a socket in `folder` and return its path."""
        path = str(folder / "wire.sock")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.bind(path)
        return path

    async def ready(self) -> None:
        """Begin to accept connections."""
        assert self._socket is not None
        start = asyncio.start_server
        if self._socket.family == socket.AF_UNIX:
            self._listener = await asyncio.start_unix_server(self._forward, sock=self._socket)
        else:
            self._listener = await start(self._forward, sock=self._socket)

    async def __aenter__(self) -> Wire:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.close()
        self.cut()
        async with asyncio.timeout(5):
            await self._is_idle.wait()

    def cut(self) -> None:
        """Break every connection, without a word to either side."""
        for end in self._ends:
            sock = end.get_extra_info("socket")
            try:
                if sock.family != socket.AF_UNIX:
                    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_AT_CLOSE)
            except OSError:
                continue  # it has ended by itself
            end.transport.abort()

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        mine = {writer}
        self._ends |= mine
        self._is_idle.clear()
        try:
            if self.is_down:
                return
            if isinstance(self._server, str):
                there = await asyncio.open_unix_connection(self._server)
            else:
                there = await asyncio.open_connection(*self._server)
            mine.add(there[1])
            self._ends |= mine
            async with asyncio.TaskGroup() as group:
                group.create_task(_copy(reader, there[1]))
                group.create_task(_copy(there[0], writer))
        except (OSError, ExceptionGroup):
            pass
        finally:
            for end in mine:
                end.transport.abort()
            self._ends -= mine
            if not self._ends:
                self._is_idle.set()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while piece := await reader.read(PIECE_BYTES):
            writer.write(piece)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        else:
            writer.close()
    except OSError:
        writer.transport.abort()
