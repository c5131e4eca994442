"""Runs of actions: what becomes of each, who may see it, what is kept."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.errors import CstudioError, NotFoundError, StateError, TargetError, UsageError
from cstudiod.model.blueprints import Action, Blueprint
from cstudiod.model.studios import CONTAINER_LAYOUT
from cstudiod.ports import ExitStatus
from cstudiod.services import run_output
from cstudiod.services.actions import Actions, Run, RunState
from cstudiod.services.commands import Command
from cstudiod.services.identity import Caller, RightMissing
from cstudiod.services.run_output import STDERR, STDOUT
from cstudiod.store.history import History
from cstudiod.store.schema import MIGRATIONS
from cstudiod.supervise import Tasks

ADA, BOB = Caller(login="ada"), Caller(login="bob")
ADMIN = Caller(login="root", is_admin=True)
BLUEPRINT = Blueprint(
    actions=(
        Action(name="test", label="Test", command="pytest ${workdir}"),
        Action(name="slow", label="Slow", command="sleep 9", timeout_seconds=0.01),
    )
)


WELL = ExitStatus(code=0)


class Program:
    """What a command says, and how it ends."""

    def __init__(self, *pieces: bytes, end: ExitStatus | None = WELL) -> None:
        self.pieces = list(pieces)
        self.ending = end
        """None: it never does."""
        self.ended = asyncio.Event()
        self.has_input = True

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        listener(b"oh\n")

    async def end_input(self) -> bool:
        self.has_input = False
        return True

    async def read(self) -> bytes:
        if self.pieces:
            return self.pieces.pop(0)
        if self.ending is None:
            await self.ended.wait()
        return b""

    async def wait(self) -> ExitStatus:
        return self.ending or ExitStatus(code=143)


class Commands:
    """Runs programs that are told what to do."""

    def __init__(self) -> None:
        self.opened: list[Command] = []
        self.killed: list[str] = []
        self.program = Program()
        self.error: Exception | None = None

    def around(self, life: Any) -> Any:
        return SimpleNamespace(layout=CONTAINER_LAYOUT, venvs={})

    def folder(self, life: Any, wanted: str) -> str:
        return f"/work/{wanted}"

    @contextlib.asynccontextmanager
    async def open(self, life: Any, command: Command) -> AsyncIterator[Program]:
        self.opened.append(command)
        if self.error is not None:
            raise self.error
        yield self.program

    async def end(self, life: Any, id: str) -> None:
        self.killed.append(id)
        self.program.ended.set()


class Studios:
    """Two studios of ada's."""

    def __init__(self) -> None:
        spec = {"owner": "ada", "project": "P", "template": "t"}
        self.lives = {
            name: SimpleNamespace(
                studio=SimpleNamespace(uid=f"uid-{name}", spec=SimpleNamespace(name=name, **spec))
            )
            for name in ("one", "two")
        }
        self.runs = True

    def life(self, caller: Caller, name: str, project: str) -> Any:
        return self.lives[name]

    enter = life

    def get(self, caller: Caller, name: str, project: str) -> Any:
        return SimpleNamespace(stored=self.lives[name].studio)

    def life_of(self, uid: str) -> Any:
        return self.lives.get(uid.removeprefix("uid-"))

    def must_run(self, life: Any) -> None:
        if not self.runs:
            raise StateError("it does not run")


class Scene:
    """Actions over a database in memory; time stands still."""

    def __init__(self, database: sqlite3.Connection, folder: Path) -> None:
        for script in MIGRATIONS:
            database.executescript(script)
        self.history = History(database, "runs", "studio")
        self.folder, self.tasks = folder, Tasks()
        self.commands, self.studios = Commands(), Studios()
        self.actions = self.again()

    def again(self) -> Actions:
        """Return the actions as the next daemon has them."""
        templates: Any = SimpleNamespace(get=lambda _: SimpleNamespace(blueprint=BLUEPRINT))
        studios: Any = self.studios
        commands: Any = self.commands
        return Actions(
            folder=self.folder,
            history=self.history,
            studios=studios,
            templates=templates,
            commands=commands,
            tasks=self.tasks,
            clock=lambda: 1000.0,
        )

    async def ran(self, **how: Any) -> Run:
        """Run something to its end."""
        run = await self.actions.run(ADA, "one", **(how or {"command": ["true"]}))
        async for _ in self.actions.follow(ADA, run.id):
            pass
        return self.actions.get(ADA, run.id)

    async def said(self, run: Run, actions: Actions | None = None) -> list[tuple[int, bytes]]:
        """Return all that a run printed."""
        return [piece async for piece in (actions or self.actions).follow(ADA, run.id)]


@pytest.fixture
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    with contextlib.closing(sqlite3.connect(":memory:", isolation_level=None)) as database:
        made = Scene(database, tmp_path)
        yield made
        await made.tasks.close()


@pytest.mark.parametrize(
    ("program", "error", "expected"),
    [
        (lambda: Program(), None, (RunState.ENDED, 0, "")),
        (lambda: Program(end=ExitStatus(code=7)), None, (RunState.ENDED, 7, "")),
        (
            lambda: Program(end=ExitStatus(code=None, reason="the pod is gone")),
            None,
            (RunState.LOST, 0, "the pod is gone"),
        ),
        (
            lambda: Program(end=ExitStatus(code=None)),
            None,
            (RunState.LOST, 0, "the connection to it was lost"),
        ),
        (lambda: Program(), TargetError("no way in"), (RunState.LOST, 0, "no way in")),
        (lambda: Program(end=None), None, (RunState.TIMED_OUT, 0, "it took longer than 0.02 s")),
    ],
)
async def test_how_a_run_ends(
    scene: Scene,
    program: Callable[[], Program],
    error: CstudioError | None,
    expected: tuple[RunState, int, str],
) -> None:
    """And so does the next daemon tell it."""
    scene.commands.program, scene.commands.error = program(), error
    run = await scene.ran(command=["a", "b"], folder="sub", timeout_seconds=0.02)
    assert (run.state, run.exit_status, run.detail) == expected
    assert (run.command, run.requester, run.end_time) == (("a", "b"), "ada", 1000.0)
    assert scene.commands.opened == [Command(id=run.id, words=("a", "b"), folder="/work/sub")]
    assert scene.commands.killed == ([run.id] if run.state is RunState.TIMED_OUT else [])
    assert scene.again().get(ADA, run.id) == run


async def test_what_it_said_is_kept(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """By stream, from its first byte, as much as there is room for; the rest is counted."""
    monkeypatch.setattr(run_output, "MOST_BYTES", 8)
    scene.commands.program = Program(b"hel", b"lo you", b"more")
    run = await scene.ran()
    pieces = [(STDERR, b"oh\n"), (STDOUT, b"hel"), (STDOUT, b"lo")]
    assert await scene.said(run, scene.again()) == pieces
    assert (run.output_bytes, run.dropped_bytes) == (8, 8)
    assert scene.commands.program.has_input is False


async def test_an_action_of_the_template(scene: Scene) -> None:
    """Is a line for the shell, filled in; its time is the action's, unless another is asked for."""
    run = await scene.ran(action="test")
    assert (run.action, run.command) == (
        "test",
        ("/bin/sh", "-c", "pytest /home/dataiku/workspace"),
    )
    scene.commands.program = Program(end=None)
    assert (await scene.ran(action="slow")).detail == "it took longer than 0.01 s"
    with pytest.raises(NotFoundError, match=r"no action `tests`; it has: test, slow"):
        await scene.actions.run(ADA, "one", action="tests")


@pytest.mark.parametrize(
    ("command", "runs", "refusal"),
    [([], True, UsageError), (["a\0"], True, UsageError), (["a"], False, StateError)],
)
async def test_what_cannot_run_leaves_nothing(
    scene: Scene, command: list[str], runs: bool, refusal: type[CstudioError]
) -> None:
    scene.studios.runs = runs
    with pytest.raises(refusal):
        await scene.actions.run(ADA, "one", command=command)
    assert (scene.history.all(), scene.commands.opened) == ([], [])


async def test_a_cancelled_run(scene: Scene) -> None:
    """Ends with all it started; nothing happens to one that has ended."""
    scene.commands.program = Program(b"begun", end=None)
    run = await scene.actions.run(ADA, "one", command=["sleep", "9"])
    await asyncio.sleep(0)
    assert (await scene.actions.cancel(ADA, run.id)).state is RunState.CANCELLED
    assert (await scene.actions.cancel(ADMIN, run.id)).state is RunState.CANCELLED
    assert scene.commands.killed == [run.id]


async def test_several_follow_one(scene: Scene) -> None:
    """From its start, also who comes late."""
    scene.commands.program = Program(b"first", end=None)
    run = await scene.actions.run(ADA, "one", command=["x"])
    async with asyncio.TaskGroup() as group:
        early = group.create_task(scene.said(run))
        await asyncio.sleep(0)
        late = group.create_task(scene.said(run))
        await asyncio.sleep(0)
        scene.commands.program.ended.set()
    assert early.result() == late.result() == [(STDERR, b"oh\n"), (STDOUT, b"first")]


async def test_who_may_see_runs(scene: Scene) -> None:
    """The owner all; administrators what ran, not what it said; others nothing."""
    run = await scene.ran()
    assert scene.actions.get(ADMIN, run.id) == run
    for caller in (ADMIN, BOB):
        with pytest.raises(RightMissing):
            async for _ in scene.actions.follow(caller, run.id):
                pass
    with pytest.raises(RightMissing):
        scene.actions.get(BOB, run.id)
    with pytest.raises(RightMissing):
        await scene.actions.cancel(BOB, run.id)
    with pytest.raises(RightMissing, match="may not see the actions of"):
        scene.actions.list(BOB, "one")
    assert [one.name for one in scene.actions.list(ADMIN, "one")] == ["test", "slow"]
    assert [len(scene.actions.all(caller)) for caller in (ADA, ADMIN, BOB)] == [1, 1, 0]


async def test_runs_are_listed_the_newest_first(scene: Scene) -> None:
    """Of one studio, of a project; those that go on too, and none of a studio that is gone."""
    await scene.ran()
    await scene.actions.run(ADA, "two", command=["true"])
    await scene.ran()
    assert [one.id for one in scene.actions.all(ADA)] == ["r3", "r2", "r1"]
    assert [one.id for one in scene.actions.all(ADA, "one")] == ["r3", "r1"]
    assert scene.actions.all(ADA, project="OTHER") == []
    del scene.studios.lives["one"]
    assert [one.id for one in scene.actions.all(ADMIN)] == ["r2"]
    with pytest.raises(NotFoundError, match="no run `r1`"):
        scene.actions.get(ADA, "r1")


async def test_a_daemon_that_ended_in_the_middle(scene: Scene) -> None:
    """Says so of what ran then."""
    scene.commands.program = Program(end=None)
    run = await scene.actions.run(ADA, "one", command=["x"])
    found = scene.again().get(ADA, run.id)
    assert found.state is RunState.LOST
    assert found.detail == "the daemon ended in the middle of it"


async def test_old_runs_go_with_what_they_said(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cstudiod.store.history.KEPT", 2)
    for _ in range(3):
        await scene.ran()
    assert [one.id for one in scene.actions.all(ADA)] == ["r3", "r2"]
    assert sorted(path.name for path in scene.folder.iterdir()) == ["r2.out", "r3.out"]
