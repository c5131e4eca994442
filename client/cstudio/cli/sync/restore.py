"""`cstudio sync restore`: bring back what was deleted, or is about to be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import connected, name_argument, path_below
from cstudio.cli.sync import options

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncTrashItem

    from cstudio.client import BlockingClient


@click.command()
@name_argument
@click.argument("wanted", metavar="[ID|PATH]", default="")
@options.yes_option
@options.dry_run_option
@output.format_option
def restore(name: str, wanted: str, yes: bool, dry_run: bool, form: str) -> int:
    """Bring something back.

    With an id of `cstudio sync trash`, or a path: from the trash to where it was.
    Without: what a halted session was about to delete.
    """
    with connected() as client:
        if not wanted:
            return _restore_deletions(client, name, yes, dry_run, form)
        _show_item(_from_trash(client, name, wanted, dry_run), dry_run, form)
    return errors.OK


def _from_trash(client: BlockingClient, name: str, wanted: str, dry_run: bool) -> SyncTrashItem:
    """Take `wanted` for an id, or else for a path."""
    if "/" not in wanted:
        try:
            return client.sessions.restore(name, id=wanted, dry_run=dry_run)
        except errors.CstudioError as error:
            if error.reason not in ("TRASH_ITEM_NOT_FOUND", "INVALID_ARGUMENT"):
                raise
    return client.sessions.restore(name, path=path_below(client, name, wanted), dry_run=dry_run)


def _restore_deletions(
    client: BlockingClient, name: str, yes: bool, dry_run: bool, form: str
) -> int:
    """Show what waits to be deleted, ask, and bring it back."""
    from cstudio import words
    from cstudio.cli import pictures

    client.sessions.restore_deletions(name, dry_run=True)
    waiting = [one for one in client.sessions.plan(name) if words.action(one.action) == "delete"]
    for line in pictures.plan(waiting):
        output.talk(line)
    if not dry_run:
        if waiting and not output.ask(f"bring these {len(waiting):,} back?", yes=yes):
            return errors.FAILED
        client.sessions.restore_deletions(name)
    options.show_session(client.sessions.get(name), form)
    return errors.OK


def _show_item(item: SyncTrashItem, dry_run: bool, form: str) -> None:
    from cstudio import words
    from cstudio.cli import shapes

    path, side = shapes.path(item.path), words.side(item.side)
    done = "would bring back" if dry_run else "brought back"
    output.show(
        form,
        data=lambda: shapes.kept(item),
        table=lambda: [f"{done} `{path}` on the {side} side"],
        names=lambda: [path],
    )
