"""What can be set, where it comes from, and what it is when nobody says.

Weakest first: defaults, `config.toml`, `CSTUDIO_*` variables, flags. Read once
at the start and passed on in slices; nothing reads the environment later.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from cstudiod.errors import UsageError

_SOCKET_PATH_BYTES = 100
"""A Unix socket's path is at most 104 (macOS) or 108 bytes (Linux)."""


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
        sync=_section(SyncSettings, table.get("sync", {}), "sync", environment),
    )


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
    _known(table, ["sync"], str(path))
    return table


def _section(
    cls: type[SyncSettings], table: Mapping[str, Any], name: str, environment: Mapping[str, str]
) -> SyncSettings:
    fields = {one.name: one for one in dataclasses.fields(cls)}
    _known(table, list(fields), f"[{name}]")
    values: dict[str, Any] = dict(table)
    for key in fields:
        variable = f"CSTUDIO_{name}_{key}".upper()
        if variable in environment:
            values[key] = environment[variable]
    try:
        numbers = {key: _number(fields[key].default, value) for key, value in values.items()}
    except (TypeError, ValueError) as error:
        raise UsageError(f"a value of the settings [{name}] is not a number: {error}") from error
    return dataclasses.replace(cls(), **numbers)  # type: ignore[arg-type]  # checked above


def _number(default: object, value: object) -> float | int:
    return int(str(value)) if isinstance(default, int) else float(str(value))


def _known(table: Mapping[str, Any], known: list[str], where: str) -> None:
    for key in table:
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            hint = f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}"
            raise UsageError(f"unknown setting `{key}` in {where}", next=hint)
