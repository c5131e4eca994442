"""How failures are told: a sentence, what to type next, an exit status."""

from __future__ import annotations

import itertools
import os
import traceback
from collections.abc import Sequence
from dataclasses import dataclass, field

import click

from cstudio import errors
from cstudio.cli import output
from cstudio.cli.tables import plain

DETAILS = ("faults", "evidence", "paths")
"""Metadata of more than a word, which people are shown as lines."""
REPORT = "set CSTUDIO_DEBUG=1 to see where, and please report it"


@dataclass(frozen=True, kw_only=True)
class Fault:
    """A failure as people and programs are told."""

    message: str
    exit_status: int
    reason: str = ""
    hint: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    details: tuple[str, ...] = ()
    """Lines between the sentence and the hint."""

    def lines(self) -> list[str]:
        """Return the sentence, and the hint when there is one."""
        said = [f"{click.style('error:', fg='red')} {self.message}", *self.details]
        return [*said, f"hint: {self.hint}"] if self.hint else said

    def document(self) -> dict[str, object]:
        """Return the same for programs."""
        return {
            "error": {
                "reason": self.reason or None,
                "message": self.message,
                "hint": self.hint or None,
                "exit_status": self.exit_status,
                "metadata": self.metadata,
            }
        }


def fault(error: BaseException) -> Fault:
    """Return what to tell about an exception."""
    match error:
        case errors.CstudioError():
            return Fault(
                message=error.message,
                exit_status=error.exit_status,
                reason=error.reason,
                hint=error.hint,
                metadata=error.metadata,
                details=_details(error),
            )
        case click.ClickException():
            return _usage(error)
        case OSError():
            name = f"`{error.filename}`: " if error.filename else ""
            return Fault(message=f"{name}{error.strerror or error}", exit_status=errors.FAILED)
        case _:
            said = f"{type(error).__name__}: {error}".strip()
            return Fault(
                message=f"cstudio came across something it does not expect: {said}",
                exit_status=errors.FAILED,
                reason="BUG",
                hint=REPORT,
            )


def tell(error: BaseException, *, as_json: bool) -> int:
    """Write what went wrong to stderr; return the exit status."""
    told = fault(error)
    if os.environ.get("CSTUDIO_DEBUG"):
        output.talk("".join(traceback.format_exception(error)))
    if as_json:
        output.problem(told.document())
    else:
        for line in told.lines():
            output.talk(line)
    return told.exit_status


def wants_json(arguments: Sequence[str]) -> bool:
    """Tell whether the command line asks for JSON, even when it cannot be parsed."""
    words = list(itertools.takewhile(lambda word: word != "--", arguments))
    pairs = itertools.pairwise(words)
    joined = {"-ojson", "--output=json"}
    return any(word in joined for word in words) or any(
        option in ("-o", "--output") and value == "json" for option, value in pairs
    )


def _details(error: errors.CstudioError) -> tuple[str, ...]:
    """Return what a failure's sentence alone does not say: evidence, every fault, every path."""
    found = (error.metadata.get(key, "") for key in DETAILS)
    lines = [line for text in found for line in text.splitlines()]
    return tuple(f"  {plain(line)}" for line in lines if line not in error.message)


def _usage(error: click.ClickException) -> Fault:
    message = " ".join(error.format_message().split()).rstrip(".").replace("'", "`")
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "cstudio"
    return Fault(
        message=message[:1].lower() + message[1:],
        exit_status=errors.USAGE,
        reason="INVALID_ARGUMENT",
        hint=f"{path} --help",
    )
