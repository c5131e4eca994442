"""Can Docker be used here, and which one is it?"""

from __future__ import annotations

from cstudiod.runtimes.docker.resolver import DockerResolver


async def probe() -> str:
    """Return the daemon's version and address.

    Raises:
        TargetError: it cannot be used, with why and what to do.
    """
    resolver = DockerResolver("")
    try:
        return await resolver.describe()
    finally:
        await resolver.close()
