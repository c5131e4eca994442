"""Streamlit: an app that is edited and run in the studio, with a first version to start from.

It serves below its prefix (``baseUrlPath``), so its subpath keeps the browser's path.
Flags: documentation of Streamlit, "config.toml"; ``/_stcore/health`` is its probe.
"""

from __future__ import annotations

import posixpath

from pydantic import Field

from cstudiod.blocks import places, venvs
from cstudiod.blocks.kinds import Announcement, Contribution, Kind, Scene, Trouble
from cstudiod.blocks.settings import EnvironmentName, Port, Settings
from cstudiod.model.blueprints import (
    Entrypoint,
    Environment,
    ExposedPort,
    StarterFile,
    Subpath,
)
from cstudiod.model.zones import Zone

ENVIRONMENT = "streamlit"

_APP = b"""\
import streamlit as st

st.title("Hello")
name = st.text_input("Your name", "world")
st.write(f"Hello, {name}! Edit this file: the app runs again when it is saved.")
"""

_STARTABLE = (
    Zone.CODE_STUDIO_VERSIONED,
    Zone.CODE_STUDIO_RESOURCES,
    Zone.USER_VERSIONED,
    Zone.USER_RESOURCES,
)


class Streamlit(Settings):
    """A Streamlit app."""

    port: Port = 8501
    label: str = Field(default="Streamlit", description="Title of the tab.")
    version: str = Field(default="", description="Of Streamlit; empty: the newest.")
    modules: tuple[str, ...] = Field(default=(), description="More Python packages for the app.")
    code_environment: EnvironmentName | None = Field(
        default=None, description="Run in this code environment, not in one of its own."
    )
    start_file: str = Field(
        default="__CODE_STUDIO_VERSIONED__/streamlit/app.py",
        description="The app; made when a studio is created, if it is in a zone of its own.",
    )
    settings_path: str = Field(
        default="", description="Folder with Streamlit's config.toml; empty: the app's own."
    )
    xsrf: bool = Field(default=True, description="Streamlit's protection of forms.")
    webapps: bool = Field(default=True, description="Start it in published web apps too.")


def _announce(settings: Streamlit, scene: Scene) -> Announcement:
    wanted = f"streamlit=={settings.version}" if settings.version else "streamlit"
    packages = (wanted, *settings.modules)
    if settings.code_environment:
        return Announcement(packages={settings.code_environment: packages})
    own = Environment(
        name=ENVIRONMENT,
        block=scene.block,
        label=settings.label,
        requirements=packages,
        path=f"{venvs.ROOT}/{ENVIRONMENT}",
    )
    return Announcement(environments=(own,))


def _contribute(settings: Streamlit, scene: Scene) -> Contribution:
    prefix = f"${{baseUrlPort{settings.port}}}"
    own = None if settings.code_environment else scene.environment(ENVIRONMENT)
    return Contribution(
        fragments=(venvs.fragment(own, scene),) if own else (),
        entrypoints=(_entrypoint(settings, scene, prefix),),
        ports=(
            ExposedPort(
                port=settings.port,
                label=settings.label,
                html=True,
                written_subpath=Subpath.KEEP.value,
                block=scene.block,
            ),
        ),
        readiness_url=f"http://localhost:{settings.port}{prefix}/_stcore/health",
        creation=_starters(settings, scene),
        faults=(
            *places.troubles(settings.start_file, "start_file", scene),
            *places.troubles(settings.settings_path, "settings_path", scene),
            *venvs.reference_troubles(settings.code_environment, scene),
            *venvs.requirement_troubles(settings.modules, "modules"),
            *_start_troubles(settings),
        ),
    )


def _entrypoint(settings: Streamlit, scene: Scene, prefix: str) -> Entrypoint:
    app = places.placed(settings.start_file)
    flags = {
        "server.headless": "true",
        "server.address": "${host}",
        "server.port": "${port}",
        "server.baseUrlPath": prefix,
        "server.enableXsrfProtection": "true" if settings.xsrf else "false",
        "server.fileWatcherType": "auto",
        "server.runOnSave": "true",
        "browser.gatherUsageStats": "false",
    }
    words = [word for name, value in flags.items() for word in (f"--{name}", value)]
    name = settings.code_environment or ENVIRONMENT
    python = f"${{venv.{name}}}/bin/python"
    return Entrypoint(
        name="streamlit",
        label=settings.label,
        command=(python, "-m", "streamlit", "run", app, *words),
        block=scene.block,
        block_type=scene.type,
        port=settings.port,
        folder=places.placed(settings.settings_path)
        if settings.settings_path
        else posixpath.dirname(app),
        webapps=settings.webapps,
        aliases=False,
    )


def _starters(settings: Streamlit, scene: Scene) -> tuple[StarterFile, ...]:
    found = places.in_zone(settings.start_file, scene)
    if not found or not found.path or found.zone not in _STARTABLE:
        return ()
    return (StarterFile(zone=found.zone, path=found.path, content=_APP, block=scene.block),)


def _start_troubles(settings: Streamlit) -> tuple[Trouble, ...]:
    if settings.start_file.endswith(".py"):
        return ()
    return (Trouble(message="must name a Python file, `app.py`", field="start_file"),)


KIND = Kind(
    title="Streamlit",
    settings=Streamlit,
    announce=_announce,
    contribute=_contribute,
    unique=True,
)
