"""From the words of Kubernetes to the reasons of ours; pure, one function a place to look.

The words are those of kubelet, scheduler, controllers and container runtimes;
which of them end a start is as other workspace systems found it useful.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from cstudiod.model.reasons import of_exit, of_pull, of_refusal, reason
from cstudiod.model.studios import Reason
from cstudiod.runtimes.kubernetes.objects import Json, listed, part

CRASHES = 3
"""So many restarts of the container are a loop; before, the next one may go well."""
PULLS = 3
"""So many attempts to reach a registry."""
MOUNTS = 3
"""So many attempts to mount a volume: a node that just attached it needs two."""
NODE = "the node"

_PULL_WAITS = ("ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ErrImageNeverPull",
               "ImageInspectError", "RegistryUnavailable")  # fmt: skip
_SHORTAGES = (
    ("unschedulable_gpu", re.compile(r"Insufficient (\S*gpu\S*)", re.I), "GPU"),
    ("unschedulable_memory", re.compile(r"Insufficient memory"), "memory"),
    ("unschedulable_cpu", re.compile(r"Insufficient cpu"), "CPU"),
    ("unschedulable_pvc", re.compile(r"persistentvolumeclaim|volume", re.I), "volume"),
    ("unschedulable_taint", re.compile(r"taint", re.I), ""),
    (
        "unschedulable_affinity",
        re.compile(r"node selector|didn.t match|affinity", re.I),
        "",
    ),
)
_SCHEDULING_MESSAGES = {
    "unschedulable_taint": "every node that would fit keeps studios off by a taint",
    "unschedulable_affinity": "no node has the labels that the node selector asks for",
    "unschedulable_pvc": "a volume of the studio cannot be had where it would run",
    "unschedulable": "no node takes the studio",
}
_QUOTA = re.compile(
    r"exceeded quota: (?P<name>[^,]+), requested: (?P<requested>.+?), used: (?P<used>.+?),"
    r" limited: (?P<limited>.+)$"
)
_LOST = {
    "Evicted": ("evicted", "its node was under pressure and evicted it"),
    "Preempting": ("preempted", "something more important took its place"),
    "Preempted": ("preempted", "something more important took its place"),
    "NodeLost": ("node_lost", "its node does not answer"),
    "NodeShutdown": ("node_lost", "its node was shut down"),
    "Shutdown": ("node_lost", "its node was shut down"),
    "Terminated": ("node_lost", "its node was shut down"),
    "NodeAffinity": ("node_lost", "its node does not fit any more"),
}


_LATE_CACHE = re.compile(r"failed to sync \w+ cache: timed out")


def of_end(container: Json, tail: str, limit: str) -> Reason | None:
    """Return why the container ended: it is not running now, or waits after its end."""
    state = part(container, "state")
    end = part(state, "terminated") or (
        part(part(container, "lastState"), "terminated") if "waiting" in state else {}
    )
    if not end:
        return None
    restarts = int(container.get("restartCount") or 0)
    said = tail or str(end.get("message") or "")
    code = int(end.get("exitCode") or 0)
    if end.get("reason") in ("ContainerCannotRun", "StartError"):
        return of_refusal(str(end.get("message") or said))
    why = of_exit(code, said, is_oom=end.get("reason") == "OOMKilled", limit=limit)
    if why.code in ("bad_command", "bad_launch", "image_platform"):
        return why
    is_loop = restarts >= CRASHES
    if why.code == "oom_killed":
        return reason(why.code, why.message, why.evidence, next=why.next, fatal=is_loop)
    if restarts < 2 and not is_loop:
        return reason(why.code, why.message, why.evidence, next=why.next, fatal=False)
    how = f"its container ended {restarts} times, the last time with status {code}"
    return reason("crash_loop", how, said or f"exit status {code}", fatal=is_loop)


def of_waiting(container: Json, events: Sequence[Json]) -> Reason | None:
    """Return why the container does not begin."""
    waiting = part(part(container, "state"), "waiting")
    word, said = str(waiting.get("reason") or ""), str(waiting.get("message") or "")
    if word in _PULL_WAITS:
        return _of_pull(container, word, said, events)
    if word == "CreateContainerConfigError":
        if _LATE_CACHE.search(said):  # the kubelet was slow to fetch it, and tries again
            return reason("mount_failed", "its secrets are not there yet", said, fatal=False)
        return reason("missing_config", f"something it refers to is missing: {said}", said)
    if word in ("RunContainerError", "CreateContainerError"):
        return of_refusal(said)
    if word == "PostStartHookError":
        return reason("hook_failed", "its post-start hook failed", said)
    return None


def _of_pull(container: Json, word: str, said: str, events: Sequence[Json]) -> Reason:
    """The container says only that it backs off; the events say why."""
    why = next(
        (
            str(one.get("message"))
            for one in newest_first(events)
            if one.get("reason") == "Failed"
            and re.search(
                r"failed to pull|failed to resolve|rpc error", str(one.get("message")), re.I
            )
        ),
        "",
    )
    evidence = why or said or word
    image = str(container.get("image") or "")
    found = of_pull(image, evidence if word != "ErrImageNeverPull" else word, place=NODE)
    if found.code == "image_registry_unreachable":
        attempts = max((count(one) for one in events if one.get("reason") == "Failed"), default=1)
        return of_pull(image, evidence, place=NODE, fatal=attempts >= PULLS)
    return reason(found.code, found.message, evidence)


def of_scheduling(
    pod: Json | None, events: Sequence[Json], seconds: float, patience: float
) -> Reason | None:
    """Return why no node takes the pod; fatal when that has lasted, and nobody adds nodes."""
    unscheduled = condition(pod or {}, "PodScheduled", "False")
    if not unscheduled:
        return None
    said = str(unscheduled.get("message") or unscheduled.get("reason") or "")
    scaling = newest(events, "TriggeredScaleUp")
    is_fatal = seconds >= patience and not scaling
    code, what = next(
        ((code, what) for code, fits, what in _SHORTAGES if fits.search(said)),
        ("unschedulable", ""),
    )
    message = _SCHEDULING_MESSAGES.get(code) or f"no node has enough {what} free"
    evidence = f"{said}\n{scaling}" if scaling else said
    waiting = "a node is being added: wait" if scaling else ""
    return reason(code, message, evidence, next=waiting, fatal=is_fatal)


def of_creation(deployment: Json) -> Reason | None:
    """Return why the deployment cannot make its pod."""
    failure = condition(deployment, "ReplicaFailure", "True")
    if not failure:
        return None
    said = str(failure.get("message") or "")
    quota = _QUOTA.search(said)
    if quota:
        return reason(
            "quota_exceeded",
            f"the quota `{quota['name']}` allows no more: asked for {quota['requested']},"
            f" used {quota['used']} of {quota['limited']}",
            said,
        )
    if "failed quota" in said:
        return reason("quota_exceeded", "the quota wants requests and limits to be set", said,
                      next="set them in the template or the container configuration")  # fmt: skip
    if re.search(r"serviceaccount .* not found", said):
        return reason("missing_config", "its service account is not there", said,
                      next="create the service account, or name another one")  # fmt: skip
    return reason("admission_denied", "the cluster does not allow its pod", said)


def of_events(events: Sequence[Json]) -> Reason | None:
    """Return what the pod's warnings tell, the newest first."""
    for one in newest_first(events):
        word, said = str(one.get("reason") or ""), str(one.get("message") or "")
        if one.get("type") != "Warning":
            continue
        if word in ("FailedMount", "FailedAttachVolume"):
            return _of_mount(one, said)
        if word in ("FailedPostStartHook", "FailedPreStopHook"):
            return reason("hook_failed", "a hook of its container failed", said)
        if word == "FailedCreatePodSandBox":
            return reason("runtime_refused", "its node cannot make the pod's sandbox", said,
                          fatal=count(one) >= MOUNTS)  # fmt: skip
    return None


def _of_mount(event: Json, said: str) -> Reason:
    missing = re.search(r'(secret|configmap) "([^"]+)" not found', said)
    if missing:
        return reason("missing_config", f"the {missing[1]} `{missing[2]}` is not there", said)
    if _LATE_CACHE.search(said):  # the kubelet was slow to fetch it, and tries again
        return reason("mount_failed", "its secrets are not there yet", said, fatal=False)
    return reason("mount_failed", "a volume cannot be mounted", said, fatal=count(event) >= MOUNTS)


def of_lost_pods(pods: Sequence[Json]) -> Reason | None:
    """Return why the pod before this one is gone; another one is on its way."""
    for pod in sorted(pods, key=_created, reverse=True):
        status = part(pod, "status")
        found = _LOST.get(str(status.get("reason") or ""))
        if found is not None:
            return reason(found[0], found[1], str(status.get("message") or status.get("reason")))
    return None


def condition(body: Json, kind: str, value: str) -> Json:
    """Return a condition that has this value; empty: it has not."""
    for item in listed(part(body, "status"), "conditions"):
        if item.get("type") == kind and item.get("status") == value:
            return item
    return {}


def newest(events: Sequence[Json], word: str) -> str:
    """Return the newest message with this reason; empty: there is none."""
    return next(
        (str(one.get("message")) for one in newest_first(events) if one.get("reason") == word), ""
    )


def newest_first(events: Sequence[Json]) -> Sequence[Json]:
    """Return events by the time of their last sight."""

    def when(event: Json) -> str:
        series = part(event, "series").get("lastObservedTime")
        return str(series or event.get("lastTimestamp") or event.get("eventTime") or "")

    return sorted(events, key=when, reverse=True)


def count(event: Json) -> int:
    """Return how often it was seen: some clusters count in `series`, some not at all."""
    found = part(event, "series").get("count") or event.get("count") or 1
    return int(found)


def _created(pod: Json) -> str:
    return str(part(pod, "metadata").get("creationTimestamp") or "")
