"""What the fake services share: a time, and how a call is refused."""

from __future__ import annotations

from typing import NoReturn

import grpc
from google.protobuf import any_pb2, timestamp_pb2
from google.rpc import error_details_pb2, status_pb2
from grpc_status import rpc_status

WHEN = timestamp_pb2.Timestamp(seconds=1_760_000_000, nanos=250_000_000)

Refusal = tuple[int, str, str, dict[str, str]]
"""Code, reason, message, metadata."""


def refuse(
    context: grpc.ServicerContext, code: int, reason: str, message: str, **metadata: str
) -> NoReturn:
    """End the call as the daemon ends refused ones."""
    detail = any_pb2.Any()
    detail.Pack(
        error_details_pb2.ErrorInfo(reason=reason, domain="cstudio", metadata=dict(metadata))
    )
    status = status_pb2.Status(code=code, message=message, details=[detail])
    context.abort_with_status(rpc_status.to_status(status))
    raise AssertionError
