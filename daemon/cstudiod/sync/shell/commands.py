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
from cstudiod.sync.shell import scripts

OpenCommand = Callable[[Sequence[str]], Awaitable[Channel]]

ANSWER_SECONDS = 120.0
MOST_BYTES = 256 * 1024 * 1024
_PIECE_BYTES = 256 * 1024


class Commands:
    """Programs for one root in one place."""

    def __init__(self, open_command: OpenCommand, root: str) -> None:
        """`root` is the absolute path there."""
        self._open = open_command
        self.root = root

    async def run(self, script: str, *arguments: str, stdin: bytes = b"", names: int = 0) -> bytes:
        """Run a program and return what it printed before its last line.

        Raises:
            TargetError: it did not run to its end, or printed too much.
        """
        output = bytearray()
        async for piece in self.stream(script, *arguments, stdin=stdin, names=names):
            output += piece
            if len(output) > MOST_BYTES:
                raise TargetError("the shell there prints without end", reason="AGENT_REFUSED")
        return bytes(output)

    async def stream(
        self, script: str, *arguments: str, stdin: bytes = b"", names: int = 0
    ) -> AsyncIterator[bytes]:
        """Yield what a program prints, without its last line."""
        token = secrets.token_hex(8)
        last = f"{scripts.END} {token}\n".encode()
        channel = await self._open(
            ["sh", "-c", script, "sh", self.root, token, arguments[0] if arguments else str(names),
             *arguments[1:]]
        )  # fmt: skip
        try:
            async with asyncio.TaskGroup() as group:
                feeding = group.create_task(_feed(channel, stdin))
                held = b""
                while True:
                    data = await _read(channel)
                    if not data:
                        break
                    held += data
                    if len(held) > len(last):
                        yield held[: -len(last)]
                        held = held[-len(last) :]
                feeding.cancel()
            if held != last:
                raise TargetError(_incomplete(channel), reason="CONNECTION_LOST")
        finally:
            await channel.close()


async def _feed(channel: Channel, stdin: bytes) -> None:
    try:
        for start in range(0, len(stdin), _PIECE_BYTES):
            await channel.write(stdin[start : start + _PIECE_BYTES])
        await channel.end_input()
    except TargetError:
        return  # the program ended early: its output tells why


async def _read(channel: Channel) -> bytes:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            return await channel.read()
    except TimeoutError:
        raise TargetError(
            f"the shell there did not answer for {ANSWER_SECONDS:.0f} s", reason="CONNECTION_LOST"
        ) from None


def _incomplete(channel: Channel) -> str:
    said = channel.stderr_tail().strip()
    return "a command there did not run to its end" + (f": {said[-200:]}" if said else "")
