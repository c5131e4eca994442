"""Running the programs: one command each, answers only when complete.

Whatever comes from there is bounded in size and in time, and must end with the
line that a complete run prints; the token in it is new for every command.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

from cstudiod.errors import TargetError
from cstudiod.ports import Channel
from cstudiod.supervise import Tasks
from cstudiod.sync.shell import scripts

OpenCommand = Callable[[Sequence[str]], Awaitable[Channel]]

ANSWER_SECONDS = 120.0
MOST_BYTES = 256 * 1024 * 1024
_PIECE_BYTES = 256 * 1024


class Commands:
    """Programs for one root in one place."""

    def __init__(
        self, open_command: OpenCommand, root: str, patience: float = ANSWER_SECONDS
    ) -> None:
        """`root` is the absolute path there; `patience` is for a piece of an answer."""
        self._open = open_command
        self._root = root
        self._patience = patience
        self.identity = ""
        """Device and inode of the root, once they are known."""

    async def run(
        self,
        script: str,
        *arguments: str,
        stdin: bytes = b"",
        names: int = 0,
        most: int = MOST_BYTES,
    ) -> bytes:
        """Run a program and return what it printed before its last line.

        Args:
            script: one of `scripts` or `programs`.
            arguments: from ``$5`` on.
            stdin: what it reads.
            names: how many bytes of `stdin` are names.
            most: how many bytes it may print.

        Raises:
            TargetError: it did not run to its end, or printed too much.
        """
        output = bytearray()
        async for piece in self.stream(script, *arguments, stdin=stdin, names=names):
            output += piece
            if len(output) > most:
                raise TargetError("the shell there prints without end", reason="AGENT_REFUSED")
        return bytes(output)

    async def stream(
        self, script: str, *arguments: str, stdin: bytes = b"", names: int = 0
    ) -> AsyncIterator[bytes]:
        """Yield what a program prints, without its last line."""
        token = secrets.token_hex(8)
        channel = await self._start(script, token, names, arguments)
        feeding = Tasks()
        feeding.start("feed", lambda: self._feed(channel, stdin))
        try:
            async for piece in self._answer(channel, token):
                yield piece
        finally:
            await feeding.close()
            await channel.close()

    async def pour(
        self, script: str, *arguments: str, names: bytes, content: AsyncIterator[bytes]
    ) -> bytes:
        """Send a program names and a long content, then return what it printed.

        The program must not print before it has read everything.
        """
        token = secrets.token_hex(8)
        channel = await self._start(script, token, len(names), arguments)
        try:
            await self._write(channel, names)
            async for piece in content:
                if not await self._write(channel, piece):
                    break
            return b"".join([piece async for piece in self._answer(channel, token)])
        finally:
            await channel.close()

    async def _start(
        self, script: str, token: str, names: int, arguments: Sequence[str]
    ) -> Channel:
        argv = ["sh", "-c", script, "sh", self._root, token, self.identity, str(names), *arguments]
        return await self._open(argv)

    async def _feed(self, channel: Channel, stdin: bytes) -> None:
        for start in range(0, len(stdin), _PIECE_BYTES):
            if not await self._write(channel, stdin[start : start + _PIECE_BYTES]):
                return

    async def _write(self, channel: Channel, data: bytes) -> bool:
        """Return False when the program ended early: what it printed tells why."""
        try:
            async with asyncio.timeout(self._patience):
                await channel.write(data)
        except TargetError:
            return False
        except TimeoutError:
            raise self._silence() from None
        return True

    async def _answer(self, channel: Channel, token: str) -> AsyncIterator[bytes]:
        complete = f"{scripts.END} {token}\n".encode()
        held = b""
        while data := await self._read(channel):
            held += data
            if len(held) > len(complete):
                yield held[: -len(complete)]
                held = held[-len(complete) :]
        if held == f"{scripts.OFF} {token}\n".encode():
            raise TargetError(
                f"`{self._root}` there is not the folder any more that it was",
                reason="CONNECTION_LOST",
            )
        if held != complete:
            raise TargetError(_incomplete(channel), reason="CONNECTION_LOST")

    async def _read(self, channel: Channel) -> bytes:
        try:
            async with asyncio.timeout(self._patience):
                return await channel.read()
        except TimeoutError:
            raise self._silence() from None

    def _silence(self) -> TargetError:
        return TargetError(
            f"the shell there did not answer for {self._patience:.0f} s", reason="CONNECTION_LOST"
        )


def _incomplete(channel: Channel) -> str:
    said = channel.stderr_tail().strip()
    return "a command there did not run to its end" + (f": {said[-200:]}" if said else "")
