"""Use cases of sync sessions: the one place that joins store, driver and verbs."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import shutil
import uuid
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

from cstudio_sync import paths
from cstudio_sync.entries import Entry

from cstudiod.errors import (
    CstudioError,
    ExistsError,
    NotFoundError,
    StaleError,
    StateError,
    UsageError,
)
from cstudiod.model.sync_sessions import (
    Conflict,
    Content,
    Exclusions,
    Explanation,
    FlushResult,
    Keep,
    Kept,
    Mode,
    PlannedChange,
    Problem,
    Session,
    Spec,
    State,
    Status,
)
from cstudiod.services import admission
from cstudiod.store.ancestor import Ancestor
from cstudiod.store.feed import Change, Feed
from cstudiod.store.sessions import SessionStore, Stored
from cstudiod.supervise import Blocking, Tasks
from cstudiod.sync import contents, exclusions, explain, plans, verbs
from cstudiod.sync.connection import MakeLocal, MakeRemote
from cstudiod.sync.driver import Driver, Timing
from cstudiod.sync.fleet import Fleet, ResolveAll
from cstudiod.sync.rehearsal import Rehearsal
from cstudiod.sync.status import StatusBoard

_VERB_SECONDS = 3600.0
_FLUSH_SECONDS = 60.0
_READ_SECONDS = 30.0
_FAREWELL_SECONDS = 5.0
_KEPT_SHOWN = 10_000
_STATE_LOOKS = 100
_STATE_LOOK_SECONDS = 0.03


@dataclasses.dataclass
class _Live:
    """A session in memory."""

    stored: Stored
    driver: Driver | Fleet
    board: StatusBoard
    ancestor: Ancestor
    rehearsal: Rehearsal


class SyncSessions:
    """All sessions of this daemon."""

    def __init__(
        self,
        *,
        state_dir: Path,
        store: SessionStore,
        feed: Feed[Session],
        tasks: Tasks,
        threads: Blocking,
        make_local: Callable[[str], MakeLocal],
        make_remote: Callable[[str], MakeRemote],
        resolve_all: ResolveAll,
        clock: Callable[[], float],
        timing: Timing,
    ) -> None:
        """`make_local` and `make_remote` are given a session's uid."""
        self._ancestors = state_dir / "ancestors"
        self._trash = state_dir / "trash"
        self._ancestors.mkdir(parents=True, exist_ok=True)
        self._store = store
        self._feed = feed
        self._tasks = tasks
        self._threads = threads
        self._make_local = make_local
        self._make_remote = make_remote
        self._resolve_all = resolve_all
        self._clock = clock
        self._timing = timing
        self._live: dict[str, _Live] = {}
        self._making: list[Spec] = []
        """Sessions whose target is being tried."""

    def start(self) -> None:
        """Take up every stored session."""
        for stored in self._store.load():
            self._bring_up(stored)

    @property
    def count(self) -> int:
        """How many sessions there are."""
        return len(self._live)

    # ----------------------------------------------------------- resources

    async def create(self, spec: Spec, *, validate_only: bool = False) -> Session:
        """Make a session; it connects by itself.

        Raises:
            UsageError: the request cannot be meant so.
            ExistsError: the name, or the place, is taken.
            TargetError: the target cannot be used; nothing was made.
        """
        spec = await asyncio.to_thread(admission.checked, spec)
        self._refuse_taken(spec)
        now, uid = self._clock(), uuid.uuid4().hex
        stored = Stored(uid=uid, spec=spec, create_time=now, update_time=now, generation=1)
        rehearsal = Rehearsal(self._make_remote(uid))
        async with contextlib.AsyncExitStack() as on_refusal:
            on_refusal.push_async_callback(rehearsal.close)
            if not spec.paused:
                await self._try_out(spec, rehearsal, validate_only)
            if validate_only:
                return _session(stored, Status())
            self._store.put(stored)
            if not spec.target.all_replicas:  # each replica gets a connection of its own
                on_refusal.pop_all()
        return self._bring_up(stored, rehearsal)

    async def _try_out(self, spec: Spec, rehearsal: Rehearsal, validate_only: bool) -> None:
        if validate_only:
            await admission.try_out(spec, rehearsal, self._timing.connect)
            return
        self._making.append(spec)
        try:
            await rehearsal.try_out(spec, self._timing.connect)
        finally:
            self._making.remove(spec)

    def get(self, name: str) -> Session:
        """Return one session.

        Raises:
            NotFoundError: there is none of that name.
        """
        live = self._find(name)
        return _session(live.stored, live.board.status)

    def all(self) -> list[Session]:
        """Return all sessions, by name."""
        return [self.get(name) for name in sorted(self._live)]

    async def update(
        self,
        name: str,
        *,
        exclusions_: Exclusions | None = None,
        mode: Mode | None = None,
        labels: dict[str, str] | None = None,
        etag: str = "",
        validate_only: bool = False,
    ) -> Session:
        """Change what was asked for; what is not given stays."""
        live = self._find(name, etag)
        spec = live.stored.spec
        changed = dataclasses.replace(
            spec,
            exclusions=spec.exclusions if exclusions_ is None else exclusions_,
            mode=mode or spec.mode,
            labels=spec.labels if labels is None else labels,
        )
        changed = await asyncio.to_thread(admission.checked, changed, resolve=False)
        if validate_only:
            return _session(live.stored, live.board.status)
        return self._use(live, changed)

    async def delete(self, name: str, etag: str = "", *, validate_only: bool = False) -> None:
        """End the session and forget it; files stay on both sides, the trash goes.

        The remote trash goes if there is a connection.
        """
        live = self._find(name, etag)
        if validate_only:
            return
        if live.driver.mirror is not None:
            with contextlib.suppress(CstudioError):
                await live.driver.inbox.ask(verbs.drop_kept, _FAREWELL_SECONDS)
        await self._tasks.stop(_task(live.stored.uid))
        await live.rehearsal.close()
        del self._live[name]
        self._store.delete(name, live.stored.uid)
        live.ancestor.delete()
        for member in self._ancestors.glob(f"{live.stored.uid}-*.db*"):
            member.unlink(missing_ok=True)
        await asyncio.to_thread(self._drop_trash, live.stored.uid)
        self._feed.delete(name)

    def _drop_trash(self, uid: str) -> None:
        for folder in self._trash.glob(f"{uid}*"):
            shutil.rmtree(folder, ignore_errors=True)

    def watch(self, name: str = "", token: str = "") -> AsyncIterator[Change[Session]]:
        """Yield everything, then `synced`, then changes; of one session when named."""
        if name:
            self._find(name)
        return _only(name, self._feed.watch(token))

    async def pause(self, name: str, etag: str = "", *, validate_only: bool = False) -> Session:
        """Stop connecting and syncing until resumed; survives a restart."""
        session = self._set_paused(name, etag, True, validate_only)
        return (
            session
            if validate_only
            else await self._until(name, lambda state: state is State.PAUSED)
        )

    async def resume(self, name: str, etag: str = "", *, validate_only: bool = False) -> Session:
        """Go on; also tries a lost connection again at once."""
        session = self._set_paused(name, etag, False, validate_only)
        if validate_only:
            return session
        return await self._until(name, lambda state: state is not State.PAUSED)

    async def _until(self, name: str, is_right: Callable[[State], bool]) -> Session:
        """Return the session once its state is right, or after a few seconds as it is."""
        for _ in range(_STATE_LOOKS):
            if is_right(self.get(name).status.state):
                break
            await asyncio.sleep(_STATE_LOOK_SECONDS)
        return self.get(name)

    def _set_paused(self, name: str, etag: str, paused: bool, validate_only: bool) -> Session:
        live = self._find(name, etag)
        if validate_only:
            return _session(live.stored, live.board.status)
        return self._use(live, dataclasses.replace(live.stored.spec, paused=paused))

    # --------------------------------------------------------------- verbs

    async def flush(self, name: str, timeout_seconds: float = 0.0) -> FlushResult:
        """Return when everything written before the call is on the other side.

        Raises:
            StateError: not within the deadline (60 s by default); says why.
        """
        live = self._find(name)
        if live.stored.spec.paused:
            raise live.driver.refusal("cannot be flushed", "WRONG_STATE")
        result: FlushResult = await live.driver.inbox.ask(
            verbs.flush, timeout_seconds or _FLUSH_SECONDS
        )
        return result

    async def plan(self, name: str, work: plans.Work = "cycle") -> list[PlannedChange]:
        """Return what a cycle, push, pull or reset would do now."""
        return await self._once(name, work, dry_run=True)

    async def push(
        self, name: str, etag: str = "", *, validate_only: bool = False
    ) -> list[PlannedChange]:
        """Make the remote side what the local one is; return the plan."""
        self._find(name, etag)
        return await self._once(name, "push", dry_run=validate_only)

    async def pull(
        self, name: str, etag: str = "", *, validate_only: bool = False
    ) -> list[PlannedChange]:
        """Make the local side what the remote one is; return the plan."""
        self._find(name, etag)
        return await self._once(name, "pull", dry_run=validate_only)

    async def reset(
        self, name: str, etag: str = "", *, validate_only: bool = False
    ) -> list[PlannedChange]:
        """Forget what was agreed about everything that differs; return the plan."""
        self._find(name, etag)
        return await self._once(name, "reset", dry_run=validate_only)

    async def _once(self, name: str, work: plans.Work, *, dry_run: bool) -> list[PlannedChange]:
        driver = self._connected(name)
        result: list[PlannedChange] = await driver.inbox.ask(
            lambda mirror: verbs.once(mirror, work, dry_run=dry_run), _VERB_SECONDS
        )
        return result

    async def accept(self, name: str, etag: str = "", *, validate_only: bool = False) -> Session:
        """Let a halted session go on with what it was going to do."""
        live = self._find(name, etag)
        if live.board.status.state is not State.HALTED:
            raise live.driver.refusal("has nothing to accept", "WRONG_STATE")
        if not validate_only:
            live.driver.accept()
        return _session(live.stored, live.board.status)

    def refusal(self, name: str, what: str) -> StateError:
        """Return the error that says `what` a session does not do, and why."""
        return self._find(name).driver.refusal(what, "WRONG_STATE")

    def conflicts(self, name: str) -> list[Conflict]:
        """Return all conflicts, in tree order."""
        mirror = self._find(name).driver.mirror
        return mirror.ledger.conflicts() if mirror is not None else []

    async def read_conflict(self, name: str, path: bytes) -> tuple[Conflict, Content, Content]:
        """Return a conflict, and what both sides have, local first.

        Raises:
            NotFoundError: that path is not in conflict.
            StateError: the session is not connected, or busy for too long.
        """
        driver = self._connected(name)
        (conflict, *_) = verbs.chosen(self.conflicts(name), [path], ())
        local, remote = await driver.inbox.ask(
            lambda mirror: contents.of_both(mirror, conflict), _READ_SECONDS
        )
        return conflict, local, remote

    def problems(self, name: str) -> list[Problem]:
        """Return every path that is not in step for another reason."""
        mirror = self._find(name).driver.mirror
        return mirror.problems() if mirror is not None else []

    async def resolve(
        self,
        name: str,
        named: Sequence[bytes],
        globs: Sequence[str],
        keep: Keep,
        *,
        validate_only: bool = False,
    ) -> int:
        """Settle conflicts; nothing named means all. Return how many were settled."""
        driver = self._connected(name)
        if validate_only:
            return len(verbs.chosen(self.conflicts(name), named, globs))
        resolved: int = await driver.inbox.ask(
            lambda mirror: verbs.resolve(mirror, named, globs, keep), _VERB_SECONDS
        )
        return resolved

    async def explain(self, name: str, path: bytes) -> Explanation:
        """Say why a path is, or is not, in step."""
        live = self._find(name)
        if path == paths.ROOT:
            raise UsageError("the root itself is what is mirrored: name a path below it")
        rules = await self._threads.run(exclusions.build_for, live.stored.spec)
        mirror = live.driver.mirror
        ancestor = mirror.ancestor if mirror is not None else live.ancestor
        return explain.explain(paths.relative(path), rules, ancestor, mirror)

    # --------------------------------------------------------------- trash

    def trash(self, name: str) -> list[Kept]:
        """Return what was kept aside, newest first."""
        return self._store.kept(self._find(name).stored.uid)[:_KEPT_SHOWN]

    async def restore(
        self, name: str, *, id: str = "", path: bytes | None = None, validate_only: bool = False
    ) -> Kept | None:
        """Bring something back from the trash: by id, or the newest of a path.

        Without either, bring back what a halted mass deletion was about to take.
        """
        driver = self._connected(name)
        if not id and path is None:
            if not validate_only:
                await driver.inbox.ask(verbs.bring_back, _VERB_SECONDS)
            return None
        kept = self._kept(name, id, path)
        if not validate_only:
            await driver.inbox.ask(lambda mirror: verbs.restore(mirror, kept), _VERB_SECONDS)
        return kept

    def _kept(self, name: str, id: str, path: bytes | None) -> Kept:
        for kept in self.trash(name):
            if (id and kept.id == id) or (path is not None and kept.path == path):
                return kept
        wanted = id or paths.display(path or b"")
        raise NotFoundError(
            f"the trash of `{name}` holds nothing named `{wanted}`",
            reason="TRASH_ITEM_NOT_FOUND",
            next=f"cstudio sync trash {name}",
            item=wanted,
        )

    # ------------------------------------------------------------ internals

    def _find(self, name: str, etag: str = "") -> _Live:
        live = self._live.get(name)
        if live is None:
            raise NotFoundError(
                f"there is no sync session `{name}`", next="cstudio sync list", session=name
            )
        if etag and etag != _etag(live.stored):
            raise StaleError(
                f"session `{name}` was changed since it was read",
                next=f"read it again: cstudio sync show {name}",
                session=name,
            )
        return live

    def _connected(self, name: str) -> Driver | Fleet:
        driver = self._find(name).driver
        if driver.mirror is None:
            raise driver.refusal("is not connected", "WRONG_STATE")
        return driver

    def _bring_up(self, stored: Stored, rehearsal: Rehearsal | None = None) -> Session:
        uid, name = stored.uid, stored.spec.name
        board = StatusBoard(
            lambda status: self._publish(name, status),
            lambda *kept: self._keep(uid, *kept),
            self._clock,
        )
        ancestor = Ancestor(self._ancestors / f"{uid}.db")
        rehearsal = rehearsal or Rehearsal(self._make_remote(uid))
        driver = self._driver(stored.spec, uid, board, ancestor, rehearsal.make)
        live = _Live(
            stored=stored, driver=driver, board=board, ancestor=ancestor, rehearsal=rehearsal
        )
        self._live[name] = live
        session = _session(stored, board.status)
        self._feed.put(name, session)
        self._tasks.start(_task(uid), driver.run)
        return session

    def _driver(
        self,
        spec: Spec,
        uid: str,
        board: StatusBoard,
        ancestor: Ancestor,
        make_remote: MakeRemote,
    ) -> Driver | Fleet:
        if spec.target.all_replicas:
            return Fleet(
                spec,
                board=board,
                resolve_all=self._resolve_all,
                make_member=lambda one, name, tell: self._member(one, uid, name, tell),
                clock=self._clock,
            )
        return Driver(
            spec,
            ancestor=ancestor,
            board=board,
            make_local=self._make_local(uid),
            make_remote=make_remote,
            threads=self._threads,
            clock=self._clock,
            timing=self._timing,
        )

    def _member(self, spec: Spec, uid: str, name: str, tell: Callable[[Status], None]) -> Driver:
        board = StatusBoard(tell, lambda *kept: self._keep(uid, *kept), self._clock)
        ancestor = Ancestor(self._ancestors / f"{uid}-{name}.db")
        driver = self._driver(spec, uid, board, ancestor, self._make_remote(uid))
        assert isinstance(driver, Driver)
        return driver

    def _use(self, live: _Live, spec: Spec) -> Session:
        if spec != live.stored.spec:
            live.stored = dataclasses.replace(
                live.stored,
                spec=spec,
                update_time=self._clock(),
                generation=live.stored.generation + 1,
            )
            self._store.put(live.stored)
        live.driver.use(spec)
        session = _session(live.stored, live.board.status)
        self._feed.put(spec.name, session)
        return session

    def _publish(self, name: str, status: Status) -> None:
        live = self._live.get(name)
        if live is not None:
            self._feed.put(name, _session(live.stored, status))

    def _keep(self, uid: str, side: str, path: bytes, entry: Entry, token: str, why: str) -> None:
        kept = Kept(
            id=token,
            path=path,
            side=side,
            kind=entry.kind,
            size=entry.size,
            digest=entry.digest.hex(),
            executable=entry.executable,
            target=entry.target,
            time=self._clock(),
            why=why,
        )
        self._store.keep(uid, kept)

    def _refuse_taken(self, spec: Spec) -> None:
        if spec.name in self._live or spec.name in [one.name for one in self._making]:
            raise ExistsError(
                f"a sync session named `{spec.name}` exists",
                next=f"choose another --name, or: cstudio sync show {spec.name}",
                session=spec.name,
            )
        for other in [*(live.stored.spec for live in self._live.values()), *self._making]:
            admission.refuse_overlap(spec, other)

    async def close(self) -> None:
        """Stop every session, and let none lose what it has done."""
        for live in list(self._live.values()):
            await self._tasks.stop(_task(live.stored.uid))
            live.ancestor.remember(ended="orderly")
            live.ancestor.close()


# ------------------------------------------------------------------ decisions


def _session(stored: Stored, status: Status) -> Session:
    return Session(
        uid=stored.uid,
        spec=stored.spec,
        status=status,
        create_time=stored.create_time,
        update_time=stored.update_time,
        etag=_etag(stored),
    )


def _etag(stored: Stored) -> str:
    return f"{stored.uid[:8]}-{stored.generation}"


def _task(uid: str) -> str:
    return f"sync/{uid}"


async def _only(
    name: str, changes: AsyncIterator[Change[Session]]
) -> AsyncIterator[Change[Session]]:
    async for change in changes:
        found = change.deleted or (change.upserted.spec.name if change.upserted else "")
        if not name or change.synced or found == name:
            yield change
