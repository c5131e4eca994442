"""What this machine has: Docker, a cluster, other Pythons."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from pathlib import Path

from stages import checkout

PYTHONS = tuple(f"python3.{minor}" for minor in range(8, 16))
PROBE_SECONDS = 20

DOCKER_PROBE = """
import docker
client = docker.from_env(timeout=10)
client.ping()
client.close()
"""
CLUSTER_PROBE = """
import kubernetes
kubernetes.config.load_kube_config()
kubernetes.client.VersionApi().get_code(_request_timeout=10)
"""


def docker_missing(python: Path) -> str:
    """Return why Docker cannot be used, or nothing when it can."""
    said = _probe(python, DOCKER_PROBE)
    return f"no Docker daemon answers ({said})" if said else ""


def cluster_missing(python: Path) -> str:
    """Return why no cluster can be used, or nothing when one can."""
    if not kubeconfig():
        return "no cluster: KUBECONFIG is not set, and `tests/cluster/setup` has not run"
    said = _probe(python, CLUSTER_PROBE)
    return f"the cluster of {kubeconfig()} does not answer ({said})" if said else ""


def kubeconfig() -> str:
    """Return the kubeconfig to test with: the caller's, or our own cluster's."""
    if given := os.environ.get("KUBECONFIG"):
        return given
    run = os.environ.get("CSTUDIO_CLUSTER_DIR", "/var/lib/cstudio-test-cluster")
    ours = Path(run, "kubeconfig")
    return str(ours) if os.access(ours, os.R_OK) else ""


@functools.cache
def pythons() -> list[str]:
    """Return the absolute paths of every Python that pod code may meet, oldest first."""
    found = (_python(name) for name in PYTHONS)
    return [path for path in found if path]


def _python(name: str) -> str:
    """Return a Python that works: from PATH, or one that pyenv keeps."""
    versions = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv", "versions")
    kept = sorted(versions.glob(f"{name.removeprefix('python')}.*/bin/{name}"))
    candidates = [shutil.which(name), *map(str, kept)]
    return next((path for path in candidates if path and _runs(path)), "")


def _runs(python: str) -> bool:
    done = subprocess.run([python, "-c", ""], check=False, capture_output=True)
    return done.returncode == 0


def _probe(python: Path, script: str) -> str:
    """Run a probe and return the last line of its complaint."""
    env = {**os.environ, "KUBECONFIG": kubeconfig()}
    try:
        done = subprocess.run(
            [str(python), "-c", script],
            check=False,
            cwd=checkout.ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {PROBE_SECONDS} s"
    return "" if done.returncode == 0 else done.stderr.strip().rpartition("\n")[2][:160]
