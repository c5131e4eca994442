"""Bringing one side's changes about, and writing the ancestor from what came of it.

A few batches are under way at once: the destination performs them in the
order in which they were sent, so that folders are there before their files.
The ancestor is written after the disk, from outcomes (invariant 7).

What happened meanwhile is respected when an outcome is written: a source that
was observed anew keeps its difference, and a destination that no longer shows
what was written is looked at again.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cstudio_sync import batches
from cstudio_sync import operations as ops
from cstudio_sync.entries import FOLDER, Entry, Seen
from cstudio_sync.operations import Operation, Outcome
from cstudio_sync.reconcile import Change

from cstudiod.ports import Endpoint
from cstudiod.store.ancestor import COPY_FROM_BYTES, LOCAL, Ancestor, Row
from cstudiod.sync.differences import Differences
from cstudiod.sync.ledger import Ledger
from cstudiod.sync.observer import Observer
from cstudiod.sync.transfer import Ready, Transfer

_IN_FLIGHT = 3
"""Batches sent before the outcome of the first is waited for."""

_LOOK_AGAIN = (ops.CHANGED, ops.CONTENT_MISMATCH)
BLOCKING = (ops.DISK_FULL, ops.READ_ONLY)
"""Statuses that are about the whole side rather than one path."""

Between = Callable[[], Awaitable[None]]


@dataclass
class Side:
    """One side: its endpoint and where it differs."""

    name: str
    endpoint: Endpoint
    differences: Differences


@dataclass
class Applied:
    """What is left to do after a plan was brought about."""

    look_at_source: set[bytes] = field(default_factory=set)
    look_at_destination: set[bytes] = field(default_factory=set)
    dirty: set[bytes] = field(default_factory=set)
    done: int = 0
    blocked: Outcome | None = None
    """The first failure that is about the whole side."""


class Applier:
    """Performs changes on `destination`, taking contents from `source`."""

    def __init__(
        self,
        source: Side,
        destination: Side,
        *,
        ancestor: Ancestor,
        ledger: Ledger,
        observer: Observer,
        contents: dict[tuple[bytes, bytes], bytes],
        take_noticed: Callable[[], None],
    ) -> None:
        """Describe the work.

        Args:
            source: where contents come from.
            destination: what is changed.
            ancestor: where outcomes are remembered.
            ledger: where failures are listed.
            observer: told of progress.
            contents: (path, stamp) to what the observer had at hand; used up.
            take_noticed: merges what the endpoints noticed. It is called before
                outcomes are written: what was seen before an operation must
                not be taken for something that came after it.
        """
        self._take_noticed = take_noticed
        self._source = source
        self._destination = destination
        self._ancestor = ancestor
        self._ledger = ledger
        self._observer = observer
        self._contents = contents
        self._transfer = Transfer(source.endpoint, destination.endpoint, observer.transferred)
        self._changes: dict[bytes, Change] = {}
        self._applied = Applied()

    async def run(self, changes: Sequence[Change], between: Between) -> Applied:
        """Perform all changes; `between` is awaited before each further batch."""
        self._changes = {change.path: change for change in changes}
        planned = self._operations(changes)
        under_way: deque[tuple[Ready, asyncio.Task[Sequence[Outcome]]]] = deque()
        async with asyncio.TaskGroup() as group:
            for number, batch in enumerate(batches.batches(planned)):
                if number:
                    await between()
                ready = await self._ready(batch)
                while len(under_way) >= _IN_FLIGHT:
                    await self._finish(*under_way.popleft())
                under_way.append((ready, group.create_task(self._send(ready.operations))))
            while under_way:
                await self._finish(*under_way.popleft())
        return self._applied

    async def _send(self, operations: Sequence[Operation]) -> Sequence[Outcome]:
        if not operations:
            return ()
        return await self._destination.endpoint.apply(operations)

    def _operations(self, changes: Sequence[Change]) -> Sequence[Operation]:
        unstamped = [c.path for c in changes if c.old is not None and not c.old_stamp]
        rows = self._ancestor.get(unstamped)
        stamps = {path: row.stamp(self._destination.name) for path, row in rows.items()}
        planned = batches.operations(changes, known_copies=self._copies(changes), stamps=stamps)
        if self._destination.name != LOCAL:
            return planned
        return [_keeping(operation) for operation in planned]

    def _copies(self, changes: Sequence[Change]) -> dict[bytes, tuple[bytes, bytes]]:
        """Find contents that the destination holds under another name."""
        found: dict[bytes, tuple[bytes, bytes]] = {}
        if not self._ancestor.rows:
            return found
        for change in changes:
            if change.new is None or change.new.size < COPY_FROM_BYTES:
                continue
            for path, row in self._ancestor.with_digest(change.new.digest):
                if path != change.path and self._destination.differences.get(path) is None:
                    found[change.new.digest] = (path, row.stamp(self._destination.name))
        return found

    async def _ready(self, batch: Sequence[Operation]) -> Ready:
        current = [operation for operation in batch if self._is_current(operation)]
        stamps = self._source_stamps(current)
        contents = {
            path: self._contents.pop((path, stamp))
            for path, stamp in stamps.items()
            if (path, stamp) in self._contents
        }
        ready = await self._transfer.prepare(current, stamps, contents)
        self._applied.look_at_source.update(ready.gone)
        for path in ready.gone:
            self._ledger.restless(self._source.name, path)
        for outcome in ready.refused:
            self._refused(outcome)
        return ready

    def _is_current(self, operation: Operation) -> bool:
        """Tell whether the source still holds what was decided about."""
        change = self._changes.get(operation.path)
        if change is None or not change.from_stamp:
            return True
        seen = self._source.differences.get(operation.path)
        return seen is not None and seen.stamp == change.from_stamp

    def _source_stamps(self, batch: Sequence[Operation]) -> dict[bytes, bytes]:
        stamps: dict[bytes, bytes] = {}
        unknown: list[bytes] = []
        for operation in batch:
            change = self._changes.get(operation.path)
            if change is not None and change.from_stamp:
                stamps[operation.path] = change.from_stamp
            else:
                unknown.append(operation.path)
        for path, row in self._ancestor.get(unknown).items():
            stamps[path] = row.stamp(self._source.name)
        return stamps

    # ------------------------------------------------------------ outcomes

    async def _finish(self, ready: Ready, sent: asyncio.Task[Sequence[Outcome]]) -> None:
        outcomes = await sent
        self._take_noticed()
        done = [
            (operation, outcome)
            for operation, outcome in zip(ready.operations, outcomes, strict=True)
            if outcome.status == ops.OK
        ]
        self._commit(done)
        for operation, outcome in zip(ready.operations, outcomes, strict=True):
            if outcome.kept:
                self._report_kept(operation, outcome)
            if outcome.status != ops.OK:
                self._not_done(operation, outcome)
        self._applied.done += len(done)
        self._observer.applied(len(outcomes))

    def _commit(self, done: Sequence[tuple[Operation, Outcome]]) -> None:
        stamps = self._source_stamps([operation for operation, _ in done])
        rows: list[tuple[bytes, Row | None]] = []
        for operation, outcome in done:
            if operation.verb == ops.MOVE_FILE:
                rows.append((operation.source, None))
            rows.append((operation.path, self._row(operation, outcome, stamps)))
        self._ancestor.commit(rows)
        for operation, _ in done:
            if operation.verb == ops.MOVE_FILE:
                self._agree(operation.source, None)
            self._agree(operation.path, operation.entry)
            self._ledger.succeeded(operation.path)

    def _row(
        self, operation: Operation, outcome: Outcome, stamps: Mapping[bytes, bytes]
    ) -> Row | None:
        if operation.entry is None:
            return None
        there = outcome.now.stamp if outcome.now is not None else b""
        here = stamps.get(operation.path, b"")
        if self._destination.name == LOCAL:
            return Row(operation.entry, there, here)
        return Row(operation.entry, here, there)

    def _agree(self, path: bytes, entry: Entry | None) -> None:
        """Square both sides' differences at `path` with the ancestor's new row."""
        change = self._changes.get(path)
        source = self._source.differences.get(path)
        if source is None:
            if change is not None and change.from_stamp:
                self._applied.look_at_source.add(path)
        elif source.entry == entry:
            self._source.differences.agree(path)
        else:
            self._again(self._source.differences, source)
        there = self._destination.differences.get(path)
        if there is None:
            return
        if there.entry == entry or (change is not None and there.entry == change.old):
            self._destination.differences.agree(path)
        else:
            self._again(self._destination.differences, there)
            self._applied.look_at_destination.add(path)

    def _again(self, differences: Differences, seen: Seen) -> None:
        self._applied.dirty |= differences.merge([seen])
        self._applied.dirty.add(seen.path)

    def _not_done(self, operation: Operation, outcome: Outcome) -> None:
        if outcome.status in _LOOK_AGAIN:
            self._applied.look_at_destination.add(operation.path)
            if outcome.status == ops.CONTENT_MISMATCH or operation.verb == ops.MOVE_FILE:
                self._applied.look_at_source.add(operation.path)
            if outcome.status == ops.CONTENT_MISMATCH:
                self._ledger.restless(self._source.name, operation.path)
            if operation.source:
                self._applied.look_at_destination.add(operation.source)
            return
        self._refused(outcome)

    def _refused(self, outcome: Outcome) -> None:
        self._ledger.failed(self._destination.name, outcome)
        if outcome.status in BLOCKING and self._applied.blocked is None:
            self._applied.blocked = outcome

    def _report_kept(self, operation: Operation, outcome: Outcome) -> None:
        if operation.expected is None:
            return
        change = self._changes.get(operation.path)
        why = change.why if change is not None else ""
        self._observer.kept(
            self._destination.name, operation.path, operation.expected, outcome.kept, why
        )


def _keeping(operation: Operation) -> Operation:
    """On this machine whatever is overwritten or removed is kept aside."""
    old = operation.expected
    if old is None or old.kind == FOLDER or operation.verb == ops.SET_EXECUTABLE:
        return operation
    return operation._replace(keep=True)
