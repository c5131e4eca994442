"""YAML as templates use it: plain values, each with its line, and back again.

The subset is what JSON can say: no anchors, no tags, no merge keys, keys are text and
stand once; `yes`, `on`, dates and sexagesimal numbers are text (YAML 1.2's core
schema, without octal numbers).
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from cstudiod.model.templates import Fault

MAX_BYTES = 1 << 20
MAX_NODES = 5_000
MAX_DEPTH = 32

_TAG = "tag:yaml.org,2002:"
_PLAIN_TAGS = {f"{_TAG}{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map")}


class _Resolver:
    """What an unquoted word means; shared, so that what is written is read the same."""

    yaml_implicit_resolvers: dict[str, Any] = {}


def _add_resolver(tag: str, pattern: str, first: str) -> None:
    for letter in first or [""]:
        rows = _Resolver.yaml_implicit_resolvers.setdefault(letter, [])
        rows.append((_TAG + tag, re.compile(pattern)))


_add_resolver("bool", r"(?:true|True|TRUE|false|False|FALSE)\Z", "tTfF")
_add_resolver("null", r"(?:~|null|Null|NULL)\Z", "~nN")
_add_resolver("null", r"\Z", "")
_add_resolver("int", r"[-+]?(?:0|[1-9][0-9]{0,999})\Z", "-+0123456789")
_add_resolver(
    "float",
    r"[-+]?(?:(?:0|[1-9][0-9]*)\.[0-9]*(?:[eE][-+]?[0-9]{1,3})?|(?:0|[1-9][0-9]*)[eE][-+]?[0-9]{1,3})\Z",
    "-+0123456789",
)


class _Loader(yaml.SafeLoader):
    yaml_implicit_resolvers = _Resolver.yaml_implicit_resolvers


class _Dumper(yaml.SafeDumper):
    yaml_implicit_resolvers = _Resolver.yaml_implicit_resolvers

    def ignore_aliases(self, data: Any) -> bool:
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _represent_text(dumper: _Dumper, text: str) -> Node:
    style = "|" if "\n" in text else None
    if not all(letter.isprintable() or letter == "\n" for letter in text):
        style = '"'  # the others would write some of them raw, and read them as line ends
    return dumper.represent_scalar(_TAG + "str", text, style=style)


_Dumper.add_representer(str, _represent_text)


@dataclass(frozen=True, kw_only=True)
class Document:
    """What a file says: plain values, and the line of each by its path."""

    value: Any
    lines: Mapping[str, int]
    faults: tuple[Fault, ...] = ()
    """Not a value that was left out: the file is refused, but read on to find all."""


@dataclass
class _Reading:
    lines: dict[str, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, node: Node, message: str) -> None:
        self.faults.append(Fault(message=message, line=node.start_mark.line + 1))


def parse(text: str) -> Document:
    """Read one document.

    Where it is not YAML at all, `value` is None and `faults` says why.
    """
    if len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return _refused(0, f"the file has more than {MAX_BYTES >> 20} MiB")
    try:
        if fault := _excess(text):
            return _refused(fault.line, fault.message)
        root = yaml.compose(text, Loader=_Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        return _refused(mark.line + 1 if mark else 0, _syntax(error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        return _refused(line, f"the character U+{error.character:04X} may not be in a file")
    if root is None:
        return _refused(0, "the file is empty")
    reading = _Reading()
    value = _value(root, "", reading)
    return Document(value=value, lines=reading.lines, faults=tuple(reading.faults))


def _refused(line: int, message: str) -> Document:
    return Document(value=None, lines={}, faults=(Fault(message=message, line=line),))


def _syntax(error: yaml.MarkedYAMLError) -> str:
    problem = error.problem or "this is no YAML"
    if "'\\t'" in problem:
        return "a tab where YAML wants spaces"
    context = f" ({error.context})" if error.context else ""
    return f"not YAML: {problem}{context}"


def _excess(text: str) -> Fault | None:
    """Look at the events alone, which cost little, for what composing would suffer from."""
    depth = 0
    for count, event in enumerate(yaml.parse(text, Loader=_Loader), 1):
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        line = event.start_mark.line + 1 if event.start_mark else 0
        if isinstance(event, yaml.AliasEvent):
            return Fault(line=line, message=f"`*{event.anchor}`: write it out, aliases are refused")
        if depth > MAX_DEPTH:
            return Fault(line=line, message=f"nested more than {MAX_DEPTH} levels deep")
        if count > MAX_NODES:
            return Fault(line=line, message=f"more than {MAX_NODES} values")
    return None


def _value(node: Node, path: str, reading: _Reading) -> Any:
    reading.lines.setdefault(path, node.start_mark.line + 1)
    if node.tag not in _PLAIN_TAGS:
        reading.fault(node, f"`{node.tag.removeprefix(_TAG)}`: tags have no meaning here")
        return None
    if isinstance(node, MappingNode):
        return _mapping(node, path, reading)
    if isinstance(node, SequenceNode):
        items = enumerate(node.value)
        return [_value(item, f"{path}[{at}]", reading) for at, item in items]
    return _scalar(node, path, reading) if isinstance(node, ScalarNode) else None


def _mapping(node: MappingNode, path: str, reading: _Reading) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, ScalarNode) or key_node.tag != _TAG + "str":
            reading.fault(key_node, "a key must be text; write it in quotes")
            continue
        key = key_node.value
        inner = f"{path}.{key}" if path else key
        if key in found:
            reading.fault(
                key_node, f"`{key}` stands here twice, first in line {reading.lines[inner]}"
            )
            continue
        reading.lines[inner] = key_node.start_mark.line + 1
        found[key] = _value(value_node, inner, reading)
    return found


def _scalar(node: ScalarNode, path: str, reading: _Reading) -> Any:
    if node.style == "|":
        reading.lines[path + "|"] = node.start_mark.line + 2
    kind = node.tag.removeprefix(_TAG)
    try:
        if kind == "bool":
            return {"true": True, "false": False}[node.value.lower()]
        if kind == "null":
            return None
        if kind == "int":
            return int(node.value)
        if kind == "float":
            return _finite(float(node.value))
    except (KeyError, ValueError):
        reading.fault(node, f"`{node.value}` is no {kind}")
    return node.value


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise ValueError
    return number


def dump(value: Any) -> str:
    """Return plain values as YAML in their order, which `parse` reads as the same values."""
    return yaml.dump(
        value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100, indent=2
    )


def as_json(value: Any) -> str:
    """Return plain values as JSON, the same for equal ones."""
    return json.dumps(value, sort_keys=True)
