"""Processes: started in groups of their own, signalled, reaped, found again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Dict, List, Mapping, Sequence, Tuple

TOKEN_VARIABLE = "CSTUDIO_RUNNER_TOKEN"
_PR_SET_CHILD_SUBREAPER = 36
STOPPERS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that ask the runner to stop; passed on as they are."""


@dataclass(frozen=True)
class Child:
    """A program that runs; its group has its own process id as number."""

    pid: int
    output: int
    """Where its stdout and stderr are read, non-blocking; the reader closes it."""
    popen: subprocess.Popen[bytes]

    def reaped(self, wait_status: int) -> None:
        """Tell the standard library that it needs not wait for it."""
        self.popen.returncode = wait_status


def start(words: Sequence[str], cwd: str, environment: Mapping[str, str]) -> Child:
    """Start a program in a session of its own, with nothing to read.

    Raises:
        OSError: it cannot be started; `filename` is the cwd or the program.
    """
    read, write = os.pipe()
    try:
        popen = subprocess.Popen(
            list(words),
            cwd=cwd,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=write,
            stderr=write,
            start_new_session=True,
        )
    except BaseException:
        os.close(read)
        raise
    finally:
        os.close(write)
    os.set_blocking(read, False)
    return Child(popen.pid, read, popen)


def reap() -> Dict[int, int]:
    """Collect every child that ended, orphans that became ours included."""
    ended: Dict[int, int] = {}
    while True:
        try:
            pid, wait_status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return ended
        if pid == 0:
            return ended
        ended[pid] = wait_status


def signal_group(group: int, number: int) -> bool:
    """Send a signal to a group (0 sends none); tell whether anybody is in it."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # macOS says this of zombies, Linux of programs of another user
    return True


def signal_each(pids: Sequence[int], number: int) -> None:
    """Send a signal to processes that may be gone already."""
    for pid in pids:
        try:
            os.kill(pid, number)
        except OSError:
            continue


def become_reaper() -> bool:
    """Have orphans of our programs become ours, as those of process 1 do anyway.

    Returns:
        False where the system has no such thing; they are init's then.
    """
    if os.getpid() == 1:
        return True
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


def left_over(token: str) -> List[int]:
    """Return what bears a run's token or is our child, ourselves excepted.

    This finds programs that left their group. Empty where there is no /proc.
    """
    mark = ("%s=%s" % (TOKEN_VARIABLE, token)).encode()
    own = os.getpid()
    return [pid for pid in _all() if pid != own and _belongs(pid, own, mark)]


def _belongs(pid: int, parent: int, mark: bytes) -> bool:
    state, its_parent = _stat(pid)
    if state in ("", "Z", "X"):
        return False
    return its_parent == parent or mark in _environment(pid)


def _all() -> List[int]:
    try:
        return [int(name) for name in os.listdir("/proc") if name.isdigit()]
    except OSError:
        return []


def _stat(pid: int) -> Tuple[str, int]:
    """Return state letter and parent; the command before them may hold anything."""
    try:
        with open("/proc/%d/stat" % pid, "rb") as file:
            words = file.read().rpartition(b")")[2].split()
        return words[0].decode(), int(words[1])
    except (OSError, IndexError, ValueError):
        return "", 0


def _environment(pid: int) -> List[bytes]:
    try:
        with open("/proc/%d/environ" % pid, "rb") as file:
            return file.read().split(b"\0")
    except OSError:
        return []
