"""`cstudio studio open`, `cstudio open`: a studio, or the page, in the browser."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.names import complete_studio, project_option, studio_argument
from cstudio.cli.session import connected, settings

if TYPE_CHECKING:
    from cstudio_api.v1.studios_pb2 import Studio


_LOOPBACK = ("localhost", "127.0.0.1", "::1")

_port_option = click.option(
    "--port", type=int, default=None, help="Which port; default: the first with a page."
)
_print_option = click.option(
    "--print", "print_only", is_flag=True, help="Write the address, open nothing."
)


@click.command("open")
@studio_argument
@project_option
@_port_option
@_print_option
def open_studio(name: str, project: str, port: int | None, print_only: bool) -> int:
    """Open a studio in the browser.

    The address signs a browser in as you: the first that opens it, within ten minutes.
    `cstudio studio show NAME` has the one that stays.
    """
    return _opened(name, project, port, print_only)


@click.command("open")
@click.argument("name", metavar="[NAME]", default="", shell_complete=complete_studio)
@project_option
@_port_option
@_print_option
def open_page(name: str, project: str, port: int | None, print_only: bool) -> int:
    """Open the page, or a studio.

    The address signs a browser in as you: the first that opens it, within ten minutes.
    """
    return _opened(name, project, port, print_only)


def _opened(name: str, project: str, port: int | None, print_only: bool) -> int:
    if port is not None and not name:
        raise errors.UsageError("--port is of a studio", hint="cstudio open NAME --port PORT")
    with connected() as client:
        path = ""
        if name:
            path = urlsplit(address(client.studios.get(name, project), port)).path
        url = client.keys.sign_in_link(path)
    click.echo(url)
    if _is_elsewhere() and urlsplit(url).hostname in _LOOPBACK:
        output.warn(
            "the daemon is elsewhere, and browsers reach it on its own machine alone",
            hint="set [gateway] there, or forward the port: ssh -L",
        )
    if not print_only and click.launch(url) != 0:
        output.warn("no browser could be opened", hint="open the address yourself")
        return errors.FAILED
    return errors.OK


def _is_elsewhere() -> bool:
    chosen = settings()
    return bool(chosen.server or (os.environ.get("CSTUDIO_SERVER") and not chosen.socket))


def address(studio: Studio, port: int | None) -> str:
    """Return where a port of a studio answers.

    Raises:
        NotFoundError: it has no such port, or none with a page.
        StateError: it does not run.
    """
    listed = ", ".join(str(one.port) for one in studio.ports)
    found = [one for one in studio.ports if (one.html if port is None else one.port == port)]
    if not found:
        what = f"no port {port}" if port is not None else "no port with a page"
        raise errors.NotFoundError(
            f"`{studio.name}` has {what}",
            reason="NOT_FOUND",
            hint=f"--port, one of {listed}"
            if listed
            else f"cstudio template show {studio.template}",
        )
    if not found[0].url or not _runs(studio):
        raise errors.StateError(
            f"`{studio.name}` does not run",
            reason="STUDIO_NOT_RUNNING",
            hint=f"cstudio studio start {studio.name} --wait",
        )
    return found[0].url


def _runs(studio: Studio) -> bool:
    from cstudio import words

    return words.studio_state(studio.state) == "RUNNING"
