"""Sessions, plans and findings as tables; values to lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cstudio_api.v1 import sync_sessions_pb2 as pb

from cstudio import words
from cstudio.cli import shapes
from cstudio.cli.tables import columns, counted, moment, pairs, size
from cstudio.client import naming

SHORT_DIGEST = 12


def sessions(found: Sequence[pb.SyncSession]) -> list[str]:
    """Return a line a session; with whose it is, where some are studios'."""
    head = ("NAME", "STATE", "LOCAL", "REMOTE", "FILES", "SIZE", "NOTE")
    if not any(map(naming.studio, found)):
        return columns(head, map(_session_row, found)) if found else []
    rows = [
        (name, naming.studio(one), *rest) for one in found for name, *rest in [_session_row(one)]
    ]
    return columns(("NAME", "STUDIO", *head[1:]), rows)


def session(message: pb.SyncSession) -> list[str]:
    """Return everything about one session."""
    reason = message.reason
    excluded = ", ".join(message.exclusions.patterns)
    return pairs(
        [
            ("name", naming.short(message.name)),
            ("state", words.state(message)),
            ("because", reason.message),
            ("since", moment(reason, "since")),
            ("retry", moment(reason, "retry_time")),
            ("next", reason.next),
            ("progress", progress(message)),
            ("mode", words.mode(message)),
            ("local", message.local_root),
            ("remote", message.target.text),
            ("place", message.place),
            ("files", f"{counted(message.files, 'file')}, {size(message.bytes)}"),
            ("conflicts", _more(message.conflict_count, "conflicts", message)),
            ("problems", _more(message.problem_count, "problems", message)),
            ("watch", _watch(message)),
            ("endpoint", words.endpoint(message)),
            ("excluded", excluded),
            ("labels", ", ".join(f"{key}={value}" for key, value in message.labels.items())),
            ("last synced", moment(message, "last_synced_time") or "never"),
        ]
    )


def note(message: pb.SyncSession) -> str:
    """Return what is worth knowing about a session now; nothing when all is well."""
    parts = [message.reason.message] if message.HasField("reason") else []
    if message.HasField("progress") and not parts:
        parts.append(progress(message))
    if message.conflict_count:
        parts.append(counted(message.conflict_count, "conflict"))
    if message.problem_count:
        parts.append(counted(message.problem_count, "problem"))
    return ", ".join(part for part in parts if part)


def progress(message: pb.SyncSession) -> str:
    """Return how far the work in hand is, in a few words."""
    work = message.progress
    if not work.phase:
        return ""
    files = f"{work.files_done:,}" + (f"/{work.files_total:,}" if work.files_total else "")
    return f"{work.phase} {files} files"


def flushed(message: pb.FlushSyncSessionResponse) -> str:
    """Return what a flush found, in a sentence."""
    held = message.sync_session
    said = "is in step" if message.in_step else "is in step as far as it can be"
    files = f"{counted(held.files, 'file')}, {size(held.bytes)}"
    return f"`{naming.short(held.name)}` {said}: {files}"


def plan(changes: Iterable[pb.SyncPlannedChange], omitted: int = 0) -> list[str]:
    """Return a line a change."""
    rows = [
        (
            words.action(item.action),
            words.side(item.side),
            shapes.path(item.path),
            size(item.size) if item.size else "",
            item.reason,
        )
        for item in changes
    ]
    lines = columns(("ACTION", "SIDE", "PATH", "SIZE", "WHY"), rows) if rows else []
    return [*lines, f"… and {omitted:,} more"] if omitted else lines


def summary(changes: Iterable[pb.SyncPlannedChange], omitted: int = 0) -> str:
    """Return how much a plan does: `2 create, 1 delete`."""
    counts: dict[str, int] = {}
    for item in changes:
        word = words.action(item.action)
        counts[word] = counts.get(word, 0) + 1
    parts = [f"{count:,} {word}" for word, count in counts.items()]
    if omitted:
        parts.append(f"{omitted:,} more")
    return ", ".join(parts) or "nothing to do"


def conflicts(found: Sequence[pb.SyncConflict]) -> list[str]:
    """Return a line a conflict."""
    rows = [conflict(item) for item in found]
    return columns(("PATH", "LOCAL", "REMOTE"), rows) if rows else []


def conflict(message: pb.SyncConflict) -> tuple[str, str, str]:
    """Return a path, and what either side has."""
    return (
        shapes.path(message.path),
        _version(message.local) if message.HasField("local") else "absent",
        _version(message.remote) if message.HasField("remote") else "absent",
    )


def problems(found: Sequence[pb.SyncProblem]) -> list[str]:
    """Return a line a problem."""
    rows = [
        (shapes.path(item.path), words.side(item.side), item.reason, item.detail) for item in found
    ]
    return columns(("PATH", "SIDE", "REASON", "DETAIL"), rows) if rows else []


def trash(found: Sequence[pb.SyncTrashItem]) -> list[str]:
    """Return a line a thing kept aside."""
    rows = [
        (
            item.id,
            moment(item, "time"),
            words.side(item.side),
            words.kind(item.kind),
            size(item.size),
            shapes.path(item.path),
            item.why,
        )
        for item in found
    ]
    return columns(("ID", "TIME", "SIDE", "KIND", "SIZE", "PATH", "WHY"), rows) if rows else []


def explanation(message: pb.ExplainSyncPathResponse) -> list[str]:
    """Return why a path is, or is not, in step."""
    rule = f"{message.rule} ({message.rule_source})" if message.rule_source else message.rule
    return pairs(
        [
            ("path", shapes.path(message.path)),
            ("verdict", words.verdict(message.verdict)),
            ("rule", rule),
            ("detail", message.detail),
        ]
    )


def _session_row(message: pb.SyncSession) -> tuple[str, ...]:
    return (
        naming.short(message.name),
        words.state(message),
        message.local_root,
        message.target.text,
        f"{message.files:,}",
        size(message.bytes),
        note(message),
    )


def _more(count: int, verb: str, message: pb.SyncSession) -> str:
    return f"{count:,}, see `cstudio sync {verb} {naming.short(message.name)}`" if count else ""


def _watch(message: pb.SyncSession) -> str:
    watch = message.watch
    ways = f"local {words.watch_method(watch.local)}, remote {words.watch_method(watch.remote)}"
    return f"{ways}: {watch.detail}" if watch.detail else ways


def _version(message: pb.SyncVersion) -> str:
    if words.kind(message.kind) == "link":
        return f"link to {shapes.path(message.link_target)}"
    if words.kind(message.kind) != "file":
        return words.kind(message.kind)
    when = moment(message, "modify_time") or "unknown time"
    return f"{size(message.size)}, {message.digest[:SHORT_DIGEST]}, {when}"
