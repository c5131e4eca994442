"""The agent's end of the stream: frames out under one lock, frames in.

Descriptor 1 is given away first, so that nothing that prints by accident can
get between frames.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import select
import sys
import threading
from typing import Any, Dict, Iterator, List

from cstudio_sync.frames import Decoder, Encoder, Frame, greeting

_READ_BYTES = 1024 * 1024
_SET_PIPE_SIZE = 1031  # F_SETPIPE_SZ of Linux; named in `fcntl` from Python 3.10 on


class WireBroken(OSError):
    """Nobody reads what we write."""


class Wire:
    """Frames over two descriptors."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        """Both must be blocking."""
        self._read_fd = read_fd
        self._write_fd = write_fd
        self._encoder = Encoder()
        self._lock = threading.Lock()
        for descriptor in (read_fd, write_fd):
            _widen(descriptor)

    def greet(self) -> None:
        """Say hello."""
        self._write(greeting())

    def send(self, header: Dict[str, Any], body: bytes = b"") -> None:
        """Write one frame; from any thread."""
        with self._lock:
            self._write(self._encoder.encode(header, body))

    def frames(self) -> Iterator[Frame]:
        """Yield what comes in until the stream ends.

        Raises:
            FrameError: the other side does not speak the protocol.
        """
        decoder = Decoder()
        while True:
            data = os.read(self._read_fd, _READ_BYTES)
            if not data:
                return
            yield from decoder.feed(data)

    def is_hung_up(self) -> bool:
        """Tell whether nobody writes to us any more, whatever there is still to read."""
        look = select.poll()
        look.register(self._read_fd, 0)
        return any(event & (select.POLLHUP | select.POLLERR) for _, event in look.poll(0))

    def _write(self, data: bytes) -> None:
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._write_fd, view) :]
        except OSError as error:
            raise WireBroken(error.errno, error.strerror) from error


def _widen(descriptor: int) -> None:
    """Let a pipe hold as much as is read at once; 64 KB is what it has otherwise."""
    if sys.platform == "linux":
        try:
            fcntl.fcntl(descriptor, _SET_PIPE_SIZE, _READ_BYTES)
        except OSError:
            pass  # no pipe, or more than this user may have


class Answer:
    """The frames of one request's answer, counted and summed."""

    def __init__(self, wire: Wire, number: int) -> None:
        """`number` is the request's id."""
        self._wire = wire
        self.number = number
        self._count = 0
        self._bytes = 0
        self._state = hashlib.sha256()

    def part(self, body: bytes, **fields: Any) -> None:
        """Send one frame of the answer."""
        self._count += 1
        self._bytes += len(body)
        self._state.update(body)
        self._wire.send(dict(fields, id=self.number), body)

    def end(self, **fields: Any) -> None:
        """Send the end, with what it should all add up to."""
        self._wire.send(
            dict(
                fields,
                id=self.number,
                end=True,
                count=self._count,
                bytes=self._bytes,
                digest=self._state.hexdigest(),
            )
        )

    def fail(self, reason: str, message: str) -> None:
        """Send the end of an answer that cannot be given."""
        error = {"reason": reason, "message": message}
        self._wire.send({"id": self.number, "end": True, "error": error})


def numbers(body: bytes) -> List[int]:
    """Unpack block numbers: unsigned 32-bit, big-endian."""
    return [int.from_bytes(body[at : at + 4], "big") for at in range(0, len(body) - 3, 4)]


def packed(values: List[int]) -> bytes:
    """Pack block numbers."""
    return b"".join(value.to_bytes(4, "big") for value in values)
