"""A server that tells what it saw: `python servers.py PORT [HOST] [PREFIX]`.

Any path is answered with JSON: the raw request target, the headers, the number of
body bytes; with `Upgrade: websocket` frames are echoed, the first being the target.
Below PREFIX only, when there is one; `PREFIX/in` redirects to `PREFIX/`.
"""

from __future__ import annotations

import sys

from aiohttp import WSMsgType, web


async def answer(request: web.Request) -> web.StreamResponse:
    target, prefix = request.raw_path, request.app[PREFIX]
    if not target.startswith(prefix + "/"):
        return web.Response(status=404)
    if request.headers.get("Upgrade", "").lower() == "websocket":
        return await echo(request)
    if target == prefix + "/in":
        return web.Response(status=302, headers={"Location": prefix + "/"})
    size = 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
    headers = {name.lower(): value for name, value in request.headers.items()}
    return web.json_response({"target": target, "headers": headers, "size": size})


async def echo(request: web.Request) -> web.WebSocketResponse:
    socket = web.WebSocketResponse(protocols=["v1.echo"])
    await socket.prepare(request)
    await socket.send_str(request.raw_path)
    async for message in socket:
        if message.type == WSMsgType.BINARY:
            await socket.send_bytes(message.data)
        else:
            await socket.send_str(message.data)
    return socket


PREFIX: web.AppKey[str] = web.AppKey("prefix", str)


def main(port: str, host: str = "127.0.0.1", prefix: str = "") -> None:
    app = web.Application(client_max_size=0)
    app[PREFIX] = prefix
    app.router.add_route("*", "/{rest:.*}", answer)
    web.run_app(app, host=host, port=int(port), print=None, handle_signals=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
