"""What decides what is in a template's image, its hash, and what changed since. No IO.

In: the base image, the runner, platform, statements and files of the blocks in their
order, code environments, build arguments, and a number that grows to refresh.
Not in: what only says how packages are reached, and everything that is not in
the image (labels, permissions, probes, ports, zones, actions, starter files).
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cstudiod.model.blueprints import Environment, Fragment, ImagePlan

SCHEMA = 1
"""Raise it when the same inputs make another image."""
TAG_DIGITS = 16
_CREDENTIALS = re.compile(r"://[^\s/]*@")


@dataclass(frozen=True, kw_only=True)
class Outside:
    """Digests of what a plan only names: folders of this machine, prefabs."""

    sources: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(root, relative) -> digest over names, executable bits and contents."""
    prefabs: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(name, version) -> the version and how it was made, as text."""


def canonical(
    plan: ImagePlan, *, base: str, runner: str, platform: str, args: Mapping[str, str], epoch: int,
    outside: Outside,
) -> str:  # fmt: skip
    """Return the inputs as canonical JSON: sorted keys, no spaces.

    Values of build arguments, and requirements with a password in them, are
    there as digests: the JSON is kept and shown.
    """
    return json.dumps(
        {
            "v": SCHEMA,
            "base": base,
            "runner": runner,
            "platform": plan.platform or platform,
            "blocks": [_block(one, outside) for one in plan.fragments],
            "environments": [_environment(one) for one in plan.environments],
            "args": {name: _digest(value) for name, value in args.items()},
            "epoch": epoch,
        },
        sort_keys=True,
        separators=(",", ":"),
        ensure_ascii=False,
    )


def content_hash(canonical: str) -> str:
    """Return the SHA-256 of canonical JSON, 64 digits."""
    return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def reference(registry: str, name: str, hash: str) -> str:
    """Return the image's name and tag: ``REGISTRY/cstudio/NAME:0123456789abcdef``."""
    repository = "/".join(filter(None, (registry.rstrip("/"), "cstudio", name)))
    return f"{repository}:{hash[:TAG_DIGITS]}"


def changes(before: str, after: str, numbers: Sequence[int] = ()) -> tuple[str, ...]:
    """Return what differs between two inputs, a sentence each; nothing: the same image.

    Args:
        before: Canonical inputs of the earlier image.
        after: Those of the later one.
        numbers: What people count the blocks of `after` by, in their order: those
            that build nothing are not among them.
    """
    old, new = json.loads(before), json.loads(after)
    return (
        *_plain_changes(old, new),
        *_mapping_changes("build argument", old["args"], new["args"]),
        *_block_changes(old["blocks"], new["blocks"], numbers),
        *_environment_changes(old["environments"], new["environments"]),
    )


def digest_of(parts: Iterable[tuple[str, bool, str]]) -> str:
    """Return one digest over (path, executable, content's digest or link) of many files."""
    hasher = hashlib.sha256()
    for path, executable, content in sorted(parts):
        hasher.update(f"{path}\0{int(executable)}\0{content}\n".encode("utf-8", "surrogateescape"))
    return hasher.hexdigest()


def _block(fragment: Fragment, outside: Outside) -> dict[str, Any]:
    # The context's folder has the block's number in it; a block that adds
    # nothing to the image may come and go without another image.
    def settled(text: str) -> str:
        return text.replace(f"block-{fragment.block + 1}/", "block/")

    files = {
        settled(one.path): [one.executable, hashlib.sha256(one.content).hexdigest()]
        for one in fragment.files
    }
    return {
        "type": fragment.block_type,
        "as_root": fragment.as_root,
        "dockerfile": settled(fragment.dockerfile).strip("\n").split("\n"),
        "files": files,
        "sources": {
            settled(one.path): outside.sources[one.root, one.relative]
            for one in fragment.sources
        },
        "prefabs": {
            one.name: outside.prefabs[one.name, one.version] for one in fragment.prefabs
        },
    }  # fmt: skip


def _environment(environment: Environment) -> dict[str, Any]:
    return {
        "name": environment.name,
        "language": environment.language.value,
        "python": environment.python,
        "path": environment.path,
        "requirements": [_without_password(one) for one in environment.requirements],
    }


def _without_password(line: str) -> str:
    return _digest(line) if _CREDENTIALS.search(line) else line


def _digest(text: str) -> str:
    return "sha256:" + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _plain_changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    named = {
        "v": "cstudio builds images in another way",
        "base": "the base image is another one",
        "runner": "cstudio's runner is another one",
        "platform": f"the platform was {old['platform'] or 'the default'}"
        f" and is {new['platform'] or 'the default'}",
        "epoch": "a refresh was asked for",
    }
    yield from (text for key, text in named.items() if old[key] != new[key])


def _mapping_changes(what: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted({*old, *new}):
        if name not in old:
            yield f"{what} {name} was added"
        elif name not in new:
            yield f"{what} {name} was removed"
        elif old[name] != new[name]:
            yield f"{what} {name} changed"


def _block_changes(old: Sequence[Any], new: Sequence[Any], numbers: Sequence[int]) -> Iterator[str]:
    """Compare blocks that stand for each other."""
    names = [
        f"block {numbers[at]} ({one['type']})" if at < len(numbers) else f"block {one['type']}"
        for at, one in enumerate(new)
    ]
    pairs = difflib.SequenceMatcher(
        a=[one["type"] for one in old], b=[one["type"] for one in new], autojunk=False
    )
    for _, from_old, to_old, from_new, to_new in pairs.get_opcodes():
        both = zip(old[from_old:to_old], range(from_new, to_new), strict=False)
        for one, at in both:
            if one["type"] == new[at]["type"]:
                yield from _fields(f"{names[at]}:", one, new[at])
            else:
                yield f"block {one['type']} was replaced by {names[at]}"
        common = min(to_old - from_old, to_new - from_new)
        yield from (f"block {one['type']} was removed" for one in old[from_old + common : to_old])
        yield from (f"{name} was added" for name in names[from_new + common : to_new])


def _fields(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["as_root"] != new["as_root"]:
        yield f"{where} it runs as {'root' if new['as_root'] else 'dataiku'} now"
    if old["dockerfile"] != new["dockerfile"]:
        lines = difflib.ndiff(old["dockerfile"], new["dockerfile"])
        changed = [line for line in lines if line[:2] in ("- ", "+ ")]
        yield f"{where} dockerfile: {'; '.join(changed[:4])}" + ("; …" if changed[4:] else "")
    for what, key in (("file", "files"), ("resource", "sources"), ("program", "prefabs")):
        for text in _mapping_changes(what, old[key], new[key]):
            yield f"{where} {text}"


def _environment_changes(old: Sequence[Any], new: Sequence[Any]) -> Iterator[str]:
    was = {one["name"]: one for one in old}
    now = {one["name"]: one for one in new}
    yield from _mapping_changes("environment", dict.fromkeys(was), dict.fromkeys(now))
    for name in was.keys() & now.keys():
        yield from _one_environment(f"environment {name}:", was[name], now[name])


def _one_environment(where: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    lost = [one for one in old["requirements"] if one not in new["requirements"]]
    got = [one for one in new["requirements"] if one not in old["requirements"]]
    if lost or got:
        words = [*(f"- {one}" for one in lost), *(f"+ {one}" for one in got)]
        yield f"{where} requirements: {', '.join(words)}"
    elif old["requirements"] != new["requirements"]:
        yield f"{where} requirements: another order"
    for key in ("language", "python", "path"):
        if old[key] != new[key]:
            yield f"{where} {key}: was {old[key] or 'the default'}, is {new[key] or 'the default'}"
