"""Can a cluster be reached from here, and which one is it?"""

from __future__ import annotations

from cstudiod.runtimes.kubernetes import api, config, faults


async def probe(kubeconfig: str = "", context: str = "") -> str:
    """Return the server's version, address and context, and what names it.

    Raises:
        TargetError: it cannot be used, with why and what to do.
    """
    cluster = api.Api(kubeconfig, context)
    try:
        access = await cluster.access()
        request = faults.Request(
            server=access.server,
            context=access.context,
            namespace=access.namespace,
            verb="get",
            resource="version",
        )
        version = (await cluster.get(request, "/version")).get("gitVersion", "of unknown version")
        context = f", context {access.context}" if access.context else ""
        found = f"Kubernetes {version} at {access.server}{context}, namespace {access.namespace}"
        return f"{found} ({config.where(kubeconfig)})"
    finally:
        await cluster.close()
