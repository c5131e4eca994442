"""Use cases of actions: command lines that run in studios, followed by several, kept."""

from __future__ import annotations

import asyncio
import dataclasses
import enum
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cstudiod.errors import CstudioError, NotFoundError
from cstudiod.machines import launching
from cstudiod.model.blueprints import Action
from cstudiod.ports import Channel
from cstudiod.services import identity, run_output
from cstudiod.services.commands import Command, Commands, checked
from cstudiod.services.identity import Caller
from cstudiod.services.run_output import STDERR, STDOUT, Output, Piece
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_sight import may_see
from cstudiod.services.studios import Studios
from cstudiod.services.templates import Templates
from cstudiod.store.history import History
from cstudiod.supervise import Tasks

_END_SECONDS = 5.0
_PIECES_TOGETHER = 100


class RunState(enum.Enum):
    """What became of a run."""

    RUNNING = "RUNNING"
    ENDED = "ENDED"
    TIMED_OUT = "TIMED_OUT"
    CANCELLED = "CANCELLED"
    LOST = "LOST"


@dataclass(frozen=True, kw_only=True)
class Run:
    """One run of an action, or of any command."""

    id: str
    studio_uid: str
    studio: str
    project: str
    action: str
    command: tuple[str, ...]
    requester: str
    start_time: float
    state: RunState = RunState.RUNNING
    exit_status: int = 0
    detail: str = ""
    end_time: float = 0.0
    output_bytes: int = 0
    dropped_bytes: int = 0


class _Live:
    def __init__(self, run: Run, output: Output) -> None:
        self.run = run
        self.output = output
        self.is_cancelled = False


class Actions:
    """All runs of this daemon."""

    def __init__(
        self,
        *,
        folder: Path,
        history: History,
        studios: Studios,
        templates: Templates,
        commands: Commands,
        tasks: Tasks,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`folder` keeps the output."""
        self._folder = folder
        self._history = history
        self._studios = studios
        self._templates = templates
        self._commands = commands
        self._tasks = tasks
        self._clock = clock
        self._live: dict[str, _Live] = {}
        self._ended: dict[str, Run] = {}
        for number, _, value in history.all():
            run = _from_plain(f"r{number}", value)
            self._ended[run.id] = run

    def list(self, caller: Caller, name: str, project: str = "") -> tuple[Action, ...]:
        """Return the actions of a studio's template."""
        life = self._studios.life(caller, name, project)
        identity.must_own_or_administer(caller, name, life.studio.spec.owner, "see the actions of")
        return self._templates.get(life.studio.spec.template).blueprint.actions

    async def run(
        self,
        caller: Caller,
        name: str,
        project: str = "",
        *,
        action: str = "",
        command: Sequence[str] = (),
        folder: str = "",
        timeout_seconds: float = 0.0,
    ) -> Run:
        """Start a run.

        Raises:
            NotFoundError: the template has no such action.
            StateError: the studio does not run.
        """
        life = self._studios.enter(caller, name, project)
        spec = life.studio.spec
        known = self._action(life, action) if action else None
        words = self._line(life, known) if known else checked(command)
        self._studios.must_run(life)
        run = Run(
            id="",
            studio_uid=life.studio.uid,
            studio=spec.name,
            project=spec.project,
            action=action,
            command=words,
            requester=caller.login,
            start_time=self._clock(),
        )
        run = dataclasses.replace(run, id=f"r{self._history.begin(life.studio.uid, _plain(run))}")
        live = _Live(run, Output(self._path(run.id)))
        self._live[run.id] = live
        seconds = timeout_seconds or (known.timeout_seconds if known else 0.0)
        where = self._commands.folder(life, folder)
        self._tasks.start(
            f"run {run.id}",
            lambda: self._perform(
                life, live, Command(id=run.id, words=words, folder=where), seconds
            ),
        )
        return run

    def get(self, caller: Caller, id: str) -> Run:
        """Return one run, without its output."""
        run, owner = self._find(id)
        identity.must_own_or_administer(caller, run.studio, owner, "see the runs of")
        return run

    def all(self, caller: Caller, name: str = "", project: str = "") -> Sequence[Run]:
        """Return runs, the newest first: of the caller's studios; administrators see all."""
        uid = self._studios.get(caller, name, project).stored.uid if name else ""
        found = [*(live.run for live in self._live.values()), *self._ended.values()]
        chosen = [
            one
            for one in found
            if uid in ("", one.studio_uid)
            and project in ("", one.project)
            and may_see(caller, self._owner(one))
        ]
        return sorted(chosen, key=lambda one: int(one.id[1:]), reverse=True)

    async def follow(self, caller: Caller, id: str) -> AsyncIterator[Piece]:
        """Yield a run's output from its start to its end, to the owner of its studio."""
        run, owner = self._find(id)
        identity.must_own(caller, run.studio, owner)
        live = self._live.get(id)
        if live is None:
            for piece in run_output.read(self._path(id)):
                yield piece
        else:
            async for pieces in live.output.pieces.follow(_PIECES_TOGETHER):
                for piece in pieces:
                    yield piece

    async def cancel(self, caller: Caller, id: str) -> Run:
        """End a run; nothing happens to one that has ended."""
        run, owner = self._find(id)
        identity.must_own_or_administer(caller, run.studio, owner, "end the runs of")
        live, life = self._live.get(id), self._studios.life_of(run.studio_uid)
        if live is not None and life is not None:
            live.is_cancelled = True
            await self._commands.end(life, id)
            await self._over(live)
        return self._find(id)[0]

    async def _over(self, live: _Live) -> None:
        try:
            async with asyncio.timeout(_END_SECONDS):
                await live.output.pieces.ended()
        except TimeoutError:
            await self._tasks.stop(f"run {live.run.id}")

    # ----------------------------------------------------------- internals

    def _find(self, id: str) -> tuple[Run, str]:
        """Return a run and the owner of its studio; it is gone when the studio is."""
        live = self._live.get(id)
        run = live.run if live else self._ended.get(id)
        owner = self._owner(run) if run else ""
        if run is None or not owner:
            raise NotFoundError(f"there is no run `{id}`", next="cstudio action history STUDIO")
        return run, owner

    def _owner(self, run: Run) -> str:
        """Return who owns a run's studio, now; empty when it was deleted.

        By uid: another studio may have its name since, and another owner.
        """
        life = self._studios.life_of(run.studio_uid)
        return life.studio.spec.owner if life else ""

    def _action(self, life: Life, name: str) -> Action:
        actions = self._templates.get(life.studio.spec.template).blueprint.actions
        for one in actions:
            if one.name == name:
                return one
        known = ", ".join(one.name for one in actions) or "none"
        raise NotFoundError(
            f"studio `{life.studio.spec.name}` has no action `{name}`; it has: {known}",
            next=f"cstudio action run {life.studio.spec.name} -- COMMAND",
            action=name,
        )

    def _line(self, life: Life, action: Action) -> tuple[str, ...]:
        blueprint = self._templates.get(life.studio.spec.template).blueprint
        around = self._commands.around(life)
        return ("/bin/sh", "-c", launching.filled_for_shell(action.command, blueprint, around))

    async def _perform(self, life: Life, live: _Live, command: Command, seconds: float) -> None:
        state, status, detail = RunState.LOST, 0, "the daemon ended"
        try:
            async with asyncio.timeout(seconds or None):
                async with self._commands.open(life, command) as channel:
                    status, detail = await _drain(channel, live)
            state = RunState.ENDED if not detail else RunState.LOST
        except TimeoutError:
            state, detail = RunState.TIMED_OUT, f"it took longer than {seconds:g} s"
            await self._commands.end(life, command.id)
        except CstudioError as error:
            detail = error.message
        finally:
            if live.is_cancelled:
                state, detail = RunState.CANCELLED, ""
            self._end(live, state, status, detail)

    def _end(self, live: _Live, state: RunState, status: int, detail: str) -> None:
        live.output.close()
        run = dataclasses.replace(
            live.run,
            state=state,
            exit_status=status,
            detail=detail,
            end_time=self._clock(),
            output_bytes=live.output.size,
            dropped_bytes=live.output.dropped,
        )
        live.run = run
        self._history.put(int(run.id[1:]), _plain(run))
        self._ended[run.id] = run
        self._live.pop(run.id, None)
        for number in self._history.drop_old(run.studio_uid):
            self._ended.pop(f"r{number}", None)
            self._path(f"r{number}").unlink(missing_ok=True)
        live.output.pieces.end()

    def _path(self, id: str) -> Path:
        return self._folder / f"{id}.out"


async def _drain(channel: Channel, live: _Live) -> tuple[int, str]:
    """Take all output; return the exit status, and why there is none."""
    channel.hear_stderr(lambda data: live.output.add(STDERR, data))
    await channel.end_input()
    while data := await channel.read():
        live.output.add(STDOUT, data)
    ended = await channel.wait()
    if ended.code is None:
        return 0, ended.reason or "the connection to it was lost"
    return ended.code, ""


def _plain(run: Run) -> dict[str, Any]:
    values = dataclasses.asdict(run)
    values["state"] = run.state.value
    del values["id"]
    return values


def _from_plain(id: str, value: dict[str, Any]) -> Run:
    values = dict(value)
    state = RunState(values.pop("state"))
    if state is RunState.RUNNING:
        state = RunState.LOST
        values["detail"] = "the daemon ended in the middle of it"
    return Run(id=id, state=state, command=tuple(values.pop("command")), **values)
