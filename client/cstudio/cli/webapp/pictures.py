"""Web apps as tables; values to lines."""

from __future__ import annotations

from collections.abc import Sequence

from cstudio_api.v1 import webapps_pb2 as pb

from cstudio import words
from cstudio.cli.tables import columns, moment, pairs


def webapps(found: Sequence[pb.WebApp]) -> list[str]:
    """Return a line a web app."""
    head = ("ID", "PROJECT", "STUDIO", "STATE", "READY", "FOR", "URL", "NOTE")
    rows = [
        (
            one.id,
            one.project,
            one.studio,
            words.webapp_state(one.state),
            f"{one.ready_replicas}/{one.replicas}",
            visitors(one.access),
            one.url,
            note(one),
        )
        for one in found
    ]
    return columns(head, rows) if rows else []


def webapp(message: pb.WebApp) -> list[str]:
    """Return everything about one web app."""
    reason = message.reason
    return pairs(
        [
            ("id", message.id),
            ("project", message.project),
            ("studio", message.studio),
            ("state", words.webapp_state(message.state)),
            ("because", reason.message),
            ("evidence", reason.evidence),
            ("next", reason.next),
            ("url", message.url),
            ("for", visitors(message.access)),
            ("port", str(message.port)),
            ("files", "live" if message.live else "as they were when it started"),
            ("ready", f"{message.ready_replicas} of {message.replicas}"),
            *(("replica", _replica(one)) for one in message.replica_states),
            ("template", f"{message.template}{' (outdated)' if message.outdated else ''}"),
            ("runtime", message.runtime),
            ("owner", message.owner),
            ("created", moment(message, "create_time")),
        ]
    )


def note(message: pb.WebApp) -> str:
    """Return what is worth knowing about a web app now; nothing when all is well."""
    stages = [one.stage for one in message.replica_states if one.stage]
    parts = [message.reason.message or next(iter(stages), "")]
    if message.outdated:
        parts.append("outdated")
    return ", ".join(part for part in parts if part)


def visitors(access: pb.WebAppAccess) -> str:
    """Return who may visit, in words."""
    return "everybody" if access.public else ", ".join(access.groups) or "its owner"


def _replica(message: pb.WebAppReplica) -> str:
    state = "ready" if message.ready else words.studio_state(message.state)
    parts = [message.uid, message.pod, state, message.stage, message.reason.message]
    return "  ".join(part for part in parts if part)
