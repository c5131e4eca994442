"""The JSON of web apps; `client/README.md` documents it."""

from __future__ import annotations

from cstudio_api.v1 import webapps_pb2 as pb

from cstudio import words
from cstudio.cli.shapes import Shape, time
from cstudio.cli.studio.shapes import reason


def webapp(message: pb.WebApp) -> Shape:
    """Return a web app: what was asked for, and what is true now."""
    return {
        "id": message.id,
        "project": message.project,
        "studio": message.studio,
        "owner": message.owner,
        "template": message.template,
        "runtime": message.runtime,
        "state": words.webapp_state(message.state),
        "reason": reason(message.reason) if message.HasField("reason") else None,
        "url": message.url,
        "port": message.port,
        "live": message.live,
        "access": {"public": message.access.public, "groups": [*message.access.groups]},
        "replicas": {"ready": message.ready_replicas, "wanted": message.replicas},
        "restarting": message.restarting_replicas,
        "replica_states": [_replica(one) for one in message.replica_states],
        "outdated": message.outdated,
        "created": time(message, "create_time"),
    }


def _replica(message: pb.WebAppReplica) -> Shape:
    return {
        "uid": message.uid,
        "state": words.studio_state(message.state),
        "stage": message.stage or None,
        "ready": message.ready,
        "reason": reason(message.reason) if message.HasField("reason") else None,
        "pod": message.pod or None,
        "restarts": message.restarts,
    }
