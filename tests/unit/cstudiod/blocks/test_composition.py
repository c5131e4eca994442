from __future__ import annotations

import pytest
from cstudiod.blocks import registry
from cstudiod.blocks.composition import blueprint, compose
from cstudiod.model.blueprints import Environment, Language
from cstudiod.model.dockerfiles import render
from cstudiod.model.templates import Block, Template, TemplateInvalid
from support.template_samples import SERVER, made, told

CODE = "  - {type: code_environment, name: py-data, requirements: [pandas]}\n"
LAB = "  - {type: jupyterlab}\n"
CODE_SERVER = "  - {type: visual_studio_code}\n"


@pytest.mark.parametrize("blocks", [CODE + LAB + CODE_SERVER, CODE_SERVER + LAB + CODE])
def test_code_environments_reach_ides_in_any_order(blocks: str) -> None:
    """A kernel, an interpreter, a debug configuration, and the packages those need."""
    result = made(blocks)
    code = next(one for one in result.image.environments if one.is_code_environment)
    assert code.name == "py-data"
    assert set(code.requirements) == {"pandas", "ipykernel", "debugpy"}
    paths = [file.path for file in result.launch.files]
    assert "${state}/jupyter/kernels/py-data/kernel.json" in paths
    assert "${home}/.local/share/code-server/Machine/settings.json" in paths
    assert "${workdir}/.vscode/launch.json" in paths


def test_blocks_are_applied_in_their_order() -> None:
    """A later statement sees what an earlier block installed."""
    first = "  - {type: append_dockerfile, dockerfile: RUN one}\n"
    text = render(made(first + LAB + CODE).image, "base").text
    assert text.index("RUN one") < text.index("/opt/dataiku/jupyterlab") < text.index("py-data")
    text = render(made(LAB + CODE + first).image, "base").text
    assert text.index("/opt/dataiku/jupyterlab") < text.index("py-data") < text.index("RUN one")


def test_the_first_readiness_url_wins() -> None:
    """Of the blocks in their order."""
    assert made(LAB + CODE_SERVER).launch.readiness.url.startswith("http://localhost:8888")
    assert made(CODE_SERVER + LAB).launch.readiness.url == "http://localhost:8080/healthz"
    own = "  - {type: kubernetes_parameters, readiness_url: 'http://localhost:8888/x'}\n"
    assert made(own + LAB).launch.readiness.url == "http://localhost:8888/x"


def test_without_a_mapping_every_zone_is_there() -> None:
    """As a new template of the original has them."""
    zones = made(SERVER).sync
    assert len(zones) == 8
    assert [row.target for row in zones[:2]] == ["code_studio-versioned", "code_studio-resources"]


def test_entrypoints_have_names_of_their_own() -> None:
    """Also when labels are the same, or the runner's word."""
    one = "  - {type: entrypoint, label: NGINX, command: a}\n"
    names = [entry.name for entry in made(one + one).launch.entrypoints]
    assert names == ["nginx-2", "nginx-3"]


@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        (
            LAB + "  - type: entrypoint\n    command: x\n    expose: {port: 8888}\n",
            "sample.yaml:6: block 2 (entrypoint), expose.port: "
            "port 8888 is used already, by block 1 (jupyterlab)",
        ),
        (
            LAB + "  - type: kubernetes_parameters\n    ports:\n      - port: 8888\n",
            "sample.yaml:6: block 2 (kubernetes_parameters), ports[0].port: "
            "port 8888 is used already, by block 1 (jupyterlab)",
        ),
        (
            "  - {type: entrypoint, command: x, expose: {port: 20080}}\n",
            "sample.yaml:3: block 1 (entrypoint), expose.port: "
            "port 20080 is used already, by the studio's own proxy",
        ),
        (LAB + LAB, "sample.yaml:4: block 2 (jupyterlab), type: a template has this block once"),
        (
            LAB + CODE + CODE,
            "sample.yaml:5: block 3 (code_environment), name: "
            "block 2 has a code environment `py-data` too",
        ),
        (
            LAB + CODE + "  - {type: code_environment, name: b, folder: py-data}\n",
            "sample.yaml:5: block 3 (code_environment), folder: "
            "block 2 has a code environment in `py-data` too",
        ),
        (
            SERVER + "  - {type: custom_action, name: a, command: x}\n" * 2,
            "sample.yaml:5: block 3 (custom_action), name: block 2 has an action `a` too",
        ),
        (
            LAB + "  - {type: kubernetes_parameters, readiness_url: '${baseUrl'}\n",
            "",
        ),
        (
            SERVER + "  - {type: kubernetes_parameters, http_readiness: true}\n",
            "sample.yaml:4: block 2 (kubernetes_parameters), http_readiness: "
            "no block says which URL to ask: set `readiness_url`",
        ),
    ],
)
def test_blocks_that_contradict_each_other(blocks: str, expected: str) -> None:
    """Each is told once, at the later of the two."""
    assert expected in "\n".join(told(blocks))


def test_what_is_missing_because_of_another_fault_is_not_told() -> None:
    """The one entrypoint is misspelt: that is the problem, not that there is none."""
    (line,) = told("  - type: entrypoint\n    comand: x\n    command: serve\n")
    assert "did you mean `command`?" in line
    lines = told(
        "  - {type: code_environment, nam: x}\n  - {type: jupyterlab, code_environment: x}\n"
    )
    assert not any("there is no code environment" in line for line in lines)


def test_a_template_that_was_not_read_from_a_file_is_checked_too() -> None:
    """What is imported or made by a program has no lines, and the same faults."""
    template = Template(name="x", blocks=(Block(type="jupyterlab", settings={"prot": 1}),))
    with pytest.raises(TemplateInvalid, match=r"block 1 \(jupyterlab\), prot: unknown setting"):
        blueprint(template)


def test_other_packages_of_an_environment_are_added_once() -> None:
    """A version that the template asks for is kept."""
    code = "  - {type: code_environment, name: a, requirements: ['IPyKernel==6.1', 'x @ https://h/x']}\n"
    code_environment = made(code + LAB).image.environments[0]
    assert code_environment.requirements == ("IPyKernel==6.1", "x @ https://h/x")


def test_only_python_is_built_by_the_local_runtime() -> None:
    """An R environment is what the machine has."""
    r = "  - {type: code_environment, name: r, language: R}\n"
    result = made(LAB + r, programs=("R", "Rscript"))
    languages = {one.language for one in result.image.environments}
    assert languages == {Language.PYTHON}
    assert result.local_faults == ()
    assert isinstance(result.image.environments[0], Environment)


def test_an_unknown_block_names_the_nearest() -> None:
    """And all that there are where nothing is near."""
    template = Template(name="x", blocks=(Block(type="qqqq"),))
    (fault,) = compose(template, registry.installed()).faults
    assert "there is no block `qqqq`; known: append_dockerfile, " in fault.message
