"""A studio's claims on volumes: made, and deleted to the end.

A claim that is being deleted stays for a moment, under its name, until the cluster sees
that no pod uses it. Applying a claim in that moment changes nothing and reports success;
then the claim is gone, and the pod that wants it waits for ever. So nobody here goes on
before such a claim is really gone.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

from cstudiod.errors import TargetError
from cstudiod.runtimes.kubernetes import api, faults
from cstudiod.runtimes.kubernetes.objects import Json, part

PLURAL = "persistentvolumeclaims"
PAUSE_SECONDS = 0.2
GONE_SECONDS = 60.0
"""How long a claim may take to be gone once nothing uses it."""


async def make(
    cluster: api.Api, request: faults.Request, base: str, claims: Sequence[Json]
) -> None:
    """Apply claims, of which equal ones change nothing.

    Raises:
        TargetError: one of an earlier studio's life does not go away.
    """
    for claim in claims:
        name = str(part(claim, "metadata")["name"])
        await _until_gone(cluster, request, base, {"fieldSelector": f"metadata.name={name}"})
        await cluster.apply(request, f"{base}/{PLURAL}/{name}", claim)


async def remove(
    cluster: api.Api, request: faults.Request, base: str, selector: dict[str, str]
) -> None:
    """Delete the claims that `selector` chooses, and return when they are gone.

    Raises:
        TargetError: one does not go away.
    """
    await cluster.delete(request, f"{base}/{PLURAL}", selector)
    await _until_gone(cluster, request, base, selector)


def ending(claims: Sequence[Json]) -> list[str]:
    """Return the names of those that are being deleted."""
    metas = [part(claim, "metadata") for claim in claims]
    return [str(meta["name"]) for meta in metas if meta.get("deletionTimestamp")]


async def _until_gone(
    cluster: api.Api, request: faults.Request, base: str, selector: dict[str, str]
) -> None:
    end = time.monotonic() + GONE_SECONDS
    while names := ending(await _listed(cluster, request, base, selector)):
        if time.monotonic() > end:
            raise TargetError(
                f"the volume {names[0]} is being deleted, and something still uses it",
                next=f"kubectl describe pvc {names[0]} -n {request.namespace}",
                volume=names[0],
            )
        await asyncio.sleep(PAUSE_SECONDS)


async def _listed(
    cluster: api.Api, request: faults.Request, base: str, selector: dict[str, str]
) -> Sequence[Json]:
    body = await cluster.get(request, f"{base}/{PLURAL}", selector)
    return list(body.get("items") or ())
