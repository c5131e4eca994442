"""Why a studio does not come up, made to happen in real containers and pods.

Each is told in one sentence with what was seen and what to do next, and ends the
start early where waiting would not help.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import json
import os
import time
import uuid
from collections.abc import AsyncIterator, Iterator

import pytest
from cstudiod.model.blueprints import Resources, Volume
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import Phase
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import StudioRuntime
from cstudiod.runtimes.docker.studios import DockerStudios
from cstudiod.runtimes.kubernetes.studios import KubernetesStudios
from support import containers, failing_studios, kubernetes, studio_images
from support.failing_studios import (
    HOG,
    PORT,
    PROGRAMS,
    Failing,
    check,
    entry,
    python,
    told,
    watched,
)
from support.kubernetes import Namespace

pytestmark = pytest.mark.timeout(240)

HUNGRY = Failing(
    code="oom_killed",
    says="64",
    entrypoints=(entry("hog", *python(HOG), port=PORT),),
    resources=Resources(memory_limit="64Mi"),
    fatal=False,
)


ALIEN = Failing(code="image_platform", says="exec format error")


def new_uid() -> str:
    return f"fail{uuid.uuid4().hex[:8]}"


async def explain(runtime: StudioRuntime, failing: Failing, image: str) -> None:
    """Start it, and check what is told; it is removed whatever happens."""
    uid = new_uid()
    try:
        spawn = failing.spawn(uid, runtime.layout(uid), image=image)
        check(await told(runtime, spawn, failing), failing)
    finally:
        await runtime.remove(uid, grace_seconds=1)
        await runtime.remove_volumes(uid)


async def until_ready(runtime: StudioRuntime, uid: str) -> None:
    async with asyncio.timeout(90):
        async for now in runtime.watch(uid):
            if now.phase is Phase.READY:
                return


# -------------------------------------------------------------------- Docker


@pytest.fixture
async def box() -> AsyncIterator[DockerStudios]:
    containers.require()
    configuration = ContainerConfiguration(name="", runtime=RuntimeKind.DOCKER)
    made = DockerStudios(configuration, install=uuid.uuid4().hex[:12])
    yield made
    await made.close()


@pytest.mark.docker
@pytest.mark.parametrize("failing", [*PROGRAMS, HUNGRY], ids=lambda failing: failing.code)
async def test_a_program_in_a_container(box: DockerStudios, failing: Failing) -> None:
    """What the runner and Docker see."""
    await explain(box, failing, studio_images.in_docker())


@pytest.mark.docker
async def test_an_image_for_a_container(box: DockerStudios) -> None:
    """Not there, not for us, nobody there."""
    with failing_studios.registry() as address:
        for failing in failing_studios.images(address):
            await explain(box, failing, "")


@pytest.mark.docker
async def test_a_container_whose_command_is_not_there(box: DockerStudios) -> None:
    """An image without the runner, say one that was not built by us."""
    await explain(
        box, Failing(code="bad_command", says="no-runner"), image_with_entrypoint("/no-runner")
    )


@pytest.mark.docker
async def test_a_container_for_another_cpu(box: DockerStudios) -> None:
    """What its image starts is no program for this machine."""
    await explain(box, ALIEN, alien_image())


@pytest.mark.docker
async def test_a_volume_for_a_container(box: DockerStudios) -> None:
    """Its folder is not there."""
    uid = new_uid()
    failing = Failing(
        code="mount_failed", says="no such file", volumes=(Volume(name="data", path="/data"),)
    )
    volume = f"cstudio-{uid}-data"
    options = ("type=none", "o=bind", "device=/nonexistent/folder")
    flags = [part for option in options for part in ("--opt", option)]
    containers.docker("volume", "create", *flags, volume)
    try:
        spawn = failing.spawn(uid, box.layout(uid), image=studio_images.in_docker())
        check(await told(box, spawn, failing), failing)
    finally:
        await box.remove(uid)
        containers.docker("volume", "rm", volume)


@pytest.mark.docker
async def test_a_container_that_somebody_stops(box: DockerStudios) -> None:
    """It is no failure of its programs; the same order starts it again, with its files."""
    uid = new_uid()
    failing = Failing(code="stopped_outside", says="status")
    spawn = failing.spawn(uid, box.layout(uid), image=studio_images.in_docker())
    try:
        await box.spawn(spawn)
        await until_ready(box, uid)
        containers.docker("exec", f"cstudio-{uid}", "touch", "/home/dataiku/workspace/kept")
        containers.docker("kill", f"cstudio-{uid}")
        check(await watched(box, uid, failing), failing)
        await box.spawn(spawn)
        await until_ready(box, uid)
        containers.docker("exec", f"cstudio-{uid}", "ls", "/home/dataiku/workspace/kept")
    finally:
        await box.remove(uid, grace_seconds=1)


# ------------------------------------------------------------------- cluster


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    with kubernetes.namespace("cstudio-fail") as made:
        yield made


@contextlib.asynccontextmanager
async def cluster(namespace: Namespace, **settings: object) -> AsyncIterator[KubernetesStudios]:
    configuration = dataclasses.replace(
        ContainerConfiguration(
            name="", namespace=namespace.name, kubeconfig=os.environ["KUBECONFIG"]
        ),
        **settings,  # type: ignore[arg-type]  # a test names what it sets
    )
    made = KubernetesStudios(configuration, install=uuid.uuid4().hex[:12])
    try:
        yield made
    finally:
        await made.close()


@pytest.mark.cluster
@pytest.mark.parametrize("failing", [*PROGRAMS, HUNGRY], ids=lambda failing: failing.code)
async def test_a_program_in_a_pod(namespace: Namespace, failing: Failing) -> None:
    """What the runner and the kubelet see."""
    async with cluster(namespace) as runtime:
        await explain(runtime, failing, studio_images.in_cluster())


@pytest.mark.cluster
@pytest.mark.parametrize("which", [0, 1, 2], ids=["not found", "not for us", "nobody there"])
async def test_an_image_for_a_pod(namespace: Namespace, which: int) -> None:
    """The node asks the registry; a registry that does not answer is asked three times."""
    with failing_studios.registry() as address:
        async with cluster(namespace) as runtime:
            await explain(runtime, failing_studios.images(address)[which], "")


@pytest.mark.cluster
async def test_an_image_that_is_not_on_the_node(namespace: Namespace) -> None:
    """Where nothing is pulled."""
    failing = Failing(code="image_not_found", says="cstudio-test/absent:1")
    async with cluster(namespace, pull_policy="Never") as runtime:
        await explain(runtime, failing, "cstudio-test/absent:1")


@pytest.mark.cluster
async def test_a_pod_whose_command_is_not_there(namespace: Namespace) -> None:
    """The container runtime cannot start it."""
    studio_images.in_cluster()
    image = image_with_entrypoint("/no-runner")
    studio_images.load(image)
    async with cluster(namespace) as runtime:
        await explain(runtime, Failing(code="bad_command", says="no-runner"), image)


@pytest.mark.cluster
async def test_a_pod_for_another_cpu(namespace: Namespace) -> None:
    """What its image starts is no program for the node."""
    studio_images.in_cluster()
    image = alien_image()
    studio_images.load(image)
    async with cluster(namespace) as runtime:
        await explain(runtime, ALIEN, image)


@pytest.mark.cluster
@pytest.mark.parametrize(
    ("resources", "code"),
    [
        (Resources(cpu_request="900"), "unschedulable_cpu"),
        (Resources(memory_request="900Ti"), "unschedulable_memory"),
    ],
)
async def test_a_node_that_is_too_small(
    namespace: Namespace, resources: Resources, code: str
) -> None:
    """First it is told, then it ends the start."""
    failing = Failing(code=code, says="Insufficient", resources=resources)
    async with cluster(namespace, unschedulable_minutes=0.05) as runtime:
        await explain(runtime, failing, studio_images.in_cluster())
    async with cluster(namespace, unschedulable_minutes=5.0) as runtime:
        patient = dataclasses.replace(failing, fatal=False)
        await explain(runtime, patient, studio_images.in_cluster())


@pytest.mark.cluster
async def test_no_node_with_that_label(namespace: Namespace) -> None:
    """A node selector that fits none."""
    failing = Failing(code="unschedulable_affinity", says="nodes are available")
    async with cluster(
        namespace, unschedulable_minutes=0.0, node_selector={"no-such": "label"}
    ) as runtime:
        await explain(runtime, failing, studio_images.in_cluster())


@pytest.mark.cluster
async def test_a_quota() -> None:
    """Told with its numbers."""
    with kubernetes.namespace("cstudio-quota") as own:
        own.apply(
            {
                "apiVersion": "v1",
                "kind": "ResourceQuota",
                "metadata": {"name": "small"},
                "spec": {"hard": {"requests.cpu": "1"}},
            }
        )
        failing = Failing(
            code="quota_exceeded",
            says="requests.cpu=2",
            resources=Resources(cpu_request="2", cpu_limit="2"),
        )
        unset = Failing(code="quota_exceeded", says="must specify requests.cpu")
        async with cluster(own) as runtime:
            await explain(runtime, failing, studio_images.in_cluster())
            await explain(runtime, unset, studio_images.in_cluster())


@pytest.mark.cluster
async def test_a_service_account_that_is_not_there(namespace: Namespace) -> None:
    """The pod cannot be made."""
    failing = Failing(code="missing_config", says="robot", service_account="robot")
    async with cluster(namespace) as runtime:
        await explain(runtime, failing, studio_images.in_cluster())


@pytest.mark.cluster
async def test_a_secret_that_somebody_deleted(namespace: Namespace) -> None:
    """A pod that starts anew does not find it."""
    uid = new_uid()
    failing = Failing(code="missing_config", says="secret")
    async with cluster(namespace) as runtime:
        spawn = failing.spawn(uid, runtime.layout(uid), image=studio_images.in_cluster())
        try:
            await runtime.spawn(spawn)
            await until_ready(runtime, uid)
            namespace.kubectl("delete", "secret", f"cstudio-{uid}")
            namespace.kubectl("delete", "pods", "-l", f"cstudio/uid={uid}", "--wait=false")
            check(await watched(runtime, uid, failing), failing)
        finally:
            await runtime.remove(uid, grace_seconds=1)


@pytest.mark.cluster
async def test_a_volume_for_a_pod(namespace: Namespace) -> None:
    """Its folder is not on the node: told at the third attempt."""
    uid = new_uid()
    failing = Failing(
        code="mount_failed",
        says="nonexistent",
        volumes=(Volume(name="data", path="/data", storage_class=f"manual-{uid}"),),
    )
    claim = {"namespace": namespace.name, "name": f"cstudio-{uid}-data"}
    volume = {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": f"cstudio-{uid}"},
        "spec": {
            "capacity": {"storage": "1Gi"},
            "accessModes": ["ReadWriteOnce"],
            "storageClassName": f"manual-{uid}",
            "claimRef": claim,
            "hostPath": {"path": "/nonexistent/folder", "type": "Directory"},
        },
    }
    kubernetes.kubectl("apply", "-f", "-", input=json.dumps(volume).encode())
    try:
        async with cluster(namespace) as runtime:
            spawn = failing.spawn(uid, runtime.layout(uid), image=studio_images.in_cluster())
            try:
                check(await told(runtime, spawn, failing), failing)
            finally:
                await runtime.remove(uid, grace_seconds=1)
                await runtime.remove_volumes(uid)
    finally:
        kubernetes.kubectl("delete", "pv", f"cstudio-{uid}", "--wait=false")


@pytest.mark.cluster
async def test_an_eviction() -> None:
    """A studio that fills the node's disk is evicted; another pod is on its way."""
    with kubernetes.namespace("cstudio-evict") as own:
        limit = {"type": "Container", "default": {"ephemeral-storage": "20Mi"},
                 "defaultRequest": {"ephemeral-storage": "1Mi"}}  # fmt: skip
        own.apply(
            {
                "apiVersion": "v1",
                "kind": "LimitRange",
                "metadata": {"name": "disk"},
                "spec": {"limits": [limit]},
            }
        )
        uid = new_uid()
        failing = Failing(code="evicted", says="ephemeral", fatal=False)
        async with cluster(own) as runtime:
            spawn = failing.spawn(uid, runtime.layout(uid), image=studio_images.in_cluster())
            try:
                await runtime.spawn(spawn)
                await until_ready(runtime, uid)
                before = await runtime.observe(uid)
                pod = json.loads(own.kubectl("get", "pods", "-o", "json").stdout)["items"][0]
                name = pod["metadata"]["name"]
                own.sh(name, "dd if=/dev/zero of=/home/dataiku/big bs=1M count=100 2>&1")
                check(await watched(runtime, uid, failing), failing)
                await until_ready(runtime, uid)
                assert (await runtime.observe(uid)).incarnation != before.incarnation
            finally:
                await runtime.remove(uid, grace_seconds=1)


@pytest.mark.cluster
async def test_a_container_that_ends_comes_back_as_another_place(namespace: Namespace) -> None:
    """The kubelet starts it anew with an empty file system: whoever syncs must know."""
    uid = new_uid()
    order = Failing(code="", says="")
    async with cluster(namespace) as runtime:
        spawn = order.spawn(uid, runtime.layout(uid), image=studio_images.in_cluster())
        try:
            await runtime.spawn(spawn)
            await until_ready(runtime, uid)
            before = await runtime.observe(uid)
            pods = namespace.kubectl("get", "pods", "-l", f"cstudio/uid={uid}", "-o", "name")
            pod = pods.stdout.decode().strip().removeprefix("pod/")
            namespace.exec(pod, "kill", "-TERM", "1")
            async with asyncio.timeout(90):
                async for now in runtime.watch(uid):
                    assert now.reason is None or not now.reason.fatal
                    if now.phase is Phase.READY and now.incarnation != before.incarnation:
                        break
            assert now.restarts > before.restarts
            assert now.launch_hash == before.launch_hash
        finally:
            await runtime.remove(uid, grace_seconds=1)


@pytest.mark.cluster
async def test_a_user_without_rights_is_told_which_one(namespace: Namespace) -> None:
    """Trouble with the cluster itself is an error, not a reason of the studio."""
    from cstudiod.errors import TargetError

    file = namespace.kubeconfig_for(f"nobody-{int(time.time())}", [])
    async with cluster(namespace, kubeconfig=file) as runtime:
        with pytest.raises(TargetError, match="may not `get` `deployments`"):
            await runtime.observe("abcdefgh")


def alien_image() -> str:
    """Return the name of an image whose command has the head of a program, and of no CPU here."""
    return studio_images.variant(
        "RUN head -c 18 /bin/true > /home/dataiku/alien"
        " && printf '\\363\\000' >> /home/dataiku/alien"
        " && tail -c +21 /bin/true >> /home/dataiku/alien && chmod +x /home/dataiku/alien",
        'ENTRYPOINT ["/home/dataiku/alien"]',
    )


def image_with_entrypoint(program: str) -> str:
    """Return the name of an image whose command is another one."""
    return studio_images.variant(f'ENTRYPOINT ["{program}"]')
