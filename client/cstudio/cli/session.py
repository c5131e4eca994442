"""The connection of one command to the daemon."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from cstudio.cli import output
from cstudio.errors import CstudioError

if TYPE_CHECKING:
    from cstudio_api.v1.daemon_pb2 import DaemonInfo

    from cstudio.client import BlockingClient
    from cstudio.locations import Locations


OTHER_VERSION = ("UNIMPLEMENTED", "BUG", "INTERNAL")
"""What fails so may fail because the daemon is older, or newer."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What stands before the command: `cstudio --socket PATH …`."""

    socket: str | None = None
    autostart: bool = True
    server: str | None = None
    """``HOST:PORT`` of a daemon elsewhere."""


def settings() -> Settings:
    """Return the settings of the running command."""
    return click.get_current_context().find_object(Settings) or Settings()


def locations() -> Locations:
    """Return where the daemon of the running command is."""
    from cstudio.locations import locate

    return locate(socket=settings().socket)


@contextlib.contextmanager
def connected(*, autostart: bool | None = None) -> Iterator[BlockingClient]:
    """Connect to the daemon, started when it is not running.

    Versions are compared when a call fails as it does between two of them:
    the daemon asks Docker and the cluster before it tells its own, which is
    too long to wait for with every command.
    """
    from cstudio.client import Client

    chosen = settings()
    start = chosen.autostart if autostart is None else autostart
    with Client.sync(chosen.socket, autostart=start, server=chosen.server) as client:
        if client.started:
            output.talk("started the daemon")
        try:
            yield client
        except CstudioError as error:
            if error.reason in OTHER_VERSION:
                with contextlib.suppress(CstudioError):
                    compare_versions(client.daemon.info())
            raise


def path_below(client: BlockingClient, name: str, text: str) -> bytes:
    """Return the path below a session's roots that was typed.

    It may be absolute and inside the local root: that is what a shell completes.
    """
    from cstudio import paths

    if not text.startswith("/"):
        return paths.parse_relative(text)
    return paths.below(client.sessions.get(name).local_root, text)


def compare_versions(info: DaemonInfo) -> None:
    """Warn when the daemon is of another version than this command."""
    from cstudio import connect

    theirs, ours = info.version, connect.version()
    if theirs != ours:
        output.warn(
            f"the daemon is version {theirs}, this is {ours}", hint="cstudio daemon restart"
        )


def complete_name(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the names of sessions for a shell's completion; nothing when in doubt."""
    from cstudio.client import Client
    from cstudio.client.naming import short

    with contextlib.suppress(Exception), Client.sync(autostart=False) as client:
        names = [short(session.name) for session in client.sessions.list()]
        return [name for name in names if name.startswith(incomplete)]
    return []


name_argument = click.argument("name", metavar="NAME", shell_complete=complete_name)
