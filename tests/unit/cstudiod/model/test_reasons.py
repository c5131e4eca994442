"""One vocabulary, filled in by its table."""

from __future__ import annotations

import pytest
from cstudiod.model.reasons import FACTS, of_pull, reason, shorten


@pytest.mark.parametrize("code", sorted(FACTS))
def test_the_table_fills_in(code: str) -> None:
    """Whatever the code, there is a next step."""
    made = reason(code, "a sentence", "evidence")
    assert made.next
    assert made.fatal is FACTS[code].is_fatal


def test_what_is_known_better_wins() -> None:
    """The caller's next step and verdict stay."""
    made = reason("evicted", "gone", next="wait", fatal=True)
    assert (made.next, made.fatal) == ("wait", True)


def test_evidence_is_the_end_without_control_characters() -> None:
    """Twenty lines that can be printed on a terminal."""
    text = "\n".join(f"\x1b[31mline {number}\x1b[0m  " for number in range(50))
    lines = shorten(text).splitlines()
    assert len(lines) == 20
    assert lines[-1] == "[31mline 49[0m"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("No such image: nope:1", "image_not_found"),
        ("manifest for x:1 not found: manifest unknown: manifest unknown", "image_not_found"),
        ("pull access denied for x, repository does not exist or may require 'docker login'",
         "image_not_found"),
        ("unauthorized: authentication required", "image_auth"),
        ("denied: requested access to the resource is denied", "image_auth"),
        ('Get "https://a/v2/": dial tcp: lookup a on 1.1.1.1:53: no such host',
         "image_registry_unreachable"),
        ('Get "https://a/v2/": dial tcp 127.0.0.1:9: connect: connection refused',
         "image_registry_unreachable"),
        ("x509: certificate signed by unknown authority", "image_registry_unreachable"),
        ("no matching manifest for linux/amd64 in the manifest list entries", "image_platform"),
        ("something new", "image_not_found"),
    ],
)  # fmt: skip
def test_pulls(said: str, code: str) -> None:
    """What container runtimes say when they cannot have an image."""
    made = of_pull("x:1", said, place="the node")
    assert made.code == code
    assert "x:1" in made.message
    assert made.evidence == said
