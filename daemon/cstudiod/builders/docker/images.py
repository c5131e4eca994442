"""Images of templates: the base, the context, the build, the push, and what is kept.

Every build is an asynchronous iterator of events that ends with one
`BuildResult` or `BuildFailure`; closing it cancels the build.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import tempfile
import threading
from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from cstudiod.builders import reach
from cstudiod.builders.docker import base, buildx, collect, context, inputs
from cstudiod.builders.docker.engine import LABEL, Built, Engine, Refused, Request
from cstudiod.builders.docker.memory import Memory, Remembered
from cstudiod.builders.docker.planning import OURS, Base, Planner, Wish, Work
from cstudiod.builders.docker.prefabs import Prefabs, Prepared
from cstudiod.builders.docker.told import Reader
from cstudiod.config import BuildSettings
from cstudiod.errors import UsageError
from cstudiod.model.blueprints import ImagePlan
from cstudiod.model.builds import BuildEvent, BuildFailure, BuildResult
from cstudiod.model.dockerfiles import Dockerfile

Told = BuildEvent | BuildResult | BuildFailure


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """What a build would do, and why."""

    reference: str
    hash: str
    exists: bool
    """The image is there: a build would do nothing."""
    is_first: bool
    """No earlier build is known here."""
    changes: tuple[str, ...] = ()
    """What differs from the last build, a sentence each."""


class Images:
    """Builds images with one Docker daemon."""

    def __init__(
        self,
        engine: Engine,
        prefabs: Prefabs,
        settings: BuildSettings,
        *,
        environment: Mapping[str, str],
        folder: Path,
        roots: Mapping[str, Path],
    ) -> None:
        """Nothing is done yet.

        Args:
            engine: Where images are built.
            prefabs: Large programs that images take.
            settings: Of the section ``[build]``.
            environment: The daemon's own.
            folder: Ours, below the state folder.
            roots: ``dku.install.dir`` and ``dip.home``, as far as there are such.
        """
        self._engine = engine
        self._prefabs = prefabs
        self._settings = settings
        self._environment = environment
        self._planner = Planner(settings, prefabs, environment=environment, roots=roots)
        self._folder = folder
        self._memory = Memory(folder / "inputs")

    def dockerfile(self, plan: ImagePlan) -> str:
        """Return a template's Dockerfile as it would be built, for people."""
        return self._planner.rendered(plan, f"cstudio/{base.NAME}").text

    async def build_base(
        self, *, no_cache: bool = False, pull: bool = False
    ) -> AsyncGenerator[Told, None]:
        """Build the base image unless it is there.

        Raises:
            CstudioError: Docker cannot be reached.
        """
        if trouble := self._planner.trouble():
            yield trouble
            return
        parent = await self._engine.image(self._settings.parent)
        if parent is None or pull:
            async with contextlib.aclosing(self._pull(self._settings.parent)) as pulling:
                async for item in pulling:
                    yield item
                    if isinstance(item, BuildFailure):
                        return
            parent = await self._engine.image(self._settings.parent)
        assert parent is not None
        work = self._planner.base(parent, no_cache)
        known = await self._engine.image(work.reference)
        if (
            known
            and not no_cache
            and known.labels.get(f"{LABEL}hash") == work.labels[f"{LABEL}hash"]
        ):
            yield _result(known.id, work, up_to_date=True)
            return
        yield BuildEvent(text=f"building the base image from {self._settings.parent}")
        async with contextlib.aclosing(self._made(work)) as told:
            async for item in told:
                yield item

    async def build(
        self,
        template: str,
        plan: ImagePlan,
        *,
        registry: str = "",
        push: bool = False,
        no_cache: bool = False,
        refresh: bool = False,
        pull_base: bool = False,
        build_id: str = "",
    ) -> AsyncGenerator[Told, None]:
        """Build a template's image unless it is there, and push it when asked to.

        Args:
            template: Its name.
            plan: What shall be in the image.
            registry: Of the container configuration; empty: ``build.registry``.
            push: Push it, also when it was there.
            no_cache: Run every statement again, although nothing changed.
            refresh: The same, and under a new tag: for packages that moved on.
            pull_base: Ask the registry for a newer parent of the base image first.
            build_id: Kept as a label.

        Raises:
            CstudioError: Docker cannot be reached.
        """
        wish = Wish(
            template=template, plan=plan, registry=registry, push=push, no_cache=no_cache,
            refresh=refresh, build_id=build_id,
        )  # fmt: skip
        async with contextlib.aclosing(self._build(wish, pull_base)) as told:
            async for item in told:
                yield item

    async def _build(self, wish: Wish, pull_base: bool) -> AsyncGenerator[Told, None]:
        from_base: Base | None = None
        async with contextlib.aclosing(self.build_base(pull=pull_base)) as told:
            async for item in told:
                if isinstance(item, BuildResult):
                    from_base = Base(id=item.image, reference=item.reference)
                else:
                    yield item
        if from_base is None:
            return
        async with contextlib.aclosing(self._prepared(wish.plan)) as preparing:
            async for step in preparing:
                yield step
                if isinstance(step, BuildFailure):
                    return
        try:
            async with contextlib.aclosing(self._build_on(from_base, wish)) as told:
                async for item in told:
                    yield item
        except UsageError as error:  # a resource that is not there, or moved meanwhile
            yield BuildFailure(message=error.message, next=error.next)

    async def explain(self, template: str, plan: ImagePlan, *, registry: str = "") -> Explanation:
        """Tell what `build` would do; builds nothing.

        Raises:
            CstudioError: Docker cannot be reached; a resource is not there.
        """
        wish = Wish(template=template, plan=plan, registry=registry)
        parent = await self._engine.image(self._settings.parent)
        known = parent and await self._engine.image(self._planner.base(parent, False).reference)
        remembered = self._memory.read(wish.template)
        made = await asyncio.to_thread(
            self._planner.canonical, wish, known.id if known else "", remembered.epoch
        )
        hash = inputs.content_hash(made)
        reference = self._planner.reference(wish, hash)
        numbers = [fragment.block + 1 for fragment in plan.fragments]
        return Explanation(
            reference=reference,
            hash=hash,
            exists=await self._is_there(reference, hash) is not None,
            is_first=not remembered.inputs,
            changes=inputs.changes(remembered.inputs, made, numbers) if remembered.inputs else (),
        )

    async def is_there(self, image: str) -> bool:
        """Tell whether Docker has an image of that name or id.

        Raises:
            CstudioError: Docker cannot be reached.
        """
        return await self._engine.image(image) is not None

    async def prune(
        self, used: Collection[str], *, dry_run: bool = False
    ) -> tuple[collect.Image, ...]:
        """Delete images that nobody needs; return those that are gone (or would be).

        Args:
            used: Ids, names and digests of images that studios use.
            dry_run: Only say which.

        Raises:
            CstudioError: Docker cannot be reached.
        """
        listed = await self._engine.images()
        victims = collect.removable(listed, used=used, keep=self._settings.keep)
        if dry_run:
            return victims
        return tuple([one for one in victims if await self._engine.remove(one)])

    async def remove(self, template: str, used: Collection[str]) -> None:
        """Delete all images of a template that nobody uses.

        Raises:
            CstudioError: Docker cannot be reached.
        """
        for one in await self._engine.images():
            if one.template == template and not {one.id, *one.references} & set(used):
                await self._engine.remove(one)

    async def _build_on(self, from_base: Base, wish: Wish) -> AsyncGenerator[Told, None]:
        remembered = self._memory.read(wish.template)
        epoch = remembered.epoch + wish.refresh
        made = await asyncio.to_thread(self._planner.canonical, wish, from_base.id, epoch)
        hash = inputs.content_hash(made)
        work = await asyncio.to_thread(self._planner.template, wish, from_base, hash)
        known = await self._is_there(work.reference, hash)
        if known and not wish.no_cache:
            yield BuildEvent(text=f"up to date: {work.reference}")
            outcome: BuildResult | BuildFailure = dataclasses.replace(
                _result(known.id, work, up_to_date=True), digest=_digest_in(known, work.reference)
            )
        else:
            outcome = BuildFailure(message="the build ended without an outcome")
            async with contextlib.aclosing(self._made(work)) as told:
                async for item in told:
                    if isinstance(item, BuildEvent):
                        yield item
                    else:
                        outcome = item
        if isinstance(outcome, BuildResult):
            self._memory.write(wish.template, Remembered(inputs=made, epoch=epoch))
            outcome = dataclasses.replace(outcome, inputs=made)
            if wish.push:
                async with contextlib.aclosing(self._pushed(outcome)) as told:
                    async for item in told:
                        yield item
                return
        yield outcome

    async def _made(self, work: Work) -> AsyncGenerator[Told, None]:
        """Send the context and build; the image's outcome comes last."""
        with contextlib.ExitStack() as closing:
            tar = closing.enter_context(tempfile.TemporaryFile(dir=self._scratch()))
            cancelled = threading.Event()
            closing.callback(cancelled.set)
            await asyncio.to_thread(
                context.write, tar, work.dockerfile.text, work.files, work.trees, cancelled
            )
            tar.seek(0)
            request = Request(
                context=tar,
                reference=work.reference,
                labels=work.labels,
                args={**self._settings.args, **reach.proxy_variables(self._settings.proxy)},
                network=self._settings.network,
                platform=work.platform,
                no_cache=work.no_cache,
            )
            by_command = self._settings.builder == "buildx"
            run = self._by_command if by_command else self._by_engine
            async with contextlib.aclosing(run(request, work)) as told:
                async for item in told:
                    yield item

    async def _by_engine(self, request: Request, work: Work) -> AsyncGenerator[Told, None]:
        reader = Reader(work.dockerfile)
        try:
            async with contextlib.aclosing(self._engine.build(request)) as told:
                async for item in told:
                    for event in reader.read(item):
                        yield event
                    if failure := reader.failure(item):
                        yield failure
                        return
        except Refused as error:
            yield reader.refused(str(error.args[0]))
            return
        for event in reader.rest():
            yield event
        yield _result(reader.image, work)

    async def _by_command(self, request: Request, work: Work) -> AsyncGenerator[Told, None]:
        stream = buildx.build(
            request, work.dockerfile, self._settings, self._environment, self._scratch()
        )
        async with contextlib.aclosing(stream) as told:
            async for item in told:
                yield item
                if isinstance(item, BuildFailure):
                    return
        made = await self._engine.image(work.reference)
        if made is None:
            yield BuildFailure(message=f"buildx ended well, but there is no `{work.reference}`")
        else:
            yield _result(made.id, work)

    async def _pushed(self, built: BuildResult) -> AsyncGenerator[Told, None]:
        reader = Reader(Dockerfile(text="", lines=(OURS,), steps=()))
        yield BuildEvent(text=f"pushing {built.reference}")
        try:
            async with contextlib.aclosing(self._engine.push(built.reference)) as told:
                async for item in told:
                    for event in reader.read(item):
                        yield event
                    if failure := reader.failure(item):
                        message = (
                            f"`{built.reference}` was built, but not pushed: {failure.message}"
                        )
                        yield dataclasses.replace(failure, message=message)
                        return
        except Refused as error:
            failure = reader.refused(str(error.args[0]))
            yield dataclasses.replace(failure, message=f"not pushed: {failure.message}")
            return
        repository = built.reference.rpartition(":")[0]
        yield dataclasses.replace(built, digest=f"{repository}@{reader.digest}")

    async def _pull(self, reference: str) -> AsyncGenerator[Told, None]:
        reader = Reader(Dockerfile(text="", lines=(OURS,), steps=()))
        yield BuildEvent(text=f"pulling {reference}")
        told = self._engine.pull(reference, self._settings.platform)
        try:
            async with contextlib.aclosing(told):
                async for item in told:
                    for event in reader.read(item):
                        yield event
                    if failure := reader.failure(item):
                        yield _no_parent(reference, failure)
                        return
        except Refused as error:
            yield _no_parent(reference, reader.failed(str(error.args[0])))

    async def _prepared(self, plan: ImagePlan) -> AsyncGenerator[BuildEvent | BuildFailure, None]:
        """Have the prefabs of a plan ready, with their blocks in what is told."""
        for fragment in plan.fragments:
            for prefab in fragment.prefabs:
                async with contextlib.aclosing(self._prefabs.prepare(prefab)) as told:
                    async for item in told:
                        if not isinstance(item, Prepared):
                            yield dataclasses.replace(
                                item, block=fragment.block, block_type=fragment.block_type
                            )

    async def _is_there(self, reference: str, hash: str) -> Built | None:
        known = await self._engine.image(reference)
        return known if known and known.labels.get(f"{LABEL}hash") == hash else None

    def _scratch(self) -> Path:
        scratch = self._folder / "contexts"
        scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        return scratch


def _result(image: str, work: Work, *, up_to_date: bool = False) -> BuildResult:
    return BuildResult(
        image=image,
        reference=work.reference,
        hash=work.labels[f"{LABEL}hash"],
        up_to_date=up_to_date,
    )


def _digest_in(known: Built, reference: str) -> str:
    """Return the digest that an earlier push gave an image in its registry; empty: none."""
    repository = reference.rpartition(":")[0] + "@"
    return next((one for one in known.digests if one.startswith(repository)), "")


def _no_parent(reference: str, failure: BuildFailure) -> BuildFailure:
    return dataclasses.replace(
        failure,
        message=f"the parent of the base image, `{reference}`, cannot be had: {failure.message}",
        next=failure.next or "set parent under [build] to an image that Docker has or can pull",
    )
