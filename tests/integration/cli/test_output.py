"""What each command writes, without a terminal, for people and for programs."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import pytest
from cstudio_api.v1 import errors_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb
from google.rpc import code_pb2
from integration.cli.answers import WHEN
from integration.cli.conftest import Cstudio
from integration.cli.fake_daemon import FakeDaemon, path, session

TIME = "2025-10-09T08:53:20.250Z"
SHOWN = f"{datetime.fromtimestamp(WHEN.seconds):%Y-%m-%d %H:%M:%S}"
DIGEST = "ab" * 32

HALTED = pb.SyncReason(
    code=errors_pb2.ERROR_REASON_MASS_DELETION,
    message="12 of 20 files would be deleted remotely",
    next="cstudio sync accept web",
    since=WHEN,
)


@pytest.fixture(autouse=True)
def _two_sessions(fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api"))
    halted = session("web", reason=HALTED, conflict_count=2)
    halted.state = pb.SyncSession.STATE_HALTED
    halted.ClearField("last_synced_time")
    fake.sessions.keep(halted)


def document(cstudio: Cstudio, *words: str) -> Any:
    done = cstudio(*words, "-o", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_sync_list_is_a_table_of_every_page(cstudio: Cstudio) -> None:
    done = cstudio("sync", "list")
    assert (done.status, done.err) == (0, "")
    assert done.out == (
        "NAME  STATE     LOCAL          REMOTE           FILES  SIZE    NOTE\n"
        "api   watching  /home/ada/src  deploy/api:/app  1,204  5.3 MB\n"
        "web   halted    /home/ada/src  deploy/api:/app  1,204  5.3 MB  "
        "12 of 20 files would be deleted remotely, 2 conflicts\n"
    )


def test_sync_list_as_names(cstudio: Cstudio) -> None:
    assert cstudio("sync", "list", "-o", "name").out == "api\nweb\n"


STUDIOS = {"cstudio-studio": "abcdefgh", "studio": "lab", "zone": "notebooks"}


def test_sessions_of_studios_are_listed_when_asked_for(cstudio: Cstudio, fake: FakeDaemon) -> None:
    """They are the studio's own: people see theirs, and that there are others."""
    fake.sessions.keep(session("cs-lab-1", labels=STUDIOS))
    done = cstudio("sync", "list")
    assert "cs-lab-1" not in done.out
    assert done.err == "and 1 session of studios, which --all shows\n"
    assert cstudio("sync", "list", "-o", "name").out == "api\nweb\n"
    done = cstudio("sync", "list", "--all")
    lines = done.out.splitlines()
    assert [line.split()[:2] for line in lines] == [
        ["NAME", "STUDIO"],
        ["api", "watching"],
        ["cs-lab-1", "lab"],
        ["web", "halted"],
    ]
    assert done.err == ""
    names = [one["name"] for one in document(cstudio, "sync", "list", "--all")]
    assert names == ["api", "cs-lab-1", "web"]


def test_status_shows_sessions_of_studios_that_need_somebody(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    fake.sessions.keep(session("cs-lab-1", labels=STUDIOS))
    fake.sessions.keep(session("cs-lab-2", labels=STUDIOS, conflict_count=1))
    done = cstudio("status")
    assert ("cs-lab-1" in done.out, "cs-lab-2" in done.out) == (False, True)
    assert "4 sessions" in done.out
    assert len(document(cstudio, "status")["sessions"]) == 4


def test_sync_list_as_json_is_an_array(cstudio: Cstudio) -> None:
    found = document(cstudio, "sync", "list")
    assert [one["name"] for one in found] == ["api", "web"]
    assert [one["reason"] and one["reason"]["code"] for one in found] == [None, "MASS_DELETION"]


def test_without_sessions_the_array_is_empty_and_the_talk_says_what_to_type(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    fake.sessions.held.clear()
    assert document(cstudio, "sync", "list") == []
    done = cstudio("sync", "list")
    assert (done.out, done.err) == (
        "",
        "no sessions yet\nhint: cstudio sync create LOCAL TARGET\n",
    )


def test_sync_show_as_json_has_the_fields_that_are_promised(cstudio: Cstudio) -> None:
    shown = document(cstudio, "sync", "show", "api")
    promised = {
        "name": "api",
        "mode": "two-way-safe",
        "local": "/home/ada/src",
        "remote": "deploy/api:/app",
        "state": "watching",
        "reason": None,
        "files": 1204,
        "bytes": 5300000,
        "conflict_count": 0,
        "problem_count": 0,
        "watch": {"local": "inotify", "remote": "poll", "detail": None},
        "endpoint": "agent",
        "last_synced": TIME,
    }
    assert promised.items() <= shown.items()


def test_sync_show_says_why_and_what_goes_on(cstudio: Cstudio) -> None:
    shown = document(cstudio, "sync", "show", "web")
    assert shown["last_synced"] is None
    assert shown["reason"] == {
        "code": "MASS_DELETION",
        "message": "12 of 20 files would be deleted remotely",
        "path": None,
        "next": "cstudio sync accept web",
        "since": TIME,
        "retry_time": None,
    }


def test_sync_show_for_people(cstudio: Cstudio) -> None:
    assert cstudio("sync", "show", "web").out == (
        "name         web\n"
        "state        halted\n"
        "because      12 of 20 files would be deleted remotely\n"
        f"since        {SHOWN}\n"
        "next         cstudio sync accept web\n"
        "mode         two-way-safe\n"
        "local        /home/ada/src\n"
        "remote       deploy/api:/app\n"
        "place        pod api-7c9 (container app)\n"
        "files        1,204 files, 5.3 MB\n"
        "conflicts    2, see `cstudio sync conflicts web`\n"
        "watch        local inotify, remote poll\n"
        "endpoint     agent\n"
        "last synced  never\n"
    )


def test_conflicts_as_json_have_both_sides_or_null(cstudio: Cstudio, fake: FakeDaemon) -> None:
    version = pb.SyncVersion(
        kind=pb.SYNC_KIND_FILE, size=3, digest=DIGEST, executable=True, modify_time=WHEN
    )
    folder = pb.SyncVersion(kind=pb.SYNC_KIND_FOLDER)
    fake.sessions.conflicts = [
        pb.SyncConflict(path=path(b"caf\xe9/x", r"caf\xe9/x"), local=version),
        pb.SyncConflict(path=path(b"b", "b"), local=version, remote=folder),
    ]
    first, second = document(cstudio, "sync", "conflicts", "web")
    assert first["path"] == r"caf\xe9/x"
    assert first["remote"] is None
    assert first["local"] == {
        "kind": "file",
        "size": 3,
        "digest": DIGEST,
        "mtime": TIME,
        "executable": True,
        "link_target": None,
    }
    assert second["remote"]["kind"] == "folder"
    assert second["remote"]["digest"] is None


def test_conflicts_for_people_end_with_what_to_type(cstudio: Cstudio, fake: FakeDaemon) -> None:
    version = pb.SyncVersion(kind=pb.SYNC_KIND_FILE, size=3, digest=DIGEST, modify_time=WHEN)
    fake.sessions.conflicts = [pb.SyncConflict(path=path(b"b", "b"), remote=version)]
    done = cstudio("sync", "conflicts", "web")
    assert done.out == (f"PATH  LOCAL   REMOTE\nb     absent  3 B, abababababab, {SHOWN}\n")
    assert "hint: cstudio sync resolve web PATH --keep local|remote|both" in done.err


def test_problems_as_json(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.problems = [
        pb.SyncProblem(
            path=path(b"pipe", "pipe"),
            side=pb.SYNC_SIDE_LOCAL,
            reason="special_file",
            detail="a named pipe is not synced",
        )
    ]
    assert document(cstudio, "sync", "problems", "web") == [
        {
            "path": "pipe",
            "side": "local",
            "reason": "special_file",
            "detail": "a named pipe is not synced",
        }
    ]


def test_explain_names_the_rule(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.explanation = pb.ExplainSyncPathResponse(
        path=path(b"a.log", "a.log"),
        verdict=pb.ExplainSyncPathResponse.VERDICT_EXCLUDED,
        rule="*.log",
        rule_source="--exclude",
    )
    assert cstudio("sync", "explain", "api", "./a.log").out == (
        "path     a.log\nverdict  excluded\nrule     *.log (--exclude)\n"
    )
    assert fake.sessions.seen[-1].path.raw == b"a.log"


def test_a_path_of_any_bytes_can_be_asked_about(cstudio: Cstudio, fake: FakeDaemon) -> None:
    for word in (b"caf\xe9", rb"caf\xe9"):
        assert cstudio("sync", "explain", "api", word).status == 0
        assert fake.sessions.seen[-1].path.raw == b"caf\xe9"


@pytest.mark.parametrize("verb", ["push", "pull", "reset"])
def test_a_dry_run_writes_the_plan_and_changes_nothing(
    cstudio: Cstudio, fake: FakeDaemon, verb: str
) -> None:
    fake.sessions.changes = [
        pb.SyncPlannedChange(
            path=path(b"old", "old"),
            side=pb.SYNC_SIDE_REMOTE,
            action=pb.SyncPlannedChange.ACTION_DELETE,
        )
    ]
    done = cstudio("sync", verb, "api", "--dry-run")
    assert done.out == "ACTION  SIDE    PATH  SIZE  WHY\ndelete  remote  old\n"
    assert done.err == "1 delete\n"
    assert [request.validate_only for request in fake.sessions.seen] == [True]


@pytest.mark.parametrize("verb", ["push", "pull", "reset", "accept", "delete", "restore"])
def test_without_a_terminal_nothing_is_done_unless_yes_is_said(
    cstudio: Cstudio, fake: FakeDaemon, verb: str
) -> None:
    fake.sessions.changes = [pb.SyncPlannedChange(action=pb.SyncPlannedChange.ACTION_DELETE)]
    done = cstudio("sync", verb, "api", stdin="y\n")
    assert done.status == 2
    assert "hint: add --yes" in done.err
    assert all(
        request.validate_only for request in fake.sessions.seen if hasattr(request, "validate_only")
    )


@pytest.mark.parametrize("verb", ["push", "pull", "reset", "accept", "delete"])
def test_with_yes_it_is_done(cstudio: Cstudio, fake: FakeDaemon, verb: str) -> None:
    assert cstudio("sync", verb, "api", "--yes").status == 0
    asked = [request for request in fake.sessions.seen if hasattr(request, "validate_only")]
    assert asked[-1].validate_only is False


@pytest.mark.parametrize("verb", ["pause", "resume"])
def test_pause_and_resume_show_the_session(cstudio: Cstudio, verb: str) -> None:
    state = {"pause": "paused", "resume": "watching"}[verb]
    assert document(cstudio, "sync", verb, "api")["state"] == state


def test_flush_that_finds_both_sides_alike(cstudio: Cstudio, fake: FakeDaemon) -> None:
    done = cstudio("sync", "flush", "api", "--timeout", "2.5")
    assert (done.status, done.out) == (0, "`api` is in step: 1,204 files, 5.3 MB\n")
    assert fake.sessions.seen[-1].timeout.ToMilliseconds() == 2500


def test_flush_that_finds_conflicts_is_partial(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.conflicts = [pb.SyncConflict(path=path(b"b", "b"))]
    fake.sessions.flush_in_step = False
    done = cstudio("sync", "flush", "api", "-o", "json")
    assert done.status == 3
    answer = json.loads(done.out)
    assert (answer["in_step"], answer["conflict_count"], answer["problem_count"]) == (False, 1, 0)


def test_resolve_sorts_paths_from_globs(cstudio: Cstudio, fake: FakeDaemon) -> None:
    done = cstudio("sync", "resolve", "web", "a.py", "data/**", "--keep", "both")
    assert done.status == 0
    request = fake.sessions.seen[-1]
    assert [one.raw for one in request.paths] == [b"a.py"]
    assert list(request.globs) == ["data/**"]
    assert request.keep == pb.ResolveSyncConflictsRequest.KEEP_BOTH


def test_trash_and_restore_by_id_and_by_path(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.trash = [
        pb.SyncTrashItem(
            id="k7",
            path=path(b"src/a.py", "src/a.py"),
            side=pb.SYNC_SIDE_LOCAL,
            kind=pb.SYNC_KIND_FILE,
            size=12,
            digest=DIGEST,
            time=WHEN,
            why="deleted on the remote side",
        )
    ]
    assert document(cstudio, "sync", "trash", "api") == [
        {
            "id": "k7",
            "path": "src/a.py",
            "side": "local",
            "kind": "file",
            "size": 12,
            "digest": DIGEST,
            "time": TIME,
            "why": "deleted on the remote side",
        }
    ]
    for wanted in ("k7", "src/a.py"):
        done = cstudio("sync", "restore", "api", wanted)
        assert done.out == "brought back `src/a.py` on the local side\n"


def test_what_the_trash_does_not_have_is_not_found(cstudio: Cstudio) -> None:
    assert cstudio("sync", "restore", "api", "nothing").status == 11


def test_update_adds_and_drops_patterns(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.held["syncSessions/api"].exclusions.patterns[:] = ["*.log", "tmp/"]
    done = cstudio(
        "sync", "update", "api", "--exclude", "*.bin", "--no-exclude", "tmp/", "--gitignore"
    )
    assert done.status == 0
    request = fake.sessions.seen[-1]
    assert list(request.sync_session.exclusions.patterns) == ["*.log", "*.bin"]
    assert list(request.update_mask.paths) == ["exclusions.patterns", "exclusions.gitignore"]
    assert request.sync_session.etag == "1"


def test_status_is_the_daemon_and_a_line_a_session(cstudio: Cstudio) -> None:
    done = cstudio("status")
    assert done.status == 0
    assert done.out.splitlines()[1:] == [
        "NAME  STATE     IN STEP              NOTE",
        "api   watching  1,204 files, 5.3 MB",
        "web   halted    1,204 files, 5.3 MB  12 of 20 files would be deleted remotely, "
        "2 conflicts",
    ]
    assert "hint: cstudio sync accept web" in done.err


def test_doctor_merges_both_sides_findings(cstudio: Cstudio) -> None:
    found = document(cstudio, "doctor")
    by_name = {one["name"]: one for one in found}
    assert by_name["daemon"]["status"] == "ok"
    assert by_name["docker"] == {
        "name": "docker",
        "status": "warn",
        "detail": "Docker is not installed",
        "next": "install Docker, when you need it",
    }
    assert len(by_name) == len(found)


@pytest.mark.parametrize("words", [("status",), ("daemon", "status")])
def test_a_daemon_of_another_version_is_told(
    cstudio: Cstudio, fake: FakeDaemon, words: tuple[str, ...]
) -> None:
    fake.daemon.info.version = "9.9.9"
    done = cstudio(*words)
    assert done.status == 0
    assert "warning: the daemon is version 9.9.9" in done.err
    assert "hint: cstudio daemon restart" in done.err


def test_what_fails_between_two_versions_says_so(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.daemon.info.version = "9.9.9"
    fake.sessions.refusals["list"] = (code_pb2.INTERNAL, "BUG", "it cannot be", {})
    done = cstudio("sync", "list")
    assert done.status == 1
    assert "hint: cstudio daemon restart" in done.err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_is_a_script(cstudio: Cstudio, shell: str) -> None:
    assert "_CSTUDIO_COMPLETE" in cstudio("completion", shell).out


def test_names_of_sessions_are_completed(cstudio: Cstudio) -> None:
    done = cstudio(
        _CSTUDIO_COMPLETE="bash_complete", COMP_WORDS="cstudio sync show ", COMP_CWORD="3"
    )
    assert done.out == "plain,api\nplain,web\n"
