"""The parent of one studio's runner; it outlives the daemon.

    python -I keeper.py FOLDER COMMAND…

It writes what the command prints to ``FOLDER/log``, which becomes ``log.1`` when
it is too large; passes SIGTERM and SIGINT on; and notes in ``FOLDER/exit.json``
how the command ended, which nobody else could tell a daemon that was not there.

It detaches itself: prints the process id of the one that stays, and leaves the
daemon's session. Started as a file by itself, so that it costs as little as a Python process can.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from types import FrameType

LOG_BYTES = 8 * 1024 * 1024
"""Of each of the two files."""
PIECE_BYTES = 64 * 1024
SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Log:
    """A file that is renamed when it is full, so that two of them are all there is."""

    def __init__(self, path: str, limit: int = LOG_BYTES) -> None:
        self._path = path
        self._limit = limit
        self._open()

    def write(self, data: bytes) -> None:
        """Append; what the disk does not take is lost, and the studio goes on."""
        try:
            if self._size >= self._limit:
                os.close(self._file)
                os.replace(self._path, self._path + ".1")
                self._open()
            self._size += len(data)
            while data:
                data = data[os.write(self._file, data) :]
        except OSError:
            pass

    def _open(self) -> None:
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC
        self._file = os.open(self._path, flags, 0o600)
        self._size = os.fstat(self._file).st_size


def keep(folder: str, argv: list[str]) -> int:
    """Run the command until its end, and return the exit status as a shell has it."""
    log = Log(os.path.join(folder, "log"))
    child = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT)  # fmt: skip

    def pass_on(number: int, frame: FrameType | None) -> None:
        if child.poll() is None:
            child.send_signal(number)

    for number in SIGNALS:
        signal.signal(number, pass_on)
    assert child.stdout is not None
    code = _drain(child, child.stdout.fileno(), log)
    _note(folder, code)
    return code if code >= 0 else 128 - code


def _drain(child: subprocess.Popen[bytes], output: int, log: Log) -> int:
    """Write the log until the child has ended, whoever else holds its output."""
    wake, signalled = os.pipe()
    os.set_blocking(signalled, False)
    signal.set_wakeup_fd(signalled, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda number, frame: None)
    code = child.poll()
    while code is None:
        ready, _, _ = select.select([output, wake], [], [])
        if wake in ready:
            os.read(wake, PIECE_BYTES)
        if output in ready and not _copy(output, log):
            code = child.wait()
        code = child.poll() if code is None else code
    while select.select([output], [], [], 0)[0] and _copy(output, log):
        pass
    return code


def _copy(output: int, log: Log) -> bool:
    data = os.read(output, PIECE_BYTES)
    log.write(data)
    return bool(data)


def _note(folder: str, code: int) -> None:
    """Write how it ended: a negative code is a signal, as `subprocess` has it."""
    temporary = os.path.join(folder, "exit.json.new")
    with open(temporary, "w", encoding="utf-8") as file:
        json.dump({"code": code, "time": time.time()}, file)
    os.replace(temporary, os.path.join(folder, "exit.json"))


def detach() -> None:
    """Go on as a child of nobody, in a session of its own, without the daemon's pipes."""
    if child := os.fork():
        os.write(1, b"%d\n" % child)
        os._exit(0)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    os.close(nothing)


if __name__ == "__main__":
    detach()
    sys.exit(keep(sys.argv[1], sys.argv[2:]))
