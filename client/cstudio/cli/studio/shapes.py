"""The JSON of studios; `client/README.md` documents it."""

from __future__ import annotations

from cstudio_api.v1 import studios_pb2 as pb
from cstudio_api.v1 import sync_sessions_pb2 as sync_pb

from cstudio import words
from cstudio.cli import shapes
from cstudio.cli.shapes import Shape, time
from cstudio.client import StudioChanged, StudioDeleted, StudioEvent


def studio(message: pb.Studio) -> Shape:
    """Return a studio: what was asked for, and what is true now."""
    return {
        "name": message.name,
        "project": message.project,
        "owner": message.owner,
        "template": message.template,
        "runtime": message.runtime,
        "configuration": message.configuration or None,
        "state": words.studio_state(message.state),
        "stage": message.stage or None,
        "progress": progress(message.progress) if message.HasField("progress") else None,
        "reason": reason(message.reason) if message.HasField("reason") else None,
        "ports": [_port(one) for one in message.ports],
        "zones": [zone(one) for one in message.zones],
        "outdated": message.outdated,
        "image": message.image or None,
        "restarts": message.restarts,
        "conflict_count": message.conflict_count,
        "problem_count": message.problem_count,
        "state_time": time(message, "state_time"),
        "idle_stop_time": time(message, "idle_stop_time"),
        "created": time(message, "create_time"),
        "uid": message.uid,
        "etag": message.etag,
    }


def reason(message: pb.StudioReason) -> Shape:
    """Return why a studio does not run as asked."""
    return {
        "code": message.code,
        "message": message.message,
        "evidence": message.evidence or None,
        "next": message.next or None,
    }


def progress(message: pb.StudioProgress) -> Shape:
    """Return how far a start or a stop is; a total of 0 is not known yet."""
    return {
        "step": message.step,
        "number": message.number,
        "count": message.count,
        "build": message.build or None,
        "build_step": message.build_step,
        "build_steps": message.build_steps,
        "files_done": message.files_done,
        "files_total": message.files_total,
        "bytes_done": message.bytes_done,
        "bytes_total": message.bytes_total,
        "bytes_per_second": message.bytes_per_second,
    }


def zone(message: pb.StudioZone) -> Shape:
    """Return a zone in a studio; `session` names a sync session while it runs."""
    return {
        "zone": message.zone,
        "local": message.local,
        "remote": message.remote,
        "one_way": message.one_way,
        "session": message.session or None,
        "state": message.state or None,
        "conflict_count": message.conflict_count,
        "problem_count": message.problem_count,
    }


def change(message: pb.StudioPlan.Change) -> Shape:
    """Return one change of one file."""
    return {
        "zone": message.zone,
        "path": message.path,
        "action": message.action,
        "side": message.side,
    }


def conflict(zone: pb.StudioZone, message: sync_pb.SyncConflict) -> Shape:
    """Return a path on which the sides of a zone disagree."""
    return {"zone": zone.zone, "session": zone.session, **shapes.conflict(message)}


def event(seen: StudioEvent) -> Shape:
    """Return one event of a watch."""
    match seen:
        case StudioChanged():
            return {"event": "changed", "studio": studio(seen.studio)}
        case StudioDeleted():
            gone = seen.studio
            return {"event": "deleted", "name": gone.name, "project": gone.project}
        case _:
            return {"event": "synced"}


def _port(message: pb.StudioPort) -> Shape:
    return {
        "port": message.port,
        "label": message.label or None,
        "html": message.html,
        "url": message.url or None,
    }
