"""The runtimes that sit the channel exam, a few lines each."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
from conformance.channel import subjects
from conformance.channel.subjects import Subject
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.runtimes import fake, local
from cstudiod.runtimes.docker import host
from cstudiod.runtimes.docker.resolver import DockerResolver
from cstudiod.runtimes.kubernetes.channel import ExecChannel
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.runtimes.kubernetes.spdy import SpdyChannel
from cstudiod.runtimes.kubernetes.streams import KNOWN, Transport
from support import containers, kubernetes
from support.exec_server import POD, V4, V5, ExecServer
from support.wire import Wire


async def runs_here(marker: str) -> bool:
    """Tell whether a process of this machine has `marker` in its command line."""
    ps = await asyncio.create_subprocess_exec("ps", "-eo", "args", stdout=asyncio.subprocess.PIPE)
    out, _ = await ps.communicate()
    return marker.encode() in out


@contextlib.asynccontextmanager
async def local_subject(tmp_path: Path) -> AsyncIterator[Subject]:
    folder = tmp_path / "place"
    folder.mkdir()

    async def remove() -> None:
        shutil.rmtree(folder)

    async def restart() -> None:
        folder.rename(tmp_path / "old")
        folder.mkdir()

    yield Subject(
        name="local",
        resolver=local.Folder(str(folder)),
        is_running=runs_here,
        can_half_close=True,
        kills_the_stubborn=True,
        remove=remove,
        restart=restart,
        missing=local.Folder(str(tmp_path / "missing")),
    )


@contextlib.asynccontextmanager
async def exec_subject(tmp_path: Path, *protocols: str) -> AsyncIterator[Subject]:
    async with ExecServer(protocols) as server:
        kubeconfig = server.kubeconfig(tmp_path)

        def target(name: str) -> Target:
            return Target(kind=TargetKind.POD, path="/", name=name, kubeconfig=kubeconfig)

        async def delete() -> None:
            server.delete_pod()

        async def restart() -> None:
            server.restart_container()

        async def cut() -> None:
            server.cut()

        one, other = KubernetesResolver(target(POD)), KubernetesResolver(target("two"))
        yield Subject(
            name="exec server",
            resolver=one,
            is_running=runs_here,
            can_half_close=V5 in protocols,
            kills_the_stubborn=False,
            remove=delete,
            restart=restart,
            cut=cut,
            missing=other,
        )
        await one.close()
        await other.close()


@contextlib.asynccontextmanager
async def docker_subject() -> AsyncIterator[Subject]:
    daemon = await asyncio.to_thread(host.find)
    with containers.container() as box:
        async with Wire(daemon.socket) as wire:
            where = host.Host(url=f"tcp://127.0.0.1:{wire.listen_tcp()}")
            await wire.ready()
            one, other = DockerResolver(box.name, where), DockerResolver("no-such-box", where)

            async def is_running(marker: str) -> bool:
                return await asyncio.to_thread(box.is_running, marker)

            async def cut() -> None:
                wire.cut()

            yield Subject(
                name="docker",
                resolver=one,
                is_running=is_running,
                can_half_close=True,
                kills_the_stubborn=False,
                remove=lambda: asyncio.to_thread(box.remove),
                restart=lambda: asyncio.to_thread(box.restart),
                cut=cut,
                missing=other,
            )
            await one.close()
            await other.close()


@contextlib.asynccontextmanager
async def kubernetes_subject(
    tmp_path: Path,
    namespace: kubernetes.Namespace,
    pod: str,
    transports: Sequence[Transport] = KNOWN,
) -> AsyncIterator[Subject]:
    async with Wire(kubernetes.server_address()) as wire:
        kubeconfig = kubernetes.kubeconfig_through(wire.listen_tcp(), tmp_path)
        await wire.ready()

        def target(name: str) -> Target:
            return Target(
                kind=TargetKind.POD,
                path="/",
                name=name,
                namespace=namespace.name,
                kubeconfig=kubeconfig,
            )

        async def is_running(marker: str) -> bool:
            return await asyncio.to_thread(namespace.is_running, pod, marker)

        async def cut() -> None:
            wire.cut()

        async def restart() -> None:
            await asyncio.to_thread(namespace.exec, pod, "kill", "1", check=False)

        one = KubernetesResolver(target(pod), transports=transports)
        other = KubernetesResolver(target("no-such-pod"))
        yield Subject(
            name="kubernetes",
            resolver=one,
            is_running=is_running,
            can_half_close=await _server_half_closes(one),
            kills_the_stubborn=False,
            remove=lambda: asyncio.to_thread(namespace.delete, "pod", pod, wait=False),
            restart=restart,
            cut=cut,
            missing=other,
        )
        await one.close()
        await other.close()


@contextlib.asynccontextmanager
async def fake_subject(*, can_half_close: bool = True) -> AsyncIterator[Subject]:
    resolver = fake.FakeResolver(can_half_close=can_half_close)
    missing = fake.FakeResolver()
    running: set[str] = set()
    script(resolver, running)
    missing.fail_resolve(fake.not_found("nothing"))

    async def is_running(marker: str) -> bool:
        return marker in running

    async def replace() -> None:
        resolver.replace()

    async def cut() -> None:
        resolver.cut()

    yield Subject(
        name="fake",
        resolver=resolver,
        is_running=is_running,
        can_half_close=can_half_close,
        kills_the_stubborn=True,
        remove=replace,
        restart=replace,
        cut=cut,
        missing=missing,
    )
    await resolver.close()


def script(resolver: fake.FakeResolver, running: set[str]) -> None:
    """Teach the fake the exam's commands."""

    async def echo(stdio: fake.Stdio) -> int:
        while data := await stdio.read():
            await stdio.write(data)
        return 0

    async def complain(stdio: fake.Stdio) -> int:
        stdio.complain(b"first\n")
        await stdio.write(b"said\n")
        stdio.complain(b"oops \x1b[31mred\n")
        return 3

    async def complain_much(stdio: fake.Stdio) -> int:
        stdio.complain(subjects.LINE * 10_000)
        stdio.complain(b"last\n")
        return 0

    async def print_much(stdio: fake.Stdio) -> int:
        await stdio.write(subjects.LINE * (subjects.BIG_BYTES // len(subjects.LINE)))
        return 0

    async def digest(stdio: fake.Stdio, size: int) -> int:
        value, left = hashlib.sha256(), size
        while left and (data := await stdio.read()):
            value.update(data)
            left -= len(data)
        await stdio.write(value.hexdigest().encode() + b"  -\n")
        return 0

    async def marked(stdio: fake.Stdio, argv: tuple[str, ...]) -> int:
        running.add(argv[-1])
        try:
            if "sleep" in argv[2]:
                await asyncio.sleep(600)
            return await echo(stdio)
        finally:
            running.discard(argv[-1])

    resolver.program(subjects.ECHO, echo)
    resolver.program(subjects.SUCCEED, lambda stdio: fake.ends(0))
    resolver.program(subjects.FAIL, lambda stdio: fake.ends(7))
    resolver.program(subjects.COMPLAIN, complain)
    resolver.program(subjects.COMPLAIN_MUCH, complain_much)
    resolver.program(subjects.PRINT_MUCH, print_much)
    resolver.program(subjects.DIGEST, lambda stdio: digest(stdio, subjects.BIG_BYTES))
    resolver.program(subjects.DIGEST_ALL, lambda stdio: digest(stdio, -1))
    resolver.program_for(
        lambda argv: len(argv) == 4 and argv[-1].startswith("marker-"),
        lambda argv: lambda stdio: marked(stdio, argv),
    )


async def _server_half_closes(resolver: KubernetesResolver) -> bool:
    """Ask the server which version it speaks: only v5 can half-close."""
    channel = await resolver.open(await resolver.resolve(), subjects.ECHO)
    try:
        assert isinstance(channel, ExecChannel | SpdyChannel)
        return channel.can_half_close
    finally:
        await channel.close()


@pytest.fixture(scope="module")
def namespace() -> Iterator[kubernetes.Namespace]:
    """One namespace for the whole exam."""
    with kubernetes.namespace() as made:
        yield made


@pytest.fixture(scope="module")
def standing_pod(namespace: kubernetes.Namespace) -> str:
    """One pod for all questions that leave it as it was."""
    return namespace.run_pod("exam-standing")


@pytest.fixture
def pod(request: pytest.FixtureRequest, namespace: kubernetes.Namespace) -> str:
    """A pod for a test; one of its own where the test ends it."""
    if getattr(request.cls, "ends_the_place", False):
        return namespace.run_pod(f"exam-{uuid.uuid4().hex[:6]}")
    return str(request.getfixturevalue("standing_pod"))


@pytest.fixture(
    params=[
        "fake",
        "fake-without-half-close",
        "local",
        "exec-v5",
        "exec-v4",
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("kubernetes", marks=pytest.mark.cluster),
        pytest.param("kubernetes-v4", marks=pytest.mark.cluster),
    ]
)
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """Every runtime in turn."""
    match request.param:
        case "fake":
            room = fake_subject()
        case "fake-without-half-close":
            room = fake_subject(can_half_close=False)
        case "local":
            room = local_subject(tmp_path)
        case "exec-v5":
            room = exec_subject(tmp_path, V5, V4)
        case "exec-v4":
            room = exec_subject(tmp_path, V4)
        case "docker":
            room = docker_subject()
        case "kubernetes":
            room = kubernetes_subject(
                tmp_path, request.getfixturevalue("namespace"), request.getfixturevalue("pod")
            )
        case "kubernetes-v4":
            namespace, pod = (request.getfixturevalue(name) for name in ("namespace", "pod"))
            room = kubernetes_subject(tmp_path, namespace, pod, [Transport.V4])
        case _:
            raise AssertionError(request.param)
    async with room as ready:
        yield ready
