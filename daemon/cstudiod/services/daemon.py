"""The daemon itself as a resource: what it is, what it finds, how it ends."""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstudiod.config import Settings

_LOW_DISK_BYTES = 1024**3
_WATCHES_WANTED = 65536


@dataclass(frozen=True, kw_only=True)
class RuntimeInfo:
    """Whether a runtime can be used here."""

    name: str
    available: bool
    version: str = ""
    reason: str = ""
    next: str = ""


@dataclass(frozen=True, kw_only=True)
class Info:
    """What the daemon tells about itself."""

    version: str
    pid: int
    start_time: float
    uptime_seconds: float
    state_dir: str
    socket: str
    log_file: str
    session_count: int
    runtimes: tuple[RuntimeInfo, ...]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One line of `cstudio doctor`; status is ``ok``, ``warn`` or ``fail``."""

    name: str
    status: str
    detail: str
    next: str = ""


Availability = Callable[[str, str], Awaitable[Sequence[RuntimeInfo]]]
"""Asks every runtime, given a kubeconfig and a context in it (empty: the daemon's own)."""


class DaemonService:
    """What `service Daemon` of the contract offers."""

    def __init__(
        self,
        settings: Settings,
        *,
        version: str,
        start_time: float,
        clock: Callable[[], float],
        session_count: Callable[[], int],
        availability: Availability,
        stop: Callable[[], None],
    ) -> None:
        """`stop` begins the orderly end of the daemon and returns at once."""
        self._settings = settings
        self._version = version
        self._start_time = start_time
        self._clock = clock
        self._session_count = session_count
        self._availability = availability
        self._stop = stop

    async def info(self) -> Info:
        """Return what this daemon is and which runtimes it finds."""
        settings = self._settings
        return Info(
            version=self._version,
            pid=os.getpid(),
            start_time=self._start_time,
            uptime_seconds=self._clock() - self._start_time,
            state_dir=str(settings.state_dir),
            socket=str(settings.socket),
            log_file=str(settings.log_file or ""),
            session_count=self._session_count(),
            runtimes=tuple(await self._availability("", "")),
        )

    def shut_down(self) -> None:
        """End in order: finish what is in hand, save, exit."""
        self._stop()

    async def checks(self, kubeconfig: str = "", context: str = "") -> list[Check]:
        """Look at everything that a session depends on, in the caller's cluster."""
        found = await asyncio.to_thread(
            lambda: [
                _python(),
                _socket(self._settings.socket),
                _state(self._settings.state_dir),
                _disk(self._settings.state_dir),
                *_inotify(),
            ]
        )
        return found + [_runtime(one) for one in await self._availability(kubeconfig, context)]


def _python() -> Check:
    version = ".".join(str(part) for part in sys.version_info[:3])
    return Check(name="python", status="ok", detail=f"the daemon runs on Python {version}")


def _socket(socket: Path) -> Check:
    mode = socket.parent.stat().st_mode & 0o777
    if mode & 0o077:
        return Check(
            name="socket",
            status="fail",
            detail=f"others may enter the socket's folder `{socket.parent}` (mode {mode:o})",
            next=f"chmod 700 {socket.parent}",
        )
    return Check(name="socket", status="ok", detail=f"`{socket}` belongs to you alone")


def _state(folder: Path) -> Check:
    if not os.access(folder, os.W_OK):
        return Check(
            name="state folder",
            status="fail",
            detail=f"`{folder}` cannot be written",
            next=f"chown {os.getuid()} {folder}",
        )
    return Check(name="state folder", status="ok", detail=f"`{folder}`")


def _disk(folder: Path) -> Check:
    free = shutil.disk_usage(folder).free
    shown = f"{free / 1024**3:.1f} GiB free at `{folder}`"
    if free < _LOW_DISK_BYTES:
        return Check(
            name="disk",
            status="warn",
            detail=shown,
            next="make room: the trash and the remembered state live there",
        )
    return Check(name="disk", status="ok", detail=shown)


def _inotify() -> list[Check]:
    limits = Path("/proc/sys/fs/inotify")
    if not limits.is_dir():
        return []
    watches = int((limits / "max_user_watches").read_text())
    if watches < _WATCHES_WANTED:
        return [
            Check(
                name="file watches",
                status="warn",
                detail=f"the system allows {watches} watched folders in all",
                next="sudo sysctl fs.inotify.max_user_watches=524288",
            )
        ]
    return [Check(name="file watches", status="ok", detail=f"{watches} folders may be watched")]


def _runtime(info: RuntimeInfo) -> Check:
    if info.available:
        return Check(name=info.name, status="ok", detail=info.version or "available")
    return Check(name=info.name, status="warn", detail=info.reason, next=info.next)
