"""Stopping studios that nobody uses; off unless the configuration gives them a time.

A use is a page that is open or asked for, a command, a file that changes on either
side, and what JupyterLab tells of its kernels and terminals, which work on without
a page. A while before the end the studio says so.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
from collections.abc import Callable, Sequence
from typing import Any

from cstudio_runner.launch import NGINX_PORT

from cstudiod.errors import CstudioError
from cstudiod.machines.launching import base_path
from cstudiod.model.studios import Reason, StudioState
from cstudiod.services.studio_life import Life
from cstudiod.services.studio_tools import Tools

_log = logging.getLogger(__name__)

LOOK_SECONDS = 30.0
WARN_SECONDS = 300.0
_ASK_SECONDS = 10.0
_ANSWER_BYTES = 1 << 20
_CODE = "idle"


class Idle:
    """Looks at all studios from time to time."""

    def __init__(
        self, tools: Tools, lives: Callable[[], Sequence[Life]], clock: Callable[[], float]
    ) -> None:
        """`lives` returns those that there are."""
        self._tools = tools
        self._lives = lives
        self._clock = clock

    async def run(self) -> None:
        """Look until cancelled; ends at once where nothing is to be stopped."""
        seconds = self._tools.uses.idle_seconds
        while seconds:
            await asyncio.sleep(min(LOOK_SECONDS, seconds / 4))
            for life in self._lives():
                await self.look(life)

    async def look(self, life: Life) -> None:
        """Stop a studio whose time is over, or warn."""
        if life.state is not StudioState.RUNNING or not life.studio.wants_running:
            return
        uses, studio = self._tools.uses, life.studio
        uses.note(studio.uid, self._tools.zones.last_change(studio))
        left = uses.stop_time(studio) - self._clock()
        if left <= min(WARN_SECONDS, uses.idle_seconds / 2):
            uses.note(studio.uid, await self._kernels_used(life))
            left = uses.stop_time(studio) - self._clock()
        self._tell(life, left)
        if left <= 0:
            _log.info("studio %s: stopped, nobody uses it", studio.spec.name)
            uses.note(studio.uid)  # a stop that is refused is not asked for again at once
            life.stop(why=_stopped(studio.spec.name, uses.idle_seconds))

    def _tell(self, life: Life, left: float) -> None:
        has_warned = life.studio.reason is not None and life.studio.reason.code == _CODE
        is_near = left <= min(WARN_SECONDS, self._tools.uses.idle_seconds / 2)
        if is_near and left > 0 and life.studio.reason is None:
            life.note(reason=_warning(life.studio.spec.name, left))
        elif has_warned and not is_near:
            life.note(reason=None)

    async def _kernels_used(self, life: Life) -> float:
        """Return when JupyterLab's kernels and terminals did something last; Unix time."""
        last = 0.0
        for port in self._jupyter_ports(life):
            try:
                async with asyncio.timeout(_ASK_SECONDS):
                    kernels = await self._asked(life, port, "kernels")
                    terminals = await self._asked(life, port, "terminals")
            except (CstudioError, OSError, ValueError, TimeoutError) as error:
                _log.info("studio %s: its kernels: %s", life.studio.spec.name, error)
                continue
            last = max(last, last_activity([*kernels, *terminals], self._clock()))
        return last

    def _jupyter_ports(self, life: Life) -> list[int]:
        try:
            blueprint = self._tools.templates.get(life.studio.spec.template).blueprint
        except CstudioError:
            return []  # its template means nothing any more
        programs = blueprint.launch.entrypoints
        return [one.port for one in programs if one.port and one.block_type == "jupyterlab"]

    async def _asked(self, life: Life, port: int, what: str) -> list[Any]:
        """Ask JupyterLab for a list; its REST API, as `jupyter_server` documents it."""
        runtime, spec = self._tools.runtime(life.studio), life.studio.spec
        at = NGINX_PORT if runtime.capabilities.has_nginx else port
        reader, writer = await runtime.dial(life.studio.uid, at)
        try:
            path = f"{base_path(spec.project, spec.name)}/{port}/api/{what}"
            writer.write(f"GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n".encode())
            answer = await reader.read(_ANSWER_BYTES)
            while piece := await reader.read(_ANSWER_BYTES):
                answer += piece
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        found = json.loads(body) if b" 200 " in head.splitlines()[0] else []
        return found if isinstance(found, list) else []


def last_activity(items: Sequence[Any], now: float) -> float:
    """Return when kernels and terminals did something last; a busy one does so now."""
    last = 0.0
    for one in items:
        if one.get("execution_state") == "busy":
            return now
        if told := one.get("last_activity"):
            last = max(last, datetime.datetime.fromisoformat(told).timestamp())
    return min(last, now)


def _warning(name: str, left: float) -> Reason:
    minutes = max(1, round(left / 60))
    return Reason(
        code=_CODE,
        message=f"nobody uses it: it will be stopped within {minutes} min",
        next=f"cstudio studio keepalive {name}",
        fatal=False,
    )


def _stopped(name: str, seconds: float) -> Reason:
    return Reason(
        code=_CODE,
        message=f"it was stopped, for nobody had used it for {seconds / 60:g} min",
        next=f"cstudio studio start {name}",
        fatal=False,
    )
