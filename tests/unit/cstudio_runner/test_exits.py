"""Why an entrypoint ended, and when it is started again."""

from __future__ import annotations

import errno
import signal
from typing import Any

import pytest
from cstudio_runner import exits
from cstudio_runner.exits import Facts
from cstudio_runner.launch import Entrypoint, Timing
from cstudio_runner.status import Reason

ENTRY = Entrypoint("lab", ("jupyter",), "JupyterLab")
SHELL = Entrypoint("lab", "jupyter lab", "JupyterLab")


def _facts(**changes: Any) -> Facts:
    given: dict[str, Any] = {
        "entry": ENTRY,
        "seconds": 2.0,
        "code": 1,
        "signal": "",
        "tail": ("starting", "boom"),
        "failures": 1,
    }
    return Facts(**{**given, **changes})


@pytest.mark.parametrize(
    ("facts", "code", "message"),
    [
        (_facts(), "entrypoint_exited", "`JupyterLab` exited with status 1 after 2.0 s"),
        (
            _facts(code=None, signal="SIGSEGV"),
            "entrypoint_exited",
            "`JupyterLab` was ended by SIGSEGV after 2.0 s",
        ),
        (_facts(code=0), "entrypoint_exited", "`JupyterLab` exited with status 0 after 2.0 s"),
        (
            _facts(failures=3),
            "crash_loop",
            "`JupyterLab` keeps ending: 3 times in a row; "
            "the last one exited with status 1 after 2.0 s",
        ),
        (
            _facts(
                tail=("OSError: [Errno 98] Address already in use", "bye"),
                listen=8888,
                owner="process 7 (node)",
            ),
            "port_in_use",
            "`JupyterLab` cannot listen: port 8888 is already in use by process 7 (node)",
        ),
        (
            _facts(tail=("Error: listen EADDRINUSE: :::3000",), failures=9),
            "port_in_use",
            "`JupyterLab` cannot listen: its port is already in use",
        ),
        (
            _facts(
                tail=(
                    "the Jupyter server could not be started because port 8888 is not available.",
                )
            ),
            "port_in_use",
            "`JupyterLab` cannot listen: its port is already in use",
        ),
        (
            _facts(code=None, signal="SIGKILL", oom_kills=1, memory_limit="512 MiB", failures=5),
            "oom_killed",
            "`JupyterLab` was ended by SIGKILL: the studio used its whole memory limit of 512 MiB",
        ),
        (
            _facts(code=137, oom_kills=2),
            "oom_killed",
            "`JupyterLab` exited with status 137: the studio used its whole memory limit",
        ),
        (
            _facts(code=None, signal="SIGKILL"),
            "entrypoint_exited",
            "`JupyterLab` was ended by SIGKILL after 2.0 s",
        ),
        (
            _facts(entry=SHELL, code=127, failures=4),
            "bad_command",
            "the command of `JupyterLab` is not found or not executable",
        ),
        (_facts(code=127), "entrypoint_exited", "`JupyterLab` exited with status 127 after 2.0 s"),
    ],
)
def test_why_it_ended(facts: Facts, code: str, message: str) -> None:
    reason = exits.explain(facts)
    assert reason is not None
    assert (reason.code, reason.message) == (code, message)
    assert reason.evidence
    assert reason.next


@pytest.mark.parametrize("restart", ["never", "on-failure"])
def test_an_end_that_was_meant_needs_no_reason(restart: str) -> None:
    entry = Entrypoint("a", "x", restart=restart)
    assert exits.explain(_facts(entry=entry, code=0, tail=("address already in use",))) is None


@pytest.mark.parametrize(
    ("restart", "code", "again"),
    [
        ("always", 0, True),
        ("always", None, True),
        ("on-failure", 0, False),
        ("on-failure", 3, True),
        ("on-failure", None, True),
        ("never", 1, False),
    ],
)
def test_who_is_started_again(restart: str, code: int | None, again: bool) -> None:
    assert exits.is_restarted(Entrypoint("a", "x", restart=restart), code) is again


def test_the_wait_doubles_up_to_the_longest_and_begins_anew_after_a_long_run() -> None:
    timing = Timing()
    failures, waits = 0, []
    for seconds in (1, 1, 1, 1, 1, 59.9, 1, 60, 1):
        failures = exits.failures_after(failures, seconds, timing)
        waits.append(exits.delay(failures, timing))
    assert waits == [1, 2, 4, 8, 16, 30, 30, 1, 2]
    assert exits.delay(10_000, timing) == 30


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (
            OSError(errno.ENOENT, "No such file or directory", "jupyter"),
            "the command of `JupyterLab`, jupyter, is not found",
        ),
        (
            OSError(errno.EACCES, "Permission denied", "jupyter"),
            "the command of `JupyterLab`, jupyter, is not executable",
        ),
        (
            OSError(errno.ENOEXEC, "Exec format error", "jupyter"),
            "the command of `JupyterLab`, jupyter, is no program for this machine, "
            "and has no #! line",
        ),
        (
            OSError(errno.ENOMEM, "Cannot allocate memory", "jupyter"),
            "the command of `JupyterLab`, jupyter, cannot be started (Cannot allocate memory)",
        ),
        (
            OSError(errno.ENOENT, "No such file or directory", "/w/x"),
            "`JupyterLab` cannot start in /w/x: No such file or directory",
        ),
    ],
)
def test_a_command_that_does_not_start(error: OSError, message: str) -> None:
    reason = exits.not_started(ENTRY, ["jupyter"], "/w/x", error)
    assert (reason.code, reason.message) == ("bad_command", message)


@pytest.mark.parametrize(
    ("wait_status", "said"),
    [
        (0, (0, "")),
        (3 << 8, (3, "")),
        (int(signal.SIGKILL), (None, "SIGKILL")),
        (int(signal.SIGSEGV) | 0x80, (None, "SIGSEGV")),
    ],
)
def test_wait_statuses(wait_status: int, said: tuple[int | None, str]) -> None:
    assert exits.split_wait_status(wait_status) == said


def test_the_gravest_reason_is_told_first() -> None:
    exited, bad = Reason("entrypoint_exited", "a"), Reason("bad_command", "b")
    assert exits.gravest([None, exited, bad]) == bad
    assert exits.gravest([None]) is None
