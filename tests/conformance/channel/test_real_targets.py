"""Targets in a real cluster and a real Docker: rollouts, rights, odd images."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
from conformance.channel import subjects
from cstudiod.errors import TargetError
from cstudiod.model import targets
from cstudiod.ports import ExitStatus, Resolver
from cstudiod.runtimes import registry
from support import containers, kubernetes
from support.kubernetes import BUSYBOX, NONROOT, NOSHELL, PYTHON, SLEEP, Extra, Namespace


@pytest.fixture(scope="module")
def ns() -> Iterator[Namespace]:
    with kubernetes.namespace() as made:
        yield made


@contextlib.asynccontextmanager
async def resolver(text: str, **flags: object) -> AsyncIterator[Resolver]:
    made = registry.resolver(targets.parse(text, **flags))  # type: ignore[arg-type] # flags
    try:
        yield made
    finally:
        await made.close()


async def error_of(text: str, **flags: object) -> TargetError:
    async with resolver(text, **flags) as made:
        with pytest.raises(TargetError) as caught:
            await made.resolve()
    assert "\n" not in caught.value.message
    return caught.value


async def status_of(made: Resolver, *argv: str) -> ExitStatus:
    channel = await made.open(await made.resolve(), argv)
    try:
        return await channel.wait()
    finally:
        await channel.close()


@pytest.mark.cluster
class TestKubernetes:
    async def test_a_rollout_is_followed(self, ns: Namespace) -> None:
        """The old pod counts as gone while it still ends; the new one is found."""
        await asyncio.to_thread(ns.run_deployment, "roll", grace_seconds=20, command=STUBBORN)
        async with resolver("deploy/roll:/tmp", namespace=ns.name) as made:
            before = await made.resolve()
            await asyncio.to_thread(ns.restart_deployment, "roll")
            began = time.monotonic()
            async with asyncio.timeout(15):
                await made.gone(before)
                after = await made.resolve()
            assert time.monotonic() - began < 15, "it did not wait for the old pod's grace"
            assert after.label != before.label
            assert (await status_of(made, *subjects.FAIL)).code == 7
        ns.delete("deployment", "roll", wait=False)

    async def test_several_replicas(self, ns: Namespace) -> None:
        """Refused with both ways out; each of them works."""
        pods = await asyncio.to_thread(ns.run_deployment, "two", replicas=2)
        error = await error_of("deploy/two:/tmp", namespace=ns.name)
        assert error.reason == "SEVERAL_REPLICAS"
        assert all(pod in error.message for pod in pods)
        async with resolver("deploy/two:/tmp", namespace=ns.name, pod=pods[1]) as made:
            assert pods[1] in (await made.resolve()).label
        async with resolver("deploy/two:/tmp", namespace=ns.name, all_replicas=True) as made:
            places = await made.resolve_all()  # type: ignore[attr-defined] # of clusters alone
            assert {place.pod for place in places} == set(pods)
        await asyncio.to_thread(ns.scale, "two", 0)
        error = await error_of("deploy/two:/tmp", namespace=ns.name)
        assert "scaled to 0 replicas" in error.message
        ns.delete("deployment", "two", wait=False)

    async def test_a_stateful_set(self, ns: Namespace) -> None:
        """Its pod keeps its name, and is another place when it comes again."""
        pods = await asyncio.to_thread(ns.run_statefulset, "db")
        async with resolver("sts/db:/tmp", namespace=ns.name) as made:
            before = await made.resolve()
            await asyncio.to_thread(ns.delete, "pod", pods[0], now=True)
            async with asyncio.timeout(5):
                await made.gone(before)
            await asyncio.to_thread(ns.wait_pods, "db", 1)
            after = await made.resolve()
        assert before.label == after.label
        assert before.incarnation != after.incarnation
        ns.delete("statefulset", "db", wait=False)

    async def test_containers(self, ns: Namespace) -> None:
        """Several need a name, a wrong name lists the right ones."""
        await asyncio.to_thread(ns.run_pod, "pair", extra=[Extra("proxy", BUSYBOX)])
        error = await error_of("pod/pair:/tmp", namespace=ns.name)
        assert (error.reason, error.metadata["containers"]) == ("CONTAINER_NOT_FOUND", "app, proxy")
        error = await error_of("pod/pair:/tmp", namespace=ns.name, container="web")
        assert "has no container `web`: it has app, proxy" in error.message
        async with resolver("pod/pair:/tmp", namespace=ns.name, container="proxy") as made:
            assert (await status_of(made, "sh", "-c", "command -v python3")).code != 0
        ns.delete("pod", "pair", now=True, wait=False)

    async def test_what_is_not_there(self, ns: Namespace) -> None:
        """Pods, workloads, namespaces, contexts."""
        for text in ("pod/none:/x", "deploy/none:/x", "sts/none:/x"):
            error = await error_of(text, namespace=ns.name)
            assert error.reason == "TARGET_NOT_FOUND"
            assert "none is not there in namespace" in error.message
        error = await error_of("pod/none:/x", context="no-such-context")
        assert error.reason == "RUNTIME_UNAVAILABLE"

    @pytest.mark.parametrize(
        ("spec", "says"),
        [
            ({"image": "no-such-registry.invalid/x:1"}, "cannot be pulled"),
            ({"command": ["sh", "-c", "exit 3"]}, "exit status 3"),
            ({"command": ["no-such-program"]}, "no-such-program"),
            ({"extra": [Extra("setup", PYTHON, ("sleep", "300"), is_init=True)]}, "setup"),
        ],
        ids=["image", "crash", "command", "init"],
    )
    async def test_what_does_not_run(self, ns: Namespace, spec: dict[str, Any], says: str) -> None:
        """Each in a sentence with the reason that the cluster knows."""
        spec = {"command": SLEEP, **spec}
        name = f"bad-{abs(hash(says)) % 10**6}"
        image = str(spec.pop("image", PYTHON))
        await asyncio.to_thread(ns.run_pod, name, image, wait=False, **spec)
        error: TargetError | None = None
        async with asyncio.timeout(60):
            while error is None or says not in error.message:
                await asyncio.sleep(0.3)
                try:
                    error = await error_of(f"pod/{name}:/x", namespace=ns.name)
                except pytest.fail.Exception:
                    continue  # it runs for an instant before it ends
                assert error.reason == "TARGET_NOT_RUNNING"
        assert error.next.startswith("kubectl ")
        ns.delete("pod", name, now=True, wait=False)

    async def test_rights(self, ns: Namespace) -> None:
        """Without a right it is named; with reading and exec alone everything works."""
        await asyncio.to_thread(ns.run_pod, "closed")
        read = {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}
        run = {"apiGroups": [""], "resources": ["pods/exec"], "verbs": ["get", "create"]}
        user = f"reader-{ns.name}"
        nothing = await asyncio.to_thread(ns.kubeconfig_for, f"nobody-{ns.name}", [])
        error = await error_of("pod/closed:/x", namespace=ns.name, kubeconfig=nothing)
        assert error.reason == "FORBIDDEN"
        assert f"may not `get` `pods` in namespace `{ns.name}`" in error.message
        reader = await asyncio.to_thread(ns.kubeconfig_for, user, [read])
        async with resolver("pod/closed:/x", namespace=ns.name, kubeconfig=reader) as made:
            place = await made.resolve()
            with pytest.raises(TargetError) as caught:
                await made.open(place, subjects.ECHO)
            assert caught.value.reason == "FORBIDDEN"
            assert caught.value.metadata["resource"] == "pods/exec"
            assert "can-i" in caught.value.next
            await asyncio.to_thread(ns.kubeconfig_for, user, [read, run])
            assert (await status_of(made, *subjects.FAIL)).code == 7
            # Watching is not allowed here: it polls.
            await asyncio.to_thread(ns.delete, "pod", "closed", wait=False)
            async with asyncio.timeout(5):
                await made.gone(place)

    @pytest.mark.parametrize(
        ("image", "python", "shell"),
        [
            (PYTHON, True, True),
            (NONROOT, True, True),
            (BUSYBOX, False, True),
            (NOSHELL, False, False),
        ],
        ids=["python", "nonroot", "busybox", "noshell"],
    )
    async def test_images(self, ns: Namespace, image: str, python: bool, shell: bool) -> None:
        """What an image lacks shows as 126 or 127 with the program's name."""
        name = image.partition("/")[2].partition(":")[0]
        await asyncio.to_thread(ns.run_pod, name, image, wait=image != NOSHELL)
        async with resolver(f"pod/{name}:/x", namespace=ns.name) as made:
            await running(made)
            for argv, has in ((("python3", "-c", ""), python), (("sh", "-c", ":"), shell)):
                status = await status_of(made, *argv)
                if has:
                    assert status.code == 0
                else:
                    assert status.code in (126, 127)
                    assert argv[0] in status.reason
        ns.delete("pod", name, now=True, wait=False)


@pytest.mark.docker
class TestDocker:
    async def test_what_does_not_run(self) -> None:
        """Paused, stopped and missing, each with the command that helps."""
        with containers.container() as box:
            text = f"docker:{box.name}:/x"
            await asyncio.to_thread(box.pause)
            error = await error_of(text)
            assert (error.reason, error.next) == (
                "TARGET_NOT_RUNNING",
                f"docker unpause {box.name}",
            )
            await asyncio.to_thread(box.unpause)
            await asyncio.to_thread(box.stop)
            error = await error_of(text)
            assert "is not running" in error.message
            assert error.next == f"docker start {box.name}"
            error = await error_of(f"docker:{box.name}x:/x")
            assert f"did you mean `{box.name}`?" in error.message

    @pytest.mark.parametrize(
        ("image", "python", "shell"),
        [
            (PYTHON, True, True),
            (NONROOT, True, True),
            (BUSYBOX, False, True),
            (NOSHELL, False, False),
        ],
        ids=["python", "nonroot", "busybox", "noshell"],
    )
    async def test_images(self, image: str, python: bool, shell: bool) -> None:
        """What an image lacks shows as 126 or 127 with the program's name."""
        with containers.container(image) as box:
            async with resolver(f"docker:{box.name}:/x") as made:
                for argv, has in ((("python3", "-c", ""), python), (("sh", "-c", ":"), shell)):
                    status = await status_of(made, *argv)
                    if has:
                        assert status.code == 0
                    else:
                        assert status.code in (126, 127)
                        assert argv[0] in status.reason

    async def test_the_user(self) -> None:
        """Commands run as the container's own user."""
        with containers.container(NONROOT) as box:
            async with resolver(f"docker:{box.name}:/x") as made:
                place = await made.resolve()
                assert place.user == "1000"
                channel = await made.open(place, ("id", "-u"))
                assert await channel.read() == b"1000\n"
                await channel.close()

    async def test_no_docker(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Where nothing listens, the address is named."""
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
        error = await error_of("docker:x:/x")
        assert error.reason == "RUNTIME_UNAVAILABLE"
        assert "there is no Docker at unix:///nowhere/docker.sock" in error.message
        monkeypatch.setenv("DOCKER_HOST", "ssh://box")
        error = await error_of("docker:x:/x")
        assert "only unix and tcp" in error.message


STUBBORN = ("sh", "-c", "trap '' TERM; while :; do sleep 1; done")


async def running(made: Resolver) -> None:
    async with asyncio.timeout(30):
        while True:
            try:
                await made.resolve()
            except TargetError:
                await asyncio.sleep(0.2)
            else:
                return
