"""The API server's refusals, in sentences."""

from __future__ import annotations

import json

import pytest
from cstudiod.ports import ExitStatus
from cstudiod.runtimes.kubernetes import faults

EXEC = faults.Request(
    server="https://k", context="dev", namespace="shop", verb="get", resource="pods/exec", name="a"
)
LIST = faults.Request(
    server="https://k", context="", namespace="shop", verb="list", resource="deployments"
)
FORBIDDEN = (
    'pods "a" is forbidden: User "system:serviceaccount:shop:dev" cannot create resource '
    '"pods/exec" in API group "" in the namespace "shop"'
)


def test_a_missing_right_is_named() -> None:
    """Which right, where, how to check it, and the line that a role needs."""
    error = faults.refused(EXEC, 403, FORBIDDEN)
    assert error.reason == "FORBIDDEN"
    assert error.message == (
        "user system:serviceaccount:shop:dev may not `create` `pods/exec` in namespace `shop`"
    )
    assert "kubectl auth can-i create pods/exec -n shop" in error.next
    assert '{apiGroups: [""], resources: ["pods/exec"], verbs: ["get", "create"]}' in error.next
    assert error.metadata["verb"] == "create"
    assert error.metadata["resource"] == "pods/exec"


def test_a_missing_right_without_words() -> None:
    """A webhook's refusal is quoted, and the request says what was asked."""
    error = faults.refused(LIST, 403, "denied by policy")
    assert "may not `list` `deployments` in namespace `shop`: denied by policy" in error.message
    assert 'apiGroups: ["apps"]' in error.next


@pytest.mark.parametrize(
    ("code", "message", "reason", "says"),
    [
        (401, "Unauthorized", "UNAUTHENTICATED", "does not accept our credentials"),
        (404, 'pods "a" not found', "TARGET_NOT_FOUND", "pod a is not there in namespace `shop`"),
        (500, 'container not found ("app")', "TARGET_NOT_RUNNING", "is not running"),
        (429, "slow down", "UNREACHABLE", "is overloaded (429)"),
        (503, "etcd", "UNREACHABLE", "failed (503): etcd"),
        (400, "bad", "UNREACHABLE", "refused (400): bad"),
    ],
)
def test_answers(code: int, message: str, reason: str, says: str) -> None:
    """Every kind of answer has a reason and a sentence."""
    error = faults.refused(EXEC, code, message)
    assert error.reason == reason
    assert says in error.message


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"status": "Success"}, ExitStatus(code=0)),
        (
            {
                "status": "Failure",
                "reason": "NonZeroExitCode",
                "message": "command terminated with exit code 7",
                "details": {"causes": [{"reason": "ExitCode", "message": "7"}]},
            },
            ExitStatus(code=7),
        ),
        (
            {
                "status": "Failure",
                "reason": "NonZeroExitCode",
                "details": {"causes": [{"reason": "ExitCode", "message": "137"}]},
            },
            ExitStatus(code=137, reason="killed, perhaps because memory ran out"),
        ),
        (
            {
                "status": "Failure",
                "reason": "InternalError",
                "message": "Internal error: failed to exec: OCI runtime exec failed: unable to "
                'start container process: exec: "python3": executable file not found in $PATH: '
                "unknown",
            },
            ExitStatus(code=127, reason='"python3": executable file not found in $PATH'),
        ),
        (
            {"status": "Failure", "message": 'exec: "/x": permission denied: unknown'},
            ExitStatus(code=126, reason='"/x": permission denied'),
        ),
        (
            {"status": "Failure", "message": "error dialing backend"},
            ExitStatus(code=None, reason="error dialing backend"),
        ),
    ],
)
def test_how_a_command_ended(body: object, expected: ExitStatus) -> None:
    """Channel 3 tells, in several ways."""
    assert faults.exit_status(json.dumps(body).encode()) == expected


@pytest.mark.parametrize("body", [b"", b"garbage \x00", b"[]", b'{"details": 3, "status": "x"}'])
def test_an_end_that_cannot_be_read(body: bytes) -> None:
    """What cannot be read is no success."""
    assert faults.exit_status(body).code is None


def test_message_of() -> None:
    """A `Status` has a message; a proxy's page is shown short and on one line."""
    assert faults.message_of(b'{"kind": "Status", "message": "no\\nway"}') == "no way"
    assert len(faults.message_of(b"<html>\n" * 1000)) <= 300
