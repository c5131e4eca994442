"""Images are really built, once for what is in them, and every failure is told with its block."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import os
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from cstudiod.builders.docker.engine import Engine
from cstudiod.builders.docker.images import Explanation, Images, Told
from cstudiod.builders.docker.prefabs import Prefabs
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import ContextFile, ContextSource, Fragment, ImagePlan
from cstudiod.model.builds import BuildEvent, BuildFailure, BuildResult
from support import containers
from support.registry import free_port, registry
from support.wheels import wheel

pytestmark = [pytest.mark.docker, pytest.mark.timeout(300)]

SETTINGS = BuildSettings(parent=containers.PYTHON)


class Builder:
    """Images of this machine's Docker under names of their own, deleted afterwards."""

    def __init__(self, folder: Path, settings: BuildSettings = SETTINGS) -> None:
        self.template = f"test-{uuid.uuid4().hex[:8]}"
        self.folder = folder
        self.settings = settings

    @property
    def images(self) -> Images:
        """What is tested, with the settings as they are now."""
        return Images(
            Engine(lambda: docker.APIClient(version="auto")),
            Prefabs(self.folder / "prefabs", self.settings, os.environ),
            self.settings,
            environment=os.environ,
            folder=self.folder,
            roots={"dip.home": self.folder / "dip"},
        )

    async def build(self, *fragments: Fragment, **more: Any) -> tuple[list[BuildEvent], Told]:
        """Build and return log and outcome."""
        plan = ImagePlan(fragments=fragments)
        told = [item async for item in self.images.build(self.template, plan, **more)]
        log = [item for item in told[:-1] if isinstance(item, BuildEvent)]
        assert len(log) == len(told) - 1
        return log, told[-1]

    async def explained(self, *fragments: Fragment) -> Explanation:
        """Return what a build would do."""
        return await self.images.explain(self.template, ImagePlan(fragments=fragments))

    async def built(self, *fragments: Fragment, **more: Any) -> BuildResult:
        """Build and return what must have been built."""
        _, outcome = await self.build(*fragments, **more)
        assert isinstance(outcome, BuildResult), outcome
        return outcome

    async def failed(self, *fragments: Fragment, **more: Any) -> BuildFailure:
        """Build and return how it failed."""
        _, outcome = await self.build(*fragments, **more)
        assert isinstance(outcome, BuildFailure), outcome
        return outcome


@pytest.fixture
def builder(tmp_path: Path) -> Iterator[Builder]:
    containers.require()
    made = Builder(tmp_path)
    yield made
    flt = f"label=io.cstudio.template={made.template}"
    if listed := containers.docker("images", "-q", "--filter", flt).stdout.decode().split():
        containers.docker("image", "rm", "-f", *set(listed), check=False)


def fragment(*lines: str, block: int = 2, type: str = "append_dockerfile", **more: Any) -> Fragment:
    """Return a fragment whose lines stand from line 40 of a template file."""
    made = Fragment(
        block=block, block_type=type, dockerfile="\n".join(lines), as_root=True,
        lines={number: 39 + number for number in range(1, len(lines) + 1)},
    )  # fmt: skip
    return dataclasses.replace(made, **more)


def run(image: str, *argv: str) -> str:
    """Run a command in a new container of an image and return what it prints."""
    words = ["run", "--rm", "--network", "none", "--entrypoint", argv[0], image, *argv[1:]]
    return containers.docker(*words).stdout.decode().strip()


def commands(*flags: str) -> str:
    """Return the command lines of all containers."""
    words = ["ps", *flags, "--no-trunc", "--format", "{{.Command}}"]
    return containers.docker(*words).stdout.decode()


VENV = (
    "RUN python3 -m venv /opt/dataiku/python-code-envs/data \\",
    " && /opt/dataiku/python-code-envs/data/bin/pip install --no-cache-dir alpha",
)


async def test_a_template_is_built_on_the_base_and_only_once(
    builder: Builder, tmp_path: Path
) -> None:
    """With a virtual environment from a wheelhouse, without any network; as `dataiku`."""
    wheel(tmp_path / "wheels", "alpha")
    await builder.built()  # the base, which needs Debian's archive
    builder.settings = dataclasses.replace(
        SETTINGS, wheelhouse=str(tmp_path / "wheels"), network="none"
    )
    log, made = await builder.build(fragment(*VENV, type="code_environment"))
    assert isinstance(made, BuildResult)
    assert made.reference == f"cstudio/{builder.template}:{made.hash[:16]}"
    of_block = [event for event in log if event.block == 2]
    assert any("Successfully installed alpha" in event.text for event in of_block)
    assert {event.block_type for event in of_block} == {"code_environment"}
    assert all(0 < event.step <= event.steps for event in of_block)
    python = "/opt/dataiku/python-code-envs/data/bin/python"
    assert run(made.image, python, "-c", "import alpha; print(alpha.VERSION)") == "1.0"
    assert run(made.image, "sh", "-c", "id -u; id -un; pwd; test ! -w /opt/dataiku; echo $?") == (
        "500\ndataiku\n/home/dataiku\n0"
    )
    log, again = await builder.build(fragment(*VENV, type="code_environment"))
    assert again == dataclasses.replace(made, up_to_date=True)
    assert [event.text for event in log] == [f"up to date: {made.reference}"]


async def test_the_base_has_what_studios_need(builder: Builder) -> None:
    """And starts the runner, which says that it was not told what to run."""
    made = await builder.built()
    run(made.image, "sh", "-ec", "nginx -v; git --version; tar --version; python3 -m venv /tmp/v")
    assert run(made.image, "stat", "-c", "%U %a", "/home/dataiku/workspace") == "dataiku 755"
    assert "usage" in run(made.image, "/usr/bin/python3", "-I", "-m", "cstudio_runner", "--help")
    started = containers.docker("run", "--rm", made.image, check=False)
    assert started.returncode == 2
    assert b"CSTUDIO_LAUNCH" in started.stdout + started.stderr


async def test_what_changed_is_explained(builder: Builder) -> None:
    """By block and field; where a block stands among others that build nothing counts not."""
    first = fragment("RUN echo one", files=(ContextFile(path="block-3/a", content=b"1"),))
    assert (await builder.explained(first)).is_first
    made = await builder.built(first)
    moved = dataclasses.replace(
        first, block=5, files=(ContextFile(path="block-6/a", content=b"1"),)
    )
    same = await builder.explained(moved)
    assert (same.exists, same.changes, same.reference) == (True, (), made.reference)
    other = fragment("RUN echo two", files=(ContextFile(path="block-3/a", content=b"2"),))
    changed = await builder.explained(other, fragment("RUN true", type="x"))
    assert not changed.exists
    assert changed.changes == (
        "block 3 (append_dockerfile): dockerfile: - RUN echo one; + RUN echo two",
        "block 3 (append_dockerfile): file block/a changed",
        "block 3 (x) was added",
    )


async def test_a_refresh_is_another_image_and_no_cache_is_not(builder: Builder) -> None:
    """Both run every statement again."""
    step = fragment("RUN date +%N > /opt/dataiku/when")
    first = await builder.built(step)
    again = await builder.built(step, no_cache=True)
    assert again.reference == first.reference
    assert again.image != first.image
    refreshed = await builder.built(step, refresh=True)
    assert refreshed.reference != first.reference
    assert (await builder.built(step)).reference == refreshed.reference


FAILURES = [
    (("RUN true", "RUN echo oh; exit 7"), 41, "exit status 7", "oh"),
    (("RUN true \\", "  && rserver --version"), 40, "no program `rserver`", "not found"),
    (("RUN true", "COPY block-3/missing /x"), 41, "COPY found nothing", "block-3/missing"),
    (("RUN true", "FOO bar"), 41, "the Dockerfile is not valid", "FOO"),
    (("RUN --mount=type=cache,target=/x true",), 40, "needs BuildKit", "BuildKit"),
]


@pytest.mark.parametrize(("lines", "line", "message", "evidence"), FAILURES)
async def test_a_failure_is_told_with_block_and_line(
    builder: Builder, lines: tuple[str, ...], line: int, message: str, evidence: str
) -> None:
    """Of the template file; nothing stays tagged, no container stays."""
    failure = await builder.failed(fragment("RUN true", block=0, type="x"), fragment(*lines))
    assert message in failure.message, failure
    assert (failure.block, failure.block_type, failure.line) == (2, "append_dockerfile", line)
    assert evidence in failure.evidence
    assert lines[-1].strip(" &") not in commands("-a")
    listed = containers.docker("images", "-q", f"cstudio/{builder.template}").stdout
    assert listed == b""


async def test_closing_a_build_ends_it(builder: Builder) -> None:
    """The container is gone within seconds; the daemon's thread too."""
    marker = f"{builder.template}-sleeps"
    sleeping = fragment(f"RUN echo {marker} && sleep 600")
    plan = ImagePlan(fragments=(sleeping,))
    async with contextlib.aclosing(builder.images.build(builder.template, plan)) as told:
        async for item in told:
            if isinstance(item, BuildEvent) and item.text == marker:
                break
        assert marker in commands()
    async with asyncio.timeout(15):
        while marker in commands("-a"):
            await asyncio.sleep(0.1)
    assert not (await builder.explained(sleeping)).exists


async def test_an_image_is_pushed_and_known_by_its_digest(builder: Builder, tmp_path: Path) -> None:
    """And what the registry refuses is said, although it is in the stream."""
    with registry(tmp_path) as address:
        made = await builder.built(fragment("RUN true"), push=True, registry=f"{address}/team")
        assert made.reference.startswith(f"{address}/team/cstudio/{builder.template}:")
        name, _, digest = made.digest.partition("@")
        assert name == made.reference.rpartition(":")[0]
        assert digest.startswith("sha256:")
        containers.docker("image", "rm", "-f", made.image)
        containers.docker("pull", made.digest)
        containers.docker("tag", made.digest, made.reference)
        again = await builder.built(fragment("RUN true"), push=True, registry=f"{address}/team")
        assert again.digest == made.digest
        assert (await builder.built(fragment("RUN true"), registry=f"{address}/team")) == again
    closed = f"127.0.0.1:{free_port()}"
    failure = await builder.failed(fragment("RUN true"), push=True, registry=closed)
    assert "was built, but not pushed" in failure.message
    assert "could not be reached" in failure.message


async def test_files_of_this_machine_go_into_the_image(builder: Builder) -> None:
    """Links as links; one that leads to a resource from outside is refused."""
    dip = builder.folder / "dip"
    (dip / "kit").mkdir(parents=True)
    (dip / "kit" / "run").write_text("#!/bin/sh\necho ran\n")
    (dip / "kit" / "run").chmod(0o755)
    (dip / "kit" / "link").symlink_to("run")
    (dip / "away").symlink_to("/etc")
    source = ContextSource(path="block-3/kit", root="dip.home", relative="kit")
    copy = fragment("COPY block-3/kit /opt/dataiku/kit", sources=(source,))
    made = await builder.built(copy)
    assert run(made.image, "/opt/dataiku/kit/link") == "ran"
    (dip / "kit" / "run").write_text("#!/bin/sh\necho changed\n")
    changes = (await builder.explained(copy)).changes
    assert changes == ("block 3 (append_dockerfile): resource block/kit changed",)
    for relative, words in (("away/passwd", "is a link"), ("nothing", "there is no")):
        wrong = dataclasses.replace(source, relative=relative)
        failure = await builder.failed(fragment("RUN true", sources=(wrong,)))
        assert words in failure.message


async def test_no_password_reaches_image_history_or_log(builder: Builder, tmp_path: Path) -> None:
    """A proxy's is passed and not kept; an index's would be, and is refused."""
    builder.settings = dataclasses.replace(
        SETTINGS, proxy={"https": "http://me:s3cret@proxy.example:3128"}, args={"FLAVOUR": "mild"}
    )
    step = fragment("ARG FLAVOUR", "RUN echo $FLAVOUR $https_proxy > /opt/dataiku/seen; env")
    log, made = await builder.build(step)
    assert isinstance(made, BuildResult)
    assert run(made.image, "cat", "/opt/dataiku/seen").endswith("@proxy.example:3128")
    kept = containers.docker("history", "--no-trunc", made.image).stdout
    kept += containers.docker("inspect", made.image).stdout
    assert b"mild" in kept
    assert b"s3cret" not in kept
    assert any("https_proxy=http://***@proxy" in event.text for event in log)
    assert not any("s3cret" in event.text for event in log)
    builder.settings = dataclasses.replace(SETTINGS, pip_index_url="https://me:s3cret@index/")
    failure = await builder.failed(step)
    assert "pip_index_url" in failure.message
    assert "s3cret" not in str(failure)


async def test_certificates_and_indexes_are_there_for_the_blocks(
    builder: Builder, tmp_path: Path
) -> None:
    """And are no reason to build again."""
    (tmp_path / "ca.pem").write_text("-----BEGIN CERTIFICATE-----\n")
    builder.settings = dataclasses.replace(
        SETTINGS, ca_bundle=str(tmp_path / "ca.pem"), pip_index_url="https://index.example/simple",
        npm_registry="https://npm.example",
    )  # fmt: skip
    step = fragment("RUN cat $PIP_CERT && env")
    log, made = await builder.build(step)
    assert isinstance(made, BuildResult)
    said = [event.text for event in log]
    assert "-----BEGIN CERTIFICATE-----" in said
    assert "PIP_INDEX_URL=https://index.example/simple" in said
    assert "npm_config_registry=https://npm.example" in said
    builder.settings = SETTINGS
    assert (await builder.built(step)).up_to_date
    builder.settings = dataclasses.replace(SETTINGS, ca_bundle="/nowhere.pem")
    assert "ca_bundle" in (await builder.failed(step)).message


async def test_a_missing_parent_is_a_sentence(builder: Builder) -> None:
    """With the setting that names it."""
    builder.settings = dataclasses.replace(SETTINGS, parent=f"127.0.0.1:{free_port()}/none:1")
    failure = await builder.failed()
    assert "parent of the base image" in failure.message
    assert "could not be reached" in failure.message


async def test_images_that_nobody_needs_go(builder: Builder) -> None:
    """The newest of each template stay, those in use, and the base they were made from."""
    made = [await builder.built(fragment(f"RUN echo {number}")) for number in range(4)]
    builder.settings = dataclasses.replace(SETTINGS, keep=1)
    used = {made[1].image}
    victims = await builder.images.prune(used, dry_run=True)
    mine = [one for one in victims if one.template == builder.template]
    assert [one.references for one in mine] == [(made[0].reference,), (made[2].reference,)]
    # Others' images on this Docker are not this test's to delete.
    engine = Engine(lambda: docker.APIClient(version="auto"))
    with containers.container(made[2].image, flags=["--entrypoint", "sleep"], command=["60"]):
        assert [await engine.remove(one) for one in mine] == [True, False]
    assert [await engine.remove(one) for one in mine] == [True, True]
    listed = {one.id for one in await engine.images() if one.template == builder.template}
    assert listed == {made[1].image, made[3].image}


async def test_buildx_builds_where_there_is_one(builder: Builder, tmp_path: Path) -> None:
    """The same image; where there is none, that is a sentence."""
    has_buildx = containers.docker("buildx", "version", check=False).returncode == 0
    await builder.built()
    builder.settings = dataclasses.replace(SETTINGS, builder="buildx")
    log, outcome = await builder.build(fragment("RUN id -un && exit 3"))
    assert isinstance(outcome, BuildFailure)
    if has_buildx:
        assert "exit status 3" in outcome.message
        assert (outcome.block, outcome.line) == (2, 40)
        assert any(event.text == "root" and event.block == 2 for event in log)
        made = await builder.built(fragment("RUN --mount=type=cache,target=/c touch /opt/x"))
        assert run(made.image, "ls", "/opt/x") == "/opt/x"
    else:
        assert "no buildx" in outcome.message
        assert "docker-buildx" in outcome.next
