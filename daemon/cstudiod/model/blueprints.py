"""What a template means: the image it needs, what its studios start, and their files.

`cstudiod.blocks` makes a `Blueprint` of a template; `builders` read its
`image`, `runtimes` and the runner its `launch`, `zones` its `creation`. All of it is
data: no path of a machine, no clock, no secret.

Placeholders may stand in commands, environment values, readiness URLs and the
content of launch files, and are filled in at launch (`${…}`):

=================== ==========================================================
``workdir``          the workspace: ``/home/dataiku/workspace`` or the local folder
``home``             the home folder: ``/home/dataiku`` or the local studio's
``state``            the runner's own folder, writable, not synced
``resources``        where baked files lie: ``/opt/dataiku`` or the local copy
``venv.NAME``        root of a virtual environment of the image plan
``zone.ID``          folder of a mapped zone (also written ``__ZONE_ID__``)
``port``             the entrypoint's own port (what the server binds)
``host``             the address to bind to: loopback, or all if the port is public
``baseUrl``          ``/code-studios/PROJECT/STUDIO``
``baseUrlPort8888``  the same with ``/8888``
``K8S_POD_NAME`` …   left for the container to expand
=================== ==========================================================

Anything else between ``${`` and ``}`` stays as it is: VS Code's ``${file}``.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from cstudiod.model.templates import Fault
from cstudiod.model.zones import Zone, ZoneSync

# ----------------------------------------------------------------- the image


@dataclass(frozen=True, kw_only=True)
class ContextFile:
    """A file of the build context; `path` is relative to it, with ``/``."""

    path: str
    content: bytes
    executable: bool = False


@dataclass(frozen=True, kw_only=True)
class ContextSource:
    """A file or folder of the daemon's machine that goes into the build context."""

    path: str
    """In the context, with ``/``."""
    root: str
    """The configured folder that it lies in: ``dku.install.dir`` or ``dip.home``."""
    relative: str
    """Below that folder, with ``/``; never leaves it."""


@dataclass(frozen=True, kw_only=True)
class Prefab:
    """A large folder that the builder prepares once and copies into the context.

    It is at ``prefab/NAME/`` there; ``code-server`` has ``bin/code-server`` in it.
    """

    name: str
    version: str = ""
    """Empty: the one that is configured."""


@dataclass(frozen=True, kw_only=True)
class Fragment:
    """What one block adds to the Dockerfile, in the template's order."""

    block: int
    """Index of the block; -1: the base."""
    block_type: str
    dockerfile: str
    """Statements; may rely on earlier fragments. No FROM, CMD or ENTRYPOINT."""
    as_root: bool = False
    """Runs as root in ``/opt/dataiku``; else as ``dataiku`` in ``/home/dataiku``."""
    files: tuple[ContextFile, ...] = ()
    sources: tuple[ContextSource, ...] = ()
    prefabs: tuple[Prefab, ...] = ()
    lines: Mapping[int, int] = field(default_factory=dict)
    """Line of `dockerfile` (from 1) -> line of the template file, for error messages."""
    studio_user: str = ""
    """Who studios run as; the last fragment that says so counts. `dockerfile` names it too."""


class Language(enum.Enum):
    """What a code environment is for."""

    PYTHON = "PYTHON"
    R = "R"


@dataclass(frozen=True, kw_only=True)
class Environment:
    """Packages that are installed together: a code environment, or what an IDE needs.

    In an image it is a fragment (made by the block); the local runtime builds
    it as a virtual environment instead, once per content hash.
    """

    name: str
    """The sub-folder too: only ``[A-Za-z0-9_-]``."""
    block: int
    language: Language = Language.PYTHON
    label: str = ""
    python: str = ""
    """``3.11``; empty: the base's own."""
    requirements: tuple[str, ...] = ()
    """pip's lines, or names of R packages."""
    path: str = ""
    """Where it lies in the image: ``/opt/dataiku/python-code-envs/NAME``."""
    is_code_environment: bool = False
    """The user's (a kernel, an interpreter), not an IDE's own."""


@dataclass(frozen=True, kw_only=True)
class ImagePlan:
    """Everything that decides what is in the image, and nothing else."""

    fragments: tuple[Fragment, ...] = ()
    environments: tuple[Environment, ...] = ()
    platform: str = ""
    """``linux/amd64``; empty: the builder's own."""


# ---------------------------------------------------------------- the launch


class Subpath(enum.Enum):
    """What a server sees of the browser's path: the two forms of the original's nginx."""

    STRIP = "/"
    """``/code-studios/P/S/8080/x`` arrives as ``/x``."""
    KEEP = "$request_uri"
    """It arrives whole; the server is told its prefix."""


@dataclass(frozen=True, kw_only=True)
class ExposedPort:
    """A port at which browsers, or other programs, reach a studio."""

    port: int
    label: str = ""
    html: bool = False
    """Shown as a tab; else only reachable by its address."""
    written_subpath: str = Subpath.STRIP.value
    """As the template has it; exported again so."""
    block: int = -1

    @property
    def subpath(self) -> Subpath:
        """What the server sees."""
        return Subpath.STRIP if self.written_subpath == Subpath.STRIP.value else Subpath.KEEP


@dataclass(frozen=True, kw_only=True)
class Entrypoint:
    """A program that the runner starts and keeps up."""

    name: str
    """Unique in a blueprint; the label's slug, with a number where needed."""
    label: str
    command: tuple[str, ...] | str
    """An argument list, or a line for ``/bin/sh -c``; empty: the user starts it by hand."""
    block: int
    block_type: str
    port: int = 0
    """The exposed port that it serves; 0: none."""
    environment: Mapping[str, str] = field(default_factory=dict)
    folder: str = "${workdir}"
    webapps: bool = False
    """Started too when the studio is published as a web app."""
    aliases: bool = True
    """Tell it its prefix under the names that frameworks read; an IDE says no."""


@dataclass(frozen=True, kw_only=True)
class LaunchFile:
    """A small file written at every start, before the entrypoints: kernels, IDE settings."""

    path: str
    """With placeholders: ``${state}/jupyter/kernels/py-data/kernel.json``."""
    content: str
    """With placeholders, unless `verbatim`."""
    executable: bool = False
    verbatim: bool = False
    """Somebody's own script: nothing in it is filled in."""
    keep: bool = False
    """Leave a file that is there already: it is the user's."""


@dataclass(frozen=True, kw_only=True)
class Readiness:
    """When a studio counts as started."""

    tcp: bool = True
    """All ports of entrypoints with a command listen."""
    url: str = ""
    """With placeholders; answered with less than 400, one redirect followed."""
    headers: Mapping[str, str] = field(default_factory=dict)
    kubelet_http: bool = False
    """Kubernetes asks the URL too, through the runner, instead of TCP."""
    block: int = -1
    """Whose `url` it is."""


@dataclass(frozen=True, kw_only=True)
class Resources:
    """Kubernetes quantities (``500m``, ``2Gi``); empty: none."""

    cpu_request: str = ""
    cpu_limit: str = ""
    memory_request: str = ""
    memory_limit: str = ""


@dataclass(frozen=True, kw_only=True)
class Volume:
    """Storage that outlives restarts of a studio."""

    name: str
    path: str
    """Absolute, in the container."""
    size: str = "1Gi"
    storage_class: str = ""


@dataclass(frozen=True, kw_only=True)
class KubernetesSettings:
    """What the block of that name sets; other runtimes read limits alone."""

    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    resources: Resources = Resources()
    node_selector: Mapping[str, str] = field(default_factory=dict)
    tolerations: tuple[Mapping[str, str], ...] = ()
    service_account: str = ""
    volumes: tuple[Volume, ...] = ()
    initial_sync_minutes: float = 10.0
    start_minutes: float = 10.0


@dataclass(frozen=True, kw_only=True)
class LaunchPlan:
    """What runs in a studio."""

    entrypoints: tuple[Entrypoint, ...] = ()
    ports: tuple[ExposedPort, ...] = ()
    files: tuple[LaunchFile, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    readiness: Readiness = Readiness()
    kubernetes: KubernetesSettings = KubernetesSettings()


# ------------------------------------------------------- actions and creation


@dataclass(frozen=True, kw_only=True)
class Action:
    """A command line that people run in the container."""

    name: str
    label: str
    command: str
    """For ``/bin/sh -c``, in the workspace."""
    description: str = ""
    icon: str = ""
    wait: bool = True
    """Show the output and wait; else detach."""
    timeout_seconds: float = 0.0
    """0: none."""
    block: int = -1


@dataclass(frozen=True, kw_only=True)
class StarterFile:
    """A file put into a zone when a studio is created; never overwrites, never again."""

    zone: Zone
    path: str
    """Relative to the zone, with ``/``."""
    content: bytes
    executable: bool = False
    block: int = -1


@dataclass(frozen=True, kw_only=True)
class Blueprint:
    """All that a template means."""

    image: ImagePlan = ImagePlan()
    launch: LaunchPlan = LaunchPlan()
    sync: tuple[ZoneSync, ...] = ()
    actions: tuple[Action, ...] = ()
    creation: tuple[StarterFile, ...] = ()
    notes: tuple[Fault, ...] = ()
    """Worth knowing but not wrong: an unknown block that was kept, a setting without effect."""
    local_faults: tuple[Fault, ...] = ()
    """Why it cannot run in the local runtime (an image's content is needed); empty: it can."""
