"""`cstudio sync`: keep a folder here and one in a pod or container in step."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

_AT = "cstudio.cli.sync."

ENTRIES = {
    "create": Entry(_AT + "create", "create", "Mirror a local folder and a remote one."),
    "list": Entry(_AT + "reading", "list_sessions", "List sessions."),
    "show": Entry(_AT + "reading", "show", "Show one session."),
    "watch": Entry(_AT + "following", "watch", "Follow sessions live."),
    "flush": Entry(_AT + "steering", "flush", "Wait until both sides have everything."),
    "pause": Entry(_AT + "steering", "pause", "Stop a session until it is resumed."),
    "resume": Entry(_AT + "steering", "resume", "Let a session go on, or try again now."),
    "update": Entry(_AT + "update", "update", "Change a session's mode, exclusions or labels."),
    "delete": Entry(_AT + "shots", "delete", "End a session; files stay on both sides."),
    "conflicts": Entry(_AT + "reading", "conflicts", "List what changed on both sides."),
    "diff": Entry(_AT + "comparing", "diff", "Show both versions of a path in conflict."),
    "resolve": Entry(_AT + "steering", "resolve", "Decide conflicts."),
    "problems": Entry(_AT + "reading", "problems", "List what cannot be synced, and why."),
    "explain": Entry(_AT + "reading", "explain", "Tell why a path is, or is not, in step."),
    "plan": Entry(_AT + "reading", "plan", "Tell what would be done now, and do nothing."),
    "push": Entry(_AT + "shots", "push", "Make the remote side like the local one, once."),
    "pull": Entry(_AT + "shots", "pull", "Make the local side like the remote one, once."),
    "reset": Entry(_AT + "shots", "reset", "Compare afresh; nothing is deleted."),
    "accept": Entry(_AT + "shots", "accept", "Do what a halted session stopped at."),
    "trash": Entry(_AT + "reading", "trash", "List what was kept aside."),
    "restore": Entry(_AT + "restore", "restore", "Bring something back."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def sync() -> None:
    """Keep a folder here and one there in step.

    There: in a pod, a container, or another folder.
    """
