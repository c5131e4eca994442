from __future__ import annotations

import pytest
from cstudiod.blocks.kinds import Scene
from cstudiod.blocks.places import InZone, default, in_zone, placed, troubles
from cstudiod.model.zones import Zone, ZoneSync

SCENE = Scene(
    block=0,
    type="x",
    zones=(ZoneSync(zone=Zone.RECIPES, target="r", folder="sub"),),
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("__RECIPES__/a", "${zone.recipes}/a"),
        ("/home/dataiku/workspace", "${workdir}"),
        ("/home/dataiku/workspace/a/", "${workdir}/a"),
        ("/home/dataiku/b", "${home}/b"),
        ("/home/dataiku2", "/home/dataiku2"),
        ("a/b", "${workdir}/a/b"),
        ("${state}/x", "${state}/x"),
        ("/", "/"),
    ],
)
def test_a_path_is_written_for_any_runtime(text: str, expected: str) -> None:
    """As DSS has it, absolute in the image, or relative to the workspace."""
    assert placed(text) == expected


def test_a_path_in_a_zone_is_one_of_the_server_s_too() -> None:
    """With the part of the zone that is synced."""
    assert in_zone("__RECIPES__/a/b", SCENE) == InZone(zone=Zone.RECIPES, path="sub/a/b")
    assert in_zone("__NOTEBOOKS__/a", SCENE) is None
    assert in_zone("/etc/a", SCENE) is None


def test_a_default_needs_its_zone() -> None:
    """Else it is somewhere that is always there."""
    assert default("", Zone.RECIPES, "a", "${home}/a", SCENE) == "${zone.recipes}/a"
    assert default("", Zone.NOTEBOOKS, "a", "${home}/a", SCENE) == "${home}/a"
    assert default("b", Zone.NOTEBOOKS, "a", "${home}/a", SCENE) == "${workdir}/b"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("__RECIPES__/x", ""),
        ("${zone.recipes}/x", ""),
        ("${zone.notebooks}/x", "the zone `notebooks` is not synchronized"),
        ("${zone.nowhere}/x", "the zone `nowhere` is not synchronized"),
        ("${wrkdir}/x", "unknown variable `${wrkdir}`"),
        ("a/../b", "no path"),
        ("a\nb", "no path"),
    ],
)
def test_a_path_that_cannot_be_used(text: str, words: str) -> None:
    """Is told, with the field."""
    found = troubles(text, "f", SCENE)
    assert [(words in one.message, one.field) for one in found] == ([(True, "f")] if words else [])
