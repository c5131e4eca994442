"""What a look at a studio's objects means; pure.

The order in which a reason is looked for, the first one found is told: how its
container ended, why its container waits, why no node takes the pod, why no pod
can be made, the pod's warnings (the newest first), the runner's report, and when
the deployment's time is over whatever is known.
"""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from cstudiod.model import runner_reports
from cstudiod.model.reasons import reason
from cstudiod.model.studios import Observation, Phase, Reason
from cstudiod.runtimes.kubernetes import causes, manifests
from cstudiod.runtimes.kubernetes.objects import Json, listed, part

LATE = "ProgressDeadlineExceeded"
PROBING = "waiting for the node's next readiness probe"


@dataclass(frozen=True, kw_only=True)
class Snapshot:
    """What was read of a studio, at once; parts that were not needed are empty."""

    deployment: Json
    pods: Sequence[Json] = ()
    """Of its present order: `of_order`."""
    events: Sequence[Json] = ()
    """Of the current pod."""
    status: Json = field(default_factory=dict)
    """The runner's report."""
    tail: str = ""
    """The end of the log of a container that ended."""
    now: float = 0.0
    """Seconds since the epoch."""
    patience_seconds: float = 120.0
    """How long a pod may find no node."""


def observe(seen: Snapshot) -> Observation:
    """Return the observation of a studio whose deployment is there."""
    pod = current(seen.pods)
    container = status_of(pod)
    report = runner_reports.read(seen.status)
    is_late = _is_late(seen.deployment)
    is_new = not _has_been_ready(seen.deployment)
    if pod is not None and is_ready(pod):
        return _seen(seen, Phase.READY, "", _harmless(report.reason))
    why = _reason(seen, pod, container, report)
    allowed = runner_reports.Limits(start_seconds=_start_seconds(seen.deployment))
    spawned = -math.inf if is_late else seen.now  # the cluster itself measures the whole
    verdict = runner_reports.judge(report, now=seen.now, spawned=spawned, allowed=allowed)
    is_running = "running" in part(container, "state")
    # Its time is over, which the cluster's own clock may tell later.
    if is_running and (why is None or not why.fatal) and _is_fatal(verdict.reason):
        why = verdict.reason
    if is_late and is_new:
        why = _final(why) if why is not None else _deadline(seen, verdict.reason, container)
    stage = (verdict.stage or PROBING) if is_running else _stage(pod, container)
    return _seen(seen, Phase.STARTING if is_new else Phase.UNREADY, stage, why)


def hash_of(deployment: Json) -> str:
    """Return the hash of the order that a deployment was made from."""
    return _annotation(deployment, manifests.HASH)


def is_wanted(deployment: Json) -> bool:
    """Tell whether it is to have its pod; somebody may have scaled it to none."""
    return part(deployment, "spec").get("replicas") != 0


def of_order(deployment: Json, pods: Sequence[Json]) -> Sequence[Json]:
    """Return the pods of the deployment's present order; those of an earlier one are going."""
    wanted = hash_of(deployment)
    return [pod for pod in pods if _annotation(pod, manifests.HASH) == wanted]


def current(pods: Sequence[Json]) -> Json | None:
    """Return the pod that counts: one that is not going, the newest; else the newest."""

    def rank(pod: Json) -> tuple[bool, bool, str]:
        meta = part(pod, "metadata")
        is_over = part(pod, "status").get("phase") in ("Failed", "Succeeded")
        stays = not meta.get("deletionTimestamp")
        return stays, not is_over, str(meta.get("creationTimestamp") or "")

    return max(pods, key=rank, default=None)


def status_of(pod: Json | None) -> Json:
    """Return the status of the studio's container; empty: there is none yet."""
    statuses = listed(part(pod or {}, "status"), "containerStatuses")
    return next((item for item in statuses if item.get("name") == manifests.CONTAINER), {})


def is_ready(pod: Json) -> bool:
    """Tell whether the kubelet has found it ready, and it stays."""
    return not part(pod, "metadata").get("deletionTimestamp") and bool(
        causes.condition(pod, "Ready", "True")
    )


def incarnation(pod: Json | None) -> str:
    """Return what changes with the file system inside; empty: there is no container yet."""
    status = status_of(pod)
    if pod is None or not status.get("containerID"):
        return ""
    return f"{part(pod, 'metadata').get('uid')}/{status['containerID']}"


def _reason(
    seen: Snapshot, pod: Json | None, container: Json, report: runner_reports.Report
) -> Reason | None:
    limit = _annotation(seen.deployment, manifests.MEMORY)
    looks: tuple[Callable[[], Reason | None], ...] = (
        lambda: causes.of_end(container, seen.tail, limit),
        lambda: causes.of_waiting(container, seen.events),
        lambda: causes.of_scheduling(pod, seen.events, _age(seen, pod), seen.patience_seconds),
        lambda: causes.of_creation(seen.deployment),
        lambda: causes.of_events(seen.events),
        lambda: report.reason,
        # What befell the pod before this one, until this one runs.
        lambda: None if "running" in part(container, "state") else causes.of_lost_pods(seen.pods),
    )
    return next((why for look in looks if (why := look()) is not None), None)


def _deadline(seen: Snapshot, of_report: Reason | None, container: Json) -> Reason:
    """Return why time is over and nothing more precise is known."""
    if of_report is not None and "running" in part(container, "state"):
        unhealthy = causes.newest(seen.events, "Unhealthy")
        evidence = "\n".join(one for one in (of_report.evidence, unhealthy) if one)
        return dataclasses.replace(of_report, evidence=evidence)
    lines = [f"{one.get('reason')}: {one.get('message')}" for one in seen.events]
    progressing = causes.condition(seen.deployment, "Progressing", "False")
    return reason(
        "rollout_deadline",
        "it did not come up in time, and the cluster does not say why",
        "\n".join([*lines, str(progressing.get("message") or "")]),
    )


def _stage(pod: Json | None, container: Json) -> str:
    """Say how far a start is, in the words of people."""
    if pod is None:
        return "creating the pod"
    if part(pod, "metadata").get("deletionTimestamp"):
        return "waiting for the old pod's end"
    if not part(pod, "spec").get("nodeName"):
        return "looking for a node"
    waiting = part(part(container, "state"), "waiting")
    if not container or waiting.get("reason") in (None, "ContainerCreating", "PodInitializing"):
        return "preparing the container: image and volumes"
    return f"waiting: {waiting.get('reason')}"


def _is_late(deployment: Json) -> bool:
    return causes.condition(deployment, "Progressing", "False").get("reason") == LATE


def _start_seconds(deployment: Json) -> float:
    try:
        return float(_annotation(deployment, manifests.START_SECONDS))
    except ValueError:
        return math.inf


def _has_been_ready(deployment: Json) -> bool:
    """Whether this generation was ready before: then it does not start, it is unready."""
    status = part(deployment, "status")
    meta = part(deployment, "metadata")
    is_observed = int(status.get("observedGeneration") or 0) >= int(meta.get("generation") or 0)
    progressing = causes.condition(deployment, "Progressing", "True")
    return is_observed and progressing.get("reason") == "NewReplicaSetAvailable"


def _age(seen: Snapshot, pod: Json | None) -> float:
    """Return for how many seconds the pod has found no node."""
    since = causes.condition(pod or {}, "PodScheduled", "False").get("lastTransitionTime")
    try:
        began = datetime.datetime.fromisoformat(str(since)).timestamp()
    except ValueError:
        return 0.0
    return seen.now - began


def _annotation(body: Json, key: str) -> str:
    return str(part(part(body, "metadata"), "annotations").get(key) or "")


def _harmless(why: Reason | None) -> Reason | None:
    return dataclasses.replace(why, fatal=False) if why else None


def _is_fatal(why: Reason | None) -> bool:
    return why is not None and why.fatal


def _final(why: Reason) -> Reason:
    return dataclasses.replace(why, fatal=True)


def _seen(seen: Snapshot, phase: Phase, stage: str, why: Reason | None) -> Observation:
    pod = current(seen.pods)
    report: Mapping[str, object] = seen.status
    return Observation(
        phase=phase,
        incarnation=incarnation(pod),
        stage=stage,
        reason=why,
        launch_hash=hash_of(seen.deployment),
        restarts=int(status_of(pod).get("restartCount") or 0)
        + runner_reports.read(report).restarts,
        pod=str(part(pod or {}, "metadata").get("name") or ""),
    )
