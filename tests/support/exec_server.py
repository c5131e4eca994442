"""An API server of one pod, whose exec runs commands on this machine.

It follows the published protocols of `kubectl exec` over WebSockets, v5 and v4,
and answers the few reads that a resolver makes. Clusters before 1.30 do not
speak v5; with this server it is tested everywhere. It can also do what a real
one is hard to bring to: refuse with any status, cut every stream, stop
answering, end a stream without saying how the command ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aiohttp import WSMsgType, web

V4 = "v4.channel.k8s.io"
V5 = "v5.channel.k8s.io"
NAMESPACE, POD, CONTAINER, TOKEN = "test", "one", "app", "sesame"
_STDIN, _STDOUT, _STDERR, _STATUS, _CLOSED = 0, 1, 2, 3, 255


class ExecServer:
    """Use as a context manager; `kubeconfig` leads to it."""

    def __init__(self, protocols: Sequence[str] = (V5, V4)) -> None:
        self._protocols = tuple(protocols)
        self._runner: web.AppRunner | None = None
        self._sockets: set[web.WebSocketResponse] = set()
        self._changed = asyncio.Event()
        self._children: set[asyncio.subprocess.Process] = set()
        self._uid = 1
        self._restarts = 0
        self.port = 0
        self.pod_exists = True
        self.is_terminating = False
        self.refusal: tuple[int, str] | None = None
        """Answer every exec with this status and message."""
        self.token = TOKEN
        """The token that is asked for; another one gets 401."""
        self.says_how_it_ended = True
        self.handshakes = 0

    async def __aenter__(self) -> ExecServer:
        app = web.Application()
        pods = "/api/v1/namespaces/{namespace}/pods"
        app.router.add_get(pods, self._watch)
        app.router.add_get(pods + "/{pod}", self._get)
        app.router.add_get(pods + "/{pod}/exec", self._exec)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._runner is not None
        self.kill_commands()
        self._changed.set()
        await self._runner.cleanup()

    def kubeconfig(self, folder: Path, *, token: str = TOKEN, server: str = "") -> str:
        """Write a kubeconfig that leads here, or to `server`, and return its path."""
        file = folder / "kubeconfig"
        entry = {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "test",
            "clusters": [
                {"name": "test", "cluster": {"server": server or f"http://127.0.0.1:{self.port}"}}
            ],
            "users": [{"name": "test", "user": {"token": token}}],
            "contexts": [
                {
                    "name": "test",
                    "context": {"cluster": "test", "user": "test", "namespace": NAMESPACE},
                }
            ],
        }
        file.write_text(json.dumps(entry))
        return str(file)

    def cut(self) -> None:
        """Break every stream at once, without a word, as a lost network does."""
        for socket in self._sockets:
            transport = socket._req.transport if socket._req is not None else None
            if transport is not None:
                transport.abort()

    def kill_commands(self) -> None:
        """End what runs in the pod."""
        for child in self._children:
            try:
                os.killpg(child.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

    def delete_pod(self) -> None:
        """Begin to delete the pod, as `kubectl delete` does."""
        self.is_terminating = True
        self._tell()

    def restart_container(self) -> None:
        """Let the container end and come again."""
        self.kill_commands()
        self._restarts += 1
        self._tell()

    def pod(self) -> dict[str, Any]:
        """Return the pod as the API shows it."""
        state = {"running": {"startedAt": "2026-01-01T00:00:00Z"}}
        meta: dict[str, Any] = {
            "name": POD, "namespace": NAMESPACE, "uid": f"uid-{self._uid}", "resourceVersion": "1"
        }  # fmt: skip
        if self.is_terminating:
            meta["deletionTimestamp"] = "2026-01-01T00:00:30Z"
        return {
            "metadata": meta,
            "spec": {"containers": [{"name": CONTAINER, "image": "none"}]},
            "status": {
                "phase": "Running",
                "containerStatuses": [
                    {
                        "name": CONTAINER,
                        "state": state,
                        "containerID": f"containerd://{self._restarts}",
                        "restartCount": self._restarts,
                    }
                ],
            },
        }

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()

    def _refusal(self, request: web.Request, *, is_exec: bool = False) -> web.Response | None:
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return _status(401, "Unauthorized")
        if is_exec and self.refusal is not None:
            return _status(*self.refusal)
        pod = request.match_info.get("pod", POD)
        if not self.pod_exists or pod != POD or request.match_info["namespace"] != NAMESPACE:
            return _status(404, f'pods "{pod}" not found')
        return None

    async def _get(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.json_response(self.pod())

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request)) is not None:
            return refusal
        response = web.StreamResponse()
        await response.prepare(request)
        while request.transport is not None and not request.transport.is_closing():
            await self._changed.wait()
            event = {"type": "MODIFIED", "object": self.pod()}
            await response.write(json.dumps(event).encode() + b"\n")
            if self._runner is None or self.is_terminating:
                break
        return response

    async def _exec(self, request: web.Request) -> web.StreamResponse:
        if (refusal := self._refusal(request, is_exec=True)) is not None:
            return refusal
        if request.headers.get("Upgrade", "").lower() != "websocket":
            return _status(400, "Upgrade request required")
        self.handshakes += 1
        websocket = web.WebSocketResponse(protocols=self._protocols, compress=False, autoping=True)
        await websocket.prepare(request)
        self._sockets.add(websocket)
        try:
            for channel in (_STDOUT, _STDERR, _STATUS):
                await websocket.send_bytes(bytes((channel,)))  # as real servers begin
            await self._serve(websocket, request.query.getall("command"))
        except ConnectionError:
            pass  # the client left, or `cut` did it
        finally:
            self._sockets.discard(websocket)
        return websocket

    async def _serve(self, websocket: web.WebSocketResponse, argv: Sequence[str]) -> None:
        try:
            child = await asyncio.create_subprocess_exec(
                *argv,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                limit=32 * 1024,
            )
        except OSError as error:
            await self._say_end(websocket, _internal(f"exec failed: {error.strerror}".lower()))
            return
        self._children.add(child)
        try:
            async with asyncio.TaskGroup() as group:
                stdin = group.create_task(self._take_input(websocket, child))
                out = group.create_task(self._print(websocket, child.stdout, _STDOUT))
                err = group.create_task(self._print(websocket, child.stderr, _STDERR))
                await asyncio.wait((out, err))
                await self._say_end(websocket, _ended(await child.wait()))
                stdin.cancel()
        except* ConnectionError:
            pass
        finally:
            self._children.discard(child)

    async def _take_input(
        self, websocket: web.WebSocketResponse, child: asyncio.subprocess.Process
    ) -> None:
        assert child.stdin is not None
        try:
            async for message in websocket:
                if message.type is not WSMsgType.BINARY or not message.data:
                    continue
                if message.data[0] == _STDIN:
                    child.stdin.write(message.data[1:])
                    await child.stdin.drain()
                elif message.data[0] == _CLOSED and websocket.ws_protocol == V5:
                    child.stdin.close()
        except ConnectionError:
            pass  # the command does not read
        finally:
            child.stdin.close()

    async def _print(
        self, websocket: web.WebSocketResponse, stream: asyncio.StreamReader | None, channel: int
    ) -> None:
        assert stream is not None
        while data := await stream.read(32 * 1024):
            if not websocket.closed:
                await websocket.send_bytes(bytes((channel,)) + data)
        if websocket.ws_protocol == V5 and not websocket.closed:
            await websocket.send_bytes(bytes((_CLOSED, channel)))

    async def _say_end(self, websocket: web.WebSocketResponse, status: dict[str, Any]) -> None:
        if websocket.closed:
            return
        if self.says_how_it_ended:
            await websocket.send_bytes(bytes((_STATUS,)) + json.dumps(status).encode())
        await websocket.close()


def _ended(code: int) -> dict[str, Any]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    code = code if code > 0 else 128 - code
    return {
        "metadata": {},
        "status": "Failure",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "reason": "NonZeroExitCode",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }


def _internal(message: str) -> dict[str, Any]:
    return {"status": "Failure", "message": message, "reason": "InternalError", "code": 500}


def _status(code: int, message: str) -> web.Response:
    body = {"kind": "Status", "status": "Failure", "message": message, "code": code}
    return web.json_response(body, status=code)
