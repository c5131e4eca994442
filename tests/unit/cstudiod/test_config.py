"""Settings: where each value comes from, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest
from cstudiod import config
from cstudiod.config import BuildSettings, SyncSettings, ZoneSettings
from cstudiod.errors import UsageError


def test_a_section_starts_from_its_defaults() -> None:
    """Who says nothing gets what the class says."""
    assert config._section(SyncSettings(), {}, "sync", {}) == SyncSettings()


def test_the_environment_is_stronger_than_the_file() -> None:
    """`CSTUDIO_SECTION_KEY` wins; an empty variable is none."""
    file = {"zones": {"root": "/file", "git": "on"}}
    environment = {"CSTUDIO_ZONES_ROOT": "/env", "CSTUDIO_ZONES_GIT": ""}
    found = config._section(ZoneSettings(), file, "zones", environment)
    assert found == ZoneSettings(root=Path("/env"), git="on")


def test_numbers_texts_and_tables_are_read_as_what_they_are() -> None:
    """A number may come as a text, from the environment; a table only from the file."""
    file = {"build": {"args": {"A": "1"}, "keep": 7}}
    environment = {"CSTUDIO_BUILD_KEEP": "5", "CSTUDIO_BUILD_ARGS": "nonsense"}
    found = config._section(BuildSettings(), file, "build", environment)
    assert found == BuildSettings(args={"A": "1"}, keep=5)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"keep": "many"}, "build.keep is not a number"),
        ({"parent": 3}, "build.parent is not a text"),
        ({"args": {"A": 1}}, "build.args is not a table"),
        ({"args": "A=1"}, "build.args is not a table"),
        ({"ca_bundel": "x"}, "unknown setting `ca_bundel`"),
        ("docker", "must be a section"),
    ],
)
def test_what_does_not_fit_is_named(section: object, words: str) -> None:
    """The message has the key."""
    with pytest.raises(UsageError, match=words):
        config._section(BuildSettings(), {"build": section}, "build", {})


@pytest.mark.parametrize(
    "build",
    [
        BuildSettings(builder="kaniko"),
        BuildSettings(network="bridge"),
        BuildSettings(proxy={"ftp": "x"}),
    ],
)
def test_words_that_are_no_value_are_refused(build: BuildSettings) -> None:
    """Before anything is built."""
    with pytest.raises(UsageError):
        config._build(build)


def test_the_root_of_the_zones_is_under_the_state_folder_unless_it_is_absolute() -> None:
    """Nothing depends on the folder that the daemon was started in."""
    state = Path("/state")
    assert config._zones(state, ZoneSettings()).root == Path("/state/zones")
    assert config._zones(state, ZoneSettings(root=Path("/data"))).root == Path("/data")
    with pytest.raises(UsageError):
        config._zones(state, ZoneSettings(git="sometimes"))
