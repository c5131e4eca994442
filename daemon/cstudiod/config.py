"""What can be set, where it comes from, and what it is when nobody says.

Weakest first: defaults, `config.toml`, `CSTUDIO_*` variables, flags. Read once
at the start and passed on in slices; nothing reads the environment later.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import platformdirs

from cstudiod.errors import UsageError

_SOCKET_PATH_BYTES = 100
"""A Unix socket's path is at most 104 (macOS) or 108 bytes (Linux)."""
_ADDRESS = re.compile(r"(?:[^\s:\[\]/]+|\[[0-9a-fA-F:.]+\]):[1-9][0-9]{0,4}")
_HOST = re.compile(r"\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.\[\]:-]+")
_POSITIVE = (
    "header_seconds",
    "idle_seconds",
    "body_seconds",
    "dial_seconds",
    "connections",
    "studio_connections",
)
Section = TypeVar(
    "Section",
    "SyncSettings",
    "ZoneSettings",
    "BuildSettings",
    "ServerSettings",
    "StudioSettings",
    "GatewaySettings",
)


@dataclass(frozen=True, kw_only=True)
class SyncSettings:
    """How sessions behave."""

    verify_seconds: float = 600.0
    """How often both sides are looked at completely although nothing happened."""
    poll_seconds: float = 2.0
    """How often a side is looked at that cannot report changes."""
    trash_bytes: int = 2 * 1024**3
    """How much the trash of one session may hold before the oldest goes."""
    trash_days: float = 30.0
    """How long the trash keeps something."""
    connect_seconds: float = 30.0
    """How long opening a connection may take."""


@dataclass(frozen=True, kw_only=True)
class ZoneSettings:
    """Where the files of projects, studios and users are on this machine."""

    root: Path = Path("zones")
    """Laid out as a data directory of DSS; relative to the state folder."""
    git: str = "auto"
    """Commit what studios change in versioned zones: ``auto`` (in the repositories
    that a DSS data directory has), ``on`` (also make repositories), ``off``."""
    map: Mapping[str, str] = field(default_factory=dict)
    """Zone -> folder, absolute or relative to the root, with ``{project}``,
    ``{studio}``, ``{library}`` and ``{user}``; what is not named is where DSS has it."""


@dataclass(frozen=True, kw_only=True)
class BuildSettings:
    """How images and virtual environments are built, and how builds reach the world."""

    parent: str = "debian:bookworm-slim"
    """What the base image is made from: a Debian or Ubuntu with apt."""
    builder: str = "docker"
    """``docker`` (the engine's own builder) or ``buildx`` (the command)."""
    registry: str = ""
    """What image names start with, ``registry.example:5000/team``; needed for pushing."""
    platform: str = ""
    """``linux/amd64``; empty: the engine's own."""
    network: str = "default"
    """Network of build steps: ``default``, ``host`` or ``none``."""
    ca_bundle: str = "auto"
    """Certificates that build steps trust: a PEM file, ``none``, or ``auto``:
    what PIP_CERT or SSL_CERT_FILE name, else this system's."""
    pip_index_url: str = ""
    apt_mirror: str = ""
    npm_registry: str = ""
    wheelhouse: str = ""
    """A folder of wheels that pip takes packages from, and from nowhere else."""
    proxy: Mapping[str, str] = field(default_factory=dict)
    """``http``, ``https`` and ``no``; passed to build steps, not kept in images."""
    args: Mapping[str, str] = field(default_factory=dict)
    """Further build arguments of Dockerfiles; part of what an image's tag stands for."""
    code_server: str = "4.139.1"
    """Version of the code-server that VS Code blocks get when they name none."""
    keep: int = 3
    """How many built images of a template, or unused virtual environments, stay."""


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Whether, and how, the daemon is reached over TCP: with TLS and keys, or not at all."""

    listen: str = ""
    """``HOST:PORT``, ``[::1]:8443``; empty: the Unix socket alone."""
    certificate: Path = Path()
    """PEM, with the chain; relative to the state folder."""
    key: Path = Path()
    """Its private key, PEM, without a password; relative to the state folder."""
    local_runtime: str = "admins"
    """Who may use the local runtime: ``admins`` or ``all``. Its studios are processes of
    the person who runs the daemon, and may do whatever that person may."""


@dataclass(frozen=True, kw_only=True)
class StudioSettings:
    """How long studios stay up."""

    idle_minutes: float = 0.0
    """Stop a studio that nobody has used for so long; 0: never."""


@dataclass(frozen=True, kw_only=True)
class GatewaySettings:
    """How browsers reach the page and the studios; times are in seconds."""

    host: str = "127.0.0.1"
    """The address to listen on; anything but loopback needs `certificate` and `key`."""
    port: int = 0
    """0: the one of last time, else any that is free."""
    page_host: str = ""
    """The name under which the page answers; on loopback ``localhost``."""
    studio_host: str = ""
    """Another name of this machine, under which studios answer, so that to a browser they
    are strangers to the page; on loopback ``127.0.0.1``. Without the two, off loopback,
    the page opens studios in tabs of their own and shows none of them in itself."""
    hosts: tuple[str, ...] = ()
    """Further names, besides those of loopback, by which browsers may ask (without port)."""
    origins: tuple[str, ...] = ()
    """Foreign origins whose pages may show studios and change things in them:
    ``https://portal.example``."""
    certificate: Path = Path()
    """PEM, the chain included; relative to the state folder."""
    key: Path = Path()
    """Its private key, PEM, without a password; relative to the state folder."""
    header_seconds: float = 10.0
    """From the first byte of a request to the end of its header fields."""
    idle_seconds: float = 75.0
    """How long a connection may wait for its next request."""
    body_seconds: float = 600.0
    """How long a client may pause within a body, its own or an answer's."""
    dial_seconds: float = 15.0
    """How long connecting to a studio may take."""
    connections: int = 2000
    """Of clients; beyond, the one that idles longest makes room."""
    studio_connections: int = 256
    """To one studio, WebSockets included."""

    @property
    def is_secure(self) -> bool:
        """Whether it speaks TLS."""
        return self.certificate != Path()


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that can be set."""

    state_dir: Path
    """Where sessions, ancestors, trash and logs live; one daemon at a time."""
    socket: Path
    """The Unix socket; its folder is made 0700."""
    log_file: Path | None = None
    """Where the log goes; None: stderr."""
    log_level: str = "info"
    sync: SyncSettings = SyncSettings()
    zones: ZoneSettings = ZoneSettings()
    build: BuildSettings = BuildSettings()
    server: ServerSettings = ServerSettings()
    studios: StudioSettings = StudioSettings()
    gateway: GatewaySettings = GatewaySettings()
    containers: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    """The tables ``[containers.NAME]`` as written; `cstudiod.model.containers` reads them."""


def load(flags: Mapping[str, str | None], environment: Mapping[str, str]) -> Settings:
    """Return the effective settings.

    Raises:
        UsageError: unknown keys (with the nearest known one) or unfit values.
    """
    state_dir = Path(
        flags.get("state_dir")
        or environment.get("CSTUDIO_STATE_DIR")
        or platformdirs.user_state_dir("cstudio", appauthor=False)
    ).absolute()
    table = _read(Path(environment.get("CSTUDIO_CONFIG") or state_dir / "config.toml"))
    log_file = flags.get("log_file") or environment.get("CSTUDIO_LOG_FILE") or ""
    return Settings(
        state_dir=state_dir,
        socket=Path(
            flags.get("socket")
            or environment.get("CSTUDIO_SOCKET")
            or default_socket(state_dir, environment)
        ).absolute(),
        log_file=Path(log_file).absolute() if log_file else None,
        log_level=flags.get("log_level") or environment.get("CSTUDIO_LOG_LEVEL") or "info",
        sync=_section(SyncSettings(), table, "sync", environment),
        zones=_zones(state_dir, _section(ZoneSettings(), table, "zones", environment)),
        build=_build(_section(BuildSettings(), table, "build", environment)),
        studios=_studios(_section(StudioSettings(), table, "studios", environment)),
        server=_server(state_dir, _section(ServerSettings(), table, "server", environment)),
        gateway=_gateway(state_dir, _section(GatewaySettings(), table, "gateway", environment)),
        containers=table.get("containers", {}),
    )


def _studios(studios: StudioSettings) -> StudioSettings:
    if not 0 <= studios.idle_minutes < float("inf"):
        raise UsageError(
            f"studios.idle_minutes is {studios.idle_minutes:g}", next="use minutes, or 0 for never"
        )
    return studios


def _zones(state_dir: Path, zones: ZoneSettings) -> ZoneSettings:
    _one_of("zones.git", zones.git, ("auto", "on", "off"))
    return dataclasses.replace(zones, root=(state_dir / zones.root.expanduser()).absolute())


def _build(build: BuildSettings) -> BuildSettings:
    _one_of("build.builder", build.builder, ("docker", "buildx"))
    _one_of("build.network", build.network, ("default", "host", "none"))
    _known(build.proxy, ["http", "https", "no"], "[build.proxy]")
    return build


def _server(state_dir: Path, server: ServerSettings) -> ServerSettings:
    _one_of("server.local_runtime", server.local_runtime, ("admins", "all"))
    if not server.listen:
        return server
    if not _ADDRESS.fullmatch(server.listen) or int(server.listen.rpartition(":")[2]) > 65535:
        raise UsageError(
            f"server.listen is no address: `{server.listen}`",
            next="write HOST:PORT, 0.0.0.0:8443 or [::1]:8443 for example",
        )
    if Path() in (server.certificate, server.key):
        raise UsageError(
            "server.listen needs server.certificate and server.key: TCP is with TLS or not at all",
            next="name both in config.toml, or leave server.listen out",
        )
    return dataclasses.replace(
        server,
        certificate=(state_dir / server.certificate.expanduser()).absolute(),
        key=(state_dir / server.key.expanduser()).absolute(),
    )


def _gateway(state_dir: Path, gateway: GatewaySettings) -> GatewaySettings:
    wrong = [
        f"gateway.{name} holds no name: `{one}`"
        for name in ("page_host", "studio_host", "hosts")
        for one in _several(getattr(gateway, name))
        if not _HOST.fullmatch(one)
    ]
    wrong += [
        f"gateway.origins holds no origin: `{one}`"
        for one in gateway.origins
        if not _ORIGIN.fullmatch(one)
    ]
    if not 0 <= gateway.port <= 65535:
        wrong.append(f"gateway.port is no port: {gateway.port}")
    if bool(gateway.page_host) != bool(gateway.studio_host):
        wrong.append("gateway.page_host and gateway.studio_host need each other")
    wrong += [
        f"gateway.{name} is not more than nothing: {getattr(gateway, name):g}"
        for name in _POSITIVE
        if not 0 < getattr(gateway, name) < float("inf")
    ]
    if wrong:
        raise UsageError("; ".join(wrong), next="correct [gateway] in config.toml")
    files = {
        name: (state_dir / getattr(gateway, name).expanduser()).absolute()
        for name in ("certificate", "key")
        if getattr(gateway, name) != Path()
    }
    return dataclasses.replace(gateway, **files)


def _several(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return ((value,) if value else ()) if isinstance(value, str) else value


def _one_of(key: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"`{value}` is no value of {key}", next=f"use one of {', '.join(known)}")


def default_socket(state_dir: Path, environment: Mapping[str, str]) -> Path:
    """Return the socket of the daemon that keeps its state in `state_dir`.

    The default state folder has the well-known socket. Another one has a
    socket of its own, in a short place when the path would be too long.
    """
    usual = Path(platformdirs.user_state_dir("cstudio", appauthor=False)).absolute()
    runtime = environment.get("XDG_RUNTIME_DIR")
    if runtime and state_dir == usual and not environment.get("CSTUDIO_STATE_DIR"):
        return Path(runtime) / "cstudio" / "cstudiod.sock"
    candidate = state_dir / "run" / "cstudiod.sock"
    if len(os.fsencode(candidate)) <= _SOCKET_PATH_BYTES:
        return candidate
    return Path("/tmp") / f"cstudio-{os.getuid()}" / f"{_short(state_dir)}.sock"


def _short(path: Path) -> str:
    import hashlib

    return hashlib.sha256(os.fsencode(path)).hexdigest()[:16]


def _read(path: Path) -> dict[str, Any]:
    try:
        table = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"`{path}` is not valid TOML: {error}", next=f"edit {path}") from error
    _known(
        table, ["sync", "zones", "build", "server", "studios", "gateway", "containers"], str(path)
    )
    return table


def _section(
    default: Section, file: Mapping[str, Any], name: str, environment: Mapping[str, str]
) -> Section:
    """Return a section's values: the file's, then the environment's over them."""
    table = file.get(name, {})
    if not isinstance(table, dict):
        raise UsageError(f"`{name}` must be a section, [{name}]", next=f"write [{name}] above it")
    defaults = {one.name: getattr(default, one.name) for one in dataclasses.fields(default)}
    _known(table, list(defaults), f"[{name}]")
    values: dict[str, Any] = dict(table)
    for key, usual in defaults.items():
        variable = f"CSTUDIO_{name}_{key}".upper()
        if environment.get(variable) and not isinstance(usual, Mapping):
            values[key] = environment[variable]
    fit: dict[str, Any] = {
        key: _fit(f"{name}.{key}", defaults[key], value) for key, value in values.items()
    }
    return dataclasses.replace(default, **fit)


def _fit(key: str, usual: object, value: object) -> object:
    """Return `value` as what `usual` is: a number, a text, a path, a list or a table of texts.

    Raises:
        UsageError: it is something else.
    """
    if isinstance(usual, tuple):
        several = value.split(",") if isinstance(value, str) else value
        if isinstance(several, list) and all(isinstance(one, str) for one in several):
            return tuple(one.strip() for one in several)
        raise UsageError(f"the setting {key} is not a list of texts")
    if isinstance(usual, Mapping):
        if isinstance(value, dict) and all(isinstance(one, str) for one in value.values()):
            return value
        raise UsageError(f"the setting {key} is not a table of texts")
    if isinstance(usual, str | Path):
        if isinstance(value, str) and (value or isinstance(usual, str)):
            return Path(value) if isinstance(usual, Path) else value
        raise UsageError(f"the setting {key} is not a text: {value!r}")
    try:
        return int(str(value)) if isinstance(usual, int) else float(str(value))
    except ValueError as error:
        raise UsageError(f"the setting {key} is not a number: {value!r}") from error


def _known(table: Mapping[str, Any], known: list[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"unknown setting `{key}` in {where}", next=hint)
