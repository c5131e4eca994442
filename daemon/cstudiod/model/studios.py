"""A studio: what was asked for, what runs, and why it does not."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from cstudiod.model.blueprints import ExposedPort, KubernetesSettings, Readiness
from cstudiod.model.templates import RuntimeKind


class StudioState(enum.Enum):
    """The original's four, as its users know them."""

    STOPPED = "STOPPED"
    STARTING = "STARTING"
    RUNNING = "RUNNING"
    STOPPING = "STOPPING"


@dataclass(frozen=True, kw_only=True)
class Reason:
    """Why a studio does not run as asked: a code, a sentence, what was seen, what to do."""

    code: str
    """Of the table of reasons: ``image_not_found``, ``crash_loop``, …"""
    message: str
    evidence: str = ""
    """What the runtime said, verbatim, several lines at most."""
    next: str = ""
    fatal: bool = True
    """Waiting longer does not help: the start ends now."""


@dataclass(frozen=True, kw_only=True)
class StudioSpec:
    """What was asked for; changed by the owner alone."""

    name: str
    project: str
    owner: str
    template: str
    runtime: RuntimeKind
    configuration: str = ""
    """Name of the container configuration; empty: the default one."""


class Phase(enum.Enum):
    """What a runtime sees of a spawned studio."""

    ABSENT = "absent"
    STARTING = "starting"
    READY = "ready"
    """Its readiness is true now."""
    UNREADY = "unready"
    """It was ready, or runs, but its readiness is false now."""
    ENDED = "ended"
    """It will not come back by itself."""


@dataclass(frozen=True, kw_only=True)
class Observation:
    """One look at a spawned studio; the same look twice gives equal values."""

    phase: Phase
    incarnation: str = ""
    """Changes when the file system inside may be another one."""
    stage: str = ""
    """For people, while starting: ``pulling image``, ``waiting for port 8888``."""
    reason: Reason | None = None
    launch_hash: str = ""
    """Of the spec that it was spawned from (`Spawn.hash`); tells adoption from leftovers."""
    restarts: int = 0
    pod: str = ""
    """What `${K8S_POD_NAME}` is inside; empty: nothing runs yet."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Where things are inside a studio; absolute paths, to be put into its launch document."""

    workdir: str
    home: str
    state: str
    """The runner's own folder: the document's `state`."""
    resources: str
    """Where baked files lie."""


CONTAINER_LAYOUT = Layout(
    workdir="/home/dataiku/workspace",
    home="/home/dataiku",
    state="/tmp/cstudio-runner",
    resources="/opt/dataiku",
)
LAUNCH_FOLDER = "/run/cstudio"
LAUNCH_FILE = f"{LAUNCH_FOLDER}/launch.json"
"""Where the launch document is in a container."""
RUNNER_PYTHON = ("/usr/bin/python3", "-I")
"""What has the runner in a container; isolated, so that no file of a user is imported instead."""


@dataclass(frozen=True, kw_only=True)
class Spawn:
    """All a runtime needs to bring a studio up; says nothing about templates."""

    uid: str
    """``[a-z0-9]{8,}``; names the Deployment, container or process group: ``cstudio-<uid>``."""
    project: str
    studio: str
    owner: str
    image: str = ""
    """Image id or reference by digest; empty in the local runtime."""
    launch: str
    """The runner's launch document, JSON (`cstudio_runner.launch`)."""
    ports: tuple[ExposedPort, ...] = ()
    readiness: Readiness = field(default_factory=Readiness)
    environment: Mapping[str, str] = field(default_factory=dict)
    kubernetes: KubernetesSettings = field(default_factory=KubernetesSettings)
    hash: str = ""
    """Over everything above; kept as a label."""


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """How runtimes differ, as data."""

    kind: RuntimeKind
    needs_image: bool
    has_nginx: bool
    """The prefix is taken off inside the container; else by the gateway."""
    survives_daemon: bool
    """Studios go on while the daemon is away."""
    enforces_limits: bool
