"""`cstudio doctor`: what is wrong on this machine, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.session import locations, settings

if TYPE_CHECKING:
    from cstudio.checks import Finding


@click.command()
@click.option("--context", default="", help="Context of the kubeconfig to look at.")
@click.option("--kubeconfig", default="", help="Look at this one instead of $KUBECONFIG.")
@output.format_option
def doctor(context: str, kubeconfig: str, form: str) -> int:
    """Look for what is wrong on this machine.

    The cluster is looked at as `sync create` with the same options would use it.

    Exit status 1 when something does not work.
    """
    from cstudio import targets

    found = _findings(targets.kubeconfig(kubeconfig), targets.utf8(context))
    output.show(
        form,
        data=lambda: [
            {
                "name": one.name,
                "status": one.status,
                "detail": one.detail,
                "next": one.next or None,
            }
            for one in found
        ],
        table=lambda: _lines(found),
        names=lambda: [one.name for one in found],
    )
    return errors.FAILED if any(one.status == "fail" for one in found) else errors.OK


def _findings(kubeconfig: str, context: str) -> list[Finding]:
    """Return what this process sees, then what the daemon sees."""
    from cstudio import checks

    where = locations()
    answering, remote = _of_daemon(kubeconfig, context)
    mine = [checks.python(), answering, checks.socket(where.socket), checks.state(where.state)]
    mine += [checks.disk(where.state), *checks.inotify()]
    theirs = {one.name for one in remote}
    return [one for one in mine if one.name not in theirs] + remote


def _of_daemon(kubeconfig: str, context: str) -> tuple[Finding, list[Finding]]:
    from cstudio import checks
    from cstudio.client import Client

    chosen = settings()
    try:
        with Client.sync(chosen.socket, autostart=chosen.autostart, server=chosen.server) as client:
            answers = client.daemon.checks(kubeconfig, context)
            found = [checks.of_daemon(one) for one in answers]
            return checks.daemon(client.daemon.info()), found
    except errors.CstudioError as error:
        return checks.Finding("daemon", "fail", error.message, error.hint), []


def _lines(found: Sequence[Finding]) -> list[str]:
    from cstudio.cli import tables

    lines = tables.columns(("CHECK", "", "FOUND"), [one[:3] for one in found])
    for one in found:
        if one.next and one.status != "ok":
            lines.append(tables.plain(f"{one.name}: {one.next}"))
    return lines
