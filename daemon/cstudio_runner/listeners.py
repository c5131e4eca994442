"""Ports: whether one is taken, and by whom where /proc tells."""

from __future__ import annotations

import errno
import os
import socket
from typing import Iterator, Optional, Set

_LISTEN = "0A"


def taken(host: str, port: int) -> Optional[OSError]:
    """Return what a server would be told if it bound to a port now; None when it may."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)
        except OSError as error:
            return error if error.errno == errno.EADDRINUSE else None
    return None


def owner(port: int) -> str:
    """Return who listens on a port, for people; empty when it cannot be told."""
    inodes = _inodes(port)
    if not inodes:
        return ""
    try:
        pids = [name for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return ""
    for pid in pids:
        if inodes & set(_sockets(pid)):
            return "process %s (%s)" % (pid, _command(pid))
    return ""


def _inodes(port: int) -> Set[str]:
    found = set()
    for name in ("tcp", "tcp6"):
        try:
            with open("/proc/net/" + name, encoding="ascii") as file:
                lines = file.read().splitlines()[1:]
        except OSError:
            continue
        for words in map(str.split, lines):
            if words[3] == _LISTEN and int(words[1].rpartition(":")[2], 16) == port:
                found.add(words[9])
    return found


def _sockets(pid: str) -> Iterator[str]:
    folder = "/proc/%s/fd" % pid
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        try:
            link = os.readlink(folder + "/" + name)
        except OSError:
            continue
        if link.startswith("socket:["):
            yield link[len("socket:[") : -1]


def _command(pid: str) -> str:
    """Return the program's name; its arguments may hold secrets."""
    try:
        with open("/proc/%s/comm" % pid, "rb") as file:
            return file.read().decode("utf-8", "replace").strip()
    except OSError:
        return "unknown"
