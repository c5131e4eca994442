"""A web app: a studio that is published, as what was asked for and how it fares."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field

PREFIX = "/web-apps-backends"


@dataclass(frozen=True, kw_only=True)
class Access:
    """Who may visit a web app; with neither, its owner and administrators alone."""

    public: bool = False
    """Everybody who reaches the gateway, without signing in."""
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class WebAppSpec:
    """What was asked for."""

    id: str
    """Seven letters and digits: the original's form."""
    studio: str
    """The uid of the studio that is published."""
    project: str
    port: int
    """The exposed port that visitors reach."""
    replicas: int = 1
    live: bool = False
    """Changes in the zones reach it at once; else at a restart."""
    access: Access = field(default_factory=Access)


class WebAppState(enum.Enum):
    """How it fares as a whole."""

    STARTING = "STARTING"
    RUNNING = "RUNNING"
    DEGRADED = "DEGRADED"
    """Some replicas are ready."""
    FAILED = "FAILED"
    """No replica is ready, and none is on its way."""
    UNPUBLISHING = "UNPUBLISHING"


def base_path(project: str, id: str) -> str:
    """Return where a web app answers; no slash at the end."""
    return f"{PREFIX}/{project}/{id}"


def replica_path(project: str, id: str, pod: str) -> str:
    """Return the prefix that a replica's programs know: each has its own.

    The original's form, where a web app is reached through a port forward (Dataiku's
    documentation, "Preparing Code Studio templates").
    """
    return f"{base_path(project, id)}_{pod}"


POD = "${K8S_POD_NAME}"
"""Filled in where the replica runs, by its runner."""
