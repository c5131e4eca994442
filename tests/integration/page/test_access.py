"""The page for everybody: keyboard, screen reader, small windows, light and dark, many studios."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, Route, expect
from support.browser import Visit
from support.page import at, faults, overflow, row
from support.workshop import Workshop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

PLACES = {
    "studios": "Studios",
    "studios/SHOP/sales/view": "sales",
    "studios/SHOP/sales/actions": "sales",
    "studios/SHOP/sales/files": "sales",
    "studios/SHOP/sales/logs": "sales",
    "studios/LAB/dash/view": "dash",
    "templates": "Templates",
    "templates/site/source": "site",
    "templates/site/builds": "site",
    "templates/site/access": "site",
    "templates/new": "New template",
    "webapps": "Web apps",
    "sync": "Sync sessions",
}
"""Where one can be -> the heading there."""
MANY = 100


@pytest.fixture(scope="module")
def full(shop: Workshop) -> Workshop:
    """The daemon with a studio that failed and a run of an action."""
    shop.create("dash", "broken", project="LAB", runtime="local")
    shop.failed("dash")
    shop.ran("sales", "count")
    return shop


def arrive(page: Page, shop: Workshop, place: str) -> None:
    """Go to a place, and wait until it is drawn."""
    at(page, shop, place)
    expect(page.get_by_role("heading", name=PLACES[place], level=1)).to_be_visible()
    expect(page.get_by_text("Loading")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious_anywhere(full: Workshop, visit: Visit, scheme: str) -> None:
    """On every view, with a dialog open and with the commands open."""
    page = visit(color_scheme=scheme)
    found = {}
    for place in PLACES:
        arrive(page, full, place)
        found[place] = faults(page)
    arrive(page, full, "studios")
    page.get_by_role("button", name="New studio").click()
    found["dialog"] = faults(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Commands").click()
    found["commands"] = faults(page)
    assert {place: one for place, one in found.items() if one} == {}


def test_nothing_is_wider_than_a_small_window(full: Workshop, visit: Visit) -> None:
    """At 380 pixels every view fits; nobody scrolls sideways."""
    page = visit(viewport={"width": 380, "height": 780})
    wide = {}
    for place in PLACES:
        arrive(page, full, place)
        wide[place] = overflow(page)
    arrive(page, full, "studios")
    page.get_by_role("button", name="New studio").click()
    wide["dialog"] = overflow(page)
    assert {place: by for place, by in wide.items() if by > 0} == {}


def test_the_keyboard_alone_is_enough(full: Workshop, visit: Visit) -> None:
    """Skip link, tabs with arrows, a dialog that keeps and gives back the focus."""
    page = visit()
    arrive(page, full, "studios/SHOP/sales/view")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()
    page.get_by_role("tab", name="View").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Actions")).to_be_focused()
    expect(page.get_by_role("tab", name="Actions")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("button", name="Count files")).to_be_visible()
    page.keyboard.press("End")
    expect(page.get_by_role("tabpanel", name="Logs")).to_be_visible()
    page.keyboard.press("Home")
    expect(page.get_by_role("tab", name="View")).to_be_focused()
    opener = page.get_by_role("button", name="Delete…")
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Delete sales?")
    expect(dialog).to_be_visible()
    for _ in range(12):
        page.keyboard.press("Tab")
        inside = (
            "document.activeElement === document.body || !!document.activeElement.closest('dialog')"
        )
        assert page.evaluate(inside), "the focus left the dialog"
    page.keyboard.press("Escape")
    expect(opener).to_be_focused()


def test_addresses_lead_back(full: Workshop, visit: Visit) -> None:
    """Every view has an address and a title; the browser's back button works; others are told."""
    page = visit()
    arrive(page, full, "studios")
    row(page, "sales").get_by_role("link", name="sales", exact=True).click()
    heading = page.get_by_role("heading", name="sales", level=1)
    expect(heading).to_be_focused()
    expect(page).to_have_title("sales – cstudio")
    page.get_by_role("tab", name="Files").click()
    page.reload()
    expect(page.get_by_role("tab", name="Files")).to_have_attribute("aria-selected", "true")
    page.go_back()
    page.go_back()
    expect(page.get_by_role("heading", name="Studios", level=1)).to_be_visible()
    at(page, full, "studios/SHOP/nobody")
    expect(page.get_by_role("heading", name="There is no studio nobody in SHOP")).to_be_visible()
    at(page, full, "elsewhere")
    expect(page.get_by_role("heading", name="There is nothing at this address")).to_be_visible()


def test_a_hundred_studios_are_listed_and_found(full: Workshop, visit: Visit) -> None:
    """They are there, a filter finds one while one types, and the page answers meanwhile."""
    for number in range(MANY):
        full.create(f"many-{number:03}", "site", project="MANY", runtime="local")
    page = at(visit(), full, "studios")
    listed = page.get_by_role("list", name="Studios").get_by_role("listitem")
    expect(listed).to_have_count(MANY + 2)
    page.evaluate(GAPS)
    page.mouse.move(600, 500)
    for _ in range(10):
        page.mouse.wheel(0, 600)
        page.wait_for_function("window.frames_ = (window.frames_ || 0) + 1")
    page.get_by_label("Filter by name").press_sequentially("many-042")
    expect(listed).to_have_count(1)
    page.get_by_label("Filter by name").fill("many")
    page.get_by_label("Filter by state").select_option("running")
    expect(page.get_by_role("heading", name="No studio fits the filter")).to_be_visible()
    longest = page.evaluate("window.longest")
    assert longest < 1000, f"the page stood still for {longest} ms"


GAPS = """
window.longest = 0;
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) window.longest = Math.max(window.longest, one.duration);
}).observe({type: "longtask"});
"""


def test_nothing_comes_from_elsewhere_and_nothing_is_refused(full: Workshop, visit: Visit) -> None:
    """The policy has no `unsafe-inline`, and no view does what it forbids."""
    page = visit()
    said: list[str] = []
    asked: set[str] = set()
    page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
    page.on("pageerror", lambda one: said.append(str(one)))
    page.on("request", lambda one: asked.add(one.url.split("/")[2].split(":")[0]))
    answer = page.goto(at(page, full, "studios").url.split("#")[0])
    assert answer is not None
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    for place in PLACES:
        arrive(page, full, place)
    assert said == []
    assert asked <= {"localhost", "127.0.0.1"}


def test_a_page_that_came_by_half_is_loaded_again(full: Workshop, visit: Visit) -> None:
    """Where a connection broke; when that goes on it is said."""
    page = visit()
    left = [2]

    def broken(route: Route) -> None:
        left[0] -= 1
        route.abort() if left[0] >= 0 else route.continue_()

    page.route("**/assets/core/routes.js", broken)
    at(page, full, "studios")
    expect(row(page, "sales")).to_be_visible()
    assert left[0] < 0
    left[0] = 100
    page.reload()
    expect(page.get_by_text("The page could not be loaded")).to_be_visible()
