from __future__ import annotations

import pytest
from cstudiod.blocks.custom_action import duration
from cstudiod.model.blueprints import Action, StarterFile
from cstudiod.model.zones import Zone
from support.template_samples import SERVER, made, told


def test_an_action() -> None:
    """Its label is its name where it has none."""
    block = "  - {type: custom_action, name: test, command: pytest -q, timeout: 10m, icon: play}\n"
    assert made(block + SERVER).actions == (
        Action(
            name="test",
            label="test",
            command="pytest -q",
            icon="play",
            wait=True,
            timeout_seconds=600,
            block=0,
        ),
    )
    detached = "  - {type: custom_action, name: a, label: A, command: b, behaviour: detach}\n"
    (action,) = made(detached + SERVER).actions
    assert (action.label, action.wait, action.timeout_seconds) == ("A", False, 0)


@pytest.mark.parametrize(
    ("value", "seconds"), [(90, 90), (1.5, 1.5), ("90s", 90), ("10m", 600), ("2 h", 7200), ("5", 5)]
)
def test_a_time(value: object, seconds: float) -> None:
    """Seconds, or with a unit."""
    assert duration(value) == seconds


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ("name: a b, command: x", "name", "pattern"),
        ("name: a", "command", "`command` is missing"),
        ("name: a, command: ' '", "command", "no command line"),
        ("name: a, command: __RECIPES__/x", "command", "`recipes` is not synchronized"),
        ("name: a, command: x, behaviour: waits", "behaviour", "did you mean `wait`?"),
        ("name: a, command: x, timeout: soon", "timeout", "must be a time"),
        ("name: a, command: x, timeout: 25h", "timeout", "longer than a day"),
        ("name: a, command: x, timeout: true", "timeout", "must be a time"),
    ],
)
def test_a_wrong_action(settings: str, field: str, words: str) -> None:
    """Is told with its field."""
    zones = "  - {type: file_synchronization, zones: [{zone: notebooks}]}\n"
    (found,) = told(f"{zones}  - {{type: custom_action, {settings}}}\n{SERVER}")
    assert f"(custom_action), {field}: " in found
    assert words in found


FILES = "  - type: starter_files\n    files:\n"


def _starter(zone: Zone, path: str, content: str, executable: bool = False) -> StarterFile:
    return StarterFile(
        zone=zone, path=path, content=content.encode(), executable=executable, block=0
    )


def test_starter_files_are_inline_or_of_the_template() -> None:
    """A folder brings all that is in it."""
    result = made(
        FILES
        + "      - {zone: code_studio_versioned, path: app/main.py, content: x, executable: true}\n"
        + "      - {zone: user_versioned, path: conf, resource: settings}\n"
        + "      - {zone: user_resources, resource: one.txt}\n"
        + SERVER,
        "settings/a",
        "settings/b/c",
        "one.txt",
    )
    assert result.creation == (
        _starter(Zone.CODE_STUDIO_VERSIONED, "app/main.py", "x", executable=True),
        _starter(Zone.USER_VERSIONED, "conf/a", "# settings/a\n"),
        _starter(Zone.USER_VERSIONED, "conf/b/c", "# settings/b/c\n"),
        _starter(Zone.USER_RESOURCES, "one.txt", "# one.txt\n"),
    )


@pytest.mark.parametrize(
    ("row", "field", "words"),
    [
        ("{zone: recipes, path: a, content: b}", "files[0].zone", "unknown value `recipes`"),
        ("{zone: user_versioned, path: ../a, content: b}", "files[0].path", "climbs out"),
        ("{zone: user_versioned, path: /a, content: b}", "files[0].path", "must be relative"),
        ("{zone: user_versioned, content: b}", "files[0].path", "`path` is missing"),
        ("{zone: user_versioned, path: a}", "files[0]", "give `content` or `resource`"),
        ("{zone: user_versioned, path: a, resource: b}", "files[0].resource", "no resource `b`"),
        ("{zone: user_versioned, resource: '${dip.home}/b'}", "files[0].resource", "must be a"),
    ],
)
def test_a_wrong_starter_file(row: str, field: str, words: str) -> None:
    """Is told with its field."""
    (found,) = told(f"{FILES}      - {row}\n{SERVER}")
    assert f"(starter_files), {field}: " in found
    assert words in found


def test_a_file_is_put_once() -> None:
    """Two contents for one path: which would it be?"""
    row = "      - {zone: user_versioned, path: a, content: b}\n"
    (found,) = told(FILES + row + row + SERVER)
    assert "is put there by files[0] too" in found


def test_a_zone_that_studios_do_not_have_is_noted() -> None:
    """The file is put there all the same: another template may map the zone."""
    zones = "  - {type: file_synchronization, zones: [{zone: recipes}]}\n"
    row = "      - {zone: user_versioned, path: a, content: b}\n"
    (note,) = made(zones + FILES + row + SERVER).notes
    assert "will not see the file" in note.message
