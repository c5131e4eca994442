"""Small trees for tests of sync: how to write, compare and change them.

A tree is a plain dict from path to `Entry`, every parent included. `tree`
writes one the way people read a listing::

    tree("src/", "src/a.py=1", "run*=2", "link->src/a.py")

`Disk` is an endpoint's apply over such a dict: it compares before it touches,
as the real ones do, so a plan can be carried out to see what comes of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.batches import operations
from cstudio_sync.entries import FILE, FOLDER_ENTRY, LINK, Entry, Seen
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.reconcile import LOCAL, REMOTE, Change, Plan

Tree = dict[bytes, Entry]


def file(content: str, executable: bool = False) -> Entry:
    """Return the entry of a file with that content."""
    raw = content.encode()
    return Entry(FILE, hashlib.sha256(raw).digest(), len(raw), executable)


def link(target: str) -> Entry:
    """Return the entry of a link."""
    return Entry(LINK, target=target.encode())


def tree(*lines: str) -> Tree:
    """Write a tree: ``dir/``, ``file=content``, ``script*=content``, ``link->target``."""
    return {path: entry for path, entry in map(_read, lines) if entry is not None}


def _read(line: str) -> tuple[bytes, Entry | None]:
    if "->" in line:
        name, _, target = line.partition("->")
        return name.encode(), link(target)
    if line.endswith("/"):
        return line[:-1].encode(), FOLDER_ENTRY
    name, _, content = line.partition("=")
    return name.rstrip("*").encode(), file(content, name.endswith("*"))


def listing(held: Mapping[bytes, Entry]) -> list[bytes]:
    """Return the paths of a tree in tree order."""
    return sorted(held, key=paths.tree_order)


def is_whole(held: Mapping[bytes, Entry]) -> bool:
    """Tell whether every parent of everything is a folder."""
    return all(held.get(parent) == FOLDER_ENTRY for path in held for parent in paths.parents(path))


def stamp(path: bytes, entry: Entry | None) -> bytes:
    """Return a stamp that changes with what is at a path."""
    return hashlib.sha256(repr((path, entry)).encode()).digest()[:8] if entry else b""


def differences(
    ancestor: Mapping[bytes, Entry], side: Mapping[bytes, Entry], unknown: Iterable[bytes] = ()
) -> dict[bytes, Seen]:
    """Return what an observer of `side` reports, given what was agreed.

    `unknown` paths have a problem; nothing below them is reported.
    """
    blind = set(unknown)
    seen = {path: Seen(path, problem="unreadable", detail="denied") for path in blind}
    for path in {*ancestor, *side}:
        if path in blind or any(parent in blind for parent in paths.parents(path)):
            continue
        if side.get(path) != ancestor.get(path):
            seen[path] = Seen(path, side.get(path), stamp(path, side.get(path)))
    return seen


@dataclass
class Disk:
    """One side's tree, changed by operations."""

    tree: Tree
    hidden: set[bytes] = field(default_factory=set)
    """Paths that exist but take no part: excluded or unreadable."""
    trash: list[Entry] = field(default_factory=list)

    def apply(self, planned: Iterable[Operation]) -> list[Outcome]:
        """Perform operations in order."""
        return [self._outcome(operation) for operation in planned]

    def _outcome(self, operation: Operation) -> Outcome:
        status = self._perform(operation)
        return Outcome(operation.path, status, Seen(operation.path, self.tree.get(operation.path)))

    def _perform(self, operation: Operation) -> str:
        path = operation.path
        parent = paths.split(path)[0]
        if self.tree.get(path) != operation.expected or path in self.hidden:
            return ops.CHANGED
        if parent and self.tree.get(parent) != FOLDER_ENTRY:
            return ops.FAILED
        if operation.verb == ops.REMOVE_FOLDER and self._has_children(path):
            return ops.NOT_EMPTY
        if operation.source and self._content(operation.source) != _content(operation.entry):
            return ops.CHANGED
        self._write(operation)
        return ops.OK

    def _write(self, operation: Operation) -> None:
        assert (operation.entry is None) == operation.verb.startswith(("remove", "rm"))
        before = self.tree.pop(operation.path, None)
        if operation.keep:
            assert before is not None
            self.trash.append(before)
        if operation.verb == ops.MOVE_FILE:
            del self.tree[operation.source]
        if operation.entry is not None:
            self.tree[operation.path] = operation.entry

    def _content(self, path: bytes) -> Entry | None:
        return _content(self.tree.get(path))

    def _has_children(self, folder: bytes) -> bool:
        return any(paths.is_below(path, folder) for path in (*self.tree, *self.hidden))


def _content(entry: Entry | None) -> Entry | None:
    return entry and entry._replace(executable=False)


@dataclass
class Pair:
    """Both sides and what they agreed on last; `carry_out` does what a driver does."""

    ancestor: Tree
    local: Disk
    remote: Disk
    done: list[tuple[str, Operation]] = field(default_factory=list)
    """Every operation that was asked for, with its side."""

    def differences(self) -> tuple[dict[bytes, Seen], dict[bytes, Seen]]:
        """Return what both observers report."""
        return (
            differences(self.ancestor, self.local.tree, self.local.hidden),
            differences(self.ancestor, self.remote.tree, self.remote.hidden),
        )

    def carry_out(self, plan: Plan) -> list[Outcome]:
        """Do what a plan says; the ancestor is written from what came of it."""
        for path, entry in plan.agreed:
            _put(self.ancestor, path, entry)
        return [
            *self._change(LOCAL, self.local, plan.local),
            *self._change(REMOTE, self.remote, plan.remote),
        ]

    def _change(self, side: str, disk: Disk, changes: Sequence[Change]) -> list[Outcome]:
        planned = operations(changes, known_copies=known_copies(disk.tree), stamps={})
        self.done += [(side, operation) for operation in planned]
        outcomes = disk.apply(planned)
        for operation, outcome in zip(planned, outcomes, strict=True):
            if outcome.status == ops.OK:
                _put(self.ancestor, operation.path, operation.entry)
                if operation.verb == ops.MOVE_FILE:
                    _put(self.ancestor, operation.source, None)
        return outcomes


def _put(held: Tree, path: bytes, entry: Entry | None) -> None:
    if entry is None:
        held.pop(path, None)
    else:
        held[path] = entry


def known_copies(held: Mapping[bytes, Entry]) -> dict[bytes, tuple[bytes, bytes]]:
    """Return where a side holds which content."""
    return {
        entry.digest: (path, stamp(path, entry))
        for path, entry in held.items()
        if entry.kind == FILE
    }
