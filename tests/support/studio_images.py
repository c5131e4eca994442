"""An image in which the runner is, made of this checkout: what studios of tests run in.

It stands for what `template build` makes, and takes a second: a base of the test
images, the runner's package where Debian's Python finds it, the user, the init.
"""

from __future__ import annotations

import functools
import hashlib
import io
import subprocess
import tarfile
from pathlib import Path

import pytest
from support import containers, kubernetes
from support.kubernetes import CLUSTER, PYTHON

RUNNER = Path(__file__).parents[2] / "daemon" / "cstudio_runner"
DOCKERFILE = f"""\
FROM {PYTHON}
RUN useradd --uid 500 --create-home --shell /bin/sh dataiku \
 && mkdir -p /home/dataiku/workspace /opt/dataiku && chown -R dataiku: /home/dataiku
COPY cstudio_runner /usr/lib/python3/dist-packages/cstudio_runner
USER dataiku
WORKDIR /home/dataiku
ENTRYPOINT ["tini", "-s", "--", "python3", "-m", "cstudio_runner"]
CMD []
"""


@functools.cache
def in_docker() -> str:
    """Return the image's name, built if need be; skips the test without Docker."""
    containers.require()
    context = _context()
    name = f"cstudio-test/runner:{hashlib.sha256(context).hexdigest()[:12]}"
    if containers.docker("image", "inspect", name, check=False).returncode != 0:
        containers.docker(
            "build", "--quiet", "--network", "none", "--tag", name, "-", input=context
        )
    return name


def variant(*lines: str) -> str:
    """Return an image that is made of that one by further lines of a Dockerfile."""
    text = "\n".join((f"FROM {in_docker()}", *lines, ""))
    name = f"cstudio-test/variant:{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    if containers.docker("image", "inspect", name, check=False).returncode != 0:
        containers.docker(
            "build", "--quiet", "--network", "none", "--tag", name, "-", input=text.encode()
        )
    return name


def load(name: str) -> None:
    """Load an image of Docker into the cluster; skips the test where that cannot be done."""
    loaded = subprocess.run([str(CLUSTER / "load-image"), name], capture_output=True, check=False)
    if loaded.returncode != 0:
        pytest.skip(f"{name} cannot be loaded into the cluster: {loaded.stderr.decode().strip()}")


@functools.cache
def in_cluster() -> str:
    """Return the image's name, loaded into the cluster; skips the test without one."""
    kubernetes.require()
    name = in_docker()
    load(name)
    return name


def _context() -> bytes:
    """Return a build context that is equal for equal sources."""
    files = {"Dockerfile": DOCKERFILE.encode()}
    for path in sorted(RUNNER.rglob("*")):
        if path.is_file() and "__pycache__" not in path.parts:
            files[f"cstudio_runner/{path.relative_to(RUNNER)}"] = path.read_bytes()
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(content)
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()
