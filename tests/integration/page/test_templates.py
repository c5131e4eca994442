"""Templates: written with each fault at its line, built with the log in view, granted."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect
from support.browser import Visit
from support.page import SITE, at, last_command
from support.wheels import wheel
from support.workshop import Workshop, workshop

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

WRONG = """name: Two Words
blocks:
  - type: jupyter
  - type: entrypoint
    expose: {prt: 8000}
"""
BUILT = """
name: built
blocks:
  - type: code_environment
    name: mine
    requirements: [alpha]
  - type: entrypoint
    label: Site
    command: [python3, -m, http.server, "${port}", --bind, "${host}"]
    expose: {port: 8000, label: Site, subpath: /}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon that installs from a folder, with one studio so that its address is known."""
    folder = tmp_path_factory.mktemp("templates")
    wheel(folder / "wheels", "alpha")
    with workshop(folder / "state", f'[build]\nwheelhouse = "{folder / "wheels"}"\n') as made:
        made.template(SITE)
        made.create("sales", "site", project="SHOP", runtime="local")
        yield made


def test_a_template_is_written_with_its_faults_at_their_lines(shop: Workshop, visit: Visit) -> None:
    """Wrong ones are not stored; each fault leads to its line; then it is created and changed."""
    page = at(visit(), shop, "templates")
    page.get_by_role("link", name="New template").click()
    editor = page.get_by_label("Template file, YAML")
    editor.fill(WRONG)
    page.get_by_role("button", name="Create").click()
    wrong = page.get_by_role("region", name="What is wrong")
    expect(wrong).to_contain_text("did you mean jupyterlab")
    expect(wrong).to_contain_text("did you mean port")
    wrong.get_by_role("button", name="Line 3").click()
    expect(editor).to_be_focused()
    assert editor.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == (
        "  - type: jupyter"
    )
    expect(page.locator(".gutter .marked")).to_have_text(["1", "3", "5"])
    editor.fill(BUILT)
    expect(page.get_by_text("It is valid.")).to_be_visible()
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name="built", level=1)).to_be_visible()
    expect(last_command(page)).to_have_text("cstudio template create template.yaml")
    editor.fill(BUILT + "label: Mine\n")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Mine", exact=True)).to_be_visible()
    page.get_by_role("button", name="Dockerfile").click()
    expect(page.get_by_label("Dockerfile", exact=True)).to_contain_text("FROM ")
    page.get_by_role("link", name="Templates").first.click()
    expect(page.get_by_role("list", name="Templates")).to_contain_text("code environment")


def test_a_build_is_followed_cancelled_and_remembered(shop: Workshop, visit: Visit) -> None:
    """Its log as it comes; a cancelled one says so; a second one finds nothing to do."""
    shop.template(BUILT.replace("name: built", "name: made"))
    page = at(visit(), shop, "templates/made/builds")
    page.get_by_label("What is built").select_option("local")
    page.get_by_role("button", name="Build", exact=True).click()
    run = page.locator(".run")
    run.get_by_role("button", name="Cancel").click()
    expect(run.locator(".state")).to_have_text("cancelled")
    page.get_by_role("button", name="Build", exact=True).click()
    expect(run.get_by_role("log")).to_contain_text("alpha")
    expect(run.locator(".state")).to_have_text("succeeded")
    expect(last_command(page)).to_contain_text("cstudio template logs b")
    page.get_by_role("button", name="What changed?").click()
    expect(page.get_by_text("Nothing changed since the last build")).to_be_visible()
    history = page.locator("ul.list").last
    expect(history.get_by_text("cancelled", exact=True)).to_be_visible()
    expect(history.get_by_text("succeeded", exact=True)).to_be_visible()


def test_a_template_is_granted_and_the_grant_taken_back(shop: Workshop, visit: Visit) -> None:
    """To a group, by name; each is a command as well."""
    page = at(visit(), shop, "templates/site/access")
    page.get_by_label("Group").fill("analysts")
    page.get_by_role("button", name="Grant", exact=True).click()
    expect(page.get_by_text("Group analysts")).to_be_visible()
    expect(last_command(page)).to_have_text("cstudio template grant site analysts")
    page.get_by_role("button", name="Revoke from analysts").click()
    expect(page.get_by_text("Group analysts")).to_have_count(0)
    expect(last_command(page)).to_have_text("cstudio template revoke site analysts")
