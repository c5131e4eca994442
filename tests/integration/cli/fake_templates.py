"""The service `Templates`, in memory: what a file says decides what happens to it.

A file that has a line `wrong: …` is invalid, once for each such line.
"""

from __future__ import annotations

import queue
import re
from collections.abc import Iterator
from typing import Any

from cstudio_api.v1 import templates_pb2 as pb
from cstudio_api.v1 import templates_pb2_grpc
from google.protobuf import empty_pb2
from google.rpc import code_pb2
from integration.cli.answers import WHEN, Refusal, refuse

BASE, JUPYTER = -1, 0


def template(name: str, source: str = "name: lab\n", **changes: Any) -> pb.Template:
    """A template that was built, but for the changes."""
    made = pb.Template(
        name=name,
        uid=f"uid-{name}",
        source=source,
        blocks=[pb.TemplateBlock(type="jupyterlab", is_known=True)],
        groups=["analysts"],
        image="cstudio/lab:1f",
        is_built=True,
        build_time=WHEN,
        create_time=WHEN,
        update_time=WHEN,
        etag="1",
        ports=[8888],
    )
    made.MergeFrom(pb.Template(**changes))
    return made


def build(number: int, state: int = pb.TemplateBuild.STATE_SUCCEEDED, **changes: Any) -> Any:
    """A build of `lab`, but for the changes."""
    made = pb.TemplateBuild(
        id=f"b{number}",
        template="lab",
        state=state,  # type: ignore[arg-type] # an enum is a number
        image="cstudio/lab:1f",
        hash="1f" * 32,
        block=-1,
        steps=4,
        runtime="docker",
        requester="ada",
        start_time=WHEN,
    )
    if state != pb.TemplateBuild.STATE_RUNNING:
        made.end_time.FromNanoseconds(WHEN.ToNanoseconds() + 62_500_000_000)
    made.MergeFrom(pb.TemplateBuild(**changes))
    return made


def line(text: str, block: int, step: int, *, is_error: bool = False) -> Any:
    """One line of a log."""
    return pb.FollowTemplateBuildResponse.Line(
        text=text,
        block=block,
        block_type="jupyterlab" if block >= 0 else "",
        step=step,
        is_error=is_error,
    )


class Templates(templates_pb2_grpc.TemplatesServicer):
    """The service of that name."""

    def __init__(self) -> None:
        self.held: dict[str, pb.Template] = {}
        self.held_builds: dict[str, pb.TemplateBuild] = {}
        self.seen: list[Any] = []
        """Every request, in order."""
        self.refusals: dict[str, Refusal] = {}
        self.next_build: pb.TemplateBuild = build(1, pb.TemplateBuild.STATE_RUNNING)
        """What a call to build answers."""
        self.log: queue.Queue[pb.FollowTemplateBuildResponse] = queue.Queue()
        """What followers are told, until a build that has ended comes."""
        self.explanation = pb.ExplainTemplateBuildResponse()

    def keep(self, one: pb.Template) -> None:
        self.held[one.name] = one

    def keep_build(self, one: pb.TemplateBuild) -> None:
        self.held_builds[one.id] = one

    def _note(self, method: str, request: Any, context: Any) -> None:
        self.seen.append(request)
        if method in self.refusals:
            code, reason, message, metadata = self.refusals[method]
            refuse(context, code, reason, message, **metadata)

    def _find(self, name: str, context: Any) -> pb.Template:
        if name not in self.held:
            said = f"there is no template `{name}`"
            refuse(context, code_pb2.NOT_FOUND, "NOT_FOUND", said, next="cstudio template list")
        return self.held[name]

    def _find_build(self, name: str, context: Any) -> pb.TemplateBuild:
        if name not in self.held_builds:
            refuse(context, code_pb2.NOT_FOUND, "NOT_FOUND", f"there is no build `{name}`")
        return self.held_builds[name]

    def _check(self, request: Any, context: Any) -> None:
        if faults := faults_of(request):
            refuse(
                context,
                code_pb2.INVALID_ARGUMENT,
                "TEMPLATE_INVALID",
                f"the template is not valid: {faults[0].display}",
                faults="\n".join(one.display for one in faults),
            )

    def CreateTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("create", request, context)
        self._check(request, context)
        named = re.search(r"^name: (\S+)", request.source, re.M)
        made = template(request.name or (named[1] if named else "x"), request.source)
        if not request.validate_only:
            self.keep(made)
        return made

    def ValidateTemplate(self, request: Any, context: Any) -> pb.ValidateTemplateResponse:
        self._note("validate", request, context)
        local = [fault("needs an image", request.file, 3)] if "rstudio" in request.source else []
        return pb.ValidateTemplateResponse(faults=faults_of(request), local_faults=local)

    def GetTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("get", request, context)
        return self._find(request.name, context)

    def ListTemplates(self, request: Any, context: Any) -> pb.ListTemplatesResponse:
        """One a page, so that clients must page."""
        self._note("list", request, context)
        names, at = sorted(self.held), int(request.page_token or 0)
        return pb.ListTemplatesResponse(
            templates=[self.held[name] for name in names[at : at + 1]],
            next_page_token=str(at + 1) if at + 1 < len(names) else "",
        )

    def UpdateTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("update", request, context)
        self._find(request.name, context)
        self._check(request, context)
        changed = template(request.name, request.source, etag="2")
        if not request.validate_only:
            self.keep(changed)
        return changed

    def CopyTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("copy", request, context)
        self._find(request.name, context)
        self.keep(template(request.new_name))
        return self.held[request.new_name]

    def DeleteTemplate(self, request: Any, context: Any) -> empty_pb2.Empty:
        self._note("delete", request, context)
        self._find(request.name, context)
        if not request.validate_only:
            del self.held[request.name]
        return empty_pb2.Empty()

    def GrantTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("grant", request, context)
        found = self._find(request.name, context)
        found.groups.extend(request.groups)
        found.for_all = found.for_all or request.all
        return found

    def RevokeTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("revoke", request, context)
        found = self._find(request.name, context)
        found.groups[:] = [one for one in found.groups if one not in request.groups]
        found.for_all = found.for_all and not request.all
        return found

    def ImportTemplate(self, request: Any, context: Any) -> pb.Template:
        self._note("import", request, context)
        made = template(request.name or "imported")
        made.blocks.add(type="of_a_plugin")
        return made

    def ExportTemplate(self, request: Any, context: Any) -> pb.ExportTemplateResponse:
        self._note("export", request, context)
        self._find(request.name, context)
        return pb.ExportTemplateResponse(archive=b"PK\x03\x04\xff")

    def GetTemplateSchema(self, request: Any, context: Any) -> pb.GetTemplateSchemaResponse:
        return pb.GetTemplateSchemaResponse(schema='{"type": "object"}')

    def RenderTemplate(self, request: Any, context: Any) -> pb.RenderTemplateResponse:
        self._find(request.name, context)
        return pb.RenderTemplateResponse(dockerfile="FROM base\n# block 1 (jupyterlab)\nRUN x\n")

    def BuildTemplate(self, request: Any, context: Any) -> pb.TemplateBuild:
        self._note("build", request, context)
        self._find(request.name, context)
        self.keep_build(self.next_build)
        return self.next_build

    def ExplainTemplateBuild(self, request: Any, context: Any) -> pb.ExplainTemplateBuildResponse:
        self._note("explain", request, context)
        self._find(request.name, context)
        return self.explanation

    def GetTemplateBuild(self, request: Any, context: Any) -> pb.TemplateBuild:
        return self._find_build(request.id, context)

    def ListTemplateBuilds(self, request: Any, context: Any) -> pb.ListTemplateBuildsResponse:
        newest = sorted(self.held_builds.values(), key=lambda one: -int(one.id[1:]))
        wanted = [one for one in newest if request.template in ("", one.template)]
        return pb.ListTemplateBuildsResponse(builds=wanted)

    def CancelTemplateBuild(self, request: Any, context: Any) -> pb.TemplateBuild:
        self._note("cancel", request, context)
        found = self._find_build(request.id, context)
        found.state = pb.TemplateBuild.STATE_CANCELLED
        return found

    def FollowTemplateBuild(
        self, request: Any, context: Any
    ) -> Iterator[pb.FollowTemplateBuildResponse]:
        self._note("follow", request, context)
        self._find_build(request.id, context)
        while context.is_active():
            try:
                answer = self.log.get(timeout=0.05)
            except queue.Empty:
                continue
            yield answer
            if answer.HasField("build"):
                return


def faults_of(request: Any) -> list[pb.TemplateFault]:
    """What is wrong with a file."""
    return [
        fault(text.removeprefix("wrong: "), request.file, number)
        for number, text in enumerate(request.source.splitlines(), 1)
        if text.startswith("wrong: ")
    ]


def fault(message: str, file: str, number: int) -> pb.TemplateFault:
    return pb.TemplateFault(
        message=message,
        file=file,
        line=number,
        block=1,
        block_type="entrypoint",
        field="expose.port",
        display=f"{file}:{number}: block 2 (entrypoint), expose.port: {message}",
    )
