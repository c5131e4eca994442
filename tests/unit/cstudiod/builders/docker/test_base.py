"""The base image: its Dockerfile, and when it is another one."""

from __future__ import annotations

from cstudiod.builders.docker import base
from cstudiod.model.blueprints import ContextFile
from cstudiod.model.dockerfiles import statements

TEXT = base.dockerfile("debian:12", has_mirror=False, trusts_ca=False)
FILES = (ContextFile(path="cstudio/apt-mirror", content=b"1"),)


def test_it_ends_as_a_user_and_starts_the_runner() -> None:
    """Not as root; whatever a template's last statement is, the runner starts."""
    found = [one.keyword for one in statements(TEXT)]
    assert found[0] == "FROM"
    assert found[-4:] == ["USER", "WORKDIR", "ENTRYPOINT", "CMD"]
    assert "USER dataiku" in TEXT
    assert "--uid 500" in TEXT


def test_a_mirror_is_set_before_apt_is_used() -> None:
    """With its certificates before that."""
    text = base.dockerfile("debian:12", has_mirror=True, trusts_ca=True)
    order = [text.index(word) for word in ("cstudio/ca.crt", "apt-mirror", "apt-get update")]
    assert order == sorted(order)
    assert "apt-mirror" not in TEXT


def test_parent_platform_statements_and_files_make_another_one() -> None:
    """The parent's name does not: what it stands for does."""
    found = base.content_hash("sha256:p", "", TEXT, FILES)
    renamed = base.dockerfile("mirror/debian:12", has_mirror=False, trusts_ca=False)
    assert base.content_hash("sha256:p", "", renamed, FILES) == found
    newer = (ContextFile(path="cstudio/apt-mirror", content=b"2"),)
    others = {
        base.content_hash("sha256:q", "", TEXT, FILES),
        base.content_hash("sha256:p", "linux/arm64", TEXT, FILES),
        base.content_hash("sha256:p", "", TEXT + "RUN x\n", FILES),
        base.content_hash("sha256:p", "", TEXT, newer),
    }
    assert len(others | {found}) == 5
