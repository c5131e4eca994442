"""One session, every replica of a workload: a driver each, and one status of all.

For one-way sessions alone: several replicas cannot be told apart, so nothing
of theirs may come back. Replicas come and go with rollouts; each has an
ancestor of its own, and what a person sees is the worst of them.
"""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from cstudiod.errors import StateError, TargetError
from cstudiod.model.sync_sessions import FlushResult, Reason, Spec, State, Status, Watches
from cstudiod.ports import Place
from cstudiod.supervise import Tasks
from cstudiod.sync import reasons
from cstudiod.sync.driver import Driver
from cstudiod.sync.inbox import Verb
from cstudiod.sync.mirror import Mirror
from cstudiod.sync.status import StatusBoard

_LOOK_SECONDS = 2.0
_WORST_FIRST = (
    State.HALTED,
    State.DISCONNECTED,
    State.CONNECTING,
    State.SCANNING,
    State.SYNCING,
    State.WATCHING,
    State.PAUSED,
)

ResolveAll = Callable[[Spec], Awaitable[Sequence[Place]]]
MakeMember = Callable[[Spec, str, Callable[[Status], None]], Driver]
"""Makes the driver of one replica: its spec, its name, who is told its status."""


class Fleet:
    """Drives a session that has several remote sides; to be used as a `Driver`."""

    def __init__(
        self,
        spec: Spec,
        *,
        board: StatusBoard,
        resolve_all: ResolveAll,
        make_member: MakeMember,
        clock: Callable[[], float],
    ) -> None:
        """`board` shows the status of all together."""
        self._spec = spec
        self._board = board
        self._resolve_all = resolve_all
        self._make_member = make_member
        self._clock = clock
        self._tasks = Tasks()
        self._members: dict[str, Driver] = {}
        self._statuses: dict[str, Status] = {}
        self._wake = asyncio.Event()

    # ------------------------------------------------- as a driver is used

    @property
    def spec(self) -> Spec:
        """What was asked for."""
        return self._spec

    @property
    def inbox(self) -> Fleet:
        """Verbs go to every member."""
        return self

    @property
    def mirror(self) -> Mirror | None:
        """The first connected member's mirror."""
        return next((one.mirror for one in self._members.values() if one.mirror), None)

    def use(self, spec: Spec) -> None:
        """Take a changed spec."""
        self._spec = spec
        for name, member in self._members.items():
            member.use(_member_spec(spec, name))
        self._wake.set()

    def accept(self) -> None:
        """Let every member go on."""
        for member in self._members.values():
            member.accept()

    def refusal(self, what: str, reason: str) -> StateError:
        """Return the error that says `what`, and in which state the session is."""
        return reasons.refusal(self._spec.name, self._board.status, what, reason)

    async def ask(self, verb: Verb, timeout_seconds: float) -> Any:
        """Run a verb in every member, one after another; return what they say together."""
        if not self._members:
            raise self.refusal("has no replica to do that in", "WRONG_STATE")
        results = [await one.inbox.ask(verb, timeout_seconds) for one in self._members.values()]
        return _together(results)

    # ------------------------------------------------------------------ life

    async def run(self) -> None:
        """Follow the workload's replicas until cancelled."""
        try:
            while True:
                self._wake.clear()
                if self._spec.paused:
                    await self._keep([])
                    self._board.state(State.PAUSED, watch=Watches())
                else:
                    await self._follow()
                try:
                    async with asyncio.timeout(_LOOK_SECONDS):
                        await self._wake.wait()
                except TimeoutError:
                    continue
        finally:
            await self._tasks.close()

    async def _follow(self) -> None:
        try:
            places = await self._resolve_all(self._spec)
        except TargetError as error:
            reason = Reason(
                code=error.reason, message=error.message, since=self._clock(), next=error.next
            )
            self._board.state(State.DISCONNECTED, reason, watch=Watches())
            return
        await self._keep([place.replica for place in places])
        self._show()

    async def _keep(self, names: Sequence[str]) -> None:
        for gone in self._members.keys() - set(names):
            await self._tasks.stop(gone)
            del self._members[gone]
            self._statuses.pop(gone, None)
        for name in names:
            if name not in self._members:
                member = self._make_member(_member_spec(self._spec, name), name, self._teller(name))
                self._members[name] = member
                self._tasks.start(name, member.run)

    def _teller(self, name: str) -> Callable[[Status], None]:
        def tell(status: Status) -> None:
            self._statuses[name] = status
            self._show()

        return tell

    def _show(self) -> None:
        if not self._statuses:
            return
        worst = min(self._statuses.values(), key=lambda one: _WORST_FIRST.index(one.state))
        every = list(self._statuses.values())
        self._board.state(
            worst.state,
            worst.reason,
            files=min(one.files for one in every),
            bytes=min(one.bytes for one in every),
            conflict_count=sum(one.conflict_count for one in every),
            problem_count=sum(one.problem_count for one in every),
            watch=worst.watch,
            endpoint=worst.endpoint,
            place=", ".join(one.place for one in every if one.place),
            last_synced=min((one.last_synced or 0.0 for one in every), default=0.0) or None,
            progress=worst.progress,
        )


def _member_spec(spec: Spec, name: str) -> Spec:
    target = dataclasses.replace(spec.target, pod=name, all_replicas=False)
    return dataclasses.replace(spec, target=target)


def _together(results: Sequence[Any]) -> Any:
    if isinstance(results[0], FlushResult):
        return FlushResult(
            in_step=all(one.in_step for one in results),
            conflict_count=sum(one.conflict_count for one in results),
            problem_count=sum(one.problem_count for one in results),
        )
    if isinstance(results[0], list):
        return [item for one in results for item in one]
    return results[0]
