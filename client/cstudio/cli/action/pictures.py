"""Actions and runs as tables; values to lines."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

from cstudio_api.v1 import actions_pb2 as pb

from cstudio import words
from cstudio.cli.tables import clipped, columns, moment

COMMAND_COLUMNS = 60


def actions(found: Sequence[pb.Action]) -> list[str]:
    """Return a line an action."""
    rows = [(one.name, one.label, _command(one.command), one.description) for one in found]
    return columns(("NAME", "LABEL", "COMMAND", "DESCRIPTION"), rows) if rows else []


def runs(found: Sequence[pb.ActionRun]) -> list[str]:
    """Return a line a run."""
    rows = [
        (
            one.id,
            one.studio,
            words.run_state(one.state),
            str(one.exit_status) if words.run_state(one.state) == "ended" else "",
            moment(one, "start_time"),
            one.requester,
            one.action or _command(shlex.join(one.command)),
        )
        for one in found
    ]
    head = ("ID", "STUDIO", "STATE", "EXIT", "STARTED", "BY", "COMMAND")
    return columns(head, rows) if rows else []


def run(message: pb.ActionRun) -> list[str]:
    """Return one run in a sentence."""
    state = words.run_state(message.state)
    how = f" with exit status {message.exit_status}" if state == "ended" else ""
    return [f"run {message.id} in `{message.studio}`: {state}{how}"]


def _command(text: str) -> str:
    return clipped(text.replace("\n", " "), COMMAND_COLUMNS)
