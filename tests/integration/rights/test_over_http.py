"""The same rights by HTTP as over TCP: one place decides, whichever way a call comes."""

from __future__ import annotations

import contextlib
import http.client

import pytest
from support.connect import Connect, reason
from support.people import METHODS, Person, World

pytestmark = pytest.mark.timeout(300)


def by_http(world: World, person: Person) -> Connect:
    return Connect(world.shop.state, person.key)


@pytest.mark.parametrize("key", ["", "wrong"])
@pytest.mark.parametrize("method", ["Studios/ListStudios", "Studios/WatchStudios"])
def test_nobody_calls_by_http_without_a_good_key(world: World, method: str, key: str) -> None:
    """Not in anybody's name, and not in that of whoever runs the daemon: it is root here."""
    stranger = Connect(world.shop.state, key and world.alice.key[:-4] + "0000")
    error = stranger.error(method)
    assert error is not None
    assert "studios" not in error


def test_a_list_has_what_its_reader_may_see(world: World) -> None:
    """Alice has two studios, Bob one, an administrator sees all."""
    people = {"alice": world.alice, "bob": world.bob, "chief": world.chief}
    lists = {
        who: by_http(world, person).good("Studios/ListStudios") for who, person in people.items()
    }
    assert {who: sorted(one["name"] for one in seen["studios"]) for who, seen in lists.items()} == {
        "alice": ["idle", "lab"],
        "bob": ["den"],
        "chief": ["den", "idle", "lab"],
    }


@pytest.mark.parametrize("ticket", ["", "0" * 64, "alice"])
def test_a_local_person_cannot_say_that_they_are_the_gateway(world: World, ticket: str) -> None:
    """Whoever reaches the socket is the person who runs the daemon, or nobody."""
    stub = world.root.channel.unary_unary(
        "/cstudio.v1.Studios/ListStudios",
        request_serializer=lambda _: b"",
        response_deserializer=bytes,
    )
    with pytest.raises(Exception, match="ticket") as caught:
        stub(None, metadata=(("cstudio-visitor", ticket),), timeout=30)
    assert "UNAUTHENTICATED" in str(caught.value)


def test_over_tcp_a_ticket_means_nothing(world: World) -> None:
    """There a key says who calls, and nothing else does."""
    method = METHODS["Studios/ListStudios"]
    stub = world.alice.channel.unary_unary(
        "/cstudio.v1.Studios/ListStudios",
        request_serializer=lambda _: b"",
        response_deserializer=method.output_type._concrete_class.FromString,
    )
    answer = stub(None, metadata=(("cstudio-visitor", "0" * 64),), timeout=30)
    assert sorted(one.name for one in answer.studios) == ["idle", "lab"]


def test_a_stream_ends_with_the_key_that_it_was_asked_for_with(world: World) -> None:
    """Revoked meanwhile: nothing more comes, told by the daemon or cut by the gateway."""
    made = world.root.ask("Keys/CreateKey", login="dora")
    dora = Connect(world.shop.state, made.secret)
    with dora.often("Studios/WatchStudios") as stream:
        messages = iter(stream)
        assert next(messages)["synced"] is True
        world.root.ask("Keys/RevokeKey", id=made.key.id)
        with contextlib.suppress(http.client.IncompleteRead):
            assert list(messages) == []
            assert reason(stream.end["error"]) == ("unauthenticated", "UNAUTHENTICATED")
    assert dora.error("Studios/ListStudios") is not None
