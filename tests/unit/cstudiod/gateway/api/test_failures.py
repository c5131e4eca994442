"""Why a call failed, in the protocol's words."""

from __future__ import annotations

import base64

import grpc
import pytest
from cstudiod.gateway.api import failures
from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2

INFO = error_details_pb2.ErrorInfo(
    reason="NOT_FOUND", domain="cstudio", metadata={"next": "cstudio studio list"}
)


def error(code: grpc.StatusCode, message: str = "", *details: Any) -> grpc.aio.AioRpcError:
    status = status_pb2.Status(code=code_pb2.NOT_FOUND, message=message, details=details)
    trailers = [("grpc-status-details-bin", status.SerializeToString())] if details else []
    return grpc.aio.AioRpcError(
        code, grpc.aio.Metadata(), grpc.aio.Metadata(*trailers), details=message
    )


def test_the_reason_travels_with_it() -> None:
    """As bytes for programs, and in plain for people."""
    packed = Any()
    packed.Pack(INFO)
    found = failures.of_call(error(grpc.StatusCode.NOT_FOUND, "no studio", packed))
    value = base64.b64encode(INFO.SerializeToString()).decode().rstrip("=")
    assert found.status == 404
    assert found.plain() == {
        "code": "not_found",
        "message": "no studio",
        "details": [
            {
                "type": "google.rpc.ErrorInfo",
                "value": value,
                "debug": {
                    "reason": "NOT_FOUND",
                    "domain": "cstudio",
                    "metadata": {"next": "cstudio studio list"},
                },
            }
        ],
    }


def test_a_detail_that_nobody_knows_is_passed_on() -> None:
    """Without its plain form."""
    strange = Any(type_url="type.googleapis.com/some.Thing", value=b"\x01")
    found = failures.of_call(error(grpc.StatusCode.NOT_FOUND, "", strange))
    assert found.plain()["details"] == [{"type": "some.Thing", "value": "AQ"}]
    assert found.message == "not found"


@pytest.mark.parametrize(
    ("code", "name", "status"),
    [
        (grpc.StatusCode.CANCELLED, "canceled", 499),
        (grpc.StatusCode.UNKNOWN, "unknown", 500),
        (grpc.StatusCode.INVALID_ARGUMENT, "invalid_argument", 400),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "deadline_exceeded", 504),
        (grpc.StatusCode.NOT_FOUND, "not_found", 404),
        (grpc.StatusCode.ALREADY_EXISTS, "already_exists", 409),
        (grpc.StatusCode.PERMISSION_DENIED, "permission_denied", 403),
        (grpc.StatusCode.RESOURCE_EXHAUSTED, "resource_exhausted", 429),
        (grpc.StatusCode.FAILED_PRECONDITION, "failed_precondition", 400),
        (grpc.StatusCode.ABORTED, "aborted", 409),
        (grpc.StatusCode.OUT_OF_RANGE, "out_of_range", 400),
        (grpc.StatusCode.UNIMPLEMENTED, "unimplemented", 501),
        (grpc.StatusCode.INTERNAL, "internal", 500),
        (grpc.StatusCode.UNAVAILABLE, "unavailable", 503),
        (grpc.StatusCode.DATA_LOSS, "data_loss", 500),
        (grpc.StatusCode.UNAUTHENTICATED, "unauthenticated", 401),
    ],
)
def test_every_status_has_a_code_and_a_status_of_http(
    code: grpc.StatusCode, name: str, status: int
) -> None:
    """The table of connectrpc.com/docs/protocol."""
    found = failures.of_call(error(code, "m"))
    assert (found.plain(), found.status) == ({"code": name, "message": "m"}, status)


def test_our_own_refusals_have_a_reason_too() -> None:
    """And what to do next."""
    (detail,) = failures.ours("unauthenticated", "UNAUTHENTICATED", "m", next="n").plain()[
        "details"
    ]
    assert detail["debug"] == {
        "reason": "UNAUTHENTICATED",
        "domain": "cstudio",
        "metadata": {"next": "n"},
    }
