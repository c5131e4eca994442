"""Web apps in real containers and pods: several replicas, that come back when they are lost."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support import containers, kubernetes, webapps
from support.kubernetes import Namespace
from support.registry import registry
from support.workshop import STOPPED, Workshop, workshop

pytestmark = pytest.mark.timeout(500)

BUILD = f'[build]\nparent = "{containers.PYTHON}"\n'
SECONDS = 240.0


@pytest.fixture
def in_docker(tmp_path: Path) -> Iterator[Workshop]:
    """A daemon whose web apps are containers."""
    containers.require()
    with workshop(tmp_path / "docker", BUILD) as made:
        made.template(webapps.template())
        yield made


@pytest.fixture
def namespace() -> Iterator[Namespace]:
    """Where the pods are."""
    with kubernetes.namespace("cstudio-webapps") as made:
        yield made


@pytest.fixture
def in_cluster(tmp_path: Path, namespace: Namespace) -> Iterator[Workshop]:
    """A daemon whose web apps are pods of that namespace."""
    containers.require()
    with registry(tmp_path) as address:
        settings = (
            f'[containers.test]\nruntime = "kubernetes"\nnamespace = "{namespace.name}"\n'
            f'registry = "{address}/cstudio"\n'
        )
        with workshop(tmp_path / "state", BUILD + settings) as made:
            made.template(webapps.template())
            yield made


@pytest.mark.docker
def test_in_docker(in_docker: Workshop) -> None:
    """Two containers; one is killed from outside, the other serves until it is back."""
    ended = set()

    def lose(replica: Any) -> None:
        ended.add(f"cstudio-{replica.uid}")
        containers.docker("kill", f"cstudio-{replica.uid}")

    webapps.lives(in_docker, "docker", lose, SECONDS)
    uid = in_docker.show("p").uid
    assert in_docker.show("p").state == STOPPED
    names = containers.docker("ps", "-a", "--format", "{{.Names}}").stdout.decode()
    assert not ended & set(names.split()), names
    assert f"cstudio-{uid}" not in names, "the studio itself never ran"


@pytest.mark.cluster
def test_in_a_cluster(in_cluster: Workshop, namespace: Namespace) -> None:
    """Two pods, each with its own prefix; one is deleted, its files come before its programs."""

    def lose(replica: Any) -> None:
        namespace.kubectl("delete", "pod", replica.pod, "--grace-period=0", "--force")

    webapps.lives(in_cluster, "kubernetes", lose, SECONDS)
    assert in_cluster.show("p").state == STOPPED
    left = namespace.kubectl(
        "get", "deploy,secret", "-l", "cstudio/uid", "-o", "name"
    ).stdout.decode()
    assert left == ""
