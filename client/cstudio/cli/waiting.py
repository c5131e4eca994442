"""Whether a command waits for what it began: as asked, or when somebody looks on."""

from __future__ import annotations

import sys

import click

from cstudio.cli import output

wait_option = click.option(
    "--wait/--no-wait", default=None, help="Return at the end; the default on a terminal."
)


def waits(wanted: bool | None, form: str) -> bool:
    """Tell whether to wait."""
    return draws(form) if wanted is None else wanted


def draws(form: str) -> bool:
    """Tell whether somebody looks on, so that a line may be drawn again and again."""
    return form == "table" and output.is_terminal(sys.stderr)
