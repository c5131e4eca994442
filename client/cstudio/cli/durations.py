"""Lengths of time as people write them: `90`, `45s`, `15m`, `2h`, `1h30m`, `30d`."""

from __future__ import annotations

import re

import click

_FORM = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+(?:\.\d+)?)s?)?", re.ASCII)


def seconds(text: str) -> float | None:
    """Return how many seconds are meant; None: that is no length of time."""
    match = _FORM.fullmatch(text.strip().lower())
    if match is None or not any(match.groups()):
        return None
    days, hours, minutes, rest = (float(part or 0) for part in match.groups())
    return days * 86400 + hours * 3600 + minutes * 60 + rest


def option_value(ctx: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """Return the seconds that an option says; a callback of click.

    Raises:
        BadParameter: that is no length of time, or none at all.
    """
    if value is None:
        return None
    found = seconds(value)
    if not found:
        raise click.BadParameter(f"'{value}' is no length of time; write 90, 45s, 1h30m or 30d")
    return found
