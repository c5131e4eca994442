"""API keys: made, known again, expired, revoked; never kept, never told twice."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator

import pytest
from cstudiod.errors import CstudioError, NotFoundError, UsageError
from cstudiod.services import keys as signing
from cstudiod.services.identity import Caller, RightMissing, Unauthenticated
from cstudiod.services.keys import Keys
from cstudiod.store.keys import KeyStore
from cstudiod.store.schema import MIGRATIONS

ADMIN = Caller(login="root", is_admin=True)
ALICE = Caller(login="alice", groups=frozenset({"data"}))


class World:
    """Keys over a database in memory, at a time that a test sets."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self.now = 1000.0
        self.database = database
        for script in MIGRATIONS:
            database.executescript(script)
        self.keys = self.again()

    def again(self) -> Keys:
        """Return the keys as the next daemon has them."""
        return Keys(KeyStore(self.database), lambda: self.now)


@pytest.fixture
def world() -> Iterator[World]:
    database = sqlite3.connect(":memory:", isolation_level=None)
    yield World(database)
    database.close()


def test_a_key_is_known_again_and_by_the_next_daemon(world: World) -> None:
    key, text = world.keys.create(ADMIN, login="alice", groups=["data", "data"])
    for keys in (world.keys, world.again()):
        assert signing.caller(keys.authenticate(text)) == ALICE
    assert key.creator == "root"
    assert text.startswith(f"cst_{key.id}_")
    assert len(text.rpartition("_")[2]) == 64  # 256 bits


def test_what_is_kept_does_not_have_it(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the database, nor the log, nor what a program may print, nor a refusal."""
    caplog.set_level(logging.DEBUG)
    key, text = world.keys.create(ADMIN, login="alice")
    secret = text.rpartition("_")[2]
    world.keys.authenticate(text)
    world.keys.revoke(ADMIN, key.id)
    with pytest.raises(Unauthenticated) as refused:
        world.keys.authenticate(text)
    world.keys.create(ADMIN, login="bob")
    told = f"{caplog.text} {refused.value} {refused.value.metadata} {key!r}"
    assert key.id in caplog.text
    assert secret not in told
    assert key.hash not in told
    assert secret not in "\n".join(world.database.iterdump())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: "cst",
        lambda text: text[:-1],
        lambda text: text + "0",
        lambda text: text + "\n",
        lambda text: " " + text,
        lambda text: text.upper(),
        lambda text: text[:-1] + ("0" if text[-1] != "0" else "1"),
        lambda text: "cst_00000000_" + text.rpartition("_")[2],
        lambda text: text.replace("_", "-"),
        lambda text: text.rpartition("_")[0] + "_" + "é" * 64,
    ],
)
def test_anything_else_is_not_a_key(world: World, spoil: Callable[[str], str]) -> None:
    _, text = world.keys.create(ADMIN, login="alice")
    with pytest.raises(Unauthenticated):
        world.keys.authenticate(spoil(text))


def test_one_key_does_not_open_with_the_secret_of_another(world: World) -> None:
    _, first = world.keys.create(ADMIN, login="alice")
    other, second = world.keys.create(ADMIN, login="root", admin=True)
    with pytest.raises(Unauthenticated):
        world.keys.authenticate(f"cst_{other.id}_{first.rpartition('_')[2]}")
    assert world.keys.authenticate(second).admin


def test_a_key_expires_to_the_second(world: World) -> None:
    key, text = world.keys.create(ADMIN, login="alice", seconds=60)
    world.now += 59.9
    assert world.keys.seconds_left(world.keys.authenticate(text)) == pytest.approx(0.1)
    world.now += 0.1
    with pytest.raises(Unauthenticated, match=key.id):
        world.keys.authenticate(text)
    assert [one.id for one in world.keys.list(ADMIN)] == [key.id]  # so that it is seen


def test_its_last_use_is_kept_to_a_minute(world: World) -> None:
    """Not every call writes to the disk."""
    key, text = world.keys.create(ADMIN, login="alice")
    assert key.last_use_time == 0
    for later, kept in [(1.0, 1001.0), (58.0, 1001.0), (2.0, 1061.0)]:
        world.now += later
        world.keys.authenticate(text)
        assert [one.last_use_time for one in world.again().list(ADMIN)] == [kept]


def test_what_goes_on_with_a_key_ends_when_it_is_revoked(world: World) -> None:
    ended: list[str] = []
    one, _ = world.keys.create(ADMIN, login="alice")
    other, _ = world.keys.create(ADMIN, login="alice")
    with (
        world.keys.ending_with(one, lambda: ended.append("first")),
        world.keys.ending_with(one, lambda: ended.append("second")),
        world.keys.ending_with(other, lambda: ended.append("of another key")),
    ):
        with world.keys.ending_with(one, lambda: ended.append("over before")):
            pass
        world.keys.revoke(ADMIN, one.id)
    assert sorted(ended) == ["first", "second"]


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"login": ""}, "login"),
        ({"login": "a/b"}, "login"),
        ({"login": ".."}, "login"),
        ({"login": "a", "groups": [""]}, "groups"),
        ({"login": "a", "groups": ["a,b"]}, "groups"),
        ({"login": "a", "groups": ["a\nb"]}, "groups"),
        ({"login": "a", "groups": ["x" * 64]}, "groups"),
        ({"login": "a", "groups": [str(i) for i in range(65)]}, "groups"),
        ({"login": "a", "seconds": 0.0}, "ttl"),
        ({"login": "a", "seconds": -1.0}, "ttl"),
        ({"login": "a", "seconds": 1e12}, "ttl"),
    ],
)
def test_words_that_are_off_make_no_key(world: World, words: dict[str, object], field: str) -> None:
    with pytest.raises(UsageError) as refused:
        world.keys.create(ADMIN, **words)  # type: ignore[arg-type]
    assert refused.value.metadata["field"] == field
    assert world.keys.list(ADMIN) == []


def test_keys_are_the_business_of_administrators(world: World) -> None:
    key, _ = world.keys.create(ADMIN, login="alice")
    refused: list[CstudioError] = []
    for call in (
        lambda: world.keys.create(ALICE, login="alice", admin=True),
        lambda: world.keys.list(ALICE),
        lambda: world.keys.revoke(ALICE, key.id),
    ):
        with pytest.raises(RightMissing) as caught:
            call()
        refused.append(caught.value)
    assert {one.metadata["right"] for one in refused} == {"admin"}
    assert [one.id for one in world.keys.list(ADMIN)] == [key.id]


def test_a_key_that_is_not_there_cannot_be_revoked(world: World) -> None:
    """And what was typed is not told: it may be the key itself."""
    with pytest.raises(NotFoundError) as refused:
        world.keys.revoke(ADMIN, "cst_secret")
    assert "secret" not in f"{refused.value} {refused.value.metadata}"
