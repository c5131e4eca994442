"""A build context is the same tar whenever its content is, and follows no link."""

from __future__ import annotations

import io
import os
import tarfile
import threading
from pathlib import Path

import pytest
from cstudiod.builders.docker import context
from cstudiod.builders.docker.context import Cancelled, Tree
from cstudiod.errors import UsageError
from cstudiod.model.blueprints import ContextFile

FILES = (
    ContextFile(path="b/run", content=b"#!", executable=True),
    ContextFile(path="a.txt", content=b"text"),
)


def written(*trees: Tree, files: tuple[ContextFile, ...] = FILES) -> bytes:
    """Return the context's bytes."""
    target = io.BytesIO()
    context.write(target, "FROM x\n", files, trees, threading.Event())
    return target.getvalue()


@pytest.fixture
def kit(tmp_path: Path) -> Tree:
    """A folder with what folders hold."""
    folder = tmp_path / "root" / "kit"
    (folder / "empty").mkdir(parents=True)
    (folder / "ä").write_text("1")
    (folder / "run").write_text("#!/bin/sh")
    (folder / "run").chmod(0o750)
    (folder / "link").symlink_to("/etc/passwd")
    os.mkfifo(folder / "pipe")
    return Tree(path="kit", root=tmp_path / "root", relative="kit")


def test_entries_are_sorted_and_nobodys_and_of_no_time(kit: Tree) -> None:
    """A link goes in as a link; a pipe does not."""
    with tarfile.open(fileobj=io.BytesIO(written(kit))) as archive:
        entries = archive.getmembers()
    assert [one.name for one in entries] == [
        "Dockerfile", "a.txt", "b/run", "kit", "kit/empty", "kit/link", "kit/run", "kit/ä",
    ]  # fmt: skip
    assert {(one.mtime, one.uid, one.gid, one.uname) for one in entries} == {(0, 0, 0, "")}
    modes = {one.name: one.mode for one in entries if one.isfile()}
    assert modes["kit/run"] == modes["b/run"] == 0o755
    assert modes["kit/ä"] == modes["a.txt"] == 0o644
    assert [one.linkname for one in entries if one.issym()] == ["/etc/passwd"]


def test_the_same_content_is_the_same_tar(kit: Tree) -> None:
    """Whatever the times, and in whatever order it is given."""
    first, digest = written(kit), context.digest(kit)
    os.utime(kit.root / "kit" / "run", (1, 1))
    assert written(kit, files=FILES[::-1]) == first
    assert context.digest(kit) == digest
    (kit.root / "kit" / "run").chmod(0o640)
    assert context.digest(kit) != digest


@pytest.mark.parametrize("relative", ["link", "link/passwd", "../root", "nothing"])
def test_a_tree_is_not_found_through_a_link(tmp_path: Path, relative: str) -> None:
    """Nor beside its root."""
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "link").symlink_to("/etc")
    tree = Tree(path="x", root=tmp_path / "root", relative=relative)
    with pytest.raises(UsageError):
        context.digest(tree)
    with pytest.raises(UsageError):
        written(tree)


def test_a_context_that_nobody_wants_is_not_finished() -> None:
    """It may be a gigabyte."""
    cancelled = threading.Event()
    cancelled.set()
    with pytest.raises(Cancelled):
        context.write(io.BytesIO(), "FROM x\n", FILES, (), cancelled)
