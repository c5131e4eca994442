"""`cstudio daemon run|start|stop|restart|status|logs`."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import compare_versions, connected, locations, settings

if TYPE_CHECKING:
    from pathlib import Path

    from cstudio_api.v1.daemon_pb2 import DaemonInfo, Runtime

STOP_SECONDS = 10.0
POLL_SECONDS = 0.05
FOLLOW_SECONDS = 0.2


@click.group()
@click.pass_context
def daemon(ctx: click.Context) -> None:
    """Run, stop and look at the daemon."""
    elsewhere = _elsewhere()
    if elsewhere and ctx.invoked_subcommand != "status":
        raise errors.UsageError(
            f"`cstudio daemon {ctx.invoked_subcommand}` is about the daemon of this machine,"
            f" and {elsewhere} is elsewhere",
            hint="leave --server out, and unset CSTUDIO_SERVER",
        )


@daemon.command(context_settings={"ignore_unknown_options": True, "help_option_names": []})
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
def run(arguments: tuple[str, ...]) -> None:
    """Run the daemon here, in the foreground; further words are passed on to it."""
    from cstudio import connect

    words = [*connect.command(locations()), *arguments]
    os.execv(words[0], words)


_DYING_LOOKS = 3
_DYING_SECONDS = 0.3
"""A daemon that was killed just now takes calls for an instant, and answers none."""


@daemon.command()
@output.format_option
def start(form: str) -> None:
    """Start the daemon, unless it runs."""
    for _ in range(_DYING_LOOKS):
        try:
            return _start(form)
        except errors.UnreachableError:
            time.sleep(_DYING_SECONDS)
    return _start(form)


def _start(form: str) -> None:
    with connected(autostart=True) as client:
        info = client.daemon.info()
        if not client.started:
            output.talk("the daemon runs already")
        _show(info, form)


@daemon.command()
@output.format_option
def stop(form: str) -> int:
    """Stop the daemon; sessions go on with the next one."""
    _stop()
    output.show(
        form,
        data=lambda: {"running": False, "socket": str(locations().socket)},
        table=lambda: ["the daemon has stopped"],
        names=lambda: [str(locations().socket)],
    )
    return errors.OK


@daemon.command()
@output.format_option
def restart(form: str) -> None:
    """Stop the daemon when it runs, and start this version of it."""
    try:
        _stop()
    except errors.UnreachableError:
        output.talk("the daemon was not running")
    with connected(autostart=True) as client:
        _show(client.daemon.info(), form)


@daemon.command()
@output.format_option
def status(form: str) -> int:
    """Show the daemon; exit status 10 when it does not run."""
    where = locations()
    try:
        with connected(autostart=False) as client:
            _show(client.daemon.info(), form)
    except errors.UnreachableError:
        if _elsewhere():
            raise
        output.show(
            form,
            data=lambda: {"running": False, "socket": str(where.socket)},
            table=lambda: ["the daemon is not running"],
            names=lambda: [str(where.socket)],
        )
        output.talk("hint: cstudio daemon start")
        return errors.UNREACHABLE
    return errors.OK


@daemon.command()
@click.option("-f", "--follow", is_flag=True, help="Go on as it grows, until Ctrl-C.")
@click.option("-n", "--lines", default=50, show_default=True, help="How many lines.")
def logs(follow: bool, lines: int) -> None:
    """Show the daemon's log, whether it runs or not."""
    from cstudio import connect

    log = _log_file()
    if not log.exists():
        raise errors.NotFoundError(
            f"there is no log at `{log}`", hint="the daemon may log to its terminal"
        )
    end = log.stat().st_size
    for line in connect.last_lines(log, count=lines):
        click.echo(line)
    if follow:
        _follow(log, end)


def _elsewhere() -> str:
    """Return the address of the daemon that commands go to; empty: it is on this machine."""
    chosen = settings()
    return chosen.server or ("" if chosen.socket else os.environ.get("CSTUDIO_SERVER", ""))


def show_lines(info: DaemonInfo) -> list[str]:
    """Return what there is to know about a daemon."""
    from cstudio.cli import tables

    return tables.pairs(
        [
            ("daemon", "running"),
            ("version", info.version),
            ("pid", str(info.pid)),
            ("uptime", f"{info.uptime.seconds} s"),
            ("sessions", f"{info.sync_session_count:,}"),
            ("state folder", info.state_folder),
            ("socket", info.socket),
            ("log", info.log_file),
            *((f"runtime {one.name}", _usable(one)) for one in info.runtimes),
        ]
    )


def _usable(runtime: Runtime) -> str:
    """Return the version of a runtime, or why it cannot be used."""
    if runtime.available:
        return runtime.version or "available"
    return f"not available: {runtime.reason}"


def _show(info: DaemonInfo, form: str) -> None:
    from cstudio.cli import shapes

    compare_versions(info)
    output.show(
        form,
        data=lambda: shapes.daemon(info),
        table=lambda: show_lines(info),
        names=lambda: [info.socket],
    )


def _stop() -> None:
    """Ask the daemon to end, and wait until its process is gone."""
    with connected(autostart=False) as client:
        pid = client.daemon.info().pid
        client.daemon.shut_down()
    deadline = time.monotonic() + STOP_SECONDS
    while _runs(pid):
        if time.monotonic() > deadline:
            raise errors.StateError(
                f"the daemon (process {pid}) has not ended within {STOP_SECONDS:.0f} s",
                reason="TIMEOUT",
                hint="cstudio daemon logs",
            )
        time.sleep(POLL_SECONDS)


def _runs(pid: int) -> bool:
    """Tell whether a process runs; a dead one that nobody waited for does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[:1] != [b"Z"]
    except OSError:
        return True


def _log_file() -> Path:
    """Return the log of the daemon that runs, or of the one that would."""
    from pathlib import Path

    try:
        with connected(autostart=False) as client:
            named = client.daemon.info().log_file
    except errors.UnreachableError:
        named = ""
    return Path(named) if named else locations().log


def _follow(log: Path, position: int) -> None:
    with log.open("rb") as file:
        file.seek(position)
        while True:
            text = file.read().decode("utf-8", "replace")
            click.echo(text, nl=False)
            if not text:
                time.sleep(FOLLOW_SECONDS)
