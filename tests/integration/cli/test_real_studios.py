"""The words that scripts rely on, with the real daemon and the local runtime."""

from __future__ import annotations

import json
import signal
import subprocess
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from integration.cli.conftest import COMMAND, Cstudio, done

CRASHING = """\
name: crashing
blocks:
  - type: entrypoint
    label: Web
    command: [python3, -c, "raise SystemExit('no such module')"]
    expose: {port: 8000, html: true, subpath: /}
"""
INVALID = """\
name: invalid
blocks:
  - type: entrypoint
    comand: [python3]
    expose: {port: 99999}
"""


def shown(site: Cstudio, name: str = "site") -> Any:
    return json.loads(done(site("studio", "show", name, "--project", "DEMO", "-o", "json")))


def test_show_tells_where_it_answers_and_where_its_files_are(site: Cstudio) -> None:
    studio = shown(site)
    assert (studio["state"], studio["runtime"], studio["reason"]) == ("RUNNING", "local", None)
    (port,), (zone,) = studio["ports"], studio["zones"]
    with urllib.request.urlopen(port["url"], timeout=10) as answer:
        assert b"It works" in answer.read()
    assert (Path(zone["local"]) / "index.html").exists()
    assert json.loads(done(site("sync", "show", zone["session"], "-o", "json")))["files"] >= 1


def test_what_is_written_inside_comes_out(site: Cstudio) -> None:
    done(site("action", "run", "site", "--", "sh", "-c", "echo hello > site/hello.txt"))
    (zone,) = shown(site)["zones"]
    done(site("sync", "flush", zone["session"]))
    assert (Path(zone["local"]) / "hello.txt").read_text() == "hello\n"
    folders = json.loads(done(site("zone", "list", "--project", "DEMO", "-o", "json")))
    found = next(one for one in folders if one["zone"] == "code_studio_versioned")
    assert (found["folder"], found["scope"], found["owner"]) == (zone["local"], "studio", "site")


@pytest.mark.parametrize("status", [0, 3, 127, 255])
def test_exec_and_actions_have_the_exit_status_of_the_command(site: Cstudio, status: int) -> None:
    for words in (("studio", "exec"), ("action", "run")):
        result = site(*words, "site", "--", "sh", "-c", f"echo out; echo err >&2; exit {status}")
        assert (result.status, result.out, result.err) == (status, "out\n", "err\n")


def test_exec_joins_stdin_and_ends_with_the_command(site: Cstudio) -> None:
    text = "line\n" * 100_000
    assert done(site("studio", "exec", "site", "--", "cat", stdin=text)) == text
    assert done(site("studio", "exec", "site", "--", "head", "-c5", stdin=text)) == "line\n"


def test_ctrl_c_ends_the_command_inside(site: Cstudio) -> None:
    process = site.start("studio", "exec", "site", "--", "sh", "-c", "echo $$; exec sleep 600")
    assert process.stdout is not None
    pid = int(process.stdout.readline())
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    deadline = time.monotonic() + 20
    while Path(f"/proc/{pid}").exists():
        assert time.monotonic() < deadline, "it runs on"
        time.sleep(0.05)


def test_an_action_that_takes_too_long_is_ended(site: Cstudio) -> None:
    result = site("action", "run", "site", "--timeout", "1s", "--", "sleep", "600")
    assert result.status == 124
    run = json.loads(done(site("action", "history", "site", "-o", "json")))[0]
    assert (run["state"], run["exit_status"]) == ("timed-out", None)


def test_a_detached_action_can_be_followed_later(site: Cstudio) -> None:
    words = ("action", "run", "site", "--detach", "-o", "name")
    run = done(site(*words, "--", "sh", "-c", "echo one; sleep 1; echo two")).strip()
    assert done(site("action", "logs", run)) == "one\ntwo\n"


def test_an_invalid_template_is_told_whole_and_not_stored(site: Cstudio) -> None:
    for verb in ("validate", "create"):
        result = site("template", verb, "-", stdin=INVALID)
        assert result.status == 2
        assert "did you mean `command`?" in result.err
        assert "expose.port" in result.err
    result = site("template", "validate", "-", "-o", "json", stdin=INVALID)
    assert (result.status, len(json.loads(result.out)) >= 2) == (2, True)
    assert site("template", "show", "invalid").status == 11


def test_what_cannot_run_here_is_told_with_the_file(site: Cstudio) -> None:
    text = "name: imaged\nblocks:\n  - {type: append_dockerfile, dockerfile: RUN true}\n" + (
        "  - {type: entrypoint, command: x, expose: {port: 8000}}\n"
    )
    result = site("template", "validate", "-", stdin=text)
    assert result.status == 0
    assert "not in the local runtime: stdin:3: block 1 (append_dockerfile)" in result.err


def test_a_start_that_fails_says_why_and_what_to_type(site: Cstudio) -> None:
    done(site("template", "create", "-", stdin=CRASHING))
    create = ("studio", "create", "crash", "--project", "DEMO", "--template", "crashing")
    done(site(*create, "--runtime", "local"))
    result = site("studio", "start", "crash", "--wait", "-o", "json")
    assert result.status == 13
    told = json.loads(result.err.splitlines()[-1])["error"]
    assert told["metadata"]["evidence"] == "no such module"
    assert told["hint"]
    assert shown(site, "crash")["reason"]["code"] == told["reason"]


def test_a_name_in_two_projects_is_refused_with_both(site: Cstudio) -> None:
    create = ("studio", "create", "site", "--project", "OTHER", "--template", "http-server")
    done(site(*create, "--runtime", "local"))
    result = site("studio", "show", "site")
    assert result.status == 2
    assert "DEMO" in result.err
    assert "OTHER" in result.err
    done(site("studio", "delete", "site", "--project", "OTHER", "--yes"))
    assert shown(site)["project"] == "DEMO"


def test_a_script_may_pipe_what_a_command_says(site: Cstudio) -> None:
    with subprocess.Popen(
        [*COMMAND, "studio", "exec", "site", "--", "sh", "-c", "while :; do echo y; done"],
        env=site.environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.wait(20) == 1
        assert process.stderr is not None
        assert process.stderr.read() == b""


def test_stop_copies_back_and_start_finds_it(site: Cstudio) -> None:
    done(site("studio", "exec", "site", "--", "sh", "-c", "echo kept > site/kept.txt"))
    done(site("studio", "stop", "site", "--wait"))
    (zone,) = shown(site)["zones"]
    assert (Path(zone["local"]) / "kept.txt").read_text() == "kept\n"
    assert zone["session"] is None
    assert site("studio", "exec", "site", "--", "true").status == 12
    done(site("studio", "start", "site", "--wait"))
    assert done(site("studio", "exec", "site", "--", "cat", "site/kept.txt")) == "kept\n"
