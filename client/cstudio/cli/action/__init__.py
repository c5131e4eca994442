"""`cstudio action`: command lines that run in a studio."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

_AT = "cstudio.cli.action."

ENTRIES = {
    "list": Entry(_AT + "reading", "list_actions", "List the actions of a studio."),
    "run": Entry(_AT + "running", "run", "Run an action, or any command."),
    "cancel": Entry(_AT + "running", "cancel", "End a run."),
    "history": Entry(_AT + "reading", "history", "List runs."),
    "logs": Entry(_AT + "running", "logs", "Show the output of a run."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def action() -> None:
    """Run commands in a studio.

    Those that its template offers, or any; each run and its output are kept.

    \b
    Try:  cstudio action run lab test
          cstudio action run lab -- python -m pytest -q
    """
