"""What people see on a terminal: progress, a live table, questions, colour."""

from __future__ import annotations

import re

import pytest
from cstudio_api.v1 import sync_sessions_pb2 as pb
from integration.cli.conftest import Cstudio
from integration.cli.fake_daemon import FakeDaemon, session

CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def plain(text: str) -> str:
    return CONTROL.sub("", text)


def syncing(name: str, done: int) -> pb.SyncSession:
    made = session(
        name,
        progress=pb.SyncProgress(
            phase="copy",
            files_done=done,
            files_total=100,
            bytes_done=done * 1_000_000,
            bytes_total=100_000_000,
            bytes_per_second=25e6,
        ),
    )
    made.state = pb.SyncSession.STATE_SYNCING
    return made


def test_creating_shows_a_bar_until_both_sides_are_in_step(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    fake.sessions.after_create = [syncing("api", 25), syncing("api", 75), session("api")]
    done = cstudio.on_terminal("sync", "create", ".", "/there", "--name", "api")
    assert done.status == 0
    shown = plain(done.out)
    bar = "copy [####------------]  25 %  25/100 files  25.0 MB/s  0:03 left"
    assert bar in shown
    assert "name         api" in shown


def test_ctrl_c_stops_following_and_the_session_goes_on(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.after_create = [syncing("api", 25)]
    done = cstudio.on_terminal(
        "sync", "create", ".", "/there", "--name", "api", until=lambda shown: "25 %" in shown
    )
    assert done.status == 130
    assert "`api` goes on by itself" in done.out
    assert "hint: cstudio sync show api" in done.out
    assert "syncSessions/api" in fake.sessions.held


def test_without_a_terminal_there_is_no_bar(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.after_create = [syncing("api", 25), session("api")]
    done = cstudio("sync", "create", ".", "/there", "--name", "api", "--wait")
    assert (done.status, done.err) == (0, "")
    assert "\x1b" not in done.out


def test_waiting_for_a_session_with_conflicts_is_partial(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    fake.sessions.after_create = [session("api", conflict_count=1)]
    assert cstudio("sync", "create", ".", "/there", "--name", "api", "--wait").status == 3


def test_waiting_for_a_session_that_halts_says_so(cstudio: Cstudio, fake: FakeDaemon) -> None:
    halted = session("api", reason=pb.SyncReason(message="the disk is full"))
    halted.state = pb.SyncSession.STATE_HALTED
    fake.sessions.after_create = [halted]
    done = cstudio("sync", "create", ".", "/there", "--name", "api", "--wait")
    assert done.status == 12
    assert "the disk is full" in done.out


def test_waiting_for_a_target_that_is_lost_for_good_ends(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    lost = session("api", reason=pb.SyncReason(message="no such pod"))
    lost.state = pb.SyncSession.STATE_DISCONNECTED
    fake.sessions.after_create = [lost]
    assert cstudio("sync", "create", ".", "/there", "--name", "api", "--wait").status == 13


@pytest.mark.parametrize(("answer", "status", "left"), [("y\n", 0, 0), ("n\n", 1, 1), ("\n", 1, 1)])
def test_deleting_asks(
    cstudio: Cstudio, fake: FakeDaemon, answer: str, status: int, left: int
) -> None:
    fake.sessions.keep(session("api"))
    done = cstudio.on_terminal("sync", "delete", "api", typed=answer)
    assert done.status == status
    assert "end the session `api`? [y/N]" in done.out
    assert len(fake.sessions.held) == left


def test_watching_redraws_a_table(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api"))
    halted = session("api")
    halted.state = pb.SyncSession.STATE_HALTED
    fake.sessions.events.put(pb.WatchSyncSessionsResponse(upserted=halted, resume_token="u"))
    done = cstudio.on_terminal("sync", "watch", until=lambda shown: "halted" in shown)
    assert done.status == 130
    assert "\x1b[2A" in done.out
    assert plain(done.out).count("NAME  STATE") == 2


def test_watching_without_a_terminal_is_a_line_a_change(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api"))
    fake.sessions.events.put(
        pb.WatchSyncSessionsResponse(deleted="syncSessions/api", resume_token="u")
    )
    process = cstudio.start("sync", "watch", "-o", "json")
    assert process.stdout is not None
    lines = [process.stdout.readline() for _ in range(3)]
    process.terminate()
    process.communicate(timeout=10)
    assert lines[0].startswith('{"event": "changed", "session": {"name": "api"')
    assert lines[1:] == ['{"event": "synced"}\n', '{"event": "deleted", "name": "api"}\n']


def test_states_have_colour_on_a_terminal_alone(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api"))
    assert "\x1b[32mwatching" in cstudio.on_terminal("sync", "list").out
    assert "\x1b" not in cstudio("sync", "list").out


def test_no_color_is_honoured(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.sessions.keep(session("api"))
    cstudio.environment["NO_COLOR"] = "1"
    assert "\x1b[3" not in cstudio.on_terminal("sync", "list").out
