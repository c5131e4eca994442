"""Where the daemon of this user lives: its state folder, socket and log.

The daemon knows the same rules; whoever starts it passes the results on, so
that both always mean the same files.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

MAX_SOCKET_BYTES = 100
"""Linux allows 107 bytes, macOS 103; a longer path cannot be bound."""
SOCKET_NAME = "cstudiod.sock"
LOG_NAME = "cstudiod.log"


@dataclass(frozen=True, kw_only=True)
class Locations:
    """The files of one daemon."""

    state: Path
    socket: Path
    log: Path


def locate(
    *,
    socket: str | None = None,
    state: str | None = None,
    environment: Mapping[str, str] | None = None,
) -> Locations:
    """Return where the daemon is: as given, as the environment says, or the default."""
    env = os.environ if environment is None else environment
    own = state or env.get("CSTUDIO_STATE_DIR")
    folder = Path(own or _default_state()).absolute()
    given = socket or env.get("CSTUDIO_SOCKET")
    path = Path(given).absolute() if given else _default_socket(folder, env, usual=not own)
    return Locations(state=folder, socket=path, log=folder / LOG_NAME)


def _default_socket(state: Path, env: Mapping[str, str], *, usual: bool) -> Path:
    """The usual state folder has the well-known socket, another one its own."""
    runtime = env.get("XDG_RUNTIME_DIR")
    if runtime and usual:
        return Path(runtime) / "cstudio" / SOCKET_NAME
    path = state / "run" / SOCKET_NAME
    if len(os.fsencode(path)) <= MAX_SOCKET_BYTES:
        return path
    short = hashlib.sha256(os.fsencode(state)).hexdigest()[:16]
    return Path("/tmp") / f"cstudio-{os.getuid()}" / f"{short}.sock"


def _default_state() -> str:
    import platformdirs  # costs more than all the rest of this module

    return platformdirs.user_state_dir("cstudio", appauthor=False)
