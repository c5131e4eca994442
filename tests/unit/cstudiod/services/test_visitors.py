"""Tickets of calls that the gateway makes for its visitors."""

from __future__ import annotations

import pytest
from cstudiod.services.identity import Caller, Unauthenticated
from cstudiod.services.visitors import Visitor, Visitors

ALICE = Visitor(caller=Caller(login="alice"), key_id="0a0a0a0a")
BOB = Visitor(caller=Caller(login="bob"))


def test_a_ticket_says_whose_it_is_and_is_good_once() -> None:
    """Each has another one."""
    visitors = Visitors()
    with visitors.ticket(ALICE) as first, visitors.ticket(BOB) as second:
        assert first != second
        assert len(first) == 64
        assert visitors.take(second) == BOB
        assert visitors.take(first) == ALICE
        with pytest.raises(Unauthenticated):
            visitors.take(first)


def test_a_ticket_is_forgotten_when_its_call_is_over() -> None:
    """Also when nobody took it, and when the call failed."""
    visitors = Visitors()
    with pytest.raises(OSError, match="broke"), visitors.ticket(ALICE) as ticket:
        raise OSError("broke")
    with pytest.raises(Unauthenticated):
        visitors.take(ticket)


@pytest.mark.parametrize("forged", ["", "0" * 64, "alice"])
def test_nobody_can_make_one_up(forged: str) -> None:
    """It must have been given."""
    visitors = Visitors()
    with visitors.ticket(ALICE), pytest.raises(Unauthenticated):
        visitors.take(forged)
