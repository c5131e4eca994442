"""git as a judge of what is ignored."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_ENVIRONMENT = {
    "PATH": os.environ.get("PATH", os.defpath),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "HOME": os.devnull,
    "LC_ALL": "C",
}


class IgnoringRepository:
    """A repository over a fixed tree; only its gitignore files change."""

    def __init__(self, root: Path, files: Sequence[bytes], folders: Sequence[bytes]) -> None:
        """Make the tree: `folders` and `files`, relative, parents first."""
        self._root = os.fsencode(root)
        self._paths = [*folders, *files]
        self._written: set[bytes] = set()
        root.mkdir(exist_ok=True)
        self._git("init", "--quiet", "--template=")
        for folder in folders:
            os.mkdir(os.path.join(self._root, folder))
        for file in files:
            with open(os.path.join(self._root, file), "wb"):
                pass

    def ignored(self, gitignore_files: Mapping[bytes, bytes]) -> set[bytes]:
        """Return the paths that git ignores with these ``.gitignore`` files."""
        for folder in self._written - set(gitignore_files):
            os.unlink(self._gitignore(folder))
        self._written = set(gitignore_files)
        for folder, content in gitignore_files.items():
            with open(self._gitignore(folder), "wb") as file:
                file.write(content)
        asked = b"".join(path + b"\0" for path in self._paths)
        answer = self._git("check-ignore", "--no-index", "--stdin", "-z", input=asked)
        return set(answer.split(b"\0")[:-1])

    def _gitignore(self, folder: bytes) -> bytes:
        return os.path.join(self._root, folder, b".gitignore")

    def _git(self, *arguments: str, input: bytes = b"") -> bytes:
        done = subprocess.run(
            ["git", "-c", "core.excludesFile=", *arguments],
            cwd=self._root,
            env=_ENVIRONMENT,
            input=input,
            capture_output=True,
            check=False,
        )
        assert done.returncode in (0, 1), done.stderr
        return done.stdout
