"""`cstudio studio create|start|stop|restart|keepalive|change-owner`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import durations, names, output, waiting
from cstudio.cli.names import project_option, studio_argument
from cstudio.cli.session import connected
from cstudio.cli.studio import showing

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio

discard_option = click.option(
    "--discard", is_flag=True, help="Although what was written inside cannot be copied back."
)


@click.command()
@click.argument("name", metavar="NAME")
@names.required_project_option("The project whose zones it has")
@click.option(
    "--template",
    required=True,
    metavar="NAME",
    shell_complete=names.complete_template,
    help="What it is made from.",
)
@click.option(
    "--runtime",
    type=click.Choice(names.RUNTIMES),
    default=None,
    help="Where it runs; default: as the template or the daemon says.",
)
@click.option("--configuration", default="", metavar="NAME", help="A container configuration.")
@click.option("--dry-run", is_flag=True, help="Refuse what would be refused, make nothing.")
@output.format_option
def create(
    name: str,
    project: str,
    template: str,
    runtime: str | None,
    configuration: str,
    dry_run: bool,
    form: str,
) -> None:
    """Create a studio from a template.

    Its starter files are put into the zones, once; nothing is overwritten. It does not
    run yet.
    """
    with connected() as client:
        made = client.studios.create(
            name,
            project,
            template,
            runtime=runtime or "",
            configuration=configuration,
            dry_run=dry_run,
        )
    showing.show_studio(made, form)
    if form == "table":
        output.talk(f"hint: cstudio studio start {name} --wait")


@click.command()
@studio_argument
@project_option
@waiting.wait_option
@click.option("--debug", is_flag=True, help="Keep what fails up for a look.")
@output.format_option
def start(name: str, project: str, wait: bool | None, debug: bool, form: str) -> None:
    """Start a studio.

    Image, files in, programs up, live. Each stage is told; Ctrl-C stops looking, the
    studio goes on. Exit status with --wait: 0 it runs; 13 it does not, with the reason,
    the evidence and what to type next.
    """
    with connected() as client:
        studio = client.studios.start(name, project, debug=debug)
        if waiting.waits(wait, form):
            from cstudio.cli.studio import following

            studio = following.until_running(client, studio, bar=waiting.draws(form))
    showing.show_studio(studio, form)


@click.command()
@studio_argument
@project_option
@waiting.wait_option
@discard_option
@output.format_option
def stop(name: str, project: str, wait: bool | None, discard: bool, form: str) -> int:
    """Stop a studio; its files are copied back first.

    Both versions of a conflict are kept. What cannot be copied back is told; then it
    stops with --discard alone. Exit status with --wait: 0 stopped; 12 it goes on.
    """
    with connected() as client:

        def act(force: bool) -> Studio:
            studio = client.studios.stop(name, project, discard=force)
            if not waiting.waits(wait, form):
                return studio
            from cstudio.cli.studio import following

            return following.until_stopped(client, studio, bar=waiting.draws(form))

        return _insisting(act, discard, "stop", form)


@click.command()
@studio_argument
@project_option
@waiting.wait_option
@discard_option
@output.format_option
def restart(name: str, project: str, wait: bool | None, discard: bool, form: str) -> int:
    """Stop, and start with the template as it is now."""
    with connected() as client:

        def act(force: bool) -> Studio:
            studio = client.studios.restart(name, project, discard=force)
            if not waiting.waits(wait, form):
                return studio
            from cstudio.cli.studio import following

            return following.until_restarted(client, studio, bar=waiting.draws(form))

        return _insisting(act, discard, "restart", form)


@click.command()
@studio_argument
@project_option
@click.option(
    "--for",
    "seconds",
    metavar="TIME",
    callback=durations.option_value,
    help="So long from now: 90, 45s, 15m, 1h30m; default: once more the idle time.",
)
@output.format_option
def keepalive(name: str, project: str, seconds: float | None, form: str) -> None:
    """Put an idle stop off."""
    with connected() as client:
        found = client.studios.keep_alive(name, project, seconds=seconds)
    showing.show_studio(found, form)
    if form == "table" and not found.HasField("idle_stop_time"):
        output.talk(f"nothing stops `{name}` for being idle: no time for that is set")


@click.command("change-owner")
@studio_argument
@click.argument("owner", metavar="LOGIN")
@project_option
@output.format_option
def change_owner(name: str, owner: str, project: str, form: str) -> None:
    """Give a studio to somebody else.

    Their user zones are used from the next start.
    """
    with connected() as client:
        showing.show_studio(client.studios.change_owner(name, owner, project), form)


def _insisting(act: Callable[[bool], Studio], discard: bool, verb: str, form: str) -> int:
    """Act and show the studio; when files would be lost, tell them and ask first.

    Raises:
        CstudioError: files would be lost, and nobody is there to ask; or it failed.
    """
    from cstudio.cli import faults

    try:
        studio = act(discard)
    except errors.CstudioError as error:
        asked = output.is_terminal(sys.stdin) and output.is_terminal(sys.stderr)
        if error.reason.upper() != "UNSYNCED" or discard or not asked:
            raise
        faults.tell(error, as_json=False)
        if not output.ask(f"{verb} anyway, and lose that?", yes=False):
            return errors.FAILED
        studio = act(True)
    showing.show_studio(studio, form)
    return errors.OK
