"""Builds by the `docker buildx` command: what the engine's own builder cannot do.

The context goes in by stdin. Values of build arguments go by the environment,
and pip's settings by a secret: neither is in a command line, a log or the image.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from collections.abc import AsyncGenerator, Mapping
from pathlib import Path

from cstudiod.builders import process
from cstudiod.builders.docker import closed
from cstudiod.builders.docker.engine import Request
from cstudiod.builders.docker.plain import PlainReader
from cstudiod.builders.process import Ended
from cstudiod.config import BuildSettings
from cstudiod.model.builds import BuildEvent, BuildFailure
from cstudiod.model.dockerfiles import Dockerfile


def arguments(request: Request, secret: str) -> list[str]:
    """Return the command line.

    Args:
        request: What to build.
        secret: A file with pip's configuration; empty: none is needed.
    """
    argv = ["docker", "buildx", "build", "--progress=plain", "--load", "--tag", request.reference]
    argv += [f"--label={name}={value}" for name, value in request.labels.items()]
    argv += [f"--build-arg={name}" for name in request.args]
    argv += [f"--network={request.network}"] if request.network != "default" else []
    argv += ["--allow=network.host"] if request.network == "host" else []
    argv += [f"--platform={request.platform}"] if request.platform else []
    argv += ["--no-cache"] if request.no_cache else []
    argv += [f"--secret=id={closed.SECRET},src={secret}"] if secret else []
    return [*argv, "-"]


async def build(
    request: Request,
    dockerfile: Dockerfile,
    settings: BuildSettings,
    environment: Mapping[str, str],
    scratch: Path,
) -> AsyncGenerator[BuildEvent | BuildFailure, None]:
    """Build; yields lines, and a failure last when there was one. Closing it ends the build."""
    if not shutil.which("docker", path=environment.get("PATH")):
        yield BuildFailure(
            message="there is no docker command here, which buildx needs",
            next='install it, or set builder = "docker" under [build]',
        )
        return
    reader = PlainReader(dockerfile)
    with contextlib.ExitStack() as closing:
        secret = ""
        if "pip_index_url" in closed.secret_settings(settings):
            file = closing.enter_context(tempfile.NamedTemporaryFile("w", dir=scratch))
            file.write(closed.pip_configuration(settings))
            file.flush()
            secret = file.name
        request.context.flush()
        os.lseek(request.context.fileno(), 0, os.SEEK_SET)
        variables = {**environment, **request.args, "BUILDX_NO_DEFAULT_ATTESTATIONS": "1"}
        stream = process.stream(arguments(request, secret), variables, stdin=request.context)
        async with contextlib.aclosing(stream) as told:
            async for item in told:
                if not isinstance(item, Ended):
                    yield reader.read(item)
                elif item.code:
                    yield reader.failure(item.code)
