from __future__ import annotations

import pytest
from cstudiod.blocks.append_dockerfile import AppendDockerfile
from cstudiod.model.blueprints import ContextFile, ContextSource, Fragment
from cstudiod.model.dockerfiles import render
from support.template_samples import SERVER, made, told


def _fragment(settings: str, *resources: str) -> Fragment:
    (fragment,) = made(
        f"  - type: append_dockerfile\n{settings}{SERVER}", *resources
    ).image.fragments
    return fragment


def test_lines_are_those_of_the_file() -> None:
    """A parse error in the Dockerfile is told with a line of the template."""
    fragment = _fragment("    run_as_root: true\n    dockerfile: |\n      RUN a\n      RUN b\n")
    assert fragment.as_root
    assert fragment.dockerfile == "RUN a\nRUN b\n"
    assert (fragment.lines[1], fragment.lines[2]) == (6, 7)
    folded = _fragment("    dockerfile: >\n      RUN a\n\n      RUN b\n")
    assert set(folded.lines.values()) == {4}


def test_studios_are_not_root_unless_the_template_says_so() -> None:
    """However the statements run; another user is another image."""
    block = "  - {type: append_dockerfile, dockerfile: RUN a, run_as_root: true%s}\n" + SERVER
    plain = made(block % "").image
    assert render(plain, "base").text.endswith("\nUSER dataiku\nWORKDIR /home/dataiku\n")
    root = made(block % ", studio_user: root").image
    assert render(root, "base").text.endswith("\nUSER root\nWORKDIR /home/dataiku\n")
    assert root.fragments[0].dockerfile != plain.fragments[0].dockerfile
    (found,) = told(block % ", studio_user: 'a b'")
    assert "studio_user: " in found


def test_resources_lie_next_to_the_dockerfile() -> None:
    """Of the template and of the daemon's machine, by the names that DSS has."""
    fragment = _fragment(
        "    dockerfile: COPY app /app\n"
        "    resources:\n"
        "      - ${template.resources}/x/app\n"
        "      - one.txt\n"
        "      - ${dip.home}/lib/a\n"
        "      - ${dku.install.dir}/python\n",
        "x/app/a.py",
        "x/app/b/c.py",
        "one.txt",
        "other",
    )
    assert [file.path for file in fragment.files] == ["app/a.py", "app/b/c.py", "one.txt"]
    assert fragment.sources == (
        ContextSource(path="a", root="dip.home", relative="lib/a"),
        ContextSource(path="python", root="dku.install.dir", relative="python"),
    )


@pytest.mark.parametrize("token", ["__TEMPLATE_RESOURCES__", "${template.resources}"])
def test_the_text_may_name_the_template_s_resources(token: str) -> None:
    """Then they are all in the context."""
    fragment = _fragment(f"    dockerfile: COPY {token}/a /a\n", "a", "b/c")
    assert fragment.dockerfile == "COPY template-resources/a /a"
    assert fragment.files == (
        ContextFile(path="template-resources/a", content=b"# a\n"),
        ContextFile(path="template-resources/b/c", content=b"# b/c\n"),
    )


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("FROM debian", 5, "FROM: the image begins with"),
        ("RUN a\nFROM debian", 6, "FROM: "),
        ("RUN a \\\n  && b\nCMD x", 7, "CMD: what a studio starts are its entrypoints"),
        ("entrypoint x", 5, "ENTRYPOINT: "),
        ("# syntax=docker/dockerfile:1\nRUN a", 5, "`# syntax=` counts in the first line"),
        ("RUM a", 5, "`RUM` is no statement of a Dockerfile; did you mean `RUN`?"),
        ("RUN a \\", 6, "does not end"),
        ("RUN <<E\na", 7, "does not end"),
        ("# nothing", 5, "has no statement"),
    ],
)
def test_what_a_fragment_may_not_say(text: str, line: int, words: str) -> None:
    """With the line of the statement."""
    body = "".join(f"      {row}\n" for row in text.split("\n"))
    (found,) = told(f"  - type: append_dockerfile\n    dockerfile: |\n{body}{SERVER}")
    assert found.startswith(f"sample.yaml:{line}: block 1 (append_dockerfile), dockerfile: ")
    assert words in found


def test_a_from_inside_a_statement_is_none() -> None:
    """Continued lines and here-documents are not statements."""
    text = "RUN psql -c 'SELECT 1 \\\nFROM x'\nRUN <<E\nFROM y\nE\nLABEL a=b"
    body = "".join(f"      {row}\n" for row in text.split("\n"))
    assert _fragment(f"    dockerfile: |\n{body}").dockerfile == text + "\n"


@pytest.mark.parametrize(
    ("resource", "words"),
    [
        ("${template.resources}/sttings", "has no resource `sttings`; did you mean `settings`?"),
        ("../x", "leaves the folder"),
        ("${dip.home}/../x", "leaves the folder"),
        ("${dip.hom}/x", "unknown variable `${dip.hom}`; did you mean `dip.home`?"),
        ("${dip.home}/Dockerfile", "is taken in the build context"),
    ],
)
def test_a_resource_that_is_not_there(resource: str, words: str) -> None:
    """Is told at validation, where it can be known."""
    blocks = f"  - type: append_dockerfile\n    dockerfile: RUN a\n    resources: ['{resource}']\n"
    (found,) = told(blocks + SERVER, "settings")
    assert "resources[0]: " in found
    assert words in found


def test_two_blocks_with_one_name_in_the_context() -> None:
    """The later file would be in both."""
    block = "  - {type: append_dockerfile, dockerfile: RUN a, resources: [%s]}\n"
    (found,) = told(block % "a/x" + block % "b/x" + SERVER, "a/x", "b/x")
    assert "`x` in the build context is block 1's too" in found
    (found,) = told(block % "a/x" + block % "'${dip.home}/x'" + SERVER, "a/x")
    assert "`x` in the build context is block 1's too" in found
    assert len(made(block % "a/x" + block % "a/x" + SERVER, "a/x").image.fragments) == 2


def test_the_local_runtime_has_no_image() -> None:
    """Said with block and line."""
    (fault,) = made(f"  - {{type: append_dockerfile, dockerfile: RUN a}}\n{SERVER}").local_faults
    assert (fault.line, fault.block_type) == (3, "append_dockerfile")
    assert AppendDockerfile(dockerfile="RUN a").run_as_root is False
