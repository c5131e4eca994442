"""What is read of the API's JSON."""

from __future__ import annotations

from typing import Any

import pytest
from cstudiod.runtimes.kubernetes import objects
from cstudiod.runtimes.kubernetes.objects import Container

POD: dict[str, Any] = {
    "metadata": {
        "name": "api-1",
        "namespace": "shop",
        "uid": "u",
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "annotations": {"kubectl.kubernetes.io/default-container": "app"},
        "ownerReferences": [{"kind": "ReplicaSet", "uid": "rs"}],
    },
    "spec": {
        "containers": [{"name": "app", "image": "shop/api:1"}, {"name": "new"}],
        "initContainers": [{"name": "setup"}, {"name": "mesh", "restartPolicy": "Always"}],
        "ephemeralContainers": [{"name": "debug"}],
    },
    "status": {
        "phase": "Running",
        "conditions": [
            {"type": "PodScheduled", "status": "False", "message": "no room"},
        ],
        "containerStatuses": [
            {
                "name": "app",
                "state": {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off"}},
                "lastState": {"terminated": {"exitCode": 3}},
                "restartCount": 2,
                "containerID": "containerd://a",
            }
        ],
        "initContainerStatuses": [
            {"name": "setup", "state": {"terminated": {"exitCode": 0, "reason": "Completed"}}},
            {"name": "mesh", "state": {"running": {}}},
        ],
    },
}


def test_a_pod() -> None:
    """All that decisions need, and a sidecar counts as a container."""
    pod = objects.pod(POD)
    assert (pod.name, pod.namespace, pod.uid, pod.phase) == ("api-1", "shop", "u", "Running")
    assert pod.owner_uids == {"rs"}
    assert pod.default_container == "app"
    assert pod.unschedulable == "no room"
    assert not pod.is_terminating
    assert pod.containers == (
        Container(
            name="app",
            image="shop/api:1",
            state="waiting",
            reason="CrashLoopBackOff",
            message="back-off",
            exit_code=3,
            container_id="containerd://a",
            restart_count=2,
        ),
        Container(name="new"),
        Container(name="setup", is_init=True, state="terminated", reason="Completed", exit_code=0),
        Container(name="mesh", state="running"),
        Container(name="debug"),
    )


def test_terminating() -> None:
    """A deletion timestamp is a pod on its way out."""
    assert objects.pod({"metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}).is_terminating


@pytest.mark.parametrize(
    "body",
    [{}, {"metadata": None}, {"status": {"containerStatuses": None}}, {"spec": {"containers": 3}}],
)
def test_odd_bodies(body: dict[str, Any]) -> None:
    """A missing or odd part is an empty one."""
    assert objects.pod(body).containers == ()


def test_a_replica_set() -> None:
    """The revision orders a deployment's replica sets; an odd one is the oldest."""
    meta = {"uid": "rs", "annotations": {"deployment.kubernetes.io/revision": "12"}}
    assert objects.replica_set({"metadata": meta}).revision == 12
    assert objects.replica_set({"metadata": {}}).revision == 0


def test_a_workload() -> None:
    """No replicas asked for means one; the selector becomes a query."""
    body = {
        "metadata": {"name": "api", "namespace": "shop", "uid": "d"},
        "spec": {
            "selector": {
                "matchLabels": {"b": "2", "a": "1"},
                "matchExpressions": [
                    {"key": "t", "operator": "In", "values": ["x", "y"]},
                    {"key": "u", "operator": "NotIn", "values": ["z"]},
                    {"key": "v", "operator": "Exists"},
                    {"key": "w", "operator": "DoesNotExist"},
                ],
            }
        },
        "status": {
            "conditions": [{"type": "ReplicaFailure", "status": "True", "message": "quota"}]
        },
    }
    workload = objects.workload("deploy", body)
    assert workload.replicas == 1
    assert workload.selector == "a=1,b=2,t in (x,y),u notin (z),v,!w"
    assert workload.failure == "quota"
    assert objects.workload("sts", {"spec": {"replicas": 0}}).replicas == 0
