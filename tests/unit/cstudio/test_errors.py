"""Every reason of the contract has an exception and an exit status."""

from __future__ import annotations

import grpc
import grpc.aio
import pytest
from cstudio import errors
from cstudio_api.v1 import errors_pb2
from google.rpc import error_details_pb2, status_pb2

PREFIX = "ERROR_REASON_"
NAMES = [name.removeprefix(PREFIX) for name in errors_pb2.ErrorReason.keys()]  # noqa: SIM118 - no dict


def failed(
    code: grpc.StatusCode, message: str, info: error_details_pb2.ErrorInfo | None = None
) -> grpc.aio.AioRpcError:
    status = status_pb2.Status(code=code.value[0], message=message)
    if info is not None:
        status.details.add().Pack(info)
    trailing = grpc.aio.Metadata((errors.DETAILS_KEY, status.SerializeToString()))
    return grpc.aio.AioRpcError(code, grpc.aio.Metadata(), trailing, details=message)


@pytest.mark.parametrize("reason", [name for name in NAMES if name != "UNSPECIFIED"])
def test_every_reason_of_the_contract_has_an_exception(reason: str) -> None:
    assert reason in errors.BY_REASON


def test_no_exception_is_for_a_reason_that_the_contract_does_not_have() -> None:
    assert set(errors.BY_REASON) <= set(NAMES)


@pytest.mark.parametrize(
    ("reason", "status"),
    [
        ("INVALID_TARGET", 2),
        ("ALREADY_EXISTS", 2),
        ("LOCAL_ROOT_NOT_A_FOLDER", 2),
        ("NOT_A_FOLDER", 2),
        ("NOT_FOUND", 11),
        ("TRASH_ITEM_NOT_FOUND", 11),
        ("WRONG_STATE", 12),
        ("DUPLICATE_OWNER", 12),
        ("TIMEOUT", 12),
        ("MASS_DELETION", 12),
        ("TARGET_NOT_FOUND", 13),
        ("FORBIDDEN", 13),
        ("SHUTTING_DOWN", 10),
        ("TEMPLATE_INVALID", 2),
        ("AMBIGUOUS_NAME", 2),
        ("UNSYNCED", 12),
        ("RIGHT_MISSING", 13),
        ("BUILD_FAILED", 1),
        ("BUG", 1),
        ("SOMETHING_OF_A_LATER_VERSION", 1),
    ],
)
def test_the_reason_decides_the_exit_status(reason: str, status: int) -> None:
    assert errors.from_reason(reason, "no").exit_status == status


def test_a_failed_call_keeps_its_message_reason_hint_and_metadata() -> None:
    info = error_details_pb2.ErrorInfo(
        reason="NOT_FOUND", domain="cstudio", metadata={"name": "apj", "next": "cstudio sync list"}
    )
    error = errors.from_call(failed(grpc.StatusCode.NOT_FOUND, "there is no `apj`", info))
    assert isinstance(error, errors.NotFoundError)
    assert (error.message, error.reason, error.hint, error.metadata) == (
        "there is no `apj`",
        "NOT_FOUND",
        "cstudio sync list",
        {"name": "apj"},
    )


def test_an_unknown_reason_is_treated_like_its_status() -> None:
    info = error_details_pb2.ErrorInfo(reason="OF_TOMORROW", domain="cstudio")
    error = errors.from_call(failed(grpc.StatusCode.FAILED_PRECONDITION, "not now", info))
    assert isinstance(error, errors.StateError)
    assert error.reason == "OF_TOMORROW"


def test_a_call_that_reached_nobody_says_that_the_daemon_does_not_answer() -> None:
    error = errors.from_call(failed(grpc.StatusCode.UNAVAILABLE, "failed to connect to unix:…"))
    assert isinstance(error, errors.UnreachableError)
    assert error.message == "the daemon does not answer"
    assert error.exit_status == 10


def test_details_that_cannot_be_read_are_no_second_failure() -> None:
    trailing = grpc.aio.Metadata((errors.DETAILS_KEY, b"\xff\xff"))
    call = grpc.aio.AioRpcError(
        grpc.StatusCode.INTERNAL, grpc.aio.Metadata(), trailing, details="broken"
    )
    assert isinstance(errors.from_call(call), errors.BugError)


def test_a_deadline_that_passed_is_told_in_our_words() -> None:
    error = errors.from_call(failed(grpc.StatusCode.DEADLINE_EXCEEDED, "Deadline Exceeded"))
    assert error.message == "the daemon did not answer in time"
    assert error.exit_status == 12
