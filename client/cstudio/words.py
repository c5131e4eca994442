"""The contract's enum values as the words that people and JSON have for them.

`MODE_TWO_WAY_SAFE` is `two-way-safe`, `STATE_WATCHING` is `watching`. A value
that is newer than this client is its number.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cstudio_api.v1 import (
    actions_pb2,
    daemon_pb2,
    errors_pb2,
    studios_pb2,
    sync_sessions_pb2,
    templates_pb2,
    webapps_pb2,
)
from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from cstudio.errors import UsageError

if TYPE_CHECKING:
    from cstudio_api.v1.sync_sessions_pb2 import ResolveSyncConflictsRequest, SyncSession

MODES = (
    "two-way-safe",
    "two-way-local-wins",
    "two-way-remote-wins",
    "one-way-safe",
    "one-way-replica",
)
KEEPS = ("local", "remote", "both")


def mode(session: SyncSession) -> str:
    """Return `two-way-safe` or another of `MODES`."""
    return _word(sync_sessions_pb2.SyncSession.Mode, session.mode, "MODE_")


def state(session: SyncSession) -> str:
    """Return `watching`, `syncing`, `halted`, …."""
    return _word(sync_sessions_pb2.SyncSession.State, session.state, "STATE_")


def endpoint(session: SyncSession) -> str:
    """Return `agent`, `shell`, `folder`, or nothing before the first connection."""
    return _word(sync_sessions_pb2.SyncSession.Endpoint, session.endpoint, "ENDPOINT_")


def watch_method(value: int) -> str:
    """Return `inotify`, `poll` or `off`."""
    return _word(sync_sessions_pb2.SyncWatch.Method, value, "METHOD_") or "off"


def target_kind(value: int) -> str:
    """Return `pod`, `deployment`, `stateful-set`, `docker` or `folder`."""
    return _word(sync_sessions_pb2.SyncTarget.Kind, value, "KIND_")


def reason(value: int) -> str:
    """Return `MASS_DELETION`, …: a value of `ErrorReason`, as failed calls have it."""
    prefix = "ERROR_REASON_"
    try:
        return errors_pb2.ErrorReason.Name(value).removeprefix(prefix)
    except ValueError:
        return str(value)


def side(value: int) -> str:
    """Return `local`, `remote` or `both`."""
    return _word(sync_sessions_pb2.SyncSide, value, "SYNC_SIDE_")


def kind(value: int) -> str:
    """Return `file`, `folder` or `link`."""
    return _word(sync_sessions_pb2.SyncKind, value, "SYNC_KIND_")


def action(value: int) -> str:
    """Return `create`, `update`, `delete`, `conflict`, `adopt` or `leave`."""
    return _word(sync_sessions_pb2.SyncPlannedChange.Action, value, "ACTION_")


def verdict(value: int) -> str:
    """Return `in-step`, `excluded`, `conflict`, `problem`, `pending` or `absent`."""
    return _word(sync_sessions_pb2.ExplainSyncPathResponse.Verdict, value, "VERDICT_")


def check_status(value: int) -> str:
    """Return `ok`, `warn` or `fail`."""
    return _word(daemon_pb2.Check.Status, value, "STATUS_")


def studio_state(value: int) -> str:
    """Return `STOPPED`, `STARTING`, `RUNNING` or `STOPPING`, as its users know it."""
    return _word(studios_pb2.Studio.State, value, "STATE_").upper()


def webapp_state(value: int) -> str:
    """Return `STARTING`, `RUNNING`, `DEGRADED`, `FAILED` or `UNPUBLISHING`."""
    return _word(webapps_pb2.WebApp.State, value, "STATE_").upper()


def build_state(value: int) -> str:
    """Return `running`, `succeeded`, `failed` or `cancelled`."""
    return _word(templates_pb2.TemplateBuild.State, value, "STATE_")


def run_state(value: int) -> str:
    """Return `running`, `ended`, `timed-out`, `cancelled` or `lost`."""
    return _word(actions_pb2.ActionRun.State, value, "STATE_")


def parse_mode(text: str) -> SyncSession.Mode:
    """Return the mode of that name.

    Raises:
        UsageError: there is none.
    """
    if text not in MODES:
        raise UsageError(
            f"there is no mode `{text}`", reason="INVALID_ARGUMENT", hint=f"one of {_listed(MODES)}"
        )
    value: SyncSession.Mode = getattr(
        sync_sessions_pb2.SyncSession, "MODE_" + text.upper().replace("-", "_")
    )
    return value


def parse_keep(text: str) -> ResolveSyncConflictsRequest.Keep:
    """Return which version to keep.

    Raises:
        UsageError: no such choice.
    """
    if text not in KEEPS:
        raise UsageError(
            f"`{text}` cannot be kept", reason="INVALID_ARGUMENT", hint=f"one of {_listed(KEEPS)}"
        )
    value: ResolveSyncConflictsRequest.Keep = getattr(
        sync_sessions_pb2.ResolveSyncConflictsRequest, "KEEP_" + text.upper()
    )
    return value


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(words)


def _word(enum: EnumTypeWrapper, value: int, prefix: str) -> str:
    try:
        name = enum.Name(value)
    except ValueError:
        return str(value)
    word = name.removeprefix(prefix).lower().replace("_", "-")
    return "" if word == "unspecified" else word
