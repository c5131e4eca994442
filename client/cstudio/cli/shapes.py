"""The JSON that commands print, made from the contract's messages.

The shapes are documented in `client/README.md`; fields are only ever added.
What is absent is null, times are RFC 3339 in UTC, paths are displayed.
"""

from __future__ import annotations

from typing import Any

from cstudio_api.v1 import daemon_pb2, paths_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from cstudio import paths, words
from cstudio.client import Changed, Deleted, Event, naming

Shape = dict[str, Any]


def session(message: pb.SyncSession) -> Shape:
    """Return a session: what was asked for, and what is true now."""
    return {
        "name": naming.short(message.name),
        "mode": words.mode(message),
        "local": message.local_root,
        "remote": message.target.text,
        "state": words.state(message),
        "reason": _reason(message.reason) if message.HasField("reason") else None,
        "files": message.files,
        "bytes": message.bytes,
        "conflict_count": message.conflict_count,
        "problem_count": message.problem_count,
        "watch": {
            "local": words.watch_method(message.watch.local),
            "remote": words.watch_method(message.watch.remote),
            "detail": message.watch.detail or None,
        },
        "endpoint": words.endpoint(message) or None,
        "place": message.place or None,
        "last_synced": time(message, "last_synced_time"),
        "progress": _progress(message.progress) if message.HasField("progress") else None,
        "target": target(message.target),
        "exclusions": {
            "patterns": list(message.exclusions.patterns),
            "gitignore": message.exclusions.gitignore,
            "defaults": not message.exclusions.HasField("defaults") or message.exclusions.defaults,
        },
        "labels": dict(message.labels),
        "uid": message.uid,
        "etag": message.etag,
        "created": time(message, "create_time"),
        "updated": time(message, "update_time"),
    }


def target(message: pb.SyncTarget) -> Shape:
    """Return where a session leads, in parts."""
    return {
        "kind": words.target_kind(message.kind) or None,
        "object": message.object or None,
        "path": message.path or None,
        "namespace": message.namespace or None,
        "container": message.container or None,
        "context": message.context or None,
        "kubeconfig": message.kubeconfig or None,
        "pod": message.pod or None,
        "all_replicas": message.all_replicas,
    }


def event(seen: Event) -> Shape:
    """Return one event of a watch."""
    match seen:
        case Changed():
            return {"event": "changed", "session": session(seen.session)}
        case Deleted():
            return {"event": "deleted", "name": seen.name}
        case _:
            return {"event": "synced"}


def flushed(message: pb.FlushSyncSessionResponse) -> Shape:
    """Return what a flush found."""
    return {
        "in_step": message.in_step,
        "conflict_count": message.conflict_count,
        "problem_count": message.problem_count,
        "session": session(message.sync_session),
    }


def conflict(message: pb.SyncConflict) -> Shape:
    """Return a path on which the sides disagree."""
    return {
        "path": path(message.path),
        "local": _version(message.local) if message.HasField("local") else None,
        "remote": _version(message.remote) if message.HasField("remote") else None,
        "since": time(message, "since"),
    }


def problem(message: pb.SyncProblem) -> Shape:
    """Return a path that is not in step for a reason of its own."""
    return {
        "path": path(message.path),
        "side": words.side(message.side),
        "reason": message.reason,
        "detail": message.detail or None,
    }


def explanation(message: pb.ExplainSyncPathResponse) -> Shape:
    """Return why a path is, or is not, in step."""
    return {
        "path": path(message.path),
        "verdict": words.verdict(message.verdict),
        "rule": message.rule or None,
        "rule_source": message.rule_source or None,
        "detail": message.detail or None,
    }


def change(message: pb.SyncPlannedChange) -> Shape:
    """Return one line of a plan."""
    return {
        "path": path(message.path),
        "side": words.side(message.side),
        "action": words.action(message.action),
        "size": message.size,
        "reason": message.reason or None,
    }


def plan(message: pb.SyncPlan) -> Shape:
    """Return what a single shot does, or would do."""
    return {
        "changes": [change(item) for item in message.changes],
        "omitted_change_count": message.omitted_change_count,
    }


def kept(message: pb.SyncTrashItem) -> Shape:
    """Return something that was kept aside."""
    return {
        "id": message.id,
        "path": path(message.path),
        "side": words.side(message.side),
        "kind": words.kind(message.kind),
        "size": message.size,
        "digest": message.digest or None,
        "time": time(message, "time"),
        "why": message.why or None,
    }


def daemon(message: daemon_pb2.DaemonInfo) -> Shape:
    """Return who the daemon is."""
    return {
        "running": True,
        "version": message.version,
        "pid": message.pid,
        "started": time(message, "start_time"),
        "uptime_seconds": message.uptime.seconds + message.uptime.nanos / 1e9,
        "state_folder": message.state_folder,
        "socket": message.socket,
        "log_file": message.log_file or None,
        "sync_session_count": message.sync_session_count,
        "runtimes": [_runtime(item) for item in message.runtimes],
    }


def path(message: paths_pb2.FilePath) -> str:
    """Return a path as text, by the contract's escape."""
    return message.display or paths.display(message.raw)


def time(message: Message, field: str) -> str | None:
    """Return a time as RFC 3339 in UTC, or null."""
    if not message.HasField(field):
        return None
    stamp: Timestamp = getattr(message, field)
    return stamp.ToJsonString()


def _reason(message: pb.SyncReason) -> Shape:
    return {
        "code": words.reason(message.code),
        "message": message.message,
        "path": path(message.path) if message.HasField("path") else None,
        "next": message.next or None,
        "since": time(message, "since"),
        "retry_time": time(message, "retry_time"),
    }


def _progress(message: pb.SyncProgress) -> Shape:
    return {
        "phase": message.phase,
        "files_done": message.files_done,
        "files_total": message.files_total,
        "bytes_done": message.bytes_done,
        "bytes_total": message.bytes_total,
        "bytes_per_second": message.bytes_per_second,
        "current_path": path(message.current_path) if message.HasField("current_path") else None,
    }


def _version(message: pb.SyncVersion) -> Shape:
    link = path(message.link_target) if message.HasField("link_target") else None
    return {
        "kind": words.kind(message.kind),
        "size": message.size,
        "digest": message.digest or None,
        "mtime": time(message, "modify_time"),
        "executable": message.executable,
        "link_target": link,
    }


def _runtime(message: daemon_pb2.Runtime) -> Shape:
    return {
        "name": message.name,
        "available": message.available,
        "version": message.version or None,
        "reason": message.reason or None,
        "next": message.next or None,
    }
