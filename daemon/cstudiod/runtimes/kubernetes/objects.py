"""What we read of pods, replica sets and workloads, as values.

The API's JSON is large and open-ended; these are the parts that decisions are
made from. A missing part becomes its empty value, never an exception.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

Json: TypeAlias = Mapping[str, Any]

REVISION = "deployment.kubernetes.io/revision"
DEFAULT_CONTAINER = "kubectl.kubernetes.io/default-container"


@dataclass(frozen=True, kw_only=True)
class Container:
    """One container of a pod: what was asked for, and how it fares."""

    name: str
    image: str = ""
    is_init: bool = False
    """It runs before the others; a sidecar that goes on running is not init."""
    state: str = ""
    """``running``, ``waiting``, ``terminated``, or empty when nothing is known."""
    reason: str = ""
    """CrashLoopBackOff, ImagePullBackOff, Completed, …"""
    message: str = ""
    exit_code: int | None = None
    """Of the last end that is known."""
    container_id: str = ""
    restart_count: int = 0


@dataclass(frozen=True, kw_only=True)
class Pod:
    """One pod."""

    name: str
    namespace: str
    uid: str
    phase: str = ""
    reason: str = ""
    message: str = ""
    is_terminating: bool = False
    containers: tuple[Container, ...] = ()
    owner_uids: frozenset[str] = frozenset()
    default_container: str = ""
    """The container that its author says people mean."""
    created: str = ""
    unschedulable: str = ""
    """Why no node takes it."""

    @property
    def is_over(self) -> bool:
        """Nothing will ever run in it again."""
        return self.phase in ("Succeeded", "Failed")


@dataclass(frozen=True, kw_only=True)
class ReplicaSet:
    """One revision of a deployment."""

    uid: str
    owner_uids: frozenset[str]
    revision: int


@dataclass(frozen=True, kw_only=True)
class Workload:
    """A deployment or stateful set."""

    kind: str
    """``deploy`` or ``sts``: the word that a target is written with."""
    name: str
    namespace: str
    uid: str
    replicas: int = 1
    selector: str = ""
    """Its pods' label selector, as a query takes it."""
    failure: str = ""
    """Why it cannot make its pods, when it says so."""


def pod(body: Json) -> Pod:
    """Read a pod."""
    meta, spec, status = part(body, "metadata"), part(body, "spec"), part(body, "status")
    return Pod(
        name=str(meta.get("name", "")),
        namespace=str(meta.get("namespace", "")),
        uid=str(meta.get("uid", "")),
        phase=str(status.get("phase") or ""),
        reason=str(status.get("reason") or ""),
        message=str(status.get("message") or ""),
        is_terminating=bool(meta.get("deletionTimestamp")),
        containers=tuple(_containers(spec, status)),
        owner_uids=_owners(meta),
        default_container=str(part(meta, "annotations").get(DEFAULT_CONTAINER) or ""),
        created=str(meta.get("creationTimestamp") or ""),
        unschedulable=_condition(status, "PodScheduled", "False"),
    )


def replica_set(body: Json) -> ReplicaSet:
    """Read a replica set."""
    meta = part(body, "metadata")
    revision = str(part(meta, "annotations").get(REVISION) or "0")
    return ReplicaSet(
        uid=str(meta.get("uid", "")),
        owner_uids=_owners(meta),
        revision=int(revision) if revision.isdigit() else 0,
    )


def workload(kind: str, body: Json) -> Workload:
    """Read a deployment or stateful set."""
    meta, spec, status = part(body, "metadata"), part(body, "spec"), part(body, "status")
    replicas = spec.get("replicas")
    return Workload(
        kind=kind,
        name=str(meta.get("name", "")),
        namespace=str(meta.get("namespace", "")),
        uid=str(meta.get("uid", "")),
        replicas=1 if replicas is None else int(replicas),
        selector=_selector(part(spec, "selector")),
        failure=_condition(status, "ReplicaFailure", "True"),
    )


def _containers(spec: Json, status: Json) -> Iterable[Container]:
    for specs, statuses, is_init in (
        ("containers", "containerStatuses", False),
        ("initContainers", "initContainerStatuses", True),
        ("ephemeralContainers", "ephemeralContainerStatuses", False),
    ):
        known: dict[Any, Json] = {item.get("name"): item for item in listed(status, statuses)}
        for item in listed(spec, specs):
            is_sidecar = is_init and item.get("restartPolicy") == "Always"
            yield _container(item, known.get(item.get("name"), {}), is_init and not is_sidecar)


def _container(spec: Json, status: Json, is_init: bool) -> Container:
    state = next(iter(part(status, "state")), "")
    detail = part(part(status, "state"), state)
    last = part(part(status, "lastState"), "terminated")
    exit_code = detail.get("exitCode", last.get("exitCode"))
    return Container(
        name=str(spec.get("name", "")),
        image=str(spec.get("image") or ""),
        is_init=is_init,
        state=state,
        reason=str(detail.get("reason") or ""),
        message=str(detail.get("message") or ""),
        exit_code=None if exit_code is None else int(exit_code),
        container_id=str(status.get("containerID") or ""),
        restart_count=int(status.get("restartCount") or 0),
    )


def _selector(body: Json) -> str:
    terms = [f"{key}={value}" for key, value in sorted(part(body, "matchLabels").items())]
    for item in listed(body, "matchExpressions"):
        key, values = item.get("key"), ",".join(item.get("values") or ())
        match item.get("operator"):
            case "In":
                terms.append(f"{key} in ({values})")
            case "NotIn":
                terms.append(f"{key} notin ({values})")
            case "Exists":
                terms.append(f"{key}")
            case "DoesNotExist":
                terms.append(f"!{key}")
    return ",".join(terms)


def _condition(status: Json, kind: str, value: str) -> str:
    for item in listed(status, "conditions"):
        if item.get("type") == kind and item.get("status") == value:
            return str(item.get("message") or item.get("reason") or "")
    return ""


def _owners(meta: Json) -> frozenset[str]:
    return frozenset(str(item.get("uid")) for item in listed(meta, "ownerReferences"))


def part(body: Json, name: str) -> Json:
    """Return an object inside another; empty: it is not there, or no object."""
    found = body.get(name)
    return found if isinstance(found, Mapping) else {}


def listed(body: Json, name: str) -> Sequence[Json]:
    """Return the objects of a list; empty: there is no list."""
    found = body.get(name)
    if not isinstance(found, list):
        return []
    return [item for item in found if isinstance(item, Mapping)]
