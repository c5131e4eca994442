"""What can go wrong for a user of cstudio, and the exit status it gives.

    CstudioError              1   failed
    ├── UsageError            2   the request cannot be meant so
    │   └── ExistsError       2   the name is taken
    ├── NotFoundError        11   no session, studio, template, … of that name
    ├── StateError           12   right request, wrong moment
    ├── TargetError          13   the pod, container, cluster or network
    ├── UnreachableError     10   the daemon does not answer
    └── BugError              1   ours

Every failure of the daemon carries a `reason` from the contract's
`ErrorReason`; branch on it, never on the text. A reason that this version does
not know is treated like its gRPC status.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import grpc.aio

OK = 0
FAILED = 1
USAGE = 2
PARTIAL = 3
"""Done, but conflicts or problems remain."""
UNREACHABLE = 10
NOT_FOUND = 11
STATE = 12
TARGET = 13
INTERRUPTED = 130

DETAILS_KEY = "grpc-status-details-bin"
DAEMON_UNREACHABLE = "DAEMON_UNREACHABLE"
"""The one reason that is ours: nobody was there to give one."""


class CstudioError(Exception):
    """The root: what happened, a machine-readable reason, what to type next."""

    exit_status = FAILED

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        hint: str = "",
        metadata: Mapping[str, str] | None = None,
    ) -> None:
        """`metadata` holds every value of the message once more, by name."""
        super().__init__(message)
        self.message = message
        self.reason = reason
        self.hint = hint
        self.metadata = dict(metadata or {})


class UsageError(CstudioError):
    """The request cannot be meant so; nothing was changed."""

    exit_status = USAGE


class ExistsError(UsageError):
    """The name is taken."""


class NotFoundError(CstudioError):
    """Nothing has that name."""

    exit_status = NOT_FOUND


class StateError(CstudioError):
    """The session or studio is not in a state that allows this, or did not reach one in time."""

    exit_status = STATE


class TargetError(CstudioError):
    """The target cannot be reached or used."""

    exit_status = TARGET


class UnreachableError(CstudioError):
    """The daemon does not answer, or could not be started."""

    exit_status = UNREACHABLE


class BugError(CstudioError):
    """Something that cannot be: please report it."""


BY_REASON: Mapping[str, type[CstudioError]] = {
    "BUG": BugError,
    "INVALID_ARGUMENT": UsageError,
    "NOT_FOUND": NotFoundError,
    "ALREADY_EXISTS": ExistsError,
    "STALE": StateError,
    "WRONG_STATE": StateError,
    "RESUME_TOKEN_EXPIRED": StateError,
    "SHUTTING_DOWN": UnreachableError,
    "TIMEOUT": StateError,
    "INVALID_TARGET": UsageError,
    "INVALID_PATTERN": UsageError,
    "INVALID_PATH": UsageError,
    "MODE_FORBIDS": UsageError,
    "CONFLICT_NOT_FOUND": NotFoundError,
    "TRASH_ITEM_NOT_FOUND": NotFoundError,
    "LOCAL_ROOT_MISSING": StateError,
    "LOCAL_ROOT_EMPTIED": StateError,
    "LOCAL_ROOT_NOT_A_FOLDER": UsageError,
    "MASS_DELETION": StateError,
    "DISK_FULL": StateError,
    "READ_ONLY": StateError,
    "DUPLICATE_OWNER": StateError,
    "REPLICA_CHANGED": StateError,
    "AGENT_REFUSED": StateError,
    "TARGET_NOT_FOUND": TargetError,
    "TARGET_NOT_RUNNING": TargetError,
    "CONTAINER_NOT_FOUND": TargetError,
    "SEVERAL_REPLICAS": UsageError,
    "FOLDER_NOT_FOUND": TargetError,
    "NOT_A_FOLDER": UsageError,
    "FORBIDDEN": TargetError,
    "UNAUTHENTICATED": TargetError,
    "NO_SHELL": TargetError,
    "RUNTIME_UNAVAILABLE": TargetError,
    "UNREACHABLE": TargetError,
    "CONNECTION_LOST": TargetError,
    "AGENT_FAILED": TargetError,
    "TEMPLATE_INVALID": UsageError,
    "IN_USE": StateError,
    "UNSYNCED": StateError,
    "RIGHT_MISSING": TargetError,
    "STUDIO_NOT_RUNNING": StateError,
    "AMBIGUOUS_NAME": UsageError,
    "BUILD_FAILED": CstudioError,
}
"""One row a value of `ErrorReason`; `client/README.md` shows the same table."""

BY_STATUS: Mapping[str, type[CstudioError]] = {
    "INVALID_ARGUMENT": UsageError,
    "OUT_OF_RANGE": UsageError,
    "UNIMPLEMENTED": UsageError,
    "ALREADY_EXISTS": ExistsError,
    "NOT_FOUND": NotFoundError,
    "FAILED_PRECONDITION": StateError,
    "ABORTED": StateError,
    "DEADLINE_EXCEEDED": StateError,
    "RESOURCE_EXHAUSTED": StateError,
    "PERMISSION_DENIED": TargetError,
    "UNAUTHENTICATED": TargetError,
    "UNAVAILABLE": UnreachableError,
    "INTERNAL": BugError,
}
"""For failures without a known reason, by the name of the gRPC status."""


def from_reason(
    reason: str, message: str, *, hint: str = "", metadata: Mapping[str, str] | None = None
) -> CstudioError:
    """Return the exception that belongs to a value of `ErrorReason`."""
    kind = BY_REASON.get(reason, CstudioError)
    return kind(message, reason=reason, hint=hint, metadata=metadata)


def from_call(error: grpc.aio.AioRpcError) -> CstudioError:
    """Return our exception for a failed call."""
    status, message = error.code().name, error.details() or "the call failed"
    reason, metadata = _error_info(error.trailing_metadata() or ())
    hint = metadata.pop("next", "")
    if status == "INVALID_ARGUMENT":  # the caller's words, whatever is wrong with them
        return UsageError(message, reason=reason or status, hint=hint, metadata=metadata)
    if reason in BY_REASON:
        return from_reason(reason, message, hint=hint, metadata=metadata)
    return _without_reason(status, reason, message, hint)


def _without_reason(status: str, reason: str, message: str, hint: str) -> CstudioError:
    kind = BY_STATUS.get(status, CstudioError)
    if reason or kind is not UnreachableError:
        return kind(_foreign(status, message), reason=reason or status, hint=hint)
    return UnreachableError(
        "the daemon does not answer",
        reason=DAEMON_UNREACHABLE,
        hint="cstudio daemon status",
        metadata={"detail": message},
    )


def _foreign(status: str, message: str) -> str:
    """Word what gRPC itself says, for failures that the daemon did not."""
    if status == "DEADLINE_EXCEEDED":
        return "the daemon did not answer in time"
    if status == "UNIMPLEMENTED":
        return "the daemon is of a version that cannot do this"
    return message


def _error_info(metadata: Iterable[tuple[str, str | bytes]]) -> tuple[str, dict[str, str]]:
    """Return the reason and metadata of the call's `ErrorInfo`, when it has one."""
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2, status_pb2

    for key, value in metadata:
        if key != DETAILS_KEY or not isinstance(value, bytes):
            continue
        info = error_details_pb2.ErrorInfo()
        try:
            for detail in status_pb2.Status.FromString(value).details:
                if detail.Is(info.DESCRIPTOR) and detail.Unpack(info):
                    return info.reason, dict(info.metadata)
        except DecodeError:
            break
    return "", {}
