"""The life of one session: connect, look, keep in step, and begin again.

One task a session is the only one that touches its mirror; verbs reach it
through the inbox. What stands in the way is a state with a reason, never a
silent wait: a lost connection is tried again with growing pauses, a halt waits
for a verb or for its cause to go.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cstudiod.errors import CstudioError, LocalRootError, StateError, TargetError
from cstudiod.machines import backoff
from cstudiod.model.sync_sessions import Reason, Spec, State, Watches
from cstudiod.store.ancestor import Ancestor
from cstudiod.supervise import Blocking, apart
from cstudiod.sync import reasons, replicas
from cstudiod.sync.connection import Connection, MakeLocal, MakeRemote, connect
from cstudiod.sync.exclusions import build_for, forget_excluded
from cstudiod.sync.inbox import Inbox, innermost
from cstudiod.sync.ledger import Ledger
from cstudiod.sync.mirror import Halted, Mirror
from cstudiod.sync.status import StatusBoard

_log = logging.getLogger(__name__)

_LOCAL_ROOT_SECONDS = 2.0
_BLOCKED_SECONDS = 5.0
_BUSY_SECONDS = 0.1
_HALTING = ("DUPLICATE_OWNER", "AGENT_REFUSED", "READ_ONLY")
"""Reasons that do not go away by trying again."""
_UNFLUSHED_SECONDS = 120
"""What was written longer ago than this is on the disk: Linux writes back what is
older than 30 s, and journals are committed every 5 to 30 s."""


@dataclass(frozen=True, kw_only=True)
class Timing:
    """How long the driver waits for what, in seconds."""

    verify: float = 600.0
    connect: float = 30.0


class Reconnect(Exception):
    """What was asked for has changed: the connection must be made anew."""


class Driver:
    """Runs one session until it is cancelled."""

    def __init__(
        self,
        spec: Spec,
        *,
        ancestor: Ancestor,
        board: StatusBoard,
        make_local: MakeLocal,
        make_remote: MakeRemote,
        threads: Blocking,
        clock: Callable[[], float],
        timing: Timing,
    ) -> None:
        """`clock` gives Unix time; `threads` is where long walks happen."""
        self._spec = spec
        self._renew = False
        self._ancestor = ancestor
        self._board = board
        self._make_local = make_local
        self._make_remote = make_remote
        self._threads = threads
        self._clock = clock
        self._timing = timing
        self._wake = asyncio.Event()
        self.inbox = Inbox(self._wake, self.refusal)
        self.mirror: Mirror | None = None
        """The mirror while there is a connection; others only read it."""
        self._accepted = False
        self._attempt = 0
        self._unsettled = 0
        """How many cycles in a row left something to do."""

    @property
    def spec(self) -> Spec:
        """What was asked for."""
        return self._spec

    def use(self, spec: Spec) -> None:
        """Take a changed spec: the connection is made anew, nothing is lost."""
        self._spec = spec
        self._renew = True
        self._attempt = 0
        self._wake.set()

    def accept(self) -> None:
        """Let the next plan delete what it wants, and go on."""
        self._accepted = True
        if self.mirror is not None:
            self.mirror.accepted = True
        self._wake.set()

    def refusal(self, what: str, reason: str) -> StateError:
        """Return the error that says `what`, and in which state the session is."""
        return reasons.refusal(self._spec.name, self._board.status, what, reason)

    # ---------------------------------------------------------------- life

    async def run(self) -> None:
        """Keep the session alive; ends only by cancellation."""
        try:
            while True:
                self._renew = False
                if self._spec.paused:
                    self._board.state(State.PAUSED, watch=Watches())
                    await self._rest(None)
                else:
                    await self._rest(await self._live())
        finally:
            self.inbox.refuse()

    async def _live(self) -> float:
        """Connect and stay; return how long to wait before the next attempt."""
        delay = 0.0
        try:
            await apart(self._connected)
        except* LocalRootError as group:
            delay = self._halted_by_root(innermost(group))
        except* (TargetError, TimeoutError) as group:
            delay = self._disconnected(innermost(group))
        except* Reconnect:
            pass
        except* Exception as group:  # one session's bug does not end the others
            _log.exception("%s: a bug", self._spec.name)
            delay = self._disconnected(_bug(innermost(group)))
        finally:
            self.mirror = None
        return delay

    async def _rest(self, seconds: float | None) -> None:
        """Wait for a wake-up or the time."""
        if seconds == 0.0 or self._renew:
            return
        self._wake.clear()
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass

    def _halted_by_root(self, error: BaseException) -> float:
        assert isinstance(error, CstudioError)
        now = self._clock()
        reason = Reason(
            code=error.reason,
            message=error.message,
            since=now,
            next=error.next or f"bring `{self._spec.local}` back",
            retry_time=now + _LOCAL_ROOT_SECONDS,
        )
        self._board.state(State.HALTED, reason, watch=Watches())
        return _LOCAL_ROOT_SECONDS

    def _disconnected(self, error: BaseException) -> float:
        self._attempt += 1
        if not isinstance(error, TargetError):
            error = TargetError(
                f"opening the connection took longer than {self._timing.connect:.0f} s",
                reason="TIMEOUT",
            )
        halted = error.reason in _HALTING
        delay = backoff.delay_seconds(self._attempt, random.random())
        if halted:
            delay = max(delay, _BLOCKED_SECONDS)
        now = self._clock()
        reason = Reason(
            code=error.reason,
            message=error.message,
            since=now,
            next=error.next,
            retry_time=now + delay,
        )
        state = State.HALTED if halted else State.DISCONNECTED
        self._board.state(state, reason, watch=Watches())
        _log.info("%s: %s (again in %.1f s)", self._spec.name, error.message, delay)
        return delay

    # ----------------------------------------------------------- connected

    async def _connected(self) -> None:
        if self._attempt == 0:
            self._board.state(State.CONNECTING, watch=Watches())
        rules = await self._threads.run(build_for, self._spec)
        connection = await connect(
            self._spec,
            rules,
            self._wake.set,
            self._make_local,
            self._make_remote,
            self._timing.connect,
        )
        try:
            await self._threads.run(forget_excluded, self._ancestor, rules)
            async with asyncio.TaskGroup() as group:
                watch = group.create_task(_watch_place(connection))
                await self._keep_in_step(connection)
                watch.cancel()
        finally:
            self.mirror = None
            await connection.close()

    async def _keep_in_step(self, connection: Connection) -> None:
        mirror = self._make_mirror(connection)
        self._show_connected(connection)
        fresh = self._recognise(mirror, connection)
        if self._ancestor.rows:
            await mirror.look(cold_remote=fresh)
        else:
            await mirror.first_look(self._show_syncing)
        self.mirror = mirror
        self._attempt = 0
        while True:
            await self._cycle(mirror)
            await self._idle(mirror)

    def _make_mirror(self, connection: Connection) -> Mirror:
        mirror = Mirror(
            mode=self._spec.mode.value,
            gitignore=self._spec.exclusions.gitignore,
            ancestor=self._ancestor,
            local=connection.local,
            remote=connection.remote,
            ledger=Ledger(),
            observer=self._board,
            threads=self._threads,
            clock=self._clock,
        )
        mirror.accepted = self._accepted
        return mirror

    def _show_connected(self, connection: Connection) -> None:
        facts = connection.remote_facts
        watch = Watches(
            local=connection.local_facts.watch,
            remote=facts.watch,
            detail=facts.watch_detail or connection.local_facts.watch_detail,
        )
        self._board.state(
            State.SCANNING, endpoint=facts.endpoint, place=connection.place.label, watch=watch
        )

    def _recognise(self, mirror: Mirror, connection: Connection) -> bool:
        """Bind the ancestor to the roots found; return whether the remote is fresh."""
        known = self._ancestor.facts()
        device = str(connection.local_facts.device)
        if self._ancestor.rows and known.get("local_device", device) != device:
            self._refuse_other_device()
        self._distrust_after_power_cut(known, connection.local_facts.boot)
        facts, place = connection.remote_facts, connection.place
        fresh = bool(self._ancestor.rows) and (
            bool(known.get("fresh_remote")) or not replicas.is_same(known, facts, place)
        )
        mirror.fresh_remote = fresh
        self._ancestor.remember(
            **replicas.remembered(facts, place),
            fresh_remote="yes" if fresh else "",
            local_device=device,
            local_boot=connection.local_facts.boot,
            ended="",
        )
        if fresh:
            _log.info("%s: %s is a fresh replica", self._spec.name, place.label)
        return fresh

    def _distrust_after_power_cut(self, known: Mapping[str, str], boot: str) -> None:
        if replicas.lost_power(known, boot):
            rows = self._ancestor.distrust_latest(_UNFLUSHED_SECONDS)
            _log.warning("%s: the machine went down; %d files are compared", self._spec.name, rows)

    def _refuse_other_device(self) -> None:
        if self._accepted:
            return
        raise LocalRootError(
            f"the local root `{self._spec.local}` is on another device than before:"
            " a disk that is not mounted?",
            next=f"mount it, or go on with what is there: cstudio sync accept {self._spec.name}",
        )

    # --------------------------------------------------------------- cycles

    async def _cycle(self, mirror: Mirror) -> None:
        """Bring both sides in step as far as possible, and say how far that was."""
        try:
            await mirror.check_roots()
            rescan = await mirror.settle(self._show_syncing)
            if rescan:
                _log.info("%s: looking at everything: %s", self._spec.name, rescan)
                await self._look_again(mirror)
                await mirror.settle(self._show_syncing)
        except* Halted as group:
            self._show_halt(mirror, innermost(group))
        else:
            self._show_result(mirror)
        if mirror.rules_changed:
            raise Reconnect

    async def _look_again(self, mirror: Mirror) -> None:
        self._board.state(State.SCANNING)
        await mirror.look(cold_remote=mirror.fresh_remote)

    def _show_syncing(self) -> None:
        if self._board.status.state is not State.HALTED:
            self._board.state(State.SYNCING)

    def _show_result(self, mirror: Mirror) -> None:
        counts = self._counts(mirror)
        if mirror.blocked is not None:
            reason = reasons.blocked(mirror.blocked, self._clock(), _BLOCKED_SECONDS)
            self._board.state(State.HALTED, reason, **counts)
            return
        self._unsettled = 0 if mirror.is_settled else self._unsettled + 1
        if mirror.is_settled:
            self._settled(mirror)
            if mirror.acted or self._board.status.state is not State.WATCHING:
                counts["last_synced"] = self._clock()
        mirror.acted = False
        self._board.state(State.WATCHING, **counts)

    def _settled(self, mirror: Mirror) -> None:
        self._accepted = False
        if mirror.fresh_remote and not mirror.ledger.failures():
            mirror.fresh_remote = False
            self._ancestor.remember(fresh_remote="")

    def _counts(self, mirror: Mirror) -> dict[str, Any]:
        totals = self._ancestor.totals
        return {
            "files": totals.files,
            "bytes": totals.bytes,
            "conflict_count": mirror.ledger.conflict_count,
            "problem_count": len(mirror.problems()),
        }

    def _show_halt(self, mirror: Mirror, error: BaseException) -> None:
        assert isinstance(error, Halted)
        reason = reasons.halted(error.halt, self._spec.name, self._clock())
        self._board.state(State.HALTED, reason, **self._counts(mirror))

    async def _idle(self, mirror: Mirror) -> None:
        """Wait until there is something to do."""
        while not self._renew:
            if await self.inbox.answer(mirror):
                return
            try:
                async with asyncio.timeout(self._patience(mirror)):
                    await self._wake.wait()
            except TimeoutError:
                if await self._time_is_up(mirror):
                    return
            else:
                self._wake.clear()
                await self.inbox.answer(mirror)
                return
        raise Reconnect

    def _patience(self, mirror: Mirror) -> float:
        if mirror.blocked is not None:
            return _BLOCKED_SECONDS
        if not mirror.is_settled and self._board.status.state is not State.HALTED:
            return min(_BUSY_SECONDS * 2.0 ** min(self._unsettled, 10), _BLOCKED_SECONDS)
        return _LOCAL_ROOT_SECONDS

    async def _time_is_up(self, mirror: Mirror) -> bool:
        """Return whether a cycle is due although nothing was noticed."""
        await mirror.check_roots()
        if mirror.blocked is not None:
            mirror.retry_failed()
            return True
        if self._clock() - mirror.looked_at >= self._timing.verify:
            await self._look_again(mirror)
            return True
        return not mirror.is_settled and self._board.status.state is not State.HALTED


def _bug(error: BaseException) -> TargetError:
    what = f"{type(error).__name__}: {error}"[:300]
    return TargetError(f"cstudio made a mistake ({what}); the log says more", reason="BUG")


async def _watch_place(connection: Connection) -> None:
    await connection.gone()
    raise TargetError(
        f"{connection.place.label} has ended or was replaced", reason="CONNECTION_LOST"
    )
