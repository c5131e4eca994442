"""Builds as people are shown them: those of templates that they may use."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from cstudiod.model.builds import BuildEvent
from cstudiod.services.build_records import Build
from cstudiod.services.builds import Builds
from cstudiod.services.identity import Caller
from cstudiod.services.templates import Templates


class ShownBuilds:
    """What a caller may see of builds; each method raises RightMissing."""

    def __init__(self, builds: Builds, templates: Templates) -> None:
        """Show `builds` of `templates`."""
        self._builds = builds
        self._templates = templates

    def get(self, caller: Caller, id: str) -> Build:
        """Return one build; those of templates that are gone to administrators alone."""
        build = self._builds.get(id)
        if not caller.is_admin:
            self._templates.may_use(caller, build.template)
        return build

    def all(self, caller: Caller, template: str = "") -> list[Build]:
        """Return builds, the newest first."""
        found = self._builds.all(template)
        if caller.is_admin:
            return found
        if template:
            self._templates.may_use(caller, template)
        granted = set(self._templates.names(caller))
        return [build for build in found if build.template in granted]

    def follow(self, caller: Caller, id: str) -> AsyncIterator[Sequence[BuildEvent]]:
        """Yield a build's lines from the first to the last."""
        return self._builds.follow(self.get(caller, id).id)

    async def explain(
        self, caller: Caller, name: str, runtime: str = ""
    ) -> tuple[str, Sequence[str], str]:
        """Return the content hash, what changed since the last build, and that build's hash."""
        self._templates.may_use(caller, name)
        return await self._builds.explain(name, runtime)

    def dockerfile(self, caller: Caller, name: str) -> str:
        """Return the Dockerfile that a template makes."""
        self._templates.may_use(caller, name)
        return self._builds.dockerfile(name)
