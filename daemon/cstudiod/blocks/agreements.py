"""What blocks must agree on among each other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from cstudio_runner.launch import NGINX_PORT

from cstudiod.blocks import faults, fragments
from cstudiod.blocks.checking import Checked
from cstudiod.blocks.code_environment import CodeEnvironment
from cstudiod.blocks.kinds import Contribution
from cstudiod.model.blueprints import Blueprint, ContextFile, ContextSource
from cstudiod.model.templates import Fault

Part = tuple[Checked, Contribution]

LAUNCH_BYTES = 768 * 1024
"""Of files, as JSON; Kubernetes takes 1 MiB in all, and the programs need some of it."""
_VARIABLE = re.compile(r"\$\{([^}]*)\}|\$\{?(\w*)")
_OF_PORT = re.compile(r"(?:baseUrlPort|listenPort)(\d+)\Z")


def check(parts: Sequence[Part], made: Blueprint, *, complete: bool) -> list[Fault]:
    """Return where blocks contradict each other.

    `complete`: no block was left out; else what seems missing may be in one of those.
    """
    found = [
        *_ports(parts),
        *_actions(parts),
        *_environments(parts),
        *_urls(parts, made, complete),
        *_context(parts),
        *_launch_size(parts),
    ]
    found += _probe(parts, made) if complete else ()
    found += _fragments(parts)
    if complete and not made.launch.entrypoints and not found:
        sentence = (
            "nothing would run: add a block that starts a server, for example `type: jupyterlab`, "
            "or an `entrypoint` with a command"
        )
        found.append(Fault(message=sentence, field="blocks"))
    return found


def in_order(found: Iterable[Fault]) -> tuple[Fault, ...]:
    """Return faults as one reads the file, each once."""
    once = dict.fromkeys(found)
    return tuple(sorted(once, key=lambda one: (one.line or 1 << 30, one.block, one.field)))


def slug(text: str) -> str:
    """Return a name of ``[a-z0-9-]`` made of any text."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "entrypoint"


def _ports(parts: Sequence[Part]) -> Iterator[Fault]:
    taken: dict[int, str] = {NGINX_PORT: "the studio's own proxy"}
    for one, made in parts:
        for exposed in made.ports:
            field = made.port_fields.get(exposed.port, "port")
            if owner := taken.get(exposed.port):
                message = f"port {exposed.port} is used already, by {owner}"
                yield faults.fault(one.block, one.index, message, field)
            else:
                taken[exposed.port] = f"block {one.index + 1} ({one.block.type})"


def _actions(parts: Sequence[Part]) -> Iterator[Fault]:
    owners: dict[str, int] = {}
    for one, made in parts:
        for action in made.actions:
            first = owners.setdefault(action.name, one.index)
            if first != one.index:
                yield _taken(one, "an action", action.name, first, "name")


def _environments(parts: Sequence[Part]) -> Iterator[Fault]:
    """Names, and the folders of the image that environments are in, are theirs alone."""
    names: dict[str, int] = {}
    folders: dict[str, int] = {}
    for one, _ in parts:
        if not isinstance(one.settings, CodeEnvironment):
            continue
        name, folder = one.settings.name, one.settings.folder or one.settings.name
        first = names.setdefault(name, one.index)
        other = folders.setdefault(folder, one.index)
        if first != one.index:
            yield _taken(one, "a code environment", name, first, "name")
        elif other != one.index:
            yield _taken(one, "a code environment in", folder, other, "folder")


def _taken(one: Checked, what: str, name: str, first: int, field: str) -> Fault:
    message = f"block {first + 1} has {what} `{name}` too"
    return faults.fault(one.block, one.index, message, field)


def _urls(parts: Sequence[Part], made: Blueprint, complete: bool) -> Iterator[Fault]:
    ports = {exposed.port for exposed in made.launch.ports}
    for one, part in parts:
        if part.readiness_url:
            for message in url_troubles(part.readiness_url, ports, complete):
                yield faults.fault(one.block, one.index, message, "readiness_url")


def url_troubles(url: str, ports: set[int], complete: bool = True) -> Iterator[str]:
    """Return what is wrong with a readiness URL in a studio that exposes some ports."""
    for found in _VARIABLE.finditer(url):
        name = found.group(1) or f"${found.group(2)}"
        of_port = _OF_PORT.match(name)
        if of_port and int(of_port.group(1)) not in ports:
            if complete:
                yield f"`{found.group(0)}`: no block exposes port {of_port.group(1)}"
        elif not of_port and name != "baseUrl":
            known = ["baseUrl", *(f"baseUrlPort{port}" for port in sorted(ports))]
            yield f"unknown variable `{found.group(0)}`" + faults.hint(name, known)
    yield from _address_troubles(_VARIABLE.sub(_port_or_nothing, url))


def _port_or_nothing(found: re.Match[str]) -> str:
    name = found.group(1) or ""
    return name.removeprefix("listenPort") if name.startswith("listenPort") else ""


def _address_troubles(url: str) -> Iterator[str]:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        yield f"`{url}` is no URL"
        return
    if parts.scheme not in ("http", "https") or not parts.hostname:
        yield "must be a URL inside the studio: http://localhost:8888${baseUrlPort8888}/api"
    elif parts.hostname not in ("localhost", "127.0.0.1", "::1", "0.0.0.0"):
        yield f"asks `{parts.hostname}`; a studio is asked at localhost"
    elif port is None:
        yield "names no port: http://localhost:PORT/…"


def _probe(parts: Sequence[Part], made: Blueprint) -> Iterator[Fault]:
    for one, part in parts:
        if part.probe and part.probe.http and not made.launch.readiness.url:
            message = "no block says which URL to ask: set `readiness_url`"
            yield faults.fault(one.block, one.index, message, "http_readiness")


def _fragments(parts: Sequence[Part]) -> Iterator[Fault]:
    """What people append was checked with its lines; ours is right; others' is looked at here."""
    for one, made in parts:
        for fragment in () if one.is_ours else made.fragments:
            for trouble in fragments.troubles(fragment.dockerfile):
                message = f"the block itself is wrong: {trouble.message}"
                yield faults.fault(one.block, one.index, message)


def _context(parts: Sequence[Part]) -> Iterator[Fault]:
    """Two files with one name in the build context: the later would win, for both."""
    seen: dict[str, tuple[int, ContextFile | ContextSource]] = {}
    for one, made in parts:
        for file in _context_of(made):
            first = seen.setdefault(file.path, (one.index, file))
            if first[1] != file:
                message = f"`{file.path}` in the build context is block {first[0] + 1}'s too"
                yield faults.fault(one.block, one.index, message, "resources")


def _launch_size(parts: Sequence[Part]) -> Iterator[Fault]:
    """What is written at each start travels as one Secret of Kubernetes."""
    total = 0
    for one, made in parts:
        size = sum(len(json.dumps(file.content)) for file in made.files)
        total += size
        if size and total > LAUNCH_BYTES:
            message = (
                f"the files that are written at each start come to {total >> 10} KiB, more than "
                f"{LAUNCH_BYTES >> 10}: make resources of large ones, which then lie in the image"
            )
            yield faults.fault(one.block, one.index, message)
            return


def _context_of(made: Contribution) -> Iterator[ContextFile | ContextSource]:
    for fragment in made.fragments:
        yield from fragment.files
        yield from fragment.sources
