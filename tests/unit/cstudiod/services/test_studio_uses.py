"""When a studio is stopped for want of use."""

from __future__ import annotations

import dataclasses

import pytest
from cstudiod.model.studios import StudioSpec
from cstudiod.model.templates import RuntimeKind
from cstudiod.services.studio_uses import Uses
from cstudiod.store.studios import StoredStudio

STUDIO = StoredStudio(
    uid="abcdefgh",
    spec=StudioSpec(name="s", project="P", owner="ada", template="t", runtime=RuntimeKind.LOCAL),
    library="s",
    create_time=0,
    state_time=1000.0,
)


class Clock:
    def __init__(self) -> None:
        self.now = 900.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def test_off_is_never(clock: Clock) -> None:
    """Whatever happens."""
    uses = Uses(0, clock)
    uses.note(STUDIO.uid)
    assert uses.stop_time(STUDIO) == 0.0


def test_the_last_use_counts(clock: Clock) -> None:
    """From its start, the daemon's start, or a use; an older one changes nothing."""
    uses = Uses(60, clock)
    assert uses.stop_time(dataclasses.replace(STUDIO, state_time=10.0)) == 960.0
    assert uses.stop_time(STUDIO) == 1060.0
    clock.now = 1100.0
    uses.note(STUDIO.uid)
    uses.note(STUDIO.uid, 1050.0)
    assert uses.stop_time(STUDIO) == 1160.0
    assert uses.stop_time(dataclasses.replace(STUDIO, uid="another1")) == 1060.0
    uses.forget(STUDIO.uid)
    assert uses.stop_time(STUDIO) == 1060.0


def test_a_stop_is_put_off(clock: Clock) -> None:
    """To a time that somebody asked for, if that is later."""
    uses = Uses(60, clock)
    assert uses.stop_time(dataclasses.replace(STUDIO, keep_until=5000.0)) == 5000.0
    assert uses.stop_time(dataclasses.replace(STUDIO, keep_until=1001.0)) == 1060.0


def test_what_goes_on_is_a_use_all_the_while(clock: Clock) -> None:
    """However many there are, and once more when the last of them ends."""
    uses = Uses(60, clock)
    with uses.during(STUDIO.uid):
        with uses.during(STUDIO.uid):
            clock.now = 2000.0
            assert uses.stop_time(STUDIO) == 2060.0
        clock.now = 3000.0
        assert uses.stop_time(STUDIO) == 3060.0
        clock.now = 4000.0
    clock.now = 4010.0
    assert uses.stop_time(STUDIO) == 4060.0
