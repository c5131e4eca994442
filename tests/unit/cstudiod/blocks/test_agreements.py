from __future__ import annotations

import pytest
from cstudiod.blocks.agreements import slug, url_troubles


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://localhost:8888${baseUrlPort8888}/api", ""),
        ("http://127.0.0.1:8888${baseUrl}/x?y=1", ""),
        ("http://localhost:${listenPort8888}/", ""),
        ("http://localhost:8888${baseURL}/", "did you mean `baseUrl`?"),
        ("http://localhost:8888${port}/", "unknown variable `${port}`"),
        ("http://localhost:8888$baseUrl2/", "unknown variable `$baseUrl2`"),
        ("http://localhost:8888${baseUrlPort9}/", "no block exposes port 9"),
        ("http://localhost:8888${baseUrlPort8888", "unknown variable `${baseUrlPort8888`"),
        ("ftp://localhost:1/", "must be a URL inside the studio"),
        ("/api", "must be a URL inside the studio"),
        ("http://example.org:80/", "a studio is asked at localhost"),
        ("http://localhost/", "names no port"),
        ("http://localhost:99999999/", "is no URL"),
    ],
)
def test_a_readiness_url(url: str, words: str) -> None:
    """Its variables are known, and it asks the studio itself."""
    found = list(url_troubles(url, {8888}))
    assert [words in message for message in found] == ([True] if words else [])


@pytest.mark.parametrize(
    ("text", "name"),
    [("My App!", "my-app"), ("", "entrypoint"), ("é", "entrypoint"), ("A_b", "a-b")],
)
def test_a_label_becomes_a_name(text: str, name: str) -> None:
    """Letters, digits and dashes."""
    assert slug(text) == name
