"""The site at `/api/`: HTTP in, a call of the daemon in the visitor's name, HTTP back."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Mapping

import grpc
from google.protobuf.message import Message

from cstudiod.gateway.api import answers, asking, envelopes, failures
from cstudiod.gateway.api.asking import Call, Refused
from cstudiod.gateway.api.calls import Calls
from cstudiod.gateway.api.methods import Method, of_the_contract
from cstudiod.gateway.site import Answer, Ask
from cstudiod.services.visitors import Visitor

HEARTBEAT_SECONDS = 20.0
"""So often a stream says something: who has closed their laptop is found out."""
_LARGE_BYTES = 64 * 1024
"""More than this is read and written beside the loop, which others wait for."""


class Api:
    """Answers for `/api/SERVICE/METHOD`."""

    def __init__(self, calls: Calls, *, heartbeat_seconds: float = HEARTBEAT_SECONDS) -> None:
        """Everything that the contract has can be called."""
        self._calls = calls
        self._methods: Mapping[str, Method] = of_the_contract()
        self._heartbeat = heartbeat_seconds

    async def answer(self, ask: Ask) -> Answer:
        """Make the call."""
        if ask.visitor is None:
            return answers.failed(_stranger())
        visitor = Visitor(caller=ask.visitor, key_id=ask.key_id)
        try:
            call = asking.read(ask, self._methods)
            request = await _parsed(call)
        except Refused as refused:
            return answers.refused(refused)
        if call.method.answers_often:
            return Answer(headers=answers.STREAM, body=self._stream(call, request, visitor))
        try:
            answer = await self._calls.once(call.method, request, visitor, call.seconds)
        except grpc.aio.AioRpcError as error:
            return answers.failed(failures.of_call(error))
        return answers.once(await _text(answer))

    async def _stream(
        self, call: Call, request: Message, visitor: Visitor
    ) -> AsyncGenerator[bytes, None]:
        given = self._calls.often(
            call.method, request, visitor, call.seconds, patience=self._heartbeat
        )
        async with contextlib.aclosing(given) as messages:
            try:
                async for one in messages:
                    if one is None:
                        yield answers.HEARTBEAT
                    else:
                        yield envelopes.packed(await _text(one))
            except grpc.aio.AioRpcError as error:
                yield answers.end(failures.of_call(error))
            else:
                yield answers.end()


async def _parsed(call: Call) -> Message:
    if len(call.body) < _LARGE_BYTES:
        return asking.parsed(call)
    return await asyncio.to_thread(asking.parsed, call)


async def _text(message: Message) -> bytes:
    if message.ByteSize() < _LARGE_BYTES:
        return answers.text(message)
    return await asyncio.to_thread(answers.text, message)


def _stranger() -> failures.Failure:
    return failures.ours(
        "unauthenticated",
        "UNAUTHENTICATED",
        "nobody has signed in here",
        next="sign in at /sign-in, or send a key: Authorization: Bearer KEY",
    )
