"""What the tree there holds, and what became of it since the last look.

A look is a listing with `stat`; what has not the stamp it had is hashed there.
A path whose stamp is known needs no digest to be known as unchanged, so after
a quiet reconnection nothing is hashed at all.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence

from cstudio_sync import paths
from cstudio_sync.entries import FILE, FOLDER, NO_STAMP, Problem, Seen
from cstudio_sync.paths import PathRefused
from cstudio_sync.rules import NO_RULES, Matcher, compile

from cstudiod.errors import TargetError
from cstudiod.ports import Folder
from cstudiod.sync.shell import listing, observations, requests, scripts
from cstudiod.sync.shell.commands import Commands
from cstudiod.sync.shell.listing import Found, Listing, Mismatch
from cstudiod.sync.shell.observations import Hashed

_ATTEMPTS = 4
_HASH_ROUNDS = 3
_HASHES_A_COMMAND = 1000
_FRESH_SECONDS = 10.0


class Looking:
    """The picture of one tree; for one caller at a time."""

    def __init__(self, commands: Commands, session: str, owns: bool) -> None:
        """Nothing is known yet."""
        self._commands = commands
        self._session = session
        self._owns = owns
        self.device = 0
        self.matcher: Matcher = compile(NO_RULES)
        self._stamps: dict[bytes, bytes] = {}
        """What has another stamp than this is news."""
        self._known: dict[bytes, Seen] = {}
        """What was seen with that stamp, where it was hashed."""
        self._latest: Listing | None = None
        self._listed_at = 0.0

    # ---------------------------------------------------------------- listing

    async def listed(self) -> Listing:
        """List the tree."""
        why = ""
        for _ in range(_ATTEMPTS):
            output = await self._commands.run(
                scripts.LIST, self._session, "own" if self._owns else "-"
            )
            try:
                whole = self._taking_part(listing.parse(output, self.device))
            except Mismatch as mismatch:
                why = str(mismatch)
                continue
            except PathRefused as error:
                raise _refused(f"the listing there is not to be believed: {error}") from error
            self._check_holder(whole)
            self._latest, self._listed_at = whole, time.monotonic()
            return whole
        raise TargetError(f"the tree there cannot be listed: {why}")

    def _check_holder(self, whole: Listing) -> None:
        if self._owns and whole.holder not in ("", self._session):
            raise TargetError(
                f"the folder is owned by session {whole.holder} now",
                reason="DUPLICATE_OWNER",
                next="only one session may own a folder: stop the other one",
            )

    def _taking_part(self, whole: Listing) -> Listing:
        excluded = self.matcher.excluded
        found = {
            path: one
            for path, one in whole.found.items()
            if path != paths.ROOT and not excluded(path, one.kind == FOLDER)
        }
        return whole._replace(found=found)

    def use(self, matcher: Matcher) -> None:
        """Leave out what `matcher` excludes; what comes back later is news then."""
        self.matcher = matcher
        for path in [path for path in self._stamps if self._is_excluded_somehow(path)]:
            self._forget(path)

    def _is_excluded_somehow(self, path: bytes) -> bool:
        return self.matcher.excluded(path, False) or self.matcher.excluded(path, True)

    # ---------------------------------------------------------------- asking

    async def fingerprints(self) -> Sequence[tuple[bytes, bytes]]:
        """List the tree and return its folders' fingerprints; it is the known state then."""
        whole = await self.listed()
        self._stamps = {path: whole.stamp_of(one) for path, one in whole.found.items()}
        self._known = {
            path: seen
            for path, seen in self._known.items()
            if path in self._stamps and seen.stamp == self._stamps[path]
        }
        return [
            (folder, observations.folder_fingerprint(inside))
            for folder, inside in listing.children(whole)
        ]

    async def compare(self, folders: Sequence[Folder]) -> Iterator[list[Seen]]:
        """Return what differs from known children, a list a folder."""
        whole = self._latest
        if whole is None or time.monotonic() - self._listed_at > _FRESH_SECONDS:
            whole = await self.listed()
        inside = dict(listing.children(whole))
        differing = [self._differing(folder, inside.get(folder.path, [])) for folder in folders]
        seen = await self._look_at(whole, [path for new in differing for path in new])
        return iter(
            [
                [seen[path] for path in new if path in seen]
                + self._gone(whole, [paths.join(folder.path, name) for name in folder.stamps])
                for folder, new in zip(folders, differing, strict=True)
            ]
        )

    @staticmethod
    def _differing(folder: Folder, inside: Sequence[Found]) -> list[bytes]:
        def is_known(one: Found) -> bool:
            known = folder.stamps.get(paths.split(one.path)[1])
            if one.kind == FOLDER and not one.problem:
                return known in (NO_STAMP, one.true_stamp)
            return known == one.true_stamp and one.problem != Problem.UNREADABLE

        return [one.path for one in inside if not is_known(one)]

    async def observe(self, wanted: Sequence[bytes]) -> list[Seen]:
        """Look at paths afresh, and at everything below them."""
        whole = await self.listed()
        if paths.ROOT in wanted:
            self._stamps, self._known = {}, {}
        seen = await self._look_at(whole, listing.below(whole, wanted))
        return [*seen.values(), *self._gone(whole, wanted)]

    def _gone(self, whole: Listing, wanted: Iterable[bytes]) -> list[Seen]:
        """Return absences, save where nothing can be known or takes part."""
        gone: dict[bytes, Seen] = {}
        for path in wanted:
            if path == paths.ROOT or path in whole.found or self._is_excluded_somehow(path):
                continue
            above = whole.trouble_above(path)
            if above is None:
                gone[path] = Seen(path)
            else:
                gone[above.path] = observations.plain_seen(above) or Seen(above.path)
            self._forget(path)
        return list(gone.values())

    # --------------------------------------------------------------- news

    async def news(self) -> list[Seen]:
        """List the tree and return what is not as it was last seen."""
        whole = await self.listed()
        changed = [
            path for path, one in whole.found.items() if self._stamps.get(path) != one.true_stamp
        ]
        before = {path: self._known.get(path) for path in changed}
        seen = await self._look_at(whole, changed)
        gone = self._gone(whole, [path for path in self._stamps if path not in whole.found])
        return [
            one for path, one in seen.items() if not observations.is_same(before[path], one)
        ] + [one for one in gone if not one.problem]

    def remember(self, seen: Seen) -> None:
        """Take `seen` for the known state."""
        if seen.entry is None and not seen.problem:
            self._forget(seen.path)
        else:
            self._stamps[seen.path] = seen.stamp
            self._known[seen.path] = seen

    def _forget(self, path: bytes) -> None:
        self._stamps.pop(path, None)
        self._known.pop(path, None)

    # ------------------------------------------------------------- hashing

    async def _look_at(self, whole: Listing, wanted: Sequence[bytes]) -> dict[bytes, Seen]:
        """Return and remember what is at each of the listed paths."""
        seen: dict[bytes, Seen] = {}
        files: list[Found] = []
        links: list[Found] = []
        for path in wanted:
            one = whole.found[path]
            plain = observations.plain_seen(one)
            known = self._known.get(path)
            if plain is not None:
                seen[path] = plain
            elif known is not None and known.stamp == one.true_stamp:
                seen[path] = known
            else:
                (files if one.kind == FILE else links).append(one)
        seen.update(await self._hashed(whole, files))
        seen.update(await self._targets(whole, links))
        for one_seen in seen.values():
            self.remember(one_seen)
        return seen

    async def _hashed(self, whole: Listing, files: Sequence[Found]) -> dict[bytes, Seen]:
        """Hash files; one that changes meanwhile is hashed again, then called busy."""
        seen: dict[bytes, Seen] = {}
        left = list(files)
        for _ in range(_HASH_ROUNDS):
            said = await self._digests([one.path for one in left])
            changed = []
            for one in left:
                now = self._again(one, said[one.path])
                if now == one:
                    seen[one.path] = observations.file_seen(whole, one, said[one.path].digest)
                elif now is not None and now.kind == FILE:
                    changed.append(now)
                else:  # gone, or so it seems: the next listing tells
                    seen[one.path] = _busy(one.path)
            left = changed
            if not left:
                break
        return {**seen, **{one.path: _busy(one.path) for one in left}}

    def _again(self, one: Found, said: Hashed) -> Found | None:
        try:
            return listing.again(one.path, said.line, self.device) if said.line else None
        except (Mismatch, PathRefused) as error:
            raise _refused(f"stat there is not to be believed: {error}") from error

    async def _digests(self, wanted: Sequence[bytes]) -> dict[bytes, Hashed]:
        odd = [path for path in wanted if observations.is_odd(path)]
        plain = [path for path in wanted if not observations.is_odd(path)]
        said: dict[bytes, Hashed] = {}
        try:
            for some in _slices(plain):
                block = requests.names_block(some)
                output = await self._commands.run(scripts.HASH, stdin=block, names=len(block))
                said.update(observations.hashed(output, some))
            for some in _slices(odd):
                block = requests.names_block(some)
                output = await self._commands.run(scripts.HASH_ODD, stdin=block, names=len(block))
                said.update(observations.hashed_odd(output, some))
        except Mismatch as mismatch:
            raise _refused(f"the shell there hashes something else: {mismatch}") from mismatch
        return said

    async def _targets(self, whole: Listing, links: Sequence[Found]) -> dict[bytes, Seen]:
        if not links:
            return {}
        block = requests.names_block([one.path for one in links])
        output = await self._commands.run(scripts.LINKS, stdin=block, names=len(block))
        try:
            targets = observations.link_targets(output, links)
        except Mismatch as mismatch:
            raise _refused(f"the shell there reads something else: {mismatch}") from mismatch
        seen: dict[bytes, Seen] = {}
        for one in links:
            target = targets[one.path]
            seen[one.path] = (
                _busy(one.path) if target is None else observations.link_seen(whole, one, target)
            )
        return seen


def _slices(wanted: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    for start in range(0, len(wanted), _HASHES_A_COMMAND):
        yield wanted[start : start + _HASHES_A_COMMAND]


def _busy(path: bytes) -> Seen:
    return Seen(path, problem=Problem.BUSY, detail="it changes faster than it can be read")


def _refused(message: str) -> TargetError:
    return TargetError(message, reason="AGENT_REFUSED")
