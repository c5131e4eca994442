"""`cstudio sync push|pull|reset|accept|delete`: they show the plan, and ask."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import connected, name_argument
from cstudio.cli.shooting import Pictures, shoot
from cstudio.cli.sync import options

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import SyncPlan, SyncSession

    from cstudio.client import BlockingClient


@click.command()
@name_argument
@options.yes_option
@options.dry_run_option
@output.format_option
def push(name: str, yes: bool, dry_run: bool, form: str) -> int:
    """Make the remote side like the local one, once.

    What is overwritten or deleted goes to the trash.
    """
    with connected() as client:
        shot = client.sessions.push
        return shoot(lambda dry: shot(name, dry_run=dry), "push", yes, dry_run, form, _plan())


@click.command()
@name_argument
@options.yes_option
@options.dry_run_option
@output.format_option
def pull(name: str, yes: bool, dry_run: bool, form: str) -> int:
    """Make the local side like the remote one, once.

    What is overwritten or deleted goes to the trash.
    """
    with connected() as client:
        shot = client.sessions.pull
        return shoot(lambda dry: shot(name, dry_run=dry), "pull", yes, dry_run, form, _plan())


@click.command()
@name_argument
@options.yes_option
@options.dry_run_option
@output.format_option
def reset(name: str, yes: bool, dry_run: bool, form: str) -> int:
    """Compare afresh; nothing is deleted.

    Forgets what both sides agreed on: equal files are adopted, one-sided ones
    copied, different ones conflict.
    """
    with connected() as client:
        shot = client.sessions.reset
        return shoot(lambda dry: shot(name, dry_run=dry), "reset", yes, dry_run, form, _plan())


@click.command()
@name_argument
@options.yes_option
@options.dry_run_option
@output.format_option
def accept(name: str, yes: bool, dry_run: bool, form: str) -> int:
    """Do what a halted session stopped at.

    To bring back what it was about to delete instead: cstudio sync restore NAME
    """
    with connected() as client:
        session = client.sessions.accept(name, dry_run=True)
        _tell_halt(client, name, session)
        if not dry_run:
            if not output.ask(f"let `{name}` do that?", yes=yes):
                return errors.FAILED
            session = client.sessions.accept(name)
    options.show_session(session, form)
    return errors.OK


@click.command()
@name_argument
@options.yes_option
@options.dry_run_option
@output.format_option
def delete(name: str, yes: bool, dry_run: bool, form: str) -> int:
    """End a session; files stay on both sides."""
    from cstudio.cli import shapes

    with connected() as client:
        session = client.sessions.get(name)
        client.sessions.delete(name, dry_run=True)
        output.talk(f"files stay in {session.local_root} and in {session.target.text}")
        if not dry_run:
            if not output.ask(f"end the session `{name}`?", yes=yes):
                return errors.FAILED
            client.sessions.delete(name)
    output.show(
        form,
        data=lambda: {"deleted": not dry_run, "session": shapes.session(session)},
        table=lambda: [f"{'would end' if dry_run else 'ended'} `{name}`"],
        names=lambda: [name],
    )
    return errors.OK


def _plan() -> Pictures[SyncPlan]:
    from cstudio.cli import pictures, shapes

    return Pictures(
        data=shapes.plan,
        table=lambda plan: pictures.plan(plan.changes, plan.omitted_change_count),
        names=lambda plan: [shapes.path(change.path) for change in plan.changes],
        summary=lambda plan: pictures.summary(plan.changes, plan.omitted_change_count),
    )


def _tell_halt(client: BlockingClient, name: str, session: SyncSession) -> None:
    """Say why a session halted, and what it would do."""
    from cstudio.cli import pictures, tables

    output.talk(tables.plain(session.reason.message))
    try:
        changes = client.sessions.plan(name)
    except errors.CstudioError as error:  # a halted session may have no connection
        output.talk(f"no plan can be made: {error.message}")
        return
    for line in pictures.plan(changes):
        output.talk(line)
    output.talk(pictures.summary(changes))
