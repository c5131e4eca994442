"""What commonly goes wrong on a machine, looked at from the client's side.

Each check returns a finding in one sentence and, when it is not ok, what to do.
They need no daemon, so that they can say why there is none.
"""

from __future__ import annotations

import os
import shutil
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from cstudio_api.v1.daemon_pb2 import Check, DaemonInfo

OLDEST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 500 * 1000**2
LEAST_WATCHES = 65536
LEAST_INSTANCES = 256
INOTIFY = Path("/proc/sys/fs/inotify")


class Finding(NamedTuple):
    """One thing that was looked at."""

    name: str
    status: str
    """`ok`, `warn` or `fail`."""
    detail: str
    next: str = ""


def python(version: tuple[int, int] = sys.version_info[:2]) -> Finding:
    """Look at the Python that runs cstudio."""
    said = f"Python {version[0]}.{version[1]} at {sys.executable}"
    if version >= OLDEST_PYTHON:
        return Finding("python", "ok", said)
    return Finding("python", "fail", said, "install cstudio with Python 3.11 or newer")


def daemon(info: DaemonInfo) -> Finding:
    """Look at the daemon that answers."""
    from cstudio import connect

    said = f"version {info.version}, process {info.pid}"
    if info.version == connect.version():
        return Finding("daemon", "ok", said)
    return Finding(
        "daemon", "warn", f"{said}; this is {connect.version()}", "cstudio daemon restart"
    )


def of_daemon(check: Check) -> Finding:
    """Return what the daemon found."""
    from cstudio import words

    return Finding(check.name, words.check_status(check.status), check.detail, check.next)


def socket(path: Path) -> Finding:
    """Look at who can reach the socket: its folder is the lock."""
    folder = path.parent
    try:
        found = folder.stat()
    except OSError:
        return Finding("socket", "warn", f"{folder} is not there yet", "cstudio daemon start")
    if found.st_uid != os.getuid():
        return Finding(
            "socket",
            "fail",
            f"{folder} belongs to user {found.st_uid}, not to you",
            "set CSTUDIO_SOCKET to a path of yours",
        )
    if stat.S_IMODE(found.st_mode) & 0o077:
        mode = stat.S_IMODE(found.st_mode)
        said = f"{folder} has mode {mode:04o}: others can reach the daemon"
        return Finding("socket", "warn", said, f"chmod 700 {folder}")
    return Finding("socket", "ok", f"{path}, yours alone")


def state(folder: Path) -> Finding:
    """Look at the folder that sessions are kept in."""
    if not folder.exists():
        return Finding("state folder", "ok", f"{folder} will be made")
    if os.access(folder, os.W_OK | os.X_OK):
        return Finding("state folder", "ok", str(folder))
    return Finding(
        "state folder",
        "fail",
        f"{folder} cannot be written",
        f"chown {os.getuid()} {folder}, or set CSTUDIO_STATE_DIR",
    )


def disk(folder: Path) -> Finding:
    """Look at the room there is for the trash and the database."""
    here = folder
    while not here.exists() and here != here.parent:
        here = here.parent
    free = shutil.disk_usage(here).free
    said = f"{free / 1e9:.1f} GB free at {here}"
    if free >= LEAST_FREE_BYTES:
        return Finding("disk", "ok", said)
    return Finding("disk", "warn", said, f"make room on the file system of {here}")


def inotify(folder: Path = INOTIFY) -> list[Finding]:
    """Look at how many folders this user may watch; nothing where there is no inotify."""
    limits = (
        ("file watches", "max_user_watches", LEAST_WATCHES, 524288, "folders"),
        ("file watchers", "max_user_instances", LEAST_INSTANCES, 1024, "watchers"),
    )
    if not folder.is_dir():
        return []
    return [_limit(folder, *limit) for limit in limits]


def _limit(folder: Path, name: str, key: str, least: int, better: int, what: str) -> Finding:
    try:
        value = int((folder / key).read_text())
    except (OSError, ValueError):
        return Finding(name, "ok", f"fs.inotify.{key} cannot be read here")
    said = f"{value:,} {what} may be watched" if what == "folders" else f"{value:,} {what} may run"
    if value >= least:
        return Finding(name, "ok", said)
    return Finding(name, "warn", said, f"sudo sysctl -w fs.inotify.{key}={better}")
