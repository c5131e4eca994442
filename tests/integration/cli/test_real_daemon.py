"""The command line with the real daemon, on folders: the daily loop, and every slip."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import COMMAND, Cstudio

SECONDS = 20


@pytest.fixture
def real(environment: dict[str, str], short_folder: Path) -> Iterator[Cstudio]:
    """The command line, with a daemon that it starts itself."""
    command = Cstudio({**environment, "TMPDIR": str(short_folder)}, short_folder / "home")
    for name in ("here", "there", "other"):
        (command.folder / name).mkdir()
    yield command
    command("daemon", "stop")


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, "it did not come to be"
        time.sleep(0.02)


def shown(real: Cstudio, name: str = "here") -> dict[str, Any]:
    done = real("sync", "show", name, "-o", "json")
    assert done.status == 0, done.err
    answer = json.loads(done.out)
    assert isinstance(answer, dict)
    return answer


@pytest.fixture
def session(real: Cstudio) -> Cstudio:
    """A session named `here` between `here` and `there`, in step."""
    (real.folder / "here" / "a.txt").write_text("one\n")
    done = real("sync", "create", "here", "there", "--wait", "-o", "name")
    assert (done.status, done.out) == (0, "here\n"), done.err
    return real


def test_the_daemon_is_started_by_the_first_command_and_found_by_the_next(real: Cstudio) -> None:
    assert "started the daemon" in real("sync", "list").err
    assert "started the daemon" not in real("sync", "list").err
    info = json.loads(real("daemon", "status", "-o", "json").out)
    assert info["running"] is True
    assert info["state_folder"] == real.environment["CSTUDIO_STATE_DIR"]


def test_many_first_commands_at_once_start_one_daemon(real: Cstudio) -> None:
    commands = [real.start("sync", "list", "-o", "json") for _ in range(6)]
    for command in commands:
        out, error = command.communicate(timeout=60)
        assert (command.returncode, out) == (0, "[]\n"), error
    assert json.loads(real("daemon", "status", "-o", "json").out)["running"] is True


def test_the_socket_is_for_its_owner_alone(real: Cstudio) -> None:
    real("daemon", "start")
    socket = Path(json.loads(real("daemon", "status", "-o", "json").out)["socket"])
    assert stat.S_IMODE(socket.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket.stat().st_mode) == 0o600


def test_the_daemon_outlives_the_command_and_its_terminal(real: Cstudio) -> None:
    done = real.on_terminal("daemon", "start")
    assert done.status == 0
    assert real("daemon", "status").status == 0


def test_stop_returns_when_the_process_is_gone(real: Cstudio) -> None:
    real("daemon", "start")
    pid = json.loads(real("daemon", "status", "-o", "json").out)["pid"]
    assert real("daemon", "stop").status == 0
    assert not _runs(pid)
    assert real("daemon", "stop").status == 10
    assert real("daemon", "status").status == 10


def _runs(pid: int) -> bool:
    """Whether a process runs; one that only waits for its parent to notice does not."""
    done = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True)
    return done.stdout.strip()[:1] not in ("", "Z")


def test_restart_starts_another_and_sessions_go_on(session: Cstudio) -> None:
    before = json.loads(session("daemon", "status", "-o", "json").out)["pid"]
    assert session("daemon", "restart").status == 0
    assert json.loads(session("daemon", "status", "-o", "json").out)["pid"] != before
    (session.folder / "here" / "b.txt").write_text("two\n")
    until(lambda: (session.folder / "there" / "b.txt").exists())


def test_a_killed_daemon_is_started_again_and_sessions_go_on(session: Cstudio) -> None:
    pid = json.loads(session("daemon", "status", "-o", "json").out)["pid"]
    os.kill(pid, signal.SIGKILL)
    (session.folder / "there" / "b.txt").write_text("two\n")
    done = session("sync", "list", "-o", "name")
    assert (done.status, done.out) == (0, "here\n")
    until(lambda: (session.folder / "here" / "b.txt").exists())


def test_what_a_power_cut_takes_is_a_conflict_and_never_the_truth(session: Cstudio) -> None:
    """Invariant 7: a file that was renamed and never reached the disk comes back empty."""
    (session.folder / "here" / "b.txt").write_text("two\n")
    assert session("sync", "flush", "here").status == 0
    os.kill(json.loads(session("daemon", "status", "-o", "json").out)["pid"], signal.SIGKILL)
    state = Path(session.environment["CSTUDIO_STATE_DIR"])
    for file in (state / "ancestors").glob("*.db"):
        with contextlib.closing(sqlite3.connect(file)) as ancestor, ancestor:
            changed = ancestor.execute("UPDATE facts SET value = 'x' WHERE key = 'local_boot'")
            assert changed.rowcount == 1
    (session.folder / "here" / "b.txt").write_text("")
    (session.folder / "here" / "a.txt").unlink()
    until(lambda: shown(session)["conflict_count"] == 1)
    assert (session.folder / "there" / "b.txt").read_text() == "two\n"
    assert session("sync", "resolve", "here", "--keep", "remote").status == 0
    assert (session.folder / "here" / "b.txt").read_text() == "two\n"
    assert (session.folder / "here" / "a.txt").read_text() == "one\n"


def test_the_log_can_be_read_whether_the_daemon_runs_or_not(real: Cstudio) -> None:
    assert real("daemon", "logs").status == 11
    real("daemon", "start")
    assert "listening" in real("daemon", "logs").out
    real("daemon", "stop")
    assert "stopping" in real("daemon", "logs", "-n", "5").out


def test_run_stays_in_the_foreground(real: Cstudio) -> None:
    process = real.start("daemon", "run")
    until(lambda: real("daemon", "status").status == 0)
    assert process.poll() is None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=10)
    assert process.returncode == 0


def test_a_second_daemon_on_one_state_folder_is_refused(real: Cstudio) -> None:
    real("daemon", "start")
    done = real("sync", "list", CSTUDIO_SOCKET=str(real.folder / "second.sock"))
    assert done.status == 10
    assert "another cstudiod" in done.err


def test_a_watch_survives_a_restart_of_the_daemon(session: Cstudio) -> None:
    watch = session.start("sync", "watch", "-o", "json")
    assert watch.stdout is not None
    assert '"state": "watching"' in watch.stdout.readline()
    session("daemon", "restart")
    session("sync", "pause", "here")
    for line in watch.stdout:
        if '"state": "paused"' in line:
            break
    watch.terminate()
    watch.communicate(timeout=10)


def test_a_session_is_shown_with_what_is_true_of_it(session: Cstudio) -> None:
    answer = shown(session)
    expected = {
        "name": "here",
        "mode": "two-way-safe",
        "local": str(session.folder / "here"),
        "remote": str(session.folder / "there"),
        "state": "watching",
        "reason": None,
        "files": 1,
        "bytes": 4,
        "conflict_count": 0,
        "problem_count": 0,
        "endpoint": "folder",
    }
    assert expected.items() <= answer.items()
    assert answer["last_synced"].endswith("Z")


def test_flush_returns_when_both_sides_agree(session: Cstudio) -> None:
    (session.folder / "here" / "b.txt").write_text("here\n")
    (session.folder / "there" / "c.txt").write_text("there\n")
    assert session("sync", "flush", "here").status == 0
    assert (session.folder / "there" / "b.txt").read_text() == "here\n"
    assert (session.folder / "here" / "c.txt").read_text() == "there\n"


def test_flush_does_not_wait_for_who_writes_all_the_time(session: Cstudio) -> None:
    """What was written before the call is there; a log that grows meanwhile is no reason."""
    script = "import sys, time\nwhile True: print(time.time(), flush=True); time.sleep(0.002)"
    with (session.folder / "there" / "growing.log").open("wb") as log:
        writer = subprocess.Popen([sys.executable, "-c", script], stdout=log)
    try:
        for number in range(5):
            (session.folder / "here" / "b.txt").write_text(f"{number}\n")
            done = session("sync", "flush", "here", "--timeout", "20")
            assert done.status in (0, 3), done.err
            assert (session.folder / "there" / "b.txt").read_text() == f"{number}\n"
            problems = json.loads(session("sync", "problems", "here", "-o", "json").out)
            assert {one["path"] for one in problems} <= {"growing.log"}
    finally:
        writer.kill()
        writer.wait()
    assert session("sync", "flush", "here").status == 0
    logs = [session.folder / side / "growing.log" for side in ("here", "there")]
    assert logs[0].read_bytes() == logs[1].read_bytes()


def test_names_of_any_bytes_are_shown_with_the_escape(session: Cstudio) -> None:
    name = b"caf\xe9\\\n.txt"
    folder = os.fsencode(session.folder)
    session("sync", "pause", "here")
    for side, text in ((b"here", b"1"), (b"there", b"22")):
        Path(os.fsdecode(os.path.join(folder, side, name))).write_bytes(text)
    session("sync", "resume", "here")
    until(lambda: shown(session)["conflict_count"] == 1)
    (conflict,) = json.loads(session("sync", "conflicts", "here", "-o", "json").out)
    assert conflict["path"] == r"caf\xe9\\\x0a.txt"
    assert (conflict["local"]["size"], conflict["remote"]["size"]) == (1, 2)
    assert session("sync", "flush", "here").status == 3
    done = session("sync", "resolve", "here", conflict["path"], "--keep", "remote")
    assert done.status == 0, done.err
    assert session("sync", "flush", "here").status == 0
    assert Path(os.fsdecode(os.path.join(folder, b"here", name))).read_bytes() == b"22"


def test_what_was_overwritten_is_in_the_trash_and_comes_back(session: Cstudio) -> None:
    (session.folder / "there" / "a.txt").unlink()
    until(lambda: not (session.folder / "here" / "a.txt").exists())
    (kept,) = json.loads(session("sync", "trash", "here", "-o", "json").out)
    assert (kept["path"], kept["side"], kept["kind"]) == ("a.txt", "local", "file")
    assert session("sync", "restore", "here", kept["id"]).status == 0
    assert (session.folder / "here" / "a.txt").read_text() == "one\n"
    until(lambda: (session.folder / "there" / "a.txt").exists())


def test_links_and_executables_come_back_as_they_were(session: Cstudio) -> None:
    here, there = session.folder / "here", session.folder / "there"
    (here / "run.sh").write_text("#!/bin/sh\n")
    (here / "run.sh").chmod(0o755)
    (here / "link").symlink_to("a.txt")
    assert session("sync", "flush", "here").status == 0
    for name in ("run.sh", "link"):
        (there / name).unlink()
    until(lambda: not os.path.lexists(here / "run.sh") and not os.path.lexists(here / "link"))
    for name in ("run.sh", "link"):
        done = session("sync", "restore", "here", name)
        assert done.status == 0, done.err
    assert session("sync", "flush", "here").status == 0
    for side in (here, there):
        assert os.access(side / "run.sh", os.X_OK)
        assert os.readlink(side / "link") == "a.txt"


def test_a_mass_deletion_halts_and_restore_brings_everything_back(session: Cstudio) -> None:
    for number in range(80):
        (session.folder / "here" / f"f{number}").write_text(f"{number}\n")
    assert session("sync", "flush", "here").status == 0
    for number in range(80):
        (session.folder / "there" / f"f{number}").unlink()
    until(lambda: shown(session)["state"] == "halted")
    assert shown(session)["reason"]["code"] == "MASS_DELETION"
    assert session("sync", "flush", "here").status == 12
    done = session("sync", "restore", "here", "--yes")
    assert done.status == 0, done.err
    until(lambda: shown(session)["state"] == "watching")
    assert len(list((session.folder / "there").iterdir())) == 81
    assert len(list((session.folder / "here").iterdir())) == 81


def test_a_mass_deletion_can_be_accepted(session: Cstudio) -> None:
    for number in range(80):
        (session.folder / "here" / f"f{number}").write_text(f"{number}\n")
    assert session("sync", "flush", "here").status == 0
    for number in range(80):
        (session.folder / "there" / f"f{number}").unlink()
    until(lambda: shown(session)["state"] == "halted")
    assert session("sync", "accept", "here", "--yes").status == 0
    until(lambda: len(list((session.folder / "here").iterdir())) == 1)


def test_explain_names_the_rule(real: Cstudio) -> None:
    (real.folder / "rules").write_text("# comment\n*.tmp\n")
    words = ("--exclude", "*.log", "--exclude-from", "rules", "--wait", "-o", "name")
    assert real("sync", "create", "here", "there", *words).status == 0
    (real.folder / "here" / "a.log").write_text("x")
    (real.folder / "here" / "__pycache__").mkdir()
    for path, rule in (("a.log", "*.log"), ("a.tmp", "*.tmp"), ("__pycache__", "__pycache__/")):
        told = json.loads(real("sync", "explain", "here", path, "-o", "json").out)
        assert told["verdict"] == "excluded"
        assert told["rule"].strip("/") == rule.strip("/")
    assert real("sync", "flush", "here").status == 0
    assert list((real.folder / "there").iterdir()) == []


def test_push_and_pull_show_what_they_do(session: Cstudio) -> None:
    session("sync", "pause", "here")
    (session.folder / "there" / "a.txt").write_text("changed there\n")
    session("sync", "resume", "here")
    assert session("sync", "push", "here", "--dry-run", "-o", "json").status == 0
    assert session("sync", "push", "here", "--yes").status == 0
    assert session("sync", "pull", "here", "--yes").status == 0


def test_delete_leaves_the_files(session: Cstudio) -> None:
    assert session("sync", "delete", "here", "--yes").status == 0
    assert session("sync", "list", "-o", "json").out == "[]\n"
    assert (session.folder / "there" / "a.txt").exists()


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("file", "other"), 2, "is a file"),
        (("missing", "other"), 2, "does not exist"),
        (("other", "file"), 2, "is a file"),
        (("other", "there"), 2, "already mirrored by session `here`"),
        (("other", "third", "--create", "--name", "here"), 2, "exists"),
        (("other", "third", "--create", "--name", "No Name"), 2, "No Name"),
        (("other", "other/below", "--create"), 2, "inside the other"),
        (("other", "/"), 2, "cannot be mirrored"),
        (("other", "depoy/api:/app"), 2, "did you mean `deploy`"),
        (("other", "deploy/api"), 2, "has no path"),
        (("other", "docker:box"), 2, "path"),
        pytest.param(
            ("other", "third"),
            13,
            "third",
        ),
    ],
)
def test_a_slip_is_told_in_a_sentence_and_changes_nothing(
    session: Cstudio, words: tuple[str, ...], status: int, said: str
) -> None:
    (session.folder / "file").write_text("no folder")
    before = session("sync", "list", "-o", "name").out
    done = session("sync", "create", *words)
    assert (done.status, done.out) == (status, ""), done.err
    assert done.err.startswith("error: ")
    assert said in done.err
    assert "Traceback" not in done.err
    assert session("sync", "list", "-o", "name").out == before
    assert not (session.folder / "third").exists()


def test_names_of_sessions_are_made_unique(session: Cstudio) -> None:
    below = session.folder / "deep" / "here"
    below.mkdir(parents=True)
    done = session("sync", "create", "deep/here", "third", "--create", "-o", "name")
    assert (done.status, done.out) == (0, "here-2\n"), done.err


def test_accepting_what_has_not_halted_is_a_wrong_state(session: Cstudio) -> None:
    assert session("sync", "accept", "here", "--yes").status == 12


def test_flushing_a_paused_session_is_a_wrong_state(session: Cstudio) -> None:
    session("sync", "pause", "here")
    done = session("sync", "flush", "here")
    assert done.status == 12
    assert "paused" in done.err


def test_a_paused_session_says_how_to_go_on_and_does(session: Cstudio) -> None:
    session("sync", "pause", "here")
    assert "cstudio sync resume here" in session("sync", "flush", "here").err
    resumed = json.loads(session("sync", "resume", "here", "-o", "json").out)
    assert resumed["state"] != "paused"


@pytest.mark.parametrize("typed", ["a.txt", "./a.txt", ".//a.txt", "{here}/a.txt"])
def test_a_path_may_be_typed_as_a_shell_completes_it(session: Cstudio, typed: str) -> None:
    path = typed.format(here=session.folder / "here")
    explained = json.loads(session("sync", "explain", "here", path, "-o", "json").out)
    assert (explained["path"], explained["verdict"]) == ("a.txt", "in-step")


@pytest.mark.parametrize("path", ["", ".", "../a.txt", "/etc/passwd", "a.txt/../../b"])
def test_a_path_that_is_not_below_the_root_is_refused(session: Cstudio, path: str) -> None:
    done = session("sync", "explain", "here", path)
    assert (done.status, done.out) == (2, ""), done.err
    assert done.err.startswith("error: ")


def test_nothing_is_restored_onto_a_folder(session: Cstudio) -> None:
    (session.folder / "there" / "a.txt").unlink()
    until(lambda: not (session.folder / "here" / "a.txt").exists())
    (session.folder / "here" / "a.txt").mkdir()
    (session.folder / "here" / "a.txt" / "in").write_text("x")
    assert session("sync", "flush", "here").status == 0
    done = session("sync", "restore", "here", "a.txt")
    assert done.status == 12
    assert "`a.txt` is a folder now" in done.err
    assert (session.folder / "here" / "a.txt" / "in").read_text() == "x"


def test_doctor_finds_nothing_that_fails_here(real: Cstudio) -> None:
    found = json.loads(real("doctor", "-o", "json").out)
    assert {"daemon", "python", "socket", "disk"} <= {one["name"] for one in found}
    assert [one for one in found if one["status"] == "fail"] == []


def test_doctor_looks_at_the_callers_cluster(real: Cstudio) -> None:
    """As `sync create` would use it, whatever the daemon was started with; and says which."""
    real("daemon", "start", KUBECONFIG=str(real.folder / "the-daemons"))
    mine = real.folder / "mine"
    mine.write_text(KUBECONFIG)

    def said(*words: str, **env: str) -> str:
        found = json.loads(real("doctor", *words, "-o", "json", **env).out)
        return next(one["detail"] for one in found if one["name"] == "kubernetes")

    assert "the-daemons" in said(KUBECONFIG="")
    for by in (said("--kubeconfig", "mine"), said(KUBECONFIG=str(mine))):
        assert "127.0.0.1:1" in by
    other = said("--kubeconfig", "mine", "--context", "b")
    assert "127.0.0.1:2" in other
    wrong = said("--kubeconfig", "mine", "--context", "c")
    assert str(mine) in wrong
    assert "no context `c`" in wrong
    assert real("doctor", "--kubeconfig", "nowhere").status == 2


KUBECONFIG = """
apiVersion: v1
kind: Config
current-context: a
clusters:
- {name: one, cluster: {server: "http://127.0.0.1:1"}}
- {name: two, cluster: {server: "http://127.0.0.1:2"}}
contexts:
- {name: a, context: {cluster: one, user: me}}
- {name: b, context: {cluster: two, user: me}}
users:
- {name: me, user: {}}
"""


def test_the_command_line_starts_within_its_budget(session: Cstudio) -> None:
    """Best of several, since a busy machine says nothing about us; see tests/bench."""
    assert _best(session, "--help") < 0.5
    assert _best(session, "sync", "list") < 0.8


def _best(session: Cstudio, *words: str) -> float:
    took = []
    for _ in range(5):
        began = time.monotonic()
        subprocess.run(
            [*COMMAND, *words], env=session.environment, cwd=session.folder, capture_output=True
        )
        took.append(time.monotonic() - began)
    return min(took)
