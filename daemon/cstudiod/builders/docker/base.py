"""The base image: what every studio's image starts from. No IO.

A Debian or Ubuntu with Python, nginx, tini, tar and git, a user `dataiku` with
the id 500 who is not root, and the folders that DSS has. Each template's image
adds the runner as its last layer, so that a new one costs a copy and not all
that the blocks install.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256

from cstudiod.builders.docker.closed import CA_FILE, CONTEXT
from cstudiod.model.blueprints import ContextFile

NAME = "base"
USER_ID = 500
PACKAGES = (
    "ca-certificates", "git", "nginx-light", "procps", "python3", "python3-venv", "tar", "tini",
)  # fmt: skip
RUNNER_FOLDER = "/usr/lib/python3/dist-packages/cstudio_runner"
ENTRYPOINT = ("/usr/bin/tini", "--", "/usr/bin/python3", "-I", "-m", "cstudio_runner")


def dockerfile(parent: str, *, has_mirror: bool, trusts_ca: bool) -> str:
    """Return the base image's Dockerfile.

    Args:
        parent: What it is made from.
        has_mirror: apt is turned to a mirror first (`closed.mirror_files`).
        trusts_ca: apt needs the certificates to reach the mirror.
    """
    trust = [
        f"COPY {CONTEXT}/ca.crt {CA_FILE}",
        f"COPY {CONTEXT}/apt-ca.conf /etc/apt/apt.conf.d/90cstudio-ca",
    ]
    mirror = [
        f"COPY {CONTEXT}/apt-mirror /opt/cstudio/apt-mirror",
        "RUN /opt/cstudio/apt-mirror",
    ]
    lines = [
        f"FROM {parent}",
        "USER root",
        "ENV LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive",
        *(trust if trusts_ca else ()),
        *(mirror if has_mirror else ()),
        "RUN apt-get update \\",
        f"  && apt-get install -y --no-install-recommends {' '.join(PACKAGES)} \\",
        "  && rm -rf /var/lib/apt/lists/*",
        f"RUN groupadd --gid {USER_ID} dataiku \\",
        f"  && useradd --uid {USER_ID} --gid {USER_ID} --create-home --shell /bin/bash dataiku \\",
        "  && install -d -o dataiku -g dataiku /home/dataiku/workspace \\",
        "  && install -d /opt/dataiku /opt/cstudio",
        "USER dataiku",
        "WORKDIR /home/dataiku",
        f"ENTRYPOINT {json.dumps(list(ENTRYPOINT))}",
        "CMD []",
    ]
    return "\n".join(lines) + "\n"


def runner_lines() -> tuple[str, ...]:
    """Return the statements that end every template's Dockerfile."""
    return (f"COPY {CONTEXT}/runner {RUNNER_FOLDER}",)


def content_hash(parent_id: str, platform: str, text: str, files: Sequence[ContextFile]) -> str:
    """Return the hash that the base image's tag has the first 16 digits of.

    Args:
        parent_id: The parent's image id; its name may stand for another one tomorrow.
        platform: ``linux/amd64``; empty: the engine's.
        text: The Dockerfile; its first line names the parent and counts not.
        files: All files of the context.
    """
    inputs = {
        "v": 1,
        "parent": parent_id,
        "platform": platform,
        "dockerfile": text.split("\n")[1:],
        "files": {one.path: [one.executable, sha256(one.content).hexdigest()] for one in files},
    }
    canonical = json.dumps(inputs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()
