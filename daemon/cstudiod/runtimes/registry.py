"""Which runtime a target or a studio needs, and which of them can be used here.

The libraries behind Docker and Kubernetes are large; each is imported when the
first target needs it, so that a daemon without such targets does not pay.
"""

from __future__ import annotations

import hashlib
import importlib
import platform
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from cstudiod.errors import TargetError
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.sync_sessions import Target, TargetKind
from cstudiod.model.templates import RuntimeKind
from cstudiod.ports import Resolver, StudioRuntime


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


def studio_runtime(
    kind: RuntimeKind,
    *,
    state_dir: Path,
    install: str = "",
    configuration: ContainerConfiguration | None = None,
) -> StudioRuntime:
    """Return where studios of that kind run. It connects at its first call, not here.

    Args:
        kind: Which one.
        state_dir: The daemon's; the local runtime's studios live below it.
        install: Tells this daemon's studios from those of others that share a
            cluster or a Docker; empty: made from `state_dir` and the machine's name.
        configuration: The container configuration; not for the local runtime.

    Raises:
        TargetError: the library that it needs cannot be imported.
    """
    if kind is RuntimeKind.LOCAL:
        return _as_runtime(_import("local.studios").LocalStudios(state_dir / "studios"))
    chosen = configuration or ContainerConfiguration(name="", runtime=kind)
    whose = install or _install(state_dir)
    if kind is RuntimeKind.DOCKER:
        return _as_runtime(_import("docker.studios").DockerStudios(chosen, install=whose))
    return _as_runtime(_import("kubernetes.studios").KubernetesStudios(chosen, install=whose))


def _install(state_dir: Path) -> str:
    where = f"{platform.node()}:{state_dir.absolute()}"
    return hashlib.sha256(where.encode()).hexdigest()[:12]


def docker_client() -> Any:
    """Return the SDK's client of the Docker daemon that the `docker` command would use; blocks.

    Raises:
        TargetError: there is no Docker, or it cannot be used.
    """
    return _import("docker.host").find().client()


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


def _as_runtime(made: StudioRuntime) -> StudioRuntime:
    return made
