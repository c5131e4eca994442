"""What the demo needs around it: a folder and a daemon of its own, gone afterwards.

Whatever ends the demo, a failure, Ctrl-C or a signal, the way out is the same:
the daemon stops, the folder is removed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from cstudio import errors
from cstudio.client import BlockingClient, Client
from cstudio.locations import Locations, locate

STOP_SECONDS = 6.0
SIGNALS = (signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A folder with room for the show, and a client of the daemon in it."""

    folder: Path
    client: BlockingClient

    @property
    def project(self) -> Path:
        """The local side."""
        return self.folder / "project"


@contextlib.contextmanager
def set_up(*, keep: bool) -> Iterator[Stage]:
    """Make the folder and start the daemon; take both away at the end."""
    with _signals_interrupt(), _folder(keep=keep) as folder:
        where = locate(state=str(folder / "state"), environment={})
        with _temporaries(where.state / "tmp"), _daemon(where) as client:
            yield Stage(folder=folder, client=client)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let nobody interrupt what takes the demo away."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _interrupting()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _signals_interrupt() -> Iterator[None]:
    """Turn the signals that end a program into what Ctrl-C does."""
    before = {number: signal.signal(number, _interrupt) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _interrupting() -> tuple[signal.Signals, ...]:
    return (signal.SIGINT, *SIGNALS)


@contextlib.contextmanager
def _folder(*, keep: bool) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="cstudio-demo-")).resolve()
    try:
        yield folder
    finally:
        with undisturbed():
            shutil.rmtree(folder / "state" if keep else folder, ignore_errors=True)


@contextlib.contextmanager
def _temporaries(folder: Path) -> Iterator[None]:
    """Have the daemon put its temporary files, locks among them, into `folder`."""
    folder.mkdir(mode=0o700, parents=True)
    before = os.environ.get("TMPDIR")
    os.environ["TMPDIR"] = str(folder)
    try:
        yield
    finally:
        del os.environ["TMPDIR"]
        if before is not None:
            os.environ["TMPDIR"] = before


@contextlib.contextmanager
def _daemon(where: Locations) -> Iterator[BlockingClient]:
    try:
        with Client.sync(str(where.socket), state=str(where.state)) as client:
            try:
                yield client
            finally:
                with undisturbed(), contextlib.suppress(errors.CstudioError):
                    client.daemon.shut_down()
    finally:
        with undisturbed():
            _until_gone(where)


def _until_gone(where: Locations) -> None:
    """Wait for the daemon's end; end it when it does not, and clear its socket away."""
    pid = _lock_holder(where.state / "lock")
    deadline = time.monotonic() + STOP_SECONDS
    while pid and _runs(pid) and time.monotonic() < deadline:
        time.sleep(0.02)
    if pid and _runs(pid):
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(OSError):
        where.socket.unlink(missing_ok=True)
        where.socket.parent.rmdir()


def _lock_holder(lock: Path) -> int:
    """Return the process id that the daemon wrote into its lock; 0 when there is none."""
    try:
        return int(lock.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 0


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        os.waitpid(pid, os.WNOHANG)
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except ChildProcessError:
        return True
    return True
