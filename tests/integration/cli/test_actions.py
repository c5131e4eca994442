"""`cstudio action`: runs, their output, and how they end."""

from __future__ import annotations

import json
import signal
from datetime import datetime
from typing import Any

import pytest
from cstudio_api.v1 import actions_pb2 as pb
from integration.cli.answers import WHEN
from integration.cli.conftest import Cstudio
from integration.cli.fake_daemon import FakeDaemon
from integration.cli.fake_studios import studio

ENDED, LOST = pb.ActionRun.STATE_ENDED, pb.ActionRun.STATE_LOST
TIMED_OUT, CANCELLED = pb.ActionRun.STATE_TIMED_OUT, pb.ActionRun.STATE_CANCELLED

SHOWN = f"{datetime.fromtimestamp(WHEN.seconds):%Y-%m-%d %H:%M:%S}".split()


@pytest.fixture(autouse=True)
def _one_studio(fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab"))
    fake.actions.output = [
        pb.FollowActionRunResponse(stdout=b"2 passed \xc3\xbc\n"),
        pb.FollowActionRunResponse(stderr=b"a warning\n"),
    ]


def document(cstudio: Cstudio, *words: str) -> Any:
    done = cstudio(*words, "-o", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


@pytest.mark.parametrize("status", [0, 1, 5, 255])
def test_an_action_has_the_exit_status_and_the_output_of_its_command(
    cstudio: Cstudio, fake: FakeDaemon, status: int
) -> None:
    fake.actions.ends.exit_status = status
    done = cstudio("action", "run", "lab", "test")
    assert (done.status, done.out, done.err) == (status, "2 passed ü\n", "a warning\n")
    request = fake.actions.seen[-1]
    assert (request.studio, request.action, list(request.command)) == ("lab", "test", [])
    assert not request.HasField("timeout")


def test_any_command_line_can_be_run(cstudio: Cstudio, fake: FakeDaemon) -> None:
    words = ("ls", "-o", "json", "--", "--folder", "x")
    done = cstudio(
        "action",
        "run",
        "lab",
        "--folder",
        "app",
        "--timeout",
        "2m",
        "--project",
        "DEMO",
        "--",
        *words,
    )
    assert done.status == 0, done.err
    request = fake.actions.seen[-1]
    assert (request.action, list(request.command), request.folder) == ("", list(words), "app")
    assert (request.timeout.seconds, request.project) == (120, "DEMO")


def test_a_word_after_the_dashes_is_a_command_even_if_it_names_an_action(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    assert cstudio("action", "run", "lab", "--", "test").status == 0
    assert list(fake.actions.seen[-1].command) == ["test"]


@pytest.mark.parametrize(
    "words",
    [
        ("run", "lab"),
        ("run", "lab", "--"),
        ("run", "lab", "test", "--", "ls"),
        ("run", "lab", "test", "more"),
        ("run", "lab", "test", "--timeout", "soon"),
        ("run",),
        ("cancel",),
    ],
)
def test_a_slip_runs_nothing(cstudio: Cstudio, fake: FakeDaemon, words: tuple[str, ...]) -> None:
    done = cstudio("action", *words)
    assert done.status == 2
    assert len(done.err.splitlines()) == 2
    assert fake.actions.seen == []


def test_an_action_that_the_template_does_not_have_is_not_found(cstudio: Cstudio) -> None:
    done = cstudio("action", "run", "lab", "tset")
    assert (done.status, done.err) == (11, "error: `lab` has no action `tset`\n")


def test_json_has_the_run_on_stdout_and_its_output_on_stderr(cstudio: Cstudio) -> None:
    done = cstudio("action", "run", "lab", "test", "-o", "json")
    assert done.status == 0
    assert "2 passed" in done.err
    run = json.loads(done.out)
    assert {
        "id": "r1",
        "studio": "lab",
        "project": "DEMO",
        "action": "test",
        "command": ["sh", "-c", "pytest -q"],
        "state": "ended",
        "exit_status": 0,
        "requester": "ada",
    }.items() <= run.items()


def test_detached_it_goes_on_by_itself(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.actions.stays = True
    done = cstudio("action", "run", "lab", "test", "--detach", "-o", "name")
    assert (done.status, done.out) == (0, "r1\n")
    assert document(cstudio, "action", "history", "lab")[0]["exit_status"] is None


@pytest.mark.parametrize(
    ("ends", "status", "said"),
    [
        (pb.ActionRun(state=TIMED_OUT), 124, "it took longer than it may"),
        (pb.ActionRun(state=CANCELLED), 12, "the run was cancelled"),
        (pb.ActionRun(state=LOST, detail="no `pytest`"), 13, "the run was lost: no `pytest`"),
    ],
)
def test_a_run_that_does_not_end_by_itself_says_so(
    cstudio: Cstudio, fake: FakeDaemon, ends: pb.ActionRun, status: int, said: str
) -> None:
    fake.actions.ends = ends
    done = cstudio("action", "run", "lab", "test")
    assert done.status == status
    assert said in done.err
    assert done.err.endswith("hint: cstudio action logs r1\n")


def test_ctrl_c_ends_the_run(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.actions.stays = True
    process = cstudio.start("action", "run", "lab", "test")
    assert process.stdout is not None
    process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert isinstance(fake.actions.seen[-1], pb.CancelActionRunRequest)


def test_ctrl_c_on_the_logs_of_a_run_lets_it_go_on(cstudio: Cstudio, fake: FakeDaemon) -> None:
    cstudio("action", "run", "lab", "test", "--detach")
    fake.actions.stays = True
    process = cstudio.start("action", "logs", "r1")
    assert process.stdout is not None
    assert process.stdout.readline() == "2 passed ü\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10)
    assert process.returncode == 130
    assert not any(isinstance(one, pb.CancelActionRunRequest) for one in fake.actions.seen)


def test_logs_are_those_of_a_run_that_has_ended_too(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.actions.ends.dropped_bytes = 1_234_567
    cstudio("action", "run", "lab", "test")
    done = cstudio("action", "logs", "r1")
    assert (done.status, done.out) == (0, "2 passed ü\n")
    assert "1,234,567 bytes of output were not kept" in done.err


def test_cancel(cstudio: Cstudio) -> None:
    cstudio("action", "run", "lab", "test", "--detach")
    assert cstudio("action", "cancel", "r1").out == "run r1 in `lab`: cancelled\n"
    assert cstudio("action", "cancel", "r9").status == 11


def test_list_and_history(cstudio: Cstudio, fake: FakeDaemon) -> None:
    assert cstudio("action", "list", "lab").out == (
        "NAME  LABEL  COMMAND    DESCRIPTION\ntest  Test   pytest -q\n"
    )
    assert document(cstudio, "action", "list", "lab")[0]["timeout_seconds"] is None
    fake.actions.ends.exit_status = 3
    cstudio("action", "run", "lab", "--", "sh", "-c", "exit 3")
    line = cstudio("action", "history").out.splitlines()[1]
    assert line.split() == [
        "r1", "lab", "ended", "3", *SHOWN, "ada", "sh", "-c", "'exit", "3'"
    ]  # fmt: skip


def test_actions_are_completed(cstudio: Cstudio) -> None:
    done = cstudio(
        _CSTUDIO_COMPLETE="bash_complete", COMP_WORDS="cstudio action run lab ", COMP_CWORD="4"
    )
    assert done.out == "plain,test\n"
