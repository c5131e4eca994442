"""Finds the daemon, and starts it when it is not there.

A daemon is there when its socket accepts a connection; that takes a fraction of
a millisecond to find out. Starting one is done by one client at a time, and
ends when the daemon's health service says that it serves.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import grpc.aio

from cstudio.errors import DAEMON_UNREACHABLE, UnreachableError
from cstudio.locations import Locations

START_SECONDS = 10.0
POLL_SECONDS = 0.02
LAST_LOG_LINES = 8
CHANNEL_OPTIONS = (
    ("grpc.max_receive_message_length", 64 * 1024 * 1024),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.enable_http_proxy", 0),
)


def version() -> str:
    """Return the version of cstudio that is installed here."""
    import importlib.metadata

    try:
        return importlib.metadata.version("cstudio")
    except importlib.metadata.PackageNotFoundError:
        return "0+unknown"  # the sources on a path, not installed


def answers(path: Path) -> bool:
    """Tell whether somebody accepts connections at a socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True


def open_channel(path: Path) -> grpc.aio.Channel:
    """Return a channel to the daemon; connects with the first call."""
    return grpc.aio.insecure_channel(f"unix:{path}", options=CHANNEL_OPTIONS)


async def ensure_daemon(locations: Locations, *, autostart: bool) -> bool:
    """Return once a daemon answers; True when it had to be started.

    Raises:
        UnreachableError: there is none, and starting it is not wanted or fails.
    """
    if answers(locations.socket):
        return False
    if not autostart:
        raise UnreachableError(
            "the daemon is not running",
            reason=DAEMON_UNREACHABLE,
            hint="cstudio daemon start",
            metadata={"socket": str(locations.socket)},
        )
    return await start_daemon(locations)


async def start_daemon(locations: Locations) -> bool:
    """Start a daemon and wait until it serves; False when another client was faster."""
    _make_state_folder(locations)
    async with _only_starter(locations, START_SECONDS):
        if answers(locations.socket):
            return False
        before = _size(locations.log)
        with _spawn(locations) as process:
            await _until_serving(locations, process, before)
    return True


def command(locations: Locations) -> list[str]:
    """Return the daemon's command line; `-P` keeps the working folder out of imports."""
    daemon = [sys.executable, "-P", "-m", "cstudiod"]
    return [*daemon, "--state-dir", str(locations.state), "--socket", str(locations.socket)]


def last_lines(log: Path, start: int = 0, count: int = LAST_LOG_LINES) -> list[str]:
    """Return the last lines of a log, of what was written from byte `start` on."""
    try:
        with log.open("rb") as file:
            file.seek(max(start, _size(log) - 64 * 1024))
            text = file.read().decode("utf-8", "replace")
    except OSError:
        return []
    return [line for line in text.splitlines() if line.strip()][-count:]


def _make_state_folder(locations: Locations) -> None:
    try:
        locations.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise UnreachableError(
            f"the state folder `{locations.state}` cannot be made: {error.strerror}",
            reason=DAEMON_UNREACHABLE,
            hint="set CSTUDIO_STATE_DIR to a folder of yours",
        ) from error


@contextlib.asynccontextmanager
async def _only_starter(locations: Locations, seconds: float) -> AsyncIterator[None]:
    """Hold the lock of those who start daemons, or go on without after a while."""
    with (locations.state / "start.lock").open("w") as lock:
        for _ in range(int(seconds / POLL_SECONDS)):
            if _try_lock(lock.fileno()):
                break
            await asyncio.sleep(POLL_SECONDS)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def _spawn(locations: Locations) -> Iterator[subprocess.Popen[bytes]]:
    """Start the daemon in a session of its own; ends it when the start fails."""
    with locations.log.open("ab") as log:
        process = subprocess.Popen(
            [*command(locations), "--log-file", str(locations.log)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd="/",
            env={name: value for name, value in os.environ.items() if name != "CSTUDIO_KEY"},
            start_new_session=True,
        )
    try:
        yield process
    except BaseException:
        process.terminate()
        raise
    process.returncode = 0  # it outlives us; keeps Popen from warning about that


async def _until_serving(
    locations: Locations, process: subprocess.Popen[bytes], log_start: int
) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if answers(locations.socket) and await _serves(locations.socket):
            return
        if process.poll() is not None:
            raise _start_failed(f"it ended with status {process.returncode}", locations, log_start)
        await asyncio.sleep(POLL_SECONDS)
    raise _start_failed(f"it did not answer within {START_SECONDS:.0f} s", locations, log_start)


async def _serves(path: Path) -> bool:
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    async with open_channel(path) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)  # its types know no methods
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1.0)
        except grpc.aio.AioRpcError:
            return False
    return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


def _start_failed(why: str, locations: Locations, log_start: int) -> UnreachableError:
    lines = last_lines(locations.log, log_start)
    said = "".join(f"\n  {line}" for line in lines)
    return UnreachableError(
        f"the daemon could not be started: {why}{said and '; it said:'}{said}",
        reason=DAEMON_UNREACHABLE,
        hint="cstudio daemon run" if lines else f"read {locations.log}",
        metadata={"log_file": str(locations.log)},
    )


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
