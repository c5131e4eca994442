"""A studio is started until its page comes, beside the same pod without cstudio.

The peer is a copy of what the studio's runtime made: the same Deployment and launch document,
except that its programs wait for no files. `kubectl apply`, then `kubectl wait`.
"""

from __future__ import annotations

import base64
import json
import statistics
import time
from typing import Any

from bench import Bench
from places import Pod
from support import containers, kubernetes
from support.registry import registry
from support.workshop import Workshop, fetched, workshop

BUILD_SECONDS = 900.0
NAME = "peer"


def run(bench: Bench) -> None:
    """Start and stop both in turn; the image is on the node before."""
    if not isinstance(bench.place, Pod):
        return
    folder = bench.folder / "studio-start"
    folder.mkdir()
    with kubernetes.namespace("cstudio-bench-studio") as space, registry(folder) as address:
        configuration = (
            f'[build]\nparent = "{containers.PYTHON}"\n'
            f'[containers.test]\nruntime = "kubernetes"\nnamespace = "{space.name}"\n'
            f'registry = "{address}/cstudio"\n'
        )
        with workshop(folder / "state", configuration) as shop:
            _measure(bench, shop, space.name)


def _measure(bench: Bench, shop: Workshop, namespace: str) -> None:
    shop.create("site", shop.example("http-server"), runtime="kubernetes")
    shop.start("site", BUILD_SECONDS)
    manifests = json.dumps({"apiVersion": "v1", "kind": "List", "items": _copies(namespace)})
    shop.stop("site")
    studio, peer = [], []
    for _ in range(bench.pace.runs):
        studio.append(_started(shop))
        shop.stop("site")
        peer.append(_applied(namespace, manifests.encode()))
    beside = f"kubectl apply and wait {statistics.median(peer):.2f} s"
    bench.report.tell("studio start until its page comes", studio, "s", beside=beside)


def _started(shop: Workshop) -> float:
    began = time.perf_counter()
    url = shop.start("site").ports[0].url
    status, _ = fetched(url)
    took = time.perf_counter() - began
    assert status == 200, f"the page answered {status}"
    return took


def _applied(namespace: str, manifests: bytes) -> float:
    began = time.perf_counter()
    kubernetes.kubectl("-n", namespace, "apply", "-f", "-", input=manifests)
    ready = ("--for=condition=Available", f"deployment/{NAME}", "--timeout=120s")
    kubernetes.kubectl("-n", namespace, "wait", *ready)
    took = time.perf_counter() - began
    kubernetes.kubectl(
        "-n", namespace, "delete", "--cascade=foreground", "-f", "-", input=manifests
    )
    return took


def _copies(namespace: str) -> list[dict[str, Any]]:
    """Return the studio's Secret and Deployment under another name, with nothing held back."""
    asked = kubernetes.kubectl("-n", namespace, "get", "secret,deployment", "-o", "json")
    made = [one for one in json.loads(asked.stdout)["items"] if "cstudio/uid" in _labels(one)]
    (secret,) = [one for one in made if one["kind"] == "Secret"]
    (deployment,) = [one for one in made if one["kind"] == "Deployment"]
    launch = json.loads(base64.b64decode(secret["data"]["launch"])) | {"hold": ""}
    data = {"launch": base64.b64encode(json.dumps(launch).encode()).decode()}
    labels = {"peer": NAME}
    pod = deployment["spec"]["template"]
    pod["metadata"] = {"labels": labels}
    for volume in pod["spec"]["volumes"]:
        if "secret" in volume:
            volume["secret"]["secretName"] = NAME
    spec = deployment["spec"] | {"selector": {"matchLabels": labels}, "template": pod}
    named = {"metadata": {"name": NAME}}
    return [
        {"apiVersion": "v1", "kind": "Secret", **named, "data": data},
        {"apiVersion": "apps/v1", "kind": "Deployment", **named, "spec": spec},
    ]


def _labels(item: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = item["metadata"].get("labels", {})
    return found
