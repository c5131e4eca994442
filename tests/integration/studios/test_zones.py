"""Zones of a studio in the local runtime: what travels, what stays, and what is recorded."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cstudio_api.v1 import sync_sessions_pb2 as pb
from support.workshop import STOPPED, Workshop, eventually, workshop

pytestmark = pytest.mark.timeout(180)

TEMPLATE = """
name: zones
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: own}
      - {zone: code_studio_resources, target: res}
      - {zone: project_lib_versioned, target: lib, one_way: true}
      - {zone: user_versioned, target: mine}
    exclude: ["*.log", "tmp/"]
  - type: starter_files
    files:
      - {zone: code_studio_versioned, path: start.py, content: "print('hello')"}
      - {zone: user_versioned, path: settings.json, content: "{}"}
  - type: entrypoint
    label: Idle
    command: exec sleep 100000
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon that makes repositories of versioned zones."""
    with workshop(tmp_path_factory.mktemp("zones"), '[zones]\ngit = "on"\n') as made:
        made.template(TEMPLATE)
        yield made


@pytest.fixture
def up(shop: Workshop, request: pytest.FixtureRequest) -> str:
    """The name of a studio of this test's own, which runs; so is its project."""
    name = request.node.name.removeprefix("test_")[:40]
    shop.create(name, "zones", project=name)
    shop.start(name)
    return name


def commits(folder: Path) -> list[str]:
    """Return ``AUTHOR SUBJECT`` of all commits, the newest first."""
    done = subprocess.run(
        ["git", "-C", folder, "-c", "safe.directory=*", "log", "--format=%an %s"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.stdout.splitlines()


def test_starter_files_are_put_in_once(shop: Workshop, up: str) -> None:
    """At the creation, never again, never over anything; users' zones are shared by studios."""
    own, mine = shop.zone(up), shop.zone(up, "user_versioned")
    assert shop.inside(up, "python3 own/start.py") == "hello\n"
    (own / "start.py").unlink()
    (mine / "settings.json").write_text("changed")
    shop.stop(up)
    shop.create("another", "zones", project=up)
    assert shop.zone("another", "user_versioned") == mine
    assert (mine / "settings.json").read_text() == "changed"
    shop.start(up)
    assert shop.inside(up, "ls own") == ""
    assert shop.zone("another") != own


def test_a_one_way_zone_takes_nothing_back(shop: Workshop, up: str) -> None:
    """What is written inside stays there until the server's version replaces it."""
    lib = shop.zone(up, "project_lib_versioned")
    (lib / "a.py").write_text("1")
    eventually(lambda: "a.py" in shop.inside(up, "ls lib"))
    shop.inside(up, "echo 2 > lib/a.py; echo x > lib/b.py")
    (lib / "a.py").write_text("3")
    eventually(lambda: shop.inside(up, "cat lib/a.py") == "3", "the server's did not arrive")
    assert shop.stop(up).state == STOPPED
    assert [path.name for path in lib.iterdir() if path.name != ".git"] == ["a.py"]


def test_what_is_excluded_stays_where_it_is(shop: Workshop, up: str) -> None:
    """Caches and the like by default, what the template names as well; on both sides."""
    shop.inside(
        up,
        "cd own; mkdir -p node_modules/m __pycache__ .ipynb_checkpoints tmp deep/tmp;"
        " for i in node_modules/m __pycache__ .ipynb_checkpoints tmp deep/tmp;"
        " do echo x > $i/f; done; echo x > a.log; echo x > deep/b.log; echo x > kept",
    )
    own = shop.zone(up)
    (own / "here.log").write_text("x")
    eventually(lambda: (own / "kept").exists())
    shop.flush(shop.session(up))
    here = {str(path.relative_to(own)) for path in own.rglob("*") if ".git" not in path.parts}
    assert here == {"kept", "deep", "start.py", "here.log"}
    assert "here.log" not in shop.inside(up, "ls own")


def test_push_pull_and_reset_of_one_zone(shop: Workshop, up: str) -> None:
    """A dry run says the same and does nothing; other zones are left alone."""
    own, session = shop.zone(up), f"syncSessions/{shop.session(up)}"
    shop.flush(shop.session(up))
    (own / "mine").write_text("here")
    eventually(lambda: shop.run_in(up, "cat", "own/mine") == (0, "here"))
    shop.inside(up, "rm own/start.py")
    eventually(lambda: not (own / "start.py").exists())
    assert shop.changes("Push", up, "code_studio_versioned") == []
    shop.sessions.PauseSyncSession(pb.PauseSyncSessionRequest(name=session))
    shop.inside(up, "echo there > own/mine; echo x > res/other")
    shop.sessions.ResumeSyncSession(pb.ResumeSyncSessionRequest(name=session))
    eventually(lambda: (own / "mine").read_text() == "there\n")
    assert shop.changes("Pull", up, "code_studio_versioned", dry_run=True) == []
    with pytest.raises(Exception, match="has no zone `nowhere`"):
        shop.changes("Push", up, "nowhere")


def test_a_conflict_is_settled_through_the_zones_session(shop: Workshop, up: str) -> None:
    """The studio shows how many; push and pull decide for all of a zone."""
    own, session = shop.zone(up), f"syncSessions/{shop.session(up)}"
    for verb, winner in (("Push", "here 1"), ("Pull", "there 2\n")):
        shop.flush(shop.session(up))
        shop.sessions.PauseSyncSession(pb.PauseSyncSessionRequest(name=session))
        number = winner.split()[-1]
        (own / "start.py").write_text(f"here {number}")
        shop.inside(up, f"echo there {number} > own/start.py")
        shop.sessions.ResumeSyncSession(pb.ResumeSyncSessionRequest(name=session))
        eventually(lambda: shop.show(up).conflict_count == 1, "no conflict was seen")
        (conflict,) = shop.sessions.ListSyncConflicts(
            pb.ListSyncConflictsRequest(parent=session)
        ).conflicts
        assert conflict.path.raw == b"start.py"
        planned = shop.changes(verb, up, "code_studio_versioned", dry_run=True)
        assert shop.changes(verb, up, "code_studio_versioned") == planned != []
        eventually(lambda: shop.show(up).conflict_count == 0)
        assert (own / "start.py").read_text() == winner
        assert shop.inside(up, "cat own/start.py") == winner


def test_a_stop_commits_once_what_changed(shop: Workshop, up: str) -> None:
    """Each versioned zone for itself, never an empty commit, in the user's name."""
    login = pwd.getpwuid(os.getuid()).pw_name
    own, mine = shop.zone(up), shop.zone(up, "user_versioned")
    lib, res = shop.zone(up, "project_lib_versioned"), shop.zone(up, "code_studio_resources")
    before = len(commits(mine))
    shop.inside(up, "echo 1 > own/a; echo 2 > own/b; echo 3 > res/c; echo 4 > mine/d")
    shop.stop(up)
    (own_commit,) = commits(own)
    assert own_commit.startswith(f"{login} ")
    assert len(commits(mine)) == before + 1
    assert (commits(lib), commits(res)) == ([own_commit], [])  # the project's repository
    shop.start(up)
    shop.stop(up)
    assert len(commits(own)) == 1
    shop.start(up)
    shop.inside(up, "rm own/a")
    shop.stop(up)
    assert len(commits(own)) == 2
    shop.delete(up)
    assert (own / "b").read_text() == "2\n"
