"""A client of another language works from the .proto files alone."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
EXAMPLE = ROOT / "client" / "examples" / "node"
PROTO = ROOT / "proto"
CSTUDIO = [sys.executable, "-P", "-m", "cstudio"]
INSTALL_SECONDS = 100
OLDEST_NODE = 18


def test_the_example_is_self_contained() -> None:
    """It reads .proto files and two packages of the registry, nothing of ours."""
    for source in EXAMPLE.glob("*.js"):
        assert "proto/gen" not in source.read_text()


@pytest.fixture(scope="module")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example with its packages installed, or the reason why not."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        pytest.skip("no node and npm here")
    version = subprocess.run([node, "--version"], capture_output=True, text=True).stdout
    if int(version.strip().lstrip("v").split(".")[0] or 0) < OLDEST_NODE:
        pytest.skip(f"node {version.strip()} is older than {OLDEST_NODE}")
    folder = tmp_path_factory.mktemp("node") / "example"
    shutil.copytree(EXAMPLE, folder, ignore=shutil.ignore_patterns("node_modules"))
    words = [npm, "install", "--no-audit", "--no-fund", "--prefer-offline", "--loglevel=error"]
    try:
        done = subprocess.run(
            words, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS
        )
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not fetch @grpc/grpc-js in time")
    if done.returncode:
        pytest.skip(f"npm could not install: {done.stderr.strip().splitlines()[-1:]}")
    return folder


@pytest.fixture(scope="module")
def environment() -> Iterator[dict[str, str]]:
    """A daemon with one session, `api`, that is in step."""
    folder = Path(tempfile.mkdtemp(prefix="cst-", dir="/tmp")).resolve()
    env = {
        **os.environ,
        "CSTUDIO_STATE_DIR": str(folder / "state"),
        "CSTUDIO_SOCKET": str(folder / "d.sock"),
        "CSTUDIO_PROTO": str(PROTO),
        "TMPDIR": str(folder),
    }
    for name in ("here", "there"):
        (folder / name).mkdir()
    words = ["sync", "create", "here", "there", "--name", "api", "--wait"]
    subprocess.run([*CSTUDIO, *words], cwd=folder, env=env, check=True, capture_output=True)
    yield env
    subprocess.run([*CSTUDIO, "daemon", "stop"], env=env, capture_output=True)
    shutil.rmtree(folder, ignore_errors=True)


def run(
    example: Path, environment: dict[str, str], *words: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["node", "sessions.js", *words],
        cwd=example,
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_it_lists(example: Path, environment: dict[str, str]) -> None:
    done = run(example, environment, "list")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("api  watching  ")


def test_it_pauses_and_resumes_while_it_watches(example: Path, environment: dict[str, str]) -> None:
    with subprocess.Popen(
        ["node", "sessions.js", "watch"],
        cwd=example,
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    ) as watch:
        assert watch.stdout is not None
        try:
            assert watch.stdout.readline().startswith("api  watching")
            assert watch.stdout.readline().startswith("-- ")
            assert run(example, environment, "pause", "api").returncode == 0
            assert any(line.startswith("api  paused") for line in watch.stdout)
            assert run(example, environment, "resume", "api").returncode == 0
            assert any(line.startswith("api  watching") for line in watch.stdout)
        finally:
            watch.terminate()


def test_a_failure_carries_its_reason(example: Path, environment: dict[str, str]) -> None:
    done = run(example, environment, "pause", "apj")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert done.stderr.rstrip().endswith("(NOT_FOUND)")


def test_without_a_daemon_it_says_what_to_type(example: Path, environment: dict[str, str]) -> None:
    done = run(example, {**environment, "CSTUDIO_SOCKET": "/tmp/cst-nowhere.sock"}, "list")
    assert done.returncode == 1
    assert "cstudio daemon start" in done.stderr
