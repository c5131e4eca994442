"""Studios, from create to delete, without the command line."""

from __future__ import annotations

import re

import pytest
from cstudio_api.v1 import studios_pb2
from playwright.sync_api import expect
from support.browser import Visit
from support.page import at, last_command, origin, row
from support.workshop import STOPPED, Workshop, eventually

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


def test_from_create_to_delete_by_clicks(shop: Workshop, visit: Visit) -> None:
    """A studio is made, started, looked at, stopped and deleted; each click is a command, too."""
    page = at(visit(), shop, "studios")
    page.get_by_role("button", name="New studio").click()
    form = page.get_by_role("dialog", name="New studio")
    form.get_by_label("Project").fill("SHOP")
    form.get_by_label("Name", exact=True).fill("fresh")
    form.get_by_label("Template").select_option("site")
    form.get_by_label("Runs").select_option("local")
    command = "cstudio studio create fresh --project SHOP --template site --runtime local"
    expect(form.get_by_text(command)).to_be_visible()
    form.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="fresh", level=1)).to_be_visible()
    expect(last_command(page)).to_have_text("cstudio studio start fresh --project SHOP")
    inside = page.frame_locator("iframe[title='Site of fresh']")
    expect(inside.get_by_role("heading", name="Sales, this week")).to_be_visible()
    page.get_by_role("button", name="Stop fresh").click()
    expect(page.get_by_role("heading", name="It is stopped")).to_be_visible()
    expect(last_command(page)).to_have_text("cstudio studio stop fresh --project SHOP")
    page.get_by_role("button", name="Delete…").click()
    question = page.get_by_role("dialog", name="Delete fresh?")
    question.get_by_label("Delete the folders of its own zones too").check()
    question.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("heading", name="Studios", level=1)).to_be_visible()
    expect(row(page, "fresh")).to_have_count(0)
    page.get_by_role("button", name="Commands").click()
    listed = page.get_by_role("list", name="What you did, as commands, newest first")
    expect(listed.get_by_text(command)).to_be_visible()


def test_a_form_tells_all_that_is_wrong_at_its_fields(shop: Workshop, visit: Visit) -> None:
    """All at once, with the focus on the first; then what the daemon alone knows."""
    page = at(visit(), shop, "studios")
    page.get_by_role("button", name="New studio").click()
    form = page.get_by_role("dialog")
    name, project = form.get_by_label("Name", exact=True), form.get_by_label("Project")
    project.fill("")
    name.fill("No Spaces")
    form.get_by_role("button", name="Create").click()
    expect(project).to_have_attribute("aria-invalid", "true")
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_label("Template")).to_have_attribute("aria-invalid", "true")
    expect(project).to_be_focused()
    project.fill("SHOP")
    name.fill("sales")
    form.get_by_label("Template").select_option("site")
    form.get_by_role("button", name="Create").click()
    expect(name).to_have_attribute("aria-invalid", "true")
    expect(form.get_by_text("has a studio")).to_be_visible()
    page.keyboard.press("Escape")
    expect(form).to_have_count(0)
    expect(page.get_by_role("button", name="New studio")).to_be_focused()


def test_what_happens_elsewhere_is_seen_without_a_reload(shop: Workshop, visit: Visit) -> None:
    """A studio made, failed and deleted by another client: its row, its reason, its end."""
    page = at(visit(), shop, "studios")
    expect(row(page, "sales").get_by_text("running")).to_be_visible()
    shop.create("dash", "broken", project="LAB", runtime="local")
    expect(row(page, "dash").get_by_text("stopped")).to_be_visible()
    reason = shop.failed("dash")
    there = row(page, "dash")
    expect(there.get_by_text("failed")).to_be_visible()
    expect(there.locator(".callout-title")).to_contain_text("Dashboards")
    expect(there.get_by_text(reason.next.split("`")[0])).to_be_visible()
    there.get_by_text("What was said").click()
    expect(there.get_by_text("no module named dashboards")).to_be_visible()
    expect(page.locator("[aria-live=polite]", has_text="Studio dash is failed")).to_be_attached()
    shop.delete("dash")
    expect(there).to_have_count(0)


def test_a_stop_that_would_lose_something_asks(shop: Workshop, visit: Visit) -> None:
    """What would be lost is named; the studio goes on until somebody says that it may be."""
    shop.create("dear", "site", project="SHOP", runtime="local")
    shop.start("dear")
    zone = shop.zone("dear")
    zone.rename(zone.with_name("moved-away"))
    shop.inside("dear", "echo precious > site/precious.txt")
    page = at(visit(), shop, "studios/SHOP/dear/logs")
    page.get_by_role("button", name="Stop dear").click()
    expect(page.locator(".callout")).to_contain_text("would be lost")
    page.get_by_role("button", name="Stop and lose these changes…").click()
    question = page.get_by_role("dialog", name="Stop dear and lose changes?")
    expect(
        question.get_by_text("cstudio studio stop dear --project SHOP --discard")
    ).to_be_visible()
    question.get_by_role("button", name="Cancel").click()
    assert shop.show("dear").state == studios_pb2.Studio.STATE_RUNNING
    page.get_by_role("button", name="Stop and lose these changes…").click()
    question.get_by_role("button", name="Stop, lose these changes").click()
    expect(page.get_by_role("button", name="Start dear").first).to_be_visible()
    assert shop.until("dear", lambda one: one.state == STOPPED)
    shop.delete("dear", discard=True)


def test_a_start_shows_the_stage_it_is_in(shop: Workshop, visit: Visit) -> None:
    """A bar with words, then what it serves; a restart goes the same way."""
    shop.create("slow", "site", project="SHOP", runtime="local")
    for number in range(3000):
        folder = shop.zone("slow") / f"d{number % 30}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.txt").write_text("x" * 200)
    page = at(visit(), shop, "studios/SHOP/slow")
    page.evaluate(RECORD)
    page.get_by_role("button", name="Start slow").first.click()
    expect(page.frame_locator("iframe").get_by_role("heading", name="Sales")).to_be_visible()
    seen = page.evaluate("window.seen")
    for stage in ("copying its files in", "starting its programs"):
        assert any(re.search(rf"{stage}, step \d of 5", one) for one in seen), seen
    assert any(re.search(r"of 3,0\d\d files", one) for one in seen), seen
    shop.stop("slow")
    shop.delete("slow")


RECORD = """
window.seen = [];
new MutationObserver(() => {
  const bar = document.querySelector(".troubles progress");
  const label = bar && bar.getAttribute("aria-label");
  if (label && window.seen.at(-1) !== label) window.seen.push(label);
}).observe(document.body, {subtree: true, childList: true, attributes: true, characterData: true});
"""


def test_actions_run_and_are_remembered(shop: Workshop, visit: Visit) -> None:
    """A tile's output and exit status, a command of one's own, a cancelled one, and the history."""
    page = at(visit(), shop, "studios/SHOP/sales/actions")
    page.get_by_role("button", name="Count files").click()
    output = page.get_by_role("log")
    expect(output).to_have_text(re.compile(r"^\s*\d+\s*$"))
    expect(page.locator(".run").get_by_text("exit status 0")).to_be_visible()
    expect(last_command(page)).to_have_text("cstudio action run sales --project SHOP count")
    page.get_by_label("Send a command").fill("echo one; echo two >&2; exit 3")
    page.get_by_role("button", name="Run", exact=True).click()
    expect(page.locator(".run").get_by_text("exit status 3")).to_be_visible()
    expect(output).to_contain_text("one")
    expect(output).to_contain_text("two")
    page.get_by_role("button", name="Rebuild the index").click()
    expect(output).to_contain_text("page 1")
    page.locator(".run").get_by_role("button", name="Cancel").click()
    expect(page.locator(".run .state")).to_have_text("cancelled")
    history = page.get_by_role("list").filter(has_text="cancelled").last
    expect(history.get_by_role("listitem")).to_have_count(3)
    history.get_by_role("link", name="count").click()
    expect(output).to_have_text(re.compile(r"^\s*\d+\s*$"))


def test_logs_follow_are_filtered_and_stand_still(shop: Workshop, visit: Visit) -> None:
    """What is written appears; a filter leaves the rest out; a pause holds what is read."""
    page = at(visit(), shop, "studios/SHOP/sales/logs")
    output = page.get_by_role("log")
    expect(output).to_contain_text("Serving HTTP")
    url = shop.show("sales").ports[0].url.rstrip("/")
    assert page.request.get(f"{url}/first").status == 404
    expect(output).to_contain_text("/first")
    page.get_by_role("button", name="Pause").click()
    page.request.get(f"{url}/second")
    expect(page.get_by_role("button", name=re.compile(r"Go on \(\d+ new\)"))).to_be_visible()
    expect(output).not_to_contain_text("/second")
    page.get_by_role("button", name="Go on").click()
    expect(output).to_contain_text("/second")
    page.get_by_label("Show lines with this text").fill("FIRST")
    expect(output).not_to_contain_text("/second")
    expect(output).to_contain_text("/first")


def test_a_daemon_that_goes_away_is_told_and_its_return_is_seen(
    shop: Workshop, visit: Visit
) -> None:
    """The list stays, a banner says that it may be old; then all is as it was."""
    page = at(visit(), shop, "studios")
    expect(row(page, "sales").get_by_text("running")).to_be_visible()
    where = origin(shop)
    shop.kill()
    expect(page.get_by_text("The daemon does not answer")).to_be_visible()
    expect(row(page, "sales")).to_be_visible()
    shop.begin()
    eventually(lambda: origin(shop) == where, "the gateway has another port now")
    expect(page.get_by_text("The daemon does not answer")).to_have_count(0)
    shop.create("after", "site", project="SHOP", runtime="local")
    expect(row(page, "after")).to_be_visible()
    row(page, "after").get_by_role("button", name="Start after").click()
    expect(row(page, "after").get_by_text("running")).to_be_visible()
    shop.stop("after")
    shop.delete("after")


def test_a_port_is_published_as_a_web_app(shop: Workshop, visit: Visit) -> None:
    """From the studio's page to the list of web apps, where it is opened and taken back."""
    page = at(visit(), shop, "studios/SHOP/sales/logs")
    page.get_by_role("button", name="Publish…").click()
    form = page.get_by_role("dialog", name="Publish sales as a web app")
    form.get_by_label("Everybody, without signing in").check()
    form.get_by_role("button", name="Publish").click()
    apps = page.get_by_role("list", name="Web apps")
    expect(apps.get_by_text("running")).to_be_visible()
    expect(last_command(page)).to_have_text(
        "cstudio webapp publish sales --project SHOP --port 8000 --public"
    )
    url = apps.get_by_role("link", name="Open web app sales 8000").get_attribute("href")
    assert "Sales, this week" in page.request.get(url or "").text()
    apps.get_by_role("button", name="Unpublish sales 8000").click()
    expect(page.get_by_role("heading", name="Nothing is published")).to_be_visible()


def test_a_studio_is_given_away_and_started_anew(shop: Workshop, visit: Visit) -> None:
    """A restart ends in a running studio; a new owner is who it says."""
    shop.create("gift", "site", project="SHOP", runtime="local")
    before = shop.start("gift").state_time
    page = at(visit(), shop, "studios/SHOP/gift/logs")
    page.get_by_role("button", name="Restart gift").click()
    eventually(lambda: shop.show("gift").state_time != before, "nothing began")
    shop.until("gift", lambda one: one.state == studios_pb2.Studio.STATE_RUNNING)
    expect(last_command(page)).to_have_text("cstudio studio restart gift --project SHOP")
    shop.stop("gift")
    page.get_by_role("button", name="Owner…").click()
    form = page.get_by_role("dialog", name="Give gift to somebody else")
    form.get_by_label("New owner’s login").fill("grace")
    form.get_by_role("button", name="Change owner").click()
    expect(page.get_by_text("grace", exact=True)).to_be_visible()
    assert shop.show("gift").owner == "grace"
    shop.delete("gift")
