"""`cstudio studio`: what a template describes, running, with its files in step."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

_AT = "cstudio.cli.studio."

ENTRIES = {
    "create": Entry(_AT + "life", "create", "Create a studio from a template."),
    "list": Entry(_AT + "reading", "list_studios", "List studios."),
    "show": Entry(_AT + "reading", "show", "Show one studio."),
    "start": Entry(_AT + "life", "start", "Start a studio."),
    "stop": Entry(_AT + "life", "stop", "Stop a studio; its files are copied back first."),
    "restart": Entry(_AT + "life", "restart", "Stop, and start with the template as it is now."),
    "delete": Entry(_AT + "deleting", "delete", "Forget a studio; its zones stay."),
    "open": Entry(_AT + "opening", "open_studio", "Open a studio in the browser."),
    "exec": Entry(_AT + "inside", "execute", "Run a command in a studio."),
    "logs": Entry(_AT + "inside", "logs", "Show what the programs of a studio say."),
    "watch": Entry(_AT + "watching", "watch", "Follow studios live."),
    "zones": Entry(_AT + "files", "zones", "List the zones of a studio, and how they are."),
    "push": Entry(_AT + "files", "push", "Make a studio's zones like the server's, once."),
    "pull": Entry(_AT + "files", "pull", "Make the server's zones like a studio's, once."),
    "reset": Entry(_AT + "files", "reset", "Push, and forget what differed."),
    "conflicts": Entry(_AT + "files", "conflicts", "List what changed on both sides."),
    "keepalive": Entry(_AT + "life", "keepalive", "Put an idle stop off."),
    "change-owner": Entry(_AT + "life", "change_owner", "Give a studio to somebody else."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def studio() -> None:
    """Create, start and use studios.

    A studio is made from a template, in a project; it runs in Kubernetes, in Docker or
    in this machine's local runtime, with the zones of its project in step.

    \b
    Try:  cstudio studio create lab --project DEMO --template jupyter
    Then: cstudio studio start lab --wait
          cstudio open lab
    """
