"""`service Keys`: convert, call, answers."""

from __future__ import annotations

from typing import Any

from cstudio_api.v1 import keys_pb2 as pb
from cstudio_api.v1 import keys_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from cstudiod.rpc.answers import timestamp
from cstudiod.rpc.callers import caller_of
from cstudiod.rpc.paging import page
from cstudiod.services.keys import Keys
from cstudiod.services.sign_in import SignIns
from cstudiod.store.keys import StoredKey


class KeysServicer(keys_pb2_grpc.KeysServicer):
    """API keys, and signing in."""

    def __init__(self, keys: Keys, sign_ins: SignIns) -> None:
        """Serve `keys`, and ways to sign in with them elsewhere."""
        self._keys = keys
        self._sign_ins = sign_ins

    async def CreateKey(self, request: pb.CreateKeyRequest, context: Any) -> pb.CreateKeyResponse:
        """Make a key, and give its secret out this once."""
        seconds = request.ttl.ToTimedelta().total_seconds() if request.HasField("ttl") else None
        key, secret = self._keys.create(
            caller_of(context),
            login=request.login,
            groups=request.groups,
            admin=request.admin,
            seconds=seconds,
        )
        return pb.CreateKeyResponse(key=_key(key), secret=secret)

    async def ListKeys(self, request: pb.ListKeysRequest, context: Any) -> pb.ListKeysResponse:
        """Return a page of keys."""
        found = self._keys.list(caller_of(context))
        items, token = page(found, request.page_size, request.page_token)
        return pb.ListKeysResponse(keys=[_key(one) for one in items], next_page_token=token)

    async def RevokeKey(self, request: pb.RevokeKeyRequest, context: Any) -> Empty:
        """Forget a key."""
        self._keys.revoke(caller_of(context), request.id)
        return Empty()

    async def CreateSignInLink(
        self, request: pb.CreateSignInLinkRequest, context: Any
    ) -> pb.SignInLink:
        """Make an address that signs a browser in as the caller, once."""
        url, expire_time = self._sign_ins.link(caller_of(context), request.path or "/")
        return pb.SignInLink(url=url, expire_time=timestamp(expire_time))


def _key(key: StoredKey) -> pb.Key:
    return pb.Key(
        id=key.id,
        login=key.login,
        groups=key.groups,
        admin=key.admin,
        creator=key.creator,
        create_time=timestamp(key.create_time),
        expire_time=timestamp(key.expire_time) if key.expire_time else None,
        last_use_time=timestamp(key.last_use_time) if key.last_use_time else None,
    )
