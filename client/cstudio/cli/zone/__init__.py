"""`cstudio zone`: the folders on the daemon's machine that studios are given."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

ENTRIES = {
    "list": Entry("cstudio.cli.zone.reading", "list_zones", "List the zones of a project."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def zone() -> None:
    """See the folders that studios are given.

    Their root is `zones.root` of the daemon's configuration, or CSTUDIO_ZONES_ROOT.
    """
