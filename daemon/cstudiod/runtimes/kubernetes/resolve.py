"""Which container a target means just now, or why none: one decision, pure.

For a deployment the newest revision that runs anywhere wins; pods that are
being deleted, have failed or are finished do not count; readiness does not
matter, because a program that does not start is what people mirror a fix into.
Several replicas are refused by what the workload asks for, not by what happens
to run, so that a session does not start well and break when the second pod comes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from cstudiod.errors import TargetError
from cstudiod.ports import Place
from cstudiod.runtimes.kubernetes.objects import Container, Pod, ReplicaSet, Workload
from cstudiod.runtimes.output import printable


@dataclass(frozen=True, kw_only=True)
class PodPlace(Place):
    """A container of a pod, with what an exec call needs."""

    namespace: str
    pod: str
    container: str


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why there is no place, and what to do about it."""

    reason: str
    message: str
    next: str = ""
    permanent: bool = False
    metadata: dict[str, str] = field(default_factory=dict)

    def error(self) -> TargetError:
        """Return it as what the edge raises."""
        return TargetError(
            self.message,
            reason=self.reason,
            next=self.next,
            permanent=self.permanent,
            **self.metadata,
        )


Choice: TypeAlias = tuple[PodPlace, ...] | Refusal
"""One place; several only when all replicas were asked for."""


def choose(
    workload: Workload | None,
    replica_sets: Sequence[ReplicaSet],
    pods: Sequence[Pod],
    *,
    container: str = "",
    pod: str = "",
    all_replicas: bool = False,
) -> Choice:
    """Return where the target is.

    Without a workload `pods` holds the one pod that was named. With one, `pods`
    is what its selector finds, which may include pods of others.
    """
    if workload is None:
        return _in_pod(pods[0], container)
    groups = _by_revision(workload, replica_sets, pods)
    owned = [item for group in groups for item in group]
    if pod:
        named = [item for item in owned if item.name == pod]
        return _in_pod(named[0], container) if named else _no_such_pod(workload, pod, owned)
    if workload.replicas == 0:
        return _scaled_to_nothing(workload)
    live = [item for item in owned if not item.is_terminating and not item.is_over]
    if workload.replicas > 1 and not all_replicas:
        return _several(workload, live)
    for group in groups:
        places = [place for item in group if item in live for place in _place(item, container)]
        if len(places) > 1 and not all_replicas:
            return _several(workload, group)
        if places:
            return tuple(places)
    return _in_pod(live[0], container) if live else _no_pods(workload)


def has_ended(place: PodPlace, pod: Pod) -> bool:
    """Tell whether `place` is over, or about to be, as `pod` now shows."""
    if pod.is_terminating or pod.is_over:
        return True
    return incarnation(pod, _find(pod, place.container)) != place.incarnation


def incarnation(pod: Pod, container: Container | None) -> str:
    """Name this life of the container; another one has other files."""
    if container is None or container.state != "running":
        return ""
    return f"{pod.uid}/{container.container_id}/{container.restart_count}"


def _by_revision(
    workload: Workload, replica_sets: Sequence[ReplicaSet], pods: Sequence[Pod]
) -> list[list[Pod]]:
    """Return the workload's own pods, the newest revision first, then by name."""
    revisions = {workload.uid: 0} | {
        item.uid: item.revision for item in replica_sets if workload.uid in item.owner_uids
    }
    groups: dict[int, list[Pod]] = {}
    for item in sorted(pods, key=lambda item: item.name):
        if item.owner_uids & revisions.keys():
            newest = max(revisions.get(uid, 0) for uid in item.owner_uids)
            groups.setdefault(newest, []).append(item)
    return [groups[revision] for revision in sorted(groups, reverse=True)]


def _place(pod: Pod, container: str) -> tuple[PodPlace, ...]:
    choice = _in_pod(pod, container)
    return () if isinstance(choice, Refusal) else choice


def _in_pod(pod: Pod, name: str) -> Choice:
    if pod.is_terminating:
        return _not_running(pod, f"pod {pod.name} is being deleted", f"kubectl get pod {pod.name}")
    if pod.is_over:
        why = printable(f"{pod.reason} {pod.message}") or f"it {pod.phase.lower()}"
        return _not_running(
            pod, f"pod {pod.name} has ended: {why}", f"kubectl describe pod {pod.name}"
        )
    container = _pick(pod, name)
    if isinstance(container, Refusal):
        return container
    if container.state != "running":
        return _why_not_running(pod, container)
    return (
        PodPlace(
            label=f"pod {pod.name} (container {container.name})",
            incarnation=incarnation(pod, container),
            replica=pod.name,
            namespace=pod.namespace,
            pod=pod.name,
            container=container.name,
        ),
    )


def _pick(pod: Pod, name: str) -> Container | Refusal:
    """Return the container that is meant: by name, by annotation, or the only one."""
    wanted = name or pod.default_container
    found = _find(pod, wanted) if wanted else None
    if found is not None:
        return found
    regular = [item for item in pod.containers if not item.is_init]
    if not name and len(regular) == 1:
        return regular[0]
    names = ", ".join(item.name for item in regular)
    if name:
        message = f"pod {pod.name} has no container `{name}`: it has {names}"
    else:
        message = f"pod {pod.name} has several containers: name one of {names}"
    return Refusal(
        reason="CONTAINER_NOT_FOUND",
        message=message,
        next=f"-c {regular[0].name}" if regular else "",
        permanent=True,
        metadata={"pod": pod.name, "containers": names},
    )


def _find(pod: Pod, name: str) -> Container | None:
    return next((item for item in pod.containers if item.name == name), None)


_CANNOT_PULL = frozenset(
    (
        "ErrImagePull",
        "ImagePullBackOff",
        "InvalidImageName",
        "ErrImageNeverPull",
        "ImageInspectError",
    )
)
_BEING_MADE = frozenset(("", "ContainerCreating", "PodInitializing"))


def _why_not_running(pod: Pod, container: Container) -> Refusal:
    """Say why a container of a living pod does not run."""
    where = f"container {container.name} of pod {pod.name}"
    describe = f"kubectl describe pod {pod.name}"
    ended = "" if container.exit_code is None else f" with exit status {container.exit_code}"
    if pod.unschedulable:
        return _not_running(
            pod, f"no node takes pod {pod.name}: {printable(pod.unschedulable)}", describe
        )
    if (init := _unfinished_init(pod)) is not None and container.reason in _BEING_MADE:
        if init.state == "running":
            return _not_running(
                pod,
                f"{where} waits for the init container {init.name}",
                f"kubectl logs {pod.name} -c {init.name}",
            )
        if init.reason not in _BEING_MADE:
            return _why_not_running(pod, init)
    if container.reason in _CANNOT_PULL:
        why = printable(container.message or container.reason)
        return _not_running(
            pod, f"{where} has no image: `{container.image}` cannot be pulled: {why}", describe
        )
    if container.reason == "CrashLoopBackOff":
        return _not_running(
            pod,
            f"{where} keeps crashing: it ended{ended}, {container.restart_count} restarts so far",
            f"kubectl logs {pod.name} -c {container.name} --previous",
        )
    if container.state == "terminated":
        why = container.reason if container.reason not in ("", "Error", "Completed") else ""
        return _not_running(
            pod,
            f"{where} has ended{ended}" + (f": {why}" if why else ""),
            f"kubectl logs {pod.name} -c {container.name}",
        )
    if container.reason in _BEING_MADE:
        return _not_running(pod, f"{where} is being created", f"kubectl get pod {pod.name} --watch")
    why = printable(f"{container.reason}: {container.message}".rstrip(": "))
    return _not_running(pod, f"{where} does not start: {why}", describe)


def _unfinished_init(pod: Pod) -> Container | None:
    """Return the init container that holds up the others."""
    for item in pod.containers:
        if item.is_init and not (item.state == "terminated" and item.exit_code == 0):
            return item
    return None


def _not_running(pod: Pod, message: str, command: str) -> Refusal:
    return Refusal(
        reason="TARGET_NOT_RUNNING",
        message=message,
        next=f"{command} -n {pod.namespace}",
        metadata={"pod": pod.name, "namespace": pod.namespace},
    )


def _several(workload: Workload, pods: Sequence[Pod]) -> Refusal:
    names = _names(pods)
    count = max(workload.replicas, len(pods))
    example = f"--pod {pods[0].name}" if pods else "--pod NAME"
    return Refusal(
        reason="SEVERAL_REPLICAS",
        message=f"{workload.kind}/{workload.name} has {count} replicas"
        f"{' (' + names + ')' if names else ''}: name one with --pod NAME, "
        "or write to all with --all-replicas (one-way modes only)",
        next=example,
        permanent=True,
        metadata={"pods": names, "replicas": str(count)},
    )


def _no_such_pod(workload: Workload, pod: str, owned: Sequence[Pod]) -> Refusal:
    names = _names([item for item in owned if not item.is_terminating])
    return Refusal(
        reason="TARGET_NOT_FOUND",
        message=f"{workload.kind}/{workload.name} has no pod `{pod}`: it has {names or 'none'}",
        next=f"kubectl get pods -n {workload.namespace} -l '{workload.selector}'",
        metadata={"pod": pod, "pods": names},
    )


def _scaled_to_nothing(workload: Workload) -> Refusal:
    return Refusal(
        reason="TARGET_NOT_RUNNING",
        message=f"{workload.kind}/{workload.name} is scaled to 0 replicas",
        next=f"kubectl scale {workload.kind}/{workload.name} --replicas=1 -n {workload.namespace}",
        metadata={"namespace": workload.namespace},
    )


def _no_pods(workload: Workload) -> Refusal:
    why = f": {printable(workload.failure)}" if workload.failure else " yet"
    return Refusal(
        reason="TARGET_NOT_RUNNING",
        message=f"{workload.kind}/{workload.name} has no running pod{why}",
        next=f"kubectl describe {workload.kind} {workload.name} -n {workload.namespace}",
        metadata={"namespace": workload.namespace},
    )


def _names(pods: Iterable[Pod]) -> str:
    names = sorted(item.name for item in pods)
    shown = names if len(names) <= 6 else [*names[:5], f"{len(names) - 5} more"]
    return ", ".join(shown)
