"""From our errors to `google.rpc.Status`, in one interceptor.

Every refusal carries exactly one `ErrorInfo` with a reason of the contract;
the next step is in its metadata. What is not one of ours is our bug: the log
has the traceback under an id that the message carries.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from cstudiod import errors
from cstudiod.rpc import handlers
from cstudiod.rpc.handlers import Streaming, Unary
from cstudiod.rpc.texts import printable

_log = logging.getLogger(__name__)

DOMAIN = "cstudio"

_BY_CLASS: tuple[tuple[type[errors.CstudioError], int], ...] = (
    (errors.NotFoundError, code_pb2.NOT_FOUND),
    (errors.ExistsError, code_pb2.ALREADY_EXISTS),
    (errors.StaleError, code_pb2.ABORTED),
    (errors.UsageError, code_pb2.INVALID_ARGUMENT),
    (errors.StateError, code_pb2.FAILED_PRECONDITION),
    (errors.LocalRootError, code_pb2.FAILED_PRECONDITION),
    (errors.TargetError, code_pb2.UNAVAILABLE),
)
"""For a reason that has no code below."""
BY_REASON: Mapping[str, int] = {
    "BUG": code_pb2.INTERNAL,
    "INVALID_ARGUMENT": code_pb2.INVALID_ARGUMENT,
    "NOT_FOUND": code_pb2.NOT_FOUND,
    "ALREADY_EXISTS": code_pb2.ALREADY_EXISTS,
    "STALE": code_pb2.ABORTED,
    "WRONG_STATE": code_pb2.FAILED_PRECONDITION,
    "RESUME_TOKEN_EXPIRED": code_pb2.FAILED_PRECONDITION,
    "SHUTTING_DOWN": code_pb2.UNAVAILABLE,
    "TIMEOUT": code_pb2.DEADLINE_EXCEEDED,
    "INVALID_TARGET": code_pb2.INVALID_ARGUMENT,
    "INVALID_PATTERN": code_pb2.INVALID_ARGUMENT,
    "INVALID_PATH": code_pb2.INVALID_ARGUMENT,
    "MODE_FORBIDS": code_pb2.INVALID_ARGUMENT,
    "CONFLICT_NOT_FOUND": code_pb2.NOT_FOUND,
    "TRASH_ITEM_NOT_FOUND": code_pb2.NOT_FOUND,
    "DISK_FULL": code_pb2.RESOURCE_EXHAUSTED,
    "FORBIDDEN": code_pb2.PERMISSION_DENIED,
    "UNAUTHENTICATED": code_pb2.UNAUTHENTICATED,
    "UNREACHABLE": code_pb2.UNAVAILABLE,
    "CONNECTION_LOST": code_pb2.UNAVAILABLE,
    "TEMPLATE_INVALID": code_pb2.INVALID_ARGUMENT,
    "AMBIGUOUS_NAME": code_pb2.INVALID_ARGUMENT,
    "RIGHT_MISSING": code_pb2.PERMISSION_DENIED,
    **dict.fromkeys(
        (
            "LOCAL_ROOT_MISSING",
            "LOCAL_ROOT_EMPTIED",
            "LOCAL_ROOT_NOT_A_FOLDER",
            "MASS_DELETION",
            "READ_ONLY",
            "DUPLICATE_OWNER",
            "REPLICA_CHANGED",
            "AGENT_REFUSED",
            "TARGET_NOT_FOUND",
            "TARGET_NOT_RUNNING",
            "CONTAINER_NOT_FOUND",
            "SEVERAL_REPLICAS",
            "FOLDER_NOT_FOUND",
            "NOT_A_FOLDER",
            "NO_SHELL",
            "RUNTIME_UNAVAILABLE",
            "AGENT_FAILED",
            "IN_USE",
            "UNSYNCED",
            "STUDIO_NOT_RUNNING",
            "BUILD_FAILED",
        ),
        code_pb2.FAILED_PRECONDITION,
    ),
}
"""The status code of every reason, as `errors.proto` documents it in brackets."""


def code_of(error: errors.CstudioError) -> int:
    """Return the status code that `error` travels with.

    When the caller's own words are at fault that is `INVALID_ARGUMENT`, whatever
    is wrong with them: a local root that was never there, for one.
    """
    if (
        type(error) is errors.UsageError
        and BY_REASON.get(error.reason) == code_pb2.FAILED_PRECONDITION
    ):
        return int(code_pb2.INVALID_ARGUMENT)
    by_class = (code for cls, code in _BY_CLASS if isinstance(error, cls))
    return BY_REASON.get(error.reason) or next(by_class, code_pb2.INTERNAL)


def to_status(error: errors.CstudioError) -> status_pb2.Status:
    """Return what a caller is told of `error`."""
    told = {**error.metadata, **({"next": error.next} if error.next else {})}
    detail = error_details_pb2.ErrorInfo(
        reason=error.reason,
        domain=DOMAIN,
        metadata={key: printable(value) for key, value in told.items()},
    )
    packed = any_pb2.Any()
    packed.Pack(detail)
    return status_pb2.Status(
        code=code_of(error), message=printable(error.message), details=[packed]
    )


class Faults(grpc.aio.ServerInterceptor):
    """Turns what a handler raises into a status."""

    async def intercept_service(
        self,
        continuation: Callable[[Any], Awaitable[Any]],
        handler_call_details: Any,
    ) -> Any:
        """Wrap the handler of the call."""
        handler = await continuation(handler_call_details)
        if handler is None or not handler_call_details.method.startswith("/cstudio."):
            return handler
        return handlers.around(handler, unary=_unary, streaming=_streaming)


def _unary(call: Unary) -> Unary:
    async def guarded(request: Any, context: Any) -> Any:
        try:
            return await call(request, context)
        except Exception as error:
            await abort(context, error)

    return guarded


def _streaming(call: Streaming) -> Streaming:
    async def guarded(request: Any, context: Any) -> AsyncGenerator[Any, None]:
        try:
            async for message in call(request, context):
                yield message
        except Exception as error:
            await abort(context, error)

    return guarded


async def abort(context: Any, error: Exception) -> None:
    """End a call with what `error` says."""
    if isinstance(error, grpc.aio.AbortError):
        raise error
    if not isinstance(error, errors.CstudioError):
        number = uuid.uuid4().hex[:8]
        _log.error("bug %s", number, exc_info=error)
        error = errors.BugError(
            f"the daemon failed; its log has the details under {number}",
            next="cstudio daemon logs",
            log_id=number,
        )
    status = rpc_status.to_status(to_status(error))
    await context.abort(status.code, status.details, status.trailing_metadata)
