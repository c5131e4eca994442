"""Virtual environments are really built, once, and never half used."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import signal
import socketserver
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from cstudiod.builders.places import MARKER
from cstudiod.builders.venv import Told, Venvs
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import Environment
from cstudiod.model.builds import BuildEvent, BuildFailure, EnvironmentResult
from support.wheels import wheel

DATA = Environment(name="py-data", block=2, requirements=("alpha==1.0",))


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    """A wheelhouse with two packages, one of which needs the other."""
    folder = tmp_path / "wheels"
    wheel(folder, "alpha", requires=["beta"])
    wheel(folder, "beta", "2.5")
    return folder


@pytest.fixture
async def venvs(tmp_path: Path, wheels: Path) -> AsyncIterator[Venvs]:
    made = Venvs(tmp_path / "venvs", BuildSettings(wheelhouse=str(wheels), keep=0), os.environ)
    yield made
    await made.close()


async def build(venvs: Venvs, environment: Environment = DATA) -> tuple[list[str], Told]:
    """Build and return the log and the outcome."""
    told = [item async for item in venvs.build(environment)]
    assert all(isinstance(item, BuildEvent) for item in told[:-1])
    return [item.text for item in told[:-1] if isinstance(item, BuildEvent)], told[-1]


async def test_an_environment_is_built_once(venvs: Venvs) -> None:
    """With what its requirements need; the second time nothing runs."""
    log, made = await build(venvs)
    assert isinstance(made, EnvironmentResult)
    assert not made.up_to_date
    assert any("Successfully installed alpha-1.0 beta-2.5" in line for line in log)
    program = "import alpha, beta; print(beta.VERSION)"
    python = f"{made.path}/bin/python"
    assert await asyncio.to_thread(subprocess.check_output, [python, "-c", program]) == b"2.5\n"
    other = dataclasses.replace(DATA, name="other", block=5)
    assert await build(venvs, other) == ([], dataclasses.replace(
        made, name="other", up_to_date=True
    ))  # fmt: skip


async def test_why_it_has_to_be_built_is_explained(venvs: Venvs) -> None:
    """It is not there; it is; its requirements changed; it cannot be."""
    hash, whys = await venvs.explain(DATA, "")
    assert whys == ["it is not there"]
    _, made = await build(venvs)
    assert isinstance(made, EnvironmentResult)
    assert await venvs.explain(DATA, made.path) == (hash, []) == (made.hash, [])
    other = dataclasses.replace(DATA, requirements=("gamma",))
    changed, whys = await venvs.explain(other, made.path)
    assert (changed != hash, len(whys), whys[0].endswith("+ gamma")) == (True, 1, True)
    assert (
        "there is no Python 2.2"
        in (await venvs.explain(dataclasses.replace(DATA, python="2.2"), ""))[1][0]
    )


async def test_several_at_once_are_one_build(venvs: Venvs) -> None:
    """Each hears the whole log, with its own block."""
    other = dataclasses.replace(DATA, block=7)
    async with asyncio.TaskGroup() as tasks:
        one = tasks.create_task(build(venvs))
        two = tasks.create_task(build(venvs, other))
    assert one.result()[0] == two.result()[0]
    assert isinstance(one.result()[1], EnvironmentResult)
    assert sum("Successfully installed" in line for line in one.result()[0]) == 1


async def test_a_missing_package_is_a_sentence(venvs: Venvs, tmp_path: Path) -> None:
    """With the block and pip's last lines; nothing half built is used afterwards."""
    wrong = dataclasses.replace(DATA, requirements=("alpha", "nowhere==3"))
    _, failure = await build(venvs, wrong)
    assert isinstance(failure, BuildFailure)
    assert failure.block == 2
    assert "`py-data`" in failure.message
    assert "`nowhere==3`" in failure.message
    assert "No matching distribution" in failure.evidence
    assert failure.next
    assert [one for one in (tmp_path / "venvs").iterdir() if one.is_dir()] == []


async def test_an_unknown_python_is_a_sentence(venvs: Venvs) -> None:
    """Before anything is made."""
    log, failure = await build(venvs, dataclasses.replace(DATA, python="3.1"))
    assert log == []
    assert isinstance(failure, BuildFailure)
    assert "no Python 3.1" in failure.message


async def test_what_a_crash_left_is_built_anew(venvs: Venvs) -> None:
    """An environment without its marker counts for nothing."""
    _, made = await build(venvs)
    assert isinstance(made, EnvironmentResult)
    (Path(made.path) / MARKER).unlink()
    (Path(made.path) / "leftover").write_text("")
    _, again = await build(venvs)
    assert again == made
    assert not (Path(made.path) / "leftover").exists()


async def test_unused_ones_are_deleted(venvs: Venvs) -> None:
    """Those in use stay."""
    _, one = await build(venvs)
    _, two = await build(venvs, dataclasses.replace(DATA, requirements=("beta",)))
    assert isinstance(one, EnvironmentResult)
    assert isinstance(two, EnvironmentResult)
    assert await venvs.prune([one.path], dry_run=True) == [two.path]
    assert Path(two.path).is_dir()
    assert await venvs.prune([one.path]) == [two.path]
    assert (Path(one.path).is_dir(), Path(two.path).is_dir()) == (True, False)


class _Index(socketserver.ThreadingTCPServer):
    """An index that is asked and does not answer until it is let go."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        self.asked = threading.Event()
        self.go = threading.Event()
        super().__init__(("127.0.0.1", 0), _Silent)

    @property
    def url(self) -> str:
        """Its address, with a password."""
        return f"http://me:s3cret@127.0.0.1:{self.server_address[1]}/simple"


class _Silent(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Index)
        self.server.asked.set()
        self.server.go.wait(60)


@pytest.fixture
def index() -> Iterator[_Index]:
    with _Index() as made:
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.go.set()
        made.shutdown()
        thread.join()


def _pids(marker: str) -> list[int]:
    """Return the processes with `marker` in their command line."""
    found = []
    for one in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if one.name.isdigit() and marker.encode() in (one / "cmdline").read_bytes():
                found.append(int(one.name))
    return found


async def test_closing_a_build_ends_pip(tmp_path: Path, index: _Index) -> None:
    """And leaves nothing that counts."""
    settings = BuildSettings(pip_index_url=index.url)
    venvs = Venvs(tmp_path / "venvs", settings, {**os.environ, "PIP_RETRIES": "0"})
    log: list[str] = []

    async def follow() -> None:
        async with contextlib.aclosing(venvs.build(DATA)) as told:
            async for item in told:
                log.append(str(item))  # noqa: PERF401 - what came before the cut counts

    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(follow())
        assert await asyncio.to_thread(index.asked.wait, 60)
        assert _pids(str(tmp_path / "venvs"))
        task.cancel()
    assert _pids(str(tmp_path / "venvs")) == []
    assert any("127.0.0.1" in line for line in log)
    assert not any("s3cret" in line for line in log)
    assert list((tmp_path / "venvs").glob(f"*/{MARKER}")) == []


DAEMON = """
import asyncio, os, sys
from pathlib import Path
from cstudiod.builders.venv import Venvs
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import Environment
async def main():
    venvs = Venvs(Path(sys.argv[1]), BuildSettings(pip_index_url=sys.argv[2]), os.environ)
    async for _ in venvs.build(Environment(name="x", block=0, requirements=("alpha==1.0",))):
        pass
asyncio.run(main())
"""


async def test_the_orphan_of_a_killed_daemon_is_waited_for(
    tmp_path: Path, venvs: Venvs, index: _Index
) -> None:
    """It still writes there; what it left is built anew."""
    argv = [sys.executable, "-P", "-c", DAEMON, str(tmp_path / "venvs"), index.url]
    daemon = await asyncio.create_subprocess_exec(*argv)
    assert await asyncio.to_thread(index.asked.wait, 60)
    daemon.kill()
    await daemon.wait()
    told = venvs.build(DATA)
    first = await anext(told)
    assert isinstance(first, BuildEvent)
    assert "waiting for another build" in first.text
    for pid in _pids(str(tmp_path / "venvs")):
        os.kill(pid, signal.SIGKILL)
    outcome = [item async for item in told][-1]
    assert isinstance(outcome, EnvironmentResult)
    assert not outcome.up_to_date
