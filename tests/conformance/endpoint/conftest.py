"""Who sits the exam: a tree in memory, a folder, agents and shells, here and in containers."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import subprocess
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from conformance.endpoint import subjects
from conformance.endpoint.subjects import Abilities, Make, Subject
from cstudio_agent.bootstrap import BOOTSTRAP
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.ports import Channel, Endpoint, ExitStatus, Resolver
from cstudiod.runtimes import local
from cstudiod.runtimes.docker.resolver import DockerResolver
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.sync.agent import AgentEndpoint
from cstudiod.sync.local import LocalEndpoint
from cstudiod.sync.shell.endpoint import ShellEndpoint
from support import containers, kubernetes
from support.hands import DiskHands, Worker
from support.memory_endpoint import MemoryEndpoint, MemoryTree
from support.memory_hands import MemoryHands

Open = Callable[[Sequence[str], int | None], Awaitable[Channel]]

POLL_SECONDS = 0.5


class WithoutHalfClose:
    """A channel as WebSocket exec v4 is: stdin cannot be closed by itself."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel

    async def read(self) -> bytes:
        return await self._channel.read()

    async def write(self, data: bytes) -> None:
        await self._channel.write(data)

    async def end_input(self) -> bool:
        return False

    async def wait(self) -> ExitStatus:
        return await self._channel.wait()

    def stderr_tail(self) -> str:
        return self._channel.stderr_tail()

    def hear_stderr(self, listener: Callable[[bytes], None]) -> None:
        self._channel.hear_stderr(listener)

    async def close(self) -> None:
        await self._channel.close()


# -------------------------------------------------------------------- makers


def memory() -> Subject:
    """Return a tree in memory."""
    tree = MemoryTree()
    endpoints: list[MemoryEndpoint] = []

    async def make(
        *, session: str, create: bool, user: int | None, wake: Callable[[], None]
    ) -> Endpoint:
        endpoints.append(MemoryEndpoint(tree))
        return endpoints[-1]

    def touch() -> None:
        endpoints[-1].push_touched()

    return Subject(can=subjects.MEMORY, make=make, hands=MemoryHands(tree), touch=touch)


def folder_maker(base: Path) -> Make:
    async def make(
        *, session: str, create: bool, user: int | None, wake: Callable[[], None]
    ) -> Endpoint:
        return LocalEndpoint(
            str(base / "root"),
            session=session,
            trash_folder=str(base / "trash"),
            owns=True,
            create=create,
            is_remote=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )

    return make


def agent_maker(base: Path, open_command: Open, python: str = "python3") -> Make:
    async def make(
        *, session: str, create: bool, user: int | None, wake: Callable[[], None]
    ) -> Endpoint:
        channel = await open_command([python, "-I", "-c", BOOTSTRAP], user)
        endpoint = AgentEndpoint(
            channel,
            str(base / "root"),
            session=session,
            owner=f"session {session[:8]}",
            create=create,
            may_write=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )
        await endpoint.greet()
        return endpoint

    return make


def shell_maker(base: Path, open_command: Open) -> Make:
    async def make(
        *, session: str, create: bool, user: int | None, wake: Callable[[], None]
    ) -> Endpoint:
        return ShellEndpoint(
            lambda argv: open_command(argv, user),
            str(base / "root"),
            session=session,
            create=create,
            may_write=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )

    return make


def child_processes(path: str = "", half_closes: bool = True) -> Open:
    """Return a runner of children of this process, which find their programs in `path`."""

    async def open_command(argv: Sequence[str], user: int | None) -> Channel:
        prefix = ["env", "-i", f"PATH={path}", f"TMPDIR={tempfile.gettempdir()}"] if path else []
        if user is not None:
            rights = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
            prefix = ["setpriv", *rights, *prefix]
        channel = await local.run([*prefix, *argv], cwd="/")
        return channel if half_closes else WithoutHalfClose(channel)

    return open_command


def resolved(resolver: Resolver) -> Open:
    """Return a runner of commands in a container."""

    async def open_command(argv: Sequence[str], user: int | None) -> Channel:
        assert user is None
        return await resolver.open(await resolver.resolve(), argv)

    return open_command


# ------------------------------------------------------------------- fixtures


@pytest.fixture(scope="session")
def shelf() -> Iterator[Path]:
    """A folder that everybody may enter, and that containers have mounted."""
    made = Path(tempfile.mkdtemp(prefix="cstudio-exam-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


@pytest.fixture(scope="session")
def worker() -> Iterator[Worker]:
    """The program that changes trees."""
    made = Worker()
    yield made
    made.close()


@pytest.fixture(scope="session")
def busybox(shelf: Path) -> str:
    """A folder with nothing but busybox's programs."""
    found = shutil.which("busybox")
    if found is None:
        pytest.skip("no busybox on this machine")
    programs = shelf / "busybox"
    programs.mkdir()
    subprocess.run([found, "--install", "-s", str(programs)], check=True)
    return str(programs)


def _container(image: str, shelf: Path) -> Iterator[str]:
    with containers.container(image, volumes={str(shelf): str(shelf)}) as box:
        yield box.name


@pytest.fixture(scope="session")
def busybox_container(shelf: Path) -> Iterator[str]:
    """A container without Python."""
    yield from _container(containers.BUSYBOX, shelf)


@pytest.fixture(scope="session")
def python_container(shelf: Path) -> Iterator[str]:
    """A container with Python."""
    yield from _container(containers.PYTHON, shelf)


@pytest.fixture(scope="session")
def pods(shelf: Path) -> Iterator[str]:
    """The namespace of two pods, `busybox` and `python`, with the shelf mounted."""
    with kubernetes.namespace() as made:
        volume = kubernetes.Volume(str(shelf), kind="hostPath", path=str(shelf))
        for name, image in (("busybox", kubernetes.BUSYBOX), ("python", kubernetes.PYTHON)):
            made.run_pod(name, image, volumes=[volume], wait=False)
        for name in ("busybox", "python"):
            made.wait_ready(name)
        yield made.name


def _pod(namespace: str, name: str) -> KubernetesResolver:
    return KubernetesResolver(
        Target(
            kind=TargetKind.POD,
            path="/",
            name=name,
            namespace=namespace,
            kubeconfig=os.environ["KUBECONFIG"],
        )
    )


def system_python() -> str:
    """Return a Python that every user may run."""
    return next((one for one in ("/usr/bin/python3",) if os.path.exists(one)), "python3")


HERE = ("agent", "shell", "shell-busybox")
"""Those that can run as any user."""
ON_DISKS = (
    "folder",
    *HERE,
    pytest.param("agent-docker", marks=pytest.mark.docker),
    pytest.param("agent-pod", marks=pytest.mark.cluster),
    pytest.param("shell-pod", marks=pytest.mark.cluster),
)
OPENED = (*ON_DISKS, pytest.param("shell-docker", marks=pytest.mark.docker))
"""Once it is open, Docker's shell is as the pod's."""


def _maker(
    name: str, request: pytest.FixtureRequest, base: Path
) -> tuple[Make, Abilities, Resolver | None]:
    """Return how a candidate is made, what it can, and what to close afterwards."""
    match name:
        case "folder":
            return folder_maker(base), subjects.FOLDER, None
        case "agent":
            return agent_maker(base, child_processes(), system_python()), subjects.AGENT, None
        case "shell":
            return shell_maker(base, child_processes()), subjects.SHELL, None
        case "shell-busybox":
            programs = request.getfixturevalue("busybox")
            run = child_processes(programs, half_closes=False)
            return shell_maker(base, run), subjects.SHELL, None
    resolver = _resolver(name, request)
    if name.startswith("agent"):
        return agent_maker(base, resolved(resolver)), subjects.AGENT, resolver
    return shell_maker(base, resolved(resolver)), subjects.SHELL, resolver


def _resolver(name: str, request: pytest.FixtureRequest) -> Resolver:
    match name:
        case "agent-docker":
            return DockerResolver(request.getfixturevalue("python_container"))
        case "shell-docker":
            return DockerResolver(request.getfixturevalue("busybox_container"))
        case "agent-pod":
            return _pod(request.getfixturevalue("pods"), "python")
        case "shell-pod":
            return _pod(request.getfixturevalue("pods"), "busybox")
    raise AssertionError(name)


@contextlib.asynccontextmanager
async def _examined(
    request: pytest.FixtureRequest, shelf: Path, is_open: bool
) -> AsyncIterator[Subject]:
    if request.param == "memory":
        made = memory()
        await made.open()
        yield made
        return
    base = shelf / uuid.uuid4().hex[:12]
    worker = request.getfixturevalue("worker")
    hands, outside = (DiskHands(worker, os.fsencode(base / name)) for name in ("root", "outside"))
    hands.folder(b"")
    outside.folder(b"")
    outside.write(b"secret", b"not yours")
    make, can, resolver = _maker(request.param, request, base)
    made = Subject(can=can, make=make, hands=hands, outside=outside)
    try:
        if is_open:
            await made.open()
        yield made
    finally:
        await made.close()
        if resolver is not None:
            await resolver.close()
        await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)


@pytest.fixture(params=["memory", *ON_DISKS])
async def subject(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Subject]:
    """Every endpoint in turn, open, with an empty tree."""
    async with _examined(request, shelf, True) as made:
        yield made


@pytest.fixture(params=ON_DISKS)
async def disk(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Subject]:
    """Every endpoint to a disk in turn, open."""
    async with _examined(request, shelf, True) as made:
        yield made


@pytest.fixture(params=OPENED)
async def room(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Subject]:
    """Every endpoint to a disk in turn, not open yet."""
    async with _examined(request, shelf, False) as made:
        yield made


@pytest.fixture(params=HERE)
async def room_here(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Subject]:
    """The endpoints that can run as any user, on this machine, not open yet."""
    if os.geteuid() != 0:
        pytest.skip("only root can take another user's place")
    async with _examined(request, shelf, False) as made:
        yield made
