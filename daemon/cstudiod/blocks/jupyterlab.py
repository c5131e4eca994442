"""JupyterLab server, with a kernel for each code environment.

It serves below its prefix (``base_url``), so its subpath keeps the browser's path.
Flags: documentation of jupyter_server 2, "Config file and command line options".
"""

from __future__ import annotations

import json

from pydantic import Field

from cstudiod.blocks import venvs
from cstudiod.blocks.kinds import EVERY_PYTHON, Announcement, Contribution, Kind, Scene
from cstudiod.blocks.settings import EnvironmentName, Port, Settings
from cstudiod.model.blueprints import (
    Entrypoint,
    Environment,
    ExposedPort,
    Language,
    LaunchFile,
    Subpath,
)

ENVIRONMENT = "jupyterlab"
KERNELS = "${state}/jupyter"
DEFAULTS = {"fetchNews": "false", "checkForUpdates": False}
"""Of JupyterLab's notifications: both come from elsewhere, and each visitor would be asked."""


class JupyterLab(Settings):
    """JupyterLab; every code environment of the template is a kernel in it."""

    port: Port = 8888
    label: str = Field(default="JupyterLab", description="Title of the tab.")
    version: str = Field(default="", description="Of JupyterLab; empty: the newest.")
    modules: tuple[str, ...] = Field(
        default=(), description="More Python packages for JupyterLab itself: extensions."
    )
    code_environment: EnvironmentName | None = Field(
        default=None, description="Run in this code environment, not in one of its own."
    )
    webapps: bool = Field(default=False, description="Start it in published web apps too.")
    terminals: bool = True


def _announce(settings: JupyterLab, scene: Scene) -> Announcement:
    packages = {EVERY_PYTHON: ("ipykernel",)}
    if settings.code_environment:
        return Announcement(packages={**packages, settings.code_environment: _packages(settings)})
    own = Environment(
        name=ENVIRONMENT,
        block=scene.block,
        label=settings.label,
        requirements=_packages(settings),
        path=f"{venvs.ROOT}/{ENVIRONMENT}",
    )
    return Announcement(environments=(own,), packages=packages)


def _packages(settings: JupyterLab) -> tuple[str, ...]:
    wanted = f"jupyterlab=={settings.version}" if settings.version else "jupyterlab>=4"
    return (wanted, *settings.modules)


def _contribute(settings: JupyterLab, scene: Scene) -> Contribution:
    name = settings.code_environment or ENVIRONMENT
    prefix = f"${{baseUrlPort{settings.port}}}"
    own = None if settings.code_environment else scene.environment(ENVIRONMENT)
    return Contribution(
        fragments=(venvs.fragment(own, scene),) if own else (),
        entrypoints=(_entrypoint(settings, scene, name, prefix),),
        ports=(
            ExposedPort(
                port=settings.port,
                label=settings.label,
                html=True,
                written_subpath=Subpath.KEEP.value,
                block=scene.block,
            ),
        ),
        files=(_defaults(), *(_kernel(one) for one in scene.code_environments)),
        environment={"JUPYTER_PATH": KERNELS, "JUPYTER_CONFIG_PATH": KERNELS},
        readiness_url=f"http://localhost:{settings.port}{prefix}/api",
        faults=(
            *venvs.reference_troubles(settings.code_environment, scene),
            *venvs.requirement_troubles(settings.modules, "modules"),
        ),
    )


def _entrypoint(settings: JupyterLab, scene: Scene, name: str, prefix: str) -> Entrypoint:
    return Entrypoint(
        name="jupyterlab",
        label=settings.label,
        command=(
            f"${{venv.{name}}}/bin/python",
            "-m",
            "jupyterlab",
            "--no-browser",
            "--allow-root",  # where the local runtime's user is root there is no other
            "--ServerApp.ip=${host}",
            "--ServerApp.port=${port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.base_url={prefix}/",
            "--ServerApp.root_dir=${workdir}",
            "--IdentityProvider.token=",
            "--ServerApp.password=",
            "--ServerApp.allow_remote_access=True",
            "--ServerApp.trust_xheaders=True",
            f"--ServerApp.terminals_enabled={settings.terminals}",
        ),
        block=scene.block,
        block_type=scene.type,
        port=settings.port,
        webapps=settings.webapps,
        aliases=False,
    )


def _defaults() -> LaunchFile:
    """Return what people's settings begin with.

    Format: jupyterlab_server's documentation, "Settings", default setting overrides.
    """
    content = {"@jupyterlab/apputils-extension:notification": DEFAULTS}
    path = f"{KERNELS}/labconfig/default_setting_overrides.json"
    return LaunchFile(path=path, content=json.dumps(content, indent=1) + "\n")


def _kernel(environment: Environment) -> LaunchFile:
    """Return the kernel of a code environment.

    Format: jupyter_client's documentation, "Making kernels", kernel specs.
    """
    title = environment.label or environment.name
    if environment.language is Language.R:
        argv = ["R", "--slave", "-e", "IRkernel::main()", "--args", "{connection_file}"]
    else:
        python = f"${{venv.{environment.name}}}/bin/python"
        argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = {
        "argv": argv,
        "display_name": title,
        "language": "R" if environment.language is Language.R else "python",
        "metadata": {"debugger": environment.language is Language.PYTHON},
    }
    path = f"{KERNELS}/kernels/{environment.name}/kernel.json"
    return LaunchFile(path=path, content=json.dumps(spec, indent=1) + "\n")


KIND = Kind(
    title="JupyterLab server",
    settings=JupyterLab,
    announce=_announce,
    contribute=_contribute,
    unique=True,
)
