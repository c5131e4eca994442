"""The JSON of templates and builds; `client/README.md` documents it."""

from __future__ import annotations

from cstudio_api.v1 import templates_pb2 as pb

from cstudio import words
from cstudio.cli.shapes import Shape, time


def template(message: pb.Template) -> Shape:
    """Return a template; `source` is null in lists."""
    return {
        "name": message.name,
        "label": message.label or None,
        "description": message.description or None,
        "blocks": [{"type": block.type, "known": block.is_known} for block in message.blocks],
        "runtime": message.runtime or None,
        "ports": list(message.ports),
        "groups": list(message.groups),
        "for_all": message.for_all,
        "built": message.is_built,
        "image": message.image or None,
        "build_time": time(message, "build_time"),
        "resources": [_resource(one) for one in message.resources],
        "notes": [fault(one) for one in message.notes],
        "local_faults": [fault(one) for one in message.local_faults],
        "source": message.source or None,
        "uid": message.uid,
        "etag": message.etag,
        "created": time(message, "create_time"),
        "updated": time(message, "update_time"),
    }


def fault(message: pb.TemplateFault) -> Shape:
    """Return one thing that is wrong, or worth knowing; `block` counts from 1."""
    return {
        "message": message.message,
        "file": message.file or None,
        "line": message.line or None,
        "block": message.block + 1 if message.block >= 0 else None,
        "block_type": message.block_type or None,
        "field": message.field or None,
        "display": message.display or message.message,
    }


def build(message: pb.TemplateBuild) -> Shape:
    """Return a build as it is now; `block` counts from 1."""
    return {
        "id": message.id,
        "template": message.template,
        "state": words.build_state(message.state),
        "up_to_date": message.is_up_to_date,
        "runtime": message.runtime or None,
        "image": message.image or None,
        "digest": message.digest or None,
        "hash": message.hash or None,
        "fault": fault(message.fault) if message.HasField("fault") else None,
        "block": message.block + 1 if message.block >= 0 else None,
        "step": message.step,
        "steps": message.steps,
        "requester": message.requester or None,
        "started": time(message, "start_time"),
        "ended": time(message, "end_time"),
    }


def explanation(message: pb.ExplainTemplateBuildResponse) -> Shape:
    """Return which inputs changed since the last build."""
    return {
        "hash": message.hash or None,
        "built_hash": message.built_hash or None,
        "changes": list(message.changes),
    }


def _resource(message: pb.TemplateResource) -> Shape:
    return {"path": message.path, "size": message.size, "executable": message.executable}
