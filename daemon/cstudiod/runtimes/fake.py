"""A runtime in memory, to be scripted: no processes, no network, no waiting.

It sits the same exam as the real ones, so a driver that is tested with it may
trust it. `FakeResolver.program` says what a command does; `fail_resolve` and
`fail_open` make the next call fail; `replace` ends the place as a deleted pod
does; `cut` breaks every open stream at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeAlias

from cstudiod.errors import TargetError
from cstudiod.ports import Channel, ExitStatus, Place
from cstudiod.runtimes import output
from cstudiod.supervise import Tasks

NOT_FOUND = 127


class Stdio:
    """The command's own end of a channel: what a program is given."""

    def __init__(self) -> None:
        self._stdin = output.Output()
        self.stdout = output.Output()
        self.stderr = output.Tail()

    async def read(self) -> bytes:
        """Return the next piece of stdin; ``b""`` when it was closed."""
        return await self._stdin.read()

    async def write(self, data: bytes) -> None:
        """Print to stdout; waits while the reader is slow."""
        for start in range(0, len(data), output.RESUME_BYTES):
            await self.stdout.room()
            self.stdout.feed(bytes(data[start : start + output.RESUME_BYTES]))

    def complain(self, data: bytes) -> None:
        """Print to stderr."""
        self.stderr.feed(data)

    async def type(self, data: bytes) -> None:
        """Give the program stdin; waits while it is slow."""
        for start in range(0, len(data), output.RESUME_BYTES):
            await self._stdin.room()
            self._stdin.feed(bytes(data[start : start + output.RESUME_BYTES]))

    def end_stdin(self) -> None:
        """Close the program's stdin."""
        self._stdin.end()


Program: TypeAlias = Callable[[Stdio], Awaitable[int]]
"""What a command does with its stdio; returns its exit status."""


class FakeChannel:
    """The stdio of a scripted program."""

    def __init__(self, name: str, program: Program, tasks: Tasks, can_half_close: bool) -> None:
        self._name = name
        self._program = program
        self._tasks = tasks
        self._can_half_close = can_half_close
        self._stdio = Stdio()
        self._status: ExitStatus | None = None
        tasks.start(name, self._run)

    @property
    def is_running(self) -> bool:
        """Tell whether the program has not ended."""
        return self._tasks.is_running(self._name)

    async def read(self) -> bytes:
        """Return the next piece of stdout; ``b""`` at the end."""
        return await self._stdio.stdout.read()

    async def write(self, data: bytes) -> None:
        """Send to stdin; waits while the program is slow."""
        await asyncio.sleep(0)
        if self._status is not None:
            raise TargetError("the command has ended", reason="CONNECTION_LOST")
        await self._stdio.type(data)

    async def end_input(self) -> bool:
        """Close stdin, unless this fake stands for a transport that cannot."""
        if self._can_half_close:
            self._stdio.end_stdin()
        return self._can_half_close

    async def wait(self) -> ExitStatus:
        """Wait for the program's end."""
        self._stdio.stdout.discard()
        await self._stdio.stdout.ended()
        assert self._status is not None
        return self._status

    def stderr_tail(self) -> str:
        """Return the last 4 KiB of stderr."""
        return self._stdio.stderr.text()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        """Have `listener` told all of stderr."""
        self._stdio.stderr.listen(listener)

    async def close(self) -> None:
        """End the program."""
        await self._tasks.stop(self._name)
        self._finish(ExitStatus(code=137, reason="killed by SIGKILL"))

    def cut(self) -> None:
        """Break the connection, as a lost network does; the program goes on."""
        error = TargetError("the connection broke", reason="CONNECTION_LOST")
        self._finish(ExitStatus(code=None, reason=error.message), error)

    async def _run(self) -> None:
        code = await self._program(self._stdio)
        self._finish(ExitStatus(code=code))

    def _finish(self, status: ExitStatus, error: TargetError | None = None) -> None:
        if self._status is None:
            self._status = status
            self._stdio.end_stdin()
            self._stdio.stdout.end(error)


class FakeResolver:
    """A place in memory, whose every turn is scripted."""

    def __init__(self, label: str = "fake", *, can_half_close: bool = True) -> None:
        self._label = label
        self._can_half_close = can_half_close
        self._generation = 1
        self._replaced = asyncio.Event()
        self._programs: dict[tuple[str, ...], Program] = {}
        self._kinds: list[
            tuple[Callable[[tuple[str, ...]], bool], Callable[[tuple[str, ...]], Program]]
        ] = []
        self._resolve_errors: list[TargetError] = []
        self._open_errors: list[TargetError] = []
        self._tasks = Tasks()
        self.opened: list[FakeChannel] = []
        """Every channel ever opened, in order."""

    def program(self, argv: Sequence[str], program: Program) -> None:
        """Say what the command `argv` does."""
        self._programs[tuple(argv)] = program

    def program_for(
        self,
        fits: Callable[[tuple[str, ...]], bool],
        make: Callable[[tuple[str, ...]], Program],
    ) -> None:
        """Say what every command does whose `argv` fits."""
        self._kinds.append((fits, make))

    def fail_resolve(self, *errors: TargetError) -> None:
        """Make the next calls of `resolve` fail, one error each."""
        self._resolve_errors.extend(errors)

    def fail_open(self, *errors: TargetError) -> None:
        """Make the next calls of `open` fail, one error each."""
        self._open_errors.extend(errors)

    def cut(self) -> None:
        """Break every open connection."""
        for channel in self.opened:
            channel.cut()

    def replace(self) -> None:
        """End this incarnation and everything that runs in it; another is there."""
        self.cut()
        self._generation += 1
        self._replaced.set()
        self._replaced = asyncio.Event()

    async def resolve(self) -> Place:
        """Return the incarnation that is there now, or fail as scripted."""
        if self._resolve_errors:
            raise self._resolve_errors.pop(0)
        return Place(label=self._label, incarnation=str(self._generation), user="fake")

    async def resolve_all(self) -> tuple[Place, ...]:
        """Return the one place."""
        return (await self.resolve(),)

    async def open(self, place: Place, argv: Sequence[str]) -> Channel:
        """Start the scripted program; 127 when there is none for `argv`."""
        if self._open_errors:
            raise self._open_errors.pop(0)
        if place.incarnation != str(self._generation):
            raise TargetError(f"{place.label} was replaced", reason="CONNECTION_LOST")
        program = self._find(tuple(argv))
        name = f"{argv[0]}-{len(self.opened)}"
        self.opened.append(FakeChannel(name, program, self._tasks, self._can_half_close))
        return self.opened[-1]

    def _find(self, argv: tuple[str, ...]) -> Program:
        if argv in self._programs:
            return self._programs[argv]
        made = (make(argv) for fits, make in self._kinds if fits(argv))
        return next(made, _missing(argv))

    async def gone(self, place: Place) -> None:
        """Return when `place` was replaced."""
        if place.incarnation == str(self._generation):
            await self._replaced.wait()

    async def close(self) -> None:
        """End every program."""
        await self._tasks.close()


async def ends(code: int) -> int:
    """Be the program that ends at once."""
    return code


def not_found(name: str) -> TargetError:
    """Return the error of a target that is not there."""
    return TargetError(
        f"{name} is not there", reason="TARGET_NOT_FOUND", next="make it, then resume"
    )


def _missing(argv: Sequence[str]) -> Program:
    async def complain(stdio: Stdio) -> int:
        stdio.complain(f"{argv[0]}: not found".encode())
        return NOT_FOUND

    return complain
