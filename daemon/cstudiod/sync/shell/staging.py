"""Large files on their way: written beside their target there, under another name."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Sequence

from cstudio_sync import operations as ops
from cstudio_sync import paths
from cstudio_sync.operations import Operation

from cstudiod.errors import TargetError
from cstudiod.ports import StageTrouble, Want
from cstudiod.sync.shell import programs, requests
from cstudiod.sync.shell.commands import Commands


class Staging:
    """Staged files of one session, by token."""

    def __init__(self, commands: Commands, session: str) -> None:
        """Nothing is staged yet."""
        self._commands = commands
        self._session = session
        self._folders: dict[str, bytes] = {}
        """Token, which is the temporary's name, to the folder that it is in."""
        self._targets: dict[str, bytes] = {}

    async def stage(self, want: Want, pieces: AsyncIterator[bytes | int]) -> str:
        """Write a file whole; return its token, empty when the content is another.

        Raises:
            StageTrouble: it could not be written.
        """
        token = f".cstudio-tmp-{self._session}-{secrets.token_hex(8)}"
        folder = paths.split(want.path)[0]
        self._folders[token] = folder
        missing = want.entry.size
        lost: list[int] = []

        async def content() -> AsyncIterator[bytes]:
            nonlocal missing
            async for piece in pieces:
                if not isinstance(piece, bytes) or len(piece) > missing:
                    lost.append(missing)
                    break
                missing -= len(piece)
                yield piece
            # The program waits for so many bytes; what they are does not matter now.
            while missing > 0:
                lost.append(missing)
                filler = bytes(min(missing, 65536))
                missing -= len(filler)
                yield filler

        try:
            answer = await self._commands.pour(
                programs.STAGE, self._session, str(want.entry.size), token,
                names=requests.escaped(folder), content=content(),
            )  # fmt: skip
        except Exception:
            await self._drop(token)
            raise
        words = answer.decode("ascii", "replace").split()
        status = requests.status_of(words[0] if words else "")
        if status != ops.OK:
            del self._folders[token]
            raise StageTrouble(status, requests.detail_of(status))
        self._folders[token] = _shortened(folder, words[2:])
        if lost or words[1:2] != [want.entry.digest.hex()]:
            await self._drop(token)
            return ""
        self._targets[token] = want.path
        return token

    def located(self, one: Operation) -> Operation:
        """Return an operation with its staged file's name as the source."""
        if not one.staged:
            return one
        if self._targets.get(one.staged) != one.path:
            return one._replace(data=None, source=b"")
        del self._targets[one.staged]
        return one._replace(source=paths.join(self._folders.pop(one.staged), one.staged.encode()))

    async def drop_all(self) -> None:
        """Remove what was staged and never used."""
        for token in list(self._folders):
            await self._drop(token)

    async def _drop(self, token: str) -> None:
        self._targets.pop(token, None)
        block = requests.escaped(self._folders.pop(token))
        await self._commands.run(
            programs.UNSTAGE, self._session, token, stdin=block, names=len(block)
        )


def _shortened(folder: bytes, said: Sequence[str]) -> bytes:
    """Return the part of a folder's path, whole names, that is so many bytes long."""
    length = int(said[0]) if said and said[0].isdigit() and len(said[0]) < 8 else -1
    if folder[length:][:1] in (b"", b"/") and 0 <= length <= len(folder):
        return folder[:length]
    if length == 0:
        return b""
    raise TargetError("the shell there staged a file elsewhere", reason="AGENT_REFUSED")
