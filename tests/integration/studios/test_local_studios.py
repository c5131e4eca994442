"""Studios of this machine: many at once, found again, and nobody else is harmed."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from cstudiod.model.studios import Phase, Spawn
from cstudiod.runtimes.local import keeper, processes, records
from cstudiod.runtimes.local.studios import LocalStudios
from support.failing_studios import Failing, entry, python

pytestmark = pytest.mark.timeout(120)
SECONDS = 60.0
ASLEEP = (entry("main", *python("import time; print('asleep'); time.sleep(1e6)")),)
RUNS = Failing(code="", says="", entrypoints=ASLEEP, readiness={})


@pytest.fixture
async def runtime(tmp_path: Path) -> AsyncIterator[LocalStudios]:
    made = LocalStudios(tmp_path / "studios")
    yield made
    async with asyncio.TaskGroup() as group:
        for uid in await made.list_uids():
            group.create_task(made.remove(uid, grace_seconds=3))
    await made.close()


def order(runtime: LocalStudios, failing: Failing = RUNS) -> Spawn:
    uid = f"test{uuid.uuid4().hex[:8]}"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return failing.spawn(uid, runtime.layout(uid), port=int(probe.getsockname()[1]))


def record_of(tmp_path: Path, uid: str) -> records.Record:
    found = records.load(records.Paths(tmp_path / "studios" / uid))
    assert found is not None
    return found


def a_stranger() -> subprocess.Popen[bytes]:
    return subprocess.Popen(["sleep", "1000"], start_new_session=True)


def keep(folder: Path, script: str) -> None:
    """Start a keeper; it detaches itself."""
    argv = [sys.executable, "-I", keeper.__file__, str(folder), "sh", "-c", script]
    subprocess.run(argv, check=True, capture_output=True, cwd=folder)


async def until(runtime: LocalStudios, uid: str, phase: Phase) -> None:
    async with asyncio.timeout(SECONDS):
        async for now in runtime.watch(uid):
            if now.phase is phase:
                return


async def test_ten_at_once_stay_responsive(runtime: LocalStudios) -> None:
    """A look never waits for another studio's start or end."""
    orders = [order(runtime) for _ in range(10)]
    longest = 0.0

    async def look() -> None:
        nonlocal longest
        while True:
            began = time.monotonic()
            for spawn in orders:
                await runtime.observe(spawn.uid)
            longest = max(longest, time.monotonic() - began)
            await asyncio.sleep(0.1)

    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        looking = group.create_task(look())
        async with asyncio.TaskGroup() as starting:
            for spawn in orders:
                starting.create_task(runtime.spawn(spawn))
        for spawn in orders:
            await until(runtime, spawn.uid, Phase.READY)
        assert len(await runtime.list_uids()) == 10
        async with asyncio.TaskGroup() as ending:
            for spawn in orders:
                ending.create_task(runtime.remove(spawn.uid, grace_seconds=5))
        looking.cancel()
    assert longest < 5.0
    assert await runtime.list_uids() == []


async def test_two_that_begin_at_once_do_not_share_a_port(runtime: LocalStudios) -> None:
    """One runs, the other one is told who has it, although nobody listens yet."""
    one, other = order(runtime), order(runtime)
    launch = json.loads(other.launch) | {"ports": json.loads(one.launch)["ports"]}
    other = dataclasses.replace(other, launch=json.dumps(launch))
    async with asyncio.timeout(SECONDS), asyncio.TaskGroup() as group:
        group.create_task(runtime.spawn(one))
        group.create_task(runtime.spawn(other))
    looks = [await runtime.observe(spawn.uid) for spawn in (one, other)]
    refused = [look for look in looks if look.phase is Phase.ENDED]
    assert [look.reason.code for look in refused if look.reason] == ["port_in_use"]


async def test_a_process_id_of_somebody_else_is_left_alone(
    runtime: LocalStudios, tmp_path: Path
) -> None:
    """After a reboot the number may be another program's: it is no studio, and is not signalled."""
    spawn = order(runtime)
    await runtime.spawn(spawn)
    await until(runtime, spawn.uid, Phase.READY)
    record = record_of(tmp_path, spawn.uid)
    os.killpg(record.pid, signal.SIGKILL)
    stranger = a_stranger()
    try:
        paths = records.Paths(tmp_path / "studios" / spawn.uid)
        records.save(paths, dataclasses.replace(record, pid=stranger.pid))
        assert (await runtime.observe(spawn.uid)).phase is Phase.ENDED
        await runtime.remove(spawn.uid, grace_seconds=1)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


async def test_what_left_the_group_ends_too(runtime: LocalStudios, tmp_path: Path) -> None:
    """A server that went into a session of its own does not outlive its studio."""
    if not sys.platform.startswith("linux"):
        assert list(processes.with_variable("X", "y")) == []
        return
    code = (
        "import subprocess, time; subprocess.Popen(['sleep', '98765'], start_new_session=True);"
        " time.sleep(1e6)"
    )
    failing = Failing(code="", says="", entrypoints=(entry("main", *python(code)),), readiness={})
    spawn = order(runtime, failing)
    await runtime.spawn(spawn)
    await until(runtime, spawn.uid, Phase.READY)
    state = runtime.layout(spawn.uid).state
    async with asyncio.timeout(SECONDS):
        while len(list(processes.with_variable("CSTUDIO_RUNNER_STATE", state))) < 4:
            await asyncio.sleep(0.1)
    os.killpg(record_of(tmp_path, spawn.uid).pid, signal.SIGKILL)
    await runtime.remove(spawn.uid, grace_seconds=1)
    async with asyncio.timeout(SECONDS):
        while list(processes.with_variable("CSTUDIO_RUNNER_STATE", state)):
            await asyncio.sleep(0.05)


async def test_a_studio_inherits_no_secret(
    runtime: LocalStudios, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the daemon's environment holds stays there; the home is the studio's own."""
    monkeypatch.setenv("DAEMONS_TOKEN", "secret")
    code = "import os, time; print(sorted(os.environ), os.environ['HOME']); time.sleep(1e6)"
    failing = Failing(code="", says="", entrypoints=(entry("main", *python(code)),), readiness={})
    spawn = order(runtime, failing)
    await runtime.spawn(spawn)
    said = b""
    async with asyncio.timeout(SECONDS):
        while b"HOME" not in said:
            pieces = runtime.logs(spawn.uid, follow=False, lines=20, previous=False)
            said = b"".join([piece async for piece in pieces])
            await asyncio.sleep(0.1)
    assert b"DAEMONS_TOKEN" not in said
    assert runtime.layout(spawn.uid).home.encode() in said


async def test_files_of_a_studio_are_its_owners_alone(
    runtime: LocalStudios, tmp_path: Path
) -> None:
    """The launch document may hold secrets."""
    spawn = order(runtime)
    await runtime.spawn(spawn)
    folder = tmp_path / "studios" / spawn.uid
    for name in ("launch.json", "record.json"):
        assert (folder / name).stat().st_mode & 0o077 == 0


async def test_the_log_is_bounded_and_followed_across_its_renaming(
    runtime: LocalStudios, tmp_path: Path
) -> None:
    """Whoever listens misses nothing when the file is begun anew."""
    log = keeper.Log(str(tmp_path / "log"), limit=2000)
    lines = [b"line %05d of some length\n" % number for number in range(300)]
    for line in lines:
        log.write(line)
    sizes = [(tmp_path / name).stat().st_size for name in ("log", "log.1")]
    assert sum(sizes) < 5000
    assert (tmp_path / "log").read_bytes().endswith(lines[-1])


async def test_an_end_is_noted_for_a_daemon_that_was_away(tmp_path: Path) -> None:
    """Nobody else could tell it how the runner ended."""
    folder = tmp_path / "studio"
    folder.mkdir()
    for script, code in (("echo bye; exit 3", 3), ("kill -9 $$", -9)):
        keep(folder, script)
        async with asyncio.timeout(SECONDS):
            while records.read_json(folder / "exit.json").get("code") != code:
                await asyncio.sleep(0.05)
    assert b"bye" in (folder / "log").read_bytes()


async def test_an_end_is_noted_although_somebody_holds_the_output(tmp_path: Path) -> None:
    """A server that outlives the runner keeps its pipe open."""
    folder = tmp_path / "studio"
    folder.mkdir()
    script = "sleep 54321 & echo $! > pid; exit 5"
    keep(folder, script)
    try:
        async with asyncio.timeout(SECONDS):
            while not (folder / "exit.json").exists():
                await asyncio.sleep(0.05)
        assert json.loads((folder / "exit.json").read_text())["code"] == 5
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((folder / "pid").read_text()), signal.SIGKILL)
