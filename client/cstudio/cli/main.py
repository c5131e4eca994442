"""The `cstudio` command: its groups, and how it ends.

Nothing heavy is imported here: help must be there within 150 ms.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

import click

from cstudio import errors
from cstudio.cli import faults, output
from cstudio.cli.lazy import Entry, LazyGroup
from cstudio.cli.session import Settings

ENTRIES = {
    "template": Entry("cstudio.cli.template", "template", "Describe studios in files, and build."),
    "studio": Entry("cstudio.cli.studio", "studio", "Create, start and use studios."),
    "action": Entry("cstudio.cli.action", "action", "Run commands in a studio."),
    "webapp": Entry("cstudio.cli.webapp", "webapp", "Publish studios as web apps."),
    "zone": Entry("cstudio.cli.zone", "zone", "See the folders that studios are given."),
    "open": Entry("cstudio.cli.studio.opening", "open_page", "Open the page, or a studio."),
    "forward": Entry("cstudio.cli.studio.forwarding", "forward", "Reach any port of a studio."),
    "sync": Entry("cstudio.cli.sync", "sync", "Keep a folder here and one there in step."),
    "key": Entry("cstudio.cli.key", "key", "Let people call this daemon from elsewhere."),
    "status": Entry("cstudio.cli.status", "status", "Show the daemon, and what needs attention."),
    "daemon": Entry("cstudio.cli.daemon", "daemon", "Run, stop and look at the daemon."),
    "doctor": Entry("cstudio.cli.doctor", "doctor", "Look for what is wrong on this machine."),
    "demo": Entry("cstudio.cli.demo", "demo", "See it work, in half a minute."),
    "completion": Entry("cstudio.cli.completion", "completion", "Complete words in your shell."),
}


def _version(ctx: click.Context, parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        import importlib.metadata

        click.echo(f"cstudio {importlib.metadata.version('cstudio')}")
        ctx.exit()


@click.group(
    cls=LazyGroup, entries=ENTRIES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--socket", metavar="PATH", help="The daemon's socket [env: CSTUDIO_SOCKET].")
@click.option(
    "--server",
    metavar="HOST:PORT",
    help="A daemon elsewhere [env: CSTUDIO_SERVER, with CSTUDIO_KEY_FILE and CSTUDIO_CA].",
)
@click.option(
    "--no-autostart",
    is_flag=True,
    envvar="CSTUDIO_NO_AUTOSTART",
    help="Fail when the daemon is not running, instead of starting it.",
)
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_version,
    help="Show the version.",
)
@click.pass_context
def root(ctx: click.Context, socket: str | None, server: str | None, no_autostart: bool) -> None:
    """Code studios from templates, and folders in step with pods and containers, live.

    \b
    Try:  cstudio demo
    Then: cstudio sync create ./src deploy/api:/app
    Or:   cstudio template create FILE; cstudio studio create NAME --template ... --project ...
    """
    if socket and server:
        raise errors.UsageError("--socket and --server name two daemons", hint="leave one out")
    ctx.obj = Settings(socket=socket, autostart=not no_autostart, server=server)
    ctx.color = output.wants_colour()


def main() -> int:
    """Run the command line of this process; return its exit status."""
    return run(sys.argv[1:])


def run(arguments: Sequence[str]) -> int:
    """Run a command line; whatever happens, no traceback is shown."""
    output.tolerate_encodings()
    # gRPC's own library writes to stderr what we tell in a sentence; read when it is loaded.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    try:
        status = _invoke(list(arguments))
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        status = errors.FAILED
    return status


def _invoke(arguments: list[str]) -> int:
    as_json = faults.wants_json(arguments)
    try:
        status = root.main(arguments, prog_name="cstudio", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as asked:
        output.talk(asked.format_message())
        return errors.USAGE
    except (click.exceptions.Abort, KeyboardInterrupt):
        return errors.INTERRUPTED
    except BrokenPipeError:
        raise
    except Exception as error:
        return faults.tell(error, as_json=as_json)
    return status if isinstance(status, int) else errors.OK


def _forget_stdout() -> None:
    """Whoever read our output is gone: let the interpreter not complain of it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
