"""What a studio's container is made with."""

from __future__ import annotations

import io
import tarfile

import pytest
from cstudiod.model.blueprints import KubernetesSettings, Resources, Volume
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import Spawn
from cstudiod.model.templates import RuntimeKind
from cstudiod.runtimes.docker import settings

CONFIGURATION = ContainerConfiguration(
    name="", runtime=RuntimeKind.DOCKER, memory_limit="2Gi", cpu_limit="2", labels={"team": "a"}
)
SPAWN = Spawn(
    uid="abcdefgh",
    project="P",
    studio="lab",
    owner="me",
    image="sha256:1",
    launch='{"version":1}',
    environment={"B": "2"},
    hash="h1",
    kubernetes=KubernetesSettings(
        resources=Resources(memory_limit="64Mi", cpu_request="500m"),
        volumes=(Volume(name="data", path="/data"),),
        start_minutes=2,
    ),
)


def test_a_container() -> None:
    """All of it, as Docker gets it."""
    assert settings.container(SPAWN, CONFIGURATION, "i1") == {
        "Image": "sha256:1",
        "Hostname": "cstudio-abcdefgh",
        "Env": [
            "B=2",
            "CSTUDIO_LAUNCH=/run/cstudio/launch.json",
            "K8S_NODE_NAME=docker",
            "K8S_POD_ID=abcdefgh",
            "K8S_POD_NAME=cstudio-abcdefgh",
            "K8S_POD_NAMESPACE=docker",
        ],
        "Labels": {
            "team": "a",
            "io.cstudio.uid": "abcdefgh",
            "io.cstudio.hash": "h1",
            "io.cstudio.install": "i1",
            "io.cstudio.project": "P",
            "io.cstudio.studio": "lab",
            "io.cstudio.owner": "me",
            "io.cstudio.start-seconds": "120",
            "io.cstudio.total-seconds": "720.0",
            "io.cstudio.memory-limit": "64Mi",
        },
        "HostConfig": {
            "RestartPolicy": {"Name": "no"},
            "LogConfig": {"Type": "json-file", "Config": {"max-size": "8m", "max-file": "2"}},
            "Mounts": [
                {
                    "Type": "volume",
                    "Source": "cstudio-abcdefgh-data",
                    "Target": "/data",
                    "VolumeOptions": {"Labels": {"io.cstudio.uid": "abcdefgh"}},
                }
            ],
            "Memory": 64 * 2**20,
            "MemorySwap": 64 * 2**20,
            "NanoCpus": 2 * 10**9,
            "CpuShares": 512,
        },
    }


def test_what_is_unpacked_before_the_start() -> None:
    """The volumes' folders, which become the user's, and the launch document, for nobody else."""
    with tarfile.open(fileobj=io.BytesIO(settings.files(SPAWN))) as archive:
        found = [(one.name, one.isdir(), one.uid, one.gid, one.mode) for one in archive]
        document = archive.extractfile("run/cstudio/launch.json")
        assert document is not None
        assert document.read().decode() == SPAWN.launch
    launch = ("run/cstudio/launch.json", False, 500, 500, 0o400)
    assert found == [("data", True, 500, 500, 0o755), launch]


def test_a_limit_that_is_no_quantity_is_refused() -> None:
    """Rather than taken for none."""
    wrong = ContainerConfiguration(name="", runtime=RuntimeKind.DOCKER, memory_request="lots")
    with pytest.raises(ValueError, match="lots"):
        settings.container(SPAWN, wrong, "i1")
