"""API keys: who may call over TCP, and as whom; and links that sign a browser in."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import keys_pb2 as pb
from cstudio_api.v1 import keys_pb2_grpc

from cstudio.client.calls import call, duration, pages

if TYPE_CHECKING:
    from cstudio_api.v1.keys_pb2_grpc import KeysAsyncStub

PAGE = 500


class Keys:
    """Calls of the service `Keys`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: KeysAsyncStub = keys_pb2_grpc.KeysStub(channel)  # type: ignore[assignment] # one class, two types

    async def create(
        self,
        login: str,
        groups: Sequence[str] = (),
        *,
        admin: bool = False,
        seconds: float | None = None,
    ) -> pb.CreateKeyResponse:
        """Make a key that is good for `seconds`, or until it is revoked.

        The answer has the secret; the daemon has it no more.
        """
        request = pb.CreateKeyRequest(login=login, groups=groups, admin=admin)
        if seconds is not None:
            request.ttl.CopyFrom(duration(seconds))
        return await call(self._stub.CreateKey, request)

    async def list(self) -> builtins.list[pb.Key]:
        """Return all keys, the oldest first."""
        request = pb.ListKeysRequest(page_size=PAGE)
        return await pages(self._stub.ListKeys, request, lambda page: page.keys)

    async def revoke(self, id: str) -> None:
        """Forget a key; what goes on with it ends.

        Raises:
            NotFoundError: there is none of that id.
        """
        await call(self._stub.RevokeKey, pb.RevokeKeyRequest(id=id))

    async def sign_in_link(self, path: str = "") -> str:
        """Return an address that signs a browser in as the caller: once, within ten minutes.

        `path` is where the browser goes then, a path of the daemon's; empty: the page.
        """
        request = pb.CreateSignInLinkRequest(path=path)
        return (await call(self._stub.CreateSignInLink, request)).url
