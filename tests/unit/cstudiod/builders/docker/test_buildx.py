"""The command line of buildx."""

from __future__ import annotations

import io

from cstudiod.builders.docker.buildx import arguments
from cstudiod.builders.docker.engine import Request


def test_nothing_secret_is_in_the_command_line() -> None:
    """Values of arguments go by the environment, pip's settings by a file."""
    request = Request(
        context=io.BytesIO(), reference="cstudio/x:1", labels={"a": "b"},
        args={"http_proxy": "http://me:s3cret@p"}, network="host", platform="linux/arm64",
        no_cache=True,
    )  # fmt: skip
    assert arguments(request, "/run/pip.conf") == [
        "docker", "buildx", "build", "--progress=plain", "--load", "--tag", "cstudio/x:1",
        "--label=a=b", "--build-arg=http_proxy", "--network=host", "--allow=network.host",
        "--platform=linux/arm64", "--no-cache", "--secret=id=cstudio-pip,src=/run/pip.conf", "-",
    ]  # fmt: skip


def test_what_is_not_asked_for_is_left_to_docker() -> None:
    """The default network, platform and cache."""
    request = Request(context=io.BytesIO(), reference="x", labels={}, args={})
    assert arguments(request, "") == [
        "docker", "buildx", "build", "--progress=plain", "--load", "--tag", "x", "-",
    ]  # fmt: skip
