"""One tree, observed and changed: what a pod serves and the daemon uses itself.

`Replica` is blocking and keeps no picture of the tree. Its methods may be
called from several threads, except that `apply` and the staging calls belong
to one thread at a time.

What holds for every observation (`Seen`):

- An absent path says the same about everything below it.
- A path with a problem is unknown with everything below it.
- `observe` of a folder is complete: what was known below it and is not
  reported by the time the call returns, and lies under no problem, is gone.
- A *pushed* folder (see `notices`) was linked anew or became readable. What
  is below it is pushed too, but what was known below an older folder of that
  name is not said to be gone: `compare` the folders known below it.
- A stamp that could hide a later change (the file changed within the clock
  tick of the look) is made unmatchable: its ctime is 0. `fingerprints` always
  has true stamps, so the path is hashed again by the next `compare`.
- In a fingerprint a problem takes part with the stamp it was reported with;
  an unreadable folder is reported without one, and counts as a folder.
"""

from __future__ import annotations

from typing import Callable, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence
from typing import Tuple, Union

from cstudio_sync.entries import Entry, Seen
from cstudio_sync.operations import Operation, Outcome

from typing_extensions import Protocol  # replaced below, see `wants.py`


class Identity(NamedTuple):
    """Which incarnation of which root this is."""

    replica: str
    """The id planted on the root; empty when there is none."""
    is_new: bool
    """It was planted just now."""
    detail: str
    """Why there is no id, for people."""
    device: int
    inode: int
    root_empty: bool
    case_insensitive: bool


class Want(Protocol):
    """A file's content, by the version that is wanted (`ports.Want` is one)."""

    @property
    def path(self) -> bytes: ...
    @property
    def entry(self) -> Entry: ...
    @property
    def stamp(self) -> bytes: ...


class Matcher(Protocol):
    """The exclusions (`cstudio_sync.rules.Matcher` is one)."""

    def excluded(self, path: bytes, is_folder: bool) -> bool: ...


class RootTrouble(Exception):
    """The root cannot be used (any more). `reason`: missing, not_a_folder,
    forbidden, replaced, in_use, failed."""

    reason: str


EmitSeen = Callable[[List[Seen]], None]
EmitFingerprints = Callable[[List[Tuple[bytes, bytes]]], None]
Cancelled = Callable[[], bool]
"""Asked often; True ends the call early with `Stopped`."""


class Replica:
    @classmethod
    def open(
        cls,
        root: bytes,
        *,
        session: str,
        create: bool = False,
        plant: bool = False,
        trash_folder: bytes = b"",
        matcher: Optional[Matcher] = None,
    ) -> "Replica":
        """Pin `root` (a path of this machine). Raises RootTrouble.

        session: [0-9a-z]{1,32}, names this session's temporaries and trash.
        create: make the folder (and its parents) when it is missing.
        plant: give the root an id when it has none (one xattr).
        trash_folder: b"" = beside the root, else the temporary folder.
        """
        raise NotImplementedError

    def identity(self) -> Identity: ...
    def acquire_lease(self, owner: str, label: str) -> None:
        """Own the root until `close`. Raises RootTrouble("in_use") naming the holder."""

    def set_matcher(self, matcher: Matcher) -> None: ...
    def check_root(self) -> None:
        """Raise RootTrouble unless the root's path still names the pinned folder."""

    # --- observing; `emit` gets bounded lists from the calling thread
    def fingerprints(self, emit: EmitFingerprints, cancelled: Cancelled) -> None: ...
    def compare(
        self,
        folders: Iterable[Tuple[bytes, Mapping[bytes, bytes]]],
        emit: EmitSeen,
        cancelled: Cancelled,
    ) -> None: ...
    def observe(
        self, paths: Sequence[bytes], emit: EmitSeen, cancelled: Cancelled, inline_bytes: int = 0
    ) -> None: ...

    # --- reading
    def fetch(self, wants: Sequence[Want]) -> List[Optional[bytes]]: ...
    def signature(self, want: Want) -> List[bytes]: ...
    def pieces(self, want: Want, have: Sequence[bytes]) -> Iterator[Union[bytes, int]]:
        """`Endpoint.stream`; ends early when the file changed."""

    # --- staging
    def stage_begin(self, path: bytes, entry: Entry, base: Optional[Want] = None) -> str:
        """Return a token. Raises StageTrouble(status, detail) (disk full, read-only, …)."""

    def stage_write(self, token: str, data: bytes) -> None: ...
    def stage_copy(self, token: str, block: int) -> None: ...
    def stage_end(self, token: str) -> bool:
        """Whether the content has the digest; if not the file is dropped."""

    def stage_drop(self, token: str) -> None: ...

    # --- changing
    def apply(self, operations: Sequence[Operation]) -> List[Outcome]: ...
    def read_kept(self, token: str) -> Iterator[bytes]:
        """Raises KeyError for an unknown (or pruned) token."""

    def close(self) -> None: ...


# notices.py: the thread that turns events into observations. The daemon's
# local side feeds it from watchdog, the pod's from inotify or polling.
#
# class Notices:
#     def __init__(self, replica, push: Callable[[List[Seen], str], None]): ...
#         push(seen, rescan), called from the notices' own thread; content inline
#         for files <= 64 KiB, <= 1 MiB content a call; own writes are not pushed.
#     def note(self, path: bytes, event: int) -> None   # settle.MODIFIED|CLOSED|CREATED|ARRIVED|REMOVED
#     def rescan(self, why: str) -> None
#     def drain(self) -> None        # returns when all noted before was pushed
#     def close(self) -> None
#
# settle.py: class Settle: add(path, event, now), due(now) -> Dict[path, events], next_deadline()
