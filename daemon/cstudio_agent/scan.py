"""Observes a tree: fingerprints of all folders, what differs, what is there now."""

from __future__ import annotations

import errno
import os
import time
from typing import Iterable, List, Mapping, Optional, Sequence, Tuple

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, FOLDER_ENTRY, LINK, NO_STAMP, Entry, Problem, Seen
from cstudio_sync.fingerprint import fingerprint

from cstudio_agent import listing, reading, stamps
from cstudio_agent.contracts import (
    Cancelled,
    EmitFingerprints,
    EmitSeen,
    Matcher,
    RootTrouble,
    Stopped,
)
from cstudio_agent.listing import Child, Visit, Walk
from cstudio_agent.root import OPEN_FOLDER, Folders, Root

BATCH_RECORDS = 2000
BATCH_BYTES = 1024 * 1024
_LOOKS = 3
"""How often a name that keeps changing its kind is looked at."""


class Scan:
    """One look at a tree, in one thread; `close` it afterwards."""

    def __init__(
        self, root: Root, matcher: Matcher, cancelled: Cancelled, inline_bytes: int = 0
    ) -> None:
        """`inline_bytes`: up to which size a file's content goes with it."""
        self._root = root
        self._folders = Folders(root)
        self._matcher = matcher
        self._cancelled = cancelled
        self._inline_bytes = inline_bytes
        self.leftovers: List[bytes] = []
        """Temporaries that were met, whoever made them."""

    def close(self) -> None:
        """Close all descriptors."""
        self._folders.close()

    def fingerprints(self, emit: EmitFingerprints) -> None:
        """Emit (folder, fingerprint) for every readable folder."""
        batch: List[Tuple[bytes, bytes]] = []
        for visit in self._walk(paths.ROOT):
            if visit.trouble is None:
                batch.append((visit.path, _fingerprint(visit.children)))
            if len(batch) >= BATCH_RECORDS:
                emit(batch)
                batch = []
        if batch:
            emit(batch)

    def compare(
        self, folders: Iterable[Tuple[bytes, Mapping[bytes, bytes]]], emit: EmitSeen
    ) -> None:
        """Emit what differs from the known children of each folder."""
        batch = Batch(emit)
        for path, known in folders:
            self._check_cancelled()
            self._compare_one(path, known, batch)
        batch.end()

    def observe(self, wanted: Sequence[bytes], emit: EmitSeen) -> None:
        """Emit what is at each path and below."""
        batch = Batch(emit)
        covered: Optional[bytes] = None
        for path in sorted(set(wanted), key=paths.tree_order):
            self._check_cancelled()
            if covered is not None and (path == covered or paths.is_below(path, covered)):
                continue
            covered = path if self._observe_one(path, batch) else covered
        batch.end()

    def look(self, path: bytes) -> Optional[Seen]:
        """Return what is at one path, not below; None when it takes no part."""
        return self._look(path)[0]

    # ------------------------------------------------------------ one folder

    def _compare_one(self, path: bytes, known: Mapping[bytes, bytes], batch: Batch) -> None:
        try:
            folder = self._folders.own(path)
        except OSError:
            self._look_again(path, batch)
            return
        try:
            children = listing.children(
                folder, path, self._matcher, self._root.device, self.leftovers
            )
            here = set()
            for child in children:
                here.add(child[0])
                if not _is_known(child, known, folder):
                    self._add(path, child, folder, batch)
            self._add_gone(path, known, here, batch)
        except OSError as error:
            batch.add(_trouble(path, error))
        finally:
            os.close(folder)

    def _add_gone(
        self, path: bytes, known: Mapping[bytes, bytes], here: set[bytes], batch: Batch
    ) -> None:
        for name in known:
            gone = paths.join(path, name)
            # An excluded child is not listed, which says nothing about it.
            if name not in here and not self._is_excluded_somehow(gone):
                batch.add(Seen(gone))

    def _is_excluded_somehow(self, path: bytes) -> bool:
        excludes = self._matcher.excludes_child
        return excludes(path, False) or excludes(path, True) or _is_ours(path)

    def _look_again(self, path: bytes, batch: Batch) -> None:
        """Say what is at the path of a folder that could not be opened."""
        if path == paths.ROOT:
            self._root.check()
            raise RootTrouble(RootTrouble.FORBIDDEN, "the root cannot be read")
        seen, _ = self._look(path)
        if seen is not None:
            batch.add(seen)

    # -------------------------------------------------------------- one path

    def _observe_one(self, path: bytes, batch: Batch) -> bool:
        """Return whether everything below was observed too."""
        if path != paths.ROOT:
            seen, is_folder = self._look(path)
            if not is_folder:
                if seen is not None:
                    batch.add(seen)
                return False
        for visit in self._walk(path):
            self._add_visit(visit, batch)
        return True

    def _look(self, path: bytes) -> Tuple[Optional[Seen], bool]:
        """Return (what is there unless it takes no part, whether a folder)."""
        if _is_ours(path):
            return None, False
        parent, name = paths.split(path)
        try:
            folder = self._folders.fd(parent)
            status = os.stat(name, dir_fd=folder, follow_symlinks=False)
        except OSError as error:
            if self._matcher.excluded(path, False):
                return None, False
            return _trouble_or_absent(path, error), False
        child = listing.child_of(name, status, self._root.device)
        is_folder = child[1] is FOLDER
        if self._matcher.excluded(path, is_folder or child[1] is listing.MOUNT):
            return None, False
        return self._seen(path, child, folder), is_folder

    def _add(self, parent: bytes, child: Child, folder: int, batch: Batch) -> None:
        self._check_cancelled()
        path = paths.join(parent, child[0])
        batch.add(self._seen(path, child, folder))

    def _add_visit(self, visit: Visit, batch: Batch) -> None:
        if visit.trouble is not None:
            batch.add(_trouble(visit.path, visit.trouble))
            return
        if visit.path != paths.ROOT:
            batch.add(Seen(visit.path, FOLDER_ENTRY, visit.stamp))
        for child in visit.children:
            if child[1] is not FOLDER:
                self._add(visit.path, child, visit.fd, batch)

    # ------------------------------------------------------------- one child

    def _seen(self, path: bytes, child: Child, folder: int) -> Seen:
        for _ in range(_LOOKS):
            try:
                seen = self._try_seen(path, child, folder)
                if seen is not None:
                    return seen
                status = os.stat(child[0], dir_fd=folder, follow_symlinks=False)
            except OSError as error:
                return _trouble_or_absent(path, error)
            child = listing.child_of(child[0], status, self._root.device)
        return Seen(path, problem=Problem.BUSY, detail="it keeps changing its kind")

    def _try_seen(self, path: bytes, child: Child, folder: int) -> Optional[Seen]:
        """Return None when it is no longer of the kind it was."""
        name, kind, stamp = child
        if kind is FILE:
            return self._file(path, name, folder)
        if kind is LINK:
            return _link(path, name, folder)
        if kind is FOLDER:
            return _folder(path, name, folder, stamp)
        if kind is listing.UNKNOWN:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
            return None
        problem = Problem.SPECIAL_FILE if kind is listing.SPECIAL else Problem.OTHER_FILE_SYSTEM
        return Seen(path, None, stamp, problem)

    def _file(self, path: bytes, name: bytes, folder: int) -> Optional[Seen]:
        try:
            content = reading.read_file(name, folder, self._inline_bytes, self._cancelled)
        except reading.NotAFile:
            return None
        except reading.Busy:
            return Seen(path, problem=Problem.BUSY, detail="it changed while it was read")
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        return Seen(path, content.entry, content.stamp, "", "", content.data)

    def _walk(self, start: bytes) -> Iterable[Visit]:
        walk = Walk(self._folders, self._matcher, self._cancelled)
        walk.leftovers = self.leftovers
        return walk.visits(start)

    def _check_cancelled(self) -> None:
        if self._cancelled():
            raise Stopped()


class Batch:
    """Gathers records and emits them in bounded lists."""

    def __init__(self, emit: EmitSeen) -> None:
        """`emit` may keep the lists it gets."""
        self._emit = emit
        self._records: List[Seen] = []
        self._bytes = 0

    def add(self, seen: Seen) -> None:
        """Take one more; emits when the bounds are reached."""
        self._records.append(seen)
        self._bytes += len(seen.path) + 64 + (len(seen.content) if seen.content else 0)
        if len(self._records) >= BATCH_RECORDS or self._bytes >= BATCH_BYTES:
            self.end()

    def end(self) -> None:
        """Emit what is left."""
        if self._records:
            self._emit(self._records)
        self._records, self._bytes = [], 0


def _fingerprint(children: List[Child]) -> bytes:
    return fingerprint(
        [(name, NO_STAMP if kind is FOLDER else stamp) for name, kind, stamp in children]
    )


def _is_known(child: Child, known: Mapping[bytes, bytes], folder: int) -> bool:
    name, kind, stamp = child
    if name not in known:
        return False
    if kind is FOLDER:
        return known[name] in (stamp, NO_STAMP) and _can_open(name, folder)
    return known[name] == stamp


def _can_open(name: bytes, folder: int) -> bool:
    try:
        os.close(os.open(name, OPEN_FOLDER, dir_fd=folder))
    except OSError:
        return False
    return True


def _folder(path: bytes, name: bytes, folder: int, stamp: bytes) -> Optional[Seen]:
    try:
        os.close(os.open(name, OPEN_FOLDER, dir_fd=folder))
    except OSError as error:
        if error.errno in (errno.ENOTDIR, errno.ELOOP):
            return None
        raise
    return Seen(path, FOLDER_ENTRY, stamp)


def _link(path: bytes, name: bytes, folder: int) -> Optional[Seen]:
    now_ns = time.time_ns()
    # The stamp before the target: a link replaced in between then has a stamp
    # that does not match, rather than a wrong target under a right stamp.
    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
    try:
        target = os.readlink(name, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.EINVAL:
            return None
        raise
    stamp = stamps.settled(status, now_ns)
    if paths.link_stays_inside(path, target):
        return Seen(path, Entry(LINK, target=target), stamp)
    return Seen(path, None, stamp, Problem.LINK_OUTSIDE, paths.display(target))


def _trouble_or_absent(path: bytes, error: OSError) -> Seen:
    return Seen(path) if error.errno in listing.GONE else _trouble(path, error)


_PROBLEMS = {
    errno.ENAMETOOLONG: Problem.NAME_REFUSED,
    errno.EXDEV: Problem.OTHER_FILE_SYSTEM,
}


def _trouble(path: bytes, error: OSError) -> Seen:
    problem = _PROBLEMS.get(error.errno or 0, Problem.UNREADABLE)
    return Seen(path, problem=problem, detail=error.strerror or str(error))


def _is_ours(path: bytes) -> bool:
    return any(paths.is_temporary(name) for name in path.split(b"/"))
