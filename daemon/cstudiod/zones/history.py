"""The history of versioned zones: one commit a zone when something changed, by git.

git is run as a program, with arguments and environment of `commits`: no hook,
no filter, no file system monitor, no configuration but the repository's own,
and that only when it is harmless. Commits are made from plumbing with an index
aside, so what somebody staged in the repository stays staged and stays out.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
from collections.abc import Mapping
from pathlib import Path

from cstudiod.config import ZoneSettings
from cstudiod.errors import LocalRootError, StateError
from cstudiod.model.zones import Zone
from cstudiod.zones import commits, folders
from cstudiod.zones.commits import Author
from cstudiod.zones.layout import Layout, Place, Whose

GIT_SECONDS = 300.0
UNDER_WAY = ("MERGE_HEAD", "CHERRY_PICK_HEAD", "REVERT_HEAD", "rebase-merge", "rebase-apply")
"""What lies in a repository in which somebody has not finished something."""


class Histories:
    """The repositories of all zones; commits to one repository follow one another."""

    def __init__(self, layout: Layout, settings: ZoneSettings) -> None:
        self._layout = layout
        self._setting = settings.git
        self._locks: dict[Path, asyncio.Lock] = {}

    async def record(self, zone: Zone, whose: Whose, author: Author, message: str) -> str | None:
        """Commit what changed in the zone's folder, if its history is kept.

        Args:
            zone: One zone; call it once for each after a sync.
            whose: Whose zone it is.
            author: The user whose sync it was.
            message: See `commits.message` and `commits.creation_message`.

        Returns:
            The commit's id; None: nothing changed, or no history is kept.

        Raises:
            StateError: git is missing or refused, or the repository is in a state, or has
                a configuration, in which cstudio must not commit.
            LocalRootError: a folder cannot be used.
        """
        repository = self._layout.repository(zone, whose)
        if repository is None or not self._is_kept(zone, repository):
            return None
        place = self._layout.place(zone, whose)
        lock = self._locks.setdefault(repository.path, asyncio.Lock())
        async with lock:
            await asyncio.to_thread(folders.make, place)
            return await _Repository(repository.path).commit(place.path, author, message)

    def _is_kept(self, zone: Zone, repository: Place) -> bool:
        return commits.keeps_history(
            self._setting,
            is_dss=self._layout.is_dss(zone),
            has_repository=_has_repository(repository),
        )


def _has_repository(place: Place) -> bool:
    """Tell whether the folder has a repository of its own, not through a link.

    Raises:
        StateError: what it has is none that cstudio commits to.
    """
    try:
        with folders.opened(place.down(".git")):
            return True
    except LocalRootError as error:
        if error.reason == "LOCAL_ROOT_MISSING":
            return False
        raise StateError(
            f"cstudio does not commit to `{place.path}`: its .git is no folder",
            next='set git = "off" under [zones] if nothing shall be committed',
        ) from error


class _Repository:
    """One repository, through the git command."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._git_dir = folder / ".git"
        self._program = shutil.which("git") or ""

    async def commit(self, zone: Path, author: Author, message: str) -> str | None:
        """Commit the content of `zone`, a folder of the repository."""
        if not self._program:
            raise StateError(
                f"the history of `{zone}` cannot be kept: git is not installed here",
                next='install git, or set git = "off" under [zones]',
            )
        if not self._git_dir.exists():
            await self._git("init", "--quiet", "--template=", is_new=True)
        await self._check()
        head = await self._git("rev-parse", "--verify", "--quiet", "HEAD", may_fail=True)
        tree = await self._tree(zone, head)
        before = await self._git("rev-parse", "HEAD^{tree}") if head else await self._empty()
        if tree == before:
            return None
        parents = ("-p", head) if head else ()
        made = await self._git(
            "commit-tree", tree, *parents, "-F", "-",
            said=message, extra=commits.identities(author, socket.gethostname()),
        )  # fmt: skip
        # Refused when somebody else committed meanwhile: the next sync does it then.
        await self._git("update-ref", "-m", f"commit: {message}", "HEAD", made, head or "0" * 40)
        await self._git("add", "--all", "--", ".", folder=zone)
        return made

    async def _check(self) -> None:
        """Refuse repositories that are busy, or whose configuration can run programs."""
        if busy := [name for name in UNDER_WAY if (self._git_dir / name).exists()]:
            raise StateError(
                f"`{self._folder}` has a merge or rebase under way ({busy[0]})",
                next=f"finish it: git -C {self._folder} status",
            )
        listed = await self._git(
            "config", "--file", str(self._git_dir / "config"), "--no-includes",
            "--list", "--name-only", "-z",
        )  # fmt: skip
        if foreign := commits.foreign_settings(filter(None, listed.split("\0"))):
            raise StateError(
                f"cstudio does not commit to `{self._folder}`: the repository's configuration"
                f" sets {', '.join(foreign)}, which may run programs",
                next=f"git -C {self._folder} config --unset {foreign[0]},"
                ' or set git = "off" under [zones]',
            )

    async def _tree(self, zone: Path, head: str) -> str:
        """Return the tree of HEAD with the zone as it is on the disk."""
        aside = self._git_dir / f"cstudio-index-{os.getpid()}"
        extra = {"GIT_INDEX_FILE": str(aside)}
        try:
            # A copy knows what the files were when they were last hashed.
            await asyncio.to_thread(_copy_if_there, self._git_dir / "index", aside)
            await self._git(
                "read-tree", *(("--reset", "HEAD") if head else ("--empty",)), extra=extra
            )
            await self._git("add", "--all", "--", ".", folder=zone, extra=extra)
            return await self._git("write-tree", extra=extra)
        finally:
            with contextlib.suppress(FileNotFoundError):
                aside.unlink()

    async def _empty(self) -> str:
        return await self._git("hash-object", "-t", "tree", "--stdin")

    async def _git(
        self,
        *arguments: str,
        folder: Path | None = None,
        said: str = "",
        extra: Mapping[str, str] | None = None,
        may_fail: bool = False,
        is_new: bool = False,
    ) -> str:
        """Run git and return what it printed, stripped; empty where it `may_fail` and did."""
        options = [word for item in commits.OPTIONS.items() for word in ("-c", "=".join(item))]
        if not is_new:  # a repository that is told its work tree when it is made writes it down
            options += [f"--git-dir={self._git_dir}", f"--work-tree={self._folder}"]
        process = await asyncio.create_subprocess_exec(
            self._program, *options, *arguments,
            cwd=folder or self._folder,
            env={
                "PATH": os.environ.get("PATH", os.defpath),
                **commits.ENVIRONMENT,
                **(extra or {}),
            },
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        try:
            async with asyncio.timeout(GIT_SECONDS):
                out, err = await process.communicate(said.encode())
        except BaseException:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise
        if process.returncode == 0:
            return out.decode("utf-8", "surrogateescape").strip()
        if may_fail:
            return ""
        raise _refused(self._folder, arguments[0], err.decode("utf-8", "replace").strip())


def _copy_if_there(source: Path, target: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        shutil.copyfile(source, target)


def _refused(folder: Path, verb: str, said: str) -> StateError:
    if "index.lock" in said or "Unable to create" in said:
        return StateError(
            f"another git works in `{folder}`, or one was cut: {said.splitlines()[0]}",
            next=f"when no git runs there: rm {folder}/.git/index.lock",
        )
    return StateError(f"git {verb} in `{folder}` failed: {said[-500:]}")
