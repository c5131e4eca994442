"""Zones are folders: as DSS has them, or as configured; and no name leads elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudiod.errors import UsageError
from cstudiod.model.zones import Zone
from cstudiod.zones import layout
from cstudiod.zones.layout import Place, Whose

ROOT = Path("/data")
WHOSE = Whose(project="SALES", studio="qAFRuwz", library="Sage_Dashboard", user="alice")

DSS_FOLDERS = [
    (Zone.CODE_STUDIO_VERSIONED, "config/projects/SALES/code_studios/qAFRuwz"),
    (Zone.CODE_STUDIO_RESOURCES, "lib/code_studio/SALES/Sage_Dashboard"),
    (Zone.PROJECT_LIB_VERSIONED, "config/projects/SALES/lib"),
    (Zone.PROJECT_LIB_RESOURCES, "lib/projects/SALES"),
    (Zone.RECIPES, "config/projects/SALES/recipes"),
    (Zone.NOTEBOOKS, "config/projects/SALES/ipython_notebooks"),
    (Zone.USER_VERSIONED, "config/users/alice/versioned"),
    (Zone.USER_RESOURCES, "lib/users/alice"),
]


@pytest.mark.parametrize(("zone", "folder"), DSS_FOLDERS)
def test_each_zone_is_where_dss_has_it(zone: Zone, folder: str) -> None:
    """A data directory of DSS can be used as it is."""
    assert layout.layout(ROOT, {}).place(zone, WHOSE) == Place(base=ROOT, inside=folder)


def test_every_zone_has_a_folder_and_no_two_overlap() -> None:
    """No zone's folder is, or is inside, another's."""
    paths = [layout.layout(ROOT, {}).place(zone, WHOSE).path for zone in Zone]
    assert not [
        (one, two) for one in paths for two in paths if one is not two and two.is_relative_to(one)
    ]


MAPPED = [
    ("libs/{project}", ROOT, "libs/SALES"),
    ("libs", ROOT, "libs"),
    ("/srv/git/{project}/python", Path("/srv/git"), "SALES/python"),
    ("/srv/git/{project}-{user}/", Path("/srv/git"), "SALES-alice"),
    ("/srv/everything", Path("/srv/everything"), ""),
    ("/{user}", Path("/"), "alice"),
]


@pytest.mark.parametrize(("pattern", "base", "inside"), MAPPED)
def test_a_zone_may_be_anywhere(pattern: str, base: Path, inside: str) -> None:
    """What has no placeholder is the administrator's word; what has is walked without links."""
    made = layout.layout(ROOT, {"project_lib_versioned": pattern})
    assert made.place(Zone.PROJECT_LIB_VERSIONED, WHOSE) == Place(base=base, inside=inside)
    assert made.place(Zone.RECIPES, WHOSE).inside == "config/projects/SALES/recipes"


@pytest.mark.parametrize(
    ("mapped", "words"),
    [
        ({"project_libs": "x"}, "no zone `project_libs`"),
        ({"recipies": "x"}, "did you mean `recipes`"),
        ({"recipes": "{projekt}"}, "names {projekt}"),
        ({"recipes": "{project.__class__}"}, "names {project.__class__}"),
        ({"recipes": "{project:>9}"}, "names {project"),
        ({"recipes": "{0}"}, "names {0}"),
        ({"recipes": "{}"}, "names {}"),
        ({"recipes": "{project"}, "brace"),
        ({"recipes": "../{project}"}, "must not contain"),
        ({"recipes": ""}, "empty"),
        ({"recipes": "a\0"}, "NUL"),
        ({"recipies": "x", "notebooks": ".."}, "recipies.*notebooks"),
    ],
)
def test_a_map_that_cannot_be_is_refused(mapped: dict[str, str], words: str) -> None:
    """When the daemon starts, and all that is wrong with it at once."""
    with pytest.raises(UsageError, match=words):
        layout.layout(ROOT, mapped)


@pytest.mark.parametrize("name", ["1234", "Vertrieb_Süd", "проект", "項目", "a b", "a@b.com", "-x"])
def test_names_of_any_script_are_folders(name: str) -> None:
    """A key of digits alone too."""
    place = layout.layout(ROOT, {}).place(Zone.PROJECT_LIB_VERSIONED, Whose(project=name))
    assert place.inside == f"config/projects/{name}/lib"


BAD = ["", ".", "..", "../x", "a/b", "/etc", "a\\b", "a\0b", "a\nb", ".git", "\udcff", "ä" * 128]


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("field", ["project", "studio", "library", "user"])
def test_names_that_would_lead_elsewhere_are_refused(field: str, name: str) -> None:
    """In whatever place they stand."""
    made = layout.layout(ROOT, {"recipes": "{project}/{studio}/{library}/{user}"})
    names = {"project": "P", "studio": "s", "library": "l", "user": "u", field: name}
    with pytest.raises(UsageError):
        made.place(Zone.RECIPES, Whose(**names))


def test_all_names_that_are_wrong_are_told_at_once() -> None:
    """And those that the zone does not need are not asked for."""
    made = layout.layout(ROOT, {})
    with pytest.raises(UsageError, match=r"project.*studio is missing"):
        made.place(Zone.CODE_STUDIO_VERSIONED, Whose(project="a/b", user="bad/one"))


@pytest.mark.parametrize(
    ("zone", "inside"),
    [
        (Zone.RECIPES, "config/projects/SALES"),
        (Zone.CODE_STUDIO_VERSIONED, "config/projects/SALES"),
        (Zone.USER_VERSIONED, "config/users/alice"),
    ],
)
def test_a_project_has_one_repository(zone: Zone, inside: str) -> None:
    """As in DSS; a user has one too."""
    assert layout.layout(ROOT, {}).repository(zone, WHOSE) == Place(base=ROOT, inside=inside)


def test_resources_have_no_history_and_a_mapped_zone_its_own() -> None:
    """A repository never reaches beyond what is cstudio's."""
    made = layout.layout(ROOT, {"recipes": "/srv/{project}/r"})
    assert made.repository(Zone.PROJECT_LIB_RESOURCES, WHOSE) is None
    assert made.repository(Zone.RECIPES, WHOSE) == Place(base=Path("/srv"), inside="SALES/r")
    assert not made.is_dss(Zone.RECIPES)
    assert made.is_dss(Zone.NOTEBOOKS)


@pytest.mark.parametrize(
    ("name", "taken", "library"),
    [
        ("Sage Dashboard", [], "Sage_Dashboard"),
        ("Sage Dashboard", ["sage_dashboard"], "Sage_Dashboard_2"),
        ("a/../b", [], "a____b"),
        ("прогноз 1", [], "прогноз_1"),
        ("..", [], "__"),
        ("", [], "_"),
        ("\udcff", [], "_"),
    ],
)
def test_a_studio_gets_a_folder_name_of_its_own(name: str, taken: list[str], library: str) -> None:
    """From its name, as DSS does it, and fit for every file system."""
    assert layout.library_name(name, taken) == library
    assert layout.name_problem("library", library) == ""


def test_a_long_name_still_fits() -> None:
    """With room for a number."""
    first = layout.library_name("ä" * 300)
    assert layout.name_problem("library", layout.library_name("ä" * 300, [first])) == ""


@pytest.mark.parametrize("path", ["", "/a", "a//b", "a/", "./a", "a/../b", "..", "a\0", "\udcff"])
def test_a_way_down_stays_below(path: str) -> None:
    """Folders of zones and paths of starter files."""
    with pytest.raises(UsageError):
        Place(base=ROOT).down(path)


def test_a_way_down_is_appended() -> None:
    """To the zone's own."""
    assert Place(base=ROOT, inside="a").down("b/c") == Place(base=ROOT, inside="a/b/c")
    assert Place(base=ROOT).down("b").path == ROOT / "b"
