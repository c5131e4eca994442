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
  name is not said to be gone: look at the folder again.
- A stamp that could hide a later change (the file changed within the clock
  tick of the look) is made unmatchable: its ctime is 0. `fingerprints` always
  has true stamps, so the path is hashed again by the next `compare`.
- In a fingerprint a problem takes part with the stamp it was reported with;
  an unreadable folder is reported without one, and counts as a folder.

`turn` is held for every single operation, and by the notices while they look
and push: so the order of pushes and outcomes is the order of what was true.
"""

from __future__ import annotations

import copy
import threading
from typing import (
    Callable,
    Iterable,
    Iterator,
    List,
    Mapping,
    Optional,
    Sequence,
    Set,
    Tuple,
    Union,
)

from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER, Entry, Seen
from cstudio_sync.operations import Operation, Outcome

from cstudio_agent import blocks, trash
from cstudio_agent.changing import Changing, is_refused
from cstudio_agent.contracts import (
    Cancelled,
    EmitFingerprints,
    EmitSeen,
    Identity,
    Matcher,
    NothingExcluded,
    Want,
    never,
)
from cstudio_agent.echoes import Echoes
from cstudio_agent.grafting import Grafting, Watching, groups
from cstudio_agent.identity import identity_of
from cstudio_agent.lease import Lease
from cstudio_agent.root import Folders, Root, open_root
from cstudio_agent.scan import Scan
from cstudio_agent.signatures import Signatures
from cstudio_agent.staging import Staging
from cstudio_agent.temporary import Names, sweep

_BULK_OPERATIONS = 16

_Work = Callable[[Scan], object]


class Replica:
    """A pinned root."""

    def __init__(
        self,
        root: Root,
        *,
        session: str,
        identity: Identity,
        trash_folder: bytes,
        matcher: Optional[Matcher] = None,
    ) -> None:
        """Use `Replica.open`."""
        self.root = root
        self.turn = threading.RLock()
        self.is_in_bulk = False
        """Many operations are being performed at this moment."""
        self._identity = identity
        self._matcher: Matcher = matcher or NothingExcluded()
        self._of_thread = threading.local()
        self._lease: Optional[Lease] = None
        self._echoes = Echoes()
        self._trash = trash.Trash(trash_folder)
        self._names = names = Names(session)
        folders = Folders(root)
        self._folders = folders
        self._signatures = Signatures()
        self._staging = Staging(folders, names, self._signatures)
        self.changing = Changing(folders, self._staging, self._trash, names)
        self.grafting: Optional[Grafting] = None

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
    ) -> Replica:
        """Pin the folder at `root`.

        Args:
            root: a path of this machine.
            session: names this session's temporaries and trash.
            create: make the folder (and its parents) when it is missing.
            plant: give the root an id when it has none.
            trash_folder: empty: beside the root, else the temporary folder.
            matcher: the exclusions.

        Raises:
            RootTrouble: it is missing, no folder, or may not be read.
        """
        pinned = open_root(root, create)
        place = trash_folder or trash.place_for(pinned.path, pinned.device, session)
        return cls(
            pinned,
            session=session,
            identity=identity_of(pinned, plant),
            trash_folder=place,
            matcher=matcher,
        )

    def bring_whole_folders(self, watching: Watching) -> None:
        """Show new folders with all that is in them at once; `watching` sees them before."""
        self.grafting = Grafting(self._folders, self._names, watching)

    def identity(self) -> Identity:
        """Return which incarnation of which root this is."""
        return self._identity

    def acquire_lease(self, owner: str, label: str) -> None:
        """Own the root until `close`.

        Raises:
            RootTrouble: IN_USE, naming the holder.
        """
        lease = Lease()
        lease.acquire(self.root, owner, label)
        self._lease = lease

    @property
    def matcher(self) -> Matcher:
        """The exclusions in force, for this thread: a matcher is not thread-safe."""
        original = self._matcher
        if getattr(self._of_thread, "original", None) is not original:
            self._of_thread.original = original
            self._of_thread.matcher = copy.copy(original)
        mine: Matcher = self._of_thread.matcher
        return mine

    def set_matcher(self, matcher: Matcher) -> None:
        """Use other exclusions from now on."""
        self._matcher = matcher

    def check_root(self) -> None:
        """Raise RootTrouble unless the root's path still names the pinned folder."""
        self.root.check()

    # ------------------------------------------------------------- observing

    def fingerprints(self, emit: EmitFingerprints, cancelled: Cancelled = never) -> None:
        """Emit (folder, fingerprint) of every readable folder."""
        self.check_root()
        self._scan(cancelled, lambda scan: scan.fingerprints(emit))

    def compare(
        self,
        folders: Iterable[Tuple[bytes, Mapping[bytes, bytes]]],
        emit: EmitSeen,
        cancelled: Cancelled = never,
    ) -> None:
        """Emit what differs from the known children (name to stamp) of folders."""
        self.check_root()
        self._scan(cancelled, lambda scan: scan.compare(folders, emit))

    def observe(
        self,
        wanted: Sequence[bytes],
        emit: EmitSeen,
        cancelled: Cancelled = never,
        inline_bytes: int = 0,
    ) -> None:
        """Emit what is at each path, and below it."""
        self._scan(cancelled, lambda scan: scan.observe(wanted, emit), inline_bytes)

    def look(self, path: bytes, inline_bytes: int = 0) -> Optional[Seen]:
        """Return what is at one path, not below; None when it takes no part."""
        found: List[Optional[Seen]] = []
        self._scan(never, lambda scan: found.append(scan.look(path)), inline_bytes)
        return found[0]

    def _scan(self, cancelled: Cancelled, work: _Work, inline_bytes: int = 0) -> None:
        scan = Scan(self.root, self.matcher, cancelled, inline_bytes)
        try:
            work(scan)
        finally:
            scan.close()
        if scan.leftovers and self._lease is not None:
            self._sweep(scan.leftovers)

    def _sweep(self, leftovers: Sequence[bytes]) -> None:
        """Remove what dead processes left; between operations, so that none is in the making."""
        folders = Folders(self.root)
        try:
            with self.turn:
                is_owner = self._lease is not None and self._lease.is_held
                sweep(folders, leftovers, self._names, self._uses, is_owner)
        finally:
            folders.close()

    def _uses(self, name: bytes) -> bool:
        return self._staging.uses(name) or (self.grafting is not None and self.grafting.uses(name))

    # --------------------------------------------------------------- reading

    def fetch(self, wants: Sequence[Want]) -> List[Optional[bytes]]:
        """Return small files' contents; None where the version is gone."""
        folders = Folders(self.root)
        try:
            return [blocks.content_of(folders, want) for want in wants]
        finally:
            folders.close()

    def signature(self, want: Want) -> List[bytes]:
        """Return the block digests of a file; empty when the version is gone."""
        known = self._signatures.get(want.entry.digest)
        if known:
            return known
        folders = Folders(self.root)
        try:
            return blocks.signature(folders, want)
        finally:
            folders.close()

    def pieces(self, want: Want, have: Sequence[bytes]) -> Iterator[Union[bytes, int]]:
        """Yield a large file: bytes, or numbers of blocks the receiver has."""
        folders = Folders(self.root)
        try:
            yield from blocks.pieces(folders, want, have)
        finally:
            folders.close()

    # --------------------------------------------------------------- staging

    def stage_begin(self, path: bytes, entry: Entry, base: Optional[Want] = None) -> str:
        """Return the token of a new staged file.

        Raises:
            OSError: it cannot be made.
        """
        return self._staging.begin(path, entry, base)

    def stage_write(self, token: str, data: bytes) -> None:
        """Append bytes."""
        self._staging.get(token).write(data)

    def stage_copy(self, token: str, block: int) -> None:
        """Append a block of the base."""
        self._staging.get(token).copy(block)

    def stage_end(self, token: str) -> bool:
        """Return whether the content is what was announced; if not it is dropped."""
        return self._staging.end(token)

    def drop_staged(self) -> None:
        """Remove every staged file."""
        self._staging.close()

    def stage_drop(self, token: str) -> None:
        """Remove a staged file; fine when there is none."""
        self._staging.drop(token)

    # -------------------------------------------------------------- changing

    def apply(self, operations: Sequence[Operation]) -> List[Outcome]:
        """Perform operations in order; one outcome each.

        Raises:
            RootTrouble: the root went or was exchanged; nothing was changed since.
        """
        outcomes: List[Outcome] = []
        self.is_in_bulk = len(operations) > _BULK_OPERATIONS
        try:
            for start, stop in groups(operations):
                some = operations[start:stop]
                outcomes += self._graft(some) or map(self._perform, some)
        finally:
            self.is_in_bulk = False
        return outcomes

    def _perform(self, operation: Operation) -> Outcome:
        with self.turn:
            self.check_root()
            outcome = self._refusal(operation) or self.changing.perform(operation)
            self._echoes.remember(operation, outcome)
        return outcome

    def _graft(self, some: Sequence[Operation]) -> Optional[List[Outcome]]:
        """Show a new folder with all in it at once; None: it is to be done one by one."""
        if self.grafting is None or some[0].verb != ops.MAKE_FOLDER or not self._may_graft(some):
            return None

        def show(step: Callable[[], None]) -> None:
            with self.turn:
                self.check_root()
                self._echoes.forget(some)
                step()

        return self.grafting.perform(some, show)

    def _may_graft(self, some: Sequence[Operation]) -> bool:
        top, excludes = some[0].path, self.matcher.excludes_child
        return not self.matcher.excluded(top, True) and not any(
            is_refused(one.path) or excludes(one.path, one.verb == ops.MAKE_FOLDER) for one in some
        )

    def _refusal(self, operation: Operation) -> Optional[Outcome]:
        """Refuse what the exclusions leave out, whatever the other side says is there.

        The peer may not keep to them: `.git/hooks` would run on this machine.
        """
        kinds = [entry.kind for entry in (operation.entry, operation.expected) if entry is not None]
        if self.matcher.excluded(operation.path, FOLDER in kinds):
            return Outcome(operation.path, ops.NAME_REFUSED, None, "the exclusions leave it out")
        return None

    def untouched(self, wanted: Sequence[bytes]) -> Set[bytes]:
        """Return the paths that are just as `apply` left them; nothing is read."""
        return self._echoes.untouched(self.root, wanted)

    def is_own(self, seen: Seen) -> bool:
        """Tell whether an observation shows the content that `apply` left there."""
        return self._echoes.is_own(seen)

    def read_kept(self, token: str) -> Iterator[bytes]:
        """Yield a trashed version's content.

        Raises:
            KeyError: there is none of that token (any more).
        """
        return self._trash.read(token)

    def drop_kept(self) -> None:
        """Remove this session's trash.

        Raises:
            OSError: something could not be removed.
        """
        self._trash.drop()

    def close(self) -> None:
        """Let everything go; idempotent."""
        self._staging.close()
        self._folders.close()
        self._trash.close()
        if self._lease is not None:
            self._lease.release()
            self._lease = None
        self.root.close()
