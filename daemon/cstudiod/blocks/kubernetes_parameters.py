"""Kubernetes parameters: readiness, more ports, and what the studio's pod asks for.

Forms of names, labels and tolerations: documentation of Kubernetes, "Object names",
"Labels and selectors", "Annotations", "Taints and tolerations".
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, StringConstraints

from cstudiod.blocks.entrypoint import Expose
from cstudiod.blocks.kinds import Contribution, Kind, Probe, Scene, Trouble
from cstudiod.blocks.settings import WORKSPACE, NonEmpty, Quantity, Settings, Strict, Text, amount
from cstudiod.model.blueprints import (
    ExposedPort,
    KubernetesSettings,
    Resources,
    Volume,
)

_LABEL = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?\Z")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*\Z")
_HEADER = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+\Z")
_OURS = ("/", "/opt/dataiku", "/home/dataiku", "/tmp", "/run", "/proc", "/sys", "/dev")
_ALL_OURS = ("/proc/", "/sys/", "/dev/", "/run/cstudio/")
_OUR_VOLUME = "cstudio-launch"
DnsLabel = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]


class Amounts(Strict):
    """CPU and memory."""

    cpu: Quantity = ""
    memory: Quantity = ""


class Toleration(Strict):
    """A taint of nodes on which the studio may run all the same."""

    key: str = ""
    operator: Literal["Equal", "Exists"] = "Equal"
    value: Text = ""
    effect: Literal["", "NoSchedule", "PreferNoSchedule", "NoExecute"] = ""


class KeptVolume(Strict):
    """Storage that outlives the studio's pod."""

    name: DnsLabel
    path: NonEmpty = Field(description="Absolute, in the container.")
    size: Quantity = "1Gi"
    storage_class: str = ""


class KubernetesParameters(Settings):
    """How the studio's container is run and when it counts as started."""

    tcp_readiness: bool = Field(default=True, description="Ready when every port listens.")
    http_readiness: bool = Field(
        default=False, description="Ready when the readiness URL answers, for Kubernetes too."
    )
    readiness_url: str = Field(
        default="",
        description="http://localhost:8888${baseUrlPort8888}/api; IDE blocks have their own.",
    )
    readiness_headers: dict[str, str] = Field(default_factory=dict)
    ports: tuple[Expose, ...] = Field(default=(), description="Besides those of entrypoints.")
    labels: dict[str, Text] = Field(default_factory=dict)
    annotations: dict[str, Text] = Field(default_factory=dict)
    initial_sync_timeout: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=10.0, description="Minutes."
    )
    start_timeout: Annotated[float, Field(gt=0, le=1440)] = Field(
        default=10.0, description="Minutes until it must be ready."
    )
    requests: Amounts = Amounts()
    limits: Amounts = Amounts()
    node_selector: dict[str, Text] = Field(default_factory=dict)
    tolerations: tuple[Toleration, ...] = ()
    service_account: str = ""
    volumes: tuple[KeptVolume, ...] = ()


def _contribute(settings: KubernetesParameters, scene: Scene) -> Contribution:
    return Contribution(
        ports=tuple(_port(one, scene) for one in settings.ports),
        port_fields={one.port: f"ports[{at}].port" for at, one in enumerate(settings.ports)},
        readiness_url=settings.readiness_url,
        probe=Probe(
            tcp=settings.tcp_readiness,
            http=settings.http_readiness,
            headers=settings.readiness_headers,
        ),
        kubernetes=_kubernetes(settings),
        faults=tuple(_troubles(settings)),
    )


def _port(one: Expose, scene: Scene) -> ExposedPort:
    return ExposedPort(
        port=one.port,
        label=one.label,
        html=one.html,
        written_subpath=one.subpath,
        block=scene.block,
    )


def _kubernetes(settings: KubernetesParameters) -> KubernetesSettings:
    return KubernetesSettings(
        labels=settings.labels,
        annotations=settings.annotations,
        resources=Resources(
            cpu_request=settings.requests.cpu,
            cpu_limit=settings.limits.cpu,
            memory_request=settings.requests.memory,
            memory_limit=settings.limits.memory,
        ),
        node_selector=settings.node_selector,
        tolerations=tuple(_toleration(one) for one in settings.tolerations),
        service_account=settings.service_account,
        volumes=tuple(
            Volume(name=one.name, path=one.path, size=one.size, storage_class=one.storage_class)
            for one in settings.volumes
        ),
        initial_sync_minutes=settings.initial_sync_timeout,
        start_minutes=settings.start_timeout,
    )


def _toleration(one: Toleration) -> Mapping[str, str]:
    """Return it as a pod's specification has it, without what is empty."""
    given = {"key": one.key, "operator": one.operator, "value": one.value, "effect": one.effect}
    return {key: value for key, value in given.items() if value}


def _troubles(settings: KubernetesParameters) -> Iterator[Trouble]:
    for field in ("labels", "node_selector"):
        yield from _labels(getattr(settings, field), field)
    for name in settings.annotations:
        if message := key_trouble(name):
            yield Trouble(message=message, field=f"annotations.{name}")
    for name, value in settings.readiness_headers.items():
        if not _HEADER.match(name) or "\n" in value or "\r" in value:
            yield Trouble(message="is no HTTP header", field=f"readiness_headers.{name}")
    account = settings.service_account
    if account and not (_DOMAIN.match(account) and len(account) <= 253):
        yield Trouble(message=f"`{account}` is no name of an account", field="service_account")
    yield from _amounts(settings)
    for at, one in enumerate(settings.tolerations):
        yield from _toleration_troubles(one, f"tolerations[{at}]")
    yield from _volumes(settings.volumes)


def _labels(labels: Mapping[str, str], field: str) -> Iterator[Trouble]:
    for name, value in labels.items():
        if message := key_trouble(name):
            yield Trouble(message=message, field=f"{field}.{name}")
        if value and not _LABEL.match(value):
            yield Trouble(
                message=f"`{value}` is no label's value: 63 of letters, digits, `-`, `_`, `.`",
                field=f"{field}.{name}",
            )


def key_trouble(key: str) -> str:
    """Return why a key of a label or an annotation is none, or nothing."""
    prefix, slash, name = key.rpartition("/")
    if slash and not (_DOMAIN.match(prefix) and len(prefix) <= 253):
        return f"`{prefix}` is no domain, which stands before the `/` of a key"
    if not _LABEL.match(name):
        return f"`{name}` is no key: 63 of letters, digits, `-`, `_`, `.`"
    if re.match(r"(.*\.)?(kubernetes|k8s)\.io\Z", prefix):
        return f"`{prefix}` is Kubernetes' own"
    return ""


def _amounts(settings: KubernetesParameters) -> Iterator[Trouble]:
    for name in ("cpu", "memory"):
        request, limit = getattr(settings.requests, name), getattr(settings.limits, name)
        if request and limit and amount(request) > amount(limit):
            message = f"asks for {request}, more than its limit, {limit}"
            yield Trouble(message=message, field=f"requests.{name}")
        for field, value in (("requests", request), ("limits", limit)):
            if name == "memory" and value and amount(value) < 1 << 20:
                message = (
                    f"`{value}` is less than a megabyte; did you mean `{value.rstrip('m')}Mi`?"
                )
                yield Trouble(message=message, field=f"{field}.memory")


def _toleration_troubles(one: Toleration, field: str) -> Iterator[Trouble]:
    if one.operator == "Exists" and one.value:
        yield Trouble(message="`Exists` has no value", field=f"{field}.value")
    if one.operator == "Equal" and not one.key:
        yield Trouble(message="`key` is missing", field=f"{field}.key")
    elif one.key and (message := key_trouble(one.key)) and "own" not in message:
        yield Trouble(message=message, field=f"{field}.key")
    if one.value and not _LABEL.match(one.value):
        yield Trouble(message=f"`{one.value}` is no value of a taint", field=f"{field}.value")


def _volumes(volumes: tuple[KeptVolume, ...]) -> Iterator[Trouble]:
    names: set[str] = set()
    paths: set[str] = set()
    for at, one in enumerate(volumes):
        path = posixpath.normpath(one.path)
        if message := _path_trouble(one.path, path):
            yield Trouble(message=message, field=f"volumes[{at}].path")
        if one.name == _OUR_VOLUME:
            yield Trouble(message=f"`{one.name}` is cstudio's own", field=f"volumes[{at}].name")
        if one.name in names:
            yield Trouble(message=f"there are two `{one.name}`", field=f"volumes[{at}].name")
        if path in paths:
            yield Trouble(message=f"`{path}` is another's place", field=f"volumes[{at}].path")
        names.add(one.name)
        paths.add(path)


def _path_trouble(written: str, path: str) -> str:
    if not written.startswith("/") or ".." in written.split("/") or ":" in written:
        return f"`{written}` is no absolute path in the container"
    if path in _OURS or f"{path}/".startswith(_ALL_OURS):
        return f"`{path}` is needed as it is"
    if path == WORKSPACE or path.startswith(f"{WORKSPACE}/"):
        return f"`{path}` is in the workspace, whose files are kept by file_synchronization"
    return ""


KIND = Kind(
    title="Kubernetes parameters",
    settings=KubernetesParameters,
    contribute=_contribute,
    unique=True,
)
