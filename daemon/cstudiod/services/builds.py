"""Use cases of builds: started, followed by several, cancelled, kept.

A build is a task of its own: who asked for it may go away. Its log is a file of
JSON lines beside the database, so that it can be read while it grows and after.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cstudiod.errors import NotFoundError, StateError, UsageError
from cstudiod.model.builds import (
    BuildEvent,
    BuildFailure,
    BuildResult,
    BuildState,
    EnvironmentResult,
)
from cstudiod.model.templates import RuntimeKind
from cstudiod.services import build_records, identity, local_builds
from cstudiod.services.build_records import LINES_TOGETHER, Build
from cstudiod.services.build_seams import BuildsEnvironments, BuildsImages, Told
from cstudiod.services.growing import Growing
from cstudiod.services.identity import Caller
from cstudiod.services.studio_names import named_runtime
from cstudiod.services.templates import Templates, TemplateView
from cstudiod.store.history import History
from cstudiod.supervise import Tasks


class _Live:
    """A build that runs, and who waits for its lines."""

    def __init__(self, build: Build, registry: str) -> None:
        self.build = build
        self.registry = registry
        self.lines: Growing[BuildEvent] = Growing()


class Builds:
    """All builds of this daemon."""

    def __init__(
        self,
        *,
        folder: Path,
        history: History,
        templates: Templates,
        tasks: Tasks,
        images: BuildsImages,
        environments: BuildsEnvironments,
        default_runtime: Callable[[], RuntimeKind],
        pushed_to: Callable[[], str],
        clock: Callable[[], float],
    ) -> None:
        """`folder` keeps the logs; `pushed_to` says where, or raises why nowhere."""
        self._folder = folder
        self._history = history
        self._templates = templates
        self._tasks = tasks
        self._images = images
        self._environments = environments
        self._default_runtime = default_runtime
        self._pushed_to = pushed_to
        self._clock = clock
        self._live: dict[str, _Live] = {}
        self._ended: dict[str, Build] = {}
        self._good: dict[_Key, str] = {}
        for number, _, value in history.all():
            build = build_records.from_plain(build_records.id_of(number), value)
            self._ended[build.id] = build

    # -------------------------------------------------------------- asking

    async def start(
        self,
        caller: Caller,
        name: str,
        *,
        no_cache: bool = False,
        push: bool = False,
        runtime: str = "",
    ) -> Build:
        """Start to build what a template's studios run in.

        Raises:
            UsageError: it cannot be pushed.
        """
        identity.must_be_admin(caller, "build templates")
        view = self._templates.get(name)
        kind = self._kind(view, runtime)
        if push and kind is RuntimeKind.LOCAL:
            raise UsageError(
                "virtual environments of this machine are not pushed", next="add --runtime docker"
            )
        registry = self._pushed_to() if push else ""
        return self._start(caller, view, kind, no_cache=no_cache, push=push, registry=registry)

    async def ensure(
        self,
        caller: Caller,
        view: TemplateView,
        kind: RuntimeKind,
        *,
        registry: str = "",
        told: Callable[[Build], None] = lambda build: None,
    ) -> Build:
        """Return a good build of the template as it is now, made if need be.

        `told` is given the build that is waited for, again and again.

        Raises:
            StateError: BUILD_FAILED.
        """
        if view.blueprint.local_faults and kind is RuntimeKind.LOCAL:
            raise StateError(
                f"template `{view.stored.name}` cannot run in the local runtime:"
                f" {view.blueprint.local_faults[0].display()}",
                reason="BUILD_FAILED",
                next="use --runtime docker or kubernetes",
            )
        key = _Key(view.stored.uid, view.stored.generation, kind is RuntimeKind.LOCAL, registry)
        if (known := await self._still_good(key, view)) is not None:
            return known
        running = [
            live
            for live in self._live.values()
            if live.build.template == view.stored.name
            and live.build.generation == view.stored.generation
            and (live.build.runtime == "local") == (kind is RuntimeKind.LOCAL)
            and live.registry == registry
        ]
        build = (
            running[0].build
            if running
            else self._start(caller, view, kind, push=bool(registry), registry=registry)
        )
        build = await self._ended_one(build, told)
        if build.failure is not None:
            raise StateError(
                f"building template `{view.stored.name}` failed: {build.failure.message}",
                reason="BUILD_FAILED",
                next=f"cstudio template logs {build.id}",
                evidence=build.failure.evidence,
            )
        self._good[key] = build.id
        return build

    async def _ended_one(self, build: Build, told: Callable[[Build], None]) -> Build:
        told(build)
        async for _ in self.follow(build.id):
            told(self.get(build.id))
        return self.get(build.id)

    async def _still_good(self, key: _Key, view: TemplateView) -> Build | None:
        """Return what this daemon made of the very same before, if it is still there.

        Only the builder knows whether files outside the template have changed.
        """
        build = self._ended.get(self._good.get(key, ""))
        has_sources = any(one.sources for one in view.blueprint.image.fragments)
        if build is None or key.is_local or has_sources:
            return None
        return build if await self._images.is_there(build.image) else None

    def get(self, id: str) -> Build:
        """Return one build.

        Raises:
            NotFoundError: there is none of that id.
        """
        live = self._live.get(id)
        build = live.build if live else self._ended.get(id)
        if build is None:
            raise NotFoundError(f"there is no build `{id}`", next="cstudio template builds")
        return build

    def all(self, template: str = "") -> list[Build]:
        """Return builds, the newest first."""
        found = [*(live.build for live in self._live.values()), *self._ended.values()]
        chosen = [one for one in found if not template or one.template == template]
        return sorted(chosen, key=lambda one: int(one.id[1:]), reverse=True)

    async def cancel(self, caller: Caller, id: str) -> Build:
        """End a running build; nothing happens to one that has ended."""
        identity.must_be_admin(caller, "cancel builds")
        self.get(id)
        await self._tasks.stop(f"build {id}")
        return self.get(id)

    async def follow(self, id: str) -> AsyncIterator[Sequence[BuildEvent]]:
        """Yield a build's lines from the first to the last."""
        self.get(id)
        live = self._live.get(id)
        if live is None:
            for lines in build_records.kept_lines(self._log(id)):
                yield lines
        else:
            async for more in live.lines.follow(LINES_TOGETHER):
                yield more

    async def explain(self, name: str, runtime: str = "") -> tuple[str, Sequence[str], str]:
        """Return the content hash, what has to be built and why, and the last build's hash."""
        view = self._templates.get(name)
        if self._kind(view, runtime) is not RuntimeKind.LOCAL:
            now, changes = await self._images.explain(name, view.blueprint.image)
            return now, changes, view.stored.image_hash
        good = [
            one
            for one in self.all(name)
            if one.runtime == "local"
            and one.failure is None
            and one.state is not BuildState.RUNNING
        ]
        before = good[0].venvs if good else {}
        now, changes = await local_builds.explained(self._environments, view, before)
        return now, changes, good[0].hash if changes and good else now if good else ""

    async def remove_images(self, name: str) -> None:
        """Delete what was built of a template and is not in use."""
        await self._images.remove(name)

    def dockerfile(self, name: str) -> str:
        """Return the Dockerfile that a template makes."""
        return self._images.dockerfile(self._templates.get(name).blueprint.image)

    # ------------------------------------------------------------ building

    def _kind(self, view: TemplateView, runtime: str) -> RuntimeKind:
        if not runtime:
            return view.template.runtime or self._default_runtime()
        return named_runtime(runtime)

    def _start(
        self,
        caller: Caller,
        view: TemplateView,
        kind: RuntimeKind,
        *,
        no_cache: bool = False,
        push: bool = False,
        registry: str = "",
    ) -> Build:
        build = Build(
            id="",
            template=view.stored.name,
            runtime="local" if kind is RuntimeKind.LOCAL else "docker",
            state=BuildState.RUNNING,
            requester=caller.login,
            start_time=self._clock(),
            generation=view.stored.generation,
        )
        number = self._history.begin(view.stored.name, build_records.plain(build))
        live = _Live(dataclasses.replace(build, id=build_records.id_of(number)), registry)
        self._live[live.build.id] = live
        self._tasks.start(
            f"build {live.build.id}",
            lambda: self._run(live, view, _Wish(no_cache=no_cache, push=push, registry=registry)),
        )
        return live.build

    async def _run(self, live: _Live, view: TemplateView, wish: _Wish) -> None:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        ended = _Ending()
        try:
            with self._log(live.build.id).open("w", encoding="utf-8") as log:
                async with contextlib.aclosing(self._told(live, view, wish)) as told:
                    async for item in told:
                        self._take(live, item, log.write, ended)
        except asyncio.CancelledError:
            ended.failure = BuildFailure(message="the build was cancelled", cancelled=True)
            raise
        except Exception as error:
            message = getattr(error, "message", "") or f"{type(error).__name__}: {error}"
            ended.failure = BuildFailure(message=message, next=getattr(error, "next", ""))
        finally:
            self._end(live, view, ended)

    async def _told(
        self, live: _Live, view: TemplateView, wish: _Wish
    ) -> AsyncGenerator[Told, None]:
        plan, build = view.blueprint.image, live.build
        if build.runtime != "local":
            making = self._images.build(
                build.template,
                plan,
                no_cache=wish.no_cache,
                push=wish.push,
                registry=wish.registry,
                build_id=build.id,
            )
            async with contextlib.aclosing(making) as told:
                async for item in told:
                    yield item
            return
        async with contextlib.aclosing(local_builds.told(self._environments, view)) as lines:
            async for item in lines:
                yield item

    def _take(
        self, live: _Live, item: Told, write: Callable[[str], object], ended: _Ending
    ) -> None:
        if isinstance(item, BuildEvent):
            write(json.dumps(build_records.line(item)) + "\n")
            live.build = dataclasses.replace(
                live.build, block=item.block, step=item.step, steps=item.steps
            )
            live.lines.add(item)
        elif isinstance(item, BuildFailure):
            ended.failure = item
        elif isinstance(item, EnvironmentResult):
            ended.venvs[item.name] = item
        else:
            ended.result = item

    def _end(self, live: _Live, view: TemplateView, ended: _Ending) -> None:
        build = dataclasses.replace(
            live.build, end_time=self._clock(), state=ended.state(), failure=ended.failure
        )
        if ended.failure is None and ended.result is not None:
            result = ended.result
            build = dataclasses.replace(
                build, image=result.image, reference=result.reference,
                digest=result.digest, hash=result.hash,
            )  # fmt: skip
        elif ended.failure is None:
            venvs = ended.venvs
            build = dataclasses.replace(
                build,
                venvs={name: one.path for name, one in venvs.items()},
                hash=local_builds.joined([one.hash for one in venvs.values()]),
            )
        self._history.put(int(build.id[1:]), build_records.plain(build))
        self._ended[build.id] = live.build = build
        self._live.pop(build.id, None)
        for number in self._history.drop_old(build.template):
            self._ended.pop(build_records.id_of(number), None)
            self._log(build_records.id_of(number)).unlink(missing_ok=True)
        if ended.failure is None and build.runtime == "local":
            self._templates.built_here(build.template, view.stored.generation)
        elif ended.failure is None:
            self._templates.built(
                build.template, build.reference, build.hash, view.stored.generation
            )
        live.lines.end()

    def _log(self, id: str) -> Path:
        return self._folder / f"{id}.log"


class _Key(NamedTuple):
    """What a build was made from, as far as it is known without looking."""

    template: str
    generation: int
    is_local: bool
    registry: str


@dataclass(frozen=True, kw_only=True)
class _Wish:
    """How an image shall be built."""

    no_cache: bool
    push: bool
    registry: str


class _Ending:
    """What a build came to so far."""

    def __init__(self) -> None:
        self.failure: BuildFailure | None = None
        self.result: BuildResult | None = None
        self.venvs: dict[str, EnvironmentResult] = {}

    def state(self) -> BuildState:
        if self.failure is not None:
            return BuildState.CANCELLED if self.failure.cancelled else BuildState.FAILED
        results = [one for one in (self.result, *self.venvs.values()) if one is not None]
        is_up_to_date = all(one.up_to_date for one in results)
        return BuildState.UP_TO_DATE if is_up_to_date else BuildState.SUCCEEDED
