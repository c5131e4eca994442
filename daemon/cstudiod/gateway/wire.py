"""The two ends of a connection: a browser's, and one into a studio.

Both read in large pieces and never ahead of who takes them: behind each reader the
transport stops at a few hundred KiB.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

import h11

from cstudiod.errors import TargetError
from cstudiod.gateway import faults, heads
from cstudiod.gateway.faults import Refused

T = TypeVar("T")

PIECE_BYTES = 256 * 1024
BUFFER_BYTES = 256 * 1024
"""asyncio stops reading at twice that."""
BROKEN = (OSError, TargetError)
"""What a connection into a studio breaks with; the second where it is one of a relay."""
_LINGER_SECONDS = 2.0
_FLUSH_SECONDS = 30.0
_LINGER_BYTES = 4 * 1024 * 1024


class ClientGone(Exception):
    """The browser hung up."""


class ServerBroke(Exception):
    """The studio's server hung up, or spoke no HTTP."""


class Client:
    """A browser's connection; holds what was read too far."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        *,
        patience_seconds: float | None = None,
    ) -> None:
        """`patience_seconds`: how long it may take nothing of what is sent; None: for ever."""
        widen(writer)
        self.writer = writer
        self._reader = reader
        self._ahead = b""
        self._patience = patience_seconds

    @property
    def peer(self) -> str:
        """Its address; empty where there is none (a Unix socket)."""
        name = self.writer.get_extra_info("peername")
        return str(name[0]) if isinstance(name, tuple) else ""

    @property
    def ends(self) -> tuple[tuple[str, int], tuple[str, int]]:
        """Address and port of the other end, and of ours; empty and 0 where there are none."""
        theirs, ours = (self.writer.get_extra_info(name) for name in ("peername", "sockname"))
        if not isinstance(theirs, tuple) or not isinstance(ours, tuple):
            return ("", 0), ("", 0)
        return (str(theirs[0]), int(theirs[1])), (str(ours[0]), int(ours[1]))

    async def head(self, idle_seconds: float, header_seconds: float) -> bytes | None:
        """Return the next request's head, up to its empty line; None: there is no other.

        Raises:
            Refused: it is too long, or too slow.
            ClientGone: the connection broke.
        """
        try:
            async with asyncio.timeout(idle_seconds):
                while not (block := self._ahead.lstrip(b"\r\n")):
                    self._ahead = await self._take()
                    if not self._ahead:
                        return None
        except TimeoutError:
            return None
        self._ahead = b""
        try:
            async with asyncio.timeout(header_seconds):
                return await self._rest_of_head(block)
        except TimeoutError:
            raise Refused(faults.malformed("the header fields came too slowly", 408)) from None

    async def _rest_of_head(self, block: bytes) -> bytes | None:
        while (end := block.find(heads.END)) < 0:
            if len(block) > heads.HEAD_BYTES:
                break
            more = await self._take()
            if not more:
                return None
            block += more
        if end < 0 or end > heads.HEAD_BYTES:
            raise Refused(faults.malformed("the header fields are too long", 431))
        end += len(heads.END)
        self._ahead = block[end:]
        return block[:end]

    async def read(self) -> bytes:
        """Return the next piece; ``b""`` at the end.

        Raises:
            ClientGone: the connection broke.
        """
        if self._ahead:
            piece, self._ahead = self._ahead, b""
            return piece
        return await self._take()

    async def _take(self) -> bytes:
        try:
            return await self._reader.read(PIECE_BYTES)
        except OSError as error:
            raise ClientGone from error

    def unread(self, data: bytes) -> None:
        """Put back what belongs to the next request."""
        self._ahead = data + self._ahead

    async def hung_up(self) -> None:
        """Wait for the client to hang up; what it sends meanwhile is kept, within bounds.

        Raises:
            ClientGone: it did.
        """
        while len(self._ahead) <= heads.HEAD_BYTES:
            piece = await self._take()
            if not piece:
                raise ClientGone
            self._ahead += piece
        await asyncio.Event().wait()

    async def write(self, *pieces: bytes) -> None:
        """Send; waits while the client is slow.

        Raises:
            ClientGone: it hung up, or takes nothing any more.
        """
        try:
            _put(self.writer, pieces)
            if self.writer.transport.get_write_buffer_size() <= BUFFER_BYTES:
                await self.writer.drain()
                return
            async with asyncio.timeout(self._patience):
                await self.writer.drain()
        except OSError as error:  # a TimeoutError is one
            raise ClientGone from error

    async def close(self, *, linger: bool = False) -> None:
        """Close; `linger`: let it read the answer though it is still sending."""
        try:
            if linger and self.writer.can_write_eof():
                self.writer.write_eof()
                async with asyncio.timeout(_LINGER_SECONDS):
                    left = _LINGER_BYTES
                    while left > 0 and (piece := await self._take()):
                        left -= len(piece)
        except (OSError, ClientGone, TimeoutError):
            pass
        self.writer.close()
        # A client that does not read would hold what is left of the answer for ever.
        asyncio.get_running_loop().call_later(_FLUSH_SECONDS, self.writer.transport.abort)

    def abort(self) -> None:
        """Cut: the client must see that the answer is not whole."""
        self.writer.transport.abort()


class Upstream:
    """A connection into a studio, with its half of HTTP."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.http = h11.Connection(h11.CLIENT, max_incomplete_event_size=heads.HEAD_BYTES * 4)
        self.reader = reader
        self.writer = writer
        self.is_reused = False
        self.idle_since = 0.0

    async def send(self, event: h11.Event) -> None:
        """Send one event; waits while the server is slow.

        Raises:
            ServerBroke: it hung up.
        """
        await self.write(*passed(self.http, event))

    async def write(self, *pieces: bytes) -> None:
        """Send bytes as they are."""
        try:
            _put(self.writer, pieces)
            await self.writer.drain()
        except BROKEN as error:
            raise ServerBroke(f"the connection broke: {error}") from error

    def ready(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """Return the next event of what was read already.

        Raises:
            ServerBroke: what was read is no HTTP, or not all of it.
        """
        try:
            return self.http.next_event()
        except h11.RemoteProtocolError as error:
            raise ServerBroke(str(error)) from error

    async def more(self) -> None:
        """Read on.

        Raises:
            ServerBroke: the connection broke.
        """
        try:
            self.http.receive_data(await self.reader.read(PIECE_BYTES))
        except BROKEN as error:
            raise ServerBroke(f"the connection broke: {error}") from error

    async def next(self) -> h11.Event | None:
        """Return the next event; None: the protocol was switched, there are no more."""
        while (event := self.ready()) is h11.NEED_DATA:
            await self.more()
        return event if isinstance(event, h11.Event) else None

    async def is_reusable(self) -> bool:
        """Tell whether nothing has come on this idle connection, its end included.

        What a server sends unasked would be taken for the answer to the next request.
        """
        try:
            async with asyncio.timeout(0):
                await self.reader.read(1)
        except TimeoutError:
            return not self.writer.is_closing()
        except BROKEN:
            pass
        return False

    def close(self) -> None:
        """Close at once."""
        self.writer.transport.abort()


def widen(writer: asyncio.StreamWriter) -> None:
    """Let a writer run ahead by a few pieces; a transport of our own has limits of its own."""
    try:
        writer.transport.set_write_buffer_limits(high=BUFFER_BYTES)
    except NotImplementedError:
        pass


def passed(http: h11.Connection, event: h11.Event) -> list[bytes]:
    """Return what an event is on the wire, in pieces: a body's are not copied."""
    return http.send_with_data_passthrough(event) or []


def _put(writer: asyncio.StreamWriter, pieces: Sequence[bytes]) -> None:
    if len(pieces) == 1:
        writer.write(pieces[0])
    else:
        writer.writelines(pieces)


async def alongside(main: Coroutine[Any, Any, T], *beside: Coroutine[Any, Any, None]) -> T:
    """Return what `main` returns, with others running beside it until then.

    When one of them fails, `main` is cancelled and the failure is raised.
    """
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one) for one in beside]
            result = await main
            for task in tasks:
                task.cancel()
    except BaseExceptionGroup as failures:
        first = failures.exceptions[0]
        raise first from first.__cause__
    return result
