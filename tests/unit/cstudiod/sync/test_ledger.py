"""What is listed, and how long."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from cstudio_sync.entries import FILE, Entry
from cstudio_sync.reconcile import Change, Plan
from cstudiod.sync.ledger import CHANGING, Ledger

LOG = b"growing.log"
ENTRY = Entry(FILE, b"d" * 32, 10)
SENT = Plan(remote=(Change(LOG, None, b"", ENTRY, b"", False, ""),))


def listed(ledger: Ledger) -> list[tuple[bytes, str, str]]:
    return [(one.path, one.side, one.reason) for one in ledger.problems(iter(()))]


def restless(times: int) -> Ledger:
    ledger = Ledger()
    for _ in range(times):
        ledger.decided([LOG], SENT, 1.0)
        ledger.restless("local", LOG)
    return ledger


@pytest.mark.parametrize(("times", "is_listed"), [(0, False), (1, False), (2, True), (9, True)])
def test_what_never_rests_is_listed(times: int, is_listed: bool) -> None:
    """Once is no problem: files are saved at any time."""
    assert listed(restless(times)) == [(LOG, "local", CHANGING)] * is_listed


def test_it_stays_listed_while_it_is_tried_again() -> None:
    """A decision to send it once more does not hide it."""
    ledger = restless(3)
    ledger.decided([LOG], SENT, 2.0)
    assert listed(ledger) == [(LOG, "local", CHANGING)]


@pytest.mark.parametrize(
    "end",
    [
        lambda ledger: ledger.succeeded(LOG),
        lambda ledger: ledger.decided([LOG], Plan(), 2.0),
        lambda ledger: ledger.forget(),
    ],
    ids=["it arrived", "it is not to be sent any more", "everything is looked at again"],
)
def test_it_is_listed_no_longer(end: Callable[[Ledger], None]) -> None:
    """And counts from the beginning."""
    ledger = restless(5)
    end(ledger)
    assert listed(ledger) == []
    ledger.restless("local", LOG)
    assert listed(ledger) == []
