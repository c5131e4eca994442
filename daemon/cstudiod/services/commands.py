"""Commands inside a studio: as its user, with its variables, in a folder of it.

A command leads a process group of its own there, under a pid file, so that it can be
ended from outside: closing an exec stream ends nothing in a pod.
"""

from __future__ import annotations

import asyncio
import posixpath
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

from cstudiod.errors import CstudioError, TargetError, UsageError
from cstudiod.machines import launching
from cstudiod.machines.launching import Surroundings
from cstudiod.model.studios import Layout
from cstudiod.model.sync_sessions import Target
from cstudiod.ports import Channel
from cstudiod.services import studio_orders
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_tools import Tools
from cstudiod.store.studios import StoredStudio

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]

_START = (
    'mkdir -p "${1%/*}" && echo $$ >"$1" || exit 126;'
    ' cd "$2" 2>/dev/null || { echo "cstudio: there is no folder $2, or nobody lets us in" >&2;'
    ' exit 126; }; shift 2; exec "$@"'
)
"""Exit status 126: the command was not run. 127, of the shell: there is no such command."""
_START_ALONE = _START + " </dev/null"
_END = (
    'for i in 1 2 3 4 5 6 7 8 9 10; do [ -s "$1" ] && break; sleep 0.2; done;'
    ' read -r pid <"$1" && { kill -TERM "-$pid" 2>/dev/null || kill -TERM "$pid"; } 2>/dev/null;'
    ' for i in 1 2 3 4 5 6 7 8 9 10; do kill -0 "$pid" 2>/dev/null || exit 0; sleep 0.2; done;'
    ' kill -KILL "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null; exit 0'
)


@dataclass(frozen=True, kw_only=True)
class Command:
    """One command to be run in a studio."""

    id: str
    """Unique among those that run: names its pid file."""
    words: tuple[str, ...]
    folder: str
    """Absolute."""
    takes_input: bool = False
    """Somebody writes to its stdin; else that is empty, whatever the transport can."""


class Commands:
    """Opens and ends commands in running studios."""

    def __init__(self, tools: Tools) -> None:
        """Reach studios as their lives do."""
        self._tools = tools

    def around(self, life: Life) -> Surroundings:
        """Return where things are in a studio that runs."""
        return studio_orders.surroundings(self._tools, life.studio)

    def folder(self, life: Life, wanted: str) -> str:
        """Return the absolute folder of a command: the workspace, or below it, or any."""
        layout = self._tools.runtime(life.studio).layout(life.studio.uid)
        if "\0" in wanted:
            raise UsageError("a folder's name cannot contain NUL")
        return posixpath.normpath(posixpath.join(layout.workdir, wanted))

    @asynccontextmanager
    async def open(self, life: Life, command: Command) -> AsyncIterator[Channel]:
        """Run a command and give its stdio.

        Raises:
            TargetError: the studio cannot be reached.
        """
        layout = self._layout(life)
        studio = life.studio
        blueprint = self._tools.templates.get(studio.spec.template).blueprint
        variables = {
            **launching.browser_paths(studio.spec, blueprint),
            **launching.environment(studio.spec, blueprint, self.around(life)),
        }
        own = {"HOME": layout.home, "CSTUDIO_RUNNER_STATE": layout.state}
        words = (
            "env",
            "-u",
            "CSTUDIO_LAUNCH",
            *(f"{name}={value}" for name, value in {**own, **variables}.items()),
            *("sh", "-c", _START if command.takes_input else _START_ALONE),
            *("sh", _pid_file(layout, command.id), command.folder),
            *command.words,
        )
        with self._tools.uses.during(studio.uid):
            async with self._tools.open_command(self._target(life), words) as channel:
                yield channel

    @asynccontextmanager
    async def dialled(self, life: Life, port: int) -> AsyncIterator[Streams]:
        """Connect to a port in the studio, exposed or not; the caller closes the connection.

        Raises:
            TargetError: the studio cannot be reached, or nobody listens there.
        """
        with self._tools.uses.during(life.studio.uid):
            yield await self._dial(life.studio, port)

    async def _dial(self, studio: StoredStudio, port: int) -> Streams:
        try:
            return await self._tools.runtime(studio).dial(studio.uid, port)
        except TargetError as error:
            if error.reason != "UNREACHABLE":
                raise
            raise TargetError(
                f"nobody listens at port {port} of the studio `{studio.spec.name}`",
                reason="UNREACHABLE",
                next=f"cstudio studio logs {studio.spec.name}",
                port=str(port),
            ) from error

    async def end(self, life: Life, id: str) -> None:
        """End a command and what it started; nothing happens when it has ended."""
        words = ("sh", "-c", _END, "sh", _pid_file(self._layout(life), id))
        try:
            async with self._tools.open_command(self._target(life), words) as channel:
                await channel.end_input()
                await channel.wait()
        except CstudioError:
            return  # the studio is gone, and the command with it

    def _layout(self, life: Life) -> Layout:
        return self._tools.runtime(life.studio).layout(life.studio.uid)

    def _target(self, life: Life) -> Target:
        runtime = self._tools.runtime(life.studio)
        return runtime.target(life.studio.uid, self._layout(life).workdir)


def _pid_file(layout: Layout, id: str) -> str:
    return f"{layout.state}/commands/{id}.pid"


def checked(words: Sequence[str]) -> tuple[str, ...]:
    """Return a command's words, or refuse them."""
    if not words or not words[0]:
        raise UsageError("there is no command to run", next="… -- COMMAND [ARGUMENT]…")
    if any("\0" in word for word in words):
        raise UsageError("a word of a command cannot contain NUL")
    return tuple(words)
