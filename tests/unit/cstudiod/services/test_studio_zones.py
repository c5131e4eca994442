"""The sessions of a studio's zones, over sessions in memory that say what they were told."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from cstudiod.errors import NotFoundError, StateError, TargetError
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.studios import CONTAINER_LAYOUT, StudioSpec
from cstudiod.model.sync_sessions import (
    FlushResult,
    Keep,
    Mode,
    PlannedChange,
    Problem,
    Reason,
    Spec,
    State,
    Status,
    Target,
    TargetKind,
)
from cstudiod.model.templates import RuntimeKind
from cstudiod.model.zones import Zone, ZoneSync
from cstudiod.services import studio_zones
from cstudiod.services.studio_zones import StudioZones
from cstudiod.store.studios import StoredStudio
from cstudiod.zones.layout import layout

STUDIO = StoredStudio(
    uid="abcdefgh",
    spec=StudioSpec(name="s", project="P", owner="ada", template="t", runtime=RuntimeKind.DOCKER),
    library="s",
    create_time=0,
)
OWN = ZoneSync(zone=Zone.CODE_STUDIO_VERSIONED, target="own")
LIB = ZoneSync(zone=Zone.PROJECT_LIB_VERSIONED, target="lib", one_way=True)
FIRST = "studio-abcdefgh-0-code-studio-versioned"
SECOND = "studio-abcdefgh-1-project-lib-versioned"


class Sessions:
    """What `SyncSessions` is asked to do, in order."""

    def __init__(self) -> None:
        self.specs: dict[str, Spec] = {}
        self.did: list[str] = []
        self.status = Status(state=State.WATCHING)
        self.flushes: list[FlushResult | Exception] = []
        self.open: list[Problem] = []

    def get(self, name: str) -> Any:
        return SimpleNamespace(spec=self.specs[name], status=self.status)

    def all(self) -> list[Any]:
        return [self.get(name) for name in sorted(self.specs)]

    async def create(self, spec: Spec) -> None:
        self.did.append(f"create {spec.name}")
        self.specs[spec.name] = spec

    async def resume(self, name: str) -> None:
        self.did.append(f"resume {name}")
        self.specs[name] = dataclasses.replace(self.specs[name], paused=False)

    async def pause(self, name: str) -> None:
        self.specs[name] = dataclasses.replace(self.specs[name], paused=True)

    async def delete(self, name: str) -> None:
        self.did.append(f"delete {name}")
        del self.specs[name]

    async def flush(self, name: str, seconds: float) -> FlushResult:
        self.did.append(f"flush {name}")
        found = self.flushes.pop(0) if self.flushes else _result()
        if isinstance(found, Exception):
            raise found
        return found

    async def resolve(self, name: str, named: Any, globs: Any, keep: Keep) -> None:
        self.did.append(f"keep {keep.value} of {name}")

    def problems(self, name: str) -> Sequence[Problem]:
        return self.open

    def refusal(self, name: str, what: str) -> StateError:
        return StateError(f"{name} {what}")

    async def pull(self, name: str, *, validate_only: bool) -> list[PlannedChange]:
        self.did.append(f"pull {name} {validate_only}")
        return []

    push = reset = pull


def _result(conflicts: int = 0) -> FlushResult:
    return FlushResult(in_step=not conflicts, conflict_count=conflicts, problem_count=0)


def target(path: str) -> Target:
    return Target(kind=TargetKind.DOCKER, name="box", path=path)


class Scene:
    """A studio's zones, and the sessions behind them."""

    def __init__(self) -> None:
        self.sessions = Sessions()
        places = layout(Path("/zones"), {})
        self.zones = StudioZones(self.sessions, places, None)  # type: ignore[arg-type]

    async def connected(self, *rows: ZoneSync, to: Callable[[str], Target] = target) -> list[str]:
        """Connect a blueprint's zones and return what was done."""
        self.sessions.did.clear()
        await self.zones.connect(STUDIO, Blueprint(sync=rows), CONTAINER_LAYOUT, to)
        return self.sessions.did


@pytest.fixture
def scene() -> Scene:
    return Scene()


async def test_sessions_are_made_once(scene: Scene) -> None:
    """And go on: what they remember outlives a stop."""
    both = [f"create {FIRST}", f"resume {FIRST}", f"create {SECOND}", f"resume {SECOND}"]
    assert await scene.connected(OWN, LIB) == both
    assert scene.sessions.specs[FIRST].mode is Mode.TWO_WAY_SAFE
    assert scene.sessions.specs[SECOND].mode is Mode.ONE_WAY_REPLICA
    assert scene.sessions.specs[FIRST].target == target("/home/dataiku/workspace/own")
    await scene.zones.pause(STUDIO)
    assert await scene.connected(OWN, LIB) == [f"resume {FIRST}", f"resume {SECOND}"]


CHANGES = [
    dataclasses.replace(OWN, target="elsewhere"),
    dataclasses.replace(OWN, folder="part"),
    dataclasses.replace(OWN, one_way=True),
    dataclasses.replace(OWN, exclude=("*.log",)),
    dataclasses.replace(OWN, default_excludes=False),
]


@pytest.mark.parametrize("row", CHANGES)
async def test_what_a_template_changed_is_another_session(scene: Scene, row: ZoneSync) -> None:
    """What both sides agreed on before means nothing there."""
    await scene.connected(OWN)
    assert await scene.connected(row) == [f"delete {FIRST}", f"create {FIRST}", f"resume {FIRST}"]


async def test_a_zone_that_is_not_wanted_any_more(scene: Scene) -> None:
    """Its session goes."""
    await scene.connected(OWN, LIB)
    assert await scene.connected(OWN) == [f"delete {SECOND}", f"resume {FIRST}"]


async def test_bringing_back(scene: Scene) -> None:
    """Two-way zones alone; both versions of a conflict are kept, then it is looked once more."""
    await scene.connected(OWN, LIB)
    scene.sessions.did.clear()
    scene.sessions.flushes = [_result(conflicts=2), _result()]
    assert await scene.zones.bring_back(STUDIO) == []
    assert scene.sessions.did == [f"flush {FIRST}", f"keep both of {FIRST}", f"flush {FIRST}"]


async def test_what_somebody_paused_is_brought_back_too(scene: Scene) -> None:
    """The studio ends: there is no later."""
    await scene.connected(OWN)
    await scene.zones.pause(STUDIO)
    scene.sessions.did.clear()
    assert await scene.zones.bring_back(STUDIO) == []
    assert scene.sessions.did == [f"resume {FIRST}", f"flush {FIRST}"]


PROBLEMS = [
    ("local", "disk_full", "no space left", "a/b: no space left"),
    ("local", "unreadable", "", "a/b: unreadable"),
    ("both", "case_clash", "", "a/b: case clash"),
    ("remote", "unreadable", "permission denied", "a/b: permission denied"),
    ("remote", "name_refused", "", "a/b: name refused"),
    ("remote", "changing", "it changes", "a/b: it changes"),
    ("remote", "link_outside", "", ""),
    ("remote", "special_file", "", ""),
    ("remote", "other_file_system", "", ""),
]


@pytest.mark.parametrize(("side", "why", "detail", "told"), PROBLEMS)
async def test_what_cannot_be_brought_back_is_named(
    scene: Scene, side: str, why: str, detail: str, told: str
) -> None:
    """Links out, sockets and such are nothing that anybody loses."""
    await scene.connected(OWN)
    scene.sessions.open = [Problem(path=b"a/b", side=side, reason=why, detail=detail)]
    assert await scene.zones.bring_back(STUDIO) == ([told] if told else [])


@pytest.mark.parametrize(
    "status",
    [
        Status(state=State.HALTED),
        Status(
            state=State.DISCONNECTED,
            reason=Reason(code="LOCAL_ROOT_MISSING", message="gone", since=0),
        ),
    ],
)
async def test_what_will_not_come_by_itself_is_not_waited_for(scene: Scene, status: Status) -> None:
    """It is told at once."""
    await scene.connected(OWN)
    scene.sessions.status = status
    with pytest.raises(StateError, match="cannot be flushed"):
        await scene.zones.bring_back(STUDIO)


async def test_a_connection_that_breaks_may_come_back(scene: Scene) -> None:
    """It is tried again, but not for ever."""
    await scene.connected(OWN)
    late = StateError("it takes long", reason="TIMEOUT")
    scene.sessions.flushes = [TargetError("lost"), TargetError("lost"), late, late, _result()]
    assert await scene.zones.bring_back(STUDIO) == []


async def test_a_connection_that_stays_away(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ends the wait."""
    monkeypatch.setattr(studio_zones, "RECONNECT_SECONDS", 0.01)
    await scene.connected(OWN)
    scene.sessions.status = Status(state=State.DISCONNECTED)
    with pytest.raises(StateError, match="cannot be flushed"):
        await scene.zones.bring_back(STUDIO)


@pytest.mark.parametrize(
    ("work", "zones", "did"),
    [
        ("push", [], [f"pull {FIRST} True", f"pull {SECOND} True"]),
        ("push", ["project_lib_versioned"], [f"pull {SECOND} True"]),
        ("pull", [], [f"pull {FIRST} True"]),
    ],
)
async def test_single_shots(scene: Scene, work: str, zones: list[str], did: list[str]) -> None:
    """Of all zones, or of those that are named; a one-way zone is never pulled."""
    await scene.connected(OWN, LIB)
    scene.sessions.did.clear()
    await scene.zones.once(STUDIO, work, zones, dry_run=True)
    assert scene.sessions.did == did
    with pytest.raises(NotFoundError, match="has no zone `x`"):
        await scene.zones.once(STUDIO, work, ["x"], dry_run=True)


async def test_how_zones_are_shown(scene: Scene) -> None:
    """A session is named while it is at work."""
    blueprint = Blueprint(sync=(OWN, LIB))
    await scene.connected(OWN, LIB)
    views = scene.zones.views(STUDIO, blueprint, CONTAINER_LAYOUT)
    assert [(one.remote, one.one_way, one.session) for one in views] == [
        ("/home/dataiku/workspace/own", False, FIRST),
        ("/home/dataiku/workspace/lib", True, SECOND),
    ]
    await scene.zones.pause(STUDIO)
    views = scene.zones.views(STUDIO, blueprint, CONTAINER_LAYOUT)
    assert [one.session for one in views] == ["", ""]
    runs = dataclasses.replace(STUDIO, was_ready=True, wants_running=True)
    views = scene.zones.views(runs, blueprint, CONTAINER_LAYOUT)
    assert [one.session for one in views] == [FIRST, SECOND], "somebody paused them"


async def test_files_that_do_not_come_are_told_with_their_session(scene: Scene) -> None:
    """The one that is late, and why."""
    await scene.connected(OWN)
    scene.sessions.status = Status(state=State.CONNECTING)
    with pytest.raises(StateError, match=f"{FIRST}: it is connecting") as late:
        await scene.zones.in_step([FIRST], 0.01)
    assert late.value.next == f"cstudio sync show {FIRST}"
