"""Where Docker's daemon is: a Unix socket, or TCP with or without TLS.

The SDK knows the environment and the contexts of the `docker` command, and does
the small requests (in a thread: they block). Streams are connections of our own
to the same place, because the SDK's sockets cannot be handed to asyncio when
they are encrypted, and may have swallowed the first bytes of a stream.
"""

from __future__ import annotations

import asyncio
import os
import ssl
import urllib.parse
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import docker
import docker.context
import docker.errors
import docker.tls
import docker.utils

from cstudiod.errors import TargetError
from cstudiod.runtimes.output import printable

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 20
Protocol = TypeVar("Protocol", bound=asyncio.Protocol)


@dataclass(frozen=True, kw_only=True)
class Host:
    """A daemon's address."""

    url: str
    """As Docker writes it: ``unix:///var/run/docker.sock``, ``tcp://box:2376``."""
    tls: docker.tls.TLSConfig | None = field(default=None, compare=False)

    @property
    def socket(self) -> str:
        """The Unix socket's path; empty for TCP."""
        parts = urllib.parse.urlsplit(self.url)
        return parts.netloc + parts.path if parts.scheme.endswith("unix") else ""

    async def connect(self, protocol: Callable[[], Protocol]) -> Protocol:
        """Open a connection.

        Raises:
            TargetError: nothing answers there, or it may not be used.
        """
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                if self.socket:
                    return (await loop.create_unix_connection(protocol, self.socket))[1]
                parts = urllib.parse.urlsplit(self.url)
                where = parts.hostname or "localhost", parts.port or 2375
                return (await loop.create_connection(protocol, *where, ssl=self._context()))[1]
        except (OSError, ssl.SSLError) as error:  # TimeoutError is an OSError
            raise no_answer(self.url, error) from error

    def client(self) -> docker.APIClient:
        """Return the SDK's client; blocks, because it asks for the version."""
        return docker.APIClient(
            base_url=self.url, version="auto", timeout=REQUEST_SECONDS, tls=self.tls or False
        )

    def _context(self) -> ssl.SSLContext | None:
        if self.tls is None:
            return None
        config: Any = self.tls
        context = ssl.create_default_context(cafile=config.ca_cert or None)
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        if not config.verify:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        if config.cert:
            context.load_cert_chain(*config.cert)
        return context


def find() -> Host:
    """Return the daemon that the `docker` command would talk to; blocks.

    Raises:
        TargetError: the configuration cannot be used.
    """
    try:
        given: dict[str, Any] = dict(docker.utils.kwargs_from_env())
        if not given.get("base_url"):
            context: Any = docker.context.ContextAPI.get_current_context()
            given = {"base_url": context.Host, "tls": context.TLSConfig}
    except Exception as error:  # files and environment of the user, read by the SDK
        raise unavailable(
            f"Docker's configuration cannot be used: {printable(str(error))}"
        ) from error
    url = str(given.get("base_url") or "unix:///var/run/docker.sock")
    if url.startswith("unix://") and not os.path.exists(url.removeprefix("unix://")):
        url = next((f"unix://{path}" for path in _other_sockets() if path.exists()), url)
    if url.split(":")[0] not in ("unix", "tcp", "http", "https"):
        raise unavailable(
            f"Docker at {url} cannot be used: only unix and tcp addresses can",
            next=f"ssh -L /tmp/docker.sock:/var/run/docker.sock {url.removeprefix('ssh://')}, then "
            "DOCKER_HOST=unix:///tmp/docker.sock"
            if url.startswith("ssh://")
            else "",
        )
    return Host(url=url, tls=given.get("tls") or None)


def _other_sockets() -> list[Path]:
    """Where rootless Docker, Docker Desktop and Colima listen."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    home = Path.home() / ".docker"
    found = [home / "run/docker.sock", home / "desktop/docker.sock"]
    found.append(Path.home() / ".colima/default/docker.sock")
    return [Path(runtime) / "docker.sock", *found] if runtime else found


def no_answer(url: str, error: Exception) -> TargetError:
    """Say why Docker could not be asked."""
    if isinstance(error, PermissionError):
        return unavailable(
            f"you may not use Docker's socket {url}",
            next="sudo usermod -aG docker $USER, then sign in again",
        )
    if isinstance(error, FileNotFoundError):
        return unavailable(
            f"there is no Docker at {url}", next="install and start Docker, or set DOCKER_HOST"
        )
    if isinstance(error, TimeoutError):
        why = "no answer in time"
    else:
        why = printable(getattr(error, "strerror", None) or str(error) or type(error).__name__)
    return TargetError(
        f"Docker does not answer at {url}: {why}",
        reason="UNREACHABLE",
        next="start Docker; `docker version` asks the same daemon",
        host=url,
    )


def unavailable(message: str, next: str = "") -> TargetError:
    """Say why Docker cannot be used here."""
    return TargetError(message, reason="RUNTIME_UNAVAILABLE", next=next, runtime="docker")
