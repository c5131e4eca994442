"""What reaches people: data on stdout, talk on stderr, colour on terminals alone."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Callable, Iterable
from typing import IO, Any

import click

from cstudio.errors import UsageError

FORMATS = ("table", "json", "name")

format_option = click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(FORMATS),
    default="table",
    show_default=True,
    help="How to write the answer.",
)


def tolerate_encodings() -> None:
    """Let no name, and no locale, make writing fail."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="backslashreplace")


def show(
    form: str,
    *,
    data: Callable[[], Any],
    table: Callable[[], Iterable[str]],
    names: Callable[[], Iterable[str]],
) -> None:
    """Write an answer in the chosen format; only that one is made."""
    if form == "json":
        document(data(), indent=2)
        return
    for line in table() if form == "table" else names():
        click.echo(line)


def document(data: Any, *, indent: int | None = None) -> None:
    """Write a JSON document; one line without `indent`."""
    click.echo(_json(data, sys.stdout, indent))


def problem(data: Any) -> None:
    """Write a JSON document to stderr."""
    click.echo(_json(data, sys.stderr, None), err=True)


def talk(text: str) -> None:
    """Say something that is no data."""
    click.echo(text, err=True)


def warn(text: str, hint: str = "") -> None:
    """Say what somebody should look at."""
    talk(f"{click.style('warning:', fg='yellow')} {text}")
    if hint:
        talk(f"hint: {hint}")


def is_terminal(stream: IO[Any]) -> bool:
    """Tell whether people look at a stream."""
    with contextlib.suppress(ValueError, AttributeError):  # closed, or none
        return stream.isatty()
    return False


def wants_colour() -> bool | None:
    """Return False when NO_COLOR forbids colour, None to leave it to the stream."""
    return False if os.environ.get("NO_COLOR") else None


def ask(question: str, *, yes: bool) -> bool:
    """Ask before something that cannot be taken back lightly.

    Raises:
        UsageError: nobody is there to answer.
    """
    if yes:
        return True
    if not (is_terminal(sys.stdin) and is_terminal(sys.stderr)):
        raise UsageError("this asks before it acts, and there is no terminal", hint="add --yes")
    if click.confirm(question, err=True):
        return True
    talk("nothing was changed")
    return False


def _json(data: Any, stream: IO[str], indent: int | None) -> str:
    """Return valid JSON for any terminal: what it cannot show becomes ``\\uNNNN``."""
    encoding = (getattr(stream, "encoding", None) or "ascii").lower().replace("-", "")
    return json.dumps(data, ensure_ascii=encoding != "utf8", indent=indent)
