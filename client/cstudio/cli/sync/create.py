"""`cstudio sync create`: from two places to a running session."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import connected
from cstudio.cli.sync import options

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncSession

    from cstudio.client import BlockingClient


@click.command()
@click.argument("local", metavar="LOCAL")
@click.argument("target", metavar="TARGET")
@click.option("--name", default="", help="Name of the session; default: made from the folder's.")
@options.mode_option(default="two-way-safe")
@options.exclusion_options
@options.where_options
@click.option("--create", "create_folder", is_flag=True, help="Make the remote folder if missing.")
@options.label_option
@click.option("--wait", is_flag=True, help="Return when both sides are in step.")
@output.format_option
def create(local: str, target: str, *, form: str, wait: bool, **words: Any) -> int:
    """Mirror a local folder and a remote one.

    \b
    TARGET is one of
      pod/NAME:/path  deploy/NAME:/path  sts/NAME:/path
      docker:CONTAINER:/path
      a folder

    The session goes on by itself from then on, whatever happens to this command.
    Exit status with --wait: 0 in step, 3 conflicts or problems remain,
    12 halted, 13 the target cannot be used.
    """
    with connected() as client:
        session = client.sessions.create(
            local,
            target,
            name=words["name"],
            mode=words["mode"],
            exclusions=options.exclusions(words),
            where=options.where(words),
            create_folder=words["create_folder"],
            labels=options.labels(words["label"]),
        )
        return _follow(client, session, form=form, wait=wait)


def _follow(client: BlockingClient, session: SyncSession, *, form: str, wait: bool) -> int:
    from cstudio.cli import first_sync

    status = errors.OK
    bar = form == "table" and output.is_terminal(sys.stderr)
    if wait or bar:
        session, status = first_sync.follow(client, session, show=bar)
    options.show_session(session, form)
    return status if wait or status == errors.INTERRUPTED else errors.OK
