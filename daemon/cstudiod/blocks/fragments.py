"""Parts of a Dockerfile: what they may say. The image is one, its beginning and end are ours."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cstudiod.blocks.faults import hint
from cstudiod.blocks.kinds import Trouble
from cstudiod.model.dockerfiles import statements

_DIRECTIVE = re.compile(r"#\s*(syntax|escape|check)\s*=", re.IGNORECASE)
_KNOWN = (
    *("ADD", "ARG", "COPY", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD"),
    *("RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
)
_REFUSED = {
    "FROM": "the image begins with cstudio's base image; a second FROM would throw that away",
    "CMD": "what a studio starts are its entrypoints; add an `entrypoint` block",
    "ENTRYPOINT": "what a studio starts are its entrypoints; add an `entrypoint` block",
}


def plain(text: str) -> str:
    """Return a text with one kind of line ends."""
    return text.replace("\r\n", "\n")


def troubles(text: str, first: int = 0) -> Iterator[Trouble]:
    """Return what is wrong with a part of a Dockerfile.

    `first` is the line of the template file on which the text begins; 0: not known.
    """
    text = plain(text)

    def trouble(message: str, line: int) -> Trouble:
        return Trouble(message=message, field="dockerfile", line=first + line - 1 if first else 0)

    for at, line in enumerate(text.split("\n"), 1):
        if found := _DIRECTIVE.match(line.strip()):
            name = found.group(1).lower()
            yield trouble(f"`# {name}=` counts in the first line of a Dockerfile alone", at)
        if "\0" in line:
            yield trouble("has a NUL character", at)
    end = text.count("\n") + 2
    found_statements = list(statements(f"{text}\nRUN end"))
    for one in found_statements[:-1]:
        if message := _refused(one.keyword):
            yield trouble(message, one.line)
    if found_statements[-1].line != end:
        yield trouble("does not end: a `\\` or a here-document goes on after it", end - 1)
    elif len(found_statements) == 1:
        yield trouble("has no statement in it", 1)


def _refused(keyword: str) -> str:
    if keyword in _REFUSED:
        return f"{keyword}: {_REFUSED[keyword]}"
    if keyword not in _KNOWN:
        return f"`{keyword}` is no statement of a Dockerfile" + hint(keyword, _KNOWN)
    return ""
