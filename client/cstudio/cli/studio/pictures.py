"""Studios, their zones and plans as tables; values to lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cstudio_api.v1 import studios_pb2 as pb
from cstudio_api.v1 import sync_sessions_pb2 as sync_pb

from cstudio import words
from cstudio.cli import pictures
from cstudio.cli.tables import columns, counted, moment, pairs, plain


def studios(found: Sequence[pb.Studio]) -> list[str]:
    """Return a line a studio."""
    head = ("NAME", "PROJECT", "STATE", "TEMPLATE", "RUNTIME", "OWNER", "NOTE")
    rows = [
        (
            one.name,
            one.project,
            words.studio_state(one.state),
            one.template,
            one.runtime,
            one.owner,
            note(one),
        )
        for one in found
    ]
    return columns(head, rows) if rows else []


def studio(message: pb.Studio) -> list[str]:
    """Return everything about one studio."""
    reason = message.reason
    return pairs(
        [
            ("name", message.name),
            ("project", message.project),
            ("state", words.studio_state(message.state)),
            ("stage", message.stage),
            ("because", reason.message),
            ("evidence", reason.evidence),
            ("next", reason.next),
            ("owner", message.owner),
            ("template", f"{message.template}{_outdated(message)}"),
            ("runtime", _runtime(message)),
            ("image", message.image),
            *(("port", _port(port)) for port in message.ports),
            *(("zone", _zone(zone)) for zone in message.zones),
            ("conflicts", _conflicts(message)),
            ("restarts", str(message.restarts or "")),
            ("stops at", moment(message, "idle_stop_time")),
            ("since", moment(message, "state_time")),
            ("created", moment(message, "create_time")),
        ]
    )


def note(message: pb.Studio) -> str:
    """Return what is worth knowing about a studio now; nothing when all is well."""
    parts = [message.reason.message or message.stage]
    if message.outdated:
        parts.append("outdated")
    if message.conflict_count:
        parts.append(counted(message.conflict_count, "conflict"))
    return ", ".join(part for part in parts if part)


def zones(found: Sequence[pb.StudioZone]) -> list[str]:
    """Return a line a zone."""
    head = ("ZONE", "STATE", "CONFLICTS", "LOCAL", "REMOTE", "SESSION")
    rows = [
        (
            one.zone,
            one.state or "not live",
            str(one.conflict_count),
            one.local,
            f"{one.remote} (one-way)" if one.one_way else one.remote,
            one.session,
        )
        for one in found
    ]
    return columns(head, rows) if rows else []


def plan(changes: Iterable[pb.StudioPlan.Change]) -> list[str]:
    """Return a line a change."""
    rows = [(one.action, one.side, one.zone, one.path) for one in changes]
    return columns(("ACTION", "SIDE", "ZONE", "PATH"), rows) if rows else []


def summary(changes: Iterable[pb.StudioPlan.Change]) -> str:
    """Return how much a plan does: `2 create, 1 delete`."""
    counts: dict[str, int] = {}
    for one in changes:
        counts[one.action] = counts.get(one.action, 0) + 1
    return ", ".join(f"{count:,} {plain(word)}" for word, count in counts.items()) or (
        "nothing to do"
    )


def conflicts(found: Iterable[tuple[pb.StudioZone, sync_pb.SyncConflict]]) -> list[str]:
    """Return a line a conflict, with its zone."""
    rows = [(zone.zone, *pictures.conflict(one)) for zone, one in found]
    return columns(("ZONE", "PATH", "LOCAL", "REMOTE"), rows) if rows else []


def _outdated(message: pb.Studio) -> str:
    return " (changed since it started, see `cstudio studio restart`)" if message.outdated else ""


def _runtime(message: pb.Studio) -> str:
    named = message.configuration
    return f"{message.runtime} ({named})" if named else message.runtime


def _port(port: pb.StudioPort) -> str:
    return "  ".join(part for part in (str(port.port), port.label, port.url) if part)


def _zone(zone: pb.StudioZone) -> str:
    arrow = "->" if zone.one_way else "<->"
    state = f"  {zone.state}" if zone.state else ""
    return f"{zone.zone}: {zone.local} {arrow} {zone.remote}{state}"


def _conflicts(message: pb.Studio) -> str:
    count = message.conflict_count
    return f"{count:,}, see `cstudio studio conflicts {message.name}`" if count else ""
