"""A program of a build: its lines as they come, its end, and its end when nobody wants it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cstudiod.builders.lines import Lines

CHUNK_BYTES = 64 * 1024
GRACE_SECONDS = 3.0


@dataclass(frozen=True)
class Ended:
    """The program's end; negative: the signal that ended it."""

    code: int


async def stream(
    argv: Sequence[str],
    environment: Mapping[str, str],
    *,
    folder: Path | None = None,
    inherit: tuple[int, ...] = (),
    stdin: IO[bytes] | None = None,
) -> AsyncGenerator[str | Ended, None]:
    """Run a program and yield its cleaned lines, then how it ended.

    Closing the generator ends the program and everything that it started.

    Args:
        argv: The program and its arguments.
        environment: All of its variables.
        folder: Where it starts.
        inherit: Descriptors that it gets too, a lock's for instance.
        stdin: What it reads, a real file; None: nothing.

    Raises:
        OSError: it cannot be started.
    """
    process = await asyncio.create_subprocess_exec(
        *argv,
        env=environment,
        cwd=folder,
        pass_fds=inherit,
        start_new_session=True,
        stdin=asyncio.subprocess.DEVNULL if stdin is None else stdin,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    assert process.stdout is not None
    lines = Lines()
    try:
        while data := await process.stdout.read(CHUNK_BYTES):
            for line in lines.feed(data):
                yield line
        for line in lines.feed(b"", final=True):
            yield line
        yield Ended(await process.wait())
    finally:
        await _end(process)


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole process group, politely first; a stray child is ended too."""
    if process.returncode is None:
        _signal(process, signal.SIGTERM)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(GRACE_SECONDS):
                await process.wait()
    _signal(process, signal.SIGKILL)
    await process.wait()


def _signal(process: asyncio.subprocess.Process, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)
