"""What the daemon may do in a cluster is enough, and is what its README lists."""

from __future__ import annotations

import asyncio
import json
import re
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cstudiod.model.blueprints import Volume
from cstudiod.model.containers import ContainerConfiguration
from cstudiod.model.studios import Phase
from cstudiod.runtimes.kubernetes.studios import KubernetesStudios
from support import kubernetes, studio_images
from support.failing_studios import PORT, Failing

pytestmark = [pytest.mark.cluster, pytest.mark.timeout(240)]
README = Path(__file__).parents[2] / "daemon" / "README.md"


def documented_rules() -> list[dict[str, Any]]:
    """Read the table of rights: | group | resources | verbs |."""
    text = README.read_text("utf-8").partition("## Rights in a cluster")[2].partition("\n## ")[0]
    rows = re.findall(r"^\| `([^`]*)` \| ([^|]+) \| ([^|]+) \|$", text, re.M)
    return [
        {
            "apiGroups": ["" if group == "core" else group],
            "resources": re.findall(r"`([^`]+)`", resources),
            "verbs": re.findall(r"\w+", verbs),
        }
        for group, resources, verbs in rows
    ]


@pytest.fixture(scope="module")
def namespace() -> Iterator[kubernetes.Namespace]:
    with kubernetes.namespace("cstudio-rights") as made:
        yield made


async def test_the_rights_in_the_readme_are_enough(namespace: kubernetes.Namespace) -> None:
    """A studio with a volume is started, looked at, reached, read and removed with them."""
    rules = documented_rules()
    assert len(rules) > 3, "the README's table was not understood"
    kubeconfig = namespace.kubeconfig_for(f"daemon-{uuid.uuid4().hex[:6]}", rules)
    configuration = ContainerConfiguration(name="", namespace=namespace.name, kubeconfig=kubeconfig)
    runtime = KubernetesStudios(configuration, install="rights")
    uid = f"right{uuid.uuid4().hex[:8]}"
    volumes = (Volume(name="data", path="/data", size="1Mi"),)
    order = Failing(code="", says="", volumes=volumes)
    spawn = order.spawn(uid, runtime.layout(uid), image=studio_images.in_cluster())
    try:
        async with asyncio.timeout(120):
            await runtime.spawn(spawn)
            async for now in runtime.watch(uid):
                if now.phase is Phase.READY:
                    break
            assert await runtime.list_uids() == [uid]
            reader, writer = await runtime.dial(uid, PORT)
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            assert b"200 OK" in await reader.read(100)
            writer.close()
            pieces = runtime.logs(uid, follow=False, lines=10, previous=False)
            assert b"".join([piece async for piece in pieces])
            await runtime.remove(uid, grace_seconds=1)
            await runtime.remove_volumes(uid)
            assert (await runtime.observe(uid)).phase is Phase.ABSENT
    finally:
        await runtime.close()
    left = namespace.kubectl("get", "deploy,secret,pvc", "-l", f"cstudio/uid={uid}", "-o", "json")
    items = json.loads(left.stdout)["items"]
    assert [item for item in items if not item["metadata"].get("deletionTimestamp")] == []
