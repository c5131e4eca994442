"""A gateway with a door, a page that says who looks at it, and one studio; for tests."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from cstudiod.config import GatewaySettings
from cstudiod.gateway.door.desk import PATHS, Desk
from cstudiod.gateway.door.keeper import Keeper
from cstudiod.gateway.seam import Found, StudioPort
from cstudiod.gateway.server import Gateway
from cstudiod.gateway.site import Answer, Ask, Site
from cstudiod.gateway.visiting import WebApps
from cstudiod.services.identity import Caller
from cstudiod.services.keys import Keys
from cstudiod.services.sign_in import SignIns
from cstudiod.store.keys import KeyStore
from cstudiod.store.schema import MIGRATIONS
from support import gateways
from support.gateways import Town

ME = Caller(login="me", is_admin=True)
BASE = "/code-studios/P/s/1/"


class Clock:
    """Unix time that a test moves."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        """Return it."""
        return self.now


class Mirror:
    """A site that says who asks; at ``/api/stream`` again and again."""

    async def answer(self, ask: Ask) -> Answer:
        """Say it."""
        if ask.path == "/api/stream":
            return Answer(body=self._again())
        login = ask.visitor.login if ask.visitor else None
        said = {"login": login, "path": ask.path, "key": ask.key_id, "body": len(ask.body)}
        return Answer(headers=[(b"Content-Type", b"text/html")], body=json.dumps(said).encode())

    async def _again(self) -> AsyncIterator[bytes]:
        while True:
            yield b"again\n\n"
            await asyncio.sleep(0.05)


@dataclass(kw_only=True)
class House:
    """All that is behind one door."""

    gateway: Gateway
    keys: Keys
    sign_ins: SignIns
    town: Town
    clock: Clock
    secrets: list[str] = field(default_factory=list)

    def key(self, login: str, **more: object) -> str:
        """Make a key; what must be in no log is kept."""
        _, secret = self.keys.create(ME, login=login, **more)  # type: ignore[arg-type]
        self.secrets.append(secret)
        return secret

    def open_studio(self, name: str, owner: str, port: int) -> None:
        """Have a studio run whose server is at a port of this machine."""
        self.town.studios["P", name] = Found(
            key=f"{name} {owner}",
            ports={1: StudioPort(dial=gateways.local(port), subpath="/")},
            owner=owner,
        )


@asynccontextmanager
async def house(
    folder: Path,
    settings: GatewaySettings | None = None,
    *,
    uid: int | None = None,
    page: Site | None = None,
    webapps: WebApps | None = None,
) -> AsyncIterator[House]:
    """Run one; `uid`: the account that needs no key, default: the test's."""
    chosen, clock, town = settings or GatewaySettings(), Clock(), Town()
    connection = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    for migration in MIGRATIONS:
        connection.executescript(migration)
    keys = Keys(KeyStore(connection), clock)
    sign_ins = SignIns(keys, clock, lambda: gateway.page_url)
    desk = Desk(chosen, sign_ins, keys, lambda: gateway.port)
    keeper = Keeper(
        chosen,
        sign_ins,
        keys,
        me=ME,
        uid=os.getuid() if uid is None else uid,
        port=lambda: gateway.port,
    )
    site = page or Mirror()
    sites = {"/": site, "/assets/": site, "/api/": site, **dict.fromkeys(PATHS, desk)}
    gateway = Gateway(chosen, town, state_dir=folder, sites=sites, door=keeper, webapps=webapps)
    await gateway.start()
    try:
        yield House(gateway=gateway, keys=keys, sign_ins=sign_ins, town=town, clock=clock)
    finally:
        await gateway.close()
        connection.close()
