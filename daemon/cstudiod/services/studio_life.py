"""The life of one studio: up as long as it is wanted, down when it is not.

One task a studio is the only one that starts and ends it. What was asked for is in
the store, so a daemon that comes back finds its studios and goes on. A start that
cannot work ends early with its reason; a stop that would lose something does not
happen unless it is told to.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
import secrets
import socket
from collections.abc import AsyncIterator, Callable, Mapping

from cstudiod.errors import CstudioError, StateError, TargetError
from cstudiod.machines import launching
from cstudiod.machines.launching import Surroundings
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.studios import Observation, Phase, Reason, StudioState
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import StudioRuntime
from cstudiod.services.identity import Caller
from cstudiod.services.studio_tools import StartFailed, Tools, ended, first_of, removed
from cstudiod.services.templates import TemplateView
from cstudiod.store.studios import StoredStudio

_log = logging.getLogger(__name__)

_AGAIN_SECONDS = 1.0
_LOOK_SECONDS = 0.05
_WATCH_AGAIN_SECONDS = 2.0
_REMOVE_GRACE_SECONDS = 10.0
_GO = 'umask 077; printf %s "$1" >"$2/go.new" && mv "$2/go.new" "$2/go"'


class Life:
    """Runs one studio until it is cancelled."""

    def __init__(
        self, studio: StoredStudio, tools: Tools, save: Callable[[StoredStudio], None]
    ) -> None:
        """`save` stores the studio and tells watchers; called at every change."""
        self.studio = studio
        self.stage = ""
        self.observation: Observation | None = None
        self.discard = False
        self._again = False
        self._tools = tools
        self._save = save
        self._wake = asyncio.Event()
        self._phase = StudioState.STARTING if studio.is_up else StudioState.STOPPED

    @property
    def state(self) -> StudioState:
        """What its users see."""
        return self._phase

    # -------------------------------------------------------------- orders

    def start(self, *, debug: bool = False) -> None:
        """Want it up."""
        if not self.studio.wants_running:
            self._set(wants_running=True, is_debug=debug, reason=None)
        self._wake.set()

    def stop(self, *, discard: bool = False) -> None:
        """Want it down."""
        self.discard = discard
        if self.studio.wants_running or self.studio.is_up:
            self._set(wants_running=False)
        self._wake.set()

    def start_again(self) -> None:
        """Once it is down, want it up."""
        self._again = True
        self._wake.set()

    def keep_alive(self, seconds: float) -> None:
        """Do not stop it for being idle before so many seconds have passed."""
        self._set(keep_until=self._tools.clock() + seconds)

    def note(self, **changes: object) -> None:
        """Change what is stored of it."""
        self._set(**changes)

    async def settled(self) -> None:
        """Return when it is down, or is up because it could not be taken down."""
        while self.state is not StudioState.STOPPED or self.studio.is_up:
            if self.state is StudioState.RUNNING and self.studio.wants_running:
                return
            await asyncio.sleep(_LOOK_SECONDS)

    # ---------------------------------------------------------------- life

    async def run(self) -> None:
        """Bring the studio where it is wanted, and keep it there; ends by cancellation."""
        while True:
            self._wake.clear()
            if self.studio.wants_running:
                await self._until_unwanted()
            elif self.studio.is_up:
                await self._take_down()
            elif self._again:
                self._again = False
                self._set(wants_running=True, reason=None)
            else:
                self._enter(StudioState.STOPPED)
                await self._wake.wait()

    async def _until_unwanted(self) -> None:
        """Be up until that fails or the studio is not wanted any more."""
        async with asyncio.TaskGroup() as group:
            working = group.create_task(self._guarded())
            waiting = group.create_task(self._unwanted())
            await asyncio.wait({working, waiting}, return_when=asyncio.FIRST_COMPLETED)
            working.cancel()
            waiting.cancel()

    async def _unwanted(self) -> None:
        while self.studio.wants_running:
            await self._wake.wait()
            self._wake.clear()

    async def _guarded(self) -> None:
        try:
            await self._be_up()
        except* StartFailed as group:
            await self._failed(first_of(group).reason)
        except* CstudioError as group:
            error = first_of(group)
            await self._failed(
                Reason(
                    code=error.reason.lower(),
                    message=error.message,
                    next=error.next,
                    evidence=str(error.metadata.get("evidence", "")),
                )
            )
        except* Exception as group:  # one studio's bug does not end the others
            _log.exception("studio %s: a bug", self.studio.spec.name)
            what = f"{type(group.exceptions[0]).__name__}: {group.exceptions[0]}"[:300]
            await self._failed(
                Reason(code="bug", message=f"cstudio made a mistake ({what}); the log says more")
            )

    # ------------------------------------------------------------------ up

    async def _be_up(self) -> None:
        view = self._tools.templates.get(self.studio.spec.template)
        if self.studio.is_up and await self._adopted():
            _log.info("studio %s: adopted", self.studio.spec.name)
        else:
            self._enter(StudioState.STARTING, "looking at the template")
            await self._spawn(view)
        await self._keep(view.blueprint)

    async def _adopted(self) -> bool:
        """Tell whether it still runs from what it was spawned from."""
        seen = await self._tools.runtime(self.studio).observe(self.studio.uid)
        return seen.phase not in (Phase.ABSENT, Phase.ENDED) and (
            seen.launch_hash == self.studio.hash
        )

    async def _spawn(self, view: TemplateView) -> None:
        tools, studio = self._tools, self.studio
        spec, blueprint = studio.spec, view.blueprint
        self._enter(StudioState.STARTING, "building what it runs in")
        owner = Caller(login=spec.owner, is_admin=True)
        build = await tools.builds.ensure(
            owner, view, spec.runtime, registry=tools.registry(studio)
        )
        self._enter(StudioState.STARTING, "preparing its zones")
        await tools.zones.prepare(studio, blueprint)
        runtime = tools.runtime(studio)
        listen = _free_ports(blueprint) if spec.runtime is RuntimeKind.LOCAL else {}
        image = "" if spec.runtime is RuntimeKind.LOCAL else build.digest or build.reference
        hold = secrets.token_hex(8)
        around = Surroundings(
            layout=runtime.layout(studio.uid),
            image=image,
            venvs=build.venvs,
            listen=listen,
            has_nginx=runtime.capabilities.has_nginx,
        )
        spawn = launching.spawn(studio.uid, spec, blueprint, around, hold)
        self._set(
            is_up=True,
            let_go="",
            hold=hold,
            hash=spawn.hash,
            image=image,
            listen=listen,
            template_uid=view.stored.uid,
            template_generation=view.stored.generation,
        )
        self._enter(StudioState.STARTING, "starting")
        await runtime.spawn(spawn)

    async def _keep(self, blueprint: Blueprint) -> None:
        """Follow the studio; bring files to every incarnation of it."""
        kubernetes = blueprint.launch.kubernetes
        limit = (kubernetes.start_minutes + kubernetes.initial_sync_minutes) * 60
        async with asyncio.TaskGroup() as group:
            bringing = group.create_task(self._bring_files(blueprint))
            deadline = group.create_task(self._deadline(limit))
            async for seen in self._observations():
                self.observation = seen
                await self._take(seen)
                if seen.phase is Phase.READY:
                    deadline.cancel()
                if seen.phase is Phase.ENDED:
                    raise StartFailed(seen.reason or ended())
                if seen.incarnation not in ("", self.studio.let_go) and bringing.done():
                    bringing = group.create_task(self._bring_files(blueprint))

    async def _take(self, seen: Observation) -> None:
        """Show what was seen."""
        if seen.phase is Phase.READY:
            self._set(reason=None)
            self._enter(StudioState.RUNNING)
        elif self._phase is StudioState.STARTING:
            if seen.reason is not None and seen.reason.fatal:
                raise StartFailed(seen.reason)
            if seen.stage and (self.studio.let_go or not seen.incarnation):
                self._enter(StudioState.STARTING, seen.stage)
            if seen.incarnation and seen.incarnation != self.studio.let_go:
                await self._tools.zones.nudge(self.studio)
        elif seen.reason != self.studio.reason:
            self._set(reason=seen.reason)

    async def _deadline(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen = self.observation
        if seen is not None and seen.reason is not None:
            raise StartFailed(seen.reason)
        raise StartFailed(
            Reason(
                code="readiness_timeout",
                message=f"it was not ready within {seconds / 60:g} minutes",
                evidence=seen.stage if seen else "",
                next=f"cstudio studio logs {self.studio.spec.name}",
            )
        )

    async def _observations(self) -> AsyncIterator[Observation]:
        runtime = self._tools.runtime(self.studio)
        is_first = True
        while True:
            try:
                async for seen in runtime.watch(self.studio.uid):
                    if seen.phase is not Phase.ABSENT:
                        yield seen
                yield Observation(phase=Phase.ENDED, reason=removed())
                return
            except TargetError as error:
                if is_first and error.permanent:
                    raise
                _log.info("studio %s: %s", self.studio.spec.name, error.message)
                await asyncio.sleep(_WATCH_AGAIN_SECONDS)
            is_first = False

    async def _bring_files(self, blueprint: Blueprint) -> None:
        """Bring the zones in, then let the programs start."""
        tools, studio = self._tools, self.studio
        runtime = tools.runtime(studio)
        layout = runtime.layout(studio.uid)
        if self._phase is StudioState.STARTING:
            self._enter(StudioState.STARTING, "copying its files in")
        names = await tools.zones.connect(
            studio, blueprint, layout, lambda path: runtime.target(studio.uid, path)
        )
        seconds = blueprint.launch.kubernetes.initial_sync_minutes * 60
        try:
            await tools.zones.in_step(names, seconds)
        except StateError as error:
            raise StartFailed(
                Reason(code="initial_sync_timeout", message=error.message, next=error.next)
            ) from error
        self._set(let_go=await self._let_go(runtime))
        if self._phase is StudioState.STARTING:
            self._enter(StudioState.STARTING, "starting its programs")

    async def _let_go(self, runtime: StudioRuntime) -> str:
        """Tell the runner that the files are there; return whom it was told."""
        layout, uid = runtime.layout(self.studio.uid), self.studio.uid
        target = runtime.target(uid, layout.workdir)
        command = ("sh", "-c", _GO, "sh", self.studio.hold, layout.state)
        while True:
            before = await runtime.observe(uid)
            try:
                async with self._tools.open_command(target, command) as channel:
                    await channel.end_input()
                    ended = await channel.wait()
                if ended.code == 0:
                    return before.incarnation
                _log.info("studio %s: go: %s", self.studio.spec.name, channel.stderr_tail())
            except TargetError as error:
                _log.info("studio %s: go: %s", self.studio.spec.name, error.message)
            await asyncio.sleep(_AGAIN_SECONDS)

    async def _failed(self, reason: Reason) -> None:
        """End a start, or a run, with its reason."""
        _log.info("studio %s: %s", self.studio.spec.name, reason.message)
        if self.studio.is_debug:
            self._set(reason=reason)
            self._enter(StudioState.RUNNING, "failed, kept up for a look")
            await asyncio.Event().wait()
        self._set(wants_running=False, reason=reason)
        self.discard = True
        self._enter(StudioState.STOPPING, "ending what failed")
        await self._remove()

    # ---------------------------------------------------------------- down

    async def _take_down(self) -> None:
        """Bring files back, then end it; or do neither, and say why."""
        self._enter(StudioState.STOPPING, "copying its files back")
        tools, studio = self._tools, self.studio
        trouble = ""
        if studio.let_go and not self._has_ended():
            try:
                trouble = "; ".join((await tools.zones.bring_back(studio))[:5])
            except CstudioError as error:
                trouble = error.message
        if trouble and not self.discard:
            reason = Reason(
                code="unsynced",
                message=f"not stopped, for this would be lost: {trouble}",
                next=f"cstudio studio stop {studio.spec.name} --discard",
                fatal=False,
            )
            self._set(wants_running=True, reason=reason)
            self._enter(StudioState.RUNNING)
            return
        self._set(reason=None)
        await self._remove()

    def _has_ended(self) -> bool:
        return self.observation is not None and self.observation.phase is Phase.ENDED

    async def _remove(self) -> None:
        tools, studio = self._tools, self.studio
        with contextlib.suppress(CstudioError):
            blueprint = tools.templates.get(studio.spec.template).blueprint
            for trouble in await tools.zones.record(studio, blueprint, studio.spec.owner):
                _log.warning("studio %s: %s", studio.spec.name, trouble)
        await tools.zones.pause(studio)
        self._enter(StudioState.STOPPING, "ending its programs")
        while True:
            try:
                await tools.runtime(studio).remove(studio.uid, grace_seconds=_REMOVE_GRACE_SECONDS)
                break
            except TargetError as error:
                if self.discard:
                    _log.warning("studio %s: %s", studio.spec.name, error.message)
                    break
                self._enter(StudioState.STOPPING, error.message)
                await asyncio.sleep(_WATCH_AGAIN_SECONDS)
        self.observation = None
        self._set(is_up=False, is_debug=False, let_go="")
        self._enter(StudioState.STOPPED)

    # ------------------------------------------------------------- telling

    def _enter(self, state: StudioState, stage: str = "") -> None:
        if (self._phase, self.stage) == (state, stage):
            return
        changed = self._phase is not state
        self._phase, self.stage = state, stage
        self._set(**({"state_time": self._tools.clock()} if changed else {}))

    def _set(self, **changes: object) -> None:
        self.studio = dataclasses.replace(self.studio, **changes)  # type: ignore[arg-type]
        self._save(self.studio)


def _free_ports(blueprint: Blueprint) -> Mapping[int, int]:
    """Return where each server shall listen: many studios share this machine."""
    found: dict[int, int] = {}
    with contextlib.ExitStack() as held:
        for port in blueprint.launch.ports:
            taken = held.enter_context(socket.socket())
            taken.bind(("127.0.0.1", 0))
            found[port.port] = taken.getsockname()[1]
    return found
