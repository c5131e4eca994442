"""Commands as child processes of the daemon, and folders of this machine as targets.

`Process` is a `Channel` over one child. It leads a process group of its own,
so that `close` ends the children of the child as well. There is no task: the
event loop's callbacks fill `Output`, and the pipe is paused while the reader is
slow.

`Folder` resolves a folder of this machine: its incarnation is the device and
inode, and it is gone when those change.
"""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
import stat
from collections.abc import Callable, Sequence

from cstudiod.errors import TargetError
from cstudiod.ports import Channel, ExitStatus, Place
from cstudiod.runtimes import output

WRITE_BYTES = 256 * 1024
"""Stdin gets pieces of this size, so that little waits in our own memory."""
END_SECONDS = 0.3
"""How long a command may take to end by itself when its stdin is closed."""
TERMINATE_SECONDS = 1.0
"""How long after SIGTERM, before SIGKILL."""
GONE_POLL_SECONDS = 0.5


class _Callbacks(asyncio.SubprocessProtocol):
    """What the event loop reports about one child."""

    def __init__(self) -> None:
        self.output = output.Output(self._pause, self._resume)
        self.tail = output.Tail()
        self.exited = asyncio.Event()
        self.closed = asyncio.Event()
        self.can_write = asyncio.Event()
        self.can_write.set()
        self.stdin_is_lost = False
        self._transport: asyncio.SubprocessTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.SubprocessTransport)
        self._transport = transport

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        if fd == 1:
            self.output.feed(data)
        else:
            self.tail.feed(data)

    def pipe_connection_lost(self, fd: int, exc: Exception | None) -> None:
        if fd == 0:
            self.stdin_is_lost = True
            self.can_write.set()
        elif fd == 1:
            self.output.end()

    def pause_writing(self) -> None:
        self.can_write.clear()

    def resume_writing(self) -> None:
        self.can_write.set()

    def process_exited(self) -> None:
        self.exited.set()
        self.can_write.set()

    def connection_lost(self, exc: Exception | None) -> None:
        self.output.end()
        self.closed.set()

    def _pause(self) -> None:
        if (pipe := self._stdout()) is not None:
            pipe.pause_reading()

    def _resume(self) -> None:
        if (pipe := self._stdout()) is not None and not pipe.is_closing():
            pipe.resume_reading()

    def _stdout(self) -> asyncio.ReadTransport | None:
        pipe = self._transport.get_pipe_transport(1) if self._transport else None
        return pipe if isinstance(pipe, asyncio.ReadTransport) else None


class Process:
    """The stdio of a child process."""

    def __init__(self, transport: asyncio.SubprocessTransport, callbacks: _Callbacks) -> None:
        self._transport = transport
        self._callbacks = callbacks

    @property
    def pid(self) -> int:
        """The child's process id, which is its group's as well."""
        return self._transport.get_pid()

    async def read(self) -> bytes:
        """Return the next piece of stdout; ``b""`` at the end."""
        return await self._callbacks.output.read()

    async def write(self, data: bytes) -> None:
        """Send to stdin; waits while the child is slow."""
        pipe = self._transport.get_pipe_transport(0)
        assert isinstance(pipe, asyncio.WriteTransport)
        view = memoryview(data)
        for start in range(0, len(view), WRITE_BYTES):
            if self._callbacks.stdin_is_lost or pipe.is_closing():
                raise TargetError("the command has ended", reason="CONNECTION_LOST")
            pipe.write(view[start : start + WRITE_BYTES])
            await self._callbacks.can_write.wait()

    async def end_input(self) -> bool:
        """Close stdin, after what was written."""
        pipe = self._transport.get_pipe_transport(0)
        if isinstance(pipe, asyncio.WriteTransport) and not pipe.is_closing():
            pipe.close()
        return True

    async def wait(self) -> ExitStatus:
        """Wait for the child's end; drains and discards stdout."""
        self._callbacks.output.discard()
        await self._callbacks.exited.wait()
        return exit_status(self._transport.get_returncode())

    def stderr_tail(self) -> str:
        """Return the last 4 KiB of stderr."""
        return self._callbacks.tail.text()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        """Have `listener` told all of stderr."""
        self._callbacks.tail.listen(listener)

    async def close(self) -> None:
        """End the child and its group: stdin first, then SIGTERM, then SIGKILL."""
        if not self._callbacks.exited.is_set():
            await self.end_input()
            await self._end_group()
        self._transport.close()
        await self._callbacks.closed.wait()

    async def _end_group(self) -> None:
        self._callbacks.output.discard()
        try:
            if not await self._exits_within(END_SECONDS):
                self._signal_group(signal.SIGTERM)
                await self._exits_within(TERMINATE_SECONDS)
        finally:
            # Also when it ended by itself: it was alive when we began, so the
            # group's number cannot belong to anyone else yet.
            self._signal_group(signal.SIGKILL)

    async def _exits_within(self, seconds: float) -> bool:
        try:
            async with asyncio.timeout(seconds):
                await self._callbacks.exited.wait()
        except TimeoutError:
            return False
        return True

    def _signal_group(self, number: signal.Signals) -> None:
        try:
            os.killpg(self.pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def exit_status(code: int | None) -> ExitStatus:
    """Return a shell's view of a child's return code: 128 + n for signal n."""
    if code is None or code >= 0:
        return ExitStatus(code=code)
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = f"signal {-code}"
    return ExitStatus(code=128 - code, reason=f"killed by {name}")


async def run(argv: Sequence[str], *, cwd: str | None = None) -> Process:
    """Start a child with `argv`, without a shell.

    Raises:
        TargetError: there is no such executable, or no such `cwd`.
    """
    loop = asyncio.get_running_loop()
    try:
        transport, callbacks = await loop.subprocess_exec(
            _Callbacks, *argv, cwd=cwd, start_new_session=True
        )
    except (OSError, ValueError) as error:
        raise _not_started(argv, cwd, error) from error
    return Process(transport, callbacks)


def _not_started(argv: Sequence[str], cwd: str | None, error: Exception) -> TargetError:
    if cwd is not None and not os.path.isdir(cwd):
        return TargetError(
            f"the folder `{cwd}` is not there", reason="FOLDER_NOT_FOUND", permanent=True, path=cwd
        )
    why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    message = f"`{argv[0]}` cannot be started: {why.lower()}"
    return TargetError(message, reason="AGENT_FAILED", permanent=True, command=argv[0])


class Folder:
    """A folder of this machine, and commands that run in it."""

    def __init__(self, path: str) -> None:
        self._path = path

    async def resolve(self) -> Place:
        """Return the folder as it is now.

        Raises:
            TargetError: it is not there, or no folder.
        """
        return Place(label=f"folder {self._path}", incarnation=self._look(), user=_user())

    async def resolve_all(self) -> tuple[Place, ...]:
        """Return the one place."""
        return (await self.resolve(),)

    async def open(self, place: Place, argv: Sequence[str]) -> Channel:
        """Run `argv` with the folder as its working directory."""
        if self._look() != place.incarnation:
            raise TargetError(f"`{self._path}` was replaced", reason="CONNECTION_LOST")
        return await run(argv, cwd=self._path)

    async def gone(self, place: Place) -> None:
        """Return when the folder was removed or replaced."""
        while True:
            try:
                if self._look() != place.incarnation:
                    return
            except TargetError:
                return
            await asyncio.sleep(GONE_POLL_SECONDS)

    async def close(self) -> None:
        """Nothing is held."""

    def _look(self) -> str:
        try:
            status = os.stat(self._path)
        except OSError as error:
            raise TargetError(
                f"the folder `{self._path}` is not there: {error.strerror}",
                reason="FOLDER_NOT_FOUND",
                next="make it, or use --create",
                path=self._path,
            ) from error
        if not stat.S_ISDIR(status.st_mode):
            raise TargetError(
                f"`{self._path}` is no folder", reason="NOT_A_FOLDER", path=self._path
            )
        return f"{status.st_dev}:{status.st_ino}"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a user id without a name
        return str(os.getuid())
