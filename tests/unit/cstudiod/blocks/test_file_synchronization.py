from __future__ import annotations

import pytest
from cstudiod.model.zones import Zone, ZoneSync
from support.template_samples import SERVER, made, told

START = "  - type: file_synchronization\n"


def test_a_mapping_is_what_it_says() -> None:
    """Zone, folder, target, direction, exclusions."""
    rows = """\
    zones:
      - {zone: recipes, folder: a//b/, target: /home/dataiku/workspace/x/, one_way: true}
      - {zone: notebooks}
    exclude: ["*.log"]
    default_excludes: false
"""
    assert made(START + rows + SERVER).sync == (
        ZoneSync(
            zone=Zone.RECIPES,
            folder="a/b",
            target="x",
            one_way=True,
            exclude=("*.log",),
            default_excludes=False,
        ),
        ZoneSync(
            zone=Zone.NOTEBOOKS, target="notebooks", exclude=("*.log",), default_excludes=False
        ),
    )


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("{target: x}", "zones[0].zone: `zone` is missing"),
        ("{zone: recipe}", "zones[0].zone: unknown value `recipe`; did you mean `recipes`?"),
        ("{zone: recipes, folder: ../x}", "zones[0].folder: `../x` climbs out with `..`"),
        ("{zone: recipes, folder: /x}", "zones[0].folder: `/x` must be relative"),
        ("{zone: recipes, folder: null}", "zones[0].folder: must be text"),
        ("{zone: recipes, target: ../x}", "zones[0].target: `../x` is outside the workspace"),
        ("{zone: recipes, target: a/../../x}", "zones[0].target: `a/../../x` is outside"),
        ("{zone: recipes, target: /etc}", "zones[0].target: `/etc` is outside the workspace"),
        ("{zone: recipes, target: /home/dataiku/workspaces}", "is outside the workspace"),
        ("{zone: recipes, target: //etc}", "is outside the workspace"),
        ("{zone: recipes, one_way: 1}", "zones[0].one_way: must be true or false"),
        ("{zone: recipes, oneway: true}", "unknown setting `oneway`; did you mean `one_way`?"),
        ("recipes", "zones[0]: "),
    ],
)
def test_a_wrong_row(row: str, expected: str) -> None:
    """Is told with its field and line."""
    (line,) = told(f"{START}    zones:\n      - {row}\n{SERVER}")
    assert line.startswith("sample.yaml:5: block 1 (file_synchronization), zones[0]")
    assert expected in line


@pytest.mark.parametrize(
    ("targets", "overlap"),
    [
        (("a", "a"), True),
        (("a", "a/b"), True),
        (("a/b", "a"), True),
        (("A", "a/b"), True),
        ((".", "a"), True),
        (("/home/dataiku/workspace/a", "./a"), True),
        (("a", "ab"), False),
        (("a/b", "a/c"), False),
    ],
)
def test_targets_inside_each_other(targets: tuple[str, str], overlap: bool) -> None:
    """Two zones cannot own one file."""
    zones = ("recipes", "notebooks")
    rows = "".join(
        f"      - {{zone: {zone}, target: {target}}}\n"
        for zone, target in zip(zones, targets, strict=True)
    )
    blocks = f"{START}    zones:\n{rows}{SERVER}"
    if overlap:
        (line,) = told(blocks)
        assert line.startswith("sample.yaml:6: ")
        assert "one inside the other" in line
    else:
        assert len(made(blocks).sync) == 2


@pytest.mark.parametrize(
    ("line", "words"),
    [('"!x"', "cannot be taken back"), ('""', "is empty"), ('"a\\nb"', "one line")],
)
def test_an_exclusion_that_is_none(line: str, words: str) -> None:
    """Negation is not part of the syntax."""
    (found,) = told(f"{START}    exclude: [a, {line}]\n{SERVER}")
    assert "exclude[1]: " in found
    assert words in found
