"""From what a template means to what a runtime spawns, by tables."""

from __future__ import annotations

import dataclasses
import json
import shlex
from typing import Any

import pytest
from cstudiod.machines import launching
from cstudiod.machines.launching import Surroundings
from cstudiod.model.blueprints import (
    Blueprint,
    Entrypoint,
    Environment,
    ExposedPort,
    ImagePlan,
    LaunchFile,
    LaunchPlan,
    Readiness,
)
from cstudiod.model.studios import CONTAINER_LAYOUT, Layout, Spawn, StudioSpec
from cstudiod.model.templates import RuntimeKind
from cstudiod.model.zones import Zone, ZoneSync

SPEC = StudioSpec(name="s", project="P.1", owner="ada", template="t", runtime=RuntimeKind.LOCAL)
ODD = Layout(workdir="/my files/w", home="/my files/h", state="/it's/s", resources='/"$x`\\/r')
WEB = Entrypoint(name="web", label="Web", command=("serve",), block=1, block_type="e", port=80)
PORT = ExposedPort(port=80, label="Web", html=True)
IN = Surroundings(layout=CONTAINER_LAYOUT)


def sync(zone: Zone, target: str = "", **more: Any) -> ZoneSync:
    return ZoneSync(zone=zone, target=target or zone.default_target, **more)


def plan(*entrypoints: Entrypoint, sync: tuple[ZoneSync, ...] = (), **more: Any) -> Blueprint:
    return Blueprint(launch=LaunchPlan(entrypoints=entrypoints, **more), sync=sync)


def launched(blueprint: Blueprint, around: Surroundings = IN) -> dict[str, Any]:
    """Return the launch document."""
    made = launching.spawn("abcdefgh", SPEC, blueprint, around, "word")
    document: dict[str, Any] = json.loads(made.launch)
    return document


@pytest.mark.parametrize(
    ("target", "in_container", "in_odd"),
    [
        ("lib", "/home/dataiku/workspace/lib", "/my files/w/lib"),
        ("a/b", "/home/dataiku/workspace/a/b", "/my files/w/a/b"),
        (".", "/home/dataiku/workspace", "/my files/w"),
        ("/home/dataiku/workspace/lib", "/home/dataiku/workspace/lib", "/my files/w/lib"),
        ("/home/dataiku/workspace", "/home/dataiku/workspace", "/my files/w"),
    ],
)
def test_where_a_zone_is(target: str, in_container: str, in_odd: str) -> None:
    """A target is relative to the workspace, or absolute as it is in a container."""
    row = sync(Zone.USER_VERSIONED, target)
    assert launching.folder_of(row, CONTAINER_LAYOUT) == in_container
    assert launching.folder_of(row, ODD) == in_odd


@pytest.mark.parametrize(
    ("word", "filled"),
    [
        ("${workdir}/x", "/home/dataiku/workspace/x"),
        ("${home}", "/home/dataiku"),
        ("${state}/k", "/tmp/cstudio-runner/k"),
        ("${resources}/f", "/opt/dataiku/f"),
        ("${zone.notebooks}", "/home/dataiku/workspace/nb"),
        ("__NOTEBOOKS__/a", "/home/dataiku/workspace/nb/a"),
        ("${venv.py}/bin/python", "/opt/py/bin/python"),
        ("${port} ${host} ${baseUrl}", "${port} ${host} ${baseUrl}"),
        ("${K8S_POD_NAME}-$HOME-$(id)", "${K8S_POD_NAME}-$HOME-$(id)"),
        ("${zone.unknown} ${}", "${zone.unknown} ${}"),
    ],
)
def test_what_is_filled_in_and_what_is_left_for_the_runner(word: str, filled: str) -> None:
    """Only what the daemon knows; a list of words is never a shell's line."""
    environment = Environment(name="py", block=0, label="", requirements=(), path="/opt/py")
    blueprint = Blueprint(
        image=ImagePlan(environments=(environment,)),
        launch=LaunchPlan(entrypoints=(dataclasses.replace(WEB, command=("x", word)),)),
        sync=(sync(Zone.NOTEBOOKS, "nb"),),
    )
    assert launched(blueprint)["entrypoints"][0]["command"] == ["x", filled]


LINES = [
    ("cd ${workdir} && ls", ["cd", "/my files/w", "&&", "ls"]),
    ('cd "${workdir}"/x', ["cd", "/my files/w/x"]),
    ("cd '${workdir}/x'", ["cd", "/my files/w/x"]),
    ("cat ${state}/a", ["cat", "/it's/s/a"]),
    ('cat "${state}/a"', ["cat", "/it's/s/a"]),
    ("cat '${state}/a'", ["cat", "/it's/s/a"]),
    ("cat ${resources}", ["cat", '/"$x`\\/r']),
    ("cat '${resources}'", ["cat", '/"$x`\\/r']),
    ('echo "it\'s" ${workdir}', ["echo", "it's", "/my files/w"]),
    ('echo \\"${workdir}', ["echo", '"/my files/w']),
    ("echo ${other} '\\' ${home}", ["echo", "${other}", "\\", "/my files/h"]),
]


@pytest.mark.parametrize(("line", "words"), LINES)
def test_odd_paths_in_a_line_for_the_shell(line: str, words: list[str]) -> None:
    """They arrive as they are, however the template quotes them."""
    blueprint = plan(dataclasses.replace(WEB, command=line))
    around = Surroundings(layout=ODD)
    made = launched(blueprint, around)["entrypoints"][0]["command"]
    assert shlex.split(made) == words
    assert launching.filled_for_shell(line, blueprint, around) == made


def test_a_placeholder_that_is_kept_from_being_one() -> None:
    """A backslash says so, as in any shell."""
    assert launching.filled_for_shell(r"echo \${workdir}", plan(), IN) == r"echo \${workdir}"


def test_what_means_something_between_quotes() -> None:
    """It is kept from that, as a shell wants it."""
    line = launching.filled_for_shell('cat "${resources}"', plan(), Surroundings(layout=ODD))
    assert line == r'''cat "/\"\$x\`\\/r"'''


def test_plain_paths_are_not_quoted() -> None:
    """The line stays as people wrote it."""
    line = launching.filled_for_shell("cd ${workdir}; ls", plan(), IN)
    assert line == "cd /home/dataiku/workspace; ls"


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ((), {}),
        (
            (sync(Zone.USER_VERSIONED, "u"),),
            {"DKU_USER_VERSIONED_LOCATION": "/home/dataiku/workspace/u"},
        ),
        ((sync(Zone.USER_VERSIONED, "u", folder="part"),), {}),
        (
            (sync(Zone.USER_VERSIONED, "first"), sync(Zone.USER_VERSIONED, "second")),
            {"DKU_USER_VERSIONED_LOCATION": "/home/dataiku/workspace/first"},
        ),
        (
            (sync(Zone.PROJECT_LIB_VERSIONED, "lib"),),
            {
                "DKU_PROJECT_LIB_VERSIONED_LOCATION": "/home/dataiku/workspace/lib",
                "PYTHONPATH": "/home/dataiku/workspace/lib/python",
                "PYTHONPYCACHEPREFIX": "/tmp/cstudio-runner/pycache",
            },
        ),
    ],
)
def test_what_programs_are_told_of_zones(
    rows: tuple[ZoneSync, ...], expected: dict[str, str]
) -> None:
    """Where whole zones are; the first row of a zone counts; libraries can be imported."""
    found = launching.environment(SPEC, plan(sync=rows), IN)
    assert found == {"DKU_CURRENT_PROJECT_KEY": "P.1", "CSTUDIO_STUDIO": "s", **expected}


def test_a_template_has_the_last_word_on_variables() -> None:
    """And its values are filled in."""
    blueprint = plan(environment={"CSTUDIO_STUDIO": "mine", "A": "${workdir}/a"})
    found = launching.environment(SPEC, blueprint, IN)
    assert (found["CSTUDIO_STUDIO"], found["A"]) == ("mine", "/home/dataiku/workspace/a")


def test_where_servers_listen() -> None:
    """On the port itself, or where the machine had room; with nginx where there is one."""
    blueprint = plan(WEB, ports=(PORT,))
    assert launched(blueprint)["ports"][0]["listen"] == 80
    placed = launched(blueprint, dataclasses.replace(IN, listen={80: 45001}, has_nginx=True))
    assert (placed["ports"][0]["port"], placed["ports"][0]["listen"]) == (80, 45001)
    assert placed["nginx"] is not False
    assert launched(plan(WEB), dataclasses.replace(IN, has_nginx=True))["nginx"] is False


@pytest.mark.parametrize(("readiness", "ports"), [(Readiness(), [80]), (Readiness(tcp=False), [])])
def test_which_ports_must_listen(readiness: Readiness, ports: list[int]) -> None:
    """Those of programs that are started, and of no others."""
    by_hand = dataclasses.replace(WEB, name="by-hand", command=(), port=81)
    blueprint = plan(WEB, by_hand, readiness=readiness)
    document = launched(blueprint)
    assert document["readiness"]["tcp"] == ports
    assert [one["name"] for one in document["entrypoints"]] == ["web"]


def test_files_are_filled_in_unless_they_are_somebodys_own() -> None:
    """The path always is."""
    files = (
        LaunchFile(path="${state}/a", content="${workdir}"),
        LaunchFile(path="${state}/b", content="${workdir}", verbatim=True),
    )
    made = launched(plan(files=files))["files"]
    assert [(one["path"], one["content"]) for one in made] == [
        ("/tmp/cstudio-runner/a", "/home/dataiku/workspace"),
        ("/tmp/cstudio-runner/b", "${workdir}"),
    ]


def test_browsers_and_programs_agree_on_the_prefix() -> None:
    """Without a slash at its end."""
    paths = launching.browser_paths(SPEC, plan(WEB, ports=(PORT,)))
    assert paths == {
        "DKU_IS_CODE_STUDIO": "1",
        "DKU_CODE_STUDIO_BROWSER_PATH": "/code-studios/P.1/s",
        "DKU_CODE_STUDIO_BROWSER_PATH_80": "/code-studios/P.1/s/80",
    }
    assert launched(plan(WEB, ports=(PORT,)))["base_path"] == "/code-studios/P.1/s"


def _spawn(blueprint: Blueprint = plan(WEB), around: Surroundings = IN, hold: str = "w") -> Spawn:  # noqa: B008
    return launching.spawn("abcdefgh", SPEC, blueprint, around, hold)


def test_the_hash_tells_orders_apart() -> None:
    """The same order has the same one; whatever is different has another."""
    same = _spawn()
    others = [
        _spawn(plan(dataclasses.replace(WEB, label="Other"))),
        _spawn(around=dataclasses.replace(IN, image="cstudio/t:2")),
        _spawn(hold="x"),
    ]
    assert _spawn() == same
    assert len({same.hash, *(other.hash for other in others)}) == 4
