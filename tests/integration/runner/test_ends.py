"""What ends is told with its reason, and started again."""

from __future__ import annotations

import itertools
import os
import signal
import socket
import sys
import time
from typing import Any

import pytest
from support.studios import Studio, eventually, free_port, python


def _until_reason(studio: Studio, code: str) -> dict[str, Any]:
    def found() -> dict[str, Any] | None:
        reason = studio.status().get("reason")
        return reason if isinstance(reason, dict) and reason["code"] == code else None

    result = eventually(found, f"no {code}: {studio.output()[-2000:]}")
    assert isinstance(result, dict)
    return result


def test_what_dies_is_started_again_ever_later(studio: Studio) -> None:
    """Each end is told with status, tail and wait; the third in a row is a crash loop."""
    studio.start(
        entrypoints=[{"name": "a", "label": "App", "command": "date +%s.%N; echo bye; exit 3"}]
    )
    reason = _until_reason(studio, "crash_loop")
    assert reason["message"].startswith("`App` keeps ending: ")
    assert reason["evidence"].endswith("\nbye")
    eventually(lambda: studio.entry("a")["restarts"] >= 5)
    exits = studio.entry("a")["exits"]
    assert len(exits) == 5
    assert {(one["code"], one["signal"], one["tail"][-1]) for one in exits} == {(3, "", "bye")}
    said = studio.output()
    for wait in ("0.1", "0.2", "0.4"):
        assert f"it is started again in {wait} s" in said
    starts = [float(line.split()[1]) for line in said.splitlines() if line.startswith("[App] 1")]
    gaps = [after - before for before, after in itertools.pairwise(starts)]
    assert all(gap >= wait for gap, wait in zip(gaps, (0.1, 0.2, 0.4, 0.4), strict=False))


def test_who_runs_long_enough_is_forgiven(studio: Studio) -> None:
    """The reason goes away, and the next wait is the first one again."""
    studio.start(
        entrypoints=[
            {"name": "a", "command": "test -e again && exec sleep 600; touch again; exit 1"}
        ],
        timing={"backoff_reset": 0.5},
    )
    _until_reason(studio, "entrypoint_exited")
    eventually(lambda: studio.status()["reason"] is None)
    entry = studio.entry("a")
    assert (entry["state"], entry["restarts"]) == ("running", 1)
    os.kill(entry["pid"], signal.SIGKILL)
    reason = _until_reason(studio, "entrypoint_exited")
    assert "was ended by SIGKILL" in reason["message"]
    assert studio.output().count("started again in 0.1 s") == 2


def test_an_end_that_was_meant_is_no_reason(studio: Studio) -> None:
    studio.start(
        entrypoints=[
            {"name": "once", "command": ["true"], "restart": "on-failure"},
            {"name": "never", "command": ["false"], "restart": "never"},
        ]
    )
    eventually(lambda: studio.entry("never").get("state") == "ended")
    assert studio.entry("once")["reason"] is None
    assert _until_reason(studio, "entrypoint_exited")["message"].startswith("`never` exited with")
    assert studio.runner.poll() is None


def test_a_command_that_is_not_there(studio: Studio) -> None:
    studio.start(entrypoints=[{"name": "a", "command": ["no-such-program", "x"]}])
    reason = _until_reason(studio, "bad_command")
    assert reason["message"] == "the command of `a`, no-such-program, is not found"
    assert studio.probe().stdout == reason["message"] + "\n"


@pytest.mark.parametrize(
    ("command", "cwd", "told"),
    [
        ("no-such-program x", "", "the command of `a` is not found or not executable"),
        (["/dev/null"], "", "the command of `a`, /dev/null, is not executable"),
        (["true"], "nowhere", "`a` cannot start in {work}/nowhere: No such file or directory"),
        (["{work}/text"], "", "the command of `a`, {work}/text, is no program for this machine, "
         "and has no #! line"),
    ],
)  # fmt: skip
def test_other_bad_commands(studio: Studio, command: Any, cwd: str, told: str) -> None:
    studio.workdir.mkdir()
    (studio.workdir / "text").write_text("hello\n")
    (studio.workdir / "text").chmod(0o755)
    work = str(studio.workdir)
    words = [w.format(work=work) for w in command] if isinstance(command, list) else command
    studio.start(entrypoints=[{"name": "a", "command": words, "cwd": cwd}])
    assert _until_reason(studio, "bad_command")["message"] == told.format(work=work)


def test_a_port_that_a_stranger_holds(studio: Studio) -> None:
    """It is not even tried, the owner is named, and its answers do not make us ready."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        listen = stranger.getsockname()[1]
        studio.start(
            entrypoints=[{"name": "a", "command": ["sleep", "600"], "port": 8000}],
            ports=[{"port": 8000, "listen": listen}],
            readiness={"tcp": True},
        )
        reason = _until_reason(studio, "port_in_use")
        eventually(lambda: studio.status()["readiness"])
        assert studio.status()["ready"] is False
    who = f" by process {os.getpid()} (" if sys.platform.startswith("linux") else ""
    assert f"`a` cannot listen: port {listen} is already in use{who}" in reason["message"]
    eventually(lambda: studio.entry("a")["state"] == "running", "it starts when the port is free")


def test_a_server_that_says_its_port_is_taken(studio: Studio) -> None:
    """Some ports are known to the program alone."""
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = str(stranger.getsockname()[1])
        code = "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1])))"
        studio.start(entrypoints=[{"name": "a", "command": python(code, port)}])
        reason = _until_reason(studio, "port_in_use")
    assert "Address already in use" in reason["evidence"]


@pytest.mark.parametrize("deaf", ["", "trap '' TERM; "])
def test_what_an_ended_program_left_does_not_hold_its_port(studio: Studio, deaf: str) -> None:
    """The rest of its group is ended before it is started again, politely or not."""
    port = free_port()
    serve = f"{sys.executable} -m http.server --bind 127.0.0.1 {port}"
    connect = f"import socket; socket.create_connection(('127.0.0.1', {port}))"
    command = (
        f"{deaf}{serve} & test -e again && wait; "
        f'until {sys.executable} -c "{connect}"; do sleep 0.1; done; touch again; exit 1'
    )
    studio.start(
        entrypoints=[{"name": "a", "command": command, "port": port}],
        ports=[{"port": port}],
        readiness={"tcp": True},
    )
    eventually(lambda: studio.entry("a").get("restarts", 0) >= 1)
    studio.until_ready()
    time.sleep(0.3)
    assert "port_in_use" not in str(studio.entry("a")["exits"])
