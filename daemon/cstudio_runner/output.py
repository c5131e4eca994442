"""What programs print: labelled, kept in a bounded log, passed on without ever waiting.

A program must never stall because nobody reads the runner's own output. So its pipe is
always drained; the log takes everything; what cannot be passed on in time is counted
and dropped, and a line says so.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from typing import Deque, Tuple

LINE_BYTES = 16 * 1024
"""A longer line without an end is passed on in pieces."""
LOG_BYTES = 5 * 1024 * 1024
"""A log is this long at most, and the one before it is kept."""
WAITING_BYTES = 1024 * 1024
TAIL_LINES = 20
_TAIL_BYTES = 8 * 1024
_OPEN = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC


class Lines:
    """Cuts a stream into whole lines, and remembers the last ones."""

    def __init__(self, label: str) -> None:
        self._prefix = ("[%s] " % label).encode("utf-8", "replace")
        self._rest = b""
        self._tail = b""

    def feed(self, data: bytes) -> bytes:
        """Take what was read; return the labelled lines that are complete."""
        data = self._rest + data
        end = data.rfind(b"\n") + 1
        if not end and len(data) < LINE_BYTES:
            self._rest = data
            return b""
        whole, self._rest = (data[:end], data[end:]) if end else (data + b"\n", b"")
        return self._labelled(whole)

    def end(self) -> bytes:
        """Return the last line, if it has no end; the stream is over."""
        rest, self._rest = self._rest, b""
        return self._labelled(rest + b"\n") if rest else b""

    def tail(self) -> Tuple[str, ...]:
        """Return the last lines without their label, and forget them."""
        text = (self._tail + self._rest).decode("utf-8", "replace")
        self._tail = b""
        return tuple(text.splitlines()[-TAIL_LINES:])

    def _labelled(self, whole: bytes) -> bytes:
        self._tail = (self._tail + whole[-_TAIL_BYTES:])[-_TAIL_BYTES:]
        return self._prefix + whole[:-1].replace(b"\n", b"\n" + self._prefix) + b"\n"


class Log:
    """A file of bounded size. A full disk costs lines, never a program."""

    def __init__(self, path: str, limit: int = LOG_BYTES) -> None:
        self.path = path
        self._limit = limit
        self._size = 0
        self._fd = -1

    def write(self, data: bytes) -> None:
        """Append whole lines."""
        if not data:
            return
        try:
            self._make_room(len(data))
            os.write(self._fd, data)
            self._size += len(data)
        except OSError:
            self.close()

    def _make_room(self, more: int) -> None:
        if self._fd >= 0 and self._size + more > self._limit:
            self.close()
            os.replace(self.path, self.path + ".1")
        if self._fd < 0:
            self._fd = os.open(self.path, _OPEN, 0o600)
            self._size = os.fstat(self._fd).st_size

    def close(self) -> None:
        """Close the file; the next line opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


class Mouth:
    """The runner's own output. Takes lines at once; a thread of its own writes them."""

    def __init__(self, fd: int, log: Log, limit: int = WAITING_BYTES) -> None:
        """Begin to write.

        Args:
            fd: Where to; programs' lines have logs of their own.
            log: Keeps the runner's own sentences.
            limit: How many bytes may wait for a slow reader.
        """
        self._fd = fd
        self._log = log
        self._limit = limit
        self._waiting: Deque[bytes] = deque()
        self._size = 0
        self._unsaid = 0
        self._broken = False
        self._changed = threading.Condition()
        self.dropped = 0
        threading.Thread(target=self._speak, name="output", daemon=True).start()

    def put(self, lines: bytes) -> None:
        """Pass on whole lines, or drop them when the reader is too slow."""
        if not lines or self._broken:
            return
        with self._changed:
            if self._size + len(lines) > self._limit:
                count = lines.count(b"\n")
                self._unsaid += count
                self.dropped += count
                return
            self._append(lines)
            self._changed.notify_all()

    def say(self, text: str) -> None:
        """Pass on a sentence of the runner itself."""
        line = ("[cstudio] %s\n" % text).encode("utf-8", "replace")
        self._log.write(line)
        self.put(line)

    def settle(self, seconds: float) -> None:
        """Wait until everything is written, but not for long."""
        with self._changed:
            self._changed.wait_for(lambda: not self._size or self._broken, seconds)

    def _append(self, lines: bytes) -> None:
        self._waiting.append(lines)
        self._size += len(lines)

    def _speak(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting)
                lines = self._waiting.popleft()
                if self._unsaid and not self._waiting:
                    notice = b"[cstudio] %d lines were dropped: this output is read too slowly\n"
                    self._append(notice % self._unsaid)
                    self._unsaid = 0
            self._write(lines)
            with self._changed:
                self._size -= len(lines)
                self._changed.notify_all()
            if self._broken:
                return

    def _write(self, lines: bytes) -> None:
        view = memoryview(lines)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except BlockingIOError:
            self._patiently(view)
        except OSError:
            self._broken = True

    def _patiently(self, view: memoryview) -> None:
        """Write where someone else made the descriptor non-blocking."""
        import select

        try:
            while view:
                select.select([], [self._fd], [])
                view = view[os.write(self._fd, view) :]
        except OSError:
            self._broken = True
