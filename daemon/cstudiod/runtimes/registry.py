"""Which runtime a target needs, and which of them can be used here.

The libraries behind Docker and Kubernetes are large; each is imported when the
first target needs it, so that a daemon without such targets does not pay.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from types import ModuleType

from cstudiod.errors import TargetError
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.ports import Resolver


@dataclass(frozen=True, kw_only=True)
class Availability:
    """Whether a runtime can be used here."""

    runtime: str
    """``local``, ``docker`` or ``kubernetes``."""
    is_available: bool
    detail: str
    """Its version or address; else why it cannot be used."""
    next: str = ""


def resolver(target: Target) -> Resolver:
    """Return what finds `target`. It connects at its first call, not here.

    Raises:
        TargetError: the library that it needs cannot be imported.
    """
    match target.kind:
        case TargetKind.FOLDER:
            return _as_resolver(_import("local").Folder(target.path))
        case TargetKind.DOCKER:
            return _as_resolver(_import("docker.resolver").DockerResolver(target.name))
        case _:
            return _as_resolver(_import("kubernetes.resolver").KubernetesResolver(target))


async def availability(kubeconfig: str = "", context: str = "") -> tuple[Availability, ...]:
    """Return what can be used here, each runtime asked; takes seconds at most."""
    return (
        Availability(runtime="local", is_available=True, detail="folders of this machine"),
        await _probe("docker"),
        await _probe("kubernetes", kubeconfig, context),
    )


async def _probe(runtime: str, *args: str) -> Availability:
    try:
        detail = await _import(f"{runtime}.probe").probe(*args)
    except TargetError as error:
        return Availability(
            runtime=runtime, is_available=False, detail=error.message, next=error.next
        )
    return Availability(runtime=runtime, is_available=True, detail=str(detail))


def _import(name: str) -> ModuleType:
    try:
        return importlib.import_module(f"cstudiod.runtimes.{name}")
    except ImportError as error:
        runtime = name.partition(".")[0]
        raise TargetError(
            f"the {runtime} runtime cannot be used: {error}",
            reason="RUNTIME_UNAVAILABLE",
            next="install cstudio again: a library of it is missing",
            permanent=True,
            runtime=runtime,
        ) from error


def _as_resolver(made: Resolver) -> Resolver:
    return made
