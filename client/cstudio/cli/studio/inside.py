"""`cstudio studio exec|logs`: what runs in a studio, with its streams as they are."""

from __future__ import annotations

import sys

import click

from cstudio import errors
from cstudio.cli import output, pipes
from cstudio.cli.names import project_option, studio_argument
from cstudio.cli.session import connected


@click.command("exec")
@studio_argument
@click.argument("command", metavar="-- COMMAND...", nargs=-1, required=True)
@project_option
@click.option("--folder", default="", metavar="DIR", help="Where; default: the workspace.")
@click.option(
    "-i/-I",
    "--stdin/--no-stdin",
    "joined",
    default=None,
    help="Join stdin, or not; by default unless it is a terminal.",
)
def execute(
    name: str, command: tuple[str, ...], project: str, folder: str, joined: bool | None
) -> int:
    """Run a command in a studio.

    As the studio's user, without a shell in between: cstudio studio exec NAME -- sh -c '...'
    has one. Streams are joined, the exit status is the command's; Ctrl-C ends it (130).
    """
    joins = not output.is_terminal(sys.stdin) if joined is None else joined
    with connected() as client:
        return client.studios.execute(
            name,
            command,
            project,
            folder=folder,
            stdin=pipes.read(sys.stdin) if joins else None,
            stdout=pipes.writer(sys.stdout),
            stderr=pipes.writer(sys.stderr),
        )


@click.command()
@studio_argument
@project_option
@click.option("-f", "--follow", is_flag=True, help="Go on as more comes, until Ctrl-C.")
@click.option(
    "-n", "--lines", type=click.IntRange(min=1), default=1000, show_default=True, help="The last."
)
@click.option("--previous", is_flag=True, help="Of the run before the last restart.")
@click.option("--grep", "contains", default="", metavar="TEXT", help="Only lines with this text.")
def logs(name: str, project: str, follow: bool, lines: int, previous: bool, contains: str) -> int:
    """Show what the programs of a studio say."""
    write = pipes.writer(sys.stdout)
    with connected() as client:
        for data in client.studios.logs(
            name, project, follow=follow, lines=lines, previous=previous, contains=contains
        ):
            write(data)
    return errors.OK
