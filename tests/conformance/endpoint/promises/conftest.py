"""The endpoints that sit the exam, a few lines each."""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path

import pytest
from conformance.endpoint.promises import subjects
from conformance.endpoint.promises.subjects import Abilities, Subject
from cstudio_agent.bootstrap import BOOTSTRAP
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.ports import Channel, Endpoint, Resolver
from cstudiod.runtimes import local
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from cstudiod.sync.agent import AgentEndpoint
from cstudiod.sync.local import LocalEndpoint
from cstudiod.sync.shell.endpoint import ShellEndpoint
from support import kubernetes
from support.hands import SCRIPT, DiskHands, Worker
from support.memory_endpoint import MemoryEndpoint, MemoryTree
from support.memory_hands import MemoryHands

POLL_SECONDS = 2.0
_numbers = itertools.count(1)


@contextlib.asynccontextmanager
async def memory() -> AsyncIterator[Subject]:
    tree = MemoryTree()
    endpoints: list[MemoryEndpoint] = []

    async def make(wake: Callable[[], None]) -> Endpoint:
        endpoints.append(MemoryEndpoint(tree))
        return endpoints[-1]

    def touch() -> None:
        endpoints[-1].push_touched()

    yield Subject(can=subjects.MEMORY, make=make, hands=MemoryHands(tree), touch=touch)


@contextlib.asynccontextmanager
async def folder(worker: Worker, base: Path) -> AsyncIterator[Subject]:
    session = f"exam{next(_numbers)}"

    async def make(wake: Callable[[], None]) -> Endpoint:
        return LocalEndpoint(
            str(base / "root"),
            session=session,
            trash_folder=str(base / "trash"),
            owns=True,
            is_remote=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )

    yield on_disk(subjects.FOLDER, make, worker, os.fsencode(base))


@contextlib.asynccontextmanager
async def agent(worker: Worker, resolver: Resolver, base: str) -> AsyncIterator[Subject]:
    session = f"exam{next(_numbers)}"

    async def make(wake: Callable[[], None]) -> Endpoint:
        place = await resolver.resolve()
        endpoint = AgentEndpoint(
            await resolver.open(place, ["python3", "-I", "-c", BOOTSTRAP]),
            f"{base}/root",
            session=session,
            owner="exam",
            create=False,
            may_write=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )
        await endpoint.greet()
        return endpoint

    yield on_disk(subjects.AGENT, make, worker, base.encode())
    await resolver.close()


@contextlib.asynccontextmanager
async def shell(
    worker: Worker, resolver: Resolver, base: str, before: Sequence[str] = ()
) -> AsyncIterator[Subject]:
    session = f"exam{next(_numbers)}"

    async def make(wake: Callable[[], None]) -> Endpoint:
        place = await resolver.resolve()

        async def open_command(argv: Sequence[str]) -> Channel:
            return await resolver.open(place, [*before, *argv])

        return ShellEndpoint(
            open_command,
            f"{base}/root",
            session=session,
            create=False,
            may_write=True,
            poll_seconds=POLL_SECONDS,
            wake=wake,
        )

    yield on_disk(subjects.SHELL, make, worker, base.encode())
    await resolver.close()


def on_disk(can: Abilities, make: subjects.Make, worker: Worker, base: bytes) -> Subject:
    """Make the root, and a folder beside it that is nobody's business."""
    hands, outside = DiskHands(worker, base + b"/root"), DiskHands(worker, base + b"/outside")
    hands.folder(b"")
    outside.folder(b"")
    outside.write(b"secret", b"not yours")
    return Subject(can=can, make=make, hands=hands, outside=outside)


# ------------------------------------------------------------------ fixtures


@pytest.fixture(scope="session")
def worker_here() -> Iterator[Worker]:
    """Hands on this machine."""
    made = Worker()
    yield made
    made.close()


@pytest.fixture(scope="session")
def applets(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A PATH on which there is nothing but busybox's applets."""
    program = shutil.which("busybox")
    if program is None:
        pytest.skip("no busybox here")
    place = tmp_path_factory.mktemp("applets")
    listed = subprocess.run([program, "--list"], check=True, capture_output=True, text=True)
    for applet in listed.stdout.split():
        (place / applet).symlink_to(program)
    return str(place)


@pytest.fixture(scope="session")
def promises_namespace() -> Iterator[kubernetes.Namespace]:
    """One namespace for the whole exam."""
    with kubernetes.namespace() as made:
        yield made


class Pod:
    """A pod whose container `app` is examined, and another one with hands on its volume."""

    def __init__(self, namespace: kubernetes.Namespace, name: str, image: str) -> None:
        self._namespace = namespace
        self._name = namespace.run_pod(
            name,
            image,
            volumes=[kubernetes.Volume("/exam")],
            extra=[kubernetes.Extra("hands", kubernetes.PYTHON)],
        )
        program = shutil.which("kubectl") or str(kubernetes.CLUSTER / "kubectl")
        self.worker = Worker(
            [program, "-n", namespace.name, "exec", "-i", "-c", "hands", self._name, "--",
             "python3", "-u", "-c", SCRIPT]
        )  # fmt: skip

    def resolver(self) -> KubernetesResolver:
        """Return a way into the container that is examined."""
        return KubernetesResolver(
            Target(
                kind=TargetKind.POD,
                path="/",
                name=self._name,
                namespace=self._namespace.name,
                container="app",
                kubeconfig=os.environ["KUBECONFIG"],
            )
        )


@pytest.fixture(scope="session")
def python_pod(promises_namespace: kubernetes.Namespace) -> Iterator[Pod]:
    """A pod for the agent."""
    made = Pod(promises_namespace, "endpoint-python", kubernetes.PYTHON)
    yield made
    made.worker.close()


@pytest.fixture(scope="session")
def busybox_pod(promises_namespace: kubernetes.Namespace) -> Iterator[Pod]:
    """A pod for the shell."""
    made = Pod(promises_namespace, "endpoint-busybox", kubernetes.BUSYBOX)
    yield made
    made.worker.close()


SHELLS: tuple[str, ...] = ()
ON_DISKS = (
    "folder",
    "agent",
    "shell",
    "shell-busybox",
    pytest.param("agent-pod", marks=pytest.mark.cluster),
    pytest.param("shell-pod", marks=pytest.mark.cluster),
)


@contextlib.asynccontextmanager
async def examined(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    here = local.Folder(str(tmp_path))
    base = str(tmp_path)
    in_pod = f"/exam/{next(_numbers)}"

    def worker() -> Worker:
        made: Worker = request.getfixturevalue("worker_here")
        return made

    match request.param:
        case "memory":
            room = memory()
        case "folder":
            room = folder(worker(), tmp_path)
        case "agent":
            room = agent(worker(), here, base)
        case "shell":
            room = shell(worker(), here, base)
        case "shell-busybox":
            path = request.getfixturevalue("applets")
            room = shell(worker(), here, base, ["env", f"PATH={path}"])
        case "agent-pod":
            pod = request.getfixturevalue("python_pod")
            room = agent(pod.worker, pod.resolver(), in_pod)
        case "shell-pod":
            pod = request.getfixturevalue("busybox_pod")
            room = shell(pod.worker, pod.resolver(), in_pod)
        case _:
            raise AssertionError(request.param)
    async with room as subject:
        await subject.open()
        try:
            yield subject
        finally:
            await subject.close()


@pytest.fixture(params=ON_DISKS)
async def disk(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """Every endpoint to a disk in turn, open."""
    async with examined(request, tmp_path) as subject:
        yield subject


@pytest.fixture(params=["memory", *ON_DISKS])
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    """Every endpoint in turn, open."""
    async with examined(request, tmp_path) as subject:
        yield subject
