"""A template between DSS' archive and ours.

    import_dss   zip → Template
    export_dss   Template → zip

What an archive says besides is in `Template.foreign`: ``manifest``, ``export_spec``,
``template`` (keys of template.json), ``params`` (keys beside its blocks), ``files``.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping
from typing import Any

from cstudiod.blocks import registry
from cstudiod.blocks.dss import archive, blocks
from cstudiod.blocks.dss.archive import Member
from cstudiod.errors import UsageError
from cstudiod.model.templates import Resource, RuntimeKind, Template

TEMPLATE = "template.json"
NAME = r"[a-z][a-z0-9-]{0,62}"
DOCUMENTS = {"manifest.json": "manifest", "exportSpec.json": "export_spec"}
BLOCK_BASED = "block_based"
MAX_DEPTH = 24
"""A template file, which holds what is kept, may have some more."""

_HEAD: tuple[tuple[str, str, type, Any], ...] = (
    ("label", "label", str, ""),
    ("shortDesc", "short_description", str, ""),
    ("description", "description", str, ""),
    ("icon", "icon", str, ""),
    ("tags", "tags", list, []),
    ("isEditor", "is_editor", bool, False),
)


def import_dss(data: bytes) -> Template:
    """Return the template of an archive that DSS, or cstudio, exported.

    Its blocks are as valid as they were; `composition.blueprint` says what of it
    cannot be done here, and its notes what is kept without effect.

    Raises:
        UsageError: it is no such archive.
    """
    members = archive.read(data)
    document = _document(members, TEMPLATE)
    if document.get("type") != BLOCK_BASED:
        raise _refused(f"its type is {document.get('type')!r}: only {BLOCK_BASED} ones have blocks")
    foreign: dict[str, Any] = {
        name: _document(members, path) for path, name in DOCUMENTS.items() if path in members
    }
    if files := _other_files(members):
        foreign["files"] = files
    return _template(document, foreign, archive.resources(members))


def _document(members: Mapping[str, Member], path: str) -> dict[str, Any]:
    if path not in members:
        raise _refused(f"it has no {path}")
    try:
        found = json.loads(members[path].content, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise _refused(f"{path} is no JSON: {error}") from error
    if not isinstance(found, dict):
        raise _refused(f"{path} is no JSON object")
    if _depth(found) > MAX_DEPTH:
        raise _refused(f"{path} is nested more than {MAX_DEPTH} levels deep")
    return found


def _depth(value: Any) -> int:
    """Return how many levels a value of JSON has, without recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inner: list[Any] = []
        for one in level:
            if isinstance(one, dict | list):
                inner += one.values() if isinstance(one, dict) else one
        level = inner
    return depth


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON")


def _refused(why: str) -> UsageError:
    return UsageError(
        f"this is no exported template: {why}", next="export a block-based template from DSS"
    )


def _other_files(members: Mapping[str, Member]) -> dict[str, str]:
    return {
        path: base64.b64encode(member.content).decode()
        for path, member in sorted(members.items())
        if path not in (TEMPLATE, *DOCUMENTS) and not path.startswith(archive.RESOURCES)
    }


def _template(
    document: dict[str, Any], foreign: dict[str, Any], resources: tuple[Resource, ...]
) -> Template:
    params = document.get("params")
    listed = params.get("blocks") if isinstance(params, dict) else None
    if not isinstance(params, dict) or not isinstance(listed, list):
        raise _refused(f"{TEMPLATE} has no params.blocks")
    for at, item in enumerate(listed):
        if not isinstance(item, dict) or not isinstance(item.get("type"), str) or not item["type"]:
            raise _refused(f"{TEMPLATE}: params.blocks[{at}] is no block")
        if not isinstance(item.get("params", {}), dict):
            raise _refused(f"{TEMPLATE}: params.blocks[{at}].params is no object")
    known = registry.installed()
    head, rest = _head(document)
    beside = {key: value for key, value in params.items() if key != "blocks"}
    usual = name_of(str(document.get("id") or head.get("label", "")))
    extra = _ours(rest.get(blocks.EXTRA), usual)
    if extra:
        del rest[blocks.EXTRA]
    return Template(
        name=extra.get("name", usual),
        runtime=RuntimeKind(extra["runtime"]) if "runtime" in extra else None,
        blocks=tuple(blocks.take(item, known) for item in listed),
        resources=resources,
        foreign={**foreign, **({"template": rest} if rest else {}), **_params(beside)},
        **head,
    )


_RUNTIMES = tuple(kind.value for kind in RuntimeKind)


def _ours(extra: Any, usual: str) -> dict[str, str]:
    """Return what an export of ours says besides, if it is just what we would write."""
    if not isinstance(extra, dict) or not extra or not extra.keys() <= {"name", "runtime"}:
        return {}
    name = extra.get("name", "other")
    named = isinstance(name, str) and re.fullmatch(NAME, name) and name != usual
    return extra if named and extra.get("runtime", _RUNTIMES[0]) in _RUNTIMES else {}


def _params(beside: Mapping[str, Any]) -> dict[str, Any]:
    return {"params": dict(beside)} if beside else {}


def name_of(label: str) -> str:
    """Return the name that a template of some label or id has here."""
    plain = re.sub(r"[^a-z0-9]+", "-", label.lower()).strip("-")
    return (plain if re.match("[a-z]", plain) else f"template-{plain}")[:63].strip("-")


def _head(document: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return what we have too, and the rest: also what we would not write the same again."""
    head: dict[str, Any] = {}
    rest = {key: value for key, value in document.items() if key not in ("type", "params")}
    for dss, ours, kind, default in _HEAD:
        value = document.get(dss)
        if type(value) is not kind or value == default:
            continue
        if isinstance(value, list) and not all(isinstance(one, str) for one in value):
            continue
        head[ours] = tuple(value) if isinstance(value, list) else value
        del rest[dss]
    return head, rest


def export_dss(template: Template) -> bytes:
    """Return an archive that DSS has; of an imported template, what it came from.

    Actions, starter files and what else DSS has under names that were never seen in an
    export are in it under ours.

    Raises:
        UsageError: what it keeps of DSS was damaged.
    """
    foreign = template.foreign
    documents = {TEMPLATE: _exported(template), **_documents(template)}
    members = {
        path: Member(content=(json.dumps(document, indent=2) + "\n").encode())
        for path, document in documents.items()
    }
    for path, content in foreign.get("files", {}).items():
        members[path] = Member(content=_decoded(path, content))
    for resource in template.resources:
        members[archive.RESOURCES + resource.path] = Member(
            content=resource.content, executable=resource.executable
        )
    return archive.write(members)


def _decoded(path: str, content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except ValueError as error:
        raise UsageError(
            f"`{path}`, a file kept of a DSS template, is no base64: {error}"
        ) from error


def _documents(template: Template) -> dict[str, Any]:
    """Return the documents beside the template; ours only where it was never one of DSS'."""
    if "manifest" in template.foreign or "export_spec" in template.foreign:
        return {
            path: template.foreign[name]
            for path, name in DOCUMENTS.items()
            if name in template.foreign
        }
    used = [
        {"envLang": one.settings.get("language", "PYTHON"), "envName": one.settings.get("name")}
        for one in template.blocks
        if one.type == "code_environment"
    ]
    return {
        "manifest.json": {"templateDataModelVersion": "1", "exportUserInfo": {}},
        "exportSpec.json": {"resourcesMap": {}, "usedCodeEnvRefs": used},
    }


def _exported(template: Template) -> dict[str, Any]:
    document: dict[str, Any] = {"type": BLOCK_BASED, **template.foreign.get("template", {})}
    for dss, ours, kind, default in _HEAD:
        value = getattr(template, ours)
        value = list(value) if isinstance(value, tuple) else value
        if value != default:
            document[dss] = value
        elif document.get(dss) and type(document[dss]) is kind:
            document[dss] = default
    if extra := _extra(template, document):
        document[blocks.EXTRA] = extra
    given = [blocks.give(block) for block in template.blocks]
    return {**document, "params": {**template.foreign.get("params", {}), "blocks": given}}


def _extra(template: Template, document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what DSS has no key for and what its other keys do not give back."""
    extra: dict[str, Any] = {}
    if template.name != name_of(str(document.get("id") or template.label)):
        extra["name"] = template.name
    if template.runtime:
        extra["runtime"] = template.runtime.value
    return extra
