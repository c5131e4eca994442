"""Single values between DSS' JSON and our settings; each `take` refuses what it does not know."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from cstudiod.model.zones import Zone

SUBFOLDER = "pathInZone"
"""Key for the part of a zone in a mapping. Not seen in any export: those map whole zones."""

_SOURCE = ("source", "from", "path", "src")
_TARGET = ("target", "to", "dst")
_KEY = ("key", "name", "from")
_VALUE = ("value", "to")


@dataclass(frozen=True, kw_only=True)
class Row:
    """One setting: its name in DSS, its name here, and the way between."""

    dss: str
    ours: str
    take: Callable[[Any], Any]
    """Raises ValueError for what has no equivalent here."""
    give: Callable[[Any], Any]
    """Raises ValueError for what has none in DSS."""


def same(dss: str, ours: str, *types: type) -> Row:
    """Return a setting that both have with the same values."""

    def take(value: Any) -> Any:
        if type(value) not in types:
            raise ValueError("another type")
        return value

    return Row(dss=dss, ours=ours, take=take, give=take)


def texts(dss: str, ours: str) -> Row:
    """Return a setting that is a list of texts on both sides."""
    return Row(dss=dss, ours=ours, take=_texts, give=list)


def _texts(value: Any) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise ValueError("no list of texts")
    return list(value)


def _items(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise ValueError("no list of objects")
    return value


def _text(item: Mapping[str, Any], names: tuple[str, ...]) -> str:
    for name in names:
        if isinstance(item.get(name), str):
            return str(item[name])
    raise ValueError("no such text")


def take_zones(value: Any) -> list[dict[str, Any]]:
    """Return the rows of a mapping whose zones are folders here."""
    known = {zone.value for zone in Zone}
    rows = [item for item in _items(value) if item.get("zone") in known]
    if not rows:
        raise ValueError("no zone that is known")
    return [_zone(item) for item in rows]


def _zone(item: Mapping[str, Any]) -> dict[str, Any]:
    row = {"zone": item["zone"]}
    folder = next(
        (
            value.strip("/")
            for key, value in item.items()
            if key not in ("zone", "pathInContainer")
            and isinstance(value, str)
            and re.search(r"path|folder|dir", key, re.IGNORECASE)
        ),
        "",
    )
    if folder:
        row["folder"] = folder
    if isinstance(item.get("pathInContainer"), str):
        row["target"] = item["pathInContainer"]
    if item.get("oneWay") is True:
        row["one_way"] = True
    return row


def give_zones(rows: Any) -> list[dict[str, Any]]:
    """Return rows as DSS has them."""
    given = []
    for row in rows:
        zone = Zone(row["zone"])
        item = {"zone": zone.value, "pathInContainer": row.get("target") or zone.target}
        if row.get("folder"):
            item[SUBFOLDER] = row["folder"]
        given.append({**item, "oneWay": bool(row.get("one_way"))})
    return given


def take_port(value: Any) -> dict[str, Any]:
    """Return an exposed port."""
    if not isinstance(value, dict) or type(value.get("port")) is not int:
        raise ValueError("no port")
    taken: dict[str, Any] = {"port": value["port"]}
    for dss, ours, kind in (
        ("label", "label", str),
        ("exposeHtml", "html", bool),
        ("proxiedUrlSuffix", "subpath", str),
    ):
        if type(value.get(dss)) is kind:
            taken[ours] = value[dss]
    return taken


def give_port(port: Mapping[str, Any]) -> dict[str, Any]:
    """Return an exposed port as DSS has it."""
    names = {"port": "port", "label": "label", "html": "exposeHtml", "subpath": "proxiedUrlSuffix"}
    return {names[key]: value for key, value in port.items() if key in names}


def take_ports(value: Any) -> list[dict[str, Any]]:
    """Return several of them."""
    return [take_port(item) for item in _items(value)]


def give_ports(ports: Any) -> list[dict[str, Any]]:
    """Return several of them as DSS has them."""
    return [give_port(port) for port in ports]


def take_pairs(value: Any) -> dict[str, str]:
    """Return a list of keys and values as a mapping."""
    pairs = [(_text(item, _KEY), _text(item, _VALUE)) for item in _items(value)]
    if len(dict(pairs)) != len(pairs):
        raise ValueError("a key twice")
    return dict(pairs)


def give_pairs(pairs: Any) -> list[dict[str, str]]:
    """Return a mapping as a list of keys and values."""
    return [{"key": key, "value": str(value)} for key, value in pairs.items()]


def take_sources(value: Any) -> list[str]:
    """Return a list of sources, which are texts or objects that name one."""
    if isinstance(value, list) and all(isinstance(one, str) for one in value):
        return list(value)
    return [_text(item, _SOURCE) for item in _items(value)]


def take_scripts(value: Any) -> list[dict[str, str]]:
    """Return scripts that are copied."""
    return [
        {"source": _text(item, _SOURCE), "target": _text(item, _TARGET)} for item in _items(value)
    ]


def give_scripts(scripts: Any) -> list[dict[str, str]]:
    """Return scripts as DSS has them."""
    if any("source" not in script for script in scripts):
        raise ValueError("a script that is in the template itself")
    return [{"source": one["source"], "target": one["target"]} for one in scripts]


def take_name(value: Any) -> str:
    """Return the name of a code environment as a folder may have it."""
    if not isinstance(value, str) or not value:
        raise ValueError("no name")
    return re.sub(r"[^A-Za-z0-9_-]", "_", value)[:64]
