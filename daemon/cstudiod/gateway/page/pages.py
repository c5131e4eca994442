"""The site at `/` and below `/assets/`: the page itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from cstudiod.gateway.page import policy
from cstudiod.gateway.page.files import DOCUMENT, File
from cstudiod.gateway.site import Answer, Ask, Fields

_ASSETS = "/assets/"
_TEXT = (b"Content-Type", b"text/plain; charset=utf-8")


class Page:
    """Gives the page's files to whoever asks: there is nothing of anybody's in them."""

    def __init__(self, files: Mapping[str, File], studios: Callable[[str], str]) -> None:
        """Serve `files`, by their paths.

        Args:
            files: See `files.load`.
            studios: Given the page's origin, the one of the studios that it may show in
                itself; empty: none.
        """
        self._files = files
        self._studios = studios

    async def answer(self, ask: Ask) -> Answer:
        """Return the file, or that the browser has it already."""
        studios = self._studios(ask.origin)
        always = policy.fields(studios)
        if ask.method not in ("GET", "HEAD"):
            allowed = (b"Allow", b"GET, HEAD")
            return Answer(status=405, headers=(*always, _TEXT, allowed), body=b"GET or HEAD\n")
        file = self._files.get(name_of(ask.path))
        if file is None:
            return Answer(status=404, headers=(*always, _TEXT), body=b"the page has no such file\n")
        if name_of(ask.path) == DOCUMENT and not studios and ask.session is not None:
            return _with_token(file, ask.session.token, always)
        fields: Fields = (*always, (b"ETag", file.etag.encode("ascii")))
        if is_known(ask.headers, file.etag):
            return Answer(status=304, headers=fields)
        kind = (b"Content-Type", file.type.encode("ascii"))
        return Answer(headers=(*fields, kind), body=file.content)


def _with_token(file: File, token: str, always: Fields) -> Answer:
    """Return the document with its token in it, where page and studios have one origin.

    The door gives the document to a person who goes there, and to no script.
    """
    meta = f'<head><meta name="cstudio-token" content="{token}">'.encode("ascii")
    kept = [(name, value) for name, value in always if name != b"Cache-Control"]
    kind = (b"Content-Type", file.type.encode("ascii"))
    fields: Fields = (*kept, kind, (b"Cache-Control", b"no-store"))
    return Answer(headers=fields, body=file.content.replace(b"<head>", meta, 1))


def name_of(path: str) -> str:
    """Return which file a path is; empty: none."""
    if path == "/":
        return DOCUMENT
    return path[len(_ASSETS) :] if path.startswith(_ASSETS) else ""


def is_known(headers: Fields, etag: str) -> bool:
    """Tell whether a browser has that version, by what it says with `If-None-Match`."""
    given = b",".join(value for name, value in headers if name == b"if-none-match")
    tags = [one.strip().removeprefix("W/") for one in given.decode("latin-1").split(",")]
    return etag in tags or "*" in tags
