"""Large programs that are prepared once on this machine and copied into images.

code-server is published as an npm package that compiles and unpacks at
installation: three minutes, with a compiler. So it is installed once, with a
Node.js of its own, also from the npm index, into a folder that images take as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cstudiod.builders import diagnosis, places, process, reach
from cstudiod.builders.diagnosis import Diagnosis
from cstudiod.builders.process import Ended
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import Prefab
from cstudiod.model.builds import BuildEvent, BuildFailure

CODE_SERVER = "code-server"
BUILDER_VERSION = 1
TOOLS = ("npm", "node", "g++", "make", "pkg-config", "python3")
PACKAGES = "npm build-essential pkg-config python3 libsecret-1-dev libkrb5-dev"
SCRIPT = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")/..
exec "$here/node_modules/node/bin/node" "$here/node_modules/code-server/out/node/entry.js" "$@"
"""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """A prefab that is there."""

    prefab: Prefab
    folder: Path


class Prefabs:
    """The prefabs of one folder, built when they are first needed."""

    def __init__(
        self, folder: Path, settings: BuildSettings, environment: Mapping[str, str]
    ) -> None:
        """`environment` is the daemon's own."""
        self._folder = folder
        self._settings = settings
        self._environment = environment

    def made_of(self, prefab: Prefab) -> str:
        """Return what a prefab is made of, as canonical JSON, without making it."""
        version = prefab.version or self._settings.code_server
        inputs = {"builder": BUILDER_VERSION, "name": prefab.name, "version": version}
        return json.dumps(inputs, sort_keys=True, separators=(",", ":"))

    def folder(self, prefab: Prefab) -> Path:
        """Return where a prefab is, or will be."""
        version = prefab.version or self._settings.code_server
        return self._folder / f"{prefab.name}-{version}-{BUILDER_VERSION}"

    async def prepare(
        self, prefab: Prefab
    ) -> AsyncGenerator[BuildEvent | Prepared | BuildFailure, None]:
        """Yield log lines, then a `Prepared` or a `BuildFailure`; closing it cancels."""
        if prefab.name != CODE_SERVER:
            yield BuildFailure(message=f"cstudio cannot prepare a `{prefab.name}`")
            return
        version = prefab.version or self._settings.code_server
        folder = self.folder(prefab)
        with places.lock(folder) as lock:
            if not places.take(lock):
                yield BuildEvent(text=f"waiting for {prefab.name} to be prepared by another build")
                await places.wait_for(lock)
            if not places.is_complete(folder):
                await asyncio.to_thread(places.clear, folder)
                async with contextlib.aclosing(self._fill(version, folder, lock)) as told:
                    async for item in told:
                        yield item
                        if isinstance(item, BuildFailure):
                            await asyncio.to_thread(places.clear, folder)
                            return
                places.complete(folder, self.made_of(prefab))
            yield Prepared(prefab=prefab, folder=folder)

    async def _fill(
        self, version: str, folder: Path, lock: int
    ) -> AsyncGenerator[BuildEvent | BuildFailure, None]:
        path = self._environment.get("PATH", os.defpath)
        if missing := [tool for tool in TOOLS if not shutil.which(tool, path=path)]:
            yield BuildFailure(
                message=f"code-server cannot be prepared: {', '.join(missing)} is missing here",
                next=f"apt-get install {PACKAGES}",
            )
            return
        yield BuildEvent(text=f"preparing code-server {version}, once; this takes some minutes")
        await asyncio.to_thread(_begin, folder)
        variables = self._variables(folder, path)
        node = await self._node_wanted(version, variables, folder)
        if isinstance(node, BuildFailure):
            yield node
            return
        steps = [
            ["npm", "install", "--no-audit", "--no-fund", "--foreground-scripts", package]
            for package in (f"node@{node}", f"code-server@{version}")
        ]
        steps.append([str(folder / "bin" / CODE_SERVER), "--config", "/dev/null", "--version"])
        for argv in steps:
            if argv is steps[-1]:
                await asyncio.to_thread(_finish, folder)
            said: list[str] = []
            async with contextlib.aclosing(
                process.stream(argv, variables, folder=folder, inherit=(lock,))
            ) as told:
                async for item in told:
                    if isinstance(item, str):
                        said = [*said[-diagnosis.EVIDENCE_LINES :], item]
                        yield BuildEvent(text=item)
                    elif item.code:
                        yield _failed(" ".join(argv[:2] + argv[-1:]), said, item.code)
                        return

    async def _node_wanted(
        self, version: str, variables: Mapping[str, str], folder: Path
    ) -> str | BuildFailure:
        """Ask the index which Node.js a version of code-server wants: ``24``."""
        command = ["npm", "view", f"code-server@{version}", "engines.node"]
        said: list[str] = []
        ended = Ended(0)
        async with contextlib.aclosing(process.stream(command, variables, folder=folder)) as told:
            async for item in told:
                if isinstance(item, Ended):
                    ended = item
                else:
                    said.append(item)
        if ended.code or not said:
            return _failed(" ".join(command), said, ended.code)
        return said[-1].strip(" '\"")

    def _variables(self, folder: Path, path: str) -> dict[str, str]:
        bundle = reach.ca_bundle(self._settings.ca_bundle, self._environment, os.path.isfile)
        made = {**self._environment, **reach.proxy_variables(self._settings.proxy)}
        made["PATH"] = f"{folder}/node_modules/node/bin:{path}"
        made |= {"npm_config_yes": "true", "npm_config_unsafe_perm": "true", "NO_COLOR": "1"}
        made |= {"npm_config_update_notifier": "false", "npm_config_progress": "false"}
        if bundle.path:
            made |= {"NODE_EXTRA_CA_CERTS": bundle.path, "npm_config_cafile": bundle.path}
        if self._settings.npm_registry:
            made["npm_config_registry"] = self._settings.npm_registry
        # Headers of this machine's Node.js serve where those of the other cannot be
        # fetched: what is compiled uses the interface that all versions share.
        headers = Path(os.path.realpath(shutil.which("node", path=path) or "/")).parent.parent
        if (headers / "include/node/node.h").is_file():
            made["npm_config_nodedir"] = str(headers)
        return made


def _begin(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    (folder / "package.json").write_text('{"private": true}\n')


def _finish(folder: Path) -> None:
    """Add the program; leave out what only debuggers of code-server read."""
    (folder / "bin").mkdir(exist_ok=True)
    (folder / "bin" / CODE_SERVER).write_text(SCRIPT)
    (folder / "bin" / CODE_SERVER).chmod(0o755)
    for pattern in ("*.js.map", "*.css.map", "*.o"):
        for one in folder.rglob(pattern):
            one.unlink()


def _failed(command: str, said: list[str], code: int) -> BuildFailure:
    found = diagnosis.diagnose(said, command, code)
    if found == Diagnosis(message=found.message):
        found = Diagnosis(message=found.message, next=f"apt-get install {PACKAGES}, then try again")
    return BuildFailure(
        message=f"code-server could not be prepared: {found.message}",
        statement=command,
        evidence=diagnosis.evidence(said),
        next=found.next,
    )
