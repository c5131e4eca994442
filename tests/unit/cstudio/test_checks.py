"""What the client itself finds wrong."""

from __future__ import annotations

from cstudio import checks, connect
from cstudio_api.v1 import daemon_pb2


def test_an_old_python_fails() -> None:
    assert checks.python((3, 10)).status == "fail"
    assert checks.python((3, 12)).status == "ok"


def test_a_daemon_of_another_version_is_a_warning_with_the_command() -> None:
    found = checks.daemon(daemon_pb2.DaemonInfo(version="0.0.1", pid=7))
    assert (found.status, found.next) == ("warn", "cstudio daemon restart")


def test_a_daemon_of_this_version_is_fine() -> None:
    assert checks.daemon(daemon_pb2.DaemonInfo(version=connect.version())).status == "ok"


def test_what_the_daemon_finds_is_taken_over() -> None:
    check = daemon_pb2.Check(
        name="docker", status=daemon_pb2.Check.STATUS_FAIL, detail="no", next="install it"
    )
    assert checks.of_daemon(check) == ("docker", "fail", "no", "install it")
