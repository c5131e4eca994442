"""A real cluster for tests: a namespace of one's own, and pods made of the test images.

    with kubernetes.namespace() as ns:
        ns.run_pod("api", volumes=[Volume("/data")])
        ns.exec("api", "ls", "/data").stdout
        ns.run_deployment("web", replicas=2)

Everything goes through `kubectl`, so that what is checked shares no code with
what is tested. `KUBECONFIG` says which cluster; without one the test is skipped
with the reason. Calls block: in a test that also runs an engine on the same
event loop, call them with `asyncio.to_thread`.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import subprocess
import time
import urllib.parse
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

PYTHON, PYTHON38, NONROOT, BAKED, BUSYBOX, NOSHELL = (
    f"cstudio-test/{name}:1"
    for name in ("python", "python38", "nonroot", "baked", "busybox", "noshell")
)
SLEEP = ("sh", "-c", "trap 'exit 0' TERM INT; sleep infinity & wait")
"""A main process that does nothing, and ends at once when it is told to."""
CLUSTER = Path(__file__).parents[1] / "cluster"
READY_SECONDS = 90.0


@functools.cache
def _why_not() -> str:
    """Return why there is no cluster to use; empty when there is one."""
    if not os.environ.get("KUBECONFIG"):
        return "no Kubernetes cluster: KUBECONFIG is not set (tests/cluster/setup makes one)"
    try:
        answer = kubectl("get", "--raw", "/readyz", check=False, timeout=15)
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"no Kubernetes cluster: {error}"
    return "" if answer.returncode == 0 else f"no Kubernetes cluster: {answer.stderr.decode()}"


def require() -> None:
    """Skip the test, with the reason, when there is no cluster."""
    if why := _why_not():
        pytest.skip(why)


def kubectl(
    *args: str, input: bytes | None = None, check: bool = True, timeout: float = 120
) -> subprocess.CompletedProcess[bytes]:
    """Run kubectl, and raise with what it said when it fails."""
    program = shutil.which("kubectl") or str(CLUSTER / "kubectl")
    done = subprocess.run([program, *args], input=input, capture_output=True, timeout=timeout)
    if check and done.returncode != 0:
        raise AssertionError(f"kubectl {' '.join(args)}: {done.stderr.decode('utf-8', 'replace')}")
    return done


@dataclass(frozen=True)
class Volume:
    """A volume and where it is mounted."""

    mount: str
    kind: str = "emptyDir"
    """``emptyDir``, ``tmpfs`` (an emptyDir in memory) or ``hostPath``."""
    size: str = ""
    """A limit, such as ``8Mi``; the kernel keeps it for tmpfs on newer clusters only."""
    path: str = ""
    """The folder on the node, for hostPath."""
    read_only: bool = False

    def source(self) -> dict[str, Any]:
        """Return the pod's part of it."""
        if self.kind == "hostPath":
            return {"hostPath": {"path": self.path, "type": "DirectoryOrCreate"}}
        empty: dict[str, Any] = {"medium": "Memory"} if self.kind == "tmpfs" else {}
        return {"emptyDir": empty | ({"sizeLimit": self.size} if self.size else {})}


@dataclass(frozen=True)
class Extra:
    """A further container of a pod."""

    name: str
    image: str = PYTHON
    command: Sequence[str] | None = SLEEP
    is_init: bool = False


def pod_spec(
    image: str = PYTHON,
    *,
    command: Sequence[str] | None = SLEEP,
    container: str = "app",
    volumes: Sequence[Volume] = (),
    extra: Sequence[Extra] = (),
    user: int | None = None,
    read_only_root: bool = False,
    restart: str = "Always",
    grace_seconds: int = 1,
    env: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return a pod's spec; the volumes are mounted in every container."""
    mounts = [
        {"name": f"v{number}", "mountPath": volume.mount, "readOnly": volume.read_only}
        for number, volume in enumerate(volumes)
    ]

    def one(name: str, image: str, command: Sequence[str] | None) -> dict[str, Any]:
        made: dict[str, Any] = {
            "name": name,
            "image": image,
            "imagePullPolicy": "IfNotPresent",
            "volumeMounts": mounts,
            "env": [{"name": key, "value": value} for key, value in (env or {}).items()],
        }
        if command is not None and image != NOSHELL:
            made["command"] = list(command)
        security: dict[str, Any] = {"runAsUser": user} if user is not None else {}
        if read_only_root:
            security["readOnlyRootFilesystem"] = True
        return made | ({"securityContext": security} if security else {})

    return {
        "terminationGracePeriodSeconds": grace_seconds,
        "automountServiceAccountToken": False,
        "restartPolicy": restart,
        "containers": [
            one(container, image, command),
            *(one(item.name, item.image, item.command) for item in extra if not item.is_init),
        ],
        "initContainers": [
            one(item.name, item.image, item.command) for item in extra if item.is_init
        ],
        "volumes": [
            {"name": f"v{number}", **volume.source()} for number, volume in enumerate(volumes)
        ],
    }


class Namespace:
    """A namespace, and what a test does in it."""

    def __init__(self, name: str) -> None:
        self.name = name

    def kubectl(
        self, *args: str, input: bytes | None = None, check: bool = True, timeout: float = 120
    ) -> subprocess.CompletedProcess[bytes]:
        """Run kubectl in this namespace."""
        return kubectl("-n", self.name, *args, input=input, check=check, timeout=timeout)

    def apply(self, *manifests: Mapping[str, Any]) -> None:
        """Create or change objects."""
        items = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self.kubectl("apply", "-f", "-", input=json.dumps(items).encode())

    def run_pod(
        self,
        name: str,
        image: str = PYTHON,
        *,
        wait: bool = True,
        annotations: Mapping[str, str] | None = None,
        **spec: Any,
    ) -> str:
        """Make a pod, wait until it runs, and return its name; `spec` as in `pod_spec`."""
        meta = {"name": name, "labels": {"app": name}, "annotations": dict(annotations or {})}
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": meta,
            "spec": pod_spec(image, **spec),
        }
        self.apply(body)
        if wait:
            self.wait_ready(name)
        return name

    def run_deployment(
        self, name: str, image: str = PYTHON, *, replicas: int = 1, wait: bool = True, **spec: Any
    ) -> list[str]:
        """Make a deployment, and return its pods' names once they run."""
        return self._run_workload("Deployment", name, image, replicas, wait, spec)

    def run_statefulset(
        self, name: str, image: str = PYTHON, *, replicas: int = 1, wait: bool = True, **spec: Any
    ) -> list[str]:
        """Make a stateful set, and return its pods' names once they run."""
        return self._run_workload("StatefulSet", name, image, replicas, wait, spec)

    def _run_workload(
        self, kind: str, name: str, image: str, replicas: int, wait: bool, spec: Mapping[str, Any]
    ) -> list[str]:
        labels = {"app": name}
        body: dict[str, Any] = {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": pod_spec(image, **spec)},
        }
        if kind == "StatefulSet":
            body |= {"serviceName": name, "podManagementPolicy": "Parallel"}
        meta = {"name": name, "labels": labels}
        self.apply({"apiVersion": "apps/v1", "kind": kind, "metadata": meta, "spec": body})
        return self.wait_pods(name, replicas) if wait else []

    def get(self, kind: str, name: str) -> dict[str, Any]:
        """Return an object."""
        found: dict[str, Any] = json.loads(self.kubectl("get", kind, name, "-o", "json").stdout)
        return found

    def pods(self, app: str) -> list[dict[str, Any]]:
        """Return the pods with the label ``app``, except those being deleted."""
        out = self.kubectl("get", "pods", "-l", f"app={app}", "-o", "json").stdout
        items: list[dict[str, Any]] = json.loads(out)["items"]
        return [item for item in items if not item["metadata"].get("deletionTimestamp")]

    def wait_ready(self, pod: str, seconds: float = READY_SECONDS) -> None:
        """Wait until a pod is ready."""
        self.kubectl(
            "wait", f"pod/{pod}", "--for=condition=Ready", f"--timeout={seconds:.0f}s",
            timeout=seconds + 30,
        )  # fmt: skip

    def wait_pods(self, app: str, count: int, seconds: float = READY_SECONDS) -> list[str]:
        """Wait until so many pods of a workload are ready, and return their names."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            pods = self.pods(app)
            if len(pods) == count and all(_is_ready(pod) for pod in pods):
                return sorted(pod["metadata"]["name"] for pod in pods)
            time.sleep(0.2)
        raise AssertionError(f"{app} did not come to {count} ready pods: {self.describe(app)}")

    def describe(self, app: str) -> str:
        """Return what kubectl says about pods, for a failed assertion."""
        return self.kubectl("describe", "pods", "-l", f"app={app}", check=False).stdout.decode()

    def exec(
        self,
        pod: str,
        *argv: str,
        container: str = "",
        input: bytes | None = None,
        check: bool = True,
        timeout: float = 120,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command in a pod, through kubectl."""
        flags = (["-i"] if input is not None else []) + (["-c", container] if container else [])
        return self.kubectl(
            "exec", *flags, pod, "--", *argv, input=input, check=check, timeout=timeout
        )

    def sh(self, pod: str, script: str, *, container: str = "") -> str:
        """Run a shell script in a pod and return what it prints."""
        return self.exec(pod, "sh", "-c", script, container=container).stdout.decode()

    def is_running(self, pod: str, marker: str, *, container: str = "") -> bool:
        """Tell whether a process in the container has `marker` in its command line."""
        script = "cat /proc/[0-9]*/cmdline 2>/dev/null; :"
        found = self.exec(pod, "sh", "-c", script, container=container)
        return marker.encode() in found.stdout

    def restart_container(self, pod: str, *, container: str = "") -> None:
        """End the main process, and wait until the kubelet has started another one."""
        before = self.restarts(pod)
        self.exec(pod, "sh", "-c", "kill -TERM 1", container=container, check=False)
        end = time.monotonic() + READY_SECONDS
        while time.monotonic() < end:
            if self.restarts(pod) > before and _is_ready(self.get("pod", pod)):
                return
            time.sleep(0.2)
        raise AssertionError(f"pod {pod} was not restarted")

    def restarts(self, pod: str) -> int:
        """Return how often the pod's containers were restarted."""
        statuses = self.get("pod", pod)["status"].get("containerStatuses", ())
        return sum(item["restartCount"] for item in statuses)

    def delete(self, kind: str, name: str, *, now: bool = False, wait: bool = True) -> None:
        """Delete an object; `now` gives it no time to end."""
        flags = ["--grace-period=0", "--force"] if now else []
        self.kubectl("delete", kind, name, f"--wait={str(wait).lower()}", *flags)

    def restart_deployment(self, name: str) -> None:
        """Begin a rollout that changes nothing but the pods."""
        self.kubectl("rollout", "restart", f"deployment/{name}")

    def scale(self, name: str, replicas: int, kind: str = "deployment") -> None:
        """Ask for another number of replicas."""
        self.kubectl("scale", f"{kind}/{name}", f"--replicas={replicas}")

    def kubeconfig_for(self, user: str, rules: Sequence[Mapping[str, Sequence[str]]]) -> str:
        """Return a kubeconfig of a user who has these rights here and no others.

        `rules` as in a Role: ``{"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}``.
        """
        file = subprocess.run(
            [str(CLUSTER / "kubeconfig-for"), user], check=True, capture_output=True, text=True
        ).stdout.strip()
        group = "rbac.authorization.k8s.io"
        meta = {"name": user}
        subject = {"kind": "User", "name": user, "apiGroup": group}
        self.apply(
            {"apiVersion": f"{group}/v1", "kind": "Role", "metadata": meta, "rules": list(rules)},
            {
                "apiVersion": f"{group}/v1",
                "kind": "RoleBinding",
                "metadata": meta,
                "subjects": [subject],
                "roleRef": {"kind": "Role", "name": user, "apiGroup": group},
            },
        )
        return file

    def close(self) -> None:
        """Delete the namespace and all that is in it, without waiting for the end."""
        self.kubectl("delete", "pods", "--all", "--grace-period=0", "--force", check=False)
        kubectl("delete", "namespace", self.name, "--wait=false", check=False)


@contextlib.contextmanager
def namespace(prefix: str = "cstudio-test") -> Iterator[Namespace]:
    """Make a namespace for a test, or skip the test; delete it afterwards."""
    require()
    name = f"{prefix}-{uuid.uuid4().hex[:8]}"
    kubectl("create", "namespace", name)
    made = Namespace(name)
    try:
        yield made
    finally:
        made.close()


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return any(
        item["type"] == "Ready" and item["status"] == "True"
        for item in pod["status"].get("conditions", ())
    )


def server_address() -> tuple[str, int]:
    """Return where the API server of the current context listens."""
    parts = urllib.parse.urlsplit(_current()["clusters"][0]["cluster"]["server"])
    return parts.hostname or "localhost", parts.port or 443


def kubeconfig_through(port: int, folder: Path) -> str:
    """Write a kubeconfig that reaches the same server by way of a local port."""
    config = _current()
    cluster = config["clusters"][0]["cluster"]
    name = urllib.parse.urlsplit(cluster["server"]).hostname
    cluster["server"] = f"https://127.0.0.1:{port}"
    cluster.setdefault("tls-server-name", name)
    file = folder / "kubeconfig-through"
    file.write_text(json.dumps(config))
    return str(file)


def _current() -> dict[str, Any]:
    out = kubectl("config", "view", "--raw", "--minify", "--flatten", "-o", "json").stdout
    config: dict[str, Any] = json.loads(out)
    return config
