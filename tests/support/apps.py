"""What people do in the apps of a studio, done through its URL as their browsers do it.

Formats: jupyter_client's documentation, "Messaging in Jupyter", and jupyter_server's
REST API; Streamlit's `BackMsg.proto` and `ForwardMsg.proto` (github.com/streamlit/streamlit).
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp

SECONDS = 120.0
RERUN = b"\x5a\x00"
"""A `BackMsg` whose field 11, `rerun_script`, is an empty `ClientState`."""


def kernels(url: str) -> dict[str, Any]:
    """Return the kernels that a JupyterLab offers, by name."""

    async def ask() -> dict[str, Any]:
        where = f"{_base(url)}/api/kernelspecs"
        async with aiohttp.ClientSession() as browser, browser.get(where) as answer:
            answer.raise_for_status()
            specs: dict[str, Any] = (await answer.json())["kernelspecs"]
            return specs

    return asyncio.run(ask())


def executed(url: str, kernel: str, code: str) -> str:
    """Return what some code prints in a new kernel of a JupyterLab."""

    async def run() -> str:
        async with asyncio.timeout(SECONDS), _browser(url) as browser:
            async with browser.post(f"{_base(url)}/api/kernels", json={"name": kernel}) as answer:
                answer.raise_for_status()
                id = (await answer.json())["id"]
            try:
                channels = f"{_base(url)}/api/kernels/{id}/channels"
                async with browser.ws_connect(channels) as socket:
                    return await _said(socket, code)
            finally:
                async with browser.delete(f"{_base(url)}/api/kernels/{id}") as answer:
                    answer.raise_for_status()

    return asyncio.run(run())


@contextlib.asynccontextmanager
async def _browser(url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """A browser that has loaded the page, and so has the cookie that changes need."""
    jar = aiohttp.CookieJar(unsafe=True)  # the host is an address
    async with aiohttp.ClientSession(cookie_jar=jar) as browser:
        async with browser.get(f"{_base(url)}/lab") as answer:
            answer.raise_for_status()
        token = next(cookie.value for cookie in jar if cookie.key == "_xsrf")
        browser.headers["X-XSRFToken"] = token
        yield browser


async def _said(socket: aiohttp.ClientWebSocketResponse, code: str) -> str:
    asked = uuid.uuid4().hex
    content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
    header = {"msg_id": asked, "msg_type": "execute_request", "session": asked, "username": "",
              "version": "5.3", "date": ""}  # fmt: skip
    await socket.send_json(
        {"header": header, "parent_header": {}, "metadata": {}, "content": content,
         "channel": "shell", "buffers": []}
    )  # fmt: skip
    said = ""
    async for message in socket:
        told = json.loads(message.data)
        if told["parent_header"].get("msg_id") != asked:
            continue
        if told["msg_type"] == "stream":
            said += told["content"]["text"]
        if told["msg_type"] == "error":
            raise AssertionError("\n".join(told["content"]["traceback"]))
        if told["msg_type"] == "status" and told["content"]["execution_state"] == "idle":
            return said
    raise AssertionError(f"the kernel's connection ended after {said!r}")


def rerun(url: str, before: str, change: Callable[[], object], after: str) -> None:
    """Look at a Streamlit app until it shows one text, change it, and see the other by itself."""

    async def look() -> None:
        where = f"{_base(url)}/_stcore/stream"
        async with (
            asyncio.timeout(SECONDS),
            aiohttp.ClientSession() as browser,
            browser.ws_connect(where, protocols=("streamlit",), max_msg_size=0) as socket,
        ):
            await socket.send_bytes(RERUN)
            await _until_shown(socket, before)
            change()
            await _until_shown(socket, after)

    asyncio.run(look())


async def _until_shown(socket: aiohttp.ClientWebSocketResponse, text: str) -> None:
    """Return when a message of the app holds some text."""
    async for message in socket:
        if message.type is aiohttp.WSMsgType.BINARY and text.encode() in message.data:
            return
    raise AssertionError(f"the app's connection ended before it showed {text!r}")


def _base(url: str) -> str:
    return url.rstrip("/")
