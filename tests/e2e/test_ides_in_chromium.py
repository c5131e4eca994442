"""Real IDEs in a real browser, through the gateway, in Docker and in a cluster.

One daemon a runtime; its studios start together and serve all tests here. What each IDE shows
when it has done its work is kept as a picture.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cstudio_api.v1 import studios_pb2
from playwright.sync_api import Page, expect
from support import browser, containers, kubernetes
from support.browser import Visit
from support.ides import START_MILLISECONDS, JupyterLab, VisualStudioCode, Watch
from support.workshop import RUNNING, STOPPED, Workshop, eventually, workshop

artefacts, chromium, visit = browser.artefacts, browser.chromium, browser.visit

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(900)]

RUNTIMES = (
    pytest.param("docker", marks=pytest.mark.docker),
    pytest.param("kubernetes", marks=pytest.mark.cluster),
)
START_SECONDS = 800.0
"""With all builds, on a cold machine."""
STUDIOS = {
    "lab": "jupyter",
    "lab2": "jupyter",
    "code": "vscode",
    "app": "streamlit",
    "book": "marimo",
    "site": "http-server",
}
"""The example template of each studio."""
BYTES = bytes(range(256)) * 4096 * 3


class Street:
    """The studios of one runtime, all started."""

    def __init__(self, shop: Workshop, runtime: str) -> None:
        self.shop, self.runtime = shop, runtime
        for stem in sorted(set(STUDIOS.values())):
            shop.example(stem)
        for name, stem in STUDIOS.items():
            shop.create(name, stem, runtime=runtime)
        self.put("app", "streamlit/app.py", APP)
        self.put("code", "main.py", PROGRAM)
        self.put("code", "notes.md", "# Seen\n")
        self.put("site", "index.html", INDEX)
        self.put("site", "more/second.html", "<p>The second page</p>")
        for name in ("lab", "lab2"):
            self.put(name, "analysis.ipynb", json.dumps(_notebook(name)))
        for name in STUDIOS:
            shop.studios.StartStudio(studios_pb2.StartStudioRequest(name=name))

    def zone(self, name: str) -> Path:
        """Return the folder of a studio's versioned files on the server."""
        return self.shop.zone(name)

    def put(self, name: str, path: str, text: str) -> None:
        """Write a file of a studio on the server."""
        file = self.zone(name) / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def url(self, name: str) -> str:
        """Return where a studio's page is, as soon as it runs."""
        studio = self.shop.until(name, lambda one: one.state in (RUNNING, STOPPED), START_SECONDS)
        assert studio.state == RUNNING, f"{studio}\n{self.shop.cstudio.log()[-3000:]}"
        return str(studio.ports[0].url)


@pytest.fixture(scope="module", params=RUNTIMES)
def street(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Street]:
    """The studios of one runtime."""
    containers.require()
    folder = tmp_path_factory.mktemp(request.param)
    build = f'[build]\nparent = "{containers.PYTHON}"\n'
    if request.param == "docker":
        with workshop(folder, build) as shop:
            yield Street(shop, "docker")
        return
    address = request.getfixturevalue("image_registry")
    with kubernetes.namespace("cstudio-ides") as namespace:
        where = (
            f'[containers.test]\nruntime = "kubernetes"\nnamespace = "{namespace.name}"\n'
            f'registry = "{address}/cstudio"\n'
        )
        with workshop(folder, build + where) as shop:
            yield Street(shop, "kubernetes")


# ------------------------------------------------------------------------------- JupyterLab


def test_a_notebook_is_run_and_saved(street: Street, visit: Visit) -> None:
    """It runs in the code environment, and what it printed is in the zone's file."""
    page = visit()
    watch = Watch(page)
    _run_and_save(street, "lab", JupyterLab(page, street.url("lab")))
    assert watch.troubles == []


def test_files_and_commands_of_jupyterlab(street: Street, visit: Visit) -> None:
    """A terminal, an upload in pieces, a download, and a part of a file."""
    page = visit()
    watch = Watch(page)
    lab = JupyterLab(page, street.url("lab"))
    lab.open("code_studio-versioned", notebook="analysis.ipynb", kernel="Python (pandas)")
    lab.upload("up.bin", BYTES)
    eventually(lambda: _content(street.zone("lab") / "up.bin") == BYTES, "the upload is not here")
    assert lab.download("up.bin") == BYTES
    assert lab.part("code_studio-versioned/up.bin", 1000, 1003) == (
        206,
        f"bytes 1000-1003/{len(BYTES)}",
        BYTES[1000:1004],
    )
    lab.terminal("echo $((6 * 7)) > code_studio-versioned/typed.txt; ls code_studio-versioned")
    eventually(lambda: _content(street.zone("lab") / "typed.txt") == b"42\n", "nothing was typed")
    assert watch.troubles == []


def test_two_jupyterlabs_side_by_side(street: Street, visit: Visit) -> None:
    """Both save after both were opened: each has its own cookies."""
    first = visit()
    watch = Watch(first)
    second = first.context.new_page()
    labs = {
        "lab": JupyterLab(first, street.url("lab")),
        "lab2": JupyterLab(second, street.url("lab2")),
    }
    for name in ("lab", "lab2", "lab"):
        _run_and_save(street, name, labs[name])
    tokens = {
        one.get("path"): one.get("value")
        for one in first.context.cookies()
        if one.get("name") == "_xsrf"
    }
    assert set(tokens) == {f"/code-studios/P/{name}/8888/" for name in labs}
    assert len(set(tokens.values())) == len(labs)
    assert watch.troubles == []


def _run_and_save(street: Street, name: str, lab: JupyterLab) -> None:
    """Run the notebook's cell in the code environment, which alone has pandas, and save."""
    file = street.zone(name) / "analysis.ipynb"
    street.put(name, "analysis.ipynb", json.dumps(_notebook(name)))
    street.shop.flush(street.shop.session(name))
    lab.page.bring_to_front()
    lab.open("code_studio-versioned", notebook="analysis.ipynb", kernel="Python (pandas)")
    lab.run(f"{name} has 42 of /opt/dataiku/python-code-envs/py-data")
    lab.save()
    eventually(lambda: f"{name} has 42" in str(_outputs(file)), "what it printed is not saved")


def _outputs(file: Path) -> Any:
    return json.loads(file.read_text())["cells"][0]["outputs"]


def _notebook(name: str) -> dict[str, Any]:
    total = "pandas.DataFrame({'a': [20, 22]}).a.sum()"
    source = f"import pandas, sys\nprint('{name} has', {total}, 'of', sys.prefix)"
    cell = {"cell_type": "code", "id": "one", "execution_count": None, "metadata": {},
            "outputs": [], "source": source}  # fmt: skip
    kernel = {"name": "py-data", "display_name": "Python (pandas)", "language": "python"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


# ---------------------------------------------------------------------------------- VS Code

PROGRAM = "import sys, requests\nanswer = 6 * 7\nprint(requests.__name__, sys.prefix, answer)\n"
EDITED = PROGRAM + "print('edited in the browser')\n"
OF_VSCODE = (
    r"404: GET .*/vsda/rust/web/",  # Microsoft's own; code-server has none and does without
    r"Service-?Worker",  # one for all paths below the port, which no studio is given
    r"elsewhere: GET https://[^/]*\.vscode-cdn\.net/",  # a name for the studio: never looked up
    r"https://open-vsx\.org/",  # more extensions, for those who reach it
    r"An unknown error occurred",  # … and for the others
    r"authentication provider 'github'",  # for its assistant, which is off
    r"Aborted onWillSaveTextDocument-event",  # a busy machine: it saves without tidying up first
)


def test_vs_code_edits_runs_and_debugs(street: Street, visit: Visit, artefacts: Path) -> None:
    """The editor saves into the zone; terminals and the debugger are the code environment's."""
    page = visit()
    watch = Watch(page, OF_VSCODE)
    code = VisualStudioCode(page, street.url("code"))
    file = street.zone("code") / "main.py"
    code.open()
    code.edit("code_studio-versioned", "main.py", EDITED.removeprefix(PROGRAM))
    code.save()
    eventually(lambda: file.read_text() == EDITED, "what was typed is not here")
    code.terminal("python code_studio-versioned/main.py > code_studio-versioned/said.txt 2>&1")
    said = eventually(lambda: _content(street.zone("code") / "said.txt"), "nothing was run")
    assert said.decode() == (
        "requests /opt/dataiku/python-code-envs/py 42\nedited in the browser\n"
    )
    assert code.debug(3, "answer") == "answer = 42"
    assert code.chosen() == ("Python: py", "Python: current file (py)")
    page.screenshot(path=artefacts / f"vs-code-debugs-{street.runtime}.png")
    code.resume()
    notes = code.preview("code_studio-versioned", "notes.md")
    expect(notes.get_by_role("heading", name="Seen")).to_be_visible(timeout=START_MILLISECONDS)
    assert watch.troubles == []


# ------------------------------------------------------------------------- Streamlit, others

APP = """\
import streamlit as st

st.title("First sight")
number = st.slider("Number", 0, 10, 3)
st.write(f"three times is {number * 3}")
if st.button("Press"):
    st.write("it was pressed")
sent = st.file_uploader("File")
if sent:
    st.write(f"{len(sent.getvalue())} bytes came")
    st.download_button("Get it back", sent.getvalue(), "back.bin")
"""


def test_a_streamlit_app(street: Street, visit: Visit) -> None:
    """A slider, a button, a file up and down; and the page changes with the file on the server."""
    page = visit(street.url("app"))
    watch = Watch(page)
    _shows(page, "three times is 9")
    page.get_by_role("slider").press("ArrowRight")
    _shows(page, "three times is 12")
    page.get_by_role("button", name="Press").click()
    _shows(page, "it was pressed")
    upload = {"name": "up.bin", "mimeType": "application/octet-stream", "buffer": BYTES}
    page.locator("input[type=file]").set_input_files(upload)
    _shows(page, f"{len(BYTES)} bytes came")
    with page.expect_download() as coming:
        page.get_by_role("button", name="Get it back").click()
    assert coming.value.path().read_bytes() == BYTES
    street.put("app", "streamlit/app.py", APP.replace("First sight", "Second thought"))
    _shows(page, "Second thought")
    assert watch.troubles == []


def test_a_marimo_book(street: Street, visit: Visit) -> None:
    """A server without a block of its own: a slider reaches its kernel over the WebSocket."""
    page = visit()
    watch = Watch(page)
    with page.expect_websocket(timeout=START_MILLISECONDS) as opened:
        page.goto(street.url("book"), wait_until="commit")
    opened.value.wait_for_event("framereceived", lambda said: "completed-run" in str(said))
    page.get_by_test_id("run-button").last.click()
    _shows(page, "three times is 9")
    page.get_by_role("slider").press("ArrowRight")
    _shows(page, "three times is 12")
    assert watch.troubles == []


def test_a_plain_server(street: Street, visit: Visit) -> None:
    """It knows nothing of its prefix; its page changes with the file on the server."""
    page = visit()
    watch = Watch(page)
    url = street.url("site")
    page.goto(url)
    _shows(page, "The first page")
    page.get_by_role("link", name="More").click()
    page.get_by_role("link", name="second.html").click()
    _shows(page, "The second page")
    page.goto(url)
    street.put("site", "index.html", INDEX.replace("first", "changed"))
    street.shop.flush(street.shop.session("site"))
    page.reload()
    _shows(page, "The changed page")
    assert watch.troubles == []


INDEX = '<!doctype html><link rel="icon" href="data:,"><p>The first page</p><a href="more">More</a>'


def _shows(page: Page, text: str) -> None:
    expect(page.get_by_text(text)).to_be_visible(timeout=START_MILLISECONDS)


def _content(file: Path) -> bytes:
    return file.read_bytes() if file.exists() else b""
