"""`cstudio forward`: a port of a studio as one of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.names import project_option, studio_argument
from cstudio.cli.session import connected

if TYPE_CHECKING:
    from cstudio.errors import CstudioError

_PORT = click.IntRange(1, 65535)


@click.command()
@studio_argument
@click.argument("port", type=_PORT)
@project_option
@click.option(
    "--local-port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Of this machine; 0: any that is free. Default: the same number, if it is free.",
)
def forward(name: str, port: int, project: str, local_port: int | None) -> int:
    """Reach any port of a studio.

    For any server in the studio, also one that its template does not expose: a database, a
    debugger. What connects to 127.0.0.1 here connects to 127.0.0.1 there.
    """

    def ready(local: int) -> None:
        output.talk(f"127.0.0.1:{local} leads to port {port} of `{name}`; Ctrl-C ends it")

    def trouble(error: CstudioError) -> None:
        output.warn(error.message, hint=error.hint)

    with connected() as client:
        client.studios.forward(
            name, port, project, local_port=local_port, on_ready=ready, on_trouble=trouble
        )
    return errors.OK
