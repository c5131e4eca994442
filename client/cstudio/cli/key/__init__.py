"""`cstudio key`: who may call the daemon over TCP."""

from __future__ import annotations

import click

from cstudio.cli.lazy import Entry, LazyGroup

_AT = "cstudio.cli.key.commands"
ENTRIES = {
    "create": Entry(_AT, "create", "Make a key for a person, and show it this once."),
    "list": Entry(_AT, "list_keys", "List the keys, without their secrets."),
    "revoke": Entry(_AT, "revoke", "Forget a key: what goes on with it ends."),
}


@click.group(cls=LazyGroup, entries=ENTRIES)
def key() -> None:
    """Let people call this daemon from elsewhere.

    They say `--server HOST:PORT` (or CSTUDIO_SERVER) and have their key in a file that
    CSTUDIO_KEY_FILE names. The daemon listens there when [server] in its configuration
    says so. All of this is for administrators.
    """
