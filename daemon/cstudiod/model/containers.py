"""Container configurations: where studios run, as the daemon's administrator has set it up.

    [containers.small]
    runtime = "kubernetes"
    namespace = "studios"
    registry = "registry.example.com/cstudio"
    pull_secret = "regcred"

Several may be named; a studio, a template or `default = true` chooses one.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from cstudiod.errors import UsageError
from cstudiod.model.templates import RuntimeKind

PULL_POLICIES = ("Always", "IfNotPresent", "Never")


@dataclass(frozen=True, kw_only=True)
class ContainerConfiguration:
    """One ``[containers.NAME]``."""

    name: str
    runtime: RuntimeKind = RuntimeKind.KUBERNETES
    default: bool = False
    """Used when nobody names one."""
    kubeconfig: str = ""
    """File, or list of files; empty: KUBECONFIG, the home folder's, or the pod's own account."""
    context: str = ""
    namespace: str = ""
    """Of all its studios; empty: the context's."""
    create_namespace: bool = False
    """Make the namespace when it is missing; else its absence is an error."""
    registry: str = ""
    """``HOST[:PORT]/PATH`` that images are pushed to and pulled from; empty: none is needed."""
    pull_secret: str = ""
    pull_policy: str = "IfNotPresent"
    service_account: str = ""
    """Of studios whose template names none."""
    node_selector: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    annotations: Mapping[str, str] = field(default_factory=dict)
    cpu_request: str = ""
    cpu_limit: str = ""
    memory_request: str = ""
    memory_limit: str = ""
    """Resources of studios whose template names none."""
    unschedulable_minutes: float = 2.0
    """How long a pod may find no node before its start ends; autoscalers need longer."""


def parse(tables: Mapping[str, Any]) -> Mapping[str, ContainerConfiguration]:
    """Return the configurations under ``[containers]``.

    Raises:
        UsageError: everything that is wrong, at once.
    """
    problems: list[str] = []
    found = {name: _one(name, table, problems) for name, table in tables.items()}
    if sum(one.default for one in found.values()) > 1:
        problems.append("several of [containers] have `default = true`")
    if problems:
        raise UsageError(
            "the container configurations are not valid: " + "; ".join(problems),
            next="edit config.toml",
        )
    return found


def chosen(
    configurations: Mapping[str, ContainerConfiguration], kind: RuntimeKind, name: str = ""
) -> ContainerConfiguration:
    """Return the named configuration, else the default one of `kind`, else an empty one.

    Raises:
        UsageError: there is none of that name, or it is for another runtime.
    """
    if name:
        one = configurations.get(name)
        if one is None:
            near = difflib.get_close_matches(name, configurations, 1)
            hint = f"did you mean `{near[0]}`?" if near else "add it to config.toml"
            raise UsageError(f"there is no container configuration `{name}`", next=hint)
        if one.runtime is not kind:
            raise UsageError(
                f"the container configuration `{name}` is for {one.runtime.value}, not {kind.value}"
            )
        return one
    of_kind = [one for one in configurations.values() if one.runtime is kind]
    default = next((one for one in of_kind if one.default), None)
    if default is None and len(of_kind) == 1:
        default = of_kind[0]
    return default or ContainerConfiguration(name="", runtime=kind)


def pushed_to(configurations: Mapping[str, ContainerConfiguration], registry: str) -> str:
    """Return where images are pushed when nobody says where: `registry`, else the only one.

    Raises:
        UsageError: none is configured, or several are.
    """
    known = sorted({one.registry for one in configurations.values() if one.registry})
    if registry or len(known) == 1:
        return registry or known[0]
    if known:
        raise UsageError(
            f"several registries are configured: {', '.join(known)}",
            next="say which one with `registry` in [build] of config.toml",
        )
    raise UsageError(
        "there is no registry to push to",
        next="set `registry` in [build], or in a [containers.NAME], of config.toml",
    )


def _one(name: str, table: object, problems: list[str]) -> ContainerConfiguration:
    where = f"[containers.{name}]"
    if not isinstance(table, Mapping):
        problems.append(f"{where} is no table")
        return ContainerConfiguration(name=name)
    values = dict(table)
    kind = _kind(where, str(values.pop("runtime", "kubernetes")), problems)
    known = {item.name: item for item in fields(ContainerConfiguration)}
    taken: dict[str, Any] = {}
    for key, value in values.items():
        if key not in known or key in ("name", "runtime"):
            near = difflib.get_close_matches(key, known, 1)
            problems.append(
                f"{where} has an unknown key `{key}`"
                + (f": did you mean `{near[0]}`?" if near else "")
            )
        elif fault := _misfit(key, value):
            problems.append(f"{where} `{key}` {fault}")
        else:
            taken[key] = value
    return ContainerConfiguration(name=name, runtime=kind, **taken)


def _kind(where: str, word: str, problems: list[str]) -> RuntimeKind:
    if word in (RuntimeKind.KUBERNETES.value, RuntimeKind.DOCKER.value):
        return RuntimeKind(word)
    problems.append(f"{where} `runtime` is neither kubernetes nor docker: {word}")
    return RuntimeKind.KUBERNETES


def _misfit(key: str, value: object) -> str:
    """Return what is wrong with a value; empty: nothing."""
    if key in ("default", "create_namespace"):
        return "" if isinstance(value, bool) else "must be true or false"
    if key == "unschedulable_minutes":
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        return "" if is_number and value >= 0 else "must be a number of minutes"  # type: ignore[operator]
    if key in ("node_selector", "labels", "annotations"):
        fits = isinstance(value, Mapping) and all(isinstance(one, str) for one in value.values())
        return "" if fits else "must be a table of texts"
    if not isinstance(value, str):
        return "must be a text"
    if key == "pull_policy" and value not in PULL_POLICIES:
        return f"must be one of {', '.join(PULL_POLICIES)}"
    return ""
