"""What a side holds at a path: entries, stamps, observations.

An `Entry` is identity: kind, content digest, executable bit, link target.
Time, owner and the rest of the mode are not part of it. A `Stamp` is the
opaque fingerprint of a stat result; it only decides whether content must be
hashed again, and whether what is on the disk is still what was seen.

`Seen` is one observation. Absence is an observation too (``entry`` None and
no problem); a path with a ``problem`` is *unknown*, it and all below it: an
unknown path is never taken for a deletion.
"""

from __future__ import annotations

import struct
from typing import NamedTuple, Optional

FILE = "f"
FOLDER = "d"
LINK = "l"

DIGEST_BYTES = 32
"""Content digests are SHA-256."""


class Entry(NamedTuple):
    """One file, folder or symbolic link, as both sides must agree on it."""

    kind: str
    """`FILE`, `FOLDER` or `LINK`."""
    digest: bytes = b""
    """SHA-256 of a file's content; empty for other kinds."""
    size: int = 0
    """Bytes of a file's content; 0 for other kinds."""
    executable: bool = False
    """Whether a file may be executed by its owner."""
    target: bytes = b""
    """A link's target, verbatim."""


FOLDER_ENTRY = Entry(FOLDER)

# size, mtime_ns, ctime_ns, inode, mode
_STAMP = struct.Struct("<qqqQI")
STAMP_BYTES = _STAMP.size
NO_STAMP = b""


def stamp(size: int, mtime_ns: int, ctime_ns: int, inode: int, mode: int) -> bytes:
    """Pack a stat result into a `Stamp`; equal stamps mean nothing changed."""
    return _STAMP.pack(size, mtime_ns, ctime_ns, inode & 0xFFFFFFFFFFFFFFFF, mode)


class StampFields(NamedTuple):
    """What a `Stamp` was packed from."""

    size: int
    mtime_ns: int
    ctime_ns: int
    """0: made unmatchable, the content must decide."""
    inode: int
    mode: int


def stamp_fields(packed: bytes) -> Optional[StampFields]:
    """Unpack a `Stamp`; None when it is none."""
    return StampFields(*_STAMP.unpack(packed)) if len(packed) == STAMP_BYTES else None


def stamp_mtime_ns(packed: bytes) -> int:
    """Return the modification time in a stamp, 0 when there is none."""
    return int(_STAMP.unpack(packed)[1]) if len(packed) == STAMP_BYTES else 0


class Problem:
    """Why a path cannot be synced: the values of `Seen.problem`."""

    UNREADABLE = "unreadable"
    SPECIAL_FILE = "special_file"
    LINK_OUTSIDE = "link_outside"
    OTHER_FILE_SYSTEM = "other_file_system"
    NAME_REFUSED = "name_refused"
    BUSY = "busy"
    CASE_CLASH = "case_clash"


class Seen(NamedTuple):
    """What one side was seen to hold at one path."""

    path: bytes
    entry: Optional[Entry] = None
    stamp: bytes = NO_STAMP
    problem: str = ""
    """A value of `Problem`; then `entry` is None and everything below unknown."""
    detail: str = ""
    """More about the problem, for people."""
    content: Optional[bytes] = None
    """The whole content of a small file, when the observer had it at hand."""
