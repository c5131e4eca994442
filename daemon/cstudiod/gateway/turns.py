"""One request that was read up to its body, and where its answer goes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import h11

from cstudiod.gateway.headers import Asker
from cstudiod.gateway.seam import Knock
from cstudiod.gateway.wire import Client


@dataclass(frozen=True, kw_only=True)
class Turn:
    """A request, and both ends of its connection."""

    request: h11.Request
    server: h11.Connection
    """Our side towards the browser, the request's head read."""
    client: Client
    asker: Asker
    target: str
    """Path and query as they came."""
    owner: Callable[[], int | None]
    """See `Knock.owner`."""

    def knock(self, path: str) -> Knock:
        """Return what the door wants to know; `path` is decoded and normalised."""
        return Knock(
            method=self.request.method.decode("ascii"),
            path=path,
            target=self.target,
            headers=list(self.request.headers),
            authority=self.asker.host.decode("latin-1"),
            peer=self.asker.peer,
            owner=self.owner,
            is_secure=self.asker.is_secure,
        )
