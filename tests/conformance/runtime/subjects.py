"""What the exam of studio runtimes needs of each of them."""

from __future__ import annotations

import enum
import hashlib
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cstudiod.model.blueprints import ExposedPort, KubernetesSettings, Volume
from cstudiod.model.studios import Observation, Phase, Spawn
from cstudiod.ports import StudioRuntime

ECHO_PROGRAM = """
import socketserver, sys
print('hello from echo', flush=True)
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        while data := self.request.recv(65536):
            self.request.sendall(data)
            if b'say' in data[:3]:
                print('heard ' + data.decode().strip(), flush=True)
class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
Server(('127.0.0.1', int(sys.argv[1])), Echo).serve_forever()
"""
"""Sends back what it is sent, on loopback; says what begins with ``say``."""


LARGE = "x" * 600_000
"""Of a file that is written at the start: no variable and no argument can carry it."""


class Program(enum.Enum):
    """What a studio of the exam runs."""

    ECHO = "echo"
    MISSING = "missing"
    """A command that is not there."""
    NEVER = "never"
    """It runs, and listens nowhere."""


@dataclass(kw_only=True)
class Subject:
    """One implementation that sits the exam."""

    name: str
    runtime: StudioRuntime
    port: Callable[[], int]
    """A port for a server in a studio."""
    open_target: Callable[[str, str], Awaitable[bytes]] | None = None
    """Run ``sh -c SCRIPT`` in a studio by way of its target and return what it prints."""
    reopen: Callable[[], StudioRuntime] | None = None
    """Another object for the same place, as after the daemon's restart."""
    kill: Callable[[str], Awaitable[None]] | None = None
    """End a studio behind the runtime's back."""
    script: Callable[[Spawn, Program], None] | None = None
    """Prepare a studio in memory."""
    image: str = ""
    kept: str = ""
    """Where a volume is mounted; empty: the home outlives restarts."""
    prepare_volume: Callable[[str], Awaitable[None]] | None = None
    """Make a new volume as those of other clusters are."""
    environment: Mapping[str, str] = field(default_factory=dict)
    used: list[str] = field(default_factory=list)

    def spawn(
        self,
        uid: str,
        program: Program = Program.ECHO,
        *,
        port: int = 0,
        mark: str = "",
        start_minutes: float = 2.0,
    ) -> Spawn:
        """Return the order for a studio; `mark` makes it differ from another."""
        listen = port or self.port()
        self.used.append(uid)
        document = self._document(uid, program, listen, mark)
        text = json.dumps(document, sort_keys=True)
        spawn = Spawn(
            uid=uid,
            project="EXAM",
            studio=f"studio-{uid}",
            owner="somebody",
            image=self.image,
            launch=text,
            ports=(ExposedPort(port=listen, label="Echo"),),
            environment={"DKU_IS_CODE_STUDIO": "1", **self.environment},
            kubernetes=KubernetesSettings(
                start_minutes=start_minutes,
                volumes=(Volume(name="kept", path=self.kept, size="10Mi"),) if self.kept else (),
            ),
            hash=hashlib.sha256(f"{text}{start_minutes}".encode()).hexdigest()[:16],
        )
        if self.script is not None:
            self.script(spawn, program)
        return spawn

    def _document(self, uid: str, program: Program, listen: int, mark: str) -> dict[str, Any]:
        layout = self.runtime.layout(uid)
        command = {
            Program.ECHO: ["python3", "-c", ECHO_PROGRAM, "${port}"],
            Program.MISSING: ["no-such-program", "--port", "${port}"],
            Program.NEVER: ["python3", "-c", "import time; print('asleep'); time.sleep(1e6)"],
        }[program]
        return {
            "version": 1,
            "workdir": layout.workdir,
            "state": layout.state,
            "base_path": f"/code-studios/EXAM/{uid}",
            "env": {"MARK": mark},
            "entrypoints": [{"name": "main", "command": command, "port": listen}],
            "ports": [{"port": listen, "listen": listen, "label": "Echo"}],
            "nginx": False,
            "readiness": {"tcp": True},
            "files": [{"path": f"{layout.state}/large", "content": LARGE}],
            "timing": {"check_starting": 0.2, "backoff_first": 0.2, "grace": 3},
        }


def is_told(seen: Observation) -> bool:
    """Tell whether waiting longer would show nothing new: ready, or a fatal reason."""
    return seen.phase is Phase.READY or bool(seen.reason and seen.reason.fatal)
