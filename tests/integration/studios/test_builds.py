"""Builds with builders that do nothing, on a real disk: shared, followed, kept, not done twice."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.errors import NotFoundError, StateError, UsageError
from cstudiod.model.blueprints import Blueprint, ContextSource, Environment, Fragment, ImagePlan
from cstudiod.model.builds import (
    BuildEvent,
    BuildFailure,
    BuildResult,
    BuildState,
    EnvironmentResult,
)
from cstudiod.model.templates import Block, Fault, RuntimeKind
from cstudiod.services.builds import Builds
from cstudiod.services.identity import Caller, RightMissing
from cstudiod.store.history import History
from cstudiod.store.schema import MIGRATIONS
from cstudiod.supervise import Tasks

pytestmark = pytest.mark.timeout(20)
ADMIN = Caller(login="root", is_admin=True)
DOCKER, LOCAL = RuntimeKind.DOCKER, RuntimeKind.LOCAL
MADE = BuildResult(image="sha256:1", reference="cstudio/t:1", hash="h")
ENVIRONMENT = Environment(name="py", block=0, label="", requirements=(), path="/opt/py")


class Makers:
    """Both builders; `gate` holds a build in its middle."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.gate.set()
        self.outcome: Any = MADE
        self.builds: list[str] = []
        self.has_image = True

    async def build(
        self, template: Any, plan: Any = None, *, registry: str = "", **_: Any
    ) -> AsyncGenerator[Any, None]:
        self.builds.append(registry)
        yield BuildEvent(text="first", block=1, step=1, steps=2)
        await self.gate.wait()
        yield BuildEvent(text="second", block=1, step=2, steps=2)
        if plan is None:
            yield EnvironmentResult(name="py", path="/venvs/1", hash="1" * 64)
            return
        if isinstance(self.outcome, Exception):
            raise self.outcome
        yield self.outcome

    async def explain(self, what: Any, before: Any) -> tuple[str, list[str]]:
        if what == "t":
            return "2", ["block 1: changed"]
        return "1" * 64, [] if before else ["it is not there"]

    async def is_there(self, image: str) -> bool:
        return self.has_image


class Templates:
    """One template."""

    def __init__(self) -> None:
        self.generation = 1
        self.blueprint = Blueprint(image=ImagePlan(environments=(ENVIRONMENT,)))
        self.images: list[str] = []
        self.here = 0

    def get(self, name: str) -> Any:
        stored = SimpleNamespace(name=name, uid="u", generation=self.generation, image_hash="old")
        template = SimpleNamespace(
            runtime=DOCKER, blocks=[Block(type="code_environment", line=3), Block(type="x", line=5)]
        )
        return SimpleNamespace(stored=stored, blueprint=self.blueprint, template=template)

    def built(self, name: str, image: str, hash: str, generation: int) -> None:
        self.images.append(image)

    def built_here(self, name: str, generation: int) -> None:
        self.here = generation


class Yard:
    """Builds of one daemon, and of the next one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = sqlite3.connect(":memory:", isolation_level=None)
        for script in MIGRATIONS:
            self.database.executescript(script)
        self.makers, self.templates, self.tasks = Makers(), Templates(), Tasks()
        self.builds = self.again()

    def again(self) -> Builds:
        """Return the builds as the next daemon has them."""
        return Builds(
            folder=self.folder,
            history=History(self.database, "builds", "template"),
            templates=self.templates,  # type: ignore[arg-type]
            tasks=self.tasks,
            images=self.makers,  # type: ignore[arg-type]
            environments=self.makers,  # type: ignore[arg-type]
            default_runtime=lambda: LOCAL,
            pushed_to=lambda: "registry.example/team",
            clock=lambda: 1.0,
        )

    async def ensure(self, kind: RuntimeKind = DOCKER, registry: str = "") -> Any:
        view = self.templates.get("t")
        return await self.builds.ensure(ADMIN, view, kind, registry=registry)

    async def said(self, id: str) -> list[str]:
        return [line.text async for lines in self.builds.follow(id) for line in lines]


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    made = Yard(tmp_path / "builds")
    yield made
    await made.tasks.close()
    made.database.close()


async def test_a_good_build_is_not_planned_again(yard: Yard) -> None:
    """Until the template moves on, the image is gone, or it may look different outside."""
    first = await yard.ensure()
    assert await yard.ensure() == first
    yard.makers.has_image = False
    assert await yard.ensure() != first
    yard.makers.has_image = True
    yard.templates.generation = 2
    await yard.ensure()
    assert len(yard.makers.builds) == 3
    source = ContextSource(path="x", root="dip.home", relative="x")
    fragment = Fragment(block=0, block_type="append_dockerfile", dockerfile="", sources=(source,))
    yard.templates.generation = 3
    yard.templates.blueprint = Blueprint(image=ImagePlan(fragments=(fragment,)))
    await yard.ensure()
    await yard.ensure()
    assert len(yard.makers.builds) == 5


async def test_another_registry_is_another_build(yard: Yard) -> None:
    """It must be pushed there."""
    await yard.ensure()
    await yard.ensure(registry="r:5000")
    assert yard.makers.builds == ["", "r:5000"]


async def test_what_is_pushed_has_a_place_to_go(yard: Yard) -> None:
    """A configured registry; a virtual environment has none."""
    await yard.builds.start(ADMIN, "t", push=True, runtime="docker")
    with pytest.raises(UsageError, match="not pushed"):
        await yard.builds.start(ADMIN, "t", push=True, runtime="local")
    (build,) = yard.builds.all()
    await yard.said(build.id)
    assert yard.makers.builds == ["registry.example/team"]


@pytest.mark.parametrize("registry", ["", "r:5000"])
async def test_starts_at_once_share_a_build(yard: Yard, registry: str) -> None:
    """Twenty of them, one build."""
    yard.makers.gate.clear()
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(yard.ensure(registry=registry)) for _ in range(20)]
        await asyncio.sleep(0.01)
        yard.makers.gate.set()
    assert len({one.result().id for one in waiting}) == len(yard.makers.builds) == 1


async def test_environments_come_with_their_roots(yard: Yard) -> None:
    """What the local runtime needs."""
    build = await yard.ensure(LOCAL)
    assert (build.runtime, build.venvs) == ("local", {"py": "/venvs/1"})
    assert yard.templates.images == []


async def test_lines_of_an_environment_have_their_block(yard: Yard) -> None:
    """As those of an image do; the template counts as built."""
    build = await yard.builds.start(ADMIN, "t", runtime="local")
    events = [line async for lines in yard.builds.follow(build.id) for line in lines]
    assert {(one.block, one.block_type) for one in events} == {(1, "x")}
    assert yard.templates.here == 1


async def test_what_a_build_would_do_is_explained(yard: Yard) -> None:
    """Of the image, or of the environments, as is asked."""
    assert await yard.builds.explain("t") == ("2", ["block 1: changed"], "old")
    told = ["block 1 (code_environment): environment py: it is not there"]
    assert await yard.builds.explain("t", "local") == ("1" * 12, told, "")
    await yard.ensure(LOCAL)
    assert await yard.builds.explain("t", "local") == ("1" * 12, [], "1" * 12)


async def test_a_build_is_followed_from_its_first_line_and_kept(yard: Yard) -> None:
    """By several, whenever they come; also by the next daemon."""
    yard.makers.gate.clear()
    build = await yard.builds.start(ADMIN, "t")
    async with asyncio.TaskGroup() as group:
        early = group.create_task(yard.said(build.id))
        await asyncio.sleep(0.01)
        assert (yard.builds.get(build.id).step, yard.builds.get(build.id).block) == (1, 1)
        late = group.create_task(yard.said(build.id))
        yard.makers.gate.set()
    assert early.result() == late.result() == await yard.said(build.id) == ["first", "second"]
    ended = yard.builds.get(build.id)
    assert (ended.state, ended.reference) == (BuildState.SUCCEEDED, "cstudio/t:1")
    yard.builds = yard.again()
    assert yard.builds.get(build.id) == ended
    assert await yard.said(build.id) == ["first", "second"]


async def test_a_cancelled_build_says_so(yard: Yard) -> None:
    """And so does a start that waits for it."""
    yard.makers.gate.clear()
    build = await yard.builds.start(ADMIN, "t")
    told: list[str] = []

    async def start() -> None:
        with pytest.raises(StateError) as refused:
            await yard.ensure()
        told.append(refused.value.message)

    async with asyncio.TaskGroup() as group:
        group.create_task(start())
        await asyncio.sleep(0.01)
        cancelled = await yard.builds.cancel(ADMIN, build.id)
    assert cancelled.state is BuildState.CANCELLED
    assert told == ["building template `t` failed: the build was cancelled"]
    assert (await yard.builds.cancel(ADMIN, build.id)).state is BuildState.CANCELLED


FAILURES = [
    (BuildFailure(message="line 3 failed", evidence="boom"), "line 3 failed"),
    (StateError("no Docker"), "no Docker"),
    (ZeroDivisionError("oops"), "ZeroDivisionError: oops"),
]


@pytest.mark.parametrize(("outcome", "message"), FAILURES)
async def test_a_failed_build_is_told_and_not_remembered(
    yard: Yard, outcome: Any, message: str
) -> None:
    """The next start builds again."""
    yard.makers.outcome = outcome
    with pytest.raises(StateError, match=message) as refused:
        await yard.ensure()
    assert refused.value.reason == "BUILD_FAILED"
    (build,) = yard.builds.all("t")
    assert (build.state, yard.templates.images) == (BuildState.FAILED, [])
    yard.makers.outcome = MADE
    assert (await yard.ensure()).state is BuildState.SUCCEEDED


async def test_a_build_that_the_daemon_did_not_end_has_failed(yard: Yard) -> None:
    """Nobody waits for it for ever."""
    yard.makers.gate.clear()
    build = await yard.builds.start(ADMIN, "t")
    found = yard.again().get(build.id)
    assert (found.state, found.failure and found.failure.message) == (
        BuildState.FAILED,
        "the daemon ended in the middle of it",
    )


async def test_what_cannot_run_here_is_not_built(yard: Yard) -> None:
    """The first reason is told."""
    fault = Fault(message="apt is needed", line=3)
    yard.templates.blueprint = Blueprint(local_faults=(fault,))
    with pytest.raises(StateError, match="apt is needed"):
        await yard.ensure(LOCAL)
    assert yard.makers.builds == []


async def test_who_may_build(yard: Yard) -> None:
    """Administrators."""
    with pytest.raises(RightMissing):
        await yard.builds.start(Caller(login="ada"), "t")
    with pytest.raises(NotFoundError):
        await yard.said("b99")
