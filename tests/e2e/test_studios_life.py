"""A studio lives through what happens to pods and containers, and loses nothing by it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from cstudio_api.v1 import actions_pb2
from support import containers, kubernetes
from support.kubernetes import Namespace
from support.registry import registry
from support.workshop import RUNNING, STOPPED, Workshop, eventually, fetched, workshop

pytestmark = pytest.mark.timeout(400)

BUILD = f'[build]\nparent = "{containers.PYTHON}"\n'
START_SECONDS = 240.0
TEMPLATE = """
name: life
blocks:
  - type: file_synchronization
    zones:
      - {zone: code_studio_versioned, target: site}
      - {zone: code_studio_resources, target: res}
  - type: starter_files
    files:
      - {zone: code_studio_versioned, path: index.html, content: "one"}
  - type: entrypoint
    label: Site
    command: exec python3 -m http.server ${port} --bind ${host} --directory site
    expose: {port: 8000, label: Site, subpath: /}
"""
BROKEN = """
name: broken
blocks:
  - type: entrypoint
    label: Broken
    command: [/no/such/program]
    expose: {port: 8000, subpath: /}
"""


@pytest.fixture(scope="module")
def in_docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon whose studios are containers."""
    containers.require()
    with workshop(tmp_path_factory.mktemp("docker"), BUILD) as made:
        made.template(TEMPLATE)
        yield made


@pytest.fixture(scope="module")
def namespace() -> Iterator[Namespace]:
    """Where the pods are."""
    with kubernetes.namespace("cstudio-life") as made:
        yield made


@pytest.fixture(scope="module")
def in_cluster(
    tmp_path_factory: pytest.TempPathFactory, namespace: Namespace
) -> Iterator[Workshop]:
    """A daemon whose studios are pods of that namespace."""
    containers.require()
    folder = tmp_path_factory.mktemp("cluster")
    with registry(folder) as address:
        settings = (
            f'[containers.test]\nruntime = "kubernetes"\nnamespace = "{namespace.name}"\n'
            f'registry = "{address}/cstudio"\n'
        )
        with workshop(folder / "state", BUILD + settings) as made:
            made.template(TEMPLATE)
            yield made


def up(shop: Workshop, name: str, runtime: str) -> Any:
    """Make a studio and start it."""
    shop.create(name, "life", runtime=runtime)
    return shop.start(name, START_SECONDS)


def work(shop: Workshop, name: str, mark: str) -> None:
    """Write on both sides, and wait until both have it."""
    zone = shop.zone(name)
    (zone / f"{mark}-here").write_text(mark)
    shop.inside(
        name, f"echo {mark} > site/{mark}-there; mkdir -p res/d; echo {mark} > res/d/{mark}"
    )
    shop.flush(shop.session(name))
    shop.flush(shop.session(name, "code_studio_resources"))
    assert (zone / f"{mark}-there").exists()


def is_back(shop: Workshop, name: str, *marks: str) -> None:
    """Wait until it runs, serves and has all files; none of this machine's is missing."""

    def holds() -> bool:
        studio = shop.show(name)
        return bool(studio.state == RUNNING and fetched(studio.ports[0].url)[0] == 200)

    eventually(holds, f"{name} is not back", START_SECONDS)
    wanted = {"index.html", *(f"{mark}-{side}" for mark in marks for side in ("here", "there"))}

    def there() -> bool:
        status, said = shop.run_in(name, "ls", "site")
        return status == 0 and set(said.split()) == wanted

    eventually(there, f"{name} has not all files")
    assert {path.name for path in shop.zone(name).iterdir() if path.name != ".git"} == wanted
    resources = shop.zone(name, "code_studio_resources") / "d"
    assert {path.name for path in resources.iterdir()} == set(marks)
    work(shop, name, "after")


def acts(shop: Workshop, name: str, runtime: str) -> None:
    """Run commands inside: as `dataiku`, with their exit status, ended with all they started."""
    up(shop, name, runtime)
    run, said = shop.ran(name, "", "sh", "-c", "id -un; pwd; echo $DKU_CURRENT_PROJECT_KEY; exit 5")
    assert (run.exit_status, said) == (5, "dataiku\n/home/dataiku/workspace\nP\n")
    run, said = shop.ran(name, "", "sh", "-c", "head -c 3000000 /dev/zero | tr '\\0' x")
    assert (run.exit_status, len(said)) == (0, 3_000_000)
    run, _ = shop.ran(name, "", "sh", "-c", "sleep 4141 & sleep 4242", seconds=1)
    assert run.state == run.STATE_TIMED_OUT
    slow = shop.act(name, "", "sh", "-c", "sleep 4343 & sleep 4444 & wait")
    eventually(lambda: "sleep 4444" in processes(shop, name))
    cancel = actions_pb2.CancelActionRunRequest(id=slow.id)
    assert shop.actions.CancelActionRun(cancel).state == slow.STATE_CANCELLED
    eventually(lambda: "sleep 4" not in processes(shop, name), "something goes on")
    shop.delete(name, seconds=120)


def processes(shop: Workshop, name: str) -> str:
    """Return the command lines of all processes inside: there may be no `ps`."""
    return shop.inside(name, "cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' '; true")


def pod_of(namespace: Namespace, uid: str) -> str:
    """Return the pod of a studio that is not on its way out."""
    found = json.loads(namespace.kubectl("get", "pods", "-o", "json").stdout)["items"]
    names = [
        str(pod["metadata"]["name"])
        for pod in found
        if uid in pod["metadata"]["name"] and "deletionTimestamp" not in pod["metadata"]
        and pod["status"].get("phase") == "Running"
    ]  # fmt: skip
    return names[0] if len(names) == 1 else ""


# --------------------------------------------------------------------- docker


@pytest.mark.docker
def test_a_container_is_killed(in_docker: Workshop) -> None:
    """The same container is started again: what had not been brought yet is in it."""
    uid = up(in_docker, "killed", "docker").uid
    work(in_docker, "killed", "before")
    containers.docker("kill", f"cstudio-{uid}")
    is_back(in_docker, "killed", "before")
    in_docker.delete("killed")


@pytest.mark.docker
def test_all_containers_end_while_the_daemon_is_away(in_docker: Workshop) -> None:
    """As at a reboot: both studios come back, with the files that were only inside."""
    uids = [up(in_docker, name, "docker").uid for name in ("one", "two")]
    for name in ("one", "two"):
        work(in_docker, name, "before")
    in_docker.kill()
    for uid in uids:
        box = f"cstudio-{uid}"
        containers.docker("exec", box, "sh", "-c", "cd workspace/site; echo x > late-there")
        containers.docker("kill", box)
    in_docker.begin()
    for name in ("one", "two"):
        (in_docker.zone(name) / "late-here").write_text("x")
        (in_docker.zone(name, "code_studio_resources") / "d" / "late").write_text("x")
        is_back(in_docker, name, "before", "late")
        in_docker.delete(name)


@pytest.mark.docker
def test_the_daemon_is_killed_and_the_container_goes_on(in_docker: Workshop) -> None:
    """It is adopted: the same container, no restart, files of meanwhile on both sides."""
    uid = up(in_docker, "adopted", "docker").uid
    work(in_docker, "adopted", "before")
    started = containers.docker("inspect", "-f", "{{.State.StartedAt}}", f"cstudio-{uid}").stdout
    in_docker.killed_and_back()
    assert in_docker.show("adopted").state == RUNNING
    is_back(in_docker, "adopted", "before")
    now = containers.docker("inspect", "-f", "{{.State.StartedAt}}", f"cstudio-{uid}").stdout
    assert now == started
    in_docker.delete("adopted")
    assert containers.docker("inspect", f"cstudio-{uid}", check=False).returncode != 0


@pytest.mark.docker
def test_a_container_is_made_anew_empty(in_docker: Workshop) -> None:
    """A fresh replica takes nothing away: its files are those of the zone."""
    uid = up(in_docker, "removed", "docker").uid
    work(in_docker, "removed", "before")
    in_docker.kill()
    containers.docker("rm", "-f", f"cstudio-{uid}")
    in_docker.begin()
    is_back(in_docker, "removed", "before")
    containers.docker("rm", "-f", f"cstudio-{uid}")
    gone = in_docker.until("removed", lambda one: one.state == STOPPED)
    assert gone.reason.code == "removed"
    assert (in_docker.zone("removed") / "before-there").exists()
    in_docker.delete("removed", with_files=True)


@pytest.mark.docker
def test_commands_in_a_container(in_docker: Workshop) -> None:
    """What is cancelled, or has had its time, leaves nothing behind."""
    acts(in_docker, "acts", "docker")


@pytest.mark.docker
def test_an_image_goes_with_its_last_studio(in_docker: Workshop) -> None:
    """When that is asked for; never one that another studio was started from."""
    template = in_docker.template(TEMPLATE.replace("name: life", "name: short-lived"))
    for name in ("first", "last"):
        in_docker.create(name, template, runtime="docker")
        in_docker.start(name, START_SECONDS)
    image = in_docker.show("first").image
    in_docker.delete("first", with_image=True)
    assert containers.docker("image", "inspect", image, check=False).returncode == 0
    in_docker.delete("last", with_image=True)
    assert containers.docker("image", "inspect", image, check=False).returncode != 0


@pytest.mark.docker
def test_a_start_that_cannot_work_says_why(in_docker: Workshop) -> None:
    """Early, with evidence and the next step, and leaves no container."""
    in_docker.create("broken", in_docker.template(BROKEN), runtime="docker")
    uid = in_docker.show("broken").uid
    reason = in_docker.failed("broken", 90)
    assert reason.code in ("bad_command", "crash_loop"), reason
    assert "/no/such/program" in reason.message + reason.evidence
    assert reason.next
    assert containers.docker("inspect", f"cstudio-{uid}", check=False).returncode != 0


@pytest.mark.docker
def test_a_second_start_plans_nothing(in_docker: Workshop) -> None:
    """Nothing has changed: it does not even become a build."""
    up(in_docker, "again", "docker")
    before = len(_builds(in_docker))
    in_docker.stop("again")
    in_docker.start("again", START_SECONDS)
    assert len(_builds(in_docker)) == before
    in_docker.delete("again")


def _builds(shop: Workshop) -> list[Any]:
    listed: list[Any] = shop.cstudio.json("template", "builds", "life")
    return listed


# -------------------------------------------------------------------- cluster


@pytest.mark.cluster
def test_commands_in_a_pod(in_cluster: Workshop) -> None:
    """What is cancelled, or has had its time, leaves nothing behind."""
    acts(in_cluster, "acts", "kubernetes")


@pytest.mark.cluster
def test_a_pod_is_deleted(in_cluster: Workshop, namespace: Namespace) -> None:
    """Another one takes its place: a fresh replica, which gets the zones' files."""
    uid = up(in_cluster, "deleted", "kubernetes").uid
    work(in_cluster, "deleted", "before")
    before = pod_of(namespace, uid)
    namespace.delete("pod", before, now=True)
    eventually(lambda: pod_of(namespace, uid) not in ("", before), seconds=START_SECONDS)
    is_back(in_cluster, "deleted", "before")
    in_cluster.delete("deleted", seconds=120)
    eventually(lambda: not pod_of(namespace, uid))


@pytest.mark.cluster
def test_a_pod_is_evicted(in_cluster: Workshop, namespace: Namespace) -> None:
    """By the API that drains use."""
    uid = up(in_cluster, "evicted", "kubernetes").uid
    work(in_cluster, "evicted", "before")
    before = pod_of(namespace, uid)
    where = f"/api/v1/namespaces/{namespace.name}/pods/{before}/eviction"
    order = {
        "apiVersion": "policy/v1beta1",
        "kind": "Eviction",
        "metadata": {"name": before, "namespace": namespace.name},
    }
    kubernetes.kubectl("create", "--raw", where, "-f", "-", input=json.dumps(order).encode())
    eventually(lambda: pod_of(namespace, uid) not in ("", before), seconds=START_SECONDS)
    is_back(in_cluster, "evicted", "before")
    in_cluster.delete("evicted", seconds=120)


@pytest.mark.cluster
def test_a_nodes_containers_end(in_cluster: Workshop, namespace: Namespace) -> None:
    """As at a reboot: the kubelet starts them again, empty; nothing here is taken away."""
    names = ("left", "right")
    uids = [up(in_cluster, name, "kubernetes").uid for name in names]
    for name in names:
        work(in_cluster, name, "before")
    for uid in uids:
        namespace.kubectl(
            "exec", pod_of(namespace, uid), "--", "sh", "-c", "kill -9 -1", check=False
        )
    for name in names:
        in_cluster.until(name, lambda one: one.restarts > 0, START_SECONDS)
        is_back(in_cluster, name, "before")
        in_cluster.delete(name, seconds=120)


@pytest.mark.cluster
def test_the_daemon_is_killed_and_the_pod_goes_on(
    in_cluster: Workshop, namespace: Namespace
) -> None:
    """It is adopted, and stopped by the other daemon with what was written meanwhile."""
    uid = up(in_cluster, "adopted", "kubernetes").uid
    work(in_cluster, "adopted", "before")
    pod = pod_of(namespace, uid)
    in_cluster.kill()
    namespace.kubectl("exec", pod, "--", "sh", "-c", "cd workspace/site; echo x > late-there")
    in_cluster.begin()
    (in_cluster.zone("adopted") / "late-here").write_text("x")
    (in_cluster.zone("adopted", "code_studio_resources") / "d" / "late").write_text("x")
    is_back(in_cluster, "adopted", "before", "late")
    assert pod_of(namespace, uid) == pod
    in_cluster.inside("adopted", "echo x > site/last")
    assert in_cluster.stop("adopted", seconds=120).state == STOPPED
    assert (in_cluster.zone("adopted") / "last").exists()
    in_cluster.delete("adopted", seconds=120)
    left = namespace.kubectl("get", "deployments,secrets", "-o", "name").stdout.decode()
    assert uid not in left


@pytest.mark.cluster
def test_the_daemon_is_away_while_the_pod_is_replaced(
    in_cluster: Workshop, namespace: Namespace
) -> None:
    """What comes to meet it is a fresh replica: nothing of the zone is deleted."""
    uid = up(in_cluster, "replaced", "kubernetes").uid
    work(in_cluster, "replaced", "before")
    before = pod_of(namespace, uid)
    in_cluster.kill()
    namespace.delete("pod", before, now=True)
    eventually(lambda: pod_of(namespace, uid) not in ("", before), seconds=START_SECONDS)
    in_cluster.begin()
    is_back(in_cluster, "replaced", "before")
    in_cluster.delete("replaced", seconds=120)
