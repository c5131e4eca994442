"""The gate that every call comes through: who calls, and may they call that at all.

There is one for each way in. On the Unix socket everybody is the person who runs the
daemon, but for the gateway, which shows a ticket for each visitor that it calls for; over
TCP they are who their key was made for. A stream ends when its key does. A refused call is
refused before its request is read.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc

from cstudiod.errors import CstudioError
from cstudiod.rpc import callers, faults, handlers, rights
from cstudiod.rpc.handlers import Streaming, Unary
from cstudiod.rpc.names import session_id
from cstudiod.rpc.rights import Right
from cstudiod.services import keys as signing
from cstudiod.services.identity import Caller, Unauthenticated
from cstudiod.services.keys import Keys
from cstudiod.services.visitors import TICKET_KEY, Visitors
from cstudiod.store.keys import StoredKey

_log = logging.getLogger(__name__)

_HEADER = "authorization"
_SCHEME = "bearer "

MaySeeSession = Callable[[Caller, str], None]
"""Raises RightMissing when a caller (1) may not see a session (2)."""


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """Who a call comes from, and the key that says so; None: no key is needed."""

    caller: Caller
    key: StoredKey | None = None


class Gate(grpc.aio.ServerInterceptor):
    """Lets calls in; see `of_socket` and `of_keys`."""

    def __init__(
        self, sign_in: Callable[[Any], SignedIn], keys: Keys, may_see_session: MaySeeSession
    ) -> None:
        """`sign_in` takes a call's metadata; `keys` tell when one is revoked."""
        self._sign_in = sign_in
        self._keys = keys
        self._may_see_session = may_see_session

    @classmethod
    def of_socket(
        cls, caller: Caller, keys: Keys, visitors: Visitors, may_see_session: MaySeeSession
    ) -> Gate:
        """Return the gate of a socket that `caller` alone may enter, and the gateway."""

        def sign_in(metadata: Any) -> SignedIn:
            tickets = [value for name, value in metadata or () if name == TICKET_KEY]
            if not tickets:
                return SignedIn(caller=caller)
            visitor = visitors.take(str(tickets[0]))
            key = keys.still_good(visitor.key_id) if visitor.key_id else None
            return SignedIn(caller=visitor.caller, key=key)

        return cls(sign_in, keys, may_see_session)

    @classmethod
    def of_keys(cls, keys: Keys, may_see_session: MaySeeSession) -> Gate:
        """Return the gate of a place that everybody reaches."""

        def sign_in(metadata: Any) -> SignedIn:
            key = keys.authenticate(_bearer(metadata))
            return SignedIn(caller=signing.caller(key), key=key)

        return cls(sign_in, keys, may_see_session)

    async def intercept_service(
        self,
        continuation: Callable[[Any], Awaitable[Any]],
        handler_call_details: Any,
    ) -> Any:
        """Return the handler of the call with its caller, or one that refuses."""
        handler, method = await continuation(handler_call_details), handler_call_details.method
        if handler is None:
            return None
        try:
            signed = self._sign_in(handler_call_details.invocation_metadata)
            if not method.startswith(f"/{rights.PACKAGE}."):
                return handler  # health and reflection: the same for all who signed in
            rights.check_method(signed.caller, method)
        except CstudioError as error:
            return handlers.refusing(_refusal(method, error))
        return handlers.around(
            handler,
            unary=lambda call: self._unary(call, signed, method),
            streaming=lambda call: self._streaming(call, signed),
        )

    def _unary(self, call: Unary, signed: SignedIn, method: str) -> Unary:
        is_about_a_session = rights.right_of(method) is Right.SESSION

        async def admitted(request: Any, context: Any) -> Any:
            callers.let_in(signed.caller)
            if is_about_a_session:
                self._may_see_session(signed.caller, session_id(_session_name(request)))
            return await call(request, context)

        return admitted

    def _streaming(self, call: Streaming, signed: SignedIn) -> Streaming:
        async def admitted(request: Any, context: Any) -> AsyncGenerator[Any, None]:
            callers.let_in(signed.caller)
            if signed.key is None:
                answers = call(request, context)
            else:
                answers = self._while_good(call(request, context), signed.key)
            async with contextlib.aclosing(answers) as given:
                async for answer in given:
                    yield answer

        return admitted

    async def _while_good(
        self, answers: AsyncGenerator[Any, None], key: StoredKey
    ) -> AsyncGenerator[Any, None]:
        now = asyncio.get_running_loop().time
        limit = asyncio.timeout(self._keys.seconds_left(key))
        try:
            async with limit:
                with self._keys.ending_with(key, lambda: limit.reschedule(now())):
                    async with contextlib.aclosing(answers) as given:
                        async for answer in given:
                            yield answer
        except TimeoutError:
            if limit.expired():
                raise signing.expired(key) from None
            raise


def _bearer(metadata: Any) -> str:
    """Return the key in a call's metadata.

    Raises:
        Unauthenticated: there is none.
    """
    for name, value in metadata or ():
        if name == _HEADER and isinstance(value, str) and value.lower().startswith(_SCHEME):
            return value[len(_SCHEME) :].strip()
    raise Unauthenticated(
        "this daemon wants a key with every call over TCP",
        next="set CSTUDIO_KEY_FILE to a file with your key; administrators make them:"
        " cstudio key create LOGIN",
    )


def _session_name(request: Any) -> str:
    name = getattr(request, "parent", "") or getattr(request, "name", "")
    return str(name)


def _refusal(method: str, error: CstudioError) -> Callable[[Any], Awaitable[None]]:
    async def refuse(context: Any) -> None:
        _log.info("refused %s from %s: %s", method, context.peer(), error.message)
        await faults.abort(context, error)

    return refuse
