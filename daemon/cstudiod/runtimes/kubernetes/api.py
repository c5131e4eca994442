"""A few REST calls, a watch, logs and the handshakes of exec, over one aiohttp session.

Nothing here decides: answers come back as JSON, refusals as the sentences of
`faults`. Signing in happens before each request, so that a refreshed token is
used; a 401 makes us read the configuration once more, because a file or a
certificate may have been renewed meanwhile. Every wait has a deadline.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import ssl
import urllib.parse
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any, TypeVar

import aiohttp

from cstudiod.errors import TargetError
from cstudiod.runtimes.kubernetes import config, faults, spdy
from cstudiod.runtimes.kubernetes.objects import Json
from cstudiod.runtimes.output import printable
from cstudiod.supervise import Blocking

CONNECT_SECONDS = 10.0
REQUEST_SECONDS = 20.0
EXEC_SECONDS = 30.0
"""For the exec handshake, in which the kubelet starts the command."""
SIGN_IN_SECONDS = 60.0
"""Reading the configuration may run a program that talks to a cloud."""
WATCH_SECONDS = 240
"""The server ends a watch after this time, and we begin another."""
Upgraded = TypeVar("Upgraded", bound=spdy.Connection)
FIELD_MANAGER = "cstudio"
_APPLY = "application/apply-patch+yaml"
MESSAGE_BYTES = 16 * 1024 * 1024
"""The largest message we take; servers send 32 KiB or so."""


class Api:
    """A cluster's API server. Opens at the first call."""

    def __init__(self, kubeconfig: str = "", context: str = "") -> None:
        self._kubeconfig, self._context = kubeconfig, context
        self._blocking = Blocking("kubernetes")
        self._access: config.Access | None = None
        self._session: aiohttp.ClientSession | None = None

    async def access(self) -> config.Access:
        """Return how the cluster is reached; reads the configuration once."""
        if self._access is None:
            await self._load()
        assert self._access is not None
        return self._access

    async def get(
        self, request: faults.Request, path: str, query: Mapping[str, str] | None = None
    ) -> Json:
        """Return the JSON at `path`.

        Raises:
            TargetError: whatever went wrong, by reason.
        """
        async with self._request(request, path, query or {}, _timeout()) as response:
            body: Json = json.loads(await response.read())
            return body

    async def watch(
        self, request: faults.Request, path: str, query: Mapping[str, str]
    ) -> AsyncIterator[Json]:
        """Yield a watch's events until the server ends it, as it does in time.

        Raises:
            TargetError: whatever went wrong, by reason.
        """
        asked = {"watch": "1", "timeoutSeconds": str(WATCH_SECONDS), **query}
        timeout = _timeout(total=None, sock_read=WATCH_SECONDS + 30.0)
        async with self._request(request, path, asked, timeout) as response:
            rest = bytearray()
            async for piece in response.content.iter_any():
                rest += piece
                *lines, last = rest.split(b"\n")
                rest = bytearray(last)
                for line in lines:
                    yield json.loads(line)

    async def apply(self, request: faults.Request, path: str, body: Json) -> Json:
        """Create an object, or make it equal to `body`, and return it as it is now.

        By server-side apply: fields that others set are left alone.

        Raises:
            TargetError: whatever went wrong, by reason.
        """
        query = {"fieldManager": FIELD_MANAGER, "force": "true"}
        data = json.dumps(body).encode()
        async with self._request(
            request, path, query, _timeout(), method="PATCH", data=data, content=_APPLY
        ) as response:
            made: Json = json.loads(await response.read())
            return made

    async def delete(
        self,
        request: faults.Request,
        path: str,
        query: Mapping[str, str] | None = None,
        options: Json | None = None,
    ) -> None:
        """Delete an object, or those that `query` selects; fine when there is none.

        Raises:
            TargetError: whatever else went wrong, by reason.
        """
        data = json.dumps({"apiVersion": "v1", "kind": "DeleteOptions", **(options or {})}).encode()
        try:
            async with self._request(
                request, path, query or {}, _timeout(), method="DELETE", data=data
            ) as response:
                await response.read()
        except TargetError as error:
            if error.reason != "TARGET_NOT_FOUND":
                raise

    async def text(
        self, request: faults.Request, path: str, query: Mapping[str, str]
    ) -> AsyncIterator[bytes]:
        """Yield what is at `path` as it comes, without a limit of time.

        Raises:
            TargetError: whatever went wrong, by reason.
        """
        timeout = _timeout(total=None)
        async with self._request(request, path, query, timeout) as response:
            async for piece in response.content.iter_any():
                yield piece

    async def websocket(
        self,
        request: faults.Request,
        path: str,
        query: Sequence[tuple[str, str]],
        protocols: Sequence[str],
    ) -> aiohttp.ClientWebSocketResponse:
        """Open the WebSocket at `path`.

        Raises:
            Refused: the server answered, but did not open it.
            TargetError: it could not be asked.
        """
        access = await self.access()
        headers = await self._headers(access)
        try:
            with _translated(request):
                async with asyncio.timeout(EXEC_SECONDS):
                    return await self._open().ws_connect(
                        access.server + path,
                        params=query,
                        protocols=protocols,
                        headers=headers,
                        proxy=access.proxy or None,
                        server_hostname=access.server_name or None,
                        autoping=False,
                        max_msg_size=MESSAGE_BYTES,
                    )
        except aiohttp.WSServerHandshakeError as error:
            raise spdy.Refused(error.status, error.message.encode()) from error

    async def spdy(
        self, request: faults.Request, path: str, query: Sequence[tuple[str, str]]
    ) -> spdy.SpdyChannel:
        """Open the SPDY connection at `path`.

        Raises:
            Refused: the server answered, but did not open it, or there is a
                proxy on the way.
            TargetError: it could not be asked.
        """
        target = f"{path}?{urllib.parse.urlencode(query)}"
        connection = await self.upgrade(request, target, spdy.Connection, spdy.EXEC)
        return spdy.SpdyChannel(connection)

    async def upgrade(
        self,
        request: faults.Request,
        target: str,
        made: Callable[[], Upgraded],
        protocol: str,
    ) -> Upgraded:
        """Have `target` (path and query) become SPDY with that protocol.

        Raises:
            Refused: the server answered, but did not open it, or there is a
                proxy on the way.
            TargetError: it could not be asked.
        """
        access = await self.access()
        if access.proxy:
            raise spdy.Refused(0, b"a proxy is on the way")
        headers = await self._headers(access)
        with _translated(request):
            async with asyncio.timeout(EXEC_SECONDS):
                return await spdy.upgrade(access, headers, target, made, protocol)

    async def sign_in_again(self) -> None:
        """Read the configuration anew: a token or certificate may be a new one."""
        await self._load()

    async def close(self) -> None:
        """Close the session and end the thread."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()
        self._blocking.close()

    @contextlib.asynccontextmanager
    async def _request(
        self,
        request: faults.Request,
        path: str,
        query: Mapping[str, str],
        timeout: aiohttp.ClientTimeout,
        *,
        method: str = "GET",
        data: bytes | None = None,
        content: str = "application/json",
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        for is_retry in (False, True):
            access = await self.access()
            headers = {"Accept": "application/json", **await self._headers(access)}
            if data is not None:
                headers["Content-Type"] = content
            with _translated(request):
                async with self._open().request(
                    method,
                    access.server + path,
                    data=data,
                    params=query,
                    headers=headers,
                    timeout=timeout,
                    proxy=access.proxy or None,
                    server_hostname=access.server_name or None,
                    allow_redirects=False,
                ) as response:
                    if response.status in (200, 201, 202):
                        yield response
                        return
                    if response.status != 401 or is_retry:
                        message = faults.message_of(await response.content.read(64 * 1024))
                        raise faults.refused(request, response.status, message)
            await self._load()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            assert self._access is not None
            connector = aiohttp.TCPConnector(ssl=self._access.tls or True, limit=0)
            self._session = aiohttp.ClientSession(
                connector=connector, cookie_jar=aiohttp.DummyCookieJar()
            )
        return self._session

    async def _headers(self, access: config.Access) -> dict[str, str]:
        async with _sign_in_deadline():
            return await self._blocking.run(access.headers)

    async def _load(self) -> None:
        async with _sign_in_deadline():
            self._access = await self._blocking.run(config.load, self._kubeconfig, self._context)
        # The TLS context may be another one; streams that are open keep theirs.
        session, self._session = self._session, None
        if session is not None:
            await session.close()


def _timeout(
    total: float | None = REQUEST_SECONDS, sock_read: float | None = None
) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(
        total=total, connect=CONNECT_SECONDS, sock_connect=CONNECT_SECONDS, sock_read=sock_read
    )


@contextlib.asynccontextmanager
async def _sign_in_deadline() -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(SIGN_IN_SECONDS):
            yield
    except TimeoutError as error:
        raise TargetError(
            f"signing in took more than {SIGN_IN_SECONDS:.0f} s",
            reason="UNAUTHENTICATED",
            next="see whether `kubectl get pods` works",
        ) from error


@contextlib.contextmanager
def _translated(request: faults.Request) -> Any:
    """Turn what aiohttp raises into our own errors; refusals pass through."""
    try:
        yield
    except aiohttp.WSServerHandshakeError:
        raise
    except (aiohttp.ClientError, OSError, ValueError) as error:  # TimeoutError is an OSError
        raise unreachable(request.server, error) from error


def unreachable(server: str, error: Exception) -> TargetError:
    """Say why an API server could not be asked."""
    said = printable(str(error) or type(error).__name__)
    if isinstance(error, aiohttp.ClientProxyConnectionError):
        return _unreachable(server, f"the proxy on the way to {server} does not answer: {said}")
    if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLCertVerificationError):
        return _unreachable(
            server,
            f"the certificate of {server} is not trusted: {said}",
            "check `certificate-authority` and `server` in the kubeconfig",
        )
    if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
        return _unreachable(server, f"TLS with {server} failed: {said}")
    if isinstance(error, TimeoutError):
        return _unreachable(server, f"{server} did not answer in time")
    if isinstance(error, aiohttp.ClientConnectorError):
        why = error.strerror or said
        return _unreachable(
            server,
            f"nothing answers at {server}: {why}",
            "is the cluster up, and the VPN on? `kubectl version` asks the same server",
        )
    return TargetError(
        f"the connection to {server} broke: {said}", reason="CONNECTION_LOST", server=server
    )


def _unreachable(server: str, message: str, next: str = "") -> TargetError:
    return TargetError(message, reason="UNREACHABLE", next=next, server=server)
