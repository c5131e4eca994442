"""What a caller is told of a refusal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cstudiod import errors
from cstudiod.rpc import faults
from google.rpc import code_pb2, error_details_pb2

CONTRACT = Path(__file__).parents[4] / "proto" / "cstudio_api" / "v1" / "errors.proto"


def documented() -> dict[str, str]:
    """Return the status code that the contract's comments give each reason."""
    text = CONTRACT.read_text("utf-8")
    codes = re.findall(r"\[([A-Z_]+)\]\n\s+ERROR_REASON_([A-Z_]+) =", text)
    return {reason: code for code, reason in codes}


def test_every_reason_travels_with_its_documented_code() -> None:
    """The table here and the brackets in the contract are one."""
    ours = {reason: code_pb2.Code.Name(code) for reason, code in faults.BY_REASON.items()}
    assert ours == documented()


def test_no_reason_is_left_without_a_code() -> None:
    """Every value of the enum says its code, except the one that is never sent."""
    values = set(re.findall(r"ERROR_REASON_([A-Z_]+) =", CONTRACT.read_text("utf-8")))
    assert values - {"UNSPECIFIED"} == documented().keys()


def test_exactly_one_error_info() -> None:
    """Reason, domain, every value, and what to type next."""
    error = errors.NotFoundError(
        "there is no sync session `apj`", next="cstudio sync list", session="apj"
    )
    status = faults.to_status(error)
    (detail,) = status.details
    info = error_details_pb2.ErrorInfo()
    detail.Unpack(info)
    assert (status.code, status.message) == (code_pb2.NOT_FOUND, "there is no sync session `apj`")
    assert (info.reason, info.domain) == ("NOT_FOUND", "cstudio")
    assert dict(info.metadata) == {"session": "apj", "next": "cstudio sync list"}


def test_any_name_can_be_told() -> None:
    """A path that is no UTF-8 shows as escapes, and the refusal arrives."""
    name = b"caf\xe9".decode("utf-8", "surrogateescape")
    status = faults.to_status(errors.UsageError(f"`{name}` is a file", path=name))
    assert status.message == r"`caf\xe9` is a file"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.StaleError("x"), code_pb2.ABORTED),
        (errors.StaleError("x", reason="RESUME_TOKEN_EXPIRED"), code_pb2.FAILED_PRECONDITION),
        (errors.UsageError("x", reason="LOCAL_ROOT_MISSING"), code_pb2.INVALID_ARGUMENT),
        (errors.LocalRootError("x"), code_pb2.FAILED_PRECONDITION),
        (errors.TargetError("x", reason="FORBIDDEN"), code_pb2.PERMISSION_DENIED),
        (errors.TargetError("x", reason="NEWER_THAN_THIS"), code_pb2.UNAVAILABLE),
        (errors.CstudioError("x", reason="NEWER_THAN_THIS"), code_pb2.INTERNAL),
        (errors.BugError("x"), code_pb2.INTERNAL),
    ],
)
def test_the_code_follows_the_reason_then_the_class(error: errors.CstudioError, code: int) -> None:
    """A reason without a code of its own has that of whose fault it is."""
    assert faults.code_of(error) == code
