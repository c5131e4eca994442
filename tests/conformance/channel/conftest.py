"""The runtimes that sit the channel exam, a few lines each."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from conformance.channel import subjects
from conformance.channel.subjects import Subject
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.runtimes import fake, local
from cstudiod.runtimes.kubernetes.resolver import KubernetesResolver
from support.exec_server import NAMESPACE, POD, V4, V5, ExecServer


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

        async with (
            contextlib.aclosing(_Closing(KubernetesResolver(target(POD)))) as one,
            contextlib.aclosing(_Closing(KubernetesResolver(target("two")))) as other,
        ):
            yield Subject(
                name=f"exec server in namespace {NAMESPACE}",
                resolver=one.resolver,
                is_running=runs_here,
                can_half_close=V5 in protocols,
                kills_the_stubborn=False,
                remove=delete,
                restart=restart,
                cut=cut,
                missing=other.resolver,
            )


class _Closing:
    def __init__(self, resolver: KubernetesResolver) -> None:
        self.resolver = resolver

    async def aclose(self) -> None:
        await self.resolver.close()


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


@pytest.fixture(params=["fake", "fake-without-half-close", "local", "exec-v5", "exec-v4"])
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
        case _:
            raise AssertionError(request.param)
    async with room as ready:
        yield ready
