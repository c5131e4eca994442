"""A command's stdio over the exec WebSocket of Kubernetes.

One binary message is one piece of one stream: its first byte is the channel
(0 stdin, 1 stdout, 2 stderr, 3 the command's end as JSON), the rest is data.
Version 5 adds 255, followed by a channel: that stream is closed. What we know:

- Channel 3 alone says how the command ended. Old servers drop TCP after it, so
  the WebSocket's close code says nothing.
- A message of 32 MiB or more kills the connection; ours are 256 KiB.
- Version 4 cannot close stdin: `end_input` says False, and the command's stdin
  ends when the channel is closed.
- No server can be asked to kill the command. Closing the channel ends its
  stdin, so a command that reads its stdin ends; one that does not goes on, and
  one that prints may wait for ever, because nobody reads (seen with containerd).
- A command that closes its stdout has its stdin closed (seen with containerd).

Stdout, stderr and the end share one connection in order, so one task reads all
of it at once and waits only while stdout's reader has left a lot unread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import aiohttp

from cstudiod.errors import TargetError
from cstudiod.ports import ExitStatus
from cstudiod.runtimes import output
from cstudiod.runtimes.kubernetes import api, faults, keepalive
from cstudiod.supervise import Tasks

STDIN, STDOUT, STDERR, STATUS, CLOSED = 0, 1, 2, 3, 255
MESSAGE_BYTES = 256 * 1024
CLOSE_SECONDS = 1.0
_STDIN = bytes((STDIN,))


class ExecChannel:
    """The stdio of one command in a container of a pod."""

    def __init__(self, websocket: aiohttp.ClientWebSocketResponse, server: str) -> None:
        self._websocket = websocket
        self._server = server
        self._output = output.Output()
        self._tail = output.Tail()
        self._status: ExitStatus | None = None
        self._sent_bytes = 0
        self._tasks = Tasks()
        keepalive.watch(websocket.get_extra_info("socket"))
        self._tasks.start("receive", self._receive)
        self._tasks.start("ping", self._ping)

    @property
    def can_half_close(self) -> bool:
        """Tell whether the server speaks version 5."""
        return (self._websocket.protocol or "").startswith("v5.")

    async def read(self) -> bytes:
        """Return the next piece of stdout; ``b""`` at the end."""
        return await self._output.read()

    async def write(self, data: bytes) -> None:
        """Send to stdin; waits while the network or the command is slow."""
        if len(data) <= MESSAGE_BYTES:
            await self._send(_STDIN + data)
            return
        view = memoryview(data)
        for start in range(0, len(view), MESSAGE_BYTES):
            await self._send(b"".join((_STDIN, view[start : start + MESSAGE_BYTES])))

    async def end_input(self) -> bool:
        """Close stdin where the server speaks version 5."""
        if self.can_half_close and self._status is None:
            await self._send(bytes((CLOSED, STDIN)))
        return self.can_half_close

    async def wait(self) -> ExitStatus:
        """Wait for the command's end."""
        self._output.discard()
        error = await self._output.ended()
        if self._status is not None:
            return self._status
        return ExitStatus(code=None, reason=error.message if error else "the connection broke")

    def stderr_tail(self) -> str:
        """Return the last 4 KiB of stderr."""
        return self._tail.text()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        """Have `listener` told all of stderr."""
        self._tail.listen(listener)

    async def close(self) -> None:
        """Close the connection, and with it the command's stdin."""
        self._output.discard()
        self._output.end(TargetError("the channel was closed", reason="CONNECTION_LOST"))
        await self._tasks.close()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):  # cancelled, aiohttp drops the connection
                await self._websocket.close()
        except (TimeoutError, OSError, aiohttp.ClientError):
            pass

    async def _send(self, message: bytes) -> None:
        if self._output.has_ended:
            raise TargetError(
                "the command has ended" if self._status is not None else "the stream broke",
                reason="CONNECTION_LOST",
            )
        try:
            await self._websocket.send_bytes(message)
            # A transport that is broken, or fast, never makes us wait; but what
            # tells us so must have its turn.
            self._sent_bytes += len(message)
            if self._sent_bytes > MESSAGE_BYTES:
                self._sent_bytes = 0
                await asyncio.sleep(0)
        except (OSError, aiohttp.ClientError) as error:
            if await self._status_arrives():
                raise TargetError("the command has ended", reason="CONNECTION_LOST") from error
            raise self._lost(error) from error

    async def _status_arrives(self) -> bool:
        """Tell whether the command has ended: its status may still be on its way."""
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._output.ended()
        except TimeoutError:
            pass
        return self._status is not None

    async def _receive(self) -> None:
        try:
            while self._take(await self._websocket.receive()):
                await self._output.room()
        except (OSError, aiohttp.ClientError) as error:
            self._end(self._lost(error))
        finally:
            self._end(self._lost(self._websocket.exception()))

    def _take(self, message: aiohttp.WSMessage) -> bool:
        """Sort one message; False when it was the last."""
        if message.type is aiohttp.WSMsgType.BINARY and message.data:
            self._sort(message.data[0], message.data)
        elif message.type is aiohttp.WSMsgType.TEXT and message.data:
            self._sort(ord(message.data[0]), message.data.encode())
        elif message.type in (
            aiohttp.WSMsgType.CLOSE,
            aiohttp.WSMsgType.CLOSING,
            aiohttp.WSMsgType.CLOSED,
            aiohttp.WSMsgType.ERROR,
        ):
            return False
        return self._status is None

    def _sort(self, channel: int, message: bytes) -> None:
        if channel == STDOUT:
            self._output.feed(message[1:])
        elif channel == STDERR:
            self._tail.feed(message[1:])
        elif channel == STATUS and len(message) > 1:
            self._status = faults.exit_status(message[1:])

    def _end(self, error: TargetError) -> None:
        self._output.end(None if self._status is not None else error)

    def _lost(self, error: BaseException | None) -> TargetError:
        if isinstance(error, OSError | aiohttp.ClientError):
            return api.unreachable(self._server, error)
        return TargetError(
            "the stream broke before the command's end was known", reason="CONNECTION_LOST"
        )

    async def _ping(self) -> None:
        while self._status is None and not self._websocket.closed:
            await asyncio.sleep(keepalive.PING_SECONDS)
            try:
                await self._websocket.ping()
            except (OSError, aiohttp.ClientError):
                return  # whoever reads is told
