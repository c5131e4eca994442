"""One connected pair: what differs, what is decided, and how it is done.

The cycle is always the same: observations are merged into the differences of
their side, the pure planner decides about the paths that became dirty, the
operations are applied to the side that must change, and the ancestor is
written from their outcomes. Nothing here connects, waits or retries; that is
the driver's.

All state belongs to the event loop. While a batch is on its way nothing is
merged, save between the batches of a bulk (`_between_batches`), where a
person's save must not wait for the rest.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from cstudio_sync import paths, safety
from cstudio_sync.batches import is_interactive
from cstudio_sync.entries import FILE, FOLDER, Entry, Seen
from cstudio_sync.operations import Outcome
from cstudio_sync.reconcile import Agreed, Change, Plan, reconcile

from cstudiod.model.sync_sessions import Problem
from cstudiod.ports import Changes, Endpoint
from cstudiod.store.ancestor import LOCAL, REMOTE, Ancestor, Row
from cstudiod.supervise import Blocking
from cstudiod.sync.applier import Applied, Applier, Side
from cstudiod.sync.differences import Differences
from cstudiod.sync.ledger import Ledger
from cstudiod.sync.look import bound, look_cold, look_warm
from cstudiod.sync.observer import Observer

_PLAN_IN_THREAD = 2000
"""Decisions about more paths than this are made off the event loop."""
_SMALL_MAPS = 500
"""Up to so many differences, all of them are decided anew each time."""
_INTERACTIVE_PATHS = 50
_READ_AHEAD_PATHS = 4000
"""So many paths may be seen and not yet sent, their contents in memory."""
_READ_PAUSE_SECONDS = 0.005
_DELETIONS_TOGETHER = 1
_DELETION_QUIET_SECONDS = 0.1
_DELETION_WAITS = 30
"""Deletions are decided on together, once it is quiet: `rm -r` is not taken
piece by piece, or no piece would ever look like an accident."""
_ROUNDS = 6
"""Observe-decide-apply rounds before the rest waits for the next event."""


class Halted(Exception):
    """The plan looks like an accident; nothing of it was done."""

    def __init__(self, halt: safety.Halt) -> None:
        """Carry the refusal."""
        super().__init__(halt.message)
        self.halt = halt


class Mirror:
    """Two endpoints and the ancestor between them."""

    def __init__(
        self,
        *,
        mode: str,
        gitignore: bool = False,
        ancestor: Ancestor,
        local: Endpoint,
        remote: Endpoint,
        ledger: Ledger,
        observer: Observer,
        threads: Blocking,
        clock: Callable[[], float],
    ) -> None:
        """`observer` is told of progress and of what went to the trash."""
        self.mode = mode
        self.rules_changed = False
        """A `.gitignore` that counts has changed."""
        self.acted = False
        """Something was changed or agreed since this was last set to False."""
        self.looked_at = 0.0
        """When both sides were last looked at completely."""
        self._gitignore = gitignore
        self.fresh_remote = False
        self.accepted = False
        """The next plan may delete as much as it wants."""
        self.ancestor = ancestor
        self.ledger = ledger
        self.local = Side(LOCAL, local, Differences(LOCAL, ancestor))
        self.remote = Side(REMOTE, remote, Differences(REMOTE, ancestor))
        self.observer = observer
        self._threads = threads
        self._clock = clock
        self.blocked: Outcome | None = None
        """The last failure that is about a whole side: a full disk, say."""
        self._dirty: set[bytes] = set()
        self._relinked: dict[str, set[bytes]] = {LOCAL: set(), REMOTE: set()}
        self._contents: dict[tuple[bytes, bytes], bytes] = {}
        self._rescan = ""
        self._read_on = asyncio.Event()
        self._interleaving = asyncio.Lock()

    # ------------------------------------------------------------- looking

    async def look(self, *, cold_local: bool = False, cold_remote: bool = False) -> None:
        """Look at both sides completely; what differs is dirty afterwards."""
        self.take_noticed()  # older than the look: it will be seen again
        self._dirty.clear()
        self.ledger.forget()
        self.looked_at = self._clock()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look_at(self.local, cold_local))
            group.create_task(self._look_at(self.remote, cold_remote))

    async def _look_at(self, side: Side, cold: bool) -> None:
        report = self.observer.looked
        if cold or not self.ancestor.rows:
            dirty = await look_cold(side.endpoint, side.differences, self._threads, report)
        else:
            dirty = await look_warm(
                side.endpoint, side.differences, self.ancestor, self._threads, report
            )
        self._dirty |= dirty

    async def first_look(self, on_work: Callable[[], None]) -> None:
        """Look at sides that have nothing in common yet.

        Into an empty remote side the files go while the local one is still
        being looked at; what was read for its digest is not read again.
        """
        self.take_noticed()
        self._dirty.clear()
        self.looked_at = self._clock()
        await self._look_at(self.remote, cold=True)
        if self.remote.differences.map:
            await self._look_at(self.local, cold=True)
            return
        seen_all = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._read_ahead(seen_all))
            is_complete = False
            while not is_complete:
                is_complete = seen_all.is_set()  # what is dirty after that is for `settle`
                if self._dirty:
                    wanted, self._dirty = self._dirty, set()
                    await self._bring_about(wanted, on_work)
                self._read_on.set()
                await asyncio.sleep(0 if self._dirty else _READ_PAUSE_SECONDS)
        self._contents.clear()

    async def _read_ahead(self, seen_all: asyncio.Event) -> None:
        side = self.local
        try:
            async for batch in side.endpoint.observe([paths.ROOT]):
                bound(len(side.differences.map) + len(batch), side.name)
                self._dirty |= side.differences.merge(batch)
                self._keep_contents(batch)
                self.observer.looked(len(batch))
                while len(self._dirty) > _READ_AHEAD_PATHS:
                    self._read_on.clear()
                    await self._read_on.wait()
        finally:
            seen_all.set()

    def _keep_contents(self, seen: Iterable[Seen]) -> None:
        for one in seen:
            if one.content is not None:
                self._contents[one.path, one.stamp] = one.content

    async def catch_up(self) -> None:
        """See everything that happened on either side before the call."""
        for side in (self.local, self.remote):
            if not await side.endpoint.quiesce():
                await self._look_at(side, cold=side is self.remote and self.fresh_remote)

    async def check_roots(self) -> None:
        """Raise LocalRootError or TargetError unless both roots are where and what they were."""
        await self.local.endpoint.check_root()
        await self.remote.endpoint.check_root()

    def retry_failed(self) -> None:
        """Try again what failed."""
        self._dirty.update(self.ledger.failures())

    async def recheck(self, side: Side, wanted: Iterable[bytes]) -> None:
        """Look at single paths again."""
        chosen = sorted(set(wanted))
        if not chosen:
            return
        async for seen in side.endpoint.observe(chosen):
            self._dirty |= side.differences.merge(seen)
        self._dirty.update(chosen)

    def take_noticed(self) -> str:
        """Merge what the endpoints noticed; return why to look at everything, if so."""
        rescan = ""
        for side in (self.local, self.remote):
            for changes in side.endpoint.noticed():
                bound(len(side.differences.map) + len(changes.seen), side.name)
                rescan = rescan or changes.rescan
                self._merge_pushed(side, changes)
        return rescan

    def _merge_pushed(self, side: Side, changes: Changes) -> None:
        if not changes.seen:
            return
        self._dirty |= side.differences.merge(changes.seen)
        folders = [
            seen.path
            for seen in changes.seen
            if seen.entry is not None and seen.entry.kind == FOLDER and seen.path != paths.ROOT
        ]
        if folders:
            known = self.ancestor.get(folders)
            self._relinked[side.name].update(path for path in folders if path in known)
        self._keep_contents(changes.seen)
        for seen in changes.seen:
            if self._gitignore and side is self.local and _is_gitignore(seen.path):
                self.rules_changed = True

    # ------------------------------------------------------------ deciding

    def plan(self, wanted: Iterable[bytes] | None = None, mode: str = "") -> Plan:
        """Decide about `wanted` (None: everything that differs); change nothing."""
        return self._reconcile(self._closure(wanted), mode or self.mode)

    def _closure(self, wanted: Iterable[bytes] | None) -> set[bytes]:
        local, remote = self.local.differences, self.remote.differences
        if wanted is None:
            return {*local.map, *remote.map}
        if len(local.map) + len(remote.map) <= _SMALL_MAPS:
            failed = self.ledger.failures().keys() - set(wanted)
            return {*local.map, *remote.map, *wanted} - failed
        closure = set(wanted)
        for path in list(closure):
            closure.update(up for up in paths.parents(path) if local.get(up) or remote.get(up))
        known = self.ancestor.get(closure)
        for path in list(closure):
            if self._is_folder_somewhere(path, known):
                closure.update(local.below(path))
                closure.update(remote.below(path))
        return closure

    def _is_folder_somewhere(self, path: bytes, known: Mapping[bytes, Row]) -> bool:
        """Tell whether a differing path may decide about paths below it."""
        local, remote = self.local.differences.get(path), self.remote.differences.get(path)
        if local is None and remote is None:
            return False
        entries = [seen.entry for seen in (local, remote) if seen is not None]
        if path in known:
            entries.append(known[path].entry)
        kinds = {entry.kind if entry else "" for entry in entries}
        return FOLDER in kinds and len(kinds) > 1

    def _reconcile(self, closure: set[bytes], mode: str) -> Plan:
        rows = self.ancestor.get(self._with_parents(closure))
        ancestor = {path: row.entry for path, row in rows.items()}
        everywhere = closure | set(rows)
        maps = [
            {path: seen for path in everywhere if (seen := side.differences.get(path))}
            for side in (self.local, self.remote)
        ]
        return reconcile(closure, ancestor, maps[0], maps[1], mode, self.fresh_remote)

    @staticmethod
    def _with_parents(closure: set[bytes]) -> set[bytes]:
        wanted = set(closure)
        for path in closure:
            for parent in paths.parents(path):
                if parent in wanted:
                    break
                wanted.add(parent)
        return wanted

    # --------------------------------------------------------------- doing

    @property
    def waiting(self) -> frozenset[bytes]:
        """The paths that were seen to differ and wait for a decision."""
        return frozenset(self._dirty)

    @property
    def is_settled(self) -> bool:
        """Whether nothing that was seen waits for a decision."""
        return not self._dirty and not any(self._relinked.values())

    async def settle(self, on_work: Callable[[], None] = lambda: None) -> str:
        """Decide and do until nothing is dirty; return why to look at everything, if so.

        `on_work` is called before something is changed.

        Raises:
            Halted: what was decided looks like an accident.
        """
        for _ in range(_ROUNDS):
            self._note_noticed()
            await self._look_below_relinked()
            if self._rescan or not self._dirty:
                break
            wanted, self._dirty = self._dirty, set()
            try:
                await self._bring_about(wanted, on_work)
            except BaseException:
                self._dirty |= wanted
                raise
        self._contents.clear()
        rescan, self._rescan = self._rescan, ""
        return rescan

    async def _bring_about(self, wanted: set[bytes], on_work: Callable[[], None]) -> None:
        closure, plan = await self._decide(wanted)
        for _ in range(_DELETION_WAITS):
            if _most_deletions(plan) < _DELETIONS_TOGETHER:
                break
            await asyncio.sleep(_DELETION_QUIET_SECONDS)
            self._note_noticed()
            if not self._dirty:
                break
            wanted |= self._dirty
            self._dirty.clear()
            closure, plan = await self._decide(wanted)
        self._refuse_accidents(plan)
        self.ledger.decided(closure, plan, self._clock())
        if not plan.is_settled():
            self.acted = True
            if plan.local or plan.remote:
                on_work()
            await self.perform(plan)

    async def _decide(self, wanted: set[bytes]) -> tuple[set[bytes], Plan]:
        closure = self._closure(wanted)
        if len(closure) > _PLAN_IN_THREAD:
            return closure, await self._threads.run(self._reconcile, closure, self.mode)
        return closure, self._reconcile(closure, self.mode)

    def _refuse_accidents(self, plan: Plan) -> None:
        rows = self.ancestor.rows
        halt = None
        if plan.remote and self._is_emptied(self.local):
            root = safety.Root(present=0, remembered=rows)
            halt = safety.check_root(root, self.accepted)
        halt = halt or safety.check_plan(
            plan, tracked_local=rows, tracked_remote=rows, accepted=self.accepted
        )
        if halt is not None:
            raise Halted(halt)
        self.accepted = False

    def _is_emptied(self, side: Side) -> bool:
        differences = side.differences.map
        return len(differences) >= self.ancestor.rows > 0 and all(
            seen.entry is None and not seen.problem for seen in differences.values()
        )

    async def perform(self, plan: Plan) -> None:
        """Write what is agreed, and change both sides."""
        self._write_agreed(plan.agreed)
        files = [c.new for c in (*plan.local, *plan.remote) if c.new and c.new.kind == FILE]
        self.observer.planned(
            len(plan.local) + len(plan.remote), sum(entry.size for entry in files)
        )
        self.blocked = None
        async with asyncio.TaskGroup() as group:
            if plan.local:
                group.create_task(self._apply(self.remote, self.local, plan.local))
            if plan.remote:
                group.create_task(self._apply(self.local, self.remote, plan.remote))

    async def _apply(self, source: Side, destination: Side, changes: Sequence[Change]) -> None:
        applier = Applier(
            source,
            destination,
            ancestor=self.ancestor,
            ledger=self.ledger,
            observer=self.observer,
            contents=self._contents,
            take_noticed=self._note_noticed,
        )
        applied = await applier.run(changes, self._between_batches)
        await self._after(source, destination, applied)

    def _note_noticed(self) -> None:
        self._rescan = self.take_noticed() or self._rescan

    async def _after(self, source: Side, destination: Side, applied: Applied) -> None:
        self._dirty |= applied.dirty
        self.blocked = applied.blocked or self.blocked
        await self.recheck(source, applied.look_at_source)
        await self.recheck(destination, applied.look_at_destination)

    async def _between_batches(self) -> None:
        """Let a person's save go before the rest of a bulk."""
        if self._interleaving.locked():
            return
        async with self._interleaving:
            self._note_noticed()
            if not self._dirty or len(self._dirty) > _INTERACTIVE_PATHS:
                return
            wanted, self._dirty = self._dirty, set()
            plan = self._reconcile(self._closure(wanted), self.mode)
            if (
                not is_interactive([*plan.local, *plan.remote])
                or _most_deletions(plan) >= _DELETIONS_TOGETHER
            ):
                self._dirty |= wanted
                return
            self._refuse_accidents(plan)
            self.ledger.decided(wanted, plan, self._clock())
            self._write_agreed(plan.agreed)
            for source, destination, changes in (
                (self.remote, self.local, plan.local),
                (self.local, self.remote, plan.remote),
            ):
                if changes:
                    await self._apply(source, destination, changes)

    def _write_agreed(self, agreed: Sequence[Agreed]) -> None:
        rows = self.ancestor.get(one.path for one in agreed)
        written: list[tuple[bytes, Row | None]] = []
        for one in agreed:
            if one.entry is None:
                written.append((one.path, None))
                continue
            stamps = [
                self._stamp(side, one.path, rows.get(one.path))
                for side in (self.local, self.remote)
            ]
            written.append((one.path, Row(one.entry, stamps[0], stamps[1])))
        self.ancestor.commit(written)
        for one in agreed:
            self.local.differences.agree(one.path)
            self.remote.differences.agree(one.path)
            self.ledger.succeeded(one.path)

    @staticmethod
    def _stamp(side: Side, path: bytes, row: Row | None) -> bytes:
        seen = side.differences.get(path)
        if seen is not None:
            return seen.stamp
        return row.stamp(side.name) if row is not None else b""

    async def _look_below_relinked(self) -> None:
        """A folder that was linked anew may lack what was known below an older one."""
        for side in (self.local, self.remote):
            folders, self._relinked[side.name] = self._relinked[side.name], set()
            for folder in sorted(folders):
                await self._look_below(side, folder)

    async def _look_below(self, side: Side, folder: bytes) -> None:
        before = set(side.differences.below(folder))
        reported: set[bytes] = set()
        blind: list[bytes] = []
        async for batch in side.endpoint.observe([folder]):
            self._dirty |= side.differences.merge(batch)
            reported.update(seen.path for seen in batch)
            blind += [seen.path for seen in batch if seen.problem]
        known = before | {path for path, _ in self.ancestor.below(folder)}
        gone = [
            Seen(path)
            for path in known - reported
            if not any(paths.is_below(path, above) for above in blind)
        ]
        self._dirty |= side.differences.merge(gone)

    def void(self, wanted: Iterable[bytes]) -> None:
        """Treat `wanted` as if nothing had been agreed about them; they are dirty."""
        chosen = set(wanted)
        rows = self.ancestor.get(chosen)
        self.ancestor.commit([(path, None) for path in rows])
        for side in (self.local, self.remote):
            seen = []
            for path, row in rows.items():
                seen.append(
                    side.differences.get(path) or Seen(path, row.entry, row.stamp(side.name))
                )
            for path in rows:
                side.differences.agree(path)
            side.differences.merge(seen)
        self._dirty |= chosen

    def differing(self) -> tuple[dict[bytes, Seen], dict[bytes, Seen], dict[bytes, Entry]]:
        """Return both sides' differences, and the ancestor at and above them."""
        local, remote = dict(self.local.differences.map), dict(self.remote.differences.map)
        rows = self.ancestor.get(self._with_parents({*local, *remote}))
        return local, remote, {path: row.entry for path, row in rows.items()}

    def held(self) -> tuple[dict[bytes, Seen], dict[bytes, Seen]]:
        """Return what each side holds at every path where any of them differs."""
        local, remote, _ = self.differing()
        rows = self.ancestor.get(self._with_parents({*local, *remote}))
        held = []
        for side, differences in ((self.local, local), (self.remote, remote)):
            there = {
                path: Seen(path, row.entry, row.stamp(side.name)) for path, row in rows.items()
            }
            held.append({**there, **differences})
        return held[0], held[1]

    # ------------------------------------------------------------- telling

    def problems(self) -> list[Problem]:
        """Return every path that is not in step for another reason than a conflict."""
        return self.ledger.problems(self._unknown())

    def _unknown(self) -> Iterator[tuple[str, Seen]]:
        for side in (self.local, self.remote):
            for seen in side.differences.map.values():
                if seen.problem:
                    yield side.name, seen


def _most_deletions(plan: Plan) -> int:
    return max(len(safety.deletions(plan.local)), len(safety.deletions(plan.remote)))


def _is_gitignore(path: bytes) -> bool:
    return paths.split(path)[1] == b".gitignore"
