"""The files of one studio: its zones as sync sessions, from the first start to its end.

A session is made once and paused while the studio is stopped, so that its trash and
what both sides agreed on outlive restarts; a container that is made anew is a fresh
replica to it (invariant 9).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstudio_sync.entries import Problem

from cstudiod.errors import CstudioError, NotFoundError, StateError, TargetError
from cstudiod.machines.launching import folder_of
from cstudiod.model.blueprints import Blueprint, StarterFile
from cstudiod.model.studios import Layout
from cstudiod.model.sync_sessions import (
    Exclusions,
    FlushResult,
    Keep,
    Mode,
    PlannedChange,
    Session,
    Spec,
    State,
    Status,
    Target,
)
from cstudiod.model.sync_sessions import Problem as SyncProblem
from cstudiod.model.zones import Zone, ZoneSync
from cstudiod.services.admission import STUDIO_LABEL
from cstudiod.services.sync_sessions import SyncSessions
from cstudiod.store.studios import StoredStudio
from cstudiod.sync.ledger import CHANGING
from cstudiod.zones import folders, starters
from cstudiod.zones.commits import Author, message
from cstudiod.zones.history import Histories
from cstudiod.zones.layout import Layout as ZoneLayout
from cstudiod.zones.layout import Whose

_log = logging.getLogger(__name__)

FLUSH_SECONDS = 60.0
RECONNECT_SECONDS = 15.0
_SLICE_SECONDS = 3.0
_AWAY = (State.DISCONNECTED, State.CONNECTING)
_LOST = frozenset(
    {
        *(Problem.UNREADABLE, Problem.NAME_REFUSED, Problem.CASE_CLASH, Problem.BUSY),
        CHANGING,
    }
)
"""What is the matter with files inside that nobody else has; links, sockets and such are not."""
_LOOK_SECONDS = 0.1


@dataclass(frozen=True, kw_only=True)
class ZoneView:
    """One zone of a studio."""

    zone: Zone
    local: str
    remote: str
    one_way: bool
    session: str = ""
    state: str = ""
    conflict_count: int = 0
    problem_count: int = 0


class StudioZones:
    """Makes folders and sessions, and brings files to and fro."""

    def __init__(self, sessions: SyncSessions, layout: ZoneLayout, histories: Histories) -> None:
        """All three are the daemon's."""
        self._sessions = sessions
        self._layout = layout
        self._histories = histories

    # ------------------------------------------------------------- folders

    def local(self, studio: StoredStudio, row: ZoneSync) -> Path:
        """Return a mapped zone's folder on this machine."""
        place = self._layout.place(row.zone, whose(studio))
        return (place.down(row.folder) if row.folder else place).path

    async def prepare(self, studio: StoredStudio, blueprint: Blueprint) -> None:
        """Make the folders of all zones.

        Raises:
            LocalRootError: one cannot be made.
        """
        for row in blueprint.sync:
            place = self._layout.place(row.zone, whose(studio))
            await asyncio.to_thread(folders.make, place.down(row.folder) if row.folder else place)

    async def put_starters(
        self, studio: StoredStudio, files: Sequence[StarterFile]
    ) -> Sequence[str]:
        """Put starter files in, never over anything; return a sentence for each that failed."""
        troubles = []
        for zone in dict.fromkeys(file.zone for file in files):
            place = self._layout.place(zone, whose(studio))
            chosen = [
                starters.Starter(path=one.path, content=one.content, executable=one.executable)
                for one in files
                if one.zone is zone
            ]
            copied = await asyncio.to_thread(starters.copy, place, chosen)
            troubles += [f"{zone.value}/{path}: {why}" for path, why in copied.failed]
        return troubles

    async def remove_folders(self, studio: StoredStudio) -> None:
        """Delete the folders of the studio's own zones, and no others."""
        for zone in (Zone.CODE_STUDIO_VERSIONED, Zone.CODE_STUDIO_RESOURCES):
            await asyncio.to_thread(folders.remove, self._layout.place(zone, whose(studio)))

    # ------------------------------------------------------------ sessions

    def names(self, studio: StoredStudio) -> list[str]:
        """Return the studio's sessions."""
        return [
            one.spec.name
            for one in self._sessions.all()
            if one.spec.labels.get(STUDIO_LABEL) == studio.uid
        ]

    async def connect(
        self,
        studio: StoredStudio,
        blueprint: Blueprint,
        layout: Layout,
        target: Callable[[str], Target],
    ) -> list[str]:
        """Make the sessions that are missing, let all go on, and return their names."""
        wanted = [
            self._spec(studio, row, number, target(folder_of(row, layout)))
            for number, row in enumerate(blueprint.sync)
        ]
        present = {name: self._sessions.get(name).spec for name in self.names(studio)}
        for name in present.keys() - {spec.name for spec in wanted}:
            await self._sessions.delete(name)
        for spec in wanted:
            there = present.get(spec.name)
            if there is not None and not _is_same(there, spec):
                await self._sessions.delete(spec.name)
                there = None
            if there is None:
                await self._sessions.create(spec)
            await self._sessions.resume(spec.name)
        return [spec.name for spec in wanted]

    def last_change(self, studio: StoredStudio) -> float:
        """Return when a file was last changed on either side, as Unix time; 0: not known."""
        sessions = [self._sessions.get(name) for name in self.names(studio)]
        return max((one.status.last_change for one in sessions), default=0.0)

    async def go_on(self, studio: StoredStudio) -> list[str]:
        """Let the sessions go on that there are, and return their names."""
        names = self.names(studio)
        for name in names:
            await self._sessions.resume(name)
        return names

    async def nudge(self, studio: StoredStudio) -> None:
        """Have sessions that wait for their next attempt try at once."""
        for name in self.names(studio):
            session = self._sessions.get(name)
            if session.status.state is State.DISCONNECTED and not session.spec.paused:
                await self._sessions.resume(name)

    async def in_step(self, names: Sequence[str], seconds: float) -> None:
        """Return when all of them are in step, conflicts and problems aside.

        Raises:
            StateError: TIMEOUT; the message names one that is not, and why.
        """
        try:
            async with asyncio.timeout(seconds):
                for name in names:
                    await self._flushed(name, seconds)
        except TimeoutError:
            raise self._late(names, seconds) from None

    async def _flushed(self, name: str, seconds: float) -> None:
        while True:
            if self._sessions.get(name).status.state is State.WATCHING:
                try:
                    await self._sessions.flush(name, seconds)
                    return
                except (StateError, TargetError) as error:
                    _log.info("%s: %s", name, error.message)
            await asyncio.sleep(_LOOK_SECONDS)

    def _late(self, names: Sequence[str], seconds: float) -> StateError:
        for name in names:
            status = self._sessions.get(name).status
            if status.state is not State.WATCHING:
                why = status.reason.message if status.reason else f"it is {status.state.value}"
                return StateError(
                    f"its files were not there within {seconds:.0f} s: {name}: {why}",
                    reason="TIMEOUT",
                    next=f"cstudio sync show {name}",
                )
        return StateError(f"its files were not there within {seconds:.0f} s", reason="TIMEOUT")

    async def bring_back(self, studio: StoredStudio) -> list[str]:
        """Copy what was written inside to the server; keep both versions of conflicts.

        Returns:
            A sentence for each path that cannot be brought back; empty: all is safe.

        Raises:
            CstudioError: a session is not connected, or took too long.
        """
        unsafe: list[str] = []
        for name in self.names(studio):
            spec = self._sessions.get(name).spec
            if spec.mode is Mode.ONE_WAY_REPLICA:
                continue
            if spec.paused:  # by somebody; what was written meanwhile counts all the same
                await self._sessions.resume(name)
            if (await self._finished(name)).conflict_count:
                await self._sessions.resolve(name, (), (), Keep.BOTH)
                await self._finished(name)
            unsafe += [told(problem) for problem in self._sessions.problems(name) if loses(problem)]
        return unsafe

    async def _finished(self, name: str) -> FlushResult:
        """Flush, also when the connection has to come back first; not for ever.

        Raises:
            CstudioError: it cannot be flushed, and why.
        """
        began = time.monotonic()
        end, last = began + RECONNECT_SECONDS, began + FLUSH_SECONDS
        while True:
            status = self._sessions.get(name).status
            state, late = status.state, time.monotonic() > end
            if state is State.HALTED or (state in _AWAY and (late or _is_ours(status))):
                raise self._sessions.refusal(name, "cannot be flushed")
            if state not in _AWAY:
                try:
                    # In slices: a session that halts meanwhile answers nobody.
                    return await self._sessions.flush(name, _SLICE_SECONDS)
                except TargetError:
                    if late:
                        raise
                except StateError as error:
                    if error.reason != "TIMEOUT" or time.monotonic() > last:
                        raise
            await asyncio.sleep(_LOOK_SECONDS)

    async def record(self, studio: StoredStudio, blueprint: Blueprint, login: str) -> list[str]:
        """Commit what changed in versioned zones; return a sentence for each that failed."""
        troubles = []
        for zone in dict.fromkeys(row.zone for row in blueprint.sync if row.zone.is_versioned):
            text = message(zone, studio.spec.name, studio.spec.project)
            try:
                await self._histories.record(zone, whose(studio), Author(login=login), text)
            except CstudioError as error:
                troubles.append(f"{zone.value}: {error.message}")
        return troubles

    async def pause(self, studio: StoredStudio) -> None:
        """Stop syncing; the sessions stay."""
        for name in self.names(studio):
            await self._sessions.pause(name)

    async def delete(self, studio: StoredStudio) -> None:
        """Forget the sessions."""
        for name in self.names(studio):
            await self._sessions.delete(name)

    # --------------------------------------------------------- single shots

    async def once(
        self, studio: StoredStudio, work: str, zones: Sequence[str], *, dry_run: bool
    ) -> list[tuple[str, PlannedChange]]:
        """Push, pull or reset zones (none named: all); return (zone, change) for each."""
        shots = {
            "push": self._sessions.push,
            "pull": self._sessions.pull,
            "reset": self._sessions.reset,
        }
        done: list[tuple[str, PlannedChange]] = []
        for session in self._chosen(studio, zones):
            zone = session.spec.labels["zone"]
            if work == "pull" and session.spec.mode is Mode.ONE_WAY_REPLICA:
                continue
            plan = await shots[work](session.spec.name, validate_only=dry_run)
            done += [(zone, change) for change in plan]
        return done

    def _chosen(self, studio: StoredStudio, zones: Sequence[str]) -> list[Session]:
        found = [self._sessions.get(name) for name in self.names(studio)]
        for zone in zones:
            if zone not in {one.spec.labels["zone"] for one in found}:
                raise NotFoundError(
                    f"studio `{studio.spec.name}` has no zone `{zone}`",
                    next=f"cstudio studio zones {studio.spec.name}",
                )
        return [one for one in found if not zones or one.spec.labels["zone"] in zones]

    # ------------------------------------------------------------- showing

    def statuses(self, studio: StoredStudio) -> list[Status]:
        """Return how its sessions are now."""
        return [self._sessions.get(name).status for name in self.names(studio)]

    def views(
        self, studio: StoredStudio, blueprint: Blueprint, layout: Layout
    ) -> tuple[ZoneView, ...]:
        """Return all zones as they are now."""
        sessions: Mapping[str, Session] = {
            name: self._sessions.get(name) for name in self.names(studio)
        }
        views = []
        for number, row in enumerate(blueprint.sync):
            session = sessions.get(_name(studio, row, number))
            # Of one that runs, somebody paused it: they have to see which one to resume.
            runs = studio.was_ready and studio.wants_running
            is_live = session is not None and (runs or not session.spec.paused)
            views.append(
                ZoneView(
                    zone=row.zone,
                    local=str(self.local(studio, row)),
                    remote=folder_of(row, layout),
                    one_way=row.one_way,
                    session=session.spec.name if session and is_live else "",
                    state=session.status.state.value if session and is_live else "",
                    conflict_count=session.status.conflict_count if session else 0,
                    problem_count=session.status.problem_count if session else 0,
                )
            )
        return tuple(views)

    def _spec(self, studio: StoredStudio, row: ZoneSync, number: int, target: Target) -> Spec:
        return Spec(
            name=_name(studio, row, number),
            local=str(self.local(studio, row)),
            target=target,
            mode=Mode.ONE_WAY_REPLICA if row.one_way else Mode.TWO_WAY_SAFE,
            exclusions=Exclusions(patterns=row.exclude, defaults=row.default_excludes),
            create=True,
            paused=True,
            labels={STUDIO_LABEL: studio.uid, "studio": studio.spec.name, "zone": row.zone.value},
        )


def loses(problem: SyncProblem) -> bool:
    """Tell whether the end of the container loses a file by a problem."""
    return problem.side != "remote" or problem.reason in _LOST


def told(problem: SyncProblem) -> str:
    """Return a problem as a sentence."""
    path = problem.path.decode("utf-8", "replace")
    return f"{path}: {problem.detail or problem.reason.replace('_', ' ')}"


def _is_ours(status: Status) -> bool:
    """Tell whether a session is held up by this machine: nothing comes back by itself."""
    return status.reason is not None and status.reason.code.startswith("LOCAL_")


def whose(studio: StoredStudio) -> Whose:
    """Return whose zones a studio has."""
    return Whose(
        project=studio.spec.project,
        studio=studio.zones_of or studio.uid,
        library=studio.library,
        user=studio.spec.owner,
    )


def _name(studio: StoredStudio, row: ZoneSync, number: int) -> str:
    return f"studio-{studio.uid}-{number}-{row.zone.value.replace('_', '-')}"


def _is_same(there: Spec, wanted: Spec) -> bool:
    return (
        there.local == wanted.local
        and there.target == wanted.target
        and there.mode is wanted.mode
        and there.exclusions == wanted.exclusions
    )
