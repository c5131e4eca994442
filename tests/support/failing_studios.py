"""Studios that do not come up, each for one reason: what to start, and what must be told."""

from __future__ import annotations

import asyncio
import contextlib
import http.server
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstudiod.model.blueprints import KubernetesSettings, Resources, Volume
from cstudiod.model.studios import Layout, Observation, Phase, Spawn
from cstudiod.ports import StudioRuntime

PORT = 8000
BASE = "/code-studios/FAIL/studio"
QUICK = 0.12
"""Minutes until a studio's time is over, where that is what is tested."""
SERVER = ["python3", "-m", "http.server", "${port}", "--bind", "127.0.0.1"]
HOG = "x = []\nprint('hungry', flush=True)\nwhile True: x.append(bytearray(8 << 20))"
TIMING = {"check_starting": 0.2, "backoff_first": 0.2, "grace": 2}


def entry(name: str, *command: str, **more: Any) -> dict[str, Any]:
    """One entrypoint."""
    return {"name": name, "command": list(command), **more}


def python(code: str) -> tuple[str, ...]:
    """A command that runs some Python."""
    return ("python3", "-u", "-c", code)


@dataclass(frozen=True, kw_only=True)
class Failing:
    """One way not to come up."""

    code: str
    says: str
    """Stands in the message or the evidence."""
    entrypoints: Sequence[Mapping[str, Any]] = (entry("web", *SERVER, port=PORT),)
    readiness: Mapping[str, Any] = field(default_factory=lambda: {"tcp": True})
    version: int = 1
    start_minutes: float = 3.0
    resources: Resources = field(default_factory=Resources)
    volumes: tuple[Volume, ...] = ()
    service_account: str = ""
    image: str = ""
    fatal: bool = True

    def spawn(self, uid: str, layout: Layout, *, image: str = "", port: int = PORT) -> Spawn:
        """Return the order for it."""
        document = {
            "version": self.version,
            "workdir": layout.workdir,
            "state": layout.state,
            "base_path": BASE,
            "entrypoints": list(self.entrypoints),
            "ports": [{"port": PORT, "listen": port, "subpath": "/"}],
            "nginx": False,
            "readiness": dict(self.readiness),
            "timing": TIMING,
        }
        return Spawn(
            uid=uid,
            project="FAIL",
            studio=f"failing-{self.code}",
            owner="somebody",
            image=self.image or image,
            launch=json.dumps(document),
            hash="h1",
            kubernetes=KubernetesSettings(
                start_minutes=self.start_minutes,
                resources=self.resources,
                volumes=self.volumes,
                service_account=self.service_account,
            ),
        )


PROGRAMS = (
    Failing(
        code="bad_command",
        says="no-such-program",
        entrypoints=(entry("web", "no-such-program", port=PORT),),
    ),
    Failing(code="bad_launch", says="99", version=99),
    Failing(
        code="crash_loop",
        says="so long",
        entrypoints=(entry("web", *python("print('so long'); raise SystemExit(3)"), port=PORT),),
    ),
    Failing(
        code="entrypoint_exited",
        says="goodbye",
        entrypoints=(
            entry("web", *SERVER, port=PORT),
            entry("job", *python("print('goodbye'); raise SystemExit(4)"), restart="never"),
        ),
        readiness={"url": f"http://localhost:{PORT}/nothing"},
    ),
    Failing(
        code="port_in_use",
        says="ddress already in use",
        entrypoints=(
            entry("first", *SERVER, port=PORT),
            entry("second", "/bin/sh", "-c", 'sleep 2; exec python3 -m http.server "$0" '
                  "--bind 127.0.0.1", "${listenPort8000}"),
        ),
        readiness={"url": f"http://localhost:{PORT}/nothing"},
    ),
    Failing(
        code="readiness_timeout",
        says="8000",
        start_minutes=QUICK,
        entrypoints=(entry("web", *python("import time; time.sleep(1e6)"), port=PORT),),
    ),
    Failing(
        code="wrong_prefix",
        says="${baseUrlPort8000}/",
        start_minutes=QUICK,
        readiness={"url": f"http://localhost:{PORT}${{baseUrlPort8000}}/"},
    ),
)  # fmt: skip
"""What goes wrong alike wherever the runner runs."""


async def told(
    runtime: StudioRuntime, spawn: Spawn, failing: Failing, seconds: float = 100.0
) -> Observation:
    """Start it, watch, and return the observation with its reason."""
    await runtime.spawn(spawn)
    return await watched(runtime, spawn.uid, failing, seconds)


async def watched(
    runtime: StudioRuntime, uid: str, failing: Failing, seconds: float = 100.0
) -> Observation:
    """Watch until the reason is there, as grave as it is to be."""
    seen: list[Observation] = []
    try:
        async with asyncio.timeout(seconds):
            async for now in runtime.watch(uid):
                seen.append(now)
                if now.reason is None:
                    continue
                if now.reason.code == failing.code and now.reason.fatal >= failing.fatal:
                    return now
                assert not now.reason.fatal, f"another reason ended the start: {now}"
    except TimeoutError:
        pass
    raise AssertionError(f"{failing.code} was not told: {seen}")


def check(now: Observation, failing: Failing) -> None:
    """The reason is a sentence with evidence and a next step."""
    assert now.phase is not Phase.READY
    assert now.reason is not None
    assert now.reason.message
    assert now.reason.evidence
    assert now.reason.next
    wanted = failing.says.replace("${baseUrlPort8000}", f"{BASE}/{PORT}")
    assert wanted in f"{now.reason.message}\n{now.reason.evidence}", now.reason


class _Registry(http.server.BaseHTTPRequestHandler):
    """A registry that has nothing, and shows `private` to nobody."""

    def do_GET(self) -> None:
        if self.path == "/v2/":
            self._answer(200, {})
        elif "/private/" in self.path:
            self._answer(401, {"errors": [{"code": "UNAUTHORIZED", "message": "who are you"}]})
        else:
            self._answer(404, {"errors": [{"code": "MANIFEST_UNKNOWN", "message": "not here"}]})

    do_HEAD = do_GET

    def _answer(self, status: int, body: Mapping[str, Any]) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        if status == 401:
            self.send_header("WWW-Authenticate", 'Basic realm="registry"')
        self.send_header("Docker-Distribution-Api-Version", "registry/2.0")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@contextlib.contextmanager
def registry() -> Iterator[str]:
    """Serve an empty registry on loopback, and yield its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), _Registry)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def images(address: str) -> Sequence[Failing]:
    """Images that cannot be had, with a registry at `address`."""
    return (
        Failing(code="image_not_found", says="/nothing:1", image=f"{address}/nothing:1"),
        Failing(code="image_auth", says="/private:1", image=f"{address}/private:1"),
        Failing(
            code="image_registry_unreachable", says="connection refused", image="127.0.0.1:9/x:1"
        ),
    )
