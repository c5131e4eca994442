"""What a run said, kept beside the database and in memory while it grows; bounded.

A file is a row of pieces: one byte for the stream (1 stdout, 2 stderr), four for the
length (big-endian), the bytes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cstudiod.services.growing import Growing

MOST_BYTES = 8 * 1024 * 1024
STDOUT, STDERR = 1, 2
_HEAD = struct.Struct(">BI")

Piece = tuple[int, bytes]


class Output:
    """The output of one run."""

    def __init__(self, path: Path) -> None:
        """Write to `path`, which is made anew."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file: IO[bytes] = path.open("wb")
        self.pieces: Growing[Piece] = Growing()
        self.size = 0
        self.dropped = 0

    def add(self, stream: int, data: bytes) -> None:
        """Keep a piece, as long as there is room."""
        kept = data[: max(0, MOST_BYTES - self.size)]
        self.dropped += len(data) - len(kept)
        self.size += len(kept)
        if kept:
            self._file.write(_HEAD.pack(stream, len(kept)) + kept)
            self.pieces.add((stream, kept))

    def close(self) -> None:
        """Nothing more comes."""
        self._file.close()


def read(path: Path) -> Iterator[Piece]:
    """Yield the pieces of a run that has ended; nothing when they are gone."""
    try:
        data = path.read_bytes()
    except OSError:
        return
    position = 0
    while position + _HEAD.size <= len(data):
        stream, length = _HEAD.unpack_from(data, position)
        position += _HEAD.size
        yield stream, data[position : position + length]
        position += length
