"""What a studio's container is made with; pure.

Restart policy: none. The runner restarts servers by itself; when the runner is
gone, or the machine was restarted, the daemon starts the same container again, with
the files that it has, and is the one who knows how often that happened. Docker
would do it behind its back, and hide a loop.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Mapping
from typing import Any

from cstudiod.model import quantities, runner_reports
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import LAUNCH_FILE, Spawn

LABEL = "io.cstudio."
UID, HASH, INSTALL = f"{LABEL}uid", f"{LABEL}hash", f"{LABEL}install"
START_SECONDS, TOTAL_SECONDS = f"{LABEL}start-seconds", f"{LABEL}total-seconds"
MEMORY = f"{LABEL}memory-limit"
NANO = 1_000_000_000
USER = 500
"""`dataiku` in our images."""


def name(uid: str) -> str:
    """Return the container's name."""
    return f"cstudio-{uid}"


def volume_name(uid: str, volume: str) -> str:
    """Return the name of a volume that outlives restarts."""
    return f"cstudio-{uid}-{volume}"


def labels(spawn: Spawn, configuration: ContainerConfiguration, install: str) -> dict[str, str]:
    """Return what tells whose container it is."""
    allowed = runner_reports.limits(spawn.kubernetes)
    return {
        **configuration.labels,
        **spawn.kubernetes.labels,
        UID: spawn.uid,
        HASH: spawn.hash,
        INSTALL: install,
        f"{LABEL}project": spawn.project,
        f"{LABEL}studio": spawn.studio,
        f"{LABEL}owner": spawn.owner,
        START_SECONDS: str(allowed.start_seconds),
        TOTAL_SECONDS: str(allowed.total_seconds),
        MEMORY: limits(spawn, configuration).get("memory_limit", ""),
    }


def limits(spawn: Spawn, configuration: ContainerConfiguration) -> dict[str, str]:
    """Return the template's resources, else the configuration's; quantities."""
    asked = spawn.kubernetes.resources
    return {
        key: getattr(asked, key) or getattr(configuration, key)
        for key in ("cpu_request", "cpu_limit", "memory_request", "memory_limit")
    }


def container(
    spawn: Spawn, configuration: ContainerConfiguration, install: str
) -> Mapping[str, Any]:
    """Return the body of Docker's "create a container".

    The command is the image's own: it starts the runner under an init.

    Raises:
        ValueError: a limit is no quantity.
    """
    environment = {
        "K8S_POD_NAME": name(spawn.uid),
        "K8S_POD_ID": spawn.uid,
        "K8S_POD_NAMESPACE": "docker",
        "K8S_NODE_NAME": "docker",
        **spawn.environment,
        "CSTUDIO_LAUNCH": LAUNCH_FILE,
    }
    return {
        "Image": spawn.image,
        "Hostname": name(spawn.uid),
        "Env": [f"{key}={value}" for key, value in sorted(environment.items())],
        "Labels": labels(spawn, configuration, install),
        "HostConfig": _host_config(spawn, limits(spawn, configuration)),
    }


def files(spawn: Spawn) -> bytes:
    """Return what is unpacked at the root of the container before it starts, as a tar archive.

    The launch document, for the user's eyes only, since it may hold secrets. And the
    volumes' folders: a new volume is root's; the folder's own entry changes that, and
    leaves what is in it alone.
    """
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for volume in spawn.kubernetes.volumes:
            entry = _entry(volume.path, 0o755)
            entry.type = tarfile.DIRTYPE
            archive.addfile(entry)
        content = spawn.launch.encode()
        entry = _entry(LAUNCH_FILE, 0o400)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _entry(path: str, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.strip("/"))
    entry.mode = mode
    entry.uid = entry.gid = USER
    return entry


def _host_config(spawn: Spawn, asked: Mapping[str, str]) -> dict[str, Any]:
    made: dict[str, Any] = {
        "RestartPolicy": {"Name": "no"},
        "LogConfig": {"Type": "json-file", "Config": {"max-size": "8m", "max-file": "2"}},
        "Mounts": [
            {
                "Type": "volume",
                "Source": volume_name(spawn.uid, volume.name),
                "Target": volume.path,
                "VolumeOptions": {"Labels": {UID: spawn.uid}},
            }
            for volume in spawn.kubernetes.volumes
        ],
    }
    if asked["memory_limit"]:
        memory = int(quantities.number(asked["memory_limit"]))
        made |= {"Memory": memory, "MemorySwap": memory}  # equal: no swap beside it
    if asked["memory_request"]:
        made["MemoryReservation"] = int(quantities.number(asked["memory_request"]))
    if asked["cpu_limit"]:
        made["NanoCpus"] = int(quantities.number(asked["cpu_limit"]) * NANO)
    if asked["cpu_request"]:
        made["CpuShares"] = max(2, int(quantities.number(asked["cpu_request"]) * 1024))
    return made
