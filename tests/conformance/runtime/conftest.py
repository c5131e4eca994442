"""The runtimes that sit the exam, a few lines each."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from conformance.runtime.subjects import Program, Subject
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.reasons import reason
from cstudiod.model.studios import Observation, Phase, Spawn
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import StudioRuntime
from cstudiod.runtimes import registry
from cstudiod.runtimes.fake_studios import READY, STARTING, FakeStudios
from cstudiod.runtimes.local import records
from cstudiod.runtimes.local.studios import LocalStudios
from support import containers, kubernetes, studio_images


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def run_in(runtime: StudioRuntime, uid: str, script: str) -> bytes:
    """Run a shell script in a studio, as sync sessions and actions get in."""
    resolver = registry.resolver(runtime.target(uid, runtime.layout(uid).workdir))
    try:
        channel = await resolver.open(await resolver.resolve(), ["sh", "-c", script])
        try:
            out = b""
            while piece := await channel.read():
                out += piece
            await channel.wait()
            return out
        finally:
            await channel.close()
    finally:
        await resolver.close()


@contextlib.asynccontextmanager
async def fake_subject(tmp_path: Path) -> AsyncIterator[Subject]:
    runtime = FakeStudios(root=str(tmp_path / "fake"))

    def script(spawn: Spawn, program: Program) -> None:
        async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
                if data.startswith(b"say"):
                    await runtime.say(spawn.uid, b"[main] heard " + data.strip())

        bad = Observation(
            phase=Phase.STARTING,
            stage="starting",
            reason=reason("bad_command", "the command of `main` is not found", "ENOENT"),
        )
        late = Observation(
            phase=Phase.STARTING,
            stage="nothing listens",
            reason=reason("readiness_timeout", "nothing listens", "nothing listens"),
        )
        steps = {Program.ECHO: READY, Program.MISSING: bad, Program.NEVER: late}
        runtime.script(spawn.uid, STARTING, steps[program])
        if program is Program.ECHO:
            runtime.serve(spawn.uid, spawn.ports[0].port, echo)
            runtime.greet(spawn.uid, b"[main] hello from echo")

    async def kill(uid: str) -> None:
        await runtime.show(
            uid,
            Observation(phase=Phase.ENDED, reason=reason("stopped_outside", "it is gone")),
        )

    yield Subject(
        name="fake",
        runtime=runtime,
        port=free_port,
        script=script,
        kill=kill,
        open_target=lambda uid, script: run_in(runtime, uid, script),
    )
    await runtime.close()


@contextlib.asynccontextmanager
async def local_subject(tmp_path: Path) -> AsyncIterator[Subject]:
    root = tmp_path / "studios"
    runtime = LocalStudios(root)

    async def kill(uid: str) -> None:
        record = records.load(records.Paths(root / uid))
        assert record is not None
        os.killpg(record.pid, signal.SIGKILL)

    made = Subject(
        name="local",
        runtime=runtime,
        port=free_port,
        reopen=lambda: LocalStudios(root),
        kill=kill,
        open_target=lambda uid, script: run_in(runtime, uid, script),
    )
    yield made
    await _remove_all(made)


@contextlib.asynccontextmanager
async def docker_subject(tmp_path: Path) -> AsyncIterator[Subject]:
    from cstudiod.runtimes.docker.studios import DockerStudios

    image = await asyncio.to_thread(studio_images.in_docker)
    configuration = ContainerConfiguration(name="", runtime=RuntimeKind.DOCKER)
    install = uuid.uuid4().hex[:12]

    def make() -> StudioRuntime:
        return DockerStudios(configuration, install=install)

    async def kill(uid: str) -> None:
        await asyncio.to_thread(containers.docker, "kill", f"cstudio-{uid}")

    runtime = make()
    made = Subject(
        name="docker",
        runtime=runtime,
        port=lambda: 8000,
        reopen=make,
        kill=kill,
        image=image,
        kept="/kept",
        open_target=lambda uid, script: run_in(runtime, uid, script),
    )
    yield made
    await _remove_all(made)


@pytest.fixture(scope="module")
def cluster_namespace() -> Iterator[kubernetes.Namespace]:
    """One namespace for all tests of the exam."""
    with kubernetes.namespace("cstudio-exam") as made:
        yield made


@contextlib.asynccontextmanager
async def cluster_subject(namespace: kubernetes.Namespace) -> AsyncIterator[Subject]:
    from cstudiod.runtimes.kubernetes.studios import KubernetesStudios

    image = await asyncio.to_thread(studio_images.in_cluster)
    configuration = ContainerConfiguration(
        name="", namespace=namespace.name, kubeconfig=os.environ["KUBECONFIG"]
    )
    install = uuid.uuid4().hex[:12]

    def make() -> StudioRuntime:
        return KubernetesStudios(configuration, install=install)

    async def kill(uid: str) -> None:
        flags = ["-l", f"cstudio/uid={uid}", "--grace-period=0", "--force", "--wait=false"]
        await asyncio.to_thread(namespace.kubectl, "delete", "pods", *flags)

    async def prepare_volume(uid: str) -> None:
        # The volumes of our own cluster are folders of this machine, for which
        # Kubernetes does not know groups: elsewhere `fsGroup` does this.
        claim = namespace.get("pvc", f"cstudio-{uid}-kept")
        volume = namespace.get("pv", claim["spec"]["volumeName"])
        if folder := volume["spec"].get("hostPath", {}).get("path"):
            os.chmod(folder, 0o777)

    runtime = make()
    made = Subject(
        name="cluster",
        runtime=runtime,
        port=lambda: 8000,
        reopen=make,
        kill=kill,
        image=image,
        prepare_volume=prepare_volume,
        kept="/kept",
        open_target=lambda uid, script: run_in(runtime, uid, script),
    )
    yield made
    await _remove_all(made)


async def _remove_all(subject: Subject) -> None:
    async with asyncio.TaskGroup() as group:
        for uid in set(subject.used):
            group.create_task(subject.runtime.remove(uid, grace_seconds=1))
    for uid in set(subject.used):
        await subject.runtime.remove_volumes(uid)
    await subject.runtime.close()


@pytest.fixture(
    params=[
        "fake",
        "local",
        pytest.param("docker", marks=pytest.mark.docker),
        pytest.param("cluster", marks=pytest.mark.cluster),
    ]
)
async def subject(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Subject]:
    if request.param == "cluster":
        making = cluster_subject(request.getfixturevalue("cluster_namespace"))
    else:
        makers = {"fake": fake_subject, "local": local_subject, "docker": docker_subject}
        making = makers[request.param](tmp_path)
    async with making as made:
        yield made


@pytest.fixture
def uid() -> str:
    return f"exam{uuid.uuid4().hex[:8]}"
