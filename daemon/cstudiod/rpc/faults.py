"""From our errors to `google.rpc.Status`, in one interceptor.

Every refusal carries exactly one `ErrorInfo` with a reason of the contract;
the next step is in its metadata. What is not one of ours is our bug: the log
has the traceback under an id that the message carries.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import grpc
from google.protobuf import any_pb2
from google.rpc import code_pb2, error_details_pb2, status_pb2
from grpc_status import rpc_status

from cstudiod import errors

_log = logging.getLogger(__name__)

DOMAIN = "cstudio"

_CODES: tuple[tuple[type[errors.CstudioError], int], ...] = (
    (errors.NotFoundError, code_pb2.NOT_FOUND),
    (errors.ExistsError, code_pb2.ALREADY_EXISTS),
    (errors.StaleError, code_pb2.ABORTED),
    (errors.UsageError, code_pb2.INVALID_ARGUMENT),
    (errors.StateError, code_pb2.FAILED_PRECONDITION),
    (errors.LocalRootError, code_pb2.FAILED_PRECONDITION),
    (errors.TargetError, code_pb2.UNAVAILABLE),
)
_REASON_CODES = {
    "RESUME_TOKEN_EXPIRED": code_pb2.FAILED_PRECONDITION,
    "TIMEOUT": code_pb2.DEADLINE_EXCEEDED,
}


def to_status(error: errors.CstudioError) -> status_pb2.Status:
    """Return what a caller is told of `error`."""
    code = _REASON_CODES.get(error.reason)
    if code is None:
        code = next((code for cls, code in _CODES if isinstance(error, cls)), code_pb2.INTERNAL)
    detail = error_details_pb2.ErrorInfo(
        reason=error.reason,
        domain=DOMAIN,
        metadata={**error.metadata, **({"next": error.next} if error.next else {})},
    )
    packed = any_pb2.Any()
    packed.Pack(detail)
    return status_pb2.Status(code=code, message=error.message, details=[packed])


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
        if handler.response_streaming:
            return grpc.unary_stream_rpc_method_handler(
                _streaming(handler.unary_stream),
                request_deserializer=handler.request_deserializer,
                response_serializer=handler.response_serializer,
            )
        return grpc.unary_unary_rpc_method_handler(
            _unary(handler.unary_unary),
            request_deserializer=handler.request_deserializer,
            response_serializer=handler.response_serializer,
        )


def _unary(call: Callable[[Any, Any], Awaitable[Any]]) -> Callable[[Any, Any], Awaitable[Any]]:
    async def guarded(request: Any, context: Any) -> Any:
        try:
            return await call(request, context)
        except Exception as error:
            await _abort(context, error)

    return guarded


def _streaming(
    call: Callable[[Any, Any], AsyncIterator[Any]],
) -> Callable[[Any, Any], AsyncIterator[Any]]:
    async def guarded(request: Any, context: Any) -> AsyncIterator[Any]:
        try:
            async for message in call(request, context):
                yield message
        except Exception as error:
            await _abort(context, error)

    return guarded


async def _abort(context: Any, error: Exception) -> None:
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
