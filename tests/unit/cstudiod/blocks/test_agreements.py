from __future__ import annotations

import pytest
from cstudiod.blocks import agreements
from cstudiod.blocks.agreements import slug, url_troubles
from cstudiod.blocks.settings import command
from support.template_samples import made, told


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


def test_what_is_written_at_each_start_fits_into_a_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted as JSON, over all blocks; told at the one that is too much."""
    monkeypatch.setattr(agreements, "LAUNCH_BYTES", 2048)
    half = "a" * 1500
    block = "  - type: entrypoint\n    command: x\n    scripts: [{target: T, content: %s}]\n"
    assert made(block % half).launch.files
    (fault,) = told(block.replace("T", "one") % half + block % half)
    assert fault.startswith("sample.yaml:6: block 2 (entrypoint): ")
    assert "come to 2 KiB, more than 2: make resources" in fault
    quotes = "'%s'" % ('"' * 1500)
    assert len(told(block % quotes)) == 1


@pytest.mark.parametrize("value", ["x" * 70_000, ["x", "é" * 33_000]])
def test_a_command_fits_into_what_the_kernel_takes(value: object) -> None:
    """Longer ones are for scripts."""
    with pytest.raises(ValueError, match="put it into a script"):
        command(value)


@pytest.mark.parametrize(
    ("text", "name"),
    [("My App!", "my-app"), ("", "entrypoint"), ("é", "entrypoint"), ("A_b", "a-b")],
)
def test_a_label_becomes_a_name(text: str, name: str) -> None:
    """Letters, digits and dashes."""
    assert slug(text) == name
