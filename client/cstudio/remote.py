"""A daemon elsewhere: its address, the key that we call with, and whom we trust.

A key is read from a variable or a file, never from the command line, which everybody
on a machine can see; and it is sent over TLS alone.
"""

from __future__ import annotations

import asyncio
import os
import re
import socket
import ssl
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import grpc.aio

from cstudio.connect import CHANNEL_OPTIONS
from cstudio.errors import DAEMON_UNREACHABLE, UnreachableError, UsageError

SERVER, KEY, KEY_FILE, AUTHORITY = "CSTUDIO_SERVER", "CSTUDIO_KEY", "CSTUDIO_KEY_FILE", "CSTUDIO_CA"
_ADDRESS = re.compile(r"(?:([^\s:\[\]/]+)|\[([0-9a-fA-F:.]+)\]):([1-9][0-9]{0,4})")
_CONNECT_SECONDS = 10.0


@dataclass(frozen=True, kw_only=True)
class Server:
    """How to reach a daemon over TCP."""

    host: str
    port: int
    key: str = field(repr=False)
    authorities: bytes | None = field(default=None, repr=False)
    """Certificates in PEM of whom we trust; None: gRPC's own list."""

    @property
    def address(self) -> str:
        """``HOST:PORT``, as it is written."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def choose(address: str | None, environment: Mapping[str, str]) -> Server | None:
    """Return the daemon that is meant, by its address or by the environment; None: our own.

    Raises:
        UsageError: that is no address, or the key or the certificates cannot be read.
    """
    text = address or environment.get(SERVER)
    if not text:
        return None
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[3]) > 65535:
        raise UsageError(f"`{text}` is no address of a daemon", hint="write HOST:PORT")
    return Server(
        host=match[1] or match[2],
        port=int(match[3]),
        key=_key(environment),
        authorities=_authorities(environment),
    )


def open_channel(server: Server) -> grpc.aio.Channel:
    """Return a channel to a daemon; connects with the first call."""
    credentials = grpc.composite_channel_credentials(
        grpc.ssl_channel_credentials(server.authorities),
        grpc.access_token_call_credentials(server.key),
    )
    return grpc.aio.secure_channel(server.address, credentials, options=CHANNEL_OPTIONS)


async def connected(server: Server, channel: grpc.aio.Channel) -> None:
    """Return once a daemon answers.

    Raises:
        UnreachableError: it does not; with why.
    """
    try:
        async with asyncio.timeout(_CONNECT_SECONDS):
            state = channel.get_state(try_to_connect=True)
            while state is not grpc.ChannelConnectivity.READY:
                if state is grpc.ChannelConnectivity.TRANSIENT_FAILURE:
                    raise await asyncio.to_thread(_unreachable, server)
                await channel.wait_for_state_change(state)
                state = channel.get_state(try_to_connect=True)
    except TimeoutError:
        raise _failure(server, "it does not answer", "is the address right?") from None


def _unreachable(server: Server) -> UnreachableError:
    """Try once more by hand, for what gRPC does not say: why not."""
    try:
        context = ssl.create_default_context()
        if server.authorities:
            context.load_verify_locations(cadata=server.authorities.decode("ascii", "replace"))
        with (
            socket.create_connection((server.host, server.port), _CONNECT_SECONDS) as raw,
            context.wrap_socket(raw, server_hostname=server.host),
        ):
            return _failure(server, "the connection broke", "try again")
    except ssl.SSLCertVerificationError as error:
        why = f"its certificate is not trusted: {error.verify_message}"
        return _failure(server, why, f"set {AUTHORITY} to the certificate of its authority")
    except ssl.SSLError:
        return _failure(server, "it does not speak TLS", "is the port right?")
    except OSError as error:
        why = error.strerror or str(error)
        return _failure(server, why[:1].lower() + why[1:], "is the address right, and does it run?")


def _failure(server: Server, why: str, hint: str) -> UnreachableError:
    return UnreachableError(
        f"the daemon at {server.address} cannot be reached: {why}",
        reason=DAEMON_UNREACHABLE,
        hint=hint,
        metadata={"server": server.address},
    )


def _key(environment: Mapping[str, str]) -> str:
    file = environment.get(KEY_FILE)
    key = environment.get(KEY) or (_private(Path(file)) if file else "")
    if not key.strip():
        raise UsageError(
            "a daemon elsewhere wants a key",
            hint=f"set {KEY_FILE} to a file with it; its administrators make them:"
            " cstudio key create LOGIN",
        )
    if not key.strip().isascii() or len(key.split()) != 1:
        raise UsageError("that is no key: it must be one word", hint="copy it once more")
    return key.strip()


def _private(path: Path) -> str:
    """Return what a file has that its owner alone may read."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            if stat.S_IMODE(mode) & 0o077:
                raise UsageError(
                    f"`{path}` has a key in it and can be read by others",
                    hint=f"chmod 600 {path}",
                )
            return file.read(4096).decode("utf-8", "replace")
    except OSError as error:
        raise UsageError(f"the key file `{path}` cannot be read: {error.strerror}") from error


def _authorities(environment: Mapping[str, str]) -> bytes | None:
    given = environment.get(AUTHORITY)
    file = given or ssl.get_default_verify_paths().cafile
    if not file:
        return None
    try:
        return Path(file).read_bytes()
    except OSError as error:
        if given:
            raise UsageError(f"{AUTHORITY} `{file}` cannot be read: {error.strerror}") from error
        return None
