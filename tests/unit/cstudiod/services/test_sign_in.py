"""Links that are good once, and sessions that end with what they began with."""

from __future__ import annotations

import sqlite3

import pytest
from cstudiod.errors import UsageError
from cstudiod.services import keys as signing
from cstudiod.services import sign_in
from cstudiod.services.identity import Caller, Unauthenticated
from cstudiod.services.keys import Keys
from cstudiod.services.sign_in import SignIns, Where
from cstudiod.store.keys import KeyStore
from cstudiod.store.schema import MIGRATIONS

ME = Caller(login="me", is_admin=True)


class World:
    """Keys and sign-ins, and a clock."""

    def __init__(self) -> None:
        self.now = 1000.0
        connection = sqlite3.connect(":memory:", isolation_level=None)
        for migration in MIGRATIONS:
            connection.executescript(migration)
        self.connection = connection
        self.keys = Keys(KeyStore(connection), lambda: self.now)
        self.signs = SignIns(self.keys, lambda: self.now, lambda: "http://page")

    def caller(self, seconds: float | None = None) -> Caller:
        """Return somebody who has a key."""
        _, secret = self.keys.create(ME, login="ada", seconds=seconds)
        return signing.caller(self.keys.authenticate(secret))


@pytest.fixture
def world() -> World:
    made = World()
    yield made  # type: ignore[misc] # a fixture
    made.connection.close()


def _secret(link: tuple[str, float]) -> str:
    return link[0].partition("#")[2]


@pytest.mark.parametrize("path", ["", "x", "//evil", "https://evil", "/a b", "/a\\b", "/ü", "/a\n"])
def test_a_link_leads_nowhere_else(world: World, path: str) -> None:
    """What a browser may read as another host's is refused."""
    with pytest.raises(UsageError):
        world.signs.link(ME, path)


def test_a_session_is_kept_by_its_hash_alone(world: World) -> None:
    """Whoever reads our memory's keys has nothing to sign in with."""
    secret, session = world.signs.open(ME, Where.PAGE)
    assert secret not in repr(session)
    assert secret not in world.signs._sessions
    assert session.token not in repr(session)


def test_sessions_end_when_nobody_uses_them(world: World) -> None:
    """And after a week whatever happens."""
    secret, _ = world.signs.open(ME, Where.PAGE)
    world.now += sign_in.UNUSED_SECONDS - 1
    assert world.signs.find(secret, Where.PAGE)
    world.now += sign_in.UNUSED_SECONDS
    assert world.signs.find(secret, Where.PAGE) is None
    secret, _ = world.signs.open(ME, Where.PAGE)
    for _ in range(15):
        world.now += sign_in.UNUSED_SECONDS - 1
        world.signs.find(secret, Where.PAGE)
    assert world.signs.find(secret, Where.PAGE) is None


def test_a_session_has_the_rights_that_its_key_has(world: World) -> None:
    """Until it is revoked; what waits for its end is told."""
    caller = world.caller()
    secret, _ = world.signs.open(caller, Where.PAGE)
    found = world.signs.find(secret, Where.PAGE)
    assert found is not None
    assert (found.caller.login, found.caller.key_id) == ("ada", caller.key_id)
    world.keys.revoke(ME, caller.key_id)
    assert world.signs.find(secret, Where.PAGE) is None


def test_a_session_is_good_for_one_host(world: World) -> None:
    """What a studio's host is sent opens nothing at the page's."""
    secret, page = world.signs.open(ME, Where.PAGE)
    inner, _ = world.signs.open(ME, Where.STUDIOS, page)
    assert world.signs.find(inner, Where.PAGE) is None
    assert world.signs.find(secret, Where.STUDIOS) is None
    assert world.signs.find(inner, Where.STUDIOS)


def test_a_hop_is_good_once_and_soon(world: World) -> None:
    """And only while the session is that it began at."""
    _, page = world.signs.open(ME, Where.PAGE)
    hop = world.signs.hop(page)
    assert world.signs.land(hop) is page
    assert world.signs.land(hop) is None
    late = world.signs.hop(page)
    world.now += sign_in.HOP_SECONDS
    assert world.signs.land(late) is None
    hop = world.signs.hop(page)
    world.signs.close(page)
    assert world.signs.land(hop) is None


def test_a_hop_is_no_link(world: World) -> None:
    """Nor the other way round."""
    _, page = world.signs.open(ME, Where.PAGE)
    with pytest.raises(Unauthenticated):
        world.signs.redeem(world.signs.hop(page))
    assert world.signs.land(_secret(world.signs.link(ME))) is None


def test_signing_out_ends_all_that_began_there(world: World) -> None:
    """And tells what goes on with it."""
    secret, page = world.signs.open(ME, Where.PAGE)
    inner, studios = world.signs.open(ME, Where.STUDIOS, page)
    ended: list[str] = []
    with (
        world.signs.ending_with(page, lambda: ended.append("page")),
        world.signs.ending_with(studios, lambda: ended.append("studios")),
    ):
        world.signs.close(page)
    assert sorted(ended) == ["page", "studios"]
    assert world.signs.find(secret, Where.PAGE) is None
    assert world.signs.find(inner, Where.STUDIOS) is None


def test_there_are_so_many_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest makes room: nobody fills the memory with looks at the page."""
    monkeypatch.setattr(sign_in, "MOST", 3)
    secrets = []
    for number in range(4):
        assert len(world.signs._sessions) == number
        secrets.append(world.signs.open(ME, Where.PAGE)[0])
    assert [bool(world.signs.find(one, Where.PAGE)) for one in secrets] == [False, True, True, True]
    links = [_secret(world.signs.link(ME)) for _ in range(4)]
    with pytest.raises(Unauthenticated):
        world.signs.redeem(links[0])
    assert world.signs.redeem(links[3]) == (ME, "/")


def test_nobody_signs_others_out(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """By signing in often: it is their own that make room."""
    monkeypatch.setattr(sign_in, "MOST_OF_ONE", 2)
    other, _ = world.signs.open(Caller(login="ada"), Where.PAGE)
    secrets = [world.signs.open(ME, Where.PAGE)[0] for _ in range(4)]
    assert world.signs.find(other, Where.PAGE)
    found = [bool(world.signs.find(one, Where.PAGE)) for one in secrets]
    assert found == [False, False, True, True]
