"""How a command is run inside a studio: its words, its variables, its folder."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.errors import TargetError, UsageError
from cstudiod.model.blueprints import Blueprint, ExposedPort, LaunchPlan
from cstudiod.model.studios import StudioSpec
from cstudiod.model.templates import RuntimeKind
from cstudiod.model.zones import Zone, ZoneSync
from cstudiod.runtimes.fake_studios import FakeStudios
from cstudiod.services.commands import Command, Commands, checked
from cstudiod.services.studio_uses import Uses
from cstudiod.store.studios import StoredStudio

LIFE: Any = SimpleNamespace(
    studio=StoredStudio(
        uid="abcdefgh",
        spec=StudioSpec(
            name="s", project="P", owner="ada", template="t", runtime=RuntimeKind.DOCKER
        ),
        library="s",
        create_time=0,
        venvs={"py": "/venvs/1"},
    )
)
BLUEPRINT = Blueprint(
    launch=LaunchPlan(
        ports=(ExposedPort(port=80, label="", html=True),), environment={"OWN": "${workdir}/x"}
    ),
    sync=(ZoneSync(zone=Zone.NOTEBOOKS, target="nb"),),
)


class Scene:
    """Commands whose words are kept, and which run nowhere."""

    def __init__(self) -> None:
        self.opened: list[tuple[str, ...]] = []
        self.error: Exception | None = None
        self.uses = Uses(60, lambda: 1000.0)
        tools: Any = SimpleNamespace(
            runtime=lambda _: FakeStudios(RuntimeKind.DOCKER),
            templates=SimpleNamespace(get=lambda _: SimpleNamespace(blueprint=BLUEPRINT)),
            open_command=self._open,
            uses=self.uses,
        )
        self.commands = Commands(tools)

    @contextlib.asynccontextmanager
    async def _open(self, target: Any, words: tuple[str, ...]) -> AsyncIterator[Any]:
        if self.error is not None:
            raise self.error
        self.opened.append(words)
        yield SimpleNamespace(end_input=self._nothing, wait=self._nothing)

    async def _nothing(self) -> None: ...


async def test_a_command_finds_what_programs_find() -> None:
    """Prefixes, zones, the template's variables; never the launch document."""
    scene = Scene()
    command = Command(id="r1", words=("echo", "a  b", "$HOME"), folder="/somewhere")
    async with scene.commands.open(LIFE, command):
        pass
    (words,) = scene.opened
    assert words[:3] == ("env", "-u", "CSTUDIO_LAUNCH")
    variables = dict(word.split("=", 1) for word in words[3 : words.index("sh")])
    assert variables == {
        "HOME": "/home/dataiku",
        "CSTUDIO_RUNNER_STATE": "/tmp/cstudio-runner",
        "CSTUDIO_STUDIO": "s",
        "DKU_CURRENT_PROJECT_KEY": "P",
        "DKU_IS_CODE_STUDIO": "1",
        "DKU_CODE_STUDIO_BROWSER_PATH": "/code-studios/P/s",
        "DKU_CODE_STUDIO_BROWSER_PATH_80": "/code-studios/P/s/80",
        "DKU_NOTEBOOKS_LOCATION": "/home/dataiku/workspace/nb",
        "OWN": "/home/dataiku/workspace/x",
    }
    assert words[-3:] == ("echo", "a  b", "$HOME")
    assert words[-5:-3] == ("/tmp/cstudio-runner/commands/r1.pid", "/somewhere")


@pytest.mark.parametrize("takes_input", [False, True])
async def test_who_writes_to_a_command(takes_input: bool) -> None:
    """Without anybody its stdin is empty, also where a transport cannot close it."""
    scene = Scene()
    command = Command(id="r1", words=("cat",), folder="/", takes_input=takes_input)
    async with scene.commands.open(LIFE, command):
        pass
    (words,) = scene.opened
    script = words[words.index("-c") + 1]
    assert script.endswith(" </dev/null") is not takes_input


async def test_a_command_is_a_use_of_the_studio() -> None:
    """As long as it runs."""
    scene = Scene()
    async with scene.commands.open(LIFE, Command(id="r1", words=("x",), folder="/")):
        assert scene.uses.stop_time(LIFE.studio) == 1060.0


async def test_ending_a_command_of_a_studio_that_is_gone() -> None:
    """It is gone with it."""
    scene = Scene()
    scene.error = TargetError("not there")
    await scene.commands.end(LIFE, "r1")


def test_environments_are_those_it_was_started_with() -> None:
    """A build since then changes nothing in it."""
    assert Scene().commands.around(LIFE).venvs == {"py": "/venvs/1"}


@pytest.mark.parametrize(
    ("wanted", "folder"),
    [
        ("", "/home/dataiku/workspace"),
        ("a/b", "/home/dataiku/workspace/a/b"),
        ("..", "/home/dataiku"),
        ("/tmp", "/tmp"),
    ],
)
def test_where_a_command_runs(wanted: str, folder: str) -> None:
    """Below the workspace, or wherever its user may."""
    assert Scene().commands.folder(LIFE, wanted) == folder


@pytest.mark.parametrize("words", [(), ("",), ("a\0b",), ("a", "b\0")])
def test_what_is_no_command(words: tuple[str, ...]) -> None:
    """It is refused before anything runs."""
    with pytest.raises(UsageError):
        checked(words)
    with pytest.raises(UsageError):
        Scene().commands.folder(LIFE, "a\0")


def test_a_command_is_kept_word_by_word() -> None:
    """Empty words too, but for the program's."""
    assert checked(["a", "", " "]) == ("a", "", " ")
