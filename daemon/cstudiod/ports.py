"""The seams to the outside world, on one page.

`Channel` is the stdio of a command that runs somewhere (a child process, a
container, a pod). `Replica` names one incarnation of a root. `Endpoint` is one
side of a sync session: it observes a tree and changes it, and decides nothing.
`StudioRuntime` is a place where studios run; one exam (`tests/conformance/runtime`)
is sat by all of them.

Trouble with one path is data (`Seen.problem`, `Outcome.status`); trouble with
the connection is a `cstudiod.errors.TargetError`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from cstudio_sync.entries import Entry, Seen
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.rules import Rules

from cstudiod.model.studios import Capabilities, Layout, Observation, Spawn
from cstudiod.model.sync_sessions import Target


@dataclass(frozen=True, kw_only=True)
class ExitStatus:
    """How a command ended."""

    code: int | None
    """The exit status; None when the stream was cut before it was known."""
    reason: str = ""
    """What the runtime says about an abnormal end, for people."""


class Channel(Protocol):
    """The stdio of one running command."""

    async def read(self) -> bytes:
        """Return the next piece of stdout, at most a few MB; ``b""`` at the end.

        The end of the stream is no proof of success: see `wait`.

        Raises:
            TargetError: the connection broke.
        """

    async def write(self, data: bytes) -> None:
        """Send `data` to stdin; waits while the other side is slow.

        Raises:
            TargetError: the connection broke or the command has ended.
        """

    async def end_input(self) -> bool:
        """Close stdin; False where the transport cannot half-close."""

    async def wait(self) -> ExitStatus:
        """Wait for the end; drains and discards what is left of stdout."""

    def stderr_tail(self) -> str:
        """Return the last 4 KiB of stderr, made printable."""

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        """Have `listener` told all of stderr, from its start when asked for at once."""

    async def close(self) -> None:
        """End the command and free the connection; idempotent, never raises."""


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a target was found just now: one container or folder.

    `incarnation` changes whenever the file system there may be another one
    (pod UID + container ID + restart count; container ID + start time).
    """

    label: str
    """For people: ``pod api-7c9 (container app)``."""
    incarnation: str
    user: str = ""
    replica: str = ""
    """The name of the one replica, where a target may have several."""


class Resolver(Protocol):
    """Finds a target again and again, and opens commands there.

    One implementation a kind of target (`runtimes/`). Holds no connection
    between calls.
    """

    async def resolve(self) -> Place:
        """Return where the target is now.

        Raises:
            TargetError: with a reason and a next step: not found, several
                replicas, container missing, not running, forbidden, ….
        """

    async def resolve_all(self) -> Sequence[Place]:
        """Return every place of a target that has several, else the one."""

    async def open(self, place: Place, argv: Sequence[str]) -> Channel:
        """Run `argv` in `place` (never through a shell) and return its stdio.

        Raises:
            TargetError: the command could not be started. A missing
                executable may instead show as exit status 126 or 127.
        """

    async def gone(self, place: Place) -> None:
        """Return when `place` has ended or been replaced; wait until then."""

    async def close(self) -> None:
        """Free clients and sessions."""


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What an endpoint knows about itself once it is open."""

    endpoint: str
    """``agent``, ``shell`` or ``folder``."""
    watch: str
    """``inotify``, ``poll`` or ``off``; how changes are noticed there."""
    watch_detail: str = ""
    """Why it polls, and what to do about it."""
    replica: str = ""
    """The id planted on the root; empty when none could be planted."""
    replica_is_new: bool = False
    """The id was planted just now: there was none before."""
    device: int = 0
    inode: int = 0
    root_empty: bool = False
    case_insensitive: bool = False
    boot: str = ""
    """Another one after each start of this machine; empty where unknown."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """What an endpoint noticed by itself."""

    seen: tuple[Seen, ...] = ()
    rescan: str = ""
    """Not empty: events were lost, look at everything (the text says why)."""


@dataclass(frozen=True, kw_only=True)
class Folder:
    """A folder's known children, to be compared with the disk."""

    path: bytes
    stamps: Mapping[bytes, bytes] = field(default_factory=dict)
    """Child name -> stamp for everything believed to be there."""


@dataclass(frozen=True, kw_only=True)
class Want:
    """A file's content, by the version that is wanted."""

    path: bytes
    entry: Entry
    stamp: bytes


class StageTrouble(Exception):
    """A file could not be staged; `status` is that of an `Outcome`."""

    def __init__(self, status: str, detail: str) -> None:
        """`detail` is for people."""
        super().__init__(detail)
        self.status = status
        self.detail = detail


class Endpoint(Protocol):
    """One side of a sync session. Every method may raise `TargetError`."""

    async def open(self) -> Facts:
        """Pin the root, start the watch, and say what is there."""

    async def check_root(self) -> None:
        """Raise (LocalRootError on this machine) unless the root is still there."""

    def fingerprints(self) -> AsyncIterator[Sequence[tuple[bytes, bytes]]]:
        """Walk the tree without reading files; yield (folder, fingerprint).

        See `cstudio_sync.fingerprint` for the value. Excluded paths take no
        part; an unreadable folder is left out (its parent's `compare` tells).
        """

    def compare(self, folders: Sequence[Folder]) -> AsyncIterator[Sequence[Seen]]:
        """Yield what differs from `folders`, children only, not recursively.

        A name whose stamp differs or is new is hashed and reported, a known
        name that is gone is reported absent. A new sub-folder is reported as
        an entry alone (it has a fingerprint of its own).
        """

    def observe(self, paths: Sequence[bytes]) -> AsyncIterator[Sequence[Seen]]:
        """Look at each path afresh, hash it, and everything below folders."""

    def noticed(self) -> Sequence[Changes]:
        """Take what was noticed since the last call, in order, without waiting.

        Order is truth: an observation that is older than an outcome of `apply`
        at the same path is in the queue before `apply` returns. An endpoint is
        made with a `wake` callable, which it calls when there is something to
        take, and when the connection broke (then this raises).
        """

    async def quiesce(self) -> bool:
        """Return when all that happened before the call was noticed.

        False: that cannot be known here, look at everything instead.
        """

    async def use_rules(self, rules: Rules) -> None:
        """Leave out what `rules` exclude, from now on and in the watch."""

    async def fetch(self, wants: Sequence[Want]) -> Sequence[bytes | None]:
        """Return small files' contents; None where the version is gone."""

    def stream(self, want: Want, have: Sequence[bytes]) -> AsyncIterator[bytes | int]:
        """Yield a large file in order: bytes to write, or numbers of blocks to copy.

        `have` lists the digests of the receiver's blocks (`cstudio_sync.blocks`).
        Ends early when the file changed.
        """

    async def signature(self, want: Want) -> Sequence[bytes]:
        """Return the block digests of a file here; empty when it changed."""

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int], base: Want | None) -> str:
        """Write pieces to a temporary file beside `want.path`; return its token.

        An int piece is a block copied from `base`. The digest is verified
        here; an empty token means the content did not match.

        Raises:
            StageTrouble: it could not be written.
        """

    async def apply(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        """Perform operations in order; one outcome each."""

    def read_kept(self, token: str) -> AsyncIterator[bytes]:
        """Yield the content of a trashed file of this side.

        Raises:
            KeyError: the trash does not hold it any more.
        """

    async def drop_kept(self) -> None:
        """Remove this session's trash of this side."""

    async def close(self) -> None:
        """Stop watching, drop staged files; idempotent, never raises."""


class StudioRuntime(Protocol):
    """A place where studios run. Names one by its `Spawn.uid`.

    Trouble with one studio is data (`Observation.reason`); trouble with the
    runtime itself is a `TargetError`.
    """

    @property
    def capabilities(self) -> Capabilities:
        """How it differs from the others."""

    def layout(self, uid: str) -> Layout:
        """Return where the workspace, the home and the runner's folder are in that studio."""

    async def spawn(self, spawn: Spawn) -> None:
        """Start it, or leave it alone when it runs from an equal `Spawn.hash`.

        Idempotent. Returns when the runtime has taken the order, not when it
        is ready. One of the same uid with another hash is replaced.

        Raises:
            TargetError: the runtime cannot be reached or refuses.
        """

    async def revive(self, uid: str) -> None:
        """Start again what has ended, from the order that it was given, with the files it has.

        Idempotent; nothing to do where a cluster does it by itself.

        Raises:
            TargetError: TARGET_NOT_FOUND, there is nothing; or it cannot be reached.
        """

    async def remove(self, uid: str, *, grace_seconds: float = 10.0) -> None:
        """End it and free what belongs to it; idempotent. Volumes are kept."""

    async def remove_volumes(self, uid: str) -> None:
        """Delete what outlives restarts; idempotent."""

    async def observe(self, uid: str) -> Observation:
        """Look once. A studio that is not there is `Phase.ABSENT`, no error."""

    def watch(self, uid: str) -> AsyncIterator[Observation]:
        """Yield an observation at once and at each change; ends with ABSENT.

        Raises:
            TargetError: the connection broke; the caller watches again.
        """

    async def list_uids(self) -> Sequence[str]:
        """Return the uids of all that run here by this daemon's hand."""

    def target(self, uid: str, path: str) -> Target:
        """Return `path` inside the studio as a target of a sync session or an action."""

    def logs(self, uid: str, *, follow: bool, lines: int, previous: bool) -> AsyncIterator[bytes]:
        """Yield the runner's output, the last `lines` first (0: none of them)."""

    async def dial(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect to a port inside the studio, where its servers may listen on loopback.

        Raises:
            TargetError: not there, or nobody listens.
        """

    async def close(self) -> None:
        """Free clients; studios go on where `capabilities` say so."""
