"""What the client adds to a target: the caller's folder and kubeconfig."""

from __future__ import annotations

import os

import pytest
from cstudio import targets
from cstudio.errors import UsageError


@pytest.mark.parametrize("text", ["there", "./there", "a/../there", "there/"])
def test_a_local_folder_becomes_absolute(text: str) -> None:
    assert targets.absolute(text) == os.path.join(os.getcwd(), "there")


def test_a_home_folder_is_expanded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    assert targets.absolute("~/there") == "/home/ada/there"


def test_a_folder_of_any_bytes_is_displayed() -> None:
    assert targets.absolute("/caf\udce9") == r"/caf\xe9"


def test_no_folder_at_all_is_refused() -> None:
    with pytest.raises(UsageError):
        targets.absolute("")


def test_a_target_that_is_not_utf8_is_refused_in_readable_words() -> None:
    with pytest.raises(UsageError) as caught:
        targets.utf8("docker:caf\udce9:/x")
    assert caught.value.message == r"`docker:caf\xe9:/x` is not UTF-8"


def test_the_kubeconfig_of_the_environment_is_made_absolute() -> None:
    found = targets.kubeconfig("", {"KUBECONFIG": "/a/one:two"})
    assert found == f"/a/one:{os.path.join(os.getcwd(), 'two')}"


def test_without_a_kubeconfig_the_daemon_looks_for_one() -> None:
    assert targets.kubeconfig("", {}) == ""


def test_a_kubeconfig_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="is not a file"):
        targets.kubeconfig("/not/there")
