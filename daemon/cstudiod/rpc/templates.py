"""`service Templates`: convert, call, answers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Any

from cstudio_api.v1 import templates_pb2 as pb
from cstudio_api.v1 import templates_pb2_grpc
from google.protobuf.empty_pb2 import Empty

from cstudiod.errors import CstudioError
from cstudiod.model.templates import Resource
from cstudiod.rpc import studio_answers as answers
from cstudiod.rpc.callers import caller_of
from cstudiod.rpc.paging import page
from cstudiod.services.builds import Builds
from cstudiod.services.shown_builds import ShownBuilds
from cstudiod.services.templates import Templates, TemplateView


class TemplatesServicer(templates_pb2_grpc.TemplatesServicer):
    """Templates as resources, and their builds."""

    def __init__(self, templates: Templates, builds: Builds) -> None:
        """Serve `templates` and `builds`."""
        self._templates = templates
        self._builds = builds
        self._shown_builds = ShownBuilds(builds, templates)

    async def CreateTemplate(self, request: pb.CreateTemplateRequest, context: Any) -> pb.Template:
        """Make a template of a file."""
        return answers.template(
            self._templates.create(
                caller_of(context),
                request.source,
                file=request.file,
                name=request.name,
                resources=_resources(request.resources),
                validate_only=request.validate_only,
            )
        )

    async def ValidateTemplate(
        self, request: pb.ValidateTemplateRequest, context: Any
    ) -> pb.ValidateTemplateResponse:
        """Tell everything that is wrong with a file."""
        found = self._templates.validate(
            request.source, request.file, _resources(request.resources)
        )
        return pb.ValidateTemplateResponse(
            faults=[answers.fault(one) for one in found.faults],
            notes=[answers.fault(one) for one in found.notes],
            local_faults=[answers.fault(one) for one in found.local_faults],
        )

    async def GetTemplate(self, request: pb.GetTemplateRequest, context: Any) -> pb.Template:
        """Return one template."""
        return answers.template(self._templates.shown(caller_of(context), request.name))

    async def ListTemplates(
        self, request: pb.ListTemplatesRequest, context: Any
    ) -> pb.ListTemplatesResponse:
        """Return a page of templates."""
        found = self._templates.names(caller_of(context))
        names, token = page(found, request.page_size, request.page_token)
        return pb.ListTemplatesResponse(
            templates=[self._listed(name) for name in names], next_page_token=token
        )

    def _listed(self, name: str) -> pb.Template:
        try:
            view: TemplateView = self._templates.get(name)
        except CstudioError as error:  # one of its blocks is not installed any more
            note = pb.TemplateFault(message=error.message, block=-1, display=error.message)
            return pb.Template(name=name, label=name, notes=[note])
        return answers.template(view, with_source=False)

    async def UpdateTemplate(self, request: pb.UpdateTemplateRequest, context: Any) -> pb.Template:
        """Replace a template's file."""
        return answers.template(
            self._templates.update(
                caller_of(context),
                request.name,
                request.source,
                file=request.file,
                resources=_resources(request.resources) if request.replace_resources else None,
                etag=request.etag,
                validate_only=request.validate_only,
            )
        )

    async def CopyTemplate(self, request: pb.CopyTemplateRequest, context: Any) -> pb.Template:
        """Make a template of another name with the same content."""
        copied = self._templates.copy(caller_of(context), request.name, request.new_name)
        return answers.template(copied)

    async def DeleteTemplate(self, request: pb.DeleteTemplateRequest, context: Any) -> Empty:
        """Forget a template."""
        caller = caller_of(context)
        if request.delete_images and not request.validate_only:
            self._templates.delete(caller, request.name, etag=request.etag, validate_only=True)
            await self._builds.remove_images(request.name)
        self._templates.delete(
            caller, request.name, etag=request.etag, validate_only=request.validate_only
        )
        return Empty()

    async def GrantTemplate(self, request: pb.GrantTemplateRequest, context: Any) -> pb.Template:
        """Let groups, or all, use a template."""
        view = self._templates.grant(
            caller_of(context), request.name, request.groups, to_all=request.all
        )
        return answers.template(view)

    async def RevokeTemplate(self, request: pb.RevokeTemplateRequest, context: Any) -> pb.Template:
        """Take that right back."""
        view = self._templates.revoke(
            caller_of(context), request.name, request.groups, to_all=request.all
        )
        return answers.template(view)

    async def ImportTemplate(self, request: pb.ImportTemplateRequest, context: Any) -> pb.Template:
        """Make a template of an exported zip."""
        view = self._templates.import_zip(
            caller_of(context),
            request.archive,
            name=request.name,
            validate_only=request.validate_only,
        )
        return answers.template(view)

    async def ExportTemplate(
        self, request: pb.ExportTemplateRequest, context: Any
    ) -> pb.ExportTemplateResponse:
        """Return a zip as DSS exports it."""
        archive = self._templates.export(caller_of(context), request.name)
        return pb.ExportTemplateResponse(archive=archive)

    async def GetTemplateSchema(
        self, request: pb.GetTemplateSchemaRequest, context: Any
    ) -> pb.GetTemplateSchemaResponse:
        """Return the JSON schema of the template file."""
        return pb.GetTemplateSchemaResponse(schema=self._templates.schema())

    async def RenderTemplate(
        self, request: pb.RenderTemplateRequest, context: Any
    ) -> pb.RenderTemplateResponse:
        """Return the Dockerfile that a template makes."""
        dockerfile = self._shown_builds.dockerfile(caller_of(context), request.name)
        return pb.RenderTemplateResponse(dockerfile=dockerfile)

    # -------------------------------------------------------------- builds

    async def BuildTemplate(
        self, request: pb.BuildTemplateRequest, context: Any
    ) -> pb.TemplateBuild:
        """Start a build."""
        return answers.build(
            await self._builds.start(
                caller_of(context),
                request.name,
                no_cache=request.no_cache,
                push=request.push,
                runtime=request.runtime,
            )
        )

    async def ExplainTemplateBuild(
        self, request: pb.ExplainTemplateBuildRequest, context: Any
    ) -> pb.ExplainTemplateBuildResponse:
        """Tell which input changed since the last build."""
        shown, caller = self._shown_builds, caller_of(context)
        now, changes, built = await shown.explain(caller, request.name, request.runtime)
        return pb.ExplainTemplateBuildResponse(hash=now, built_hash=built, changes=changes)

    async def GetTemplateBuild(
        self, request: pb.GetTemplateBuildRequest, context: Any
    ) -> pb.TemplateBuild:
        """Return one build."""
        return answers.build(self._shown_builds.get(caller_of(context), request.id))

    async def ListTemplateBuilds(
        self, request: pb.ListTemplateBuildsRequest, context: Any
    ) -> pb.ListTemplateBuildsResponse:
        """Return builds, newest first."""
        found = self._shown_builds.all(caller_of(context), request.template)
        items, token = page(found, request.page_size, request.page_token)
        return pb.ListTemplateBuildsResponse(
            builds=[answers.build(one) for one in items], next_page_token=token
        )

    async def CancelTemplateBuild(
        self, request: pb.CancelTemplateBuildRequest, context: Any
    ) -> pb.TemplateBuild:
        """End a running build."""
        return answers.build(await self._builds.cancel(caller_of(context), request.id))

    async def FollowTemplateBuild(
        self, request: pb.FollowTemplateBuildRequest, context: Any
    ) -> AsyncIterator[pb.FollowTemplateBuildResponse]:
        """Follow a build's log to its end."""
        async for lines in self._shown_builds.follow(caller_of(context), request.id):
            yield pb.FollowTemplateBuildResponse(
                lines=[answers.line(one) for one in lines],
                steps=max((one.steps for one in lines), default=0),
            )
        yield pb.FollowTemplateBuildResponse(build=answers.build(self._builds.get(request.id)))


def _resources(given: Iterable[pb.TemplateResource]) -> tuple[Resource, ...]:
    return tuple(
        Resource(path=one.path, content=one.content, executable=one.executable) for one in given
    )
