"""The life of one studio: up as long as it is wanted, down when it is not.

One task a studio is the only one that starts and ends it. What was asked for is in
the store, so a daemon that comes back finds its studios and goes on. A start that
cannot work ends early with its reason; what ended by itself after it had been ready
is started again; a stop that would lose something does not happen unless it is told
to.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import logging
from collections.abc import Callable, Sequence

from cstudiod.errors import CstudioError, TargetError
from cstudiod.model.studios import Observation, Phase, Reason, StudioState
from cstudiod.ports import StudioRuntime
from cstudiod.services import studio_files, studio_looks, studio_orders, studio_steps, studio_tools
from cstudiod.services.build_records import Build
from cstudiod.services.identity import Caller
from cstudiod.services.studio_tools import StartFailed, Tools, first_of
from cstudiod.services.templates import TemplateView
from cstudiod.store.studios import StoredStudio
from cstudiod.supervise import apart

_log = logging.getLogger(__name__)

_LOOK_SECONDS = 0.05


class Life:
    """Runs one studio until it is cancelled."""

    def __init__(
        self, studio: StoredStudio, tools: Tools, save: Callable[[StoredStudio], None]
    ) -> None:
        """`save` stores the studio and tells watchers; called at every change."""
        self.studio = studio
        self.stage, self.step = "", ""
        self.build: Build | None = None
        self.observation: Observation | None = None
        self._tools = tools
        self._save = save
        self._actor = studio.spec.owner
        """Who is named in commits: whoever stopped it."""
        self._wake = asyncio.Event()
        self._news = asyncio.Event()
        self._discards = asyncio.Event()
        self._why: Reason | None = None
        self._refusal: Reason | None = None
        """Why it was not stopped when that was asked for last."""
        self._ends: list[float] = []
        self._phase = studio_looks.first_phase(studio)

    @property
    def state(self) -> StudioState:
        """What its users see."""
        return self._phase

    # -------------------------------------------------------------- orders

    def start(self, *, debug: bool = False) -> None:
        """Want it up."""
        self._refusal = None
        if not self.studio.wants_running:
            self._set(wants_running=True, is_debug=debug, reason=None)
        self._wake.set()

    def stop(self, *, discard: bool = False, by: str = "", why: Reason | None = None) -> None:
        """Want it down; `discard`: although files are lost by that; `why` is told then."""
        self._actor, self._why = by or self._actor, why
        self._refusal = None
        if discard:
            self._discards.set()
        else:
            self._discards.clear()
        if self.studio.wants_running or self.studio.wants_again:
            self._set(wants_running=False, wants_again=False, reason=None)
        self._wake.set()

    def start_again(self) -> None:
        """Once it is down, want it up."""
        self._set(wants_again=True)
        self._wake.set()

    def note(self, **changes: object) -> None:
        """Change what is stored of it."""
        self._set(**changes)

    async def settled(self) -> None:
        """Return when it is down, or is up because it could not be taken down."""
        while self.state is not StudioState.STOPPED or self.studio.is_up:
            if self.studio.wants_running:
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
                await self._taken_down()
            elif self.studio.wants_again:
                self._set(wants_again=False, wants_running=True, reason=None)
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
        """Be up; whatever ends that becomes the studio's reason."""
        reason: Reason | None = None
        try:
            await apart(self._be_up)
        except* StartFailed as group:
            reason = first_of(group).reason
        except* CstudioError as group:
            reason = reason or studio_tools.of_error(first_of(group))
        except* Exception as group:  # one studio's bug does not end the others
            _log.exception("studio %s: a bug", self.studio.spec.name)
            reason = reason or studio_tools.bug(first_of(group))
        if reason is not None:
            await self._failed(reason)

    async def _be_up(self) -> None:
        """Find it running, or start it; then keep it."""
        if not (self.studio.is_up and await self._adopted()):
            self._enter(StudioState.STARTING, studio_steps.LOOKING)
            await self._spawn(self._view())
        await self._keep(self._view())

    async def _adopted(self) -> bool:
        """Tell whether it still runs from what it was spawned from, or runs again now."""
        studio, seconds = self.studio, self._tools.timing.watch_again
        seen = await studio_looks.observed(self._runtime, studio.uid, self._told, seconds)
        if seen.phase is Phase.ABSENT or seen.launch_hash != studio.hash:
            return False
        if seen.phase is Phase.ENDED:
            if not studio.was_ready or studio_looks.is_port_taken(seen):
                return False
            await studio_looks.revived(self._runtime, studio.uid, self._told, seconds)
        self.observation = seen
        _log.info("studio %s: adopted", studio.spec.name)
        return True

    async def _spawn(self, view: TemplateView) -> None:
        """Build, prepare and order it."""
        tools, spec = self._tools, self.studio.spec
        self._enter(StudioState.STARTING, studio_steps.BUILDING)
        owner = Caller(login=spec.owner, is_admin=True)
        build = await tools.builds.ensure(
            owner, view, spec.runtime, registry=tools.registry(self.studio), told=self._builds
        )
        self._enter(StudioState.STARTING, studio_steps.PREPARING)
        await tools.zones.prepare(self.studio, view.blueprint)
        await self._put_starters(view)
        made = dataclasses.replace(
            self.studio,
            **studio_orders.fresh(self.studio, view.blueprint, build),  # type: ignore[arg-type]
            template_uid=view.stored.uid,
            template_generation=view.stored.generation,
        )
        order = studio_orders.order(tools, made, view.blueprint)
        self.observation = None
        self.studio = dataclasses.replace(made, hash=order.hash, is_up=True)
        self._enter(StudioState.STARTING, studio_steps.PLACING)
        await self._runtime.spawn(order)

    async def _put_starters(self, view: TemplateView) -> None:
        """Make up for a creation that was cut short."""
        if not self.studio.has_starters:
            files = view.blueprint.creation
            troubles = await self._tools.zones.put_starters(self.studio, files)
            self._set(has_starters=not troubles)

    async def _keep(self, view: TemplateView) -> None:
        """Follow the studio; bring files to every incarnation of it."""
        kubernetes = view.blueprint.launch.kubernetes
        limit = (kubernetes.start_minutes + kubernetes.initial_sync_minutes) * 60
        sight = studio_looks.observations(
            self._runtime, self.studio.uid, self._told, self._tools.timing.watch_again
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(self._carry(view))
            deadline = group.create_task(self._deadline(limit))
            async with contextlib.aclosing(sight) as looks:
                async for seen in looks:
                    self.observation = seen
                    self._news.set()
                    if seen.phase is Phase.READY or self.studio.was_ready:
                        deadline.cancel()
                    await self._take(seen)

    async def _take(self, seen: Observation) -> None:
        """Show what was seen, and answer an end."""
        name, reason = self.studio.spec.name, seen.reason
        if seen.phase is Phase.ABSENT:
            raise StartFailed(studio_tools.removed(name))
        if seen.phase is Phase.ENDED:
            await self._start_again(seen)
        elif seen.phase is Phase.READY:
            self._set(reason=self._refusal, was_ready=True)
            self._enter(StudioState.RUNNING)
        elif self._phase is StudioState.STARTING:
            if reason is not None and reason.fatal:
                raise StartFailed(reason)
            if seen.stage and (self.studio.let_go or not seen.incarnation):
                self._enter(StudioState.STARTING, studio_looks.stage_of(seen))
            if seen.incarnation and seen.incarnation != self.studio.let_go:
                await self._tools.zones.nudge(self.studio)
        else:
            self._set(reason=reason or self._refusal)

    async def _start_again(self, seen: Observation) -> None:
        """Start again what was ready and ended by itself, with the files it has.

        It is what it was also when its template moved on since.
        """
        tools, studio = self._tools, self.studio
        reason = seen.reason or studio_tools.ended(studio.spec.name)
        now, timing = tools.clock(), tools.timing
        self._ends = [end for end in self._ends if now - end < timing.crash_seconds] + [now]
        if not studio.was_ready or len(self._ends) > timing.crashes:
            raise StartFailed(reason)
        self._set(reason=dataclasses.replace(reason, fatal=False))
        await asyncio.sleep(timing.again)
        _log.info("studio %s: starting again: %s", studio.spec.name, reason.message)
        await studio_looks.revived(self._runtime, studio.uid, self._told, timing.watch_again)

    async def _deadline(self, seconds: float) -> None:
        await asyncio.sleep(seconds)
        seen = self.observation
        if seen is not None and seen.reason is not None:
            raise StartFailed(seen.reason)
        stage = seen.stage if seen else ""
        raise StartFailed(studio_tools.late(self.studio.spec.name, seconds, stage))

    async def _carry(self, view: TemplateView) -> None:
        """Bring files to every incarnation, then let its programs start."""
        while True:
            try:
                await self._bring_files(view)
            except (StartFailed, CstudioError) as error:
                if not self.studio.was_ready:
                    raise
                self._set(reason=studio_tools.passing(error))
                await asyncio.sleep(self._tools.timing.again)
                continue
            while not self._is_new():
                self._news.clear()
                await self._news.wait()

    def _is_new(self) -> bool:
        """Tell whether another incarnation runs than the one that has its files."""
        seen = self.observation
        return seen is not None and seen.incarnation not in ("", self.studio.let_go)

    async def _bring_files(self, view: TemplateView) -> None:
        tools = self._tools
        if not self.studio.is_live and self.studio.let_go and not self._is_new():
            await tools.zones.pause(self.studio)
            return  # it has what it was started with, and gets nothing else
        if self._phase is StudioState.STARTING:
            self._enter(StudioState.STARTING, studio_steps.COPYING)
        names = await studio_files.connect(tools, self.studio, view)
        if self.studio.let_go and not self._is_new():
            return  # adopted: its programs run already
        await studio_files.in_step(tools, self.studio, names, view.blueprint)
        self._set(let_go=await studio_files.let_go(tools, self.studio))
        if not self.studio.is_live:
            await tools.zones.pause(self.studio)
        if self._phase is StudioState.STARTING:
            self._enter(StudioState.STARTING, studio_steps.PROGRAMS)

    async def _failed(self, reason: Reason) -> None:
        """End a start, or a run, with its reason; never at the cost of files."""
        _log.info("studio %s: %s", self.studio.spec.name, reason.message)
        self._set(reason=reason)
        keeps = self.studio.is_debug and self.studio.is_up
        if not keeps and self.studio.is_up:
            keeps = bool(await self._brought_back()) and self.studio.was_ready
        if keeps and not self._discards.is_set():
            self._enter(StudioState.RUNNING, "failed, kept up for a look")
            await asyncio.Event().wait()
        self._set(wants_running=False, wants_again=studio_tools.is_made_anew(self.studio, reason))
        if self.studio.is_up:
            self._enter(StudioState.STOPPING, studio_steps.ENDING_FAILED)
            await self._remove()

    # ---------------------------------------------------------------- down

    async def _taken_down(self) -> None:
        """Take it down; whatever hinders that is tried again."""
        try:
            await self._take_down()
        except CstudioError as error:
            self._set(reason=studio_tools.passing(error))
            await asyncio.sleep(self._tools.timing.watch_again)
        except Exception as error:  # one studio's bug does not end the others
            _log.exception("studio %s: a bug", self.studio.spec.name)
            self._set(reason=studio_tools.bug(error))
            await asyncio.sleep(self._tools.timing.watch_again)

    async def _take_down(self) -> None:
        """Bring files back, then end it; or do neither, and say why."""
        self._enter(StudioState.STOPPING, studio_steps.COPYING_BACK)
        troubles = await self._brought_back()
        if troubles and not self._discards.is_set():
            self._refusal = studio_tools.unsynced(self.studio.spec.name, troubles)
            self._set(wants_running=True, wants_again=False, reason=self._refusal)
            was_ready = self.studio.was_ready
            self._enter(StudioState.RUNNING if was_ready else StudioState.STARTING)
            return
        self._set(reason=self._why)
        await self._remove()

    async def _brought_back(self) -> Sequence[str]:
        return await studio_files.brought_back(self._tools, self.studio, self._discards)

    async def _remove(self) -> None:
        tools, studio = self._tools, self.studio
        await self.record(self._actor)
        await tools.zones.pause(studio)
        self._enter(StudioState.STOPPING, studio_steps.ENDING)
        while True:
            try:
                await self._runtime.remove(studio.uid, grace_seconds=tools.timing.remove_grace)
                break
            except TargetError as error:
                if self._discards.is_set():
                    _log.warning("studio %s: %s", studio.spec.name, error.message)
                    break
                self._enter(StudioState.STOPPING, error.message)
                await asyncio.sleep(tools.timing.watch_again)
        self.observation = None
        self._ends.clear()
        self._set(is_up=False, is_debug=False, was_ready=False, let_go="")
        self._enter(StudioState.STOPPED)

    async def record(self, login: str) -> None:
        """Commit what the studio changed in versioned zones, as somebody's work."""
        tools, studio = self._tools, self.studio
        if studio.zones_of:
            return  # it writes nothing into them
        with contextlib.suppress(CstudioError):
            for trouble in await tools.zones.record(studio, self._view().blueprint, login):
                _log.warning("studio %s: %s", studio.spec.name, trouble)

    # ------------------------------------------------------------- telling

    @property
    def _runtime(self) -> StudioRuntime:
        return self._tools.runtime(self.studio)

    def _view(self) -> TemplateView:
        return self._tools.view(self.studio)

    def _told(self, error: TargetError) -> None:
        """Show that its runtime cannot be reached just now."""
        _log.info("studio %s: %s", self.studio.spec.name, error.message)
        if self._phase is StudioState.STARTING:
            self._enter(StudioState.STARTING, error.message)
        else:
            self._set(reason=studio_tools.passing(error))

    def _builds(self, build: Build) -> None:
        self._enter(StudioState.STARTING, studio_steps.BUILDING, build)

    def _enter(self, state: StudioState, stage: str = "", build: Build | None = None) -> None:
        if (self._phase, self.stage, self.build) == (state, stage, build):
            return
        changed = self._phase is not state
        self._phase, self.stage, self.build = state, stage, build
        self.step = studio_steps.after(self.step, stage)
        self._set(**({"state_time": self._tools.clock()} if changed else {}))

    def _set(self, **changes: object) -> None:
        self.studio = dataclasses.replace(self.studio, **changes)  # type: ignore[arg-type]
        self._save(self.studio)
