"""From changes to operations, and from operations to batches.

`operations` puts one side's changes in an order in which each can be done:

1. folders are made, parents first (a file in the way goes just before), and a
   new one is filled at once with what is new: so it can be shown with all of it;
2. copies, then moves, then files and links are put in place, so that what is
   imported is there before what it replaces goes;
3. a folder that a file or link replaces is emptied, deepest first, removed,
   and replaced at once;
4. what is left over is removed: files, then folders, deepest first.

A file that goes and one of the same content that comes are one `MOVE_FILE`.
A file whose content the side holds elsewhere is one `COPY_FILE`. Contents of
the remaining `PUT_FILE` are the caller's business: `data` and `staged` are
empty here.
"""

from __future__ import annotations

from typing import Dict, Iterator, List, Mapping, Optional, Sequence, Set, Tuple

from cstudio_sync.entries import FILE, FOLDER, LINK, Entry
from cstudio_sync.operations import (
    COPY_FILE,
    MAKE_FOLDER,
    MOVE_FILE,
    PUT_FILE,
    PUT_LINK,
    REMOVE_FILE,
    REMOVE_FOLDER,
    SET_EXECUTABLE,
    Operation,
)
from cstudio_sync.paths import is_below, split, tree_order
from cstudio_sync.reconcile import Change

BATCH_OPERATIONS = 256
BATCH_BYTES = 1024 * 1024
INTERACTIVE_PATHS = 50
INTERACTIVE_BYTES = 1024 * 1024

Copy = Tuple[bytes, bytes]
"""Where a side holds a content: path and stamp."""


def operations(
    changes: Sequence[Change],
    *,
    known_copies: Mapping[bytes, Copy],
    stamps: Mapping[bytes, bytes],
) -> Tuple[Operation, ...]:
    """Return what to ask an endpoint for, in an order that can be done.

    Args:
        changes: one side's changes of a plan.
        known_copies: digest to a file that this side holds unchanged.
        stamps: path to the stamp of this side's row, for changes whose
            `old_stamp` is empty.
    """
    return tuple(_Order(changes, known_copies, stamps).operations())


class _Order:
    """Sorts one side's changes into the four steps."""

    def __init__(
        self,
        changes: Sequence[Change],
        known_copies: Mapping[bytes, Copy],
        stamps: Mapping[bytes, bytes],
    ) -> None:
        self._changes = sorted(changes, key=_by_tree)
        self._copies = known_copies
        self._stamps = stamps
        self._moved = _moves(self._changes)
        """Target path to the change that removes its source."""
        self._sources = {change.path for change in self._moved.values()}
        self._unstable = {change.path for change in changes if change.new is not None}
        """Paths whose content a copy cannot rely on; what only goes, goes later."""
        self._filled: Set[bytes] = set()
        """What was put into its folder when that was made."""

    def operations(self) -> Iterator[Operation]:
        replaced = [c for c in self._changes if _replaces_folder(c)]
        removed = [c for c in self._changes if c.new is None and c.path not in self._sources]
        yield from self._folders()
        yield from self._contents()
        for change in replaced:
            inside = [c for c in removed if is_below(c.path, change.path)]
            removed = [c for c in removed if not is_below(c.path, change.path)]
            yield from self._removals([*inside, change])
            yield self._plain_put(change._replace(old=None, old_stamp=b"", keep=False))
        yield from self._removals(removed)

    def _folders(self) -> Iterator[Operation]:
        made: Set[bytes] = set()
        for change in self._changes:
            if change.new is None:
                continue
            if change.new.kind == FOLDER:
                if change.old is not None:
                    yield self._remove(change)
                yield Operation(MAKE_FOLDER, change.path, change.new)
                made.add(change.path)
            elif change.old is None and split(change.path)[0] in made:
                placed = self._placed(change)
                if placed.verb in (PUT_FILE, PUT_LINK):
                    self._filled.add(change.path)
                    yield placed

    def _contents(self) -> Iterator[Operation]:
        """Put in place what the folders were not made with."""
        rank = {COPY_FILE: 0, MOVE_FILE: 1}
        placed = [
            self._placed(change)
            for change in self._changes
            if change.new is not None
            and change.new.kind != FOLDER
            and change.path not in self._filled
            and not _replaces_folder(change)
        ]
        return iter(sorted(placed, key=lambda operation: rank.get(operation.verb, 2)))

    def _placed(self, change: Change) -> Operation:
        return self._move(change) if change.path in self._moved else self._put(change)

    def _removals(self, changes: Sequence[Change]) -> Iterator[Operation]:
        files = [c for c in changes if c.old is not None and c.old.kind != FOLDER]
        folders = [c for c in changes if c.old is not None and c.old.kind == FOLDER]
        for change in files:
            yield self._remove(change)
        for change in sorted(folders, key=_by_tree, reverse=True):
            yield self._remove(change)

    def _remove(self, change: Change) -> Operation:
        verb = (
            REMOVE_FOLDER if change.old is not None and change.old.kind == FOLDER else REMOVE_FILE
        )
        return Operation(
            verb,
            change.path,
            expected=change.old,
            stamp=self._old_stamp(change),
            keep=change.keep,
        )

    def _move(self, change: Change) -> Operation:
        source = self._moved[change.path]
        return Operation(
            MOVE_FILE,
            change.path,
            change.new,
            source=source.path,
            source_stamp=self._old_stamp(source),
        )

    def _put(self, change: Change) -> Operation:
        put = self._plain_put(change)
        copy = self._copy_of(put)
        if copy is None:
            return put
        return put._replace(verb=COPY_FILE, source=copy[0], source_stamp=copy[1])

    def _plain_put(self, change: Change) -> Operation:
        return Operation(
            self._put_verb(change),
            change.path,
            change.new,
            change.old,
            self._old_stamp(change),
            keep=change.keep,
        )

    @staticmethod
    def _put_verb(change: Change) -> str:
        if change.new is not None and change.new.kind == LINK:
            return PUT_LINK
        same = change.old is not None and _content(change.old) == _content(change.new)
        return SET_EXECUTABLE if same else PUT_FILE

    def _copy_of(self, put: Operation) -> Optional[Copy]:
        if put.verb != PUT_FILE or put.entry is None or not put.entry.size:
            return None
        copy = self._copies.get(put.entry.digest)
        return None if copy is None or copy[0] in self._unstable else copy

    def _old_stamp(self, change: Change) -> bytes:
        return change.old_stamp or (self._stamps.get(change.path, b"") if change.old else b"")


def _moves(changes: Sequence[Change]) -> Dict[bytes, Change]:
    """Pair files that appear with files of the same content that go."""
    going: Dict[Entry, List[Change]] = {}
    for change in changes:
        if change.new is None and change.old is not None and _is_movable(change.old):
            going.setdefault(change.old, []).append(change)
    moved: Dict[bytes, Change] = {}
    for change in changes:
        if change.old is None and change.new is not None and going.get(change.new):
            moved[change.path] = _nearest(going[change.new], change.path)
    return moved


def _nearest(sources: List[Change], target: bytes) -> Change:
    """Take the source with the target's name, else the first."""
    name = split(target)[1]
    for index, source in enumerate(sources):
        if split(source.path)[1] == name:
            return sources.pop(index)
    return sources.pop(0)


def _is_movable(entry: Entry) -> bool:
    return entry.kind == FILE and entry.size > 0


def _replaces_folder(change: Change) -> bool:
    return (
        change.old is not None
        and change.old.kind == FOLDER
        and change.new is not None
        and change.new.kind != FOLDER
    )


def _content(entry: Optional[Entry]) -> Optional[Entry]:
    return entry._replace(executable=False) if entry is not None and entry.executable else entry


def _by_tree(change: Change) -> bytes:
    return tree_order(change.path)


def batches(
    planned: Sequence[Operation], max_count: int = BATCH_OPERATIONS, max_bytes: int = BATCH_BYTES
) -> Iterator[Tuple[Operation, ...]]:
    """Cut operations, in order, into batches of bounded count and content.

    A `PUT_FILE` that is larger than `max_bytes` stands alone.
    """
    batch: List[Operation] = []
    weight = 0
    for operation in planned:
        size = _weight(operation)
        is_full = len(batch) >= max_count or weight + size > max_bytes
        # Rather a little less than a new folder that is shown in two halves.
        is_end = operation.verb == MAKE_FOLDER and 4 * len(batch) >= 3 * max_count
        if batch and (is_full or is_end):
            yield tuple(batch)
            batch, weight = [], 0
        batch.append(operation)
        weight += size
    if batch:
        yield tuple(batch)


def _weight(operation: Operation) -> int:
    if operation.verb != PUT_FILE or operation.entry is None:
        return 0
    return operation.entry.size


def is_interactive(changes: Sequence[Change]) -> bool:
    """Tell whether changes are few and small, as a person's saves are."""
    if len(changes) > INTERACTIVE_PATHS:
        return False
    return sum(change.new.size for change in changes if change.new) <= INTERACTIVE_BYTES
