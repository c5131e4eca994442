"""What a template means to a web app, and how replicas add up."""

from __future__ import annotations

import pytest
from cstudiod.machines import publishing
from cstudiod.model.blueprints import (
    Action,
    Blueprint,
    Entrypoint,
    ExposedPort,
    LaunchPlan,
    Readiness,
    StarterFile,
)
from cstudiod.model.studios import StudioState
from cstudiod.model.webapps import WebAppState
from cstudiod.model.zones import Zone, ZoneSync

R, S, X, G = StudioState.RUNNING, StudioState.STARTING, StudioState.STOPPED, StudioState.STOPPING


def _entry(name: str, port: int = 0, *, webapps: bool, command: str = "run") -> Entrypoint:
    return Entrypoint(
        name=name, label=name, command=command, block=0, block_type="e", port=port, webapps=webapps
    )


BLUEPRINT = Blueprint(
    launch=LaunchPlan(
        entrypoints=(
            _entry("ide", 8080, webapps=False),
            _entry("site", 8501, webapps=True),
            _entry("worker", webapps=True),
            _entry("by-hand", 9000, webapps=True, command=""),
        ),
        ports=tuple(ExposedPort(port=port) for port in (8080, 8501, 9000, 7000)),
        readiness=Readiness(tcp=False, url="http://localhost:8080${baseUrlPort8080}/", block=3),
    ),
    sync=(
        ZoneSync(zone=Zone.CODE_STUDIO_VERSIONED, target="app"),
        ZoneSync(zone=Zone.PROJECT_LIB_VERSIONED, target="lib", one_way=True),
    ),
    actions=(Action(name="a", label="A", command="true"),),
    creation=(StarterFile(zone=Zone.CODE_STUDIO_VERSIONED, path="x", content=b""),),
)


def test_only_what_is_launched_for_web_apps_runs() -> None:
    """With the ports that it serves; readiness is theirs, for a URL's prefix differs."""
    launch = publishing.published(BLUEPRINT).launch
    assert [one.name for one in launch.entrypoints] == ["site", "worker"]
    assert [one.port for one in launch.ports] == [8501]
    assert launch.readiness == Readiness(tcp=True, url="", block=3)
    assert publishing.ports(BLUEPRINT) == (8501,)
    found = {number: publishing.port(BLUEPRINT, number) for number in (8080, 8501, 9000, 7000, 1)}
    assert [number for number, one in found.items() if one] == [8501]


def test_zones_are_read_alone() -> None:
    """Nothing is written to them, and nothing put into them."""
    made = publishing.published(BLUEPRINT)
    assert [(one.zone, one.one_way) for one in made.sync] == [
        (Zone.CODE_STUDIO_VERSIONED, True),
        (Zone.PROJECT_LIB_VERSIONED, True),
    ]
    assert (made.creation, made.actions, made.image) == ((), (), BLUEPRINT.image)


@pytest.mark.parametrize(
    ("replicas", "ready", "is_ending", "state"),
    [
        ([R, R], 2, False, WebAppState.RUNNING),
        ([R, S], 1, False, WebAppState.DEGRADED),
        ([R, X], 1, False, WebAppState.DEGRADED),
        ([S, S], 0, False, WebAppState.STARTING),
        ([X, S], 0, False, WebAppState.STARTING),
        ([R], 0, False, WebAppState.STARTING),
        ([X, X], 0, False, WebAppState.FAILED),
        ([], 0, False, WebAppState.FAILED),
        ([R, R], 2, True, WebAppState.UNPUBLISHING),
        ([G, X], 0, True, WebAppState.UNPUBLISHING),
    ],
)
def test_replicas_add_up(
    replicas: list[StudioState], ready: int, is_ending: bool, state: WebAppState
) -> None:
    """To what visitors find."""
    assert publishing.state(replicas, ready, is_ending=is_ending) is state
