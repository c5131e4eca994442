"""`cstudio webapp`: studios that are published."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

_AT = "cstudio.cli.webapp."

ENTRIES = {
    "publish": Entry(_AT + "life", "publish", "Publish a studio as a web app."),
    "list": Entry(_AT + "reading", "list_webapps", "List web apps."),
    "show": Entry(_AT + "reading", "show", "Show one web app, and its replicas."),
    "restart": Entry(_AT + "life", "restart", "Start the replicas anew, from the zones as now."),
    "unpublish": Entry(_AT + "life", "unpublish", "End a web app; the studio's zones stay."),
    "logs": Entry(_AT + "reading", "logs", "Show what the programs of a replica say."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def webapp() -> None:
    """Publish studios as web apps.

    A web app runs the studio's template in places of its own, with what is launched for
    web apps alone (`webapps: true`), and reads the studio's zones; it never writes to
    them. The studio itself need not run.

    \b
    Try:  cstudio webapp publish lab --port 8501 --replicas 2 --group sales
    Then: cstudio webapp restart ID      after the files in its zones were changed
    """
