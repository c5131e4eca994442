"""Which variables are expanded where, and what programs find in their environment."""

from __future__ import annotations

import pytest
from cstudio_runner import variables
from cstudio_runner.launch import Entrypoint, Launch, Port

BASE = "/code-studios/P/s"
LAUNCH = Launch(
    base_path=BASE,
    workdir="/w",
    state="/s",
    env={"DOC": "${baseUrlPort8501}/x", "BOTH": "document", "PATH": "/opt:/bin"},
    ports=(
        Port(8888, 40001, subpath="$request_uri"),
        Port(8501, 40002, subpath="$request_uri"),
        Port(5000, 5000, public=True),
    ),
)
OUTSIDE = {"PATH": "/bin", "CSTUDIO_LAUNCH": "a secret", "K8S_POD_NAME": "pod-1"}


@pytest.mark.parametrize(
    ("command", "port", "words"),
    [
        (
            ("a", "--p=${port}", "${host}:${listenPort8888}"),
            8501,
            ["a", "--p=40002", "127.0.0.1:40001"],
        ),
        (
            ("${workdir}/x", "${baseUrl}/", "${baseUrlPort8888}"),
            0,
            ["/w/x", BASE + "/", BASE + "/8888"],
        ),
        (
            ("${port}", "${HOME}", "$port", "${baseUrlPort1}"),
            0,
            ["${port}", "${HOME}", "$port", "${baseUrlPort1}"],
        ),
        (("${host}",), 5000, ["0.0.0.0"]),
        (
            "run --port ${port}; rm -r ${workdir}",
            8501,
            ["/bin/sh", "-c", "run --port ${port}; rm -r ${workdir}"],
        ),
    ],
)
def test_words_are_expanded_and_shell_lines_are_not(
    command: str | tuple[str, ...], port: int, words: list[str]
) -> None:
    entry = Entrypoint("a", command, port=port)
    assert variables.command_of(entry, LAUNCH, OUTSIDE) == words


def test_what_is_expanded_is_not_looked_at_again() -> None:
    assert variables.expand("${a}${b}", {"a": "${b}", "b": "1"}) == "${b}1"


def test_the_whole_environment_of_an_entrypoint() -> None:
    entry = Entrypoint("app", "x", port=8501, env={"BOTH": "entrypoint", "P": "${port}"})
    assert variables.environment_of(entry, LAUNCH, OUTSIDE) == {
        "BOTH": "entrypoint",
        "CSTUDIO_RUNNER_STATE": "/s",
        "DASH_URL_BASE_PATHNAME": BASE + "/8501/",
        "DKU_CODE_STUDIO_BROWSER_PATH": BASE,
        "DKU_CODE_STUDIO_BROWSER_PATH_5000": BASE + "/5000",
        "DKU_CODE_STUDIO_BROWSER_PATH_8501": BASE + "/8501",
        "DKU_CODE_STUDIO_BROWSER_PATH_8888": BASE + "/8888",
        "DKU_CODE_STUDIO_IS_PUBLIC_PORT_5000": "1",
        "DKU_IS_CODE_STUDIO": "1",
        "DOC": BASE + "/8501/x",
        "GRADIO_ROOT_PATH": BASE + "/8501",
        "GRADIO_SERVER_NAME": "127.0.0.1",
        "GRADIO_SERVER_PORT": "40002",
        "K8S_POD_NAME": "pod-1",
        "P": "40002",
        "PATH": "/opt:/bin",
        "PYTHONUNBUFFERED": "1",
        "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
        "STREAMLIT_SERVER_BASE_URL_PATH": BASE + "/8501",
        "STREAMLIT_SERVER_PORT": "40002",
        "VSCODE_PROXY_URI": BASE + "/{{port}}/",
        "baseUrl": BASE,
        "baseUrlPort5000": BASE + "/5000",
        "baseUrlPort8501": BASE + "/8501",
        "baseUrlPort8888": BASE + "/8888",
        "host": "127.0.0.1",
        "listenPort5000": "5000",
        "listenPort8501": "40002",
        "listenPort8888": "40001",
        "port": "40002",
        "workdir": "/w",
    }


def test_where_the_prefix_is_stripped_servers_are_not_told_to_serve_below_it() -> None:
    entry = Entrypoint("app", "x", port=5000)
    found = variables.environment_of(entry, LAUNCH, {})
    assert found["DASH_REQUESTS_PATHNAME_PREFIX"] == BASE + "/5000/"
    assert "STREAMLIT_SERVER_BASE_URL_PATH" not in found
    assert "DASH_URL_BASE_PATHNAME" not in found


def test_an_ide_does_not_hand_its_prefix_to_what_is_started_in_it() -> None:
    found = variables.environment_of(Entrypoint("a", "x", port=5000, aliases=False), LAUNCH, {})
    assert not [name for name in found if name.startswith(("GRADIO", "DASH", "STREAMLIT"))]


def test_the_base_path_takes_the_pod_s_name() -> None:
    launch = Launch(base_path="/web/P/w_${K8S_POD_NAME}", ports=(Port(80, 80),))
    assert variables.base_path(launch, OUTSIDE) == "/web/P/w_pod-1"
    assert variables.prefixes(launch, OUTSIDE)["baseUrlPort80"] == "/web/P/w_pod-1/80"


@pytest.mark.parametrize(
    ("environment", "told"),
    [
        ({}, "needs ${K8S_POD_NAME}, which this container's environment does not have"),
        ({"K8S_POD_NAME": "a b"}, "is not made of"),
        ({"K8S_POD_NAME": ";}"}, "is not made of"),
        ({"K8S_POD_NAME": "/../x"}, "is not made of"),
    ],
)
def test_a_base_path_that_cannot_be_used_is_told(environment: dict[str, str], told: str) -> None:
    launch = Launch(base_path="/w/${K8S_POD_NAME}")
    with pytest.raises(variables.VariableMissing) as missing:
        variables.base_path(launch, environment)
    assert told in str(missing.value)


@pytest.mark.parametrize(("cwd", "folder"), [("", "/w"), ("a/b", "/w/a/b"), ("/x/", "/x")])
def test_the_working_folder(cwd: str, folder: str) -> None:
    assert variables.cwd_of(Entrypoint("a", "x", cwd=cwd), LAUNCH) == folder
