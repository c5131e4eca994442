"""What an endpoint is asked to do to its tree, and what it answers.

An `Operation` says what must be at `path` before (`expected`, `stamp`) and
after (`entry`). The endpoint compares before it touches: when the disk does
not hold what is expected, it leaves the path alone and answers ``CHANGED``.
`Outcome.now` is what is really there afterwards; the ancestor is written
from outcomes, never from operations.
"""

from __future__ import annotations

from typing import NamedTuple, Optional

from cstudio_sync.entries import Entry, Seen

MAKE_FOLDER = "mkdir"
PUT_FILE = "put"
PUT_LINK = "link"
SET_EXECUTABLE = "mode"
MOVE_FILE = "move"
COPY_FILE = "copy"
REMOVE_FILE = "remove"
REMOVE_FOLDER = "rmdir"


class Operation(NamedTuple):
    """One change at one path."""

    verb: str
    path: bytes
    entry: Optional[Entry] = None
    """What is at `path` afterwards; None for removals."""
    expected: Optional[Entry] = None
    """What must be at `path` before; None: nothing at all."""
    stamp: bytes = b""
    """The stamp seen with `expected`; when it differs the content decides."""
    source: bytes = b""
    """`MOVE_FILE`, `COPY_FILE`: the path to take the content from."""
    source_stamp: bytes = b""
    """The stamp of `source` when it was seen."""
    data: Optional[bytes] = None
    """`PUT_FILE`: the content, when it is small."""
    staged: str = ""
    """`PUT_FILE`: the token of a staged file that holds the content."""
    keep: bool = False
    """Put the version that is overwritten or removed in this side's trash."""


OK = "ok"
CHANGED = "changed"
"""The disk did not hold what was expected: look again, nothing was touched."""
NOT_EMPTY = "not_empty"
"""A folder kept because it has children the engine does not own."""
DISK_FULL = "disk_full"
READ_ONLY = "read_only"
FORBIDDEN = "permission_denied"
BUSY = "busy"
CONTENT_MISMATCH = "content_mismatch"
"""The delivered bytes do not have the digest that was announced."""
NAME_REFUSED = "name_refused"
FAILED = "failed"


class Outcome(NamedTuple):
    """What became of one operation."""

    path: bytes
    status: str
    now: Optional[Seen] = None
    """What is at the path now, when the endpoint could tell."""
    detail: str = ""
    kept: str = ""
    """The token of the trashed version, when one was kept."""
