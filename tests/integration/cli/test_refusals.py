"""Bad input, and how a command ends: one sentence, what to type, a documented status."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from google.rpc import code_pb2
from integration.cli.conftest import Cstudio
from integration.cli.fake_daemon import FakeDaemon, session


def told(error: str) -> list[str]:
    """The lines of stderr, which has no traceback."""
    assert "Traceback" not in error
    return error.splitlines()


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "show"),
        ("sync", "flush"),
        ("sync", "pause"),
        ("sync", "resume"),
        ("sync", "conflicts"),
        ("sync", "problems"),
        ("sync", "plan"),
        ("sync", "trash"),
        ("sync", "delete", "--yes"),
        ("sync", "push", "--yes"),
        ("sync", "accept", "--yes"),
        ("sync", "watch"),
    ],
)
def test_an_unknown_session_is_not_found(cstudio: Cstudio, words: tuple[str, ...]) -> None:
    done = cstudio(*words, "apj")
    assert done.status == 11
    assert done.out == ""
    assert told(done.err) == ["error: there is no session `apj`", "hint: cstudio sync list"]


def test_as_json_the_error_is_an_object_on_stderr(cstudio: Cstudio) -> None:
    done = cstudio("sync", "show", "apj", "-o", "json")
    assert done.out == ""
    assert json.loads(done.err) == {
        "error": {
            "reason": "NOT_FOUND",
            "message": "there is no session `apj`",
            "hint": "cstudio sync list",
            "exit_status": 11,
            "metadata": {"name": "apj"},
        }
    }


@pytest.mark.parametrize(
    ("reason", "code", "status"),
    [
        ("INVALID_TARGET", code_pb2.INVALID_ARGUMENT, 2),
        ("LOCAL_ROOT_NOT_A_FOLDER", code_pb2.FAILED_PRECONDITION, 2),
        ("NOT_A_FOLDER", code_pb2.FAILED_PRECONDITION, 2),
        ("SEVERAL_REPLICAS", code_pb2.FAILED_PRECONDITION, 2),
        ("DUPLICATE_OWNER", code_pb2.FAILED_PRECONDITION, 12),
        ("LOCAL_ROOT_MISSING", code_pb2.FAILED_PRECONDITION, 12),
        ("FORBIDDEN", code_pb2.PERMISSION_DENIED, 13),
        ("TARGET_NOT_FOUND", code_pb2.FAILED_PRECONDITION, 13),
        ("UNREACHABLE", code_pb2.UNAVAILABLE, 13),
        ("SHUTTING_DOWN", code_pb2.UNAVAILABLE, 10),
        ("BUG", code_pb2.INTERNAL, 1),
    ],
)
def test_what_the_daemon_refuses_ends_with_the_documented_status(
    cstudio: Cstudio, fake: FakeDaemon, reason: str, code: int, status: int
) -> None:
    fake.sessions.refusals["create"] = (code, reason, "it cannot be", {"next": "do this"})
    done = cstudio("sync", "create", ".", "/there")
    assert done.status == status
    assert told(done.err) == ["error: it cannot be", "hint: do this"]


@pytest.mark.parametrize("reason", ["TIMEOUT", "WRONG_STATE", "MASS_DELETION"])
def test_a_flush_that_does_not_get_there_is_a_wrong_state(
    cstudio: Cstudio, fake: FakeDaemon, reason: str
) -> None:
    fake.sessions.keep(session("api"))
    fake.sessions.refusals["flush"] = (code_pb2.FAILED_PRECONDITION, reason, "not in step", {})
    assert cstudio("sync", "flush", "api").status == 12


@pytest.mark.parametrize(
    "words",
    [
        ("sync", "create", ".", "/there", "--mode", "both-ways"),
        ("sync", "create", "."),
        ("sync", "create", ".", "/there", "--no-such-option"),
        ("sync", "create", ".", "/there", "--label", "novalue"),
        ("sync", "create", ".", "/there", "--kubeconfig", "/not/there"),
        ("sync", "create", ".", "/there", "--exclude-from", "/not/there"),
        ("sync", "create", "", "/there"),
        ("sync", "flush", "api", "--timeout", "soon"),
        ("sync", "flush", "api", "--timeout", "0"),
        ("sync", "resolve", "api", "--keep", "mine"),
        ("sync", "resolve", "api"),
        ("sync", "list", "-o", "yaml"),
        ("sync", "lisst"),
        ("snyc",),
    ],
)
def test_a_slip_is_one_sentence_and_a_hint(
    cstudio: Cstudio, fake: FakeDaemon, words: tuple[str, ...]
) -> None:
    done = cstudio(*words)
    assert done.status == 2
    error, hint = told(done.err)
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    assert fake.sessions.seen == []


def test_an_exclude_file_that_is_no_text_is_refused(cstudio: Cstudio) -> None:
    (cstudio.folder / "bad").write_bytes(b"caf\xe9\n")
    done = cstudio("sync", "create", ".", "/there", "--exclude-from", "bad")
    assert (done.status, told(done.err)[0]) == (
        2,
        "error: the exclude file `bad` is not UTF-8 text",
    )


def test_an_exclude_file_that_may_not_be_read_is_refused(cstudio: Cstudio) -> None:
    (cstudio.folder / "folder").mkdir()
    done = cstudio("sync", "create", ".", "/there", "--exclude-from", "folder")
    assert done.status == 2
    assert "cannot be read" in told(done.err)[0]


def test_a_target_that_is_not_utf8_is_refused_readably(cstudio: Cstudio) -> None:
    done = cstudio("sync", "create", ".", b"docker:caf\xe9:/x")
    assert (done.status, told(done.err)[0]) == (2, r"error: `docker:caf\xe9:/x` is not UTF-8")


def test_a_removed_working_folder_is_told(cstudio: Cstudio) -> None:
    gone = cstudio.folder / "gone"
    gone.mkdir()
    words = [sys.executable, "-P", "-m", "cstudio", "sync", "create", ".", "/there"]
    script = f"import os, sys; os.rmdir(os.getcwd()); os.execv({words[0]!r}, {words!r})"
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=gone,
        env=cstudio.environment,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 2
    assert told(done.stderr)[0] == "error: the current folder was removed"


def test_no_daemon_and_no_autostart_is_unreachable(cstudio: Cstudio) -> None:
    done = cstudio("--no-autostart", "--socket", "/tmp/cst-nowhere.sock", "sync", "list")
    assert done.status == 10
    assert told(done.err) == ["error: the daemon is not running", "hint: cstudio daemon start"]


def test_status_starts_nothing(cstudio: Cstudio) -> None:
    for words in (("status",), ("daemon", "status"), ("daemon", "stop")):
        assert cstudio("--socket", "/tmp/cst-nowhere.sock", *words).status == 10


def test_a_daemon_that_cannot_start_shows_its_last_words(cstudio: Cstudio) -> None:
    state = cstudio.folder / "state"
    state.mkdir()
    (state / "config.toml").write_text("[nonsense]\n")
    done = cstudio(
        "sync", "list", CSTUDIO_SOCKET=str(state / "d.sock"), CSTUDIO_STATE_DIR=str(state)
    )
    assert done.status == 10
    assert "the daemon could not be started: it ended with status" in done.err
    assert "nonsense" in done.err


def test_ctrl_c_is_no_traceback(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api"))
    process = cstudio.start("sync", "watch", "api")
    assert process.stdout is not None
    assert "api" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in error


def test_a_reader_that_goes_away_is_no_traceback(cstudio: Cstudio, fake: FakeDaemon) -> None:
    for number in range(40):
        fake.sessions.keep(session(f"s{number}"))
    with cstudio.start("sync", "list", "-o", "json") as process:
        assert process.stdout is not None
        process.stdout.close()
        assert process.stderr is not None
        assert process.stderr.read() == ""
        assert process.wait(10) == 1


@pytest.mark.parametrize("locale", ["C", "POSIX", "en_US.ISO-8859-1", "no_SUCH.locale"])
@pytest.mark.parametrize("form", ["table", "json"])
def test_no_locale_makes_a_name_fail(
    cstudio: Cstudio, fake: FakeDaemon, locale: str, form: str
) -> None:
    fake.sessions.keep(session("api"))
    fake.sessions.held["syncSessions/api"].local_root = "/übung/日本"
    done = cstudio("sync", "show", "api", "-o", form, LC_ALL=locale, PYTHONIOENCODING="ascii")
    assert done.status == 0, done.err
    if form == "json":
        assert done.out.isascii()
        assert json.loads(done.out)["local"] == "/übung/日本"


def test_nothing_in_an_answer_commands_the_terminal(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api", place="\x1b[2J\x07pod"))
    assert "\x1b" not in cstudio("sync", "show", "api").out


def test_the_client_never_imports_the_daemon() -> None:
    script = (
        "import sys, cstudio.cli.main, cstudio.client, cstudio.cli.doctor, cstudio.demo;"
        "sys.exit(any(name.startswith(('cstudiod', 'cstudio_sync', 'cstudio_agent'))"
        " for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], cwd=Path("/")).returncode == 0


@pytest.mark.parametrize(
    "words",
    [
        ("sync",),
        ("template",),
        ("template", "build"),
        ("studio",),
        ("studio", "start"),
        ("studio", "exec"),
        ("action", "run"),
        ("zone", "list"),
        ("open",),
        ("forward",),
    ],
)
def test_help_imports_nothing_heavy(words: tuple[str, ...]) -> None:
    script = (
        f"import sys; from cstudio.cli.main import run; status = run([*{words!r}, '--help']);"
        "sys.exit(status or any(name in sys.modules for name in"
        " ('grpc', 'asyncio', 'google.protobuf', 'platformdirs')))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=Path("/"), capture_output=True)
    assert done.returncode == 0
    assert os.fsdecode(done.stdout).startswith(f"Usage: cstudio {' '.join(words)}")
