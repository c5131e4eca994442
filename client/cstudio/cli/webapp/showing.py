"""Writes one web app; the argument that names one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from cstudio import errors
from cstudio.cli import names, output

if TYPE_CHECKING:
    from cstudio_api.v1.webapps_pb2 import WebApp

    from cstudio.client import BlockingClient


def _ids(client: BlockingClient, ctx: click.Context) -> list[str]:
    return [one.id for one in client.webapps.list()]


id_argument = click.argument("id", metavar="ID", shell_complete=names.completing(_ids))


def show_webapp(webapp: WebApp, form: str) -> None:
    """Write one web app."""
    from cstudio.cli.webapp import pictures, shapes

    output.show(
        form,
        data=lambda: shapes.webapp(webapp),
        table=lambda: pictures.webapp(webapp),
        names=lambda: [webapp.id],
    )


def failure(webapp: WebApp, what: str) -> errors.CstudioError:
    """Return the failure that tells a web app's reason, evidence and next step."""
    reason = webapp.reason
    return errors.TargetError(
        f"`{webapp.id}` {what}: {reason.message or 'a replica ended'}",
        reason=reason.code,
        hint=reason.next or f"cstudio webapp show {webapp.id}",
        metadata={"evidence": reason.evidence} if reason.evidence else {},
    )
