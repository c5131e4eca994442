"""Studios that nobody uses are warned, then stopped; what is at work is left alone."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.errors import TargetError, UsageError
from cstudiod.model.blueprints import Blueprint, Entrypoint, LaunchPlan
from cstudiod.model.studios import Spawn, StudioSpec, StudioState
from cstudiod.model.templates import RuntimeKind
from cstudiod.runtimes.fake_studios import FakeStudios
from cstudiod.services.studio_idle import Idle, last_activity
from cstudiod.services.studio_uses import Uses
from cstudiod.store.studios import StoredStudio

UID = "abcdefgh"
LAB = Entrypoint(name="lab", label="", command=("x",), block=0, block_type="jupyterlab", port=8888)


class Life:
    """A studio that runs until it is stopped."""

    def __init__(self) -> None:
        spec = StudioSpec(
            name="s", project="P", owner="ada", template="t", runtime=RuntimeKind.LOCAL
        )
        self.studio = StoredStudio(
            uid=UID, spec=spec, library="s", create_time=0, wants_running=True
        )
        self.state = StudioState.RUNNING
        self.told: list[str] = []

    def note(self, **changes: Any) -> None:
        self.studio = dataclasses.replace(self.studio, **changes)
        self.told.append(self.studio.reason.message if self.studio.reason else "")

    def stop(self, why: Any) -> None:
        self.state = StudioState.STOPPING
        self.told.append(why.message)


class Scene:
    """One studio at a time that a test sets."""

    def __init__(self) -> None:
        self.now = 0.0
        self.change = 0.0
        self.life = Life()
        self.runtime = FakeStudios()
        self.uses = Uses(1200, lambda: self.now)
        self.error: Exception | None = None
        tools = SimpleNamespace(
            uses=self.uses,
            zones=SimpleNamespace(last_change=lambda _: self.change),
            templates=SimpleNamespace(get=self._template),
            runtime=lambda _: self.runtime,
        )
        self.idle = Idle(tools, list, lambda: self.now)  # type: ignore[arg-type]

    def _template(self, name: str) -> Any:
        if self.error is not None:
            raise self.error
        return SimpleNamespace(blueprint=Blueprint(launch=LaunchPlan(entrypoints=(LAB,))))

    async def at(self, now: float) -> list[str]:
        """Look at a time and return what the studio was told."""
        self.now = now
        self.life.told.clear()
        await self.idle.look(self.life)  # type: ignore[arg-type]
        return list(self.life.told)

    async def has_kernels(self, *kernels: dict[str, str]) -> None:
        """Let a JupyterLab answer that has these, and no terminals."""

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            asked = await reader.readuntil(b"\r\n\r\n")
            assert b"/code-studios/P/s/8888/api/" in asked
            body = json.dumps(kernels if b"kernels" in asked else [])
            writer.write(f"HTTP/1.1 200 OK\r\n\r\n{body}".encode())
            await writer.drain()

        await self.runtime.spawn(
            Spawn(uid=UID, project="P", studio="s", owner="ada", launch="", hash="h")
        )
        self.runtime.serve(UID, 8888, answer)


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_a_warning_then_the_end(scene: Scene) -> None:
    """Five minutes before, once; then it is stopped, and says why."""
    assert await scene.at(800) == []
    assert await scene.at(901) == ["nobody uses it: it will be stopped within 5 min"]
    assert await scene.at(1000) == []
    assert await scene.at(1200) == ["it was stopped, for nobody had used it for 20 min"]
    assert await scene.at(1300) == []


async def test_a_template_that_means_nothing_any_more(scene: Scene) -> None:
    """Its studio is stopped as any other; the others are looked after."""
    scene.error = UsageError("an unknown block")
    assert await scene.at(1200) == ["it was stopped, for nobody had used it for 20 min"]


async def test_a_use_takes_the_warning_back(scene: Scene) -> None:
    """A page, or a file."""
    await scene.at(1000)
    scene.uses.note(UID)
    assert await scene.at(1100) == [""]
    scene.change = 2100.0
    assert await scene.at(2150) == []
    assert len(await scene.at(3200)) == 1


async def test_a_stop_that_was_refused_is_not_asked_for_again_at_once(scene: Scene) -> None:
    """A whole time passes first."""
    await scene.at(1200)
    scene.life.state = StudioState.RUNNING
    assert await scene.at(1230) != ["it was stopped, for nobody had used it for 20 min"]
    assert await scene.at(2400) == ["it was stopped, for nobody had used it for 20 min"]


@pytest.mark.parametrize("state", [StudioState.STARTING, StudioState.STOPPING])
async def test_only_what_runs_is_stopped(scene: Scene, state: StudioState) -> None:
    """A start has a time of its own."""
    scene.life.state = state
    assert await scene.at(5000) == []


async def test_a_kernel_at_work_is_a_use(scene: Scene) -> None:
    """Although no page is open."""
    await scene.has_kernels({"execution_state": "busy"})
    assert await scene.at(1200) == []
    await scene.runtime.close()


async def test_a_kernel_that_rests_is_none(scene: Scene) -> None:
    """Nor is a JupyterLab that does not answer."""
    await scene.has_kernels(
        {"execution_state": "idle", "last_activity": "1970-01-01T00:00:01+00:00"}
    )
    assert len(await scene.at(1200)) == 1
    scene.life.state = StudioState.RUNNING
    scene.runtime.fail("dial", TargetError("it does not answer"))
    assert len(await scene.at(2400)) == 1
    await scene.runtime.close()


@pytest.mark.parametrize(
    ("items", "expected"),
    [
        ([], 0.0),
        ([{"last_activity": "1970-01-01T00:01:00Z"}], 60.0),
        ([{"last_activity": "1970-01-01T00:01:00.5Z"}, {"name": "1"}], 60.5),
        ([{"execution_state": "busy"}], 100.0),
        ([{"last_activity": "2100-01-01T00:00:00Z"}], 100.0),
    ],
)
def test_what_jupyterlab_tells(items: list[dict[str, str]], expected: float) -> None:
    """Never later than now: another machine's clock may be ahead."""
    assert last_activity(items, 100.0) == expected
