"""Closed networks in Dockerfiles."""

from __future__ import annotations

import pytest
from cstudiod.builders.docker import closed
from cstudiod.builders.docker.closed import Prelude
from cstudiod.builders.reach import Bundle
from cstudiod.config import BuildSettings
from cstudiod.model.blueprints import Fragment, ImagePlan
from cstudiod.model.dockerfiles import render, statements

PLAN = ImagePlan(
    fragments=(
        Fragment(block=0, block_type="x", dockerfile="RUN a \\\n && b\nrun c", lines={1: 5}),
    )
)


def test_an_open_network_needs_nothing() -> None:
    """The Dockerfile is what the blocks say."""
    assert closed.prelude(BuildSettings(), Bundle(), mounts=False) == Prelude()


def test_what_blocks_need_stands_before_them() -> None:
    """Certificates and wheels as files, addresses as variables; quoted."""
    settings = BuildSettings(
        pip_index_url='https://i/"$x', npm_registry="https://n", wheelhouse="/wheels"
    )
    made = closed.prelude(settings, Bundle(path="/ca.pem"), mounts=False)
    assert made.lines[:3] == (
        "USER root",
        "COPY cstudio/ca.crt /opt/cstudio/ca.crt",
        "COPY cstudio/wheelhouse /opt/cstudio/wheelhouse",
    )
    assert 'PIP_CERT="/opt/cstudio/ca.crt"' in made.lines[3]
    assert 'PIP_INDEX_URL="https://i/\\"\\$x"' in made.lines[3]
    assert 'PIP_NO_INDEX="1"' in made.lines[3]
    assert (made.has_ca, made.has_wheelhouse) == (True, True)


def test_the_blocks_lines_and_steps_stay_theirs() -> None:
    """What is put around them is ours."""
    plain = render(PLAN, "base")
    made = closed.framed(plain, ["USER root", "ENV a=b"], ["COPY x y"])
    assert made.text.split("\n")[:3] == ["FROM base", "USER root", "ENV a=b"]
    assert made.text.endswith("\nWORKDIR /home/dataiku\nCOPY x y\n")
    assert len(made.lines) == made.text.count("\n")
    assert len(made.steps) == len(list(statements(made.text)))
    at = made.text.split("\n").index("RUN a \\") + 1
    assert (made.origin_of_line(at).block, made.origin_of_line(at).line) == (0, 5)
    assert [one.block for one in made.steps] == [-1, -1, -1, 0, 0, 0, 0, -1, -1, -1]


def test_steps_see_mounts_for_their_time_alone() -> None:
    """Each RUN, whatever its case; the wheelhouse rather than an index."""
    settings = BuildSettings(pip_index_url="https://me:pw@i/simple")
    lines = closed.with_mounts(render(PLAN, "base"), settings).text.split("\n")
    mount = "--mount=type=secret,id=cstudio-pip,target=/etc/pip.conf,mode=0444"
    assert [line for line in lines if "mount" in line] == [f"RUN {mount} a \\", f"RUN {mount} c"]
    assert "pw" not in "\n".join(lines)
    text = closed.with_mounts(render(PLAN, "b"), BuildSettings(wheelhouse="/w")).text
    assert text.count("source=cstudio/wheelhouse") == 2
    assert closed.with_mounts(render(PLAN, "b"), BuildSettings()) == render(PLAN, "b")


@pytest.mark.parametrize(
    ("settings", "secret"),
    [
        (BuildSettings(pip_index_url="https://i/a@b"), []),
        (BuildSettings(pip_index_url="https://me:pw@i/"), ["pip_index_url"]),
        (
            BuildSettings(npm_registry="https://t@n/", apt_mirror="http://a:b@m/debian"),
            ["npm_registry", "apt_mirror"],
        ),
    ],
)
def test_addresses_with_a_password_are_known(settings: BuildSettings, secret: list[str]) -> None:
    """Docker's own builder would keep them."""
    assert closed.secret_settings(settings) == secret


def test_apt_is_turned_to_a_mirror_only_when_there_is_one() -> None:
    """With the certificates where it is reached by https."""
    assert closed.mirror_files(BuildSettings(), Bundle(path="/ca")) == ()
    http = closed.mirror_files(BuildSettings(apt_mirror="http://m/debian/"), Bundle(path="/ca"))
    assert [one.path for one in http] == ["cstudio/apt-mirror"]
    assert b"#http://m/debian-security\\1#" in http[0].content
    https = closed.mirror_files(BuildSettings(apt_mirror="https://m/debian"), Bundle(path="/ca"))
    assert [one.path for one in https] == ["cstudio/apt-mirror", "cstudio/apt-ca.conf"]
