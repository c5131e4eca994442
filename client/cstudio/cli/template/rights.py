"""`cstudio template grant|revoke`: who may create studios from a template."""

from __future__ import annotations

import click

from cstudio.cli import output
from cstudio.cli.names import template_argument
from cstudio.cli.session import connected
from cstudio.cli.template import showing
from cstudio.errors import UsageError


@click.command()
@template_argument
@click.argument("groups", metavar="[GROUP]...", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Everybody.")
@output.format_option
def grant(name: str, groups: tuple[str, ...], everybody: bool, form: str) -> None:
    """Let groups, or everybody, use a template."""
    _need_somebody(groups, everybody)
    with connected() as client:
        changed = client.templates.grant(name, groups, everybody=everybody)
    showing.show_template(changed, form)


@click.command()
@template_argument
@click.argument("groups", metavar="[GROUP]...", nargs=-1)
@click.option("--all", "everybody", is_flag=True, help="Not everybody any more.")
@output.format_option
def revoke(name: str, groups: tuple[str, ...], everybody: bool, form: str) -> None:
    """Take that right back.

    Studios that were created from it stay.
    """
    _need_somebody(groups, everybody)
    with connected() as client:
        changed = client.templates.revoke(name, groups, everybody=everybody)
    showing.show_template(changed, form)


def _need_somebody(groups: tuple[str, ...], everybody: bool) -> None:
    if not groups and not everybody:
        raise UsageError("nobody was named", hint="name groups, or --all")
