"""Versioned zones are committed by a real git, which runs nothing of theirs."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from cstudiod.config import ZoneSettings
from cstudiod.errors import StateError
from cstudiod.model.zones import Zone
from cstudiod.zones.commits import Author
from cstudiod.zones.history import Histories
from cstudiod.zones.layout import Whose, layout

ALICE = Author(login="alice", email="alice@example.com")
WHOSE = Whose(project="P", studio="s1", library="S", user="alice")
LIB = Zone.PROJECT_LIB_VERSIONED


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would, without this account's configuration."""
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "user.name=bob", "-c", "user.email=b@x", *arguments],
        env={"PATH": os.environ["PATH"], "HOME": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of a data directory, with its repository and one commit."""
    folder = tmp_path / "config/projects/P"
    (folder / "lib/python").mkdir(parents=True)
    (folder / "lib/python/util.py").write_text("x = 1\n")
    (folder / "params.json").write_text("{}")
    (folder / ".gitignore").write_text("*.pyc\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def histories(root: Path, git: str = "auto", **mapped: str) -> Histories:
    """Return what is tested, over the layout at `root`."""
    return Histories(layout(root, mapped), ZoneSettings(root=root, git=git))


async def test_a_changed_zone_is_one_commit(tmp_path: Path, project: Path) -> None:
    """By the user, committed by cstudio; what is outside the zone stays out of it."""
    (project / "lib/python/util.py").write_text("x = 2\n")
    (project / "lib/new.py").write_text("")
    (project / "params.json").write_text('{"edited": true}')
    made = await histories(tmp_path).record(LIB, WHOSE, ALICE, "Update it")
    assert git(project, "log", "-1", "--format=%H %an %ae %cn %s") == (
        f"{made} alice alice@example.com cstudio Update it"
    )
    changed = git(project, "show", "--name-status", "--format=").splitlines()
    assert changed == ["A\tlib/new.py", "M\tlib/python/util.py"]
    assert git(project, "status", "--porcelain") == "M params.json"
    git(project, "fsck", "--strict")


async def test_an_unchanged_zone_is_no_commit(tmp_path: Path, project: Path) -> None:
    """Neither is one in which only ignored files changed; history is as it was."""
    before = git(project, "rev-parse", "HEAD")
    (project / "lib/python/util.pyc").write_bytes(b"")
    (project / "lib/python/util.py").touch()
    assert await histories(tmp_path).record(LIB, WHOSE, ALICE, "no") is None
    assert git(project, "rev-parse", "HEAD") == before


async def test_a_deleted_file_is_committed_and_an_emptied_zone_too(
    tmp_path: Path, project: Path
) -> None:
    """Also when the zone's folder is gone."""
    (project / "lib/python/util.py").unlink()
    (project / "lib/python").rmdir()
    (project / "lib").rmdir()
    assert await histories(tmp_path).record(LIB, WHOSE, ALICE, "gone")
    assert git(project, "show", "--name-status", "--format=") == "D\tlib/python/util.py"


async def test_what_somebody_staged_stays_staged(tmp_path: Path, project: Path) -> None:
    """It is neither committed nor lost."""
    (project / "params.json").write_text("staged")
    git(project, "add", "params.json")
    (project / "lib/a").write_text("")
    await histories(tmp_path).record(LIB, WHOSE, ALICE, "lib")
    assert git(project, "show", "--name-only", "--format=") == "lib/a"
    assert git(project, "diff", "--cached", "--name-only") == "params.json"


async def test_zones_of_one_project_follow_one_another(tmp_path: Path, project: Path) -> None:
    """One commit each, even when they are recorded at once."""
    import asyncio

    made = histories(tmp_path)
    zones = (LIB, Zone.RECIPES, Zone.NOTEBOOKS, Zone.CODE_STUDIO_VERSIONED)
    for zone in zones:
        folder = layout(tmp_path, {}).place(zone, WHOSE).path
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "file").write_text(zone.value)
    async with asyncio.TaskGroup() as tasks:
        for zone in zones:
            tasks.create_task(made.record(zone, WHOSE, ALICE, zone.value))
    subjects = git(project, "log", "--format=%s").splitlines()
    assert sorted(subjects) == sorted(["first", *(zone.value for zone in zones)])
    assert git(project, "status", "--porcelain") == ""


async def test_a_zone_without_a_repository_has_no_history(tmp_path: Path) -> None:
    """Nor has a zone that was mapped elsewhere, or one of resources, unless asked for."""
    mapped = tmp_path / "mapped"
    mapped.mkdir()
    git(mapped, "init", "-q")
    (mapped / "file").write_text("")
    made = histories(tmp_path, recipes=str(mapped))
    for zone in (LIB, Zone.RECIPES, Zone.PROJECT_LIB_RESOURCES):
        assert await made.record(zone, WHOSE, ALICE, "no") is None
    assert not (tmp_path / "config").exists()


async def test_repositories_are_made_when_asked_for(tmp_path: Path) -> None:
    """One a project, and one in each mapped zone; their first commit has no parent."""
    made = histories(tmp_path, "on", recipes="mapped/{project}")
    for zone in (LIB, Zone.RECIPES, Zone.USER_VERSIONED):
        folder = layout(tmp_path, {"recipes": "mapped/{project}"}).place(zone, WHOSE).path
        assert await made.record(zone, WHOSE, ALICE, "empty") is None
        (folder / "ä file").write_text("x")
        assert await made.record(zone, WHOSE, ALICE, "first")
        assert await made.record(zone, WHOSE, ALICE, "again") is None
        assert git(folder, "log", "--format=%s") == "first"
    assert (tmp_path / "config/projects/P/.git").is_dir()
    assert (tmp_path / "mapped/P/.git").is_dir()
    assert (tmp_path / "config/users/alice/.git").is_dir()


HOSTILE = """
[core]
\trepositoryformatversion = 0
\tbare = false
\tfsmonitor = "touch {pwned}"
[filter "x"]
\tclean = "touch {pwned}; cat"
"""


async def test_nothing_of_a_repository_is_run(tmp_path: Path, project: Path) -> None:
    """No hook; and a configuration that names programs is refused before git reads it."""
    pwned = tmp_path / "pwned"
    for hook in ("post-index-change", "reference-transaction", "pre-commit", "post-commit"):
        (project / ".git/hooks").mkdir(exist_ok=True)
        (project / ".git/hooks" / hook).write_text(f"#!/bin/sh\ntouch {pwned}\n")
        (project / ".git/hooks" / hook).chmod(0o755)
    (project / "lib/a").write_text("")
    assert await histories(tmp_path).record(LIB, WHOSE, ALICE, "hooked")
    assert not pwned.exists()
    (project / ".git/config").write_text(HOSTILE.format(pwned=pwned))
    (project / "lib/.gitattributes").write_text("* filter=x\n")
    with pytest.raises(StateError, match=r"core\.fsmonitor, filter\.x\.clean"):
        await histories(tmp_path).record(LIB, WHOSE, ALICE, "filtered")
    assert not pwned.exists()


async def test_somebody_elses_merge_is_not_disturbed(tmp_path: Path, project: Path) -> None:
    """It is said instead."""
    (project / ".git/MERGE_HEAD").write_text(git(project, "rev-parse", "HEAD"))
    with pytest.raises(StateError, match="merge or rebase"):
        await histories(tmp_path).record(LIB, WHOSE, ALICE, "no")


async def test_a_lock_is_explained(tmp_path: Path, project: Path) -> None:
    """What another git, or one that was cut, leaves; nothing is committed twice after it."""
    (project / "lib/a").write_text("")
    (project / ".git/HEAD.lock").write_text("")
    with pytest.raises(StateError, match="another git"):
        await histories(tmp_path).record(LIB, WHOSE, ALICE, "no")
    (project / ".git/HEAD.lock").unlink()
    assert await histories(tmp_path).record(LIB, WHOSE, ALICE, "yes")


async def test_a_link_in_place_of_the_repository_is_refused(tmp_path: Path, project: Path) -> None:
    """It could lead anywhere."""
    (project / ".git").rename(tmp_path / "moved")
    (project / ".git").symlink_to(tmp_path / "moved")
    with pytest.raises(StateError, match="no folder"):
        await histories(tmp_path).record(LIB, WHOSE, ALICE, "no")


async def test_a_missing_git_is_a_sentence(
    tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what to do."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(StateError, match="not installed") as caught:
        await histories(tmp_path).record(LIB, WHOSE, ALICE, "no")
    assert "install git" in caught.value.next
