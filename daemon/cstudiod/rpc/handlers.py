"""What a gRPC interceptor does with a handler: put something around it, of whatever shape."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from typing import Any

import grpc

Unary = Callable[[Any, Any], Awaitable[Any]]
"""Takes one request, or all of them, and a context; returns one answer."""
Streaming = Callable[[Any, Any], AsyncGenerator[Any, None]]
"""The same, with many answers."""


def around(
    handler: Any, *, unary: Callable[[Unary], Unary], streaming: Callable[[Streaming], Streaming]
) -> Any:
    """Return a handler of the same shape, with `unary` or `streaming` around its function."""
    options = {
        "request_deserializer": handler.request_deserializer,
        "response_serializer": handler.response_serializer,
    }
    if handler.request_streaming and handler.response_streaming:
        inner = streaming(handler.stream_stream)
        return grpc.stream_stream_rpc_method_handler(inner, **options)
    if handler.request_streaming:
        return grpc.stream_unary_rpc_method_handler(unary(handler.stream_unary), **options)
    if handler.response_streaming:
        return grpc.unary_stream_rpc_method_handler(streaming(handler.unary_stream), **options)
    return grpc.unary_unary_rpc_method_handler(unary(handler.unary_unary), **options)


def refusing(refuse: Callable[[Any], Awaitable[None]]) -> Any:
    """Return a handler that reads no request, of whatever shape, and ends the call.

    What a stranger sends is not even parsed.
    """

    async def handle(requests: Any, context: Any) -> AsyncGenerator[Any, None]:
        await refuse(context)
        yield b""  # never: `refuse` ends the call; but this makes it a stream

    return grpc.stream_stream_rpc_method_handler(handle)
