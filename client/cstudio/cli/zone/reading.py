"""`cstudio zone list`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cstudio.cli import names, output
from cstudio.cli.session import connected

if TYPE_CHECKING:
    from cstudio_api.v1.zones_pb2 import Zone


@click.command("list")
@names.required_project_option("Which project")
@output.format_option
def list_zones(project: str, form: str) -> None:
    """List the zones of a project.

    Its own, those of each of its studios, and yours.
    """
    with connected() as client:
        found = client.zones.list(project)
    output.show(
        form,
        data=lambda: [shape(one) for one in found],
        table=lambda: picture(found),
        names=lambda: [one.zone for one in found],
    )


def shape(message: Zone) -> dict[str, Any]:
    """Return a zone; `owner` is the studio's name or the user's login."""
    return {
        "zone": message.zone,
        "scope": message.scope,
        "owner": message.owner or None,
        "folder": message.folder,
        "exists": message.exists,
        "files": message.files,
        "bytes": message.bytes,
        "versioned": message.is_versioned,
    }


def picture(found: list[Zone]) -> list[str]:
    """Return a line a zone."""
    from cstudio.cli import tables

    rows = [
        (
            one.zone,
            f"{one.scope} {one.owner}".rstrip(),
            f"{one.files:,}" if one.exists else "",
            tables.size(one.bytes) if one.exists else "not yet",
            "git" if one.is_versioned else "",
            one.folder,
        )
        for one in found
    ]
    head = ("ZONE", "OF", "FILES", "SIZE", "HISTORY", "FOLDER")
    return tables.columns(head, rows) if rows else []
