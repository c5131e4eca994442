"""The JSON of actions and runs; `client/README.md` documents it."""

from __future__ import annotations

from cstudio_api.v1 import actions_pb2 as pb

from cstudio import words
from cstudio.cli.shapes import Shape, time


def action(message: pb.Action) -> Shape:
    """Return a command line that a template offers."""
    timeout = message.timeout
    return {
        "name": message.name,
        "label": message.label or None,
        "description": message.description or None,
        "icon": message.icon or None,
        "command": message.command,
        "wait": message.wait,
        "timeout_seconds": (
            timeout.seconds + timeout.nanos / 1e9 if message.HasField("timeout") else None
        ),
    }


def run(message: pb.ActionRun) -> Shape:
    """Return a run; `exit_status` is null unless it ended by itself."""
    state = words.run_state(message.state)
    return {
        "id": message.id,
        "studio": message.studio,
        "project": message.project,
        "action": message.action or None,
        "command": list(message.command),
        "state": state,
        "exit_status": message.exit_status if state == "ended" else None,
        "detail": message.detail or None,
        "requester": message.requester or None,
        "output_bytes": message.output_bytes,
        "dropped_bytes": message.dropped_bytes,
        "started": time(message, "start_time"),
        "ended": time(message, "end_time"),
    }
