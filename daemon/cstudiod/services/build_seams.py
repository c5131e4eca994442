"""What builds are made with: the seams to `cstudiod.builders`, which services do not import."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from typing import Protocol

from cstudiod.model.blueprints import Environment, ImagePlan
from cstudiod.model.builds import BuildEvent, BuildFailure, BuildResult, EnvironmentResult

Told = BuildEvent | BuildResult | EnvironmentResult | BuildFailure


class BuildsImages(Protocol):
    """What makes images; see `cstudiod.builders.docker.images`."""

    def build(
        self,
        template: str,
        plan: ImagePlan,
        *,
        no_cache: bool,
        push: bool,
        registry: str,
        build_id: str,
    ) -> AsyncGenerator[Told, None]:
        """Yield events, then how it ended."""

    async def explain(self, template: str, plan: ImagePlan) -> tuple[str, Sequence[str]]:
        """Return the content hash, and what differs from the last build."""

    async def is_there(self, image: str) -> bool:
        """Tell whether Docker has an image."""

    def dockerfile(self, plan: ImagePlan) -> str:
        """Return the Dockerfile."""

    async def remove(self, template: str) -> None:
        """Delete a template's images, as far as no container runs from them."""


class BuildsEnvironments(Protocol):
    """What makes virtual environments; see `cstudiod.builders.venv`."""

    def build(self, environment: Environment) -> AsyncGenerator[Told, None]:
        """Yield events, then how it ended."""

    async def explain(self, environment: Environment, before: str) -> tuple[str, Sequence[str]]:
        """Return the content hash, and why it has to be built; nothing: it is there."""
