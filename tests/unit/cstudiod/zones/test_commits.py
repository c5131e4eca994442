"""What commits say, who made them, and which repositories git is let into."""

from __future__ import annotations

import pytest
from cstudiod.model.zones import Zone
from cstudiod.zones import commits
from cstudiod.zones.commits import Author

MESSAGES = [
    (Zone.PROJECT_LIB_VERSIONED, "Update projectlibversioned bundle of Sage Dashboard in DKU"),
    (Zone.CODE_STUDIO_VERSIONED, "Update code_studioversioned bundle of Sage Dashboard in DKU"),
    (Zone.USER_VERSIONED, "Update userversioned bundle of Sage Dashboard in DKU"),
    (Zone.NOTEBOOKS, "Update notebooks of DKU"),
    (Zone.RECIPES, "Update recipes of DKU"),
]


@pytest.mark.parametrize(("zone", "message"), MESSAGES)
def test_messages_are_those_of_the_original(zone: Zone, message: str) -> None:
    """A name in several lines is one line."""
    assert commits.message(zone, "Sage\n Dashboard", "DKU") == message


def test_a_created_studio_is_told_with_its_id() -> None:
    """As the original does it."""
    made = commits.creation_message("Sage Dashboard", "DKU", "qAFRuwz")
    assert made == "Created Code Studio Sage Dashboard (DKU.qAFRuwz)"


@pytest.mark.parametrize(
    ("author", "name", "email"),
    [
        (Author(login="alice"), "alice", "alice@host"),
        (Author(login="alice", email="a@b.c"), "alice", "a@b.c"),
        (Author(login="Alice <x>\n"), "Alice x", "Alice.x@host"),
        (Author(login="..."), "unknown", "unknown@host"),
        (Author(login="Ælfrēd"), "Ælfrēd", "Ælfrēd@host"),
    ],
)
def test_the_user_is_the_author(author: Author, name: str, email: str) -> None:
    """And cstudio the committer; no name is such that git refuses it."""
    assert commits.identities(author, "host") == {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": "cstudio",
        "GIT_COMMITTER_EMAIL": "cstudio@host",
    }


def test_what_could_run_a_program_is_named() -> None:
    """Whatever is not known to be harmless."""
    keys = [
        "core.repositoryformatversion", "core.fileMode", "user.name", "remote.origin.url",
        "branch.main.merge", "core.fsmonitor", "core.sshCommand", "filter.lfs.clean",
        "include.path", "extensions.worktreeconfig", "core.worktree", "odd",
    ]  # fmt: skip
    assert commits.foreign_settings(keys) == [
        "core.fsmonitor", "core.sshCommand", "core.worktree", "extensions.worktreeconfig",
        "filter.lfs.clean", "include.path", "odd",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("setting", "is_dss", "has_repository", "kept"),
    [
        ("auto", True, True, True),
        ("auto", True, False, False),
        ("auto", False, True, False),
        ("on", False, False, True),
        ("off", True, True, False),
    ],
)
def test_history_is_off_outside_a_data_directory(
    setting: str, is_dss: bool, has_repository: bool, kept: bool
) -> None:
    """Unless it is asked for."""
    found = commits.keeps_history(setting, is_dss=is_dss, has_repository=has_repository)
    assert found is kept
