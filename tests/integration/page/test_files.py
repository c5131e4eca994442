"""Files that are not in step: seen, compared, decided, and brought back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from support.browser import Visit
from support.page import at, conflicts, last_command
from support.workshop import Workshop, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MANY = 5000


def test_a_conflict_is_compared_decided_and_undone(shop: Workshop, visit: Visit) -> None:
    """Text side by side, other files by what is known; the version that went is in the trash."""
    ours = "".join(f"line {n}\n" for n in range(40))
    theirs = ours.replace("line 20\n", "line twenty\n")
    session = conflicts(
        shop,
        "sales",
        {
            "notes.txt": (ours.encode(), theirs.encode()),
            "logo.bin": (b"\0\1\2", b"\0\1\2\3" * 300),
        },
    )
    page = at(visit(), shop, "studios/SHOP/sales/files")
    zone = page.get_by_role("region", name="Zone code_studio_versioned")
    zone.get_by_role("button", name="2 conflicts").click()
    zone.get_by_role("button", name="notes.txt", exact=True).click()
    diff = zone.get_by_role("region", name="Local and studio’s version, side by side")
    expect(diff.locator("td.out")).to_have_text("line 20")
    expect(diff.locator("td.in")).to_have_text("line twenty")
    expect(diff.get_by_text("17 equal lines")).to_be_visible()
    zone.get_by_role("button", name="logo.bin", exact=True).click()
    versions = zone.locator(".versions")
    expect(versions.get_by_text("3 B", exact=True)).to_be_visible()
    expect(versions.get_by_text("1.2 KB")).to_be_visible()
    expect(versions.get_by_text("SHA-256").first).to_be_visible()
    expect(zone.get_by_text("This is not text")).to_be_visible()
    zone.get_by_role("button", name="Keep studio’s: logo.bin").click()
    expect(zone.get_by_role("button", name="1 conflict")).to_be_visible()
    expect(last_command(page)).to_have_text(
        f"cstudio sync resolve {session} logo.bin --keep remote"
    )
    zone.get_by_label("Choose notes.txt").check()
    zone.get_by_role("group", name="Decide the chosen ones").get_by_role(
        "button", name="Keep studio’s"
    ).click()
    expect(zone.get_by_role("button", name="No conflict")).to_be_visible()
    eventually(lambda: (shop.zone("sales") / "notes.txt").read_text() == theirs)
    zone.get_by_role("button", name="Trash").click()
    zone.get_by_role("button", name="Restore notes.txt").first.click()
    eventually(lambda: (shop.zone("sales") / "notes.txt").read_text() == ours)
    expect(last_command(page)).to_have_text(re.compile(f"cstudio sync restore {session} .+ --yes"))


def test_five_thousand_conflicts_come_in_pages(shop: Workshop, visit: Visit) -> None:
    """A page at a time, found by a part of the path, and all decided at once."""
    session = conflicts(
        shop, "sales", {f"m/{n:04}.txt": (b"here %d" % n, b"there %d" % n) for n in range(MANY)}
    )
    page = at(visit(), shop, "studios/SHOP/sales/files")
    zone = page.get_by_role("region", name="Zone code_studio_versioned")
    zone.get_by_role("button", name="5,000 conflicts").click()
    listed = zone.get_by_role("list", name="Conflicts").get_by_role("listitem")
    expect(listed).to_have_count(100)
    expect(zone.get_by_text("1–100 of 5,000")).to_be_visible()
    zone.get_by_role("button", name="Later").click()
    expect(zone.get_by_text("101–200 of 5,000")).to_be_visible()
    expect(zone.get_by_role("button", name="m/0100.txt", exact=True)).to_be_visible()
    zone.get_by_role("button", name="Earlier").click()
    expect(zone.get_by_role("button", name="m/0000.txt", exact=True)).to_be_visible()
    zone.get_by_label("Show paths with this text").fill("/123")
    expect(listed).to_have_count(10)
    zone.get_by_label("This page").check()
    zone.get_by_role("group", name="Decide the chosen ones").get_by_role(
        "button", name="Keep both"
    ).click()
    expect(zone.get_by_role("button", name="4,990 conflicts")).to_be_visible()
    zone.get_by_label("Show paths with this text").fill("")
    zone.get_by_role("button", name="Decide all…").click()
    question = page.get_by_role("dialog", name="Decide all conflicts of this zone")
    question.get_by_label("Keep local").check()
    expect(question.get_by_text(f"cstudio sync resolve {session} --keep local")).to_be_visible()
    question.get_by_role("button", name=re.compile("Decide 4,990 conflicts")).click()
    expect(zone.get_by_role("button", name="No conflict")).to_be_visible()
    assert (shop.zone("sales") / "m" / "4321.txt").read_text() == "here 4321"


def test_a_file_that_cannot_be_synced_is_a_problem(shop: Workshop, visit: Visit) -> None:
    """With what is wrong and on which side; the sync list knows the session, and what differs."""
    (shop.zone("sales") / "away").symlink_to("/etc/hostname")
    shop.flush(shop.session("sales"))
    page = at(visit(), shop, "studios/SHOP/sales/files")
    zone = page.get_by_role("region", name="Zone code_studio_versioned")
    zone.get_by_role("button", name="1 problem").click()
    expect(zone.get_by_role("list", name="Problems")).to_contain_text("away")
    zone.get_by_role("button", name="What differs").click()
    expect(zone.get_by_text("Everything is in step").or_(zone.get_by_text("away"))).to_be_visible()
    page.get_by_role("link", name="Sync", exact=True).click()
    sessions = page.get_by_role("list", name="Sync sessions")
    mine = sessions.get_by_role("listitem").filter(has_text=shop.session("sales"))
    mine.get_by_role("button", name="Pause").click()
    expect(mine.get_by_text("paused")).to_be_visible()
    mine.get_by_role("button", name="Resume").click()
    expect(mine.get_by_text("in step", exact=True)).to_be_visible()
    (shop.zone("sales") / "away").unlink()
