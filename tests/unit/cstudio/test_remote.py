"""Which daemon elsewhere is meant, and that its key does not show."""

from __future__ import annotations

import pytest
from cstudio import remote
from cstudio.errors import UsageError

KEY = {"CSTUDIO_KEY": "cst_1_2"}


@pytest.mark.parametrize(
    ("address", "environment", "expected"),
    [
        (None, {}, None),
        (None, KEY, None),
        (None, {"CSTUDIO_SERVER": "", **KEY}, None),
        ("here:8443", KEY, "here:8443"),
        (None, {"CSTUDIO_SERVER": "here:8443", **KEY}, "here:8443"),
        ("there:1", {"CSTUDIO_SERVER": "here:8443", **KEY}, "there:1"),
        ("[::1]:65535", KEY, "[::1]:65535"),
    ],
)
def test_the_option_is_stronger_than_the_variable(
    address: str | None, environment: dict[str, str], expected: str | None
) -> None:
    found = remote.choose(address, environment)
    assert (found and found.address) == expected


@pytest.mark.parametrize(
    "address",
    ["here", "here:", ":8443", "here:0", "here:65536", "http://here:1", "::1:80", "a b:1"],
)
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        remote.choose(address, KEY)


@pytest.mark.parametrize("key", ["", " ", "two words", "é"])
def test_a_call_to_elsewhere_needs_a_key(key: str) -> None:
    with pytest.raises(UsageError) as refused:
        remote.choose("here:1", {"CSTUDIO_KEY": key})
    assert key.strip() == "" or key not in str(refused.value)


def test_a_key_is_not_shown_with_its_server() -> None:
    found = remote.choose("here:1", {"CSTUDIO_KEY": " cst_1_secret\n"})
    assert found is not None
    assert found.key == "cst_1_secret"
    assert "secret" not in repr(found)
