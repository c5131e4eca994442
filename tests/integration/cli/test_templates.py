"""`cstudio template`: what it sends, what it writes, how it ends."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
from cstudio_api.v1 import templates_pb2 as pb
from google.rpc import code_pb2
from integration.cli.conftest import Cstudio
from integration.cli.fake_daemon import FakeDaemon
from integration.cli.fake_templates import BASE, JUPYTER, build, fault, line, template

GOOD = "name: lab\nblocks:\n  - type: jupyterlab\n"
BAD = "name: lab\nwrong: port 8000 is used twice\nwrong: a zone is missing\n"
SUCCEEDED, FAILED = pb.TemplateBuild.STATE_SUCCEEDED, pb.TemplateBuild.STATE_FAILED
RUNNING, CANCELLED = pb.TemplateBuild.STATE_RUNNING, pb.TemplateBuild.STATE_CANCELLED


@pytest.fixture(autouse=True)
def _one_template(fake: FakeDaemon) -> None:
    fake.templates.keep(template("lab"))


@pytest.fixture
def folder(cstudio: Cstudio) -> Path:
    return cstudio.folder


def document(cstudio: Cstudio, *words: str) -> Any:
    done = cstudio(*words, "-o", "json")
    assert done.status == 0, done.err
    return json.loads(done.out)


def test_create_takes_the_file_and_the_folder_beside_it(
    cstudio: Cstudio, fake: FakeDaemon, folder: Path
) -> None:
    (folder / "resources/bin").mkdir(parents=True)
    (folder / "resources/bin/run").write_bytes(b"\xff\x00")
    (folder / "resources/bin/run").chmod(0o755)
    (folder / "resources/settings").write_text("a")
    (folder / "new.yaml").write_text("name: new\n")
    done = cstudio("template", "create", "new.yaml", "-o", "name")
    assert (done.status, done.out) == (0, "new\n")
    request = fake.templates.seen[-1]
    assert (request.source, request.file) == ("name: new\n", "new.yaml")
    assert [(one.path, one.content, one.executable) for one in request.resources] == [
        ("bin/run", b"\xff\x00", True),
        ("settings", b"a", False),
    ]


def test_create_reads_stdin(cstudio: Cstudio, fake: FakeDaemon, folder: Path) -> None:
    (folder / "resources").mkdir()
    (folder / "resources/x").write_text("not of a file on stdin")
    assert cstudio("template", "create", "-", stdin="name: new\n").status == 0
    assert fake.templates.held["new"].source == "name: new\n"
    assert list(fake.templates.seen[-1].resources) == []


def test_an_invalid_file_is_not_created_and_every_problem_is_told(
    cstudio: Cstudio, fake: FakeDaemon, folder: Path
) -> None:
    (folder / "bad.yaml").write_text(BAD)
    done = cstudio("template", "create", "bad.yaml")
    assert (done.status, done.out) == (2, "")
    assert done.err.splitlines() == [
        "error: `bad.yaml` is no valid template: 2 problems",
        "  bad.yaml:2: block 2 (entrypoint), expose.port: port 8000 is used twice",
        "  bad.yaml:3: block 2 (entrypoint), expose.port: a zone is missing",
        "hint: cstudio template schema",
    ]
    assert sorted(fake.templates.held) == ["lab"]


def test_validate_says_so_when_all_is_well(cstudio: Cstudio, folder: Path) -> None:
    (folder / "good.yaml").write_text(GOOD)
    done = cstudio("template", "validate", "good.yaml")
    assert (done.status, done.out, done.err) == (0, "`good.yaml` is valid\n", "")
    assert document(cstudio, "template", "validate", "good.yaml") == []


def test_validate_tells_what_cannot_run_locally(cstudio: Cstudio) -> None:
    done = cstudio("template", "validate", "-", stdin="name: x\n# rstudio\n")
    assert done.status == 0
    assert "not in the local runtime: stdin:3: block 2" in done.err


def test_validate_gives_the_faults_as_data_and_tells_them(cstudio: Cstudio, folder: Path) -> None:
    (folder / "bad.yaml").write_text(BAD)
    done = cstudio("template", "validate", "bad.yaml", "-o", "json")
    assert done.status == 2
    first, second = json.loads(done.out)
    assert first == {
        "message": "port 8000 is used twice",
        "file": "bad.yaml",
        "line": 2,
        "block": 2,
        "block_type": "entrypoint",
        "field": "expose.port",
        "display": "bad.yaml:2: block 2 (entrypoint), expose.port: port 8000 is used twice",
    }
    assert first["display"] in done.err
    assert second["display"] in done.err


@pytest.mark.parametrize(
    "words",
    [
        ("template", "create", "missing.yaml"),
        ("template", "create", "."),
        ("template", "create", "latin"),
        ("template", "create", "good", "--resources", "missing"),
        ("template", "create", "good", "--resources", "linked"),
        ("template", "import", "missing.zip"),
        ("template", "export", "lab", "good"),
        ("template", "grant", "lab"),
        ("template", "edit", "lab"),
        ("template", "build", "lab", "--runtime", "podman"),
    ],
)
def test_a_slip_is_one_sentence_and_nothing_is_stored(
    cstudio: Cstudio, fake: FakeDaemon, folder: Path, words: tuple[str, ...]
) -> None:
    (folder / "good").write_text(GOOD)
    (folder / "latin").write_bytes(b"label: caf\xe9\n")
    (folder / "linked").mkdir()
    os.symlink("/etc/passwd", folder / "linked/passwd")
    done = cstudio(*words)
    assert done.status == 2
    assert done.err.startswith("error: ")
    assert "Traceback" not in done.err
    assert fake.templates.seen == []


def test_list_is_a_table_of_every_page(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.templates.keep(template("zoo", is_built=False, for_all=True, runtime="local"))
    fake.templates.held["zoo"].is_built = False
    assert cstudio("template", "list").out == (
        "NAME  BLOCKS      RUNTIME  BUILT     FOR       LABEL\n"
        "lab   jupyterlab  default  yes       analysts\n"
        "zoo   jupyterlab  local    outdated  all\n"
    )
    assert cstudio("template", "list", "-o", "name").out == "lab\nzoo\n"


def test_without_templates_the_talk_says_what_to_type(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.templates.held.clear()
    assert cstudio("template", "list").err == (
        "no templates yet\nhint: cstudio template create FILE\n"
    )


def test_show(cstudio: Cstudio) -> None:
    shown = document(cstudio, "template", "show", "lab")
    promised = {
        "name": "lab",
        "blocks": [{"type": "jupyterlab", "known": True}],
        "ports": [8888],
        "groups": ["analysts"],
        "for_all": False,
        "built": True,
        "image": "cstudio/lab:1f",
        "source": "name: lab\n",
    }
    assert promised.items() <= shown.items()
    assert cstudio("template", "show", "lab", "--source").out == "name: lab\n"
    assert cstudio("template", "show", "lab", "--dockerfile").out == (
        "FROM base\n# block 1 (jupyterlab)\nRUN x\n"
    )


def test_an_unknown_template_is_not_found(cstudio: Cstudio) -> None:
    for words in (("show",), ("build",), ("logs",), ("builds",), ("delete", "--yes"), ("export",)):
        done = cstudio("template", *words, "lob")
        assert (done.status, done.out) == (11, "")
        assert "there is no template `lob`" in done.err


def test_schema_is_json(cstudio: Cstudio) -> None:
    assert json.loads(cstudio("template", "schema").out) == {"type": "object"}


def test_edit_takes_a_file_and_keeps_resources(
    cstudio: Cstudio, fake: FakeDaemon, folder: Path
) -> None:
    (folder / "next.yaml").write_text("name: lab\nlabel: Next\n")
    assert cstudio("template", "edit", "lab", "--file", "next.yaml").status == 0
    request = fake.templates.seen[-1]
    assert (request.source, request.replace_resources) == ("name: lab\nlabel: Next\n", False)


def test_edit_replaces_resources_alone(cstudio: Cstudio, fake: FakeDaemon, folder: Path) -> None:
    (folder / "files").mkdir()
    (folder / "files/a").write_text("a")
    assert cstudio("template", "edit", "lab", "--resources", "files").status == 0
    request = fake.templates.seen[-1]
    assert (request.source, request.replace_resources) == ("name: lab\n", True)


def test_edit_asks_again_while_the_file_is_invalid(cstudio: Cstudio, fake: FakeDaemon) -> None:
    script = cstudio.folder / "editor"
    script.write_text(
        "#!/bin/sh\n"
        'if grep -q wrong "$1"; then echo "name: lab" > "$1"; echo "label: x" >> "$1"\n'
        'else echo "wrong: no" >> "$1"; fi\n'
        'touch -d "+5 seconds" "$1"\n'
    )
    script.chmod(0o755)
    cstudio.environment["EDITOR"] = str(script)
    done = cstudio.on_terminal("template", "edit", "lab", typed="y\n")
    assert done.status == 0, done.out
    assert "edit again?" in done.out
    assert "the template is not valid" in done.out
    assert fake.templates.held["lab"].source == "name: lab\nlabel: x\n"
    assert fake.templates.seen[-1].etag == "1"


def test_copy_grant_and_revoke(cstudio: Cstudio) -> None:
    assert cstudio("template", "copy", "lab", "lab-2", "-o", "name").out == "lab-2\n"
    assert document(cstudio, "template", "grant", "lab", "ops", "--all")["for_all"] is True
    assert document(cstudio, "template", "revoke", "lab", "analysts")["groups"] == ["ops"]


def test_delete_asks_and_says_who_needs_it(cstudio: Cstudio, fake: FakeDaemon) -> None:
    assert cstudio("template", "delete", "lab").status == 2
    assert "lab" in fake.templates.held
    fake.templates.refusals["delete"] = (
        code_pb2.FAILED_PRECONDITION,
        "IN_USE",
        "the studio `one` is made from `lab`",
        {"users": "one", "next": "cstudio studio delete one"},
    )
    done = cstudio("template", "delete", "lab", "--yes")
    assert (done.status, done.err.splitlines()[-1]) == (12, "hint: cstudio studio delete one")
    fake.templates.refusals.clear()
    assert cstudio("template", "delete", "lab", "--yes", "--with-images").out == "forgot `lab`\n"
    assert fake.templates.seen[-1].delete_images is True


def test_a_template_travels_as_a_zip(cstudio: Cstudio, fake: FakeDaemon, folder: Path) -> None:
    assert cstudio("template", "export", "lab").out == "lab.zip\n"
    assert (folder / "lab.zip").read_bytes() == b"PK\x03\x04\xff"
    done = cstudio("template", "import", "lab.zip", "--name", "other")
    assert done.status == 0
    assert "of_a_plugin (unknown)" in done.out
    assert fake.templates.seen[-1].archive == b"PK\x03\x04\xff"


# ------------------------------------------------------------------------ builds


def tell_build(fake: FakeDaemon, ended: pb.TemplateBuild) -> None:
    """Let the next build say something and end so."""
    answer = pb.FollowTemplateBuildResponse
    fake.templates.log.put(answer(lines=[line("Step 1/4 : FROM base", BASE, 1)], steps=4))
    fake.templates.log.put(
        answer(lines=[line("Step 2/4 : RUN pip", JUPYTER, 2), line("\x1b[2Joops", JUPYTER, 2)])
    )
    fake.templates.log.put(answer(build=ended))


def test_build_wait_writes_the_log_with_labels_and_the_result(
    cstudio: Cstudio, fake: FakeDaemon
) -> None:
    tell_build(fake, build(1))
    done = cstudio("template", "build", "lab", "--wait", "--no-cache", "--push")
    assert done.status == 0
    assert done.out == "built `lab` in 1:02 min: cstudio/lab:1f\n"
    assert done.err.splitlines() == [
        "base | Step 1/4 : FROM base",
        "1 jupyterlab | Step 2/4 : RUN pip",
        "1 jupyterlab | \\u001b[2Joops",
    ]
    request = next(one for one in fake.templates.seen if isinstance(one, pb.BuildTemplateRequest))
    assert (request.no_cache, request.push, request.runtime) == (True, True, "")


def test_build_on_a_terminal_shows_how_far_it_is(cstudio: Cstudio, fake: FakeDaemon) -> None:
    tell_build(fake, build(1))
    done = cstudio.on_terminal("template", "build", "lab")
    assert done.status == 0
    assert "build b1 [########--------]  step 2/4  1 jupyterlab" in done.out
    assert "built `lab`" in done.out


def test_build_without_wait_says_where_the_log_is(cstudio: Cstudio) -> None:
    done = cstudio("template", "build", "lab")
    assert (done.status, done.out) == (0, "build b1 of `lab` runs\n")
    assert done.err == "hint: cstudio template logs b1\n"


def test_a_build_that_has_nothing_to_do_says_so(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.templates.next_build = build(1, is_up_to_date=True)
    done = cstudio("template", "build", "lab", "--wait")
    assert (done.status, done.err) == (0, "")
    assert done.out == "`lab` is up to date, nothing was built: cstudio/lab:1f\n"


def test_a_build_that_fails_names_block_and_line(cstudio: Cstudio, fake: FakeDaemon) -> None:
    why = fault("pip found no such package\nRUN pip install x", "lab.yaml", 7)
    tell_build(fake, build(1, FAILED, fault=why))
    done = cstudio("template", "build", "lab", "--wait", "-o", "json")
    assert done.status == 1
    assert json.loads(done.out)["fault"]["line"] == 7
    told = json.loads(done.err.splitlines()[-1])["error"]
    assert told["reason"] == "BUILD_FAILED"
    assert "lab.yaml:7: block 2 (entrypoint)" in told["message"]
    assert told["hint"] == "cstudio template logs b1"
    assert told["metadata"] == {"build": "b1", "evidence": "RUN pip install x"}


def test_a_build_that_somebody_ended_is_a_wrong_state(cstudio: Cstudio, fake: FakeDaemon) -> None:
    tell_build(fake, build(1, CANCELLED))
    assert cstudio("template", "build", "lab", "--wait").status == 12


def test_ctrl_c_ends_the_build(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.templates.log.put(
        pb.FollowTemplateBuildResponse(lines=[line("RUN sleep", JUPYTER, 2)], steps=4)
    )
    done = cstudio.on_terminal("template", "build", "lab", until=lambda shown: "sleep" in shown)
    assert done.status == 130
    assert "ending build b1" in done.out
    assert fake.templates.held_builds["b1"].state == CANCELLED


def test_explain_names_what_changed(cstudio: Cstudio, fake: FakeDaemon) -> None:
    assert cstudio("template", "build", "lab", "--explain").out == "`lab` was never built\n"
    fake.templates.explanation = pb.ExplainTemplateBuildResponse(
        hash="2", built_hash="1", changes=["block 1 (jupyterlab): version: 4.1 → 4.2"]
    )
    assert cstudio("template", "build", "lab", "--explain").out == (
        "1 input changed since the last build\n  block 1 (jupyterlab): version: 4.1 → 4.2\n"
    )
    fake.templates.explanation.built_hash = "2"
    assert "nothing that is built" in cstudio("template", "build", "lab", "--explain").out
    assert fake.templates.held_builds == {}


def test_builds_are_listed_newest_first(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.templates.keep_build(build(1, FAILED, fault=fault("no", "lab.yaml", 7)))
    fake.templates.keep_build(build(2))
    shown = cstudio("template", "builds", "lab").out
    assert re.findall(r"^b\d", shown, re.M) == ["b2", "b1"]
    assert "lab.yaml:7: block 2" in shown
    assert [one["state"] for one in document(cstudio, "template", "builds")] == [
        "succeeded",
        "failed",
    ]


@pytest.mark.parametrize("name", ["lab", "b2"])
def test_logs_are_those_of_the_newest_build_or_of_one(
    cstudio: Cstudio, fake: FakeDaemon, name: str
) -> None:
    fake.templates.keep_build(build(1))
    fake.templates.keep_build(build(2))
    tell_build(fake, build(2))
    done = cstudio("template", "logs", name)
    assert (done.status, done.out.splitlines()[0]) == (0, "base | Step 1/4 : FROM base")
    assert fake.templates.seen[-1].id == "b2"


def test_cancel_ends_the_newest_build(cstudio: Cstudio, fake: FakeDaemon) -> None:
    fake.templates.keep_build(build(3, RUNNING))
    assert cstudio("template", "cancel", "lab").out == "build b3 of `lab` cancelled\n"
    again = cstudio("template", "cancel", "lab")
    assert (again.status, again.out) == (12, "")
    assert "build b3 of `lab` has ended" in again.err


def test_names_are_completed(cstudio: Cstudio) -> None:
    done = cstudio(
        _CSTUDIO_COMPLETE="bash_complete", COMP_WORDS="cstudio template show l", COMP_CWORD="3"
    )
    assert done.out == "plain,lab\n"
