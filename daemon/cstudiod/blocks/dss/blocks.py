"""Blocks: which of DSS' are which of ours, setting by setting."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from cstudiod.blocks import yaml_text
from cstudiod.blocks.dss import values
from cstudiod.blocks.dss.values import Row, same, texts
from cstudiod.blocks.registry import Registry
from cstudiod.model.templates import Block

EXTRA = "cstudio"
"""Key, in the parameters of a DSS block, of our settings that DSS does not have."""
KEPT = "dss_block"

_BUILTIN = "pycdstdioblk_code-studio-blocks_"
_WEBAPPS = same("useInWebapps", "webapps", bool)
_PORT = same("port", "port", int)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A block that both have."""

    dss: str
    ours: str
    rows: tuple[Row, ...]


def _row(dss: str, ours: str, take: Any, give: Any) -> Row:
    return Row(dss=dss, ours=ours, take=take, give=give)


PAIRS = (
    Pair(
        dss="dss_base_image",
        ours="file_synchronization",
        rows=(
            _row("syncedZones", "zones", values.take_zones, values.give_zones),
            texts("excludedFromSync", "exclude"),
        ),
    ),
    Pair(
        dss="simple_deployment",
        ours="kubernetes_parameters",
        rows=(
            same("useTcpReadiness", "tcp_readiness", bool),
            same("readinessProbeUrl", "readiness_url", str),
            same("initialSyncTimeoutInMinutes", "initial_sync_timeout", int, float),
            _row("exposedPorts", "ports", values.take_ports, values.give_ports),
            _row(
                "readinessProbeHeaders", "readiness_headers", values.take_pairs, values.give_pairs
            ),
            _row("labels", "labels", values.take_pairs, values.give_pairs),
            _row("annotations", "annotations", values.take_pairs, values.give_pairs),
        ),
    ),
    Pair(
        dss=f"{_BUILTIN}vscode",
        ours="visual_studio_code",
        rows=(
            _WEBAPPS,
            _PORT,
            same("settingsPath", "settings_path", str),
            same("extensionsPath", "extensions_path", str),
            same("machineSettingsPath", "machine_settings_path", str),
            same("openInPath", "open_in_path", str),
        ),
    ),
    Pair(dss=f"{_BUILTIN}jupyterlab", ours="jupyterlab", rows=(_WEBAPPS, _PORT)),
    Pair(dss=f"{_BUILTIN}rstudio", ours="rstudio", rows=(_WEBAPPS, _PORT)),
    Pair(dss=f"{_BUILTIN}streamlit", ours="streamlit", rows=(_WEBAPPS, _PORT)),
    Pair(
        dss="add_codeenv",
        ours="code_environment",
        rows=(
            _row("envName", "name", values.take_name, str),
            same("envLang", "language", str),
            same("envDir", "folder", str),
        ),
    ),
    Pair(
        dss="append_dockerfile",
        ours="append_dockerfile",
        rows=(
            same("label", "label", str),
            same("dockerfile", "dockerfile", str),
            same("runAsRoot", "run_as_root", bool),
            _row("resources", "resources", values.take_sources, list),
        ),
    ),
    Pair(
        dss="entrypoint",
        ours="entrypoint",
        rows=(
            same("label", "label", str),
            same("entrypoint", "command", str),
            _row("scripts", "scripts", values.take_scripts, values.give_scripts),
            _WEBAPPS,
            _row("exposedPort", "expose", values.take_port, values.give_port),
        ),
    ),
)
_BY_DSS = {pair.dss: pair for pair in PAIRS}
_BY_OURS = {pair.ours: pair for pair in PAIRS}


def take(item: Mapping[str, Any], known: Registry) -> Block:
    """Return a block of ours that gives back exactly `item`; at worst one that only keeps it."""
    for found in (_paired(item, known), _named(item, known)):
        if found and same_json(give(found), item):
            return found
    return _kept(item)


def _kept(item: Mapping[str, Any]) -> Block:
    settings: dict[str, Any] = {"dss_type": item["type"]}
    if item.get("params"):
        settings["params"] = item["params"]
    return Block(type=KEPT, settings=_with_rest(settings, item, {}))


def _named(item: Mapping[str, Any], known: Registry) -> Block | None:
    """Return a block that has the same name and settings here: exported by cstudio."""
    params = item.get("params", {})
    if item["type"] not in known.kinds or item["type"] in (KEPT, *_BY_DSS, *_BY_OURS):
        return None
    if "dss" in params:
        return None
    settings = _with_rest(dict(params), item, {})
    valid = not _wrong(item["type"], settings, known)
    return Block(type=item["type"], settings=settings) if valid else None


def _paired(item: Mapping[str, Any], known: Registry) -> Block | None:
    pair = _BY_DSS.get(item["type"])
    if pair is None or not isinstance(item.get("params", {}), dict):
        return None
    params = dict(item.get("params", {}))
    settings: dict[str, Any] = {}
    if isinstance(params.get(EXTRA), dict) and "dss" not in params[EXTRA]:
        settings.update(params.pop(EXTRA))
    for row in pair.rows:
        try:
            settings[row.ours] = row.take(params[row.dss])
        except (KeyError, ValueError):
            continue
    for name in _wrong(pair.ours, settings, known):
        settings.pop(name, None)
    if _wrong(pair.ours, settings, known):
        return None
    rest = {
        key: value for key, value in params.items() if not _is_exact(pair, key, settings, value)
    }
    return Block(type=pair.ours, settings=_with_rest(settings, item, rest))


def _with_rest(
    settings: dict[str, Any], item: Mapping[str, Any], params: Mapping[str, Any]
) -> dict[str, Any]:
    """Add what only DSS needs: parameters, keys beside them, and whether there were any."""
    rest: dict[str, Any] = {"params": dict(params)} if params else {}
    beside = {key: value for key, value in item.items() if key not in ("type", "params")}
    if beside:
        rest["block"] = beside
    if "params" not in item:
        rest["no_params"] = True
    return {**settings, "dss": rest} if rest else settings


def _wrong(type: str, settings: Mapping[str, Any], known: Registry) -> list[str]:
    """Return the settings that the block refuses, by their first names; a missing one too."""
    try:
        known.kinds[type].settings.model_validate_json(yaml_text.as_json(settings))
    except ValidationError as error:
        return [str(one["loc"][0]) if one["loc"] else "" for one in error.errors()]
    return []


def _is_exact(pair: Pair, key: str, settings: Mapping[str, Any], value: Any) -> bool:
    """Whether our setting alone gives the parameter back."""
    for row in pair.rows:
        if row.dss == key and row.ours in settings:
            try:
                return same_json(row.give(settings[row.ours]), value)
            except ValueError:
                return False
    return False


def same_json(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON; ``1``, ``1.0`` and ``true`` are not."""
    return yaml_text.as_json(one) == yaml_text.as_json(other)


def give(block: Block) -> dict[str, Any]:
    """Return a block as DSS has it."""
    settings = dict(block.settings)
    rest = settings.pop("dss", {})
    if block.type == KEPT:
        params, type = settings.get("params", {}), settings["dss_type"]
    elif pair := _BY_OURS.get(block.type):
        params, type = _params(pair, settings, rest.get("params", {})), pair.dss
    else:
        params, type = settings, block.type
    item = {"type": type, **rest.get("block", {})}
    if params or not rest.get("no_params"):
        item["params"] = params
    return item


def _params(pair: Pair, settings: dict[str, Any], kept: Mapping[str, Any]) -> dict[str, Any]:
    params: dict[str, Any] = dict(kept)
    extra = dict(settings)
    for row in pair.rows:
        if row.ours not in settings:
            continue
        if row.dss in kept and _still(row, kept[row.dss], settings[row.ours]):
            del extra[row.ours]
            continue
        try:
            params[row.dss] = row.give(settings[row.ours])
            del extra[row.ours]
        except ValueError:
            continue  # DSS cannot say it: it goes with the others that are ours alone
    return {**params, EXTRA: extra} if extra else params


def _still(row: Row, kept: Any, setting: Any) -> bool:
    """Whether the setting is still what was made of the parameter: then that one is exported."""
    try:
        return same_json(row.take(kept), setting)
    except ValueError:
        return False
