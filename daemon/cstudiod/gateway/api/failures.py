"""Why a call failed, as the Connect protocol tells it."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import grpc
from google.protobuf import descriptor_pool, json_format
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass
from google.rpc import error_details_pb2, status_pb2

_DOMAIN = "cstudio"
_DETAILS = "grpc-status-details-bin"
_STATUSES: Mapping[str, int] = {
    "canceled": 499,
    "unknown": 500,
    "invalid_argument": 400,
    "deadline_exceeded": 504,
    "not_found": 404,
    "already_exists": 409,
    "permission_denied": 403,
    "resource_exhausted": 429,
    "failed_precondition": 400,
    "aborted": 409,
    "out_of_range": 400,
    "unimplemented": 501,
    "internal": 500,
    "unavailable": 503,
    "data_loss": 500,
    "unauthenticated": 401,
}
"""Code -> HTTP status, as the protocol has it."""


@dataclass(frozen=True, kw_only=True)
class Failure:
    """What is told instead of an answer."""

    code: str
    message: str
    details: Sequence[Packed] = ()

    @property
    def status(self) -> int:
        """The HTTP status of an answer that is not a stream."""
        return _STATUSES[self.code]

    def plain(self) -> dict[str, Any]:
        """Return it as the JSON of an answer."""
        shown = [_shown(one) for one in self.details]
        told = {"code": self.code, "message": self.message}
        return {**told, "details": shown} if shown else told


def ours(code: str, reason: str, message: str, *, next: str = "") -> Failure:
    """Return a refusal of the bridge itself; `reason` is one of the contract's."""
    info = error_details_pb2.ErrorInfo(
        reason=reason, domain=_DOMAIN, metadata={"next": next} if next else {}
    )
    packed = Packed()
    packed.Pack(info)
    return Failure(code=code, message=message, details=[packed])


def of_call(error: grpc.aio.AioRpcError) -> Failure:
    """Return why a call of the daemon failed, with all that it said about it."""
    name = error.code().name.lower()
    code = "canceled" if name == "cancelled" else name
    return Failure(
        code=code if code in _STATUSES else "unknown",
        message=error.details() or code.replace("_", " "),
        details=_details(error),
    )


def _details(error: grpc.aio.AioRpcError) -> Sequence[Packed]:
    for name, value in error.trailing_metadata() or ():
        if name == _DETAILS and isinstance(value, bytes):
            return list(status_pb2.Status.FromString(value).details)
    return ()


def _shown(detail: Packed) -> dict[str, Any]:
    name = detail.TypeName()
    value = base64.b64encode(detail.value).decode("ascii").rstrip("=")
    shown: dict[str, Any] = {"type": name, "value": value}
    try:
        found = descriptor_pool.Default().FindMessageTypeByName(name)
        message = GetMessageClass(found).FromString(detail.value)
    except (KeyError, DecodeError):
        return shown
    return {**shown, "debug": json_format.MessageToDict(message)}
