"""Who a process is, and who holds a port.

A process id is given away again when its process has ended, so it is never
enough: `mark` adds when the process began, which the kernel remembers for as
long as it lives. Linux has it in `/proc`; elsewhere `ps` tells.
"""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_PROC = Path("/proc")
_ON_LINUX: bool = sys.platform == "linux"
_START_FIELD = 19
"""``starttime`` of proc(5), counted from the field after the command's name."""
_LISTEN = "0A"


def mark(pid: int) -> str:
    """Return what tells this process from all others that have its number; empty: not there.

    A zombie is not there: it runs no more.
    """
    if _ON_LINUX:
        try:
            fields = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
        except OSError:
            return ""
        state, *rest = fields[fields.rindex(")") + 2 :].split()
        return "" if state in "ZX" else f"{_boot()}/{rest[_START_FIELD - 1]}"
    return _ask("ps", "-o", "lstart=", "-p", str(pid)).strip()


def is_same(pid: int, known: str) -> bool:
    """Tell whether the process that `mark` was asked about still runs."""
    return bool(known) and mark(pid) == known


def send(pid: int, known: str, number: signal.Signals, *, to_group: bool = False) -> None:
    """Signal a process, or the group that it leads, if it is still the same one."""
    if is_same(pid, known):
        try:
            (os.killpg if to_group else os.kill)(pid, number)
        except (ProcessLookupError, PermissionError):
            pass


def with_variable(name: str, value: str) -> Iterator[tuple[int, str]]:
    """Yield the processes (id, mark) whose environment has this variable; Linux alone.

    They are those that left their group, such as servers in sessions of their own.
    """
    wanted = f"{name}={value}".encode()
    for entry in _PROC.iterdir() if _ON_LINUX else ():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue  # another user's, or gone
        if wanted in environment.split(b"\0") and (known := mark(int(entry.name))):
            yield int(entry.name), known


def is_free(port: int) -> bool:
    """Tell whether a server could listen at this port of loopback now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder(port: int) -> str:
    """Say who listens at a port: ``process 12 (python3 -m http.server)``; empty: unknown."""
    pid = _holder_by_proc(port) if _ON_LINUX else _holder_by_lsof(port)
    if not pid:
        return ""
    command = _ask("ps", "-o", "args=", "-p", str(pid)).strip()
    return f"process {pid} ({command[:80]})" if command else f"process {pid}"


def _holder_by_proc(port: int) -> int:
    sockets = {f"socket:[{inode}]" for inode in _listening(port)}
    for entry in _PROC.iterdir() if sockets else ():
        if not entry.name.isdigit():
            continue
        try:
            files = list((entry / "fd").iterdir())
        except OSError:
            continue
        for file in files:
            try:
                if os.readlink(file) in sockets:
                    return int(entry.name)
            except OSError:
                continue
    return 0


def _listening(port: int) -> Iterator[str]:
    """Yield the inodes of listening sockets, from the tables of proc_net(5)."""
    for table in ("tcp", "tcp6"):
        try:
            lines = (_PROC / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, _, state, *rest = line.split()
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                yield rest[5]


def _holder_by_lsof(port: int) -> int:
    found = re.search(r"^p(\d+)", _ask("lsof", "-nP", f"-iTCP:{port}", "-sTCP:LISTEN", "-Fp"), re.M)
    return int(found[1]) if found else 0


def _boot() -> str:
    """Return this boot's id: start times begin anew with each."""
    try:
        return (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    except OSError:
        return ""


def _ask(*argv: str) -> str:
    try:
        done = subprocess.run(argv, capture_output=True, timeout=5, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
