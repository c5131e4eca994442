"""`cstudio key create|list|revoke`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from cstudio.cli import durations, output
from cstudio.cli.session import connected

if TYPE_CHECKING:
    from cstudio_api.v1.keys_pb2 import Key


@click.command()
@click.argument("login", metavar="LOGIN")
@click.option("--group", "groups", multiple=True, metavar="GROUP", help="A group of theirs.")
@click.option("--admin", is_flag=True, help="They are an administrator.")
@click.option(
    "--expires",
    metavar="TIME",
    callback=durations.option_value,
    help="How long it is good: 12h, 30d; without this until it is revoked.",
)
@output.format_option
def create(
    login: str, groups: tuple[str, ...], admin: bool, expires: float | None, form: str
) -> None:
    """Make a key for a person, and show it this once.

    The key is all that goes to stdout, so that it can be sent into a file:

    \b
        (umask 077; cstudio key create bob --group data > bob.key)
    """
    with connected() as client:
        made = client.keys.create(login, groups, admin=admin, seconds=expires)
    output.show(
        form,
        data=lambda: {**shape(made.key), "secret": made.secret},
        table=lambda: [made.secret],
        names=lambda: [made.secret],
    )
    output.talk(f"key `{made.key.id}` of `{login}`; it is not shown again")


@click.command("list")
@output.format_option
def list_keys(form: str) -> None:
    """List the keys, without their secrets."""
    with connected() as client:
        found = client.keys.list()
    output.show(
        form,
        data=lambda: [shape(one) for one in found],
        table=lambda: _picture(found),
        names=lambda: [one.id for one in found],
    )


@click.command()
@click.argument("id", metavar="ID")
@output.format_option
def revoke(id: str, form: str) -> None:
    """Forget a key: what goes on with it ends."""
    with connected() as client:
        client.keys.revoke(id)
    output.show(
        form,
        data=lambda: {"revoked": id},
        table=lambda: [f"`{id}` is revoked"],
        names=lambda: [id],
    )


def shape(message: Key) -> dict[str, Any]:
    """Return a key, without its secret."""
    from cstudio.cli import shapes

    return {
        "id": message.id,
        "login": message.login,
        "groups": [*message.groups],
        "admin": message.admin,
        "created": shapes.time(message, "create_time"),
        "expires": shapes.time(message, "expire_time"),
        "last_used": shapes.time(message, "last_use_time"),
        "creator": message.creator,
    }


def _picture(found: list[Key]) -> list[str]:
    """Return a line a key."""
    from cstudio.cli import tables

    rows = [
        (
            one["id"],
            one["login"],
            ", ".join(one["groups"]),
            "admin" if one["admin"] else "",
            _day(one["created"]),
            _day(one["expires"]) or "never",
            _day(one["last_used"]) or "never",
        )
        for one in map(shape, found)
    ]
    head = ("ID", "LOGIN", "GROUPS", "RIGHTS", "CREATED", "EXPIRES", "LAST USED")
    return tables.columns(head, rows) if rows else []


def _day(time: str | None) -> str:
    return f"{time[:10]} {time[11:16]}" if time else ""
