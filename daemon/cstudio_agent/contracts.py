"""The words that the modules of the agent share: data and small protocols."""

from __future__ import annotations

from typing import Callable, List, NamedTuple, Protocol, Tuple

from cstudio_sync.entries import Entry, Seen


class Identity(NamedTuple):
    """Which incarnation of which root this is."""

    replica: str
    """The id planted on the root; empty when there is none."""
    is_new: bool
    """It was planted just now: there was none before."""
    detail: str
    """Why there is no id, for people."""
    device: int
    inode: int
    root_empty: bool
    case_insensitive: bool


class Want(Protocol):
    """A file's content, by the version that is wanted."""

    @property
    def path(self) -> bytes:
        """Where the file is."""

    @property
    def entry(self) -> Entry:
        """Its content's digest and size."""

    @property
    def stamp(self) -> bytes:
        """What it was seen with; when it differs the content decides."""


class Version(NamedTuple):
    """The plain `Want`."""

    path: bytes
    entry: Entry
    stamp: bytes


class Matcher(Protocol):
    """The exclusions; `cstudio_sync.rules.Matcher` is one."""

    def excluded(self, path: bytes, is_folder: bool) -> bool:
        """Tell whether a path or a folder above it is excluded."""

    def excludes_child(self, path: bytes, is_folder: bool) -> bool:
        """The same for a path whose parent is known to take part."""


class NothingExcluded:
    """The matcher of a session without exclusions."""

    def excluded(self, path: bytes, is_folder: bool) -> bool:
        """Everything takes part."""
        return False

    excludes_child = excluded


class RootTrouble(Exception):
    """The root cannot be used, or is no longer what it was."""

    MISSING = "missing"
    NOT_A_FOLDER = "not_a_folder"
    FORBIDDEN = "forbidden"
    REPLACED = "replaced"
    IN_USE = "in_use"
    FAILED = "failed"

    def __init__(self, reason: str, message: str) -> None:
        """`reason` is one of the constants above."""
        super().__init__(message)
        self.reason = reason
        self.message = message


class Stopped(Exception):
    """The caller asked to end early."""


EmitSeen = Callable[[List[Seen]], None]
EmitFingerprints = Callable[[List[Tuple[bytes, bytes]]], None]
Cancelled = Callable[[], bool]
"""Asked often; true ends the call with `Stopped`."""


def never() -> bool:
    """Not cancelled: the default of `Cancelled` parameters."""
    return False
