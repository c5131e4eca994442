"""Templates: kept, checked and built.

A template is named by its name, a build by its id. What comes in pages in the
contract comes whole here.
"""

from __future__ import annotations

import builtins
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import grpc.aio
from cstudio_api.v1 import templates_pb2 as pb
from cstudio_api.v1 import templates_pb2_grpc

from cstudio.client.calls import LOOKING_SECONDS, call, pages, stream

if TYPE_CHECKING:
    from cstudio_api.v1.templates_pb2_grpc import TemplatesAsyncStub

PAGE = 500


@dataclass(frozen=True, kw_only=True)
class TemplateFile:
    """What a template is made from."""

    source: str
    """YAML."""
    file: str = ""
    """Where it came from, for messages."""
    resources: Sequence[pb.TemplateResource] = ()
    """Files that it refers to, with their content."""


class Templates:
    """Calls of the service `Templates`."""

    def __init__(self, channel: grpc.aio.Channel) -> None:
        self._stub: TemplatesAsyncStub = templates_pb2_grpc.TemplatesStub(channel)  # type: ignore[assignment] # one class, two types

    async def create(
        self, file: TemplateFile, *, name: str = "", dry_run: bool = False
    ) -> pb.Template:
        """Create a template; `name` replaces the one in the file.

        Raises:
            UsageError: the file is invalid (`TEMPLATE_INVALID`), or the name taken.
        """
        request = pb.CreateTemplateRequest(
            source=file.source,
            file=file.file,
            resources=file.resources,
            name=name,
            validate_only=dry_run,
        )
        return await call(self._stub.CreateTemplate, request, LOOKING_SECONDS)

    async def validate(self, file: TemplateFile) -> pb.ValidateTemplateResponse:
        """Tell everything that is wrong with a file; an invalid one is no failure."""
        request = pb.ValidateTemplateRequest(
            source=file.source, file=file.file, resources=file.resources
        )
        return await call(self._stub.ValidateTemplate, request, LOOKING_SECONDS)

    async def get(self, name: str) -> pb.Template:
        """Return one template."""
        return await call(self._stub.GetTemplate, pb.GetTemplateRequest(name=name))

    async def list(self) -> builtins.list[pb.Template]:
        """Return all templates, by name, without their sources."""
        request = pb.ListTemplatesRequest(page_size=PAGE)
        return await pages(self._stub.ListTemplates, request, lambda page: page.templates)

    async def update(
        self,
        name: str,
        file: TemplateFile,
        *,
        replace_resources: bool = False,
        etag: str = "",
        dry_run: bool = False,
    ) -> pb.Template:
        """Replace a template's file, and its resources when that is wanted.

        Raises:
            UsageError: the file is invalid (`TEMPLATE_INVALID`).
            StateError: with an etag: somebody else changed it (`STALE`).
        """
        request = pb.UpdateTemplateRequest(
            name=name,
            source=file.source,
            file=file.file,
            resources=file.resources,
            replace_resources=replace_resources,
            etag=etag,
            validate_only=dry_run,
        )
        return await call(self._stub.UpdateTemplate, request, LOOKING_SECONDS)

    async def copy(self, name: str, new_name: str) -> pb.Template:
        """Make a template of another name with the same content."""
        request = pb.CopyTemplateRequest(name=name, new_name=new_name)
        return await call(self._stub.CopyTemplate, request, LOOKING_SECONDS)

    async def delete(self, name: str, *, with_images: bool = False, dry_run: bool = False) -> None:
        """Forget a template.

        Raises:
            StateError: studios are made from it (`IN_USE`).
        """
        request = pb.DeleteTemplateRequest(
            name=name, delete_images=with_images, validate_only=dry_run
        )
        await call(self._stub.DeleteTemplate, request, LOOKING_SECONDS)

    async def grant(
        self, name: str, groups: Sequence[str] = (), *, everybody: bool = False
    ) -> pb.Template:
        """Let groups, or everybody, create studios from a template."""
        request = pb.GrantTemplateRequest(name=name, groups=groups, all=everybody)
        return await call(self._stub.GrantTemplate, request)

    async def revoke(
        self, name: str, groups: Sequence[str] = (), *, everybody: bool = False
    ) -> pb.Template:
        """Take that right back."""
        request = pb.RevokeTemplateRequest(name=name, groups=groups, all=everybody)
        return await call(self._stub.RevokeTemplate, request)

    async def import_archive(
        self, archive: bytes, *, name: str = "", dry_run: bool = False
    ) -> pb.Template:
        """Create a template from a zip that DSS, or `export_archive`, wrote."""
        request = pb.ImportTemplateRequest(archive=archive, name=name, validate_only=dry_run)
        return await call(self._stub.ImportTemplate, request, LOOKING_SECONDS)

    async def export_archive(self, name: str) -> bytes:
        """Return a template as a zip in the form of DSS."""
        request = pb.ExportTemplateRequest(name=name)
        return (await call(self._stub.ExportTemplate, request, LOOKING_SECONDS)).archive

    async def schema(self) -> str:
        """Return the JSON schema of the template file."""
        return (await call(self._stub.GetTemplateSchema, pb.GetTemplateSchemaRequest())).schema

    async def render(self, name: str) -> str:
        """Return the Dockerfile that a template makes."""
        request = pb.RenderTemplateRequest(name=name)
        return (await call(self._stub.RenderTemplate, request, LOOKING_SECONDS)).dockerfile

    async def build(
        self, name: str, *, no_cache: bool = False, push: bool = False, runtime: str = ""
    ) -> pb.TemplateBuild:
        """Start to build what a template's studios run in; see `follow_build`."""
        request = pb.BuildTemplateRequest(name=name, no_cache=no_cache, push=push, runtime=runtime)
        return await call(self._stub.BuildTemplate, request, LOOKING_SECONDS)

    async def explain_build(
        self, name: str, *, runtime: str = ""
    ) -> pb.ExplainTemplateBuildResponse:
        """Tell which input changed since the last build."""
        request = pb.ExplainTemplateBuildRequest(name=name, runtime=runtime)
        return await call(self._stub.ExplainTemplateBuild, request, LOOKING_SECONDS)

    async def get_build(self, build: str) -> pb.TemplateBuild:
        """Return one build."""
        return await call(self._stub.GetTemplateBuild, pb.GetTemplateBuildRequest(id=build))

    async def builds(self, name: str = "") -> builtins.list[pb.TemplateBuild]:
        """Return builds, of one template or of all, newest first."""
        request = pb.ListTemplateBuildsRequest(template=name, page_size=PAGE)
        return await pages(self._stub.ListTemplateBuilds, request, lambda page: page.builds)

    async def cancel_build(self, build: str) -> pb.TemplateBuild:
        """End a running build."""
        request = pb.CancelTemplateBuildRequest(id=build)
        return await call(self._stub.CancelTemplateBuild, request, LOOKING_SECONDS)

    def follow_build(self, build: str) -> AsyncIterator[pb.FollowTemplateBuildResponse]:
        """Yield a build's log from its first line; the last answer has the build."""
        request = pb.FollowTemplateBuildRequest(id=build)
        return stream(self._stub.FollowTemplateBuild, request)
