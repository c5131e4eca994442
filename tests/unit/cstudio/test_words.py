"""Enum values as words."""

from __future__ import annotations

import pytest
from cstudio import words
from cstudio.cli.sync import options
from cstudio.errors import UsageError
from cstudio_api.v1 import actions_pb2, studios_pb2, templates_pb2
from cstudio_api.v1 import sync_sessions_pb2 as pb


@pytest.mark.parametrize("mode", words.MODES)
def test_every_mode_is_a_word_and_back(mode: str) -> None:
    assert words.mode(pb.SyncSession(mode=words.parse_mode(mode))) == mode


def test_every_mode_of_the_contract_has_a_word() -> None:
    assert len(words.MODES) == len(pb.SyncSession.Mode.keys()) - 1


def test_the_command_line_offers_the_same_modes() -> None:
    assert options.MODES == words.MODES


def test_a_mode_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(UsageError) as caught:
        words.parse_mode("both-ways")
    assert "two-way-safe" in caught.value.hint


@pytest.mark.parametrize("keep", words.KEEPS)
def test_every_choice_of_what_to_keep_is_the_contracts(keep: str) -> None:
    name = pb.ResolveSyncConflictsRequest.Keep.Name(words.parse_keep(keep))
    assert name == f"KEEP_{keep.upper()}"


def test_a_choice_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError):
        words.parse_keep("none")


def test_states_reasons_and_ends_are_words() -> None:
    session = pb.SyncSession(
        state=pb.SyncSession.STATE_WATCHING, endpoint=pb.SyncSession.ENDPOINT_SHELL
    )
    assert words.state(session) == "watching"
    assert words.endpoint(session) == "shell"
    assert words.reason(43) == "MASS_DELETION"
    assert words.watch_method(0) == "off"
    assert words.verdict(1) == "in-step"
    assert words.studio_state(studios_pb2.Studio.STATE_STARTING) == "STARTING"
    assert words.build_state(templates_pb2.TemplateBuild.STATE_SUCCEEDED) == "succeeded"
    assert words.run_state(actions_pb2.ActionRun.STATE_TIMED_OUT) == "timed-out"


def test_a_value_of_a_later_version_is_its_number() -> None:
    assert words.reason(999) == "999"
    assert words.side(999) == "999"
