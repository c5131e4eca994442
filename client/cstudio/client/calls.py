"""One call: with a deadline, and with our exceptions."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Sequence
from typing import Protocol, TypeVar

import grpc.aio
from google.protobuf.duration_pb2 import Duration

from cstudio import errors

Request = TypeVar("Request")
Answer = TypeVar("Answer")
Item = TypeVar("Item")


class PageRequest(Protocol):
    """A request that can ask for the page after."""

    page_token: str


class Page(Protocol):
    """An answer that says which page is next."""

    next_page_token: str


AnyPageRequest = TypeVar("AnyPageRequest", bound=PageRequest)
AnyPage = TypeVar("AnyPage", bound=Page)

QUICK_SECONDS = 15.0
"""For calls that the daemon answers from what it knows."""
LOOKING_SECONDS = 120.0
"""For calls that look at a target, or at both trees, first."""
COPYING_SECONDS = 900.0
"""For calls that copy what a studio's zones have; a first copy may take ten minutes."""


async def call(
    method: grpc.aio.UnaryUnaryMultiCallable[Request, Answer],
    request: Request,
    seconds: float = QUICK_SECONDS,
) -> Answer:
    """Make a call.

    Raises:
        CstudioError: as `errors.from_call` has it.
    """
    try:
        return await method(request, timeout=seconds)
    except grpc.aio.AioRpcError as error:
        raise errors.from_call(error) from error


async def stream(
    method: grpc.aio.UnaryStreamMultiCallable[Request, Answer], request: Request
) -> AsyncGenerator[Answer, None]:
    """Yield the answers of a call that gives several, however long that takes.

    Raises:
        CstudioError: as `errors.from_call` has it.
    """
    answers = method(request)
    try:
        async for answer in answers:
            yield answer
    except grpc.aio.AioRpcError as error:
        raise errors.from_call(error) from error
    finally:
        answers.cancel()


async def pages(
    method: grpc.aio.UnaryUnaryMultiCallable[AnyPageRequest, AnyPage],
    request: AnyPageRequest,
    items: Callable[[AnyPage], Sequence[Item]],
) -> list[Item]:
    """Return the items of every page."""
    found: list[Item] = []
    while True:
        page = await call(method, request, LOOKING_SECONDS)
        found.extend(items(page))
        if not page.next_page_token:
            return found
        request.page_token = page.next_page_token


def duration(seconds: float) -> Duration:
    """Return a length of time as the contract has it."""
    whole = int(seconds)
    return Duration(seconds=whole, nanos=int((seconds - whole) * 1e9))
