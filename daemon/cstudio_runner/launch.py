"""The launch document: what a studio runs, as JSON, and the data it becomes.

The daemon writes it, `python3 -m cstudio_runner` reads it: from the file that it is
given, else from the one that the environment variable CSTUDIO_LAUNCH names. It is no
variable itself: the kernel takes none of more than 128 KiB.

    {
      "version": 1,
      "workdir": "/home/dataiku/workspace",
      "state": "/tmp/cstudio-runner",
      "base_path": "/code-studios/PROJECT/studio",
      "env": {"DKU_CURRENT_PROJECT_KEY": "PROJECT"},
      "entrypoints": [
        {"name": "lab", "label": "JupyterLab", "port": 8888, "restart": "always",
         "command": ["jupyter", "lab", "--ServerApp.port=${port}"],
         "cwd": "", "env": {}, "aliases": false}
      ],
      "ports": [
        {"port": 8888, "listen": 8888, "label": "JupyterLab", "html": true,
         "subpath": "$request_uri", "public": false}
      ],
      "nginx": {"address": "127.0.0.1", "port": 20080, "secret": "", "program": "nginx"},
      "readiness": {"tcp": true, "url": "http://localhost:8888${baseUrlPort8888}/api",
                    "headers": {"Authorization": "token x"}},
      "files": [
        {"path": "/tmp/cstudio-runner/jupyter/kernels/py/kernel.json", "content": "{}",
         "executable": false, "keep": false, "verbatim": false}
      ],
      "hold": "",
      "timing": {"grace": 10}
    }

Only `version` and `base_path` must be there. An unknown key is a problem, so that a
misspelt one is not ignored. What the fields mean stands beside them below; which
variables are expanded where, in `variables`; what a subpath does, in `subpaths`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Dict, Mapping, Optional, Tuple, Union

VERSION = 1
WORKDIR = "/home/dataiku/workspace"
STATE = "/tmp/cstudio-runner"
NGINX_PORT = 20080
SUBPATHS = ("/", "$request_uri", "/$request_uri", "$uri$is_args$args")
RESTARTS = ("always", "on-failure", "never")

Command = Union[str, Tuple[str, ...]]


@dataclass(frozen=True)
class Entrypoint:
    """One program that is started, in the order of the document.

    A port that the user serves by hand has no entrypoint: it is in `ports` alone.
    """

    name: str
    """Unique; letters, digits, `.`, `_`, `-`; not `cstudio` or `nginx`. Names its log file."""
    command: Command
    """Words, started as they are; or a string for `/bin/sh -c`."""
    label: str = ""
    """What its output lines begin with; the name when empty."""
    cwd: str = ""
    """Where it starts; relative to the workdir."""
    env: Mapping[str, str] = field(default_factory=dict)
    port: int = 0
    """The exposed port that it serves, one of `ports`; 0 when it serves none."""
    restart: str = "always"
    """One of `RESTARTS`; `on-failure` lets an exit status of 0 be the end."""
    aliases: bool = True
    """Give it the prefix under the names that frameworks read (`GRADIO_ROOT_PATH`, ...).

    An IDE says no: the programs that are started in its terminals would inherit them.
    """

    @property
    def title(self) -> str:
        """What people call it."""
        return self.label or self.name


@dataclass(frozen=True)
class Port:
    """One port that the browser can reach, at `<base_path>/<port>/`."""

    port: int
    """The number in the path."""
    listen: int
    """Where the server really listens; differs where many studios share one machine."""
    label: str = ""
    html: bool = True
    """Shown as a tab. For the daemon; the runner serves it either way."""
    subpath: str = "/"
    """One of `SUBPATHS`; see `subpaths`."""
    public: bool = False
    """The server is asked to bind to every address instead of to loopback."""

    @property
    def host(self) -> str:
        """The address that the server is asked to bind to."""
        return "0.0.0.0" if self.public else "127.0.0.1"


@dataclass(frozen=True)
class File:
    """A small file that is written before the first entrypoint starts."""

    path: str
    """Absolute."""
    content: str
    """With the variables that do not depend on an entrypoint, unless `verbatim`."""
    executable: bool = False
    keep: bool = False
    """Leave what is there already: it is the user's."""
    verbatim: bool = False


@dataclass(frozen=True)
class Nginx:
    """The proxy in the container, in front of all exposed ports."""

    address: str = "127.0.0.1"
    """Loopback unless something other than a port forward must reach it."""
    port: int = NGINX_PORT
    secret: str = ""
    """When set, requests without it in the header X-Cstudio-Secret are refused with 403."""
    program: str = "nginx"


@dataclass(frozen=True)
class Readiness:
    """What must be true for the studio to be ready; with neither, started is ready."""

    ports: Tuple[int, ...] = ()
    """Exposed ports that must listen. `"tcp": true` means those that an entrypoint serves."""
    url: str = ""
    """Must answer with a status below 400; with an exposed port in it, its `listen` is asked."""
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Timing:
    """Seconds."""

    backoff_first: float = 1.0
    backoff_longest: float = 30.0
    backoff_reset: float = 60.0
    """Who ran this long is restarted as if for the first time."""
    grace: float = 10.0
    """Between the request to stop and SIGKILL."""
    settled: float = 1.0
    """Where readiness asks for nothing, a program that runs this long is up."""
    check_starting: float = 0.5
    """Between two looks at readiness while it is not there."""
    check_ready: float = 10.0
    probe: float = 3.0
    """How long one connection or request of a look may take."""


@dataclass(frozen=True)
class Launch:
    """A whole studio."""

    base_path: str
    """Prefix in the browser, no trailing slash; may hold `${K8S_POD_NAME}` and its like."""
    workdir: str = WORKDIR
    """Made when it is missing."""
    state: str = STATE
    """The runner's own folder: nginx.conf, logs, status.json. Made with mode 0700."""
    env: Mapping[str, str] = field(default_factory=dict)
    entrypoints: Tuple[Entrypoint, ...] = ()
    ports: Tuple[Port, ...] = ()
    nginx: Optional[Nginx] = None
    """None: the daemon talks to each `listen` itself, as `subpaths` says."""
    readiness: Readiness = Readiness()
    files: Tuple[File, ...] = ()
    hold: str = ""
    """Nothing is started until the file `go` in the state folder says this word; empty: at once.

    The daemon brings the files of the studio first. In a container that was made anew
    the state folder is empty, so they are waited for again.
    """
    timing: Timing = Timing()

    def port_of(self, number: int) -> Optional[Port]:
        """Return an exposed port by its number in the path."""
        return next((port for port in self.ports if port.port == number), None)


class LaunchRefused(Exception):
    """The document is not valid; `problems` has one sentence for each thing that is wrong."""

    def __init__(self, problems: Tuple[str, ...]) -> None:
        super().__init__("the launch document is not valid: " + "; ".join(problems))
        self.problems = problems


def to_json(launch: Launch) -> str:
    """Return the document of a launch; `reading.parse` gives back an equal one."""
    document: Dict[str, object] = {"version": VERSION, **_plain(launch)}
    document["entrypoints"] = [_plain(entry) for entry in launch.entrypoints]
    document["ports"] = [_plain(port) for port in launch.ports]
    document["files"] = [_plain(file) for file in launch.files]
    document["nginx"] = _plain(launch.nginx) if launch.nginx else False
    document["timing"] = _plain(launch.timing)
    readiness = _plain(launch.readiness)
    document["readiness"] = {"tcp": readiness.pop("ports"), **readiness}
    return json.dumps(document, sort_keys=True)


def _plain(thing: object) -> Dict[str, object]:
    return {one.name: _value(getattr(thing, one.name)) for one in fields(thing)}  # type: ignore[arg-type]


def _value(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
