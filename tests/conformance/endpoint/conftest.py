"""The endpoints that sit the exam: a folder, agents and shells, here and in containers."""

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
from conformance.endpoint.exam import POLL_SECONDS, Capabilities, Make, Room
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

Open = Callable[[Sequence[str], int | None], Awaitable[Channel]]

FOLDER = Capabilities(endpoint="folder", watch="inotify", settle_seconds=0.1, plants_id=True)
AGENT = Capabilities(endpoint="agent", watch="inotify", settle_seconds=0.1, plants_id=True)
SHELL = Capabilities(endpoint="shell", watch="poll", settle_seconds=4.2, plants_id=False)


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

    async def close(self) -> None:
        await self._channel.close()


# -------------------------------------------------------------------- makers


def folder_maker(trash: Path) -> Make:
    async def make(
        root: Path, *, session: str, create: bool, wake: Callable[[], None], user: int | None
    ) -> Endpoint:
        return LocalEndpoint(
            str(root),
            session=session,
            trash_folder=str(trash),
            owns=True,
            create=create,
            is_remote=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )

    return make


def agent_maker(open_command: Open, python: str) -> Make:
    async def make(
        root: Path, *, session: str, create: bool, wake: Callable[[], None], user: int | None
    ) -> Endpoint:
        channel = await open_command([python, "-I", "-c", BOOTSTRAP], user)
        endpoint = AgentEndpoint(
            channel,
            str(root),
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


def shell_maker(open_command: Open, poll_seconds: float = POLL_SECONDS) -> Make:
    async def make(
        root: Path, *, session: str, create: bool, wake: Callable[[], None], user: int | None
    ) -> Endpoint:
        return ShellEndpoint(
            lambda argv: open_command(argv, user),
            str(root),
            session=session,
            create=create,
            may_write=True,
            poll_seconds=poll_seconds,
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


HERE = ["agent", "shell", "shell-busybox"]
CANDIDATES = [
    "folder",
    *HERE,
    pytest.param("docker-agent", marks=pytest.mark.docker),
    pytest.param("docker-shell", marks=pytest.mark.docker),
    pytest.param("pod-agent", marks=pytest.mark.cluster),
    pytest.param("pod-shell", marks=pytest.mark.cluster),
]


def _maker(
    name: str, request: pytest.FixtureRequest, base: Path
) -> tuple[Make, Capabilities, Resolver | None]:
    """Return how a candidate is made, what it can, and what to close afterwards."""
    match name:
        case "folder":
            return folder_maker(base / "trash"), FOLDER, None
        case "agent":
            return agent_maker(child_processes(), system_python()), AGENT, None
        case "shell":
            return shell_maker(child_processes()), SHELL, None
        case "shell-busybox":
            programs = request.getfixturevalue("busybox")
            return shell_maker(child_processes(programs, half_closes=False)), SHELL, None
        case "docker-agent" | "pod-agent":
            resolver = _resolver(name, request)
            return agent_maker(resolved(resolver), "python3"), AGENT, resolver
        case "docker-shell" | "pod-shell":
            resolver = _resolver(name, request)
            return shell_maker(resolved(resolver), 1.0), SHELL, resolver
    raise AssertionError(name)


def _resolver(name: str, request: pytest.FixtureRequest) -> Resolver:
    match name:
        case "docker-agent":
            return DockerResolver(request.getfixturevalue("python_container"))
        case "docker-shell":
            return DockerResolver(request.getfixturevalue("busybox_container"))
        case "pod-agent":
            return _pod(request.getfixturevalue("pods"), "python")
        case _:
            return _pod(request.getfixturevalue("pods"), "busybox")


@contextlib.asynccontextmanager
async def _room(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Room]:
    base = shelf / uuid.uuid4().hex[:12]
    (base / "tree").mkdir(parents=True)
    make, can, resolver = _maker(request.param, request, base)
    made = Room(request.param, make, can, base)
    yield made
    await made.close()
    if resolver is not None:
        await resolver.close()
    await asyncio.to_thread(shutil.rmtree, base, ignore_errors=True)


@pytest.fixture(params=CANDIDATES)
async def room(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Room]:
    """Every endpoint in turn, with an empty tree."""
    async with _room(request, shelf) as made:
        yield made


@pytest.fixture(params=HERE)
async def room_here(request: pytest.FixtureRequest, shelf: Path) -> AsyncIterator[Room]:
    """The endpoints that can run as any user, on this machine."""
    if os.geteuid() != 0:
        pytest.skip("only root can take another user's place")
    async with _room(request, shelf) as made:
        yield made
