"""JupyterLab, VS Code, RStudio and Streamlit: what each starts, and how it hears of its prefix."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from cstudiod.model.blueprints import Blueprint, Entrypoint, Prefab, StarterFile, Subpath
from cstudiod.model.zones import Zone
from support.template_samples import made, told

IDES = {
    "jupyterlab": (8888, Subpath.KEEP, "http://localhost:8888${baseUrlPort8888}/api"),
    "visual_studio_code": (8080, Subpath.STRIP, "http://localhost:8080/healthz"),
    "rstudio": (8787, Subpath.STRIP, "http://localhost:8787/"),
    "streamlit": (8501, Subpath.KEEP, "http://localhost:8501${baseUrlPort8501}/_stcore/health"),
}
TOOLS = "  - {type: append_dockerfile, dockerfile: RUN rserver}\n"


def _files(result: Blueprint) -> Mapping[str, str]:
    return {file.path: file.content for file in result.launch.files}


def _entry(result: Blueprint) -> Entrypoint:
    (entry,) = result.launch.entrypoints
    return entry


@pytest.mark.parametrize("type", IDES)
def test_an_ide_serves_its_port(type: str) -> None:
    """On the address that it is told, below the prefix or without, with a readiness URL."""
    port, subpath, url = IDES[type]
    result = made(f"{TOOLS}  - {{type: {type}}}\n")
    (exposed,) = result.launch.ports
    assert (exposed.port, exposed.subpath, exposed.html) == (port, subpath, True)
    assert exposed.written_subpath == subpath.value
    assert result.launch.readiness.url == url
    words = " ".join(_entry(result).command)
    assert "${port}" in words
    assert "${host}" in words
    assert f"${{baseUrlPort{port}}}" in words
    assert not _entry(result).aliases


@pytest.mark.parametrize("type", IDES)
def test_another_port_is_used_everywhere(type: str) -> None:
    """Port, prefix and readiness are one."""
    result = made(f"{TOOLS}  - {{type: {type}, port: 7000, label: X, webapps: true}}\n")
    assert [one.port for one in result.launch.ports] == [7000]
    assert (_entry(result).port, _entry(result).label, _entry(result).webapps) == (7000, "X", True)
    assert result.launch.readiness.url.startswith("http://localhost:7000")
    assert "${baseUrlPort7000}" in " ".join(_entry(result).command)


def test_an_r_environment_is_a_kernel() -> None:
    """Of Debian's packages."""
    settings = "name: stats, language: R, requirements: [dplyr, data.table]"
    r = f"  - {{type: code_environment, {settings}}}\n"
    result = made(f"{r}  - {{type: jupyterlab}}\n")
    kernel = json.loads(_files(result)["${state}/jupyter/kernels/stats/kernel.json"])
    assert kernel["display_name"] == "R"
    assert kernel["argv"][0] == "R"
    text = result.image.fragments[0].dockerfile
    assert "r-base-core r-cran-irkernel r-cran-data.table r-cran-dplyr" in text
    (fault,) = result.local_faults
    assert "R is not installed" in fault.message


def test_jupyterlab_in_a_code_environment() -> None:
    """It brings its packages, and no environment of its own."""
    code = "  - {type: code_environment, name: py}\n"
    lab = (
        "  - {type: jupyterlab, code_environment: py, version: 4.4.1, modules: [jupyterlab-git]}\n"
    )
    result = made(code + lab)
    (environment,) = result.image.environments
    assert environment.requirements == ("ipykernel", "jupyterlab==4.4.1", "jupyterlab-git")
    assert _entry(result).command[0] == "${venv.py}/bin/python"


def test_vs_code_keeps_people_s_settings_in_their_zone() -> None:
    """Its data folder, with sockets and caches in it, is not synced."""
    command = _entry(made("  - {type: visual_studio_code}\n")).command
    assert "${zone.user_versioned}/settings/code-server" in command
    assert "${zone.code_studio_resources}/vscode-extensions" in command
    assert "${home}/.local/share/code-server" in command
    none = "  - {type: file_synchronization, zones: [{zone: recipes}]}\n"
    alone = _entry(made(f"{none}  - {{type: visual_studio_code}}\n")).command
    assert not any("zone." in word for word in alone)


def test_vs_code_takes_paths_as_dss_has_them() -> None:
    """Tokens of zones, and folders of the image."""
    settings = (
        "settings_path: __USER_VERSIONED__/s, machine_settings_path: __CODE_STUDIO_VERSIONED__/m, "
        "extensions_path: __CODE_STUDIO_RESOURCES__/e/, open_in_path: /home/dataiku/workspace/x"
    )
    code = "  - {type: code_environment, name: py, label: Py}\n"
    result = made(f"{code}  - {{type: visual_studio_code, {settings}}}\n")
    command = _entry(result).command
    assert "${zone.user_versioned}/s" in command
    assert command.count("${zone.code_studio_resources}/e") == 2
    assert command[-1] == "${workdir}/x"
    files = _files(result)
    machine = json.loads(files["${zone.code_studio_versioned}/m/settings.json"])
    assert machine["python.defaultInterpreterPath"] == "${venv.py}/bin/python"
    assert machine["terminal.integrated.env.linux"]["PATH"] == "${venv.py}/bin:${env:PATH}"
    (debugging,) = json.loads(files["${workdir}/x/.vscode/launch.json"])["configurations"]
    assert debugging["name"] == "Python: current file (Py)"
    assert debugging["python"] == "${venv.py}/bin/python"
    kept = {file.path for file in result.launch.files if file.keep}
    assert kept == {
        "${zone.code_studio_versioned}/m/settings.json",
        "${workdir}/x/.vscode/launch.json",
    }


def test_nothing_from_elsewhere_opens_by_itself() -> None:
    """Neither VS Code's assistant nor JupyterLab's question about news."""
    machine = json.loads(
        _files(made("  - {type: visual_studio_code}\n"))[
            "${home}/.local/share/code-server/Machine/settings.json"
        ]
    )
    assert machine == {
        "chat.disableAIFeatures": True,
        "workbench.secondarySideBar.defaultVisibility": "hidden",
    }
    lab = made("  - {type: jupyterlab}\n")
    folder = lab.launch.environment["JUPYTER_CONFIG_PATH"]
    defaults = json.loads(_files(lab)[f"{folder}/labconfig/default_setting_overrides.json"])
    assert defaults["@jupyterlab/apputils-extension:notification"] == {
        "fetchNews": "false",
        "checkForUpdates": False,
    }


def test_vs_code_is_a_prefab_in_the_image_and_a_program_here() -> None:
    """The builder prepares it once; the local runtime needs it on the machine."""
    block = "  - {type: visual_studio_code, version: 4.100.3}\n"
    (fragment,) = made(block).image.fragments
    assert fragment.prefabs == (Prefab(name="code-server", version="4.100.3"),)
    assert "COPY prefab/code-server /opt/dataiku/code-server" in fragment.dockerfile
    (fault,) = made(block).local_faults
    assert "code-server is not installed on this machine" in fault.message
    assert made(block, programs=("code-server",)).local_faults == ()


def test_vs_code_brings_extensions_of_the_template() -> None:
    """They are in the image, in the order of the template."""
    block = "  - {type: visual_studio_code, extensions: [b.vsix, a.vsix]}\n"
    (fragment,) = made(block, "a.vsix", "b.vsix").image.fragments
    assert [file.path for file in fragment.files][1:] == [
        "block-1/code-server-vsix/00.vsix",
        "block-1/code-server-vsix/01.vsix",
    ]
    assert "COPY block-1/code-server-vsix /opt/dataiku/code-server-vsix" in fragment.dockerfile


def test_rstudio_comes_from_a_package_or_an_earlier_block() -> None:
    """It is in no index; else the template is refused, with what to do."""
    result = made("  - {type: rstudio, package: x/rstudio.deb}\n", "x/rstudio.deb")
    (fragment,) = result.image.fragments
    assert "apt-get install -y --no-install-recommends r-base-core" in fragment.dockerfile
    assert [file.path for file in fragment.files] == ["block-1/rstudio-server.deb"]
    assert made(f"{TOOLS}  - {{type: rstudio}}\n").image.fragments[1].files == ()
    (line,) = told(f"  - {{type: rstudio}}\n{TOOLS}")
    assert "put its .deb into the template's resources" in line
    assert "${state}/rstudio/rsession.conf" in _files(result)


def test_streamlit_begins_with_an_app() -> None:
    """In the studio's versioned files, in the part of them that is synced."""
    zones = "  - {type: file_synchronization, zones: [{zone: code_studio_versioned, folder: f}]}\n"
    result = made(f"{zones}  - {{type: streamlit}}\n")
    (starter,) = result.creation
    assert isinstance(starter, StarterFile)
    assert (starter.zone, starter.path) == (Zone.CODE_STUDIO_VERSIONED, "f/streamlit/app.py")
    compile(starter.content, "app.py", "exec")
    assert "${zone.code_studio_versioned}/streamlit/app.py" in _entry(result).command
    assert _entry(result).folder == "${zone.code_studio_versioned}/streamlit"


@pytest.mark.parametrize(
    ("block", "field", "words"),
    [
        ("{type: jupyterlab, code_environment: pyy}", "code_environment", "did you mean `py`?"),
        ("{type: jupyterlab, code_environment: r}", "code_environment", "is for R"),
        ("{type: jupyterlab, modules: [a, -r x]}", "modules[1]", "options of pip"),
        ("{type: streamlit, code_environment: x/y}", "code_environment", "pattern"),
        ("{type: streamlit, start_file: __NOTEBOOKS__/a.py}", "start_file", "`notebooks` is not"),
        ("{type: streamlit, start_file: '${workdi}/a.py'}", "start_file", "unknown variable"),
        ("{type: streamlit, start_file: a.txt}", "start_file", "a Python file"),
        ("{type: visual_studio_code, settings_path: ../x}", "settings_path", "no path"),
        ("{type: visual_studio_code, extensions: [x.vsix]}", "extensions[0]", "has no resource"),
        ("{type: visual_studio_code, extensions: [a.txt]}", "extensions[0]", "is no `.vsix`"),
        ("{type: rstudio, package: x.deb}", "package", "has no resource `x.deb`"),
    ],
)
def test_a_wrong_setting_of_an_ide(block: str, field: str, words: str) -> None:
    """Is told with its field."""
    others = (
        "  - {type: file_synchronization, zones: [{zone: code_studio_versioned}]}\n"
        "  - {type: code_environment, name: py}\n"
        "  - {type: code_environment, name: r, language: R}\n"
    )
    (found,) = told(f"{others}  - {block}\n", "a.txt")
    assert f", {field}: " in found
    assert words in found
