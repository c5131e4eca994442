"""Visual Studio Code, as code-server: each code environment is an interpreter in it.

code-server knows no prefix for what it serves, so its subpath takes the prefix off;
``--abs-proxy-base-path`` is for the links it makes. Flags: ``code-server --help`` of 4.x.
Settings: documentation of VS Code, "User and workspace settings", "Python debugging".
"""

from __future__ import annotations

import json

from pydantic import Field

from cstudiod.blocks import places, resources, venvs, vscode_python
from cstudiod.blocks.kinds import EVERY_PYTHON, Announcement, Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import Port, Settings
from cstudiod.model.blueprints import (
    ContextFile,
    Entrypoint,
    Environment,
    ExposedPort,
    Fragment,
    Language,
    LaunchFile,
    Prefab,
)
from cstudiod.model.zones import Zone

PROGRAM = "code-server"
DATA = "${home}/.local/share/code-server"
START = "${state}/vscode/start.sh"
BAKED = "code-server-vsix"
"""Folder of extensions that came with the template, below the baked resources."""

BUILT_IN = f"/opt/dataiku/{PROGRAM}/node_modules/code-server/lib/vscode/extensions"
"""Folder of extensions that come with VS Code, as the npm package has it."""

_WRAPPER = b'#!/bin/sh\nexec /opt/dataiku/code-server/bin/code-server "$@"\n'

_START = """\
#!/bin/sh
# Link people's own settings, which are in a zone, into the data folder, which is not:
# it has sockets and caches in it. Then install the template's extensions, and start.
set -eu
data=$1 settings=$2 machine=$3 extensions=$4 baked=$5
shift 5
mkdir -p "$data/User" "$settings/snippets" "$extensions"
# VS Code takes a link to nothing for a broken file.
[ -e "$settings/settings.json" ] || echo '{}' > "$settings/settings.json" || true
[ -e "$settings/keybindings.json" ] || echo '[]' > "$settings/keybindings.json" || true
for name in settings.json keybindings.json snippets; do
  [ -e "$data/User/$name" ] || ln -sfn "$settings/$name" "$data/User/$name"
done
if [ -n "$machine" ]; then
  mkdir -p "$machine"
  [ -e "$data/Machine" ] || ln -sfn "$machine" "$data/Machine"
fi
for file in "$baked"/*.vsix; do
  [ -e "$file" ] || continue
  code-server --user-data-dir "$data" --extensions-dir "$extensions" --install-extension "$file" ||
    echo "the extension $file could not be installed" >&2
done
exec "$@"
"""


class VisualStudioCode(Settings):
    """VS Code; every code environment is an interpreter and a debug configuration in it."""

    port: Port = 8080
    label: str = Field(default="VS Code", description="Title of the tab.")
    version: str = Field(default="", description="Of code-server; empty: the one configured.")
    settings_path: str = Field(
        default="",
        description="Folder of people's settings; empty: in the zone user_versioned.",
    )
    machine_settings_path: str = Field(
        default="", description="Folder of the machine's settings; empty: made anew at each start."
    )
    extensions_path: str = Field(
        default="", description="Folder of extensions; empty: in the zone code_studio_resources."
    )
    open_in_path: str = Field(default="", description="Folder it opens; empty: the workspace.")
    extensions: tuple[str, ...] = Field(
        default=(), description="Extensions among the template's resources, `.vsix`."
    )
    webapps: bool = Field(default=False, description="Start it in published web apps too.")


def _announce(_settings: VisualStudioCode, _scene: Scene) -> Announcement:
    return Announcement(packages={EVERY_PYTHON: ("debugpy",)})


def _contribute(settings: VisualStudioCode, scene: Scene) -> Contribution:
    return Contribution(
        fragments=(_fragment(settings, scene),),
        entrypoints=(_entrypoint(settings, scene),),
        ports=(
            ExposedPort(port=settings.port, label=settings.label, html=True, block=scene.block),
        ),
        files=tuple(_files(settings, scene)),
        readiness_url=f"http://localhost:{settings.port}/healthz",
        faults=_faults(settings, scene),
        local_faults=_local(settings, scene),
    )


def _entrypoint(settings: VisualStudioCode, scene: Scene) -> Entrypoint:
    zones = Zone.USER_VERSIONED, Zone.CODE_STUDIO_RESOURCES
    own = places.default(
        settings.settings_path, zones[0], "settings/code-server", f"{DATA}/settings", scene
    )
    extensions = places.default(
        settings.extensions_path, zones[1], "vscode-extensions", f"{DATA}/extensions", scene
    )
    machine = settings.machine_settings_path
    return Entrypoint(
        name="vscode",
        label=settings.label,
        command=(
            *("/bin/sh", START, DATA, own, places.placed(machine) if machine else "", extensions),
            f"${{resources}}/{BAKED}",
            *(PROGRAM, "--bind-addr", "${host}:${port}", "--auth", "none"),
            *("--user-data-dir", DATA, "--extensions-dir", extensions),
            *("--disable-telemetry", "--disable-update-check", "--disable-workspace-trust"),
            "--disable-getting-started-override",
            *("--abs-proxy-base-path", f"${{baseUrlPort{settings.port}}}"),
            _opened(settings),
        ),
        block=scene.block,
        block_type=scene.type,
        port=settings.port,
        webapps=settings.webapps,
        aliases=False,
    )


def _opened(settings: VisualStudioCode) -> str:
    return places.placed(settings.open_in_path) if settings.open_in_path else "${workdir}"


def _fragment(settings: VisualStudioCode, scene: Scene) -> Fragment:
    wrapper = scene.context(PROGRAM)
    files = [ContextFile(path=wrapper, content=_WRAPPER, executable=True)]
    statements = [
        f"COPY prefab/{PROGRAM} /opt/dataiku/{PROGRAM}",
        f"COPY {wrapper} /opt/dataiku/bin/{PROGRAM}",
        "ENV PATH=/opt/dataiku/bin:$PATH",
    ]
    if _python(scene):
        inside = scene.context(vscode_python.FOLDER)
        statements.append(f"COPY {inside} {BUILT_IN}/{vscode_python.FOLDER}")
        files += [
            ContextFile(path=f"{inside}/{name}", content=text.encode())
            for name, text in vscode_python.files().items()
        ]
    baked = scene.context(BAKED)
    for at, name in enumerate(settings.extensions):
        found = scene.resources.get(resources.plain(name))
        if found:
            files.append(ContextFile(path=f"{baked}/{at:02}.vsix", content=found.content))
    if any(one.path.startswith(f"{baked}/") for one in files):
        statements.append(f"COPY {baked} /opt/dataiku/{BAKED}")
    return scene.fragment(
        *statements,
        files=tuple(files),
        prefabs=(Prefab(name=PROGRAM, version=settings.version),),
    )


def _files(settings: VisualStudioCode, scene: Scene) -> list[LaunchFile]:
    python = _python(scene)
    machine = settings.machine_settings_path
    folder = places.placed(machine) if machine else f"{DATA}/Machine"
    files = [
        LaunchFile(path=START, content=_START, executable=True, verbatim=True),
        LaunchFile(path=f"{folder}/settings.json", content=_machine(python), keep=bool(machine)),
    ]
    if python:
        path = f"{_opened(settings)}/.vscode/launch.json"
        files.append(LaunchFile(path=path, content=_debugging(python), keep=True))
    return files


def _python(scene: Scene) -> list[Environment]:
    return [one for one in scene.code_environments if one.language is Language.PYTHON]


def _machine(python: list[Environment]) -> str:
    """Return the machine's settings: those of people and of folders are stronger."""
    settings: dict[str, object] = {
        "chat.disableAIFeatures": True,  # they need an account elsewhere, and open by themselves
        "workbench.secondarySideBar.defaultVisibility": "hidden",  # where they would be
    }
    if python:
        first = f"${{venv.{python[0].name}}}"
        settings |= {
            "python.defaultInterpreterPath": f"{first}/bin/python",
            "python.venvPath": venvs.CODE_ENVIRONMENTS,  # all others, in the list of interpreters
            # So that `python` and `pip` in a terminal are those, with or without an extension.
            "terminal.integrated.env.linux": {
                "PATH": f"{first}/bin:${{env:PATH}}",
                "VIRTUAL_ENV": first,
            },
        }
    return json.dumps(settings, indent=2) + "\n"


def _debugging(python: list[Environment]) -> str:
    configurations = [
        {
            "name": f"Python: current file ({one.label or one.name})",
            "type": "debugpy",
            "request": "launch",
            "program": "${file}",
            "console": "integratedTerminal",
            "python": f"${{venv.{one.name}}}/bin/python",
        }
        for one in python
    ]
    return json.dumps({"version": "0.2.0", "configurations": configurations}, indent=2) + "\n"


def _faults(settings: VisualStudioCode, scene: Scene) -> tuple[Trouble, ...]:
    found = [
        trouble
        for field in ("settings_path", "machine_settings_path", "extensions_path", "open_in_path")
        for trouble in places.troubles(getattr(settings, field), field, scene)
    ]
    for at, name in enumerate(settings.extensions):
        message = resources.missing(name, scene, files_only=True)
        if not message and not name.endswith(".vsix"):
            message = f"`{name}` is no `.vsix`"
        if message:
            found.append(Trouble(message=message, field=f"extensions[{at}]"))
    return tuple(found)


def _local(settings: VisualStudioCode, scene: Scene) -> tuple[Trouble, ...]:
    if PROGRAM not in scene.programs:
        message = "code-server is not installed on this machine; the local runtime needs it"
        return (Trouble(message=message),)
    if settings.extensions:
        message = "extensions of the template lie in an image; the local runtime has none"
        return (Trouble(message=message, field="extensions"),)
    return ()


KIND = Kind(
    title="Visual Studio Code",
    settings=VisualStudioCode,
    announce=_announce,
    contribute=_contribute,
    unique=True,
)
