from __future__ import annotations

import pytest
from cstudiod.model.blueprints import ExposedPort, LaunchFile, Subpath
from support.template_samples import made, told

START = "  - type: entrypoint\n"


def test_a_program_and_its_port() -> None:
    """As the template says; the port is one of the studio's."""
    launch = made(
        START
        + "    label: My API\n    command: [python3, api.py]\n    webapps: true\n"
        + "    environment: {A: b}\n"
        + "    expose: {port: 8000, label: API, html: true, subpath: $request_uri}\n"
    ).launch
    (entry,) = launch.entrypoints
    assert (entry.name, entry.label, entry.port, entry.webapps) == ("my-api", "My API", 8000, True)
    assert entry.command == ("python3", "api.py")
    assert entry.environment == {"A": "b"}
    assert launch.ports == (
        ExposedPort(
            port=8000,
            label="API",
            html=True,
            written_subpath="$request_uri",
            block=0,
        ),
    )
    assert launch.ports[0].subpath is Subpath.KEEP


def test_a_port_that_people_start_the_server_of() -> None:
    """An empty command declares the port alone."""
    (entry,) = made(f"{START}    expose: {{port: 8000}}\n").launch.entrypoints
    assert entry.command == ""


def test_scripts_of_the_home_folder_are_written_at_the_start() -> None:
    """Editing one needs no build, and the local runtime has them too."""
    result = made(
        START
        + "    command: ./start.sh\n"
        + "    scripts:\n"
        + "      - {source: '${template.resources}/start.sh', target: bin/start.sh}\n"
        + "      - {content: 'echo ${home}', target: /home/dataiku/other.sh}\n",
        "start.sh",
    )
    assert result.image.fragments == ()
    assert result.local_faults == ()
    assert result.launch.files == (
        LaunchFile(
            path="${home}/bin/start.sh",
            content="# start.sh\n",
            executable=True,
            verbatim=True,
        ),
        LaunchFile(path="${home}/other.sh", content="echo ${home}", executable=True, verbatim=True),
    )


def test_other_scripts_lie_in_the_image() -> None:
    """Where the home folder does not hold them, or the template has no text of them."""
    result = made(
        START
        + "    command: x\n"
        + "    scripts:\n"
        + "      - {content: x, target: '/usr/local/bin/a b'}\n"
        + "      - {source: '${dip.home}/bin/y', target: y}\n"
    )
    (fragment,) = result.image.fragments
    assert 'COPY ["block-1/script-0", "/usr/local/bin/a b"]' in fragment.dockerfile
    assert "RUN chmod -R a+rX '/usr/local/bin/a b'" in fragment.dockerfile
    assert fragment.files[0].executable
    assert [(one.root, one.path) for one in fragment.sources] == [("dip.home", "block-1/script-1")]
    assert [fault.field for fault in result.local_faults] == [
        "scripts[0].target",
        "scripts[1].target",
    ]


def test_a_folder_of_an_image_is_not_on_this_machine() -> None:
    """Said before somebody wonders why the local runtime does not find the program."""
    (fault,) = made(f"{START}    command: /opt/dataiku/x\n").local_faults
    assert fault.field == "command"


@pytest.mark.parametrize(
    ("settings", "field", "words"),
    [
        ("    label: x\n", "", "neither a command nor a port"),
        ("    command: []\n", "command", "names no program"),
        ("    command: [1]\n", "command", "a list of texts"),
        ("    command: 5\n", "command", "must be a line of text"),
        ("    command: python __RECIPE__/x __RECIPES__\n", "command", ""),
        ("    command: x\n    expose: {}\n", "expose.port", "`port` is missing"),
        ("    command: x\n    expose: {port: '80'}\n", "expose.port", "must be a whole number"),
        (
            "    command: x\n    expose: {port: 80, subpath: $request_url}\n",
            "expose.subpath",
            "did you mean `$request_uri`?",
        ),
        ("    command: x\n    scripts: [{target: a}]\n", "scripts[0]", "`source` or `content`"),
        (
            "    command: x\n    scripts: [{source: a, target: b}]\n",
            "scripts[0].source",
            "has no resource `a`",
        ),
        (
            "    command: x\n    scripts: [{content: a, target: ../b}]\n",
            "scripts[0].target",
            "no path that a script can have",
        ),
        (
            "    command: x\n    scripts: [{content: a, target: b/}]\n",
            "scripts[0].target",
            "folder",
        ),
        ("    command: x\n    environment: {a-b: c}\n", "environment.a-b", "no name of"),
    ],
)
def test_a_wrong_entrypoint(settings: str, field: str, words: str) -> None:
    """Is told with its field."""
    zones = "  - {type: file_synchronization, zones: [{zone: notebooks}]}\n"
    (found,) = told(START + settings + zones)
    assert found.split(" (entrypoint)", 1)[1].startswith(f", {field}: " if field else ": ")
    assert words in found
