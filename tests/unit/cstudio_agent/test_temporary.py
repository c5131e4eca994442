"""Names of temporaries: unlike each other, of one length, and of a session's one life."""

from __future__ import annotations

from cstudio_agent.temporary import Names
from cstudio_sync import paths


def test_names() -> None:
    """Thousands of names are thousands, and all temporaries of the session."""
    names = Names("session")
    made = {names.new() for _ in range(5000)}
    assert len(made) == 5000
    assert {len(name) for name in made} == {len(paths.TEMPORARY_PREFIX) + 16}
    assert all(paths.is_temporary(name) and names.is_of_session(name) for name in made)
    assert not any(names.is_of_earlier_life(name) for name in made)


def test_lives() -> None:
    """A later life knows the session's names, and that they are not its own."""
    later, stranger = Names("session"), Names("another")
    while (earlier := Names("session").new())[:-5] == later.new()[:-5]:
        pass  # one in 4096 lives is called the same
    assert later.is_of_session(earlier)
    assert later.is_of_earlier_life(earlier)
    assert not stranger.is_of_session(earlier)
    assert not stranger.is_of_earlier_life(earlier)
