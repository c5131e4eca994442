"""What is right in a block is looked at although something else in it is wrong."""

from __future__ import annotations

import json

import pytest
from cstudiod.blocks.file_synchronization import FileSynchronization
from cstudiod.blocks.jupyterlab import JupyterLab
from cstudiod.blocks.repairing import repaired
from support.template_samples import SERVER, told

SYNC = "  - type: file_synchronization\n    zones:\n"
ROW = "      - {zone: code_studio_versioned, target: app}\n"


def test_everything_in_a_block_is_told_at_once() -> None:
    """Numbers and lines are those of the file, also after a row that counts for nothing."""
    found = told(
        SYNC
        + ROW
        + "      - {zone: nonsense, target: b}\n"
        + "      - {zone: notebooks, target: ../out}\n"
        + "      - {zone: code_studio_resources, target: app/inner}\n"
        + "    exclude: [5, '!x']\n"
        + "    exlude: []\n"
    )
    places = [line.partition(": block 1 (file_synchronization), ")[::2] for line in found]
    assert [(line, field.partition(":")[0]) for line, field in places] == [
        ("sample.yaml:6", "zones[1].zone"),
        ("sample.yaml:7", "zones[2].target"),
        ("sample.yaml:8", "zones[3].target"),
        ("sample.yaml:9", "exclude[0]"),
        ("sample.yaml:9", "exclude[1]"),
        ("sample.yaml:10", "exlude"),
    ]


@pytest.mark.parametrize(
    "blocks",
    [
        # The port that was meant is another one, so nothing is used twice.
        "  - {type: jupyterlab, prot: 9000}\n"
        "  - {type: entrypoint, command: x, expose: {port: 8888}}\n",
        # It would have a port, if that were one.
        "  - {type: entrypoint, expose: {port: 99999}}\n",
        # The row that is wrong may be the zone that the file is for.
        SYNC + "      - {zone: code_studio_versionde, target: app}\n"
        "  - type: starter_files\n"
        "    files: [{zone: code_studio_versioned, path: a, content: b}]\n" + SERVER,
        # A name that is missing cannot be made up.
        "  - {type: custom_action, command: x}\n" + SERVER,
    ],
)
def test_nothing_is_told_that_comes_of_another_mistake(blocks: str) -> None:
    assert len(told(blocks)) == 1


def test_what_is_left() -> None:
    """Wrong items go, what is misspelt is taken for what was meant, the rest stays."""
    text = json.dumps({"exclude": ["a", 1, "b", 2, "c"], "zonse": []})
    left = repaired(FileSynchronization, text)
    assert left is not None
    assert left.settings == FileSynchronization(exclude=("a", "b", "c"), zones=())
    assert [left.written(f"exclude[{at}]") for at in range(4)] == [
        "exclude[0]",
        "exclude[2]",
        "exclude[4]",
        "exclude[3]",
    ]
    assert left.removed == {"exclude", "zonse", "zones"}


@pytest.mark.parametrize("text", ['{"port": 0, "x": {"y": 1}}', "{}"])
def test_a_default_stands_for_what_was_wrong(text: str) -> None:
    left = repaired(JupyterLab, text)
    assert left is not None
    assert left.settings == JupyterLab()


def test_settings_of_which_nothing_can_be_made() -> None:
    assert repaired(FileSynchronization, '{"zones": []}') is not None
    from cstudiod.blocks.custom_action import CustomAction

    assert repaired(CustomAction, '{"command": "x"}') is None
