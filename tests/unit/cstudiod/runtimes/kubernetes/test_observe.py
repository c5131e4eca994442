"""What a look at a studio's objects means; the objects are as real clusters show them."""

from __future__ import annotations

from typing import Any

import pytest
from cstudiod.model.studios import Observation, Phase
from cstudiod.runtimes.kubernetes.observe import Snapshot, observe, of_order

SINCE = "2026-01-01T00:00:00Z"
SINCE_SECONDS = 1767225600.0
CREATING = {"waiting": {"reason": "ContainerCreating"}}
RUNNING = {"running": {"startedAt": SINCE}}
BACK_OFF = {"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting"}}


def deployment(*conditions: tuple[str, str, str, str]) -> dict[str, Any]:
    """A deployment of the first generation with conditions (type, status, reason, message)."""
    return {
        "metadata": {
            "generation": 1,
            "annotations": {
                "cstudio/hash": "h1",
                "cstudio/memory-limit": "64Mi",
                "cstudio/start-seconds": "60",
            },
        },
        "status": {"observedGeneration": 1, "conditions": named(*conditions)},
    }


def named(*conditions: tuple[str, str, str, str]) -> list[dict[str, Any]]:
    return [
        {
            "type": kind,
            "status": status,
            "reason": why,
            "message": said,
            "lastTransitionTime": SINCE,
        }
        for kind, status, why, said in conditions
    ]


def pod(
    state: dict[str, Any] | None = None,
    *,
    restarts: int = 0,
    last: dict[str, Any] | None = None,
    conditions: tuple[tuple[str, str, str, str], ...] = (),
    status: dict[str, Any] | None = None,
    name: str = "p1",
    created: str = SINCE,
    deleted: bool = False,
    node: str = "n1",
) -> dict[str, Any]:
    container = {
        "name": "studio",
        "image": "x:1",
        "state": state or {},
        "lastState": {"terminated": last} if last else {},
        "restartCount": restarts,
        "containerID": "containerd://c1" if state and "running" in state else "",
    }
    meta = {"name": name, "uid": f"uid-{name}", "creationTimestamp": created}
    return {
        "metadata": {**meta, **({"deletionTimestamp": SINCE} if deleted else {})},
        "spec": {"nodeName": node} if node else {},
        "status": {
            "phase": "Pending",
            "conditions": named(*conditions),
            "containerStatuses": [container] if state else [],
            **(status or {}),
        },
    }


def event(
    reason: str, message: str, count: int = 1, at: str = SINCE, kind: str = "Warning"
) -> dict[str, Any]:
    return {"type": kind, "reason": reason, "message": message, "count": count, "lastTimestamp": at}


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    return {"waiting": {"reason": reason, "message": message}}


def unscheduled(message: str) -> dict[str, Any]:
    return pod(conditions=(("PodScheduled", "False", "Unschedulable", message),), node="")


NOT_READY = deployment(("Progressing", "True", "ReplicaSetUpdated", ""))
LATE = deployment(("Progressing", "False", "ProgressDeadlineExceeded", "has timed out"))
WAS_READY = deployment(("Progressing", "True", "NewReplicaSetAvailable", ""))
READY = ("Ready", "True", "", "")
QUOTA = deployment(
    (
        "ReplicaFailure",
        "True",
        "FailedCreate",
        'pods "cstudio-x-1" is forbidden: exceeded quota: small, requested: requests.cpu=2,'
        " used: requests.cpu=1, limited: requests.cpu=2",
    )
)
POLICY = deployment(
    ("ReplicaFailure", "True", "FailedCreate", 'pods "x" is forbidden: violates PodSecurity')
)
NO_ACCOUNT = deployment(
    (
        "ReplicaFailure",
        "True",
        "FailedCreate",
        'pods "x-" is forbidden: error looking up service account ns/robot:'
        ' serviceaccount "robot" not found',
    )
)
NO_IMAGE = (
    'Failed to pull image "x:1": rpc error: code = NotFound desc = failed to pull and unpack'
    ' image "x:1": failed to resolve reference "x:1": x:1: not found'
)
NO_HOST = (
    'Failed to pull image "x:1": rpc error: code = Unknown desc = failed to pull and unpack image'
    ' "x:1": failed to do request: Head "https://x": dial tcp: lookup x: no such host'
)
DENIED = (
    'Failed to pull image "x:1": rpc error: code = Unknown desc = failed to authorize: 401'
    " Unauthorized"
)
LATE_CACHE = "failed to sync secret cache: timed out waiting for the condition"
NO_PROGRAM = (
    'failed to create containerd task: OCI runtime create failed: exec: "no": executable file not'
    " found in $PATH: unknown"
)
BAD_COMMAND = {
    "phase": "starting",
    "reason": {"code": "bad_command", "message": "`x` is not found", "evidence": "ENOENT"},
}
PREFIX = {
    "phase": "starting",
    "readiness": {
        "message": "404",
        "url": {"outcome": "wrong_prefix", "url": "http://a/p/", "other_url": "http://a/"},
    },
}


def look(**parts: Any) -> Observation:
    given = {"deployment": NOT_READY, "now": SINCE_SECONDS + 10, "patience_seconds": 60, **parts}
    return observe(Snapshot(**given))


@pytest.mark.parametrize(
    ("parts", "phase", "code", "fatal"),
    [
        # --------------------------------------------------------------- going well
        ({}, Phase.STARTING, "", None),
        ({"pods": [pod(CREATING)]}, Phase.STARTING, "", None),
        ({"pods": [pod(RUNNING)]}, Phase.STARTING, "", None),
        ({"pods": [pod(RUNNING, conditions=(READY,))]}, Phase.READY, "", None),
        (
            {"pods": [pod(RUNNING, conditions=(READY,), deleted=True)], "deployment": WAS_READY},
            Phase.UNREADY,
            "",
            None,
        ),
        ({"pods": [pod(RUNNING)], "deployment": WAS_READY}, Phase.UNREADY, "", None),
        # --------------------------------------------------------------- the image
        (
            {"pods": [pod(waiting("ImagePullBackOff"))], "events": [event("Failed", NO_IMAGE)]},
            Phase.STARTING,
            "image_not_found",
            True,
        ),
        ({"pods": [pod(waiting("ErrImageNeverPull"))]}, Phase.STARTING, "image_not_found", True),
        (
            {"pods": [pod(waiting("ErrImagePull", DENIED))]},
            Phase.STARTING,
            "image_auth",
            True,
        ),
        (
            {"pods": [pod(waiting("ErrImagePull", NO_HOST))], "events": [event("Failed", NO_HOST)]},
            Phase.STARTING,
            "image_registry_unreachable",
            False,
        ),
        (
            {
                "pods": [pod(waiting("ImagePullBackOff"))],
                "events": [event("Failed", NO_HOST, 3)],
            },
            Phase.STARTING,
            "image_registry_unreachable",
            True,
        ),
        # --------------------------------------------------------------- the place
        (
            {"pods": [unscheduled("0/3 nodes are available: 3 Insufficient cpu.")]},
            Phase.STARTING,
            "unschedulable_cpu",
            False,
        ),
        (
            {
                "pods": [unscheduled("0/3 nodes are available: 3 Insufficient cpu.")],
                "now": SINCE_SECONDS + 61,
            },
            Phase.STARTING,
            "unschedulable_cpu",
            True,
        ),
        (
            {
                "pods": [unscheduled("0/3 nodes are available: 3 Insufficient cpu.")],
                "events": [event("TriggeredScaleUp", "pod triggered scale-up", kind="Normal")],
                "now": SINCE_SECONDS + 999,
            },
            Phase.STARTING,
            "unschedulable_cpu",
            False,
        ),
        (
            {"pods": [unscheduled("0/1 nodes are available: 1 Insufficient memory.")]},
            Phase.STARTING,
            "unschedulable_memory",
            False,
        ),
        (
            {"pods": [unscheduled("0/1 nodes are available: 1 Insufficient nvidia.com/gpu.")]},
            Phase.STARTING,
            "unschedulable_gpu",
            False,
        ),
        (
            {
                "pods": [
                    unscheduled("0/1 nodes are available: 1 node(s) had taint {a: b}, that the pod"
                                " didn't tolerate.")
                ]
            },
            Phase.STARTING,
            "unschedulable_taint",
            False,
        ),
        (
            {"pods": [unscheduled("0/1 nodes are available: 1 didn't match node selector.")]},
            Phase.STARTING,
            "unschedulable_affinity",
            False,
        ),
        (
            {"pods": [unscheduled('persistentvolumeclaim "x" not found')]},
            Phase.STARTING,
            "unschedulable_pvc",
            False,
        ),
        ({"deployment": QUOTA}, Phase.STARTING, "quota_exceeded", True),
        ({"deployment": POLICY}, Phase.STARTING, "admission_denied", True),
        ({"deployment": NO_ACCOUNT}, Phase.STARTING, "missing_config", True),
        # ------------------------------------------------------------- the container
        (
            {"pods": [pod(waiting("CreateContainerConfigError", 'secret "s" not found'))]},
            Phase.STARTING,
            "missing_config",
            True,
        ),
        (
            {"pods": [pod(waiting("CreateContainerConfigError", LATE_CACHE))]},
            Phase.STARTING,
            "mount_failed",
            False,
        ),
        (
            {"pods": [pod(waiting("RunContainerError", NO_PROGRAM))]},
            Phase.STARTING,
            "bad_command",
            True,
        ),
        (
            {
                "pods": [
                    pod(
                        BACK_OFF,
                        restarts=1,
                        last={"exitCode": 128, "reason": "StartError", "message": NO_PROGRAM},
                    )
                ]
            },
            Phase.STARTING,
            "bad_command",
            True,
        ),
        (
            {"pods": [pod(BACK_OFF, restarts=1, last={"exitCode": 3, "reason": "Error"})]},
            Phase.STARTING,
            "entrypoint_exited",
            False,
        ),
        (
            {"pods": [pod(BACK_OFF, restarts=2, last={"exitCode": 3, "reason": "Error"})]},
            Phase.STARTING,
            "crash_loop",
            False,
        ),
        (
            {"pods": [pod(BACK_OFF, restarts=3, last={"exitCode": 3, "reason": "Error"})]},
            Phase.STARTING,
            "crash_loop",
            True,
        ),
        (
            {"pods": [pod(BACK_OFF, restarts=1, last={"exitCode": 137, "reason": "OOMKilled"})]},
            Phase.STARTING,
            "oom_killed",
            False,
        ),
        (
            {"pods": [pod(BACK_OFF, restarts=3, last={"exitCode": 137, "reason": "OOMKilled"})]},
            Phase.STARTING,
            "oom_killed",
            True,
        ),
        (
            {
                "pods": [pod(BACK_OFF, restarts=1, last={"exitCode": 2, "reason": "Error"})],
                "tail": "cstudio runner: the launch document is not valid",
            },
            Phase.STARTING,
            "bad_launch",
            True,
        ),
        # --------------------------------------------------------------- its warnings
        (
            {"pods": [pod(CREATING)], "events": [event("FailedMount", "timed out waiting", 2)]},
            Phase.STARTING,
            "mount_failed",
            False,
        ),
        (
            {
                "pods": [pod(CREATING)],
                "events": [event("FailedMount", "failed to sync secret cache: timed out", 9)],
            },
            Phase.STARTING,
            "mount_failed",
            False,
        ),
        (
            {"pods": [pod(CREATING)], "events": [event("FailedMount", "timed out waiting", 3)]},
            Phase.STARTING,
            "mount_failed",
            True,
        ),
        (
            {
                "pods": [pod(CREATING)],
                "events": [
                    event("FailedMount", 'MountVolume.SetUp failed: secret "s" not found', 1)
                ],
            },
            Phase.STARTING,
            "missing_config",
            True,
        ),
        (
            {"pods": [pod(RUNNING)], "events": [event("FailedPostStartHook", "exit 1")]},
            Phase.STARTING,
            "hook_failed",
            True,
        ),
        # --------------------------------------------------------------- the runner
        (
            {
                "pods": [pod(RUNNING)],
                "status": {"phase": "starting", "entrypoints": [{"started": SINCE_SECONDS}]},
                "now": SINCE_SECONDS + 61,
            },
            Phase.STARTING,
            "readiness_timeout",
            True,
        ),
        ({"pods": [pod(RUNNING)], "status": BAD_COMMAND}, Phase.STARTING, "bad_command", True),
        (
            {"pods": [pod(RUNNING)], "status": PREFIX, "deployment": LATE},
            Phase.STARTING,
            "wrong_prefix",
            True,
        ),
        ({"pods": [pod(RUNNING)], "deployment": LATE}, Phase.STARTING, "readiness_timeout", True),
        ({"pods": [pod(CREATING)], "deployment": LATE}, Phase.STARTING, "rollout_deadline", True),
        (
            {
                "pods": [pod(waiting("ErrImagePull", NO_HOST))],
                "events": [event("Failed", NO_HOST)],
                "deployment": LATE,
            },
            Phase.STARTING,
            "image_registry_unreachable",
            True,
        ),
        # -------------------------------------------------------------- from outside
        (
            {
                "pods": [
                    pod(status={"phase": "Failed", "reason": "Evicted", "message": "disk"}),
                    pod(CREATING, name="p2", created="2026-01-01T00:00:05Z"),
                ],
                "deployment": WAS_READY,
            },
            Phase.UNREADY,
            "evicted",
            False,
        ),
        (
            {"pods": [pod(status={"phase": "Failed", "reason": "NodeLost"})]},
            Phase.STARTING,
            "node_lost",
            False,
        ),
    ],
)  # fmt: skip
def test_observe(parts: dict[str, Any], phase: Phase, code: str, fatal: bool | None) -> None:
    """One reason, found in the order of the module, fatal as the table says."""
    seen = look(**parts)
    assert seen.phase is phase
    assert (seen.reason.code if seen.reason else "") == code
    assert (seen.reason.fatal if seen.reason else None) == fatal
    assert seen.launch_hash == "h1"
    assert phase is not Phase.STARTING or seen.stage


def test_a_quota_is_told_with_its_numbers() -> None:
    """Who, how much, of how much."""
    seen = look(deployment=QUOTA)
    assert seen.reason is not None
    for part in ("`small`", "requests.cpu=2", "used requests.cpu=1"):
        assert part in seen.reason.message


def test_the_memory_limit_is_told() -> None:
    """It stands in the deployment."""
    ended = {"exitCode": 137, "reason": "OOMKilled"}
    seen = look(pods=[pod(BACK_OFF, restarts=1, last=ended)])
    assert seen.reason is not None
    assert "64Mi" in seen.reason.message


def test_the_incarnation_changes_with_the_container() -> None:
    """And is empty while there is none."""
    assert look(pods=[pod(RUNNING)]).incarnation == "uid-p1/containerd://c1"
    assert look(pods=[pod(CREATING)]).incarnation == ""


def test_a_pod_of_an_earlier_order_does_not_count() -> None:
    """It may still be ready when the deployment has changed."""
    old, new = pod(RUNNING, conditions=(READY,)), pod(CREATING, name="p2")
    for one, order in ((old, "h0"), (new, "h1")):
        one["metadata"]["annotations"] = {"cstudio/hash": order}
    assert of_order(NOT_READY, [old, new]) == [new]
    assert of_order(NOT_READY, [old]) == []


def test_misshapen_objects_are_not_ready() -> None:
    """Whatever comes, there is an observation."""
    seen = observe(Snapshot(deployment={}, pods=[{"status": {"containerStatuses": [3]}}]))
    assert seen.phase is Phase.STARTING
