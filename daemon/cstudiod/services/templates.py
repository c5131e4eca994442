"""Use cases of templates: kept as their files, checked before anything is stored."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from cstudiod.errors import ExistsError, NotFoundError, StaleError, StateError, UsageError
from cstudiod.model.blueprints import Blueprint
from cstudiod.model.templates import (
    Fault,
    Permissions,
    Resource,
    Template,
    TemplateInvalid,
)
from cstudiod.services import identity
from cstudiod.services.identity import Caller
from cstudiod.store.studios import StoredTemplate, StudioStore

if TYPE_CHECKING:
    from types import ModuleType

_NAME = re.compile(r"[a-z][a-z0-9-]{0,62}")
_NAME_LINE = re.compile(r"^name:[^\n]*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class TemplateView:
    """A template with what it means."""

    stored: StoredTemplate
    template: Template
    blueprint: Blueprint
    resources: tuple[Resource, ...]

    @property
    def etag(self) -> str:
        """Changes with the file and the grants."""
        stored = self.stored
        return f"{stored.uid[:8]}-{stored.generation}-{stored.grants}"


@dataclass(frozen=True, kw_only=True)
class Checked:
    """What was found in a file."""

    faults: tuple[Fault, ...] = ()
    notes: tuple[Fault, ...] = ()
    local_faults: tuple[Fault, ...] = ()


class Templates:
    """All templates of this daemon."""

    def __init__(
        self,
        *,
        store: StudioStore,
        clock: Callable[[], float],
        users: Callable[[str], Sequence[str]],
    ) -> None:
        """`users` tells which studios are made from a template."""
        self._store = store
        self._clock = clock
        self._users = users
        self._stored: dict[str, StoredTemplate] = {one.name: one for one in store.templates()}
        self._views: dict[str, TemplateView] = {}

    # ------------------------------------------------------------- reading

    def names(self, caller: Caller) -> list[str]:
        """Return the names of the templates that the caller may use."""
        granted = identity.is_granted
        return sorted(
            name for name, one in self._stored.items() if granted(caller, one.permissions)
        )

    def may_use(self, caller: Caller, name: str) -> None:
        """Let those pass whom a template is granted to.

        Raises:
            NotFoundError: there is none of that name.
            RightMissing: it is granted to none of the caller's groups.
        """
        identity.may_use(caller, name, self._find(name).permissions)

    def shown(self, caller: Caller, name: str) -> TemplateView:
        """Return one template to a caller who may use it."""
        self.may_use(caller, name)
        return self.get(name)

    def get(self, name: str) -> TemplateView:
        """Return one template.

        Raises:
            NotFoundError: there is none of that name.
        """
        stored = self._find(name)
        view = self._views.get(name)
        if view is None or view.stored.generation != stored.generation:
            resources = self._store.resources(name)
            template = self._read(stored.source, f"{name}.yaml", resources)
            blueprint = _meaning().composition.blueprint(template, programs=_programs())
            view = TemplateView(
                stored=stored, template=template, blueprint=blueprint, resources=resources
            )
        view = dataclasses.replace(view, stored=stored)
        self._views[name] = view
        return view

    def validate(self, source: str, file: str, resources: Sequence[Resource]) -> Checked:
        """Return everything that is wrong with a file."""
        try:
            template = self._read(source, file, resources)
            blueprint = _meaning().composition.blueprint(template, programs=_programs())
        except TemplateInvalid as invalid:
            return Checked(faults=invalid.faults)

        def placed(found: Sequence[Fault]) -> tuple[Fault, ...]:
            return tuple(dataclasses.replace(one, file=file) for one in found)

        return Checked(notes=placed(blueprint.notes), local_faults=placed(blueprint.local_faults))

    def schema(self) -> str:
        """Return the JSON schema of the template file."""
        return json.dumps(_meaning().templates.schema(), indent=2)

    def export(self, caller: Caller, name: str) -> bytes:
        """Return a zip as DSS exports it."""
        view = self.shown(caller, name)
        template = dataclasses.replace(
            view.template, permissions=view.stored.permissions, resources=view.resources
        )
        archive: bytes = _meaning().dss.export_dss(template)
        return archive

    # ------------------------------------------------------------ changing

    def create(
        self,
        caller: Caller,
        source: str,
        *,
        file: str = "",
        name: str = "",
        resources: Sequence[Resource] = (),
        validate_only: bool = False,
    ) -> TemplateView:
        """Make a template of a file; nothing is stored from an invalid one.

        Raises:
            TemplateInvalid: with everything that is wrong.
            ExistsError: the name is taken.
        """
        identity.must_be_admin(caller, "create templates")
        if name:
            source = _renamed(source, name)
        template = self._read(source, file or "the template", resources)
        self._refuse_taken(template.name)
        now = self._clock()
        stored = StoredTemplate(
            name=template.name,
            uid=uuid.uuid4().hex,
            source=source,
            create_time=now,
            update_time=now,
            permissions=template.permissions,
        )
        if validate_only:
            return self._view(stored, template, resources)
        self._store.put_template(stored, list(resources))
        self._stored[stored.name] = stored
        self._views.pop(stored.name, None)
        return self.get(stored.name)

    def update(
        self,
        caller: Caller,
        name: str,
        source: str,
        *,
        file: str = "",
        resources: Sequence[Resource] | None = None,
        etag: str = "",
        validate_only: bool = False,
    ) -> TemplateView:
        """Replace a template's file.

        Raises:
            StaleError: it was changed since the caller read it.
            TemplateInvalid: with everything that is wrong.
        """
        identity.must_be_admin(caller, "change templates")
        stored = self._find(name, etag)
        files = self._store.resources(name) if resources is None else tuple(resources)
        template = self._read(source, file or f"{name}.yaml", files)
        if template.name != name:
            raise UsageError(
                f"the file names the template `{template.name}`, not `{name}`",
                next=f"cstudio template copy {name} {template.name}",
            )
        given = template.permissions
        changed = dataclasses.replace(
            stored,
            source=source,
            generation=stored.generation + 1,
            update_time=self._clock(),
            permissions=given if given != Permissions() else stored.permissions,
        )
        if validate_only:
            return self._view(changed, template, files)
        self._store.put_template(changed, None if resources is None else files)
        self._stored[name] = changed
        return self.get(name)

    def copy(self, caller: Caller, name: str, new_name: str) -> TemplateView:
        """Make another template with the same content."""
        identity.must_be_admin(caller, "create templates")
        view = self.get(name)
        return self.create(caller, view.stored.source, name=new_name, resources=view.resources)

    def delete(
        self, caller: Caller, name: str, *, etag: str = "", validate_only: bool = False
    ) -> StoredTemplate:
        """Forget a template.

        Raises:
            StateError: IN_USE, studios are made from it.
        """
        identity.must_be_admin(caller, "delete templates")
        stored = self._find(name, etag)
        if users := self._users(name):
            raise StateError(
                f"studios are made from template `{name}`: {', '.join(users)}",
                reason="IN_USE",
                next=f"cstudio studio delete {users[0].rpartition('/')[2]}",
                users=", ".join(users),
            )
        if not validate_only:
            self._store.delete_template(name)
            self._stored.pop(name)
            self._views.pop(name, None)
        return stored

    def grant(
        self, caller: Caller, name: str, groups: Sequence[str], *, to_all: bool
    ) -> TemplateView:
        """Let groups, or all, use a template."""
        now = self._find(name).permissions
        return self._permit(
            caller,
            name,
            Permissions(all=now.all or to_all, groups=tuple(dict.fromkeys([*now.groups, *groups]))),
        )

    def revoke(
        self, caller: Caller, name: str, groups: Sequence[str], *, to_all: bool
    ) -> TemplateView:
        """Take that right back."""
        now = self._find(name).permissions
        left = tuple(group for group in now.groups if group not in groups)
        return self._permit(caller, name, Permissions(all=now.all and not to_all, groups=left))

    def import_zip(
        self, caller: Caller, archive: bytes, *, name: str = "", validate_only: bool = False
    ) -> TemplateView:
        """Make a template of an exported zip, and keep what means nothing here."""
        identity.must_be_admin(caller, "create templates")
        meaning = _meaning()
        template: Template = meaning.dss.import_dss(archive)
        if name:
            template = dataclasses.replace(template, name=name)
        return self.create(
            caller,
            meaning.templates.dump_template(template),
            file="the zip",
            resources=template.resources,
            validate_only=validate_only,
        )

    def built(self, name: str, image: str, hash: str, generation: int) -> None:
        """Remember what a good build made."""
        stored = self._stored.get(name)
        if stored is None:
            return
        self._put(
            dataclasses.replace(
                stored,
                image=image,
                image_hash=hash,
                built_generation=generation,
                build_time=self._clock(),
            )
        )

    def built_here(self, name: str, generation: int) -> None:
        """Remember that the virtual environments of this machine were built."""
        stored = self._stored.get(name)
        if stored is not None:
            now = self._clock()
            self._put(dataclasses.replace(stored, venvs_generation=generation, build_time=now))

    # ----------------------------------------------------------- internals

    def _permit(self, caller: Caller, name: str, permissions: Permissions) -> TemplateView:
        identity.must_be_admin(caller, "grant templates")
        stored = self._find(name)
        self._put(dataclasses.replace(stored, permissions=permissions, grants=stored.grants + 1))
        return self.get(name)

    def _put(self, stored: StoredTemplate) -> None:
        self._store.put_template(stored)
        self._stored[stored.name] = stored

    def _view(
        self, stored: StoredTemplate, template: Template, resources: Sequence[Resource]
    ) -> TemplateView:
        blueprint = _meaning().composition.blueprint(template, programs=_programs())
        return TemplateView(
            stored=stored, template=template, blueprint=blueprint, resources=tuple(resources)
        )

    def _read(self, source: str, file: str, resources: Sequence[Resource]) -> Template:
        template: Template = _meaning().templates.read_template(
            source, file, resources=tuple(resources)
        )
        return template

    def _find(self, name: str, etag: str = "") -> StoredTemplate:
        stored = self._stored.get(name)
        if stored is None:
            raise NotFoundError(
                f"there is no template `{name}`", next="cstudio template list", template=name
            )
        now = f"{stored.uid[:8]}-{stored.generation}-{stored.grants}"
        if etag and etag != now:
            raise StaleError(
                f"template `{name}` was changed since it was read",
                next=f"read it again: cstudio template show {name}",
                template=name,
            )
        return stored

    def _refuse_taken(self, name: str) -> None:
        if name in self._stored:
            raise ExistsError(
                f"a template named `{name}` exists",
                next=f"cstudio template edit {name}, or another --name",
                template=name,
            )


def _renamed(source: str, name: str) -> str:
    """Return a template file with another name in it."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"`{name}` cannot be a template's name: letters a-z, digits and -, a letter first,"
            " at most 63"
        )
    line = f"name: {name}"
    if _NAME_LINE.search(source):
        return _NAME_LINE.sub(line, source, count=1)
    return f"{line}\n{source}"


def _programs() -> tuple[str, ...]:
    """Return which programs of this machine the local runtime may use."""
    wanted: Sequence[str] = _meaning().composition.LOCAL_PROGRAMS
    return tuple(name for name in wanted if shutil.which(name))


class _Meaning:
    """What templates mean; its libraries are large, so they come with the first template."""

    composition: ModuleType
    templates: ModuleType
    dss: ModuleType


def _meaning() -> _Meaning:
    from cstudiod.blocks import composition, templates
    from cstudiod.blocks.dss import templates as dss

    found = _Meaning()
    found.composition, found.templates, found.dss = composition, templates, dss
    return found
