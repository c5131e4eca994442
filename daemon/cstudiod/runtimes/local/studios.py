"""`StudioRuntime` of this machine: a studio is a process group with a folder of its own.

The runner is started detached, under a keeper, so that studios go on while the
daemon is away; what is needed to find them again is in the folder (`records`).
Servers listen on loopback. Everything that touches the disk or waits for a
process does so in a thread.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from cstudiod.errors import TargetError
from cstudiod.model import runner_reports
from cstudiod.model.reasons import reason
from cstudiod.model.studios import Capabilities, Layout, Observation, Phase, Reason, Spawn
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.model.templates import RuntimeKind
from cstudiod.runtimes import watching
from cstudiod.runtimes.local import keeper, logs, observe, processes, records
from cstudiod.runtimes.local.records import Paths, Record
from cstudiod.supervise import Blocking

THREADS = 4
STARTING_POLL_SECONDS = 0.3
POLL_SECONDS = 1.0
END_POLL_SECONDS = 0.05
SPAWN_GRACE_SECONDS = 10.0
KEEPER_SECONDS = 20.0
KILL_SECONDS = 3.0
"""How long after SIGKILL until we say that a process does not end."""
_PASSED_ON = (
    *("PATH", "LANG", "LANGUAGE", "TZ", "TMPDIR", "USER", "LOGNAME", "SHELL", "TERM"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE"),
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
)
"""What a studio inherits of our environment; the rest may hold secrets."""
STATE_VARIABLE = "CSTUDIO_RUNNER_STATE"
"""Whose program a process is: the runner's folder. The runner passes it on to all it starts."""


class LocalStudios:
    """Studios as processes of this machine."""

    def __init__(self, root: Path) -> None:
        """`root` is made when it is missing; one folder a studio below it."""
        self._root = root
        self._threads = Blocking("studios", threads=THREADS)
        self._locks: dict[str, asyncio.Lock] = {}
        self._starting = asyncio.Lock()

    @property
    def capabilities(self) -> Capabilities:
        """How it differs from the others."""
        return Capabilities(
            kind=RuntimeKind.LOCAL,
            needs_image=False,
            has_nginx=False,
            survives_daemon=True,
            enforces_limits=False,
        )

    def layout(self, uid: str) -> Layout:
        """Return the studio's folders."""
        return self._paths(uid).layout

    async def spawn(self, spawn: Spawn) -> None:
        """Start the runner, or leave it alone when it runs from an equal hash."""
        async with self._lock(spawn.uid):
            paths = self._paths(spawn.uid)
            known = await self._threads.run(records.load, paths)
            if known is not None:
                runs = await self._threads.run(processes.is_same, known.pid, known.mark)
                if runs and known.hash == spawn.hash:
                    return
                await self._end(paths, known, SPAWN_GRACE_SECONDS)
            # One at a time: two that begin at once must not both find a port free.
            async with self._starting:
                others = [one for one in await self._others() if one.uid != spawn.uid]
                await self._threads.run(_start, paths, spawn, known, others)

    async def revive(self, uid: str) -> None:
        """Start the runner again, with the document and the folders that are there."""
        async with self._lock(uid):
            paths = self._paths(uid)
            known = await self._threads.run(records.load, paths)
            if known is None:
                raise _absent(uid)
            if await self._threads.run(processes.is_same, known.pid, known.mark):
                return
            await self._end(paths, known, SPAWN_GRACE_SECONDS)
            async with self._starting:
                others = [one for one in await self._others() if one.uid != uid]
                await self._threads.run(_start_again, paths, known, others)

    async def remove(self, uid: str, *, grace_seconds: float = 10.0) -> None:
        """End the group, then delete the workspace; the home is kept."""
        async with self._lock(uid):
            paths = self._paths(uid)
            known = await self._threads.run(records.load, paths)
            if known is not None:
                await self._end(paths, known, grace_seconds)
            await self._threads.run(_clear, paths)

    async def remove_volumes(self, uid: str) -> None:
        """Delete the studio's folder."""
        async with self._lock(uid):
            paths = self._paths(uid)
            if await self._threads.run(records.load, paths) is None:
                await self._threads.run(shutil.rmtree, paths.folder, True)

    async def observe(self, uid: str) -> Observation:
        """Look at the process and at what its runner reports."""
        return await self._threads.run(_look, self._paths(uid))

    def watch(self, uid: str) -> AsyncIterator[Observation]:
        """Look again and again."""
        return watching.changes(lambda: self.observe(uid), _pause)

    async def list_uids(self) -> Sequence[str]:
        """Return those that have a record."""
        return [record.uid for record in await self._others()]

    def target(self, uid: str, path: str) -> Target:
        """Return the folder itself."""
        return Target(kind=TargetKind.FOLDER, path=path)

    async def logs(
        self, uid: str, *, follow: bool, lines: int, previous: bool = False
    ) -> AsyncIterator[bytes]:
        """Yield what the keeper wrote."""
        paths = self._paths(uid)
        if not await self._threads.run(paths.folder.is_dir):
            raise _absent(uid)

        async def goes_on() -> bool:
            record = await self._threads.run(records.load, paths)
            if record is None:
                return False
            return await self._threads.run(processes.is_same, record.pid, record.mark)

        if previous:
            for line in await self._threads.run(logs.last_lines, (paths.previous,), lines):
                yield line
            return
        async for line in logs.lines(paths.log, lines, goes_on if follow else None):
            yield line

    async def dial(self, uid: str, port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Connect on loopback, where the server of that exposed port listens."""
        record = await self._threads.run(records.load, self._paths(uid))
        if record is None:
            raise _absent(uid)
        listen = record.ports.get(str(port), port)
        try:
            return await asyncio.open_connection("127.0.0.1", listen)
        except OSError as error:
            raise TargetError(
                f"nobody listens at port {listen} of studio {record.studio}",
                reason="UNREACHABLE",
                port=str(port),
            ) from error

    async def close(self) -> None:
        """End the threads; studios go on."""
        self._threads.close()

    async def _end(self, paths: Paths, record: Record, grace_seconds: float) -> None:
        """Ask, wait, then kill; waits without a thread, so that others are looked at meanwhile."""
        await self._threads.run(processes.send, record.pid, record.mark, signal.SIGTERM)
        await _ended(record, grace_seconds)
        await self._threads.run(_kill, paths, record)
        await _ended(record, KILL_SECONDS)

    def _paths(self, uid: str) -> Paths:
        if not uid.isalnum():
            raise ValueError(f"not the uid of a studio: {uid!r}")
        return Paths(self._root / uid)

    def _lock(self, uid: str) -> asyncio.Lock:
        return self._locks.setdefault(uid, asyncio.Lock())

    async def _others(self) -> Sequence[Record]:
        return await self._threads.run(_all_records, self._root)


async def _ended(record: Record, seconds: float) -> None:
    """Wait until the keeper is gone, so long at most."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not await asyncio.to_thread(processes.is_same, record.pid, record.mark):
            return
        await asyncio.sleep(END_POLL_SECONDS)


# ------------------------------------------------------------ in a thread


def _all_records(root: Path) -> Sequence[Record]:
    folders = sorted(root.iterdir()) if root.is_dir() else ()
    found = (records.load(Paths(folder)) for folder in folders)
    return [record for record in found if record is not None]


def _start(paths: Paths, spawn: Spawn, known: Record | None, others: Sequence[Record]) -> None:
    """Record the order, with its document, and start it."""
    allowed = runner_reports.limits(spawn.kubernetes)
    is_same = known is not None and known.hash == spawn.hash
    record = Record(
        uid=spawn.uid,
        studio=spawn.studio,
        project=spawn.project,
        hash=spawn.hash,
        incarnation=known.incarnation if known is not None else uuid.uuid4().hex,
        start_seconds=allowed.start_seconds,
        total_seconds=allowed.total_seconds,
        ports=_ports(json.loads(spawn.launch)),
        environment=spawn.environment,
        restarts=known.restarts + 1 if known is not None and is_same else 0,
    )
    os.makedirs(paths.folder, mode=0o700, exist_ok=True)
    records.write_private(paths.launch, spawn.launch)
    _run(paths, record, others)


def _start_again(paths: Paths, known: Record, others: Sequence[Record]) -> None:
    """Start what is recorded once more."""
    _run(paths, dataclasses.replace(known, restarts=known.restarts + 1, refused={}), others)


def _run(paths: Paths, record: Record, others: Sequence[Record]) -> None:
    """Make the folders, look at the ports, and start the keeper."""
    incarnation = record.incarnation if paths.workspace.is_dir() else uuid.uuid4().hex
    record = dataclasses.replace(record, incarnation=incarnation, spawned=time.time(), pid=0)
    for folder in dataclasses.astuple(paths.layout):
        os.makedirs(folder, mode=0o700, exist_ok=True)
    refused = _port_in_use(record, others)
    if refused is not None:
        records.save(paths, dataclasses.replace(record, refused=dataclasses.asdict(refused)))
        return
    _forget_last_run(paths)
    records.save(paths, record)  # before it runs, so that no studio runs without one
    pid = _start_keeper(paths, record.environment)
    records.save(paths, dataclasses.replace(record, pid=pid, mark=processes.mark(pid)))


def _start_keeper(paths: Paths, environment: Mapping[str, str]) -> int:
    """Start the keeper, which detaches itself, and return its process id."""
    name = f"cstudio-{paths.folder.name}"
    own = {
        "HOME": paths.layout.home,
        STATE_VARIABLE: paths.layout.state,
        # What a pod is told of itself; a prefix may refer to it.
        "K8S_POD_NAME": name,
        "K8S_POD_ID": paths.folder.name,
        "K8S_POD_NAMESPACE": "local",
        "K8S_NODE_NAME": "local",
    }
    runner = [sys.executable, "-I", "-m", "cstudio_runner", str(paths.launch)]
    done = subprocess.run(
        [sys.executable, "-I", keeper.__file__, str(paths.folder), *runner],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        cwd=paths.folder,
        env={**_inherited(), **own, **environment},
        timeout=KEEPER_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
        raise TargetError(f"the studio's keeper did not start: {said}", reason="AGENT_FAILED")
    return int(done.stdout)


def _inherited() -> dict[str, str]:
    environment = {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    environment |= {key: value for key, value in os.environ.items() if key.startswith("LC_")}
    own = str(Path(sys.executable).parent)
    path = environment.get("PATH", os.defpath).split(os.pathsep)
    if sys.prefix != sys.base_prefix:  # our own virtual environment is nobody else's
        path = [entry for entry in path if entry != own]
    return environment | {"PATH": os.pathsep.join(path)}


def _ports(document: Mapping[str, Any]) -> dict[str, int]:
    """Return where the servers of the entrypoints will listen, by exposed port."""
    return {
        str(item["port"]): int(item.get("listen") or item["port"])
        for item in document.get("ports") or ()
    }


def _port_in_use(record: Record, others: Sequence[Record]) -> Reason | None:
    """Return who has a port of the studio: who listens, or another studio that is to."""
    alive = [one for one in others if processes.is_same(one.pid, one.mark)]
    for listen in record.ports.values():
        studio = next((one for one in alive if listen in one.ports.values()), None)
        if studio is None and processes.is_free(listen):
            continue
        owner = processes.holder(listen)
        who = f"studio {studio.studio} of project {studio.project}" if studio else owner
        return reason(
            "port_in_use",
            f"port {listen} of this machine is held by {who or 'another process'}",
            owner or f"bind 127.0.0.1:{listen}: address in use",
        )
    return None


def _forget_last_run(paths: Paths) -> None:
    """Keep what the run before printed, and nothing that it reported."""
    if paths.log.exists():
        os.replace(paths.log, paths.previous)
    for path in (paths.log.with_name("log.1"), paths.exit, paths.state / "status.json"):
        path.unlink(missing_ok=True)


def _look(paths: Paths) -> Observation:
    record = records.load(paths)
    if record is None:
        return Observation(phase=Phase.ABSENT)
    is_alive = processes.is_same(record.pid, record.mark)
    return observe.observe(
        record,
        is_alive=is_alive,
        status=records.read_json(paths.state / "status.json"),
        ending=records.read_json(paths.exit),
        tail="" if is_alive else logs.tail(paths.log),
        now=time.time(),
    )


def _kill(paths: Paths, record: Record) -> None:
    """Kill the group and what left it, and wait until their ports are free."""
    processes.send(record.pid, record.mark, signal.SIGKILL, to_group=True)
    end = time.monotonic() + KILL_SECONDS
    while left := list(processes.with_variable(STATE_VARIABLE, paths.layout.state)):
        for pid, mark in left:
            processes.send(pid, mark, signal.SIGKILL)
        if time.monotonic() > end:
            return
        time.sleep(END_POLL_SECONDS)


def _clear(paths: Paths) -> None:
    """Delete all but the home and the last run's output."""
    if not paths.folder.is_dir():
        return
    _forget_last_run(paths)
    for folder in (paths.workspace, paths.state, paths.folder / "resources"):
        shutil.rmtree(folder, ignore_errors=True)
    paths.launch.unlink(missing_ok=True)
    paths.record.unlink(missing_ok=True)


async def _pause(seen: Observation) -> None:
    is_starting = seen.phase is Phase.STARTING
    await asyncio.sleep(STARTING_POLL_SECONDS if is_starting else POLL_SECONDS)


def _absent(uid: str) -> TargetError:
    return TargetError(f"studio {uid} does not run", reason="TARGET_NOT_FOUND", uid=uid)
