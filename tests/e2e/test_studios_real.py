"""The studios that people begin with, built from the example templates, in Docker and a cluster."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support import containers, kubernetes
from support.real_studios import CHECKS, lives
from support.workshop import Workshop, workshop

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

BUILD = f'[build]\nparent = "{containers.PYTHON}"\n'
STEMS = sorted(CHECKS)


@pytest.fixture(scope="module")
def in_docker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workshop]:
    """A daemon whose studios are containers."""
    containers.require()
    with workshop(tmp_path_factory.mktemp("docker"), BUILD) as made:
        yield made


@pytest.fixture(scope="module")
def in_cluster(tmp_path_factory: pytest.TempPathFactory, image_registry: str) -> Iterator[Workshop]:
    """A daemon whose studios are pods; their images come from a registry of this machine."""
    containers.require()
    folder = tmp_path_factory.mktemp("cluster")
    with (
        kubernetes.namespace("cstudio-real") as namespace,
        workshop(folder, BUILD + _cluster(namespace.name, image_registry)) as made,
    ):
        yield made


def _cluster(namespace: str, address: str) -> str:
    return (
        f'[containers.test]\nruntime = "kubernetes"\nnamespace = "{namespace}"\n'
        f'registry = "{address}/cstudio"\n'
    )


@pytest.mark.docker
@pytest.mark.parametrize("stem", STEMS)
def test_in_docker(in_docker: Workshop, stem: str) -> None:
    """From the template to a page, files both ways, an action, a stop and a start."""
    lives(in_docker, stem, f"d{stem.replace('-', '')}", "docker")


@pytest.mark.cluster
@pytest.mark.parametrize("stem", STEMS)
def test_in_a_cluster(in_cluster: Workshop, stem: str) -> None:
    """The same, in a pod."""
    lives(in_cluster, stem, f"k{stem.replace('-', '')}", "kubernetes")
