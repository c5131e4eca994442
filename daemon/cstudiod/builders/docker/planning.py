"""What an image is made from: its Dockerfile, context, labels and inputs, and its name.

Reads this machine's files (certificates, resources), decides the rest.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cstudiod.builders import reach
from cstudiod.builders.docker import base, closed, context, inputs, runner
from cstudiod.builders.docker.context import Tree
from cstudiod.builders.docker.engine import LABEL, Built
from cstudiod.builders.docker.prefabs import Prefabs
from cstudiod.config import BuildSettings
from cstudiod.errors import UsageError
from cstudiod.model.blueprints import ContextFile, ImagePlan
from cstudiod.model.builds import BuildFailure
from cstudiod.model.dockerfiles import Dockerfile, Origin, render

OURS = Origin(block=-1, block_type="")


@dataclass(frozen=True, kw_only=True)
class Wish:
    """A template's image, and how it shall be built; see `Images.build`."""

    template: str
    plan: ImagePlan
    registry: str = ""
    push: bool = False
    no_cache: bool = False
    refresh: bool = False
    build_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Work:
    """One image to be made."""

    dockerfile: Dockerfile
    reference: str
    labels: Mapping[str, str]
    files: Sequence[ContextFile]
    trees: Sequence[Tree] = ()
    platform: str = ""
    no_cache: bool = False


@dataclass(frozen=True, kw_only=True)
class Base:
    """The base image that a template's image starts from."""

    id: str
    reference: str


class Planner:
    """Knows the settings and the machine."""

    def __init__(
        self,
        settings: BuildSettings,
        prefabs: Prefabs,
        *,
        environment: Mapping[str, str],
        roots: Mapping[str, Path],
    ) -> None:
        self._settings = settings
        self._prefabs = prefabs
        self._environment = environment
        self._roots = roots

    def canonical(self, wish: Wish, base_id: str, epoch: int) -> str:
        """Return the canonical inputs of a template's image; reads resources.

        Raises:
            UsageError: a resource is not there.
        """
        outside = self._outside(wish.plan)
        return inputs.canonical(
            wish.plan,
            base=base_id,
            runner=runner.digest(),
            platform=self._settings.platform,
            args=self._settings.args,
            epoch=epoch,
            outside=outside,
        )

    def _outside(self, plan: ImagePlan) -> inputs.Outside:
        fragments = plan.fragments
        return inputs.Outside(
            sources={
                (one.root, one.relative): context.digest(
                    self._source(one.path, one.root, one.relative)
                )
                for fragment in fragments
                for one in fragment.sources
            },
            prefabs={
                (one.name, one.version): self._prefabs.made_of(one)
                for fragment in fragments
                for one in fragment.prefabs
            },
        )

    def _source(self, path: str, root: str, relative: str) -> Tree:
        if root not in self._roots:
            raise UsageError(
                f"`${{{root}}}` is not set here, and a block takes files from it",
                next="put the files into the template's resources",
            )
        return Tree(path=path, root=self._roots[root], relative=relative)

    def template(self, wish: Wish, from_base: Base, hash: str) -> Work:
        """Return what a template's image is made from."""
        fragments = wish.plan.fragments
        prelude = self._prelude()
        files = [one for fragment in fragments for one in fragment.files]
        trees = [
            self._source(one.path, one.root, one.relative)
            for fragment in fragments
            for one in fragment.sources
        ]
        trees += [
            Tree(path=f"prefab/{prefab.name}", root=self._prefabs.folder(prefab))
            for prefab in {one for fragment in fragments for one in fragment.prefabs}
        ]
        if prelude.has_wheelhouse:
            trees.append(
                Tree(path=f"{closed.CONTEXT}/wheelhouse", root=Path(self._settings.wheelhouse))
            )
        return Work(
            dockerfile=self.rendered(wish.plan, from_base.reference),
            reference=self.reference(wish, hash),
            labels=_labels(wish, from_base.id, hash),
            files=[*files, *runner.files(), *self._files(prelude)],
            trees=trees,
            platform=wish.plan.platform or self._settings.platform,
            no_cache=wish.no_cache or wish.refresh,
        )

    def rendered(self, plan: ImagePlan, from_base: str) -> Dockerfile:
        """Return a template's Dockerfile."""
        rendered = render(plan, from_base)
        made = closed.framed(rendered, self._prelude().lines, base.runner_lines())
        return closed.with_mounts(made, self._settings) if self._mounts else made

    def base(self, parent: Built, no_cache: bool) -> Work:
        """Return what the base image is made from."""
        files = [*closed.mirror_files(self._settings, self._bundle())]
        trusts = any(one.path.endswith("apt-ca.conf") for one in files)
        files += self._ca() if trusts else ()
        text = base.dockerfile(
            self._settings.parent, has_mirror=bool(self._settings.apt_mirror), trusts_ca=trusts
        )
        platform = self._settings.platform
        hash = base.content_hash(parent.id, platform, text, files)
        return Work(
            dockerfile=Dockerfile(text=text, lines=(OURS,), steps=()),
            reference=inputs.reference("", base.NAME, hash),
            labels={f"{LABEL}hash": hash, f"{LABEL}kind": "base"},
            files=files,
            platform=platform,
            no_cache=no_cache,
        )

    def reference(self, wish: Wish, hash: str) -> str:
        """Return the name and tag of a template's image."""
        registry = wish.registry or self._settings.registry
        return inputs.reference(registry, wish.template, hash)

    @property
    def _mounts(self) -> bool:
        """Whether the builder can mount files for the time of a step."""
        return self._settings.builder == "buildx"

    def _prelude(self) -> closed.Prelude:
        return closed.prelude(self._settings, self._bundle(), mounts=self._mounts)

    def _bundle(self) -> reach.Bundle:
        return reach.ca_bundle(self._settings.ca_bundle, self._environment, os.path.isfile)

    def _files(self, prelude: closed.Prelude) -> list[ContextFile]:
        """Return the files of ours that a template's statements need."""
        found = self._ca() if prelude.has_ca else []
        if prelude.has_wheelhouse and self._mounts:
            content = closed.pip_configuration(self._settings).encode()
            found.append(ContextFile(path=f"{closed.CONTEXT}/pip.conf", content=content))
        return found

    def _ca(self) -> list[ContextFile]:
        path = self._bundle().path
        return [ContextFile(path=f"{closed.CONTEXT}/ca.crt", content=Path(path).read_bytes())]

    def trouble(self) -> BuildFailure | None:
        """Return why nothing can be built with these settings; None: it can."""
        secret = closed.secret_settings(self._settings)
        if self._mounts and "pip_index_url" in secret:
            secret.remove("pip_index_url")
        if secret:
            return BuildFailure(
                message=f"{', '.join(secret)} under [build] has a password in its address, which"
                " would be kept in the image",
                next="use an address without a password; for pip, a wheelhouse or buildx",
            )
        try:
            self._ca() if self._bundle().path else None
        except OSError as error:
            return BuildFailure(
                message=f"ca_bundle `{self._bundle().path}` cannot be read: {error.strerror}",
                next="correct ca_bundle under [build]",
            )
        return None


def _labels(wish: Wish, from_base: str, hash: str) -> dict[str, str]:
    found = {
        "template": wish.template,
        "hash": hash,
        "base": from_base,
        "kind": "template",
        "builder": str(inputs.SCHEMA),
        "build": wish.build_id,
    }
    return {f"{LABEL}{name}": value for name, value in found.items() if value}
