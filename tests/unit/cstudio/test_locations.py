"""Where the daemon's files are, by flags, environment and default."""

from __future__ import annotations

import os
from pathlib import Path

from cstudio.locations import locate


def test_flags_are_stronger_than_the_environment() -> None:
    env = {"CSTUDIO_SOCKET": "/env/s", "CSTUDIO_STATE_DIR": "/env/state"}
    found = locate(socket="/flag/s", state="/flag/state", environment=env)
    assert (found.socket, found.state) == (Path("/flag/s"), Path("/flag/state"))


def test_the_environment_is_stronger_than_the_default() -> None:
    env = {"CSTUDIO_SOCKET": "/env/s", "CSTUDIO_STATE_DIR": "/env/state"}
    found = locate(environment=env)
    assert (found.socket, found.log) == (Path("/env/s"), Path("/env/state/cstudiod.log"))


def test_the_usual_state_folder_has_the_well_known_socket() -> None:
    found = locate(environment={"XDG_RUNTIME_DIR": "/run/user/7"})
    assert found.socket == Path("/run/user/7/cstudio/cstudiod.sock")


def test_another_state_folder_has_a_socket_of_its_own() -> None:
    found = locate(state="/s", environment={"XDG_RUNTIME_DIR": "/run/user/7"})
    assert found.socket == Path("/s/run/cstudiod.sock")


def test_a_socket_path_that_would_be_too_long_is_moved_to_a_short_place() -> None:
    state = "/" + "x" * 120
    found = locate(state=state, environment={})
    assert found.socket.parent == Path(f"/tmp/cstudio-{os.getuid()}")
    assert len(os.fsencode(found.socket)) < 100


def test_the_daemon_means_the_same_files() -> None:
    from cstudiod import config  # a test may see both sides; the client may not

    for env in ({}, {"XDG_RUNTIME_DIR": "/r"}, {"CSTUDIO_STATE_DIR": "/" + "y" * 110}):
        theirs, ours = config.load({}, env), locate(environment=env)
        assert (theirs.state_dir, theirs.socket) == (ours.state, ours.socket)
