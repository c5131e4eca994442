"""What people do in the IDEs of a studio, done with mouse and keyboard in a real browser.

Each class drives one IDE as it is on the screen. `Watch` is what a person does not see: what a
page asked for in vain or of other hosts, and what its console says of errors.
"""

from __future__ import annotations

import re
import urllib.parse
from collections.abc import Sequence

from playwright.sync_api import (
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Request,
    Response,
    expect,
)

START_MILLISECONDS = 120_000
"""Until an IDE is drawn, on a busy machine."""


class Watch:
    """Listens to all pages of a page's context from now on."""

    def __init__(self, page: Page, excused: Sequence[str] = ()) -> None:
        """`excused`: patterns of what is no trouble; each should have a reason where it stands."""
        self._excused = re.compile("|".join(excused) or r"(?!)")
        self._found: list[str] = []
        context = page.context
        context.on("console", self._said)
        context.on("request", self._asked)
        context.on("requestfailed", self._failed)
        context.on("response", self._answered)
        context.on("weberror", lambda error: self._note(f"error: {error.error}"))

    @property
    def troubles(self) -> list[str]:
        """Everything that was not excused."""
        return [one for one in self._found if not self._excused.search(one)]

    def _note(self, what: str) -> None:
        self._found.append(what[:500])

    def _said(self, message: ConsoleMessage) -> None:
        # A failed request is heard of by itself, with its status.
        if message.type == "error" and "Failed to load resource" not in message.text:
            self._note(f"console: {message.text} ({message.location.get('url')})")

    def _asked(self, request: Request) -> None:
        at = urllib.parse.urlsplit(request.url)
        if at.scheme in ("http", "https", "ws", "wss") and at.hostname not in OURS:
            self._note(f"elsewhere: {request.method} {request.url}")

    def _failed(self, request: Request) -> None:
        # What a page stops asking for because it is left or reloaded is aborted by itself.
        if request.failure and "ERR_ABORTED" not in request.failure:
            self._note(f"failed: {request.method} {request.url} {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400:
            self._note(f"{response.status}: {response.request.method} {response.url}")


OURS = ("127.0.0.1", "localhost")


class JupyterLab:
    """JupyterLab, in one page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url.rstrip("/") + "/"

    def open(self, *folders: str, notebook: str, kernel: str) -> None:
        """Go through the file browser to a notebook, and wait until its kernel is there."""
        self.page.goto(f"{self.url}lab?reset")
        for folder in folders:
            self._file(folder).dblclick(timeout=START_MILLISECONDS)
        self._file(notebook).dblclick()
        idle = self.page.get_by_text(f"{kernel} | Idle", exact=True)
        expect(idle).to_be_visible(timeout=START_MILLISECONDS)

    def run(self, expected: str) -> None:
        """Run the first cell, and wait for what it prints."""
        cell = self.page.locator(".jp-Notebook .jp-CodeCell").first
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        expect(cell.locator(".jp-OutputArea-output")).to_contain_text(
            expected, timeout=START_MILLISECONDS
        )

    def save(self) -> None:
        """Save, as people do."""
        self.page.keyboard.press("Control+s")

    def terminal(self, line: str) -> None:
        """Open a terminal, and type a line."""
        self.page.get_by_role("menuitem", name="File", exact=True).click()
        self.page.locator(".lm-Menu-item", has_text="New").first.hover()
        with self.page.expect_websocket(lambda one: "terminals/websocket" in one.url) as opened:
            self.page.locator(".lm-Menu-item", has=_exactly(self.page, "Terminal")).click()
        opened.value.wait_for_event("framereceived", lambda frame: '"stdout"' in str(frame))
        self.page.locator(".jp-Terminal .xterm-helper-textarea").focus()
        self.page.keyboard.type(line + "\n")

    def upload(self, name: str, content: bytes) -> None:
        """Choose a file for upload; more than 1 MiB goes up in pieces."""
        with self.page.expect_file_chooser() as chosen:
            self.page.locator("[data-command='filebrowser:open-upload']").or_(
                self.page.locator(".jp-FileBrowser-toolbar [title^='Upload']")
            ).first.click()
        chosen.value.set_files(
            {"name": name, "mimeType": "application/octet-stream", "buffer": content}
        )
        expect(self._file(name)).to_be_visible()

    def download(self, name: str) -> bytes:
        """Download a file through its context menu."""
        self._file(name).click(button="right")
        with self.page.expect_download() as coming:
            self.page.locator(".lm-Menu-item[data-command='filebrowser:download']").click()
        return coming.value.path().read_bytes()

    def part(self, path: str, first: int, last: int) -> tuple[int, str, bytes]:
        """Ask for some bytes of a file; returns status, Content-Range and those bytes."""
        status, covered, got = self.page.evaluate(
            _PART, [f"{self.url}files/{path}", f"bytes={first}-{last}"]
        )
        return status, covered, bytes(got)

    def _file(self, name: str) -> Locator:
        return self.page.locator(".jp-DirListing-item", has=_exactly(self.page, name))


_PART = """async ([url, range]) => {
  const answer = await fetch(url, {headers: {Range: range}});
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return [answer.status, answer.headers.get("content-range"), Array.from(bytes)];
}"""


class VisualStudioCode:
    """VS Code, in one page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url

    def open(self) -> None:
        """Go to the address, and wait for the folder to be listed."""
        self.page.goto(self.url)
        rows = self.page.locator(".explorer-folders-view .monaco-list-row")
        expect(rows.first).to_be_visible(timeout=START_MILLISECONDS)

    def listed(self, name: str) -> Locator:
        """Return the explorer's row of a file or folder that is in view."""
        return self.page.locator(f".explorer-folders-view .monaco-list-row[aria-label^={name!r}]")

    def edit(self, folder: str, name: str, text: str) -> None:
        """Open a file of a folder in the editor, and type at its end."""
        self.listed(folder).click()
        self.listed(name).dblclick()
        editor = self.page.locator(f".monaco-editor[data-uri$='/{folder}/{name}']")
        editor.locator(".view-line").first.click()
        self.page.keyboard.press("Control+End")
        self.page.keyboard.type(text)

    def save(self) -> None:
        """Save, as people do."""
        self.page.keyboard.press("Control+s")

    def terminal(self, line: str) -> None:
        """Open a terminal, and type a line."""
        self.page.keyboard.press("Control+Backquote")
        terminal = self.page.locator(".terminal-wrapper.active")
        prompt = terminal.locator(".terminal-command-decoration")
        expect(prompt.first).to_be_attached(timeout=START_MILLISECONDS)
        terminal.locator(".xterm-helper-textarea").focus()
        self.page.keyboard.type(line + "\n")

    def debug(self, line: int, variable: str) -> str:
        """Run the open file under the debugger to a line; returns what a variable is there.

        The configuration is the one that is chosen in the view for debugging; see `chosen`.
        """
        self.page.locator(".monaco-editor .view-line").nth(line - 1).click()
        self.page.keyboard.press("F9")
        self.page.keyboard.press("Control+Shift+d")
        expect(self.page.locator(".debug-breakpoints .monaco-list-row")).to_have_count(1)
        self.page.keyboard.press("F5")
        shown = self.page.locator(".debug-variables .monaco-list-row", has_text=variable).first
        expect(shown).to_be_visible(timeout=START_MILLISECONDS)
        return " ".join(shown.inner_text().split())

    def resume(self) -> None:
        """Let the program that is debugged run to its end."""
        self.page.keyboard.press("F5")
        expect(self.page.locator(".debug-toolbar")).to_be_hidden(timeout=START_MILLISECONDS)

    def preview(self, folder: str, name: str) -> FrameLocator:
        """Look at a Markdown file of an open folder; returns the page in the page that shows it."""
        self.page.keyboard.press("Control+Shift+e")
        self.listed(name).dblclick()
        editor = self.page.locator(f".monaco-editor[data-uri$='/{folder}/{name}']")
        editor.locator(".view-line").first.click()
        self.page.keyboard.press("Control+Shift+v")
        return self.page.frame_locator("iframe.webview").frame_locator("#active-frame")

    def chosen(self) -> tuple[str, str]:
        """Return the interpreter in the status bar, and the chosen debug configuration."""
        interpreter = self.page.locator(".statusbar-item[id$='cstudio-python.python']")
        button = self.page.get_by_role("button", name="Debug Launch Configurations: ")
        expect(button).to_be_visible()
        label = button.get_attribute("aria-label") or ""
        return interpreter.inner_text().strip(), label.partition(": ")[2]


def _exactly(page: Page, text: str) -> Locator:
    return page.get_by_text(text, exact=True)
