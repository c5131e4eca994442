"""The first command a stranger types: it works, says so in time, and leaves nothing behind."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest
from integration.cli.conftest import COMMAND, Cstudio

SECONDS = 30


@pytest.fixture
def scene(environment: dict[str, str], short_folder: Path) -> Cstudio:
    """The command line with a temporary folder of its own, to see what is left in it."""
    temporary = short_folder / "t"
    temporary.mkdir()
    return Cstudio({**environment, "TMPDIR": str(temporary)}, short_folder / "home")


def left_behind(scene: Cstudio) -> list[str]:
    """Files and processes of the demo that are still there."""
    temporary = scene.environment["TMPDIR"]
    running = [
        line
        for line in subprocess.run(
            ["ps", "-eo", "pid,args"], capture_output=True, text=True, check=True
        ).stdout.splitlines()
        if temporary in line
    ]
    return os.listdir(temporary) + os.listdir(scene.folder) + running


def test_the_demo_shows_everything_and_leaves_nothing(scene: Cstudio) -> None:
    began = time.monotonic()
    done = scene("demo")
    assert done.status == 0, done.err
    assert time.monotonic() - began < SECONDS
    for step in (
        "daemon      started",
        "mirrored    28 files, two-way",
        "edited here, there after",
        "edited there, here after",
        "asked the studio, answered here after",
        "conflict    notes.md changed on both sides",
        "resolved    ours is there; theirs is in the trash",
        "excluded    debug.log stayed here, because of *.log",
        "nothing is left behind",
    ):
        assert step in done.out
    assert left_behind(scene) == []


def test_the_demo_in_a_folder_leaves_that_as_it_was(scene: Cstudio, short_folder: Path) -> None:
    target = short_folder / "there"
    target.mkdir()
    assert scene("demo", "--target", str(target)).status == 0
    assert list(target.iterdir()) == []


def test_what_is_kept_is_the_project_alone(scene: Cstudio) -> None:
    done = scene("demo", "--keep")
    assert done.status == 0
    (kept,) = Path(scene.environment["TMPDIR"]).iterdir()
    assert [path.name for path in kept.iterdir()] == ["project"]
    assert str(kept) in done.out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("moment", ["daemon", "mirrored", "conflict"])
def test_an_interrupted_demo_leaves_nothing(
    scene: Cstudio, number: signal.Signals, moment: str
) -> None:
    with subprocess.Popen(
        [*COMMAND[:1], "-u", *COMMAND[1:], "demo"],
        env=scene.environment,
        cwd=scene.folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.startswith(moment):
                process.send_signal(number)
                break
        _, error = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in error
    assert left_behind(scene) == []


def test_a_demo_that_cannot_start_its_daemon_says_why_and_leaves_nothing(scene: Cstudio) -> None:
    done = scene("demo", CSTUDIO_SYNC_VERIFY_SECONDS="soon")
    assert done.status == 10
    assert "error: the daemon could not be started" in done.err
    assert left_behind(scene) == []


def test_a_target_that_is_none_is_refused(scene: Cstudio) -> None:
    done = scene("demo", "--target", "nowhere")
    assert done.status == 2
    assert "error: `nowhere` is neither" in done.err
    assert left_behind(scene) == []


@pytest.mark.parametrize(
    ("target", "status", "said"),
    [
        ("docker:box:/app", 13, "Docker"),
        ("deploy/api:/app", 13, "there is no kubeconfig"),
        ("foo/api:/app", 2, "`foo` is no kind of target"),
        ("deploy/API:/app", 2, "API"),
    ],
)
def test_a_target_that_cannot_be_reached_is_told(
    scene: Cstudio, target: str, status: int, said: str
) -> None:
    """Neither `docker` nor `kubectl` is asked for: they need not be there."""
    nowhere = {"PATH": "/nowhere", "KUBECONFIG": "", "DOCKER_HOST": "unix:///nowhere.sock"}
    done = scene("demo", "--target", target, **nowhere)
    assert done.status == status, done.err
    assert done.err.startswith("error: ")
    assert said in done.err
    assert left_behind(scene) == []
