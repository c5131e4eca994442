"""`cstudio studio` and `cstudio zone`: what they send, what they write, how they end."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from typing import Any

import pytest
from cstudio_api.v1 import studios_pb2 as pb
from cstudio_api.v1 import sync_sessions_pb2 as sync_pb
from google.rpc import code_pb2
from integration.cli.conftest import COMMAND, Cstudio
from integration.cli.fake_daemon import FakeDaemon, path, session
from integration.cli.fake_studios import STARTING, STOPPED, STOPPING, studio

CRASHED = pb.StudioReason(
    code="crash_loop",
    message="the entrypoint `lab` ended with status 3, three times",
    evidence="ModuleNotFoundError: No module named 'lab'\nat line 1",
    next="cstudio studio logs lab --previous",
)
UNSYNCED = (
    code_pb2.FAILED_PRECONDITION,
    "UNSYNCED",
    "2 files cannot be copied back",
    {"paths": "app/a.py\napp/b.py", "next": "cstudio studio stop lab --discard"},
)


@pytest.fixture(autouse=True)
def _one_studio(fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab"))


def document(cstudio: Cstudio, *words: str) -> Any:
    done = cstudio(*words, "-o", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_create_sends_what_was_said(cstudio: Cstudio, fake: FakeDaemon) -> None:
    words = ("studio", "create", "two", "--project", "DEMO", "--template", "lab")
    made = document(cstudio, *words, "--runtime", "docker")
    assert (made["name"], made["state"], made["runtime"]) == ("two", "STOPPED", "docker")
    request = fake.studios.seen[-1]
    assert (request.project, request.template, request.runtime) == ("DEMO", "lab", "docker")


def test_the_project_may_come_from_the_environment(cstudio: Cstudio, fake: FakeDaemon) -> None:
    done = cstudio("studio", "create", "two", "--template", "lab", CSTUDIO_PROJECT="FLOW")
    assert done.status == 0
    assert fake.studios.seen[-1].project == "FLOW"


def test_show_has_the_fields_that_scripts_rely_on(cstudio: Cstudio) -> None:
    shown = document(cstudio, "studio", "show", "lab")
    assert {
        "name": "lab",
        "project": "DEMO",
        "owner": "ada",
        "template": "lab",
        "runtime": "local",
        "state": "RUNNING",
        "reason": None,
        "outdated": False,
    }.items() <= shown.items()
    assert shown["ports"][1] == {
        "port": 8888,
        "label": "Lab",
        "html": True,
        "url": "http://127.0.0.1:7000/s/8888/",
    }
    assert {
        "zone": "project_lib_versioned",
        "local": "/zones/DEMO/lib",
        "remote": "/home/dataiku/workspace/project-lib-versioned",
        "one_way": True,
        "session": "lab-lib",
    }.items() <= shown["zones"][1].items()


def test_show_of_one_that_stopped_tells_why(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", state=STOPPED, reason=CRASHED))
    shown = document(cstudio, "studio", "show", "lab")
    assert shown["reason"] == {
        "code": "crash_loop",
        "message": CRASHED.message,
        "evidence": CRASHED.evidence,
        "next": CRASHED.next,
    }
    assert shown["zones"][0]["session"] is None
    text = cstudio("studio", "show", "lab").out
    assert f"because   {CRASHED.message}\n" in text
    assert f"next      {CRASHED.next}\n" in text


def test_list_is_a_table_of_every_page(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("web", "FLOW", STARTING, stage="copying files in"))
    assert cstudio("studio", "list").out == (
        "NAME  PROJECT  STATE     TEMPLATE  RUNTIME  OWNER  NOTE\n"
        "lab   DEMO     RUNNING   lab       local    ada\n"
        "web   FLOW     STARTING  lab       local    ada    copying files in\n"
    )
    assert cstudio("studio", "list", "--project", "FLOW", "-o", "name").out == "web\n"


def test_a_name_in_two_projects_needs_the_project(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", "FLOW"))
    done = cstudio("studio", "show", "lab")
    assert (done.status, done.out) == (2, "")
    assert done.err == (
        "error: the projects DEMO and FLOW have a studio `lab`\nhint: add --project KEY\n"
    )
    assert document(cstudio, "studio", "show", "lab", "--project", "FLOW")["project"] == "FLOW"


@pytest.mark.parametrize(
    "words",
    [
        ("show",),
        ("start",),
        ("stop",),
        ("restart",),
        ("delete", "--yes"),
        ("logs",),
        ("zones",),
        ("push", "--yes"),
        ("conflicts",),
        ("open", "--print"),
        ("keepalive",),
        ("watch",),
    ],
)
def test_an_unknown_studio_is_not_found(cstudio: Cstudio, words: tuple[str, ...]) -> None:
    done = cstudio("studio", *words, "lob")
    assert (done.status, done.out) == (11, "")
    assert done.err == "error: there is no studio `lob`\nhint: cstudio studio list\n"


# ------------------------------------------------------------------ start and stop


def test_start_wait_says_each_stage(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", state=STOPPED))
    fake.studios.after = [
        studio("lab", state=STARTING, stage="copying files in"),
        studio("lab", state=STARTING, stage="copying files in"),
        studio("lab", state=STARTING, stage="waiting for port 8888"),
        studio("lab"),
    ]
    done = cstudio("studio", "start", "lab", "--wait", "-o", "json")
    assert done.status == 0, done.err
    assert json.loads(done.out)["state"] == "RUNNING"
    said = [line.split("  ")[-1] for line in done.err.splitlines()]
    assert said == ["starting", "copying files in", "waiting for port 8888"]


def test_a_start_that_fails_tells_reason_evidence_and_next_step(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    fake.studios.keep(studio("lab", state=STOPPED))
    fake.studios.after = [
        studio("lab", state=STARTING, stage="starting programs", reason=CRASHED),
        studio("lab", state=STOPPED, reason=CRASHED),
    ]
    done = cstudio("studio", "start", "lab", "--wait")
    assert (done.status, done.out) == (13, "")
    assert done.err.splitlines()[-4:] == [
        f"error: `lab` did not start: {CRASHED.message}",
        "  ModuleNotFoundError: No module named 'lab'",
        "  at line 1",
        "hint: cstudio studio logs lab --previous",
    ]
    told = json.loads(cstudio("studio", "start", "lab", "--wait", "-o", "json").err.split("\n")[-2])
    assert told["error"]["reason"] == "crash_loop"


def test_a_start_that_fails_and_is_kept_up_ends_the_wait(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    fake.studios.keep(studio("lab", state=STOPPED))
    fake.studios.after = [studio("lab", stage="failed, kept up for a look", reason=CRASHED)]
    assert cstudio("studio", "start", "lab", "--wait", "--debug").status == 13
    assert any(one.debug for one in fake.studios.seen if isinstance(one, pb.StartStudioRequest))


def test_starting_one_that_runs_is_no_error(cstudio: Cstudio) -> None:
    assert cstudio("studio", "start", "lab", "--wait").status == 0


def test_start_without_wait_returns_at_once(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", state=STOPPED))
    assert document(cstudio, "studio", "start", "lab")["state"] == "STARTING"


def test_ctrl_c_stops_looking_and_the_studio_goes_on(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", state=STOPPED))
    fake.studios.after = [studio("lab", state=STARTING, stage="copying files in")]
    done = cstudio.on_terminal("studio", "start", "lab", until=lambda shown: "copying" in shown)
    assert done.status == 130
    assert "`lab` goes on by itself" in done.out
    assert "hint: cstudio studio show lab" in done.out


def test_stop_wait(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.after = [
        studio("lab", state=STOPPING, stage="copying back"),
        studio("lab", state=STOPPED),
    ]
    done = cstudio("studio", "stop", "lab", "--wait", "-o", "json")
    assert (done.status, json.loads(done.out)["state"]) == (0, "STOPPED")
    assert "copying back" in done.err


def test_a_stop_that_would_lose_files_says_which(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.refusals["stop"] = UNSYNCED
    done = cstudio("studio", "stop", "lab", "--wait")
    assert done.status == 12
    assert done.err.splitlines() == [
        "error: 2 files cannot be copied back",
        "  app/a.py",
        "  app/b.py",
        "hint: cstudio studio stop lab --discard",
    ]


def test_a_stop_that_fails_later_is_told_as_well(cstudio: Cstudio, fake: FakeDaemon) -> None:
    reason = pb.StudioReason(code="unsynced", message="the connection was lost")
    fake.studios.after = [studio("lab", reason=reason)]
    done = cstudio("studio", "stop", "lab", "--wait")
    assert (done.status, done.err.splitlines()[-2]) == (
        12,
        "error: `lab` did not stop: the connection was lost",
    )


@pytest.mark.parametrize(("answer", "status"), [("y\n", 0), ("n\n", 1)])
def test_on_a_terminal_it_asks_before_files_are_lost(
    cstudio: Cstudio, fake: FakeDaemon, answer: str, status: int
) -> None:
    fake.studios.refusals["stop"] = UNSYNCED
    fake.studios.after = [studio("lab", state=STOPPED)]
    done = cstudio.on_terminal("studio", "stop", "lab", typed=answer)
    assert done.status == status
    assert "app/b.py" in done.out
    assert "stop anyway, and lose that? [y/N]" in done.out


def test_restart_wait_passes_through_a_stop(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.after = [
        studio("lab", state=STOPPED),
        studio("lab", state=STARTING, stage="copying files in"),
        studio("lab"),
    ]
    done = cstudio("studio", "restart", "lab", "--wait", "-o", "json")
    assert (done.status, json.loads(done.out)["state"]) == (0, "RUNNING")
    assert "copying files in" in done.err


# ------------------------------------------------------------------ the other verbs


def test_delete_asks_and_keeps_files(cstudio: Cstudio, fake: FakeDaemon) -> None:
    done = cstudio("studio", "delete", "lab")
    assert (done.status, done.err.splitlines()[0]) == (2, "the folders of its zones stay")
    assert cstudio("studio", "delete", "lab", "--yes").out == "forgot `lab`\n"
    assert (fake.studios.seen[-1].with_files, fake.studios.seen[-1].with_image) == (False, False)


def test_open_prints_the_first_port_with_a_page(cstudio: Cstudio, fake: FakeDaemon) -> None:
    for words in (("studio", "open"), ("open",)):
        link = "http://localhost:7000/sign-in?to=/s/8888/#secret\n"
        assert cstudio(*words, "lab", "--print").out == link
    done = cstudio("open", "lab", "--print", "--port", "9000")
    assert done.out == "http://localhost:7000/sign-in?to=/s/9000/#secret\n"
    assert cstudio("open", "--print").out == "http://localhost:7000/sign-in?to=#secret\n"
    assert cstudio("open", "lab", "--print", "--port", "1").status == 11
    fake.studios.keep(studio("lab", state=STOPPED))
    done = cstudio("open", "lab", "--print")
    assert (done.status, done.err.splitlines()[-1]) == (
        12,
        "hint: cstudio studio start lab --wait",
    )


def test_logs_are_written_as_they_are(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.output = b"[lab] one\n[lab] two \xc3\xbc\n"
    done = cstudio("studio", "logs", "lab", "-n", "5", "--previous")
    assert (done.status, done.out) == (0, "[lab] one\n[lab] two ü\n")
    request = fake.studios.seen[-1]
    assert (request.lines, request.previous, request.follow) == (5, True, False)


def test_keepalive_and_change_owner(cstudio: Cstudio, fake: FakeDaemon) -> None:
    assert cstudio("studio", "keepalive", "lab", "--for", "1h30m").status == 0
    assert fake.studios.seen[-1].time.seconds == 5400
    done = cstudio("studio", "keepalive", "lab")
    assert "nothing stops `lab` for being idle" in done.err
    assert cstudio("studio", "keepalive", "lab", "--for", "soon").status == 2
    assert document(cstudio, "studio", "change-owner", "lab", "bob")["owner"] == "bob"


def test_zones_are_listed_with_their_sessions(cstudio: Cstudio) -> None:
    found = document(cstudio, "studio", "zones", "lab")
    assert [one["session"] for one in found] == ["lab-code", "lab-lib"]
    assert "project-lib-versioned (one-way)" in cstudio("studio", "zones", "lab").out


@pytest.mark.parametrize("verb", ["push", "pull", "reset"])
def test_single_shots_show_the_plan_and_ask(cstudio: Cstudio, fake: FakeDaemon, verb: str) -> None:
    fake.studios.changes = [
        pb.StudioPlan.Change(
            zone="code_studio_versioned", path="app/a.py", action="delete", side="remote"
        )
    ]
    dry = cstudio("studio", verb, "lab", "code_studio_versioned", "--dry-run")
    assert dry.out == (
        "ACTION  SIDE    ZONE                   PATH\n"
        "delete  remote  code_studio_versioned  app/a.py\n"
    )
    assert list(fake.studios.seen[-1].zones) == ["code_studio_versioned"]
    assert cstudio("studio", verb, "lab").status == 2
    assert all(one.validate_only for one in fake.studios.seen)
    assert cstudio("studio", verb, "lab", "--yes").status == 0
    assert fake.studios.seen[-1].validate_only is False


def test_conflicts_are_those_of_all_zones(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("lab-code"))
    fake.sessions.keep(session("lab-lib"))
    version = sync_pb.SyncVersion(kind=sync_pb.SYNC_KIND_FOLDER)
    fake.sessions.conflicts = [sync_pb.SyncConflict(path=path(b"a", "a"), local=version)]
    found = document(cstudio, "studio", "conflicts", "lab")
    assert [(one["zone"], one["session"], one["path"]) for one in found] == [
        ("code_studio_versioned", "lab-code", "a"),
        ("project_lib_versioned", "lab-lib", "a"),
    ]
    done = cstudio("studio", "conflicts", "lab")
    assert done.out.splitlines()[1] == "code_studio_versioned  a     folder  absent"
    assert "hint: cstudio sync resolve lab-lib PATH --keep local|remote|both" in done.err


def test_conflicts_of_one_that_stopped_are_not_known(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", state=STOPPED))
    assert cstudio("studio", "conflicts", "lab").status == 12


def test_watch_writes_a_line_a_change(cstudio: Cstudio, fake: FakeDaemon) -> None:
    process = cstudio.start("studio", "watch", "-o", "json")
    assert process.stdout is not None
    first, synced = (json.loads(process.stdout.readline()) for _ in range(2))
    fake.studios.events.put(pb.WatchStudiosResponse(deleted="uid-DEMO-lab", resume_token="u"))
    gone = json.loads(process.stdout.readline())
    process.terminate()
    process.communicate(timeout=10)
    assert (first["event"], first["studio"]["state"]) == ("changed", "RUNNING")
    assert synced == {"event": "synced"}
    assert gone == {"event": "deleted", "name": "lab", "project": "DEMO"}


def test_watch_on_a_terminal_is_a_table(cstudio: Cstudio) -> None:
    done = cstudio.on_terminal("studio", "watch", until=lambda shown: "DEMO" in shown)
    assert done.status == 130
    assert "NAME  PROJECT  STATE" in done.out


def test_zone_list(cstudio: Cstudio, fake: FakeDaemon) -> None:
    found = document(cstudio, "zone", "list", "--project", "DEMO")
    assert found[0] == {
        "zone": "project_lib_versioned",
        "scope": "project",
        "owner": None,
        "folder": "/zones/DEMO/lib",
        "exists": True,
        "files": 3,
        "bytes": 1500,
        "versioned": True,
    }
    assert fake.zones.seen[-1].project == "DEMO"
    assert "user_versioned         user ada" in cstudio("zone", "list", "--project", "DEMO").out
    assert cstudio("zone", "list").status == 2


def test_status_shows_studios_and_what_to_type(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.keep(studio("lab", state=STOPPED, reason=CRASHED))
    done = cstudio("status")
    assert done.status == 0
    assert done.out.splitlines()[0].endswith(": 1 studio, 0 sessions")
    assert done.out.splitlines()[2].split()[:3] == ["lab", "DEMO", "STOPPED"]
    assert done.err == "hint: cstudio studio logs lab --previous\n"
    assert document(cstudio, "status")["studios"][0]["name"] == "lab"


def test_studios_are_completed(cstudio: Cstudio) -> None:
    done = cstudio(
        _CSTUDIO_COMPLETE="bash_complete", COMP_WORDS="cstudio studio stop ", COMP_CWORD="3"
    )
    assert done.out == "plain,lab\n"


# ------------------------------------------------------------------------- exec


@pytest.mark.parametrize("status", [0, 1, 7, 125, 255])
def test_exec_has_the_exit_status_of_the_command(cstudio: Cstudio, status: int) -> None:
    script = f"echo out; echo err >&2; exit {status}"
    done = cstudio("studio", "exec", "lab", "--", "sh", "-c", script)
    assert (done.status, done.out, done.err) == (status, "out\n", "err\n")


def test_exec_joins_stdin(cstudio: Cstudio) -> None:
    text = "line\n" * 50_000
    done = cstudio("studio", "exec", "lab", "--", "cat", stdin=text)
    assert (done.status, done.out == text) == (0, True)


def test_exec_without_stdin_ends_it_at_once(cstudio: Cstudio) -> None:
    done = cstudio("studio", "exec", "lab", "-I", "--", "cat", stdin="not for it")
    assert (done.status, done.out) == (0, "")


def test_exec_ends_while_its_stdin_stays_open(cstudio: Cstudio) -> None:
    with subprocess.Popen(
        [*COMMAND, "studio", "exec", "lab", "--", "true"],
        env=cstudio.environment,
        stdin=subprocess.PIPE,
    ) as process:
        assert process.wait(10) == 0


def test_exec_ends_with_the_command_while_more_is_written_to_it(cstudio: Cstudio) -> None:
    for _ in range(3):
        done = cstudio("studio", "exec", "lab", "--", "head", "-c5", stdin="line\n" * 200_000)
        assert (done.status, done.out, done.err) == (0, "line\n", "")


def test_exec_passes_bytes_through(cstudio: Cstudio) -> None:
    data = bytes(range(256)) * 400
    done = subprocess.run(
        [*COMMAND, "studio", "exec", "lab", "--", "cat"],
        env=cstudio.environment,
        input=data,
        capture_output=True,
        timeout=20,
    )
    assert (done.returncode, done.stdout) == (0, data)


def test_options_after_the_dashes_are_the_commands(cstudio: Cstudio) -> None:
    words = ("echo", "-o", "json", "--project", "X")
    assert cstudio("studio", "exec", "lab", "--", *words).out == "-o json --project X\n"


def test_ctrl_c_ends_the_command(cstudio: Cstudio, fake: FakeDaemon) -> None:
    process = cstudio.start("studio", "exec", "lab", "--", "sh", "-c", "echo up; exec sleep 60")
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=10)
    assert (process.returncode, error.strip()) == (130, "")
    assert fake.studios.ended.wait(5)


def test_exec_in_one_that_does_not_run_is_refused(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.studios.refusals["exec"] = (
        code_pb2.FAILED_PRECONDITION,
        "STUDIO_NOT_RUNNING",
        "`lab` does not run",
        {"next": "cstudio studio start lab --wait"},
    )
    done = cstudio("studio", "exec", "lab", "--", "true")
    assert done.status == 12
    assert done.err == "error: `lab` does not run\nhint: cstudio studio start lab --wait\n"


def test_a_reader_that_goes_away_ends_the_command(cstudio: Cstudio, fake: FakeDaemon) -> None:
    process = cstudio.start("studio", "exec", "lab", "--", sys.executable, "-c", ENDLESS)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.wait(10) == 1
    assert fake.studios.ended.wait(5)


ENDLESS = "while True: print('x' * 999, flush=True)"
