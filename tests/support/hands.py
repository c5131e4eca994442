"""Hands on a tree that an endpoint serves: what other programs do there.

`Hands` writes, renames and lists below one folder; it shares no code with the
engine, so that the engine is not asked about its own work. On disks a small
Python program does it, here or in a container of the same pod (`SCRIPT`, told
what to do in lines of JSON, names as Latin-1). Calls block for milliseconds.
"""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

SCRIPT = r"""
import base64, hashlib, json, os, shutil, stat, sys

def raw(text):
    return text.encode("latin-1")

def listing(root):
    found, pending = {}, [(root, b"")]
    while pending:
        folder, shown = pending.pop()
        for name in os.listdir(folder):
            path, mine = os.path.join(folder, name), (shown + b"/" + name if shown else name)
            status = os.lstat(path)
            if stat.S_ISLNK(status.st_mode):
                what = ["link", os.readlink(path).decode("latin-1")]
            elif stat.S_ISDIR(status.st_mode):
                what = ["folder"]
                pending.append((path, mine))
            elif stat.S_ISREG(status.st_mode):
                with open(path, "rb") as file:
                    content = file.read()
                digest = hashlib.sha256(content).hexdigest()
                what = ["file", digest, len(content), bool(status.st_mode & 0o100)]
            else:
                what = ["special"]
            found[mine.decode("latin-1")] = what
    return found

def write(path, data, executable):
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, 0o755 if executable else 0o644)

def remove(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)

def read(path):
    with open(path, "rb") as file:
        return base64.b64encode(file.read()).decode()

def times(path):
    status = os.lstat(path)
    return [status.st_dev, status.st_ino, status.st_mtime_ns, status.st_mode]

for line in sys.stdin.buffer:
    asked = json.loads(line)
    path, do = raw(asked["path"]), asked["do"]
    answer = None
    try:
        if do == "write":
            write(path, base64.b64decode(asked["data"]), asked["executable"])
        elif do == "folder":
            os.makedirs(path, exist_ok=True)
        elif do == "link":
            os.symlink(raw(asked["target"]), path)
        elif do == "fifo":
            os.mkfifo(path)
        elif do == "remove":
            remove(path)
        elif do == "rename":
            os.rename(path, raw(asked["target"]))
        elif do == "executable":
            os.chmod(path, 0o755 if asked["executable"] else 0o644)
        elif do == "read":
            answer = read(path)
        elif do == "times":
            answer = times(path)
        elif do == "listing":
            answer = listing(path)
        result = {"answer": answer}
    except Exception as error:
        result = {"error": repr(error)}
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()
"""

Listing = dict[bytes, tuple[Any, ...]]
"""Path -> ("file", digest, size, executable), ("folder",), ("link", target), ("special",)."""


class Hands(Protocol):
    """What other programs can do to a tree; paths are below its root."""

    def write(self, path: bytes, data: bytes = b"", *, executable: bool = False) -> None:
        """Put or rewrite a file."""

    def folder(self, path: bytes) -> None:
        """Make a folder and its parents; fine when it is there."""

    def link(self, path: bytes, target: bytes) -> None:
        """Make a symbolic link."""

    def remove(self, path: bytes) -> None:
        """Remove whatever is there, with all that is in it."""

    def rename(self, path: bytes, target: bytes) -> None:
        """Rename a path within the root."""

    def set_executable(self, path: bytes, executable: bool) -> None:
        """Change a file's mode."""

    def listing(self) -> Listing:
        """Return everything below the root, the engine's own files included."""


class Worker:
    """The program that does it, here or elsewhere; ended by `close`."""

    def __init__(self, argv: Sequence[str] = (sys.executable, "-u", "-c", SCRIPT)) -> None:
        """Start `argv`, whose last word is `SCRIPT`."""
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )

    def do(self, do: str, path: bytes, **more: object) -> Any:
        """Do one thing at an absolute path and return the answer."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = {"do": do, "path": path.decode("latin-1"), **more}
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        self._process.stdin.flush()
        result: Mapping[str, Any] = json.loads(self._process.stdout.readline())
        if "error" in result:
            raise AssertionError(f"{do} {path!r}: {result['error']}")
        return result["answer"]

    def close(self) -> None:
        """End it."""
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                pipe.close()
        self._process.wait(timeout=20)


class DiskHands:
    """Hands on a folder of a disk."""

    def __init__(self, worker: Worker, root: bytes) -> None:
        """`root` is an absolute path where the worker runs."""
        self._worker = worker
        self.root = root

    def _at(self, path: bytes) -> bytes:
        return self.root + b"/" + path if path else self.root

    def write(self, path: bytes, data: bytes = b"", *, executable: bool = False) -> None:
        """Put or rewrite a file."""
        text = base64.b64encode(data).decode()
        self._worker.do("write", self._at(path), data=text, executable=executable)

    def folder(self, path: bytes) -> None:
        """Make a folder and its parents; fine when it is there."""
        self._worker.do("folder", self._at(path))

    def link(self, path: bytes, target: bytes) -> None:
        """Make a symbolic link."""
        self._worker.do("link", self._at(path), target=target.decode("latin-1"))

    def fifo(self, path: bytes) -> None:
        """Make a FIFO."""
        self._worker.do("fifo", self._at(path))

    def remove(self, path: bytes) -> None:
        """Remove whatever is there, with all that is in it."""
        self._worker.do("remove", self._at(path))

    def rename(self, path: bytes, target: bytes) -> None:
        """Rename a path within the root."""
        self._worker.do("rename", self._at(path), target=self._at(target).decode("latin-1"))

    def set_executable(self, path: bytes, executable: bool) -> None:
        """Change a file's mode."""
        self._worker.do("executable", self._at(path), executable=executable)

    def read(self, path: bytes) -> bytes:
        """Return a file's content."""
        return base64.b64decode(self._worker.do("read", self._at(path)))

    def facts(self, path: bytes) -> tuple[int, int, int, int]:
        """Return device, inode, modification time in ns, and mode."""
        device, inode, mtime, mode = self._worker.do("times", self._at(path))
        return device, inode, mtime, mode

    def listing(self) -> Listing:
        """Return everything below the root, the engine's own files included."""
        found = self._worker.do("listing", self.root)
        return {path.encode("latin-1"): _plain(what) for path, what in found.items()}


def _plain(what: list[Any]) -> tuple[Any, ...]:
    if what[0] == "link":
        return ("link", what[1].encode("latin-1"))
    if what[0] == "file":
        return ("file", bytes.fromhex(what[1]), *what[2:])
    return tuple(what)
