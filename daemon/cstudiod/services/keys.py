"""Use cases of API keys: who calls over TCP.

A key is ``cst_ID_SECRET``: eight hexadecimal digits to find it by, and 256 random
bits. The daemon keeps SHA-256 of these; a slow hash would protect nothing, because
such a number cannot be guessed. No key is ever logged or part of a message.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Iterator, Sequence

from cstudiod.errors import NotFoundError, UsageError
from cstudiod.services import identity
from cstudiod.services.identity import Caller, Unauthenticated
from cstudiod.store.keys import KeyStore, StoredKey
from cstudiod.zones.layout import name_problem

_log = logging.getLogger(__name__)

_ID_BYTES = 4
_SECRET_BYTES = 32
_KEY = re.compile(r"cst_([0-9a-f]{8})_([0-9a-f]{64})")
_GROUP = re.compile(r"[^\s,\x00-\x1f\x7f][^,\x00-\x1f\x7f]{0,62}")
_MOST_GROUPS = 64
_LONGEST_SECONDS = 100 * 365 * 86400.0
_USE_SECONDS = 60.0
"""How exactly the last use is kept: not every call is to write to the disk."""
_NOBODY = "0" * 64
"""What an unknown key is compared with, so that it takes as long as a wrong one."""


class Keys:
    """All keys of this daemon."""

    def __init__(self, store: KeyStore, clock: Callable[[], float]) -> None:
        """Take up the stored ones; `clock` gives Unix time."""
        self._store = store
        self._clock = clock
        self._keys = {key.id: key for key in store.all()}
        self._running: dict[str, set[Callable[[], None]]] = {}

    # ----------------------------------------------------------- use cases

    def create(
        self,
        caller: Caller,
        *,
        login: str,
        groups: Sequence[str] = (),
        admin: bool = False,
        seconds: float | None = None,
    ) -> tuple[StoredKey, str]:
        """Make a key that is good for `seconds`; return it, and what to call with.

        Raises:
            UsageError: a word is off.
            RightMissing: the caller is no administrator.
        """
        identity.must_be_admin(caller, "make keys")
        if problem := name_problem("login", login):
            raise UsageError(problem, field="login")
        if seconds is not None and not 0 < seconds <= _LONGEST_SECONDS:
            raise UsageError(
                "a key is good for more than nothing, and for at most 100 years", field="ttl"
            )
        _check_groups(groups)
        id, secret, now = self._new_id(), secrets.token_hex(_SECRET_BYTES), self._clock()
        key = StoredKey(
            id=id,
            hash=_hash(secret),
            login=login,
            groups=tuple(dict.fromkeys(groups)),
            admin=admin,
            creator=caller.login,
            create_time=now,
            expire_time=now + seconds if seconds else 0.0,
        )
        self._store.add(key)
        self._keys[id] = key
        _log.info("%s made key %s for %s", caller.login, id, login)
        return key, f"cst_{id}_{secret}"

    def list(self, caller: Caller) -> list[StoredKey]:
        """Return all keys, the oldest first."""
        identity.must_be_admin(caller, "see keys")
        return sorted(self._keys.values(), key=lambda key: (key.create_time, key.id))

    def revoke(self, caller: Caller, id: str) -> None:
        """Forget a key, and end what goes on with it.

        Raises:
            NotFoundError: there is none of that id.
        """
        identity.must_be_admin(caller, "revoke keys")
        if id not in self._keys:
            raise NotFoundError("there is no key of that id", next="cstudio key list")
        self._store.delete(id)
        key = self._keys.pop(id)
        for end in [*self._running.get(id, ())]:
            end()
        _log.info("%s revoked key %s of %s", caller.login, id, key.login)

    # ---------------------------------------------------------- signing in

    def authenticate(self, text: str) -> StoredKey:
        """Return the key that a call carries.

        Raises:
            Unauthenticated: it is none of ours, or not good any more.
        """
        match = _KEY.fullmatch(text)
        key = self._keys.get(match[1]) if match else None
        given = _hash(match[2]) if match else ""
        is_right = hmac.compare_digest(given, key.hash if key else _NOBODY)
        if key is None or not is_right:
            raise Unauthenticated(
                "this key is not known here: it was mistyped, or revoked",
                next="ask an administrator for a key: cstudio key create LOGIN",
            )
        now = self._clock()
        if key.expire_time and now >= key.expire_time:
            raise expired(key)
        if now - key.last_use_time >= _USE_SECONDS:
            self._store.used(key.id, now)
            key = self._keys[key.id] = dataclasses.replace(key, last_use_time=now)
        return key

    def still_good(self, id: str) -> StoredKey:
        """Return the key by which somebody signed in some time ago.

        Raises:
            Unauthenticated: it was revoked since, or has expired.
        """
        key = self._keys.get(id)
        if key is None:
            raise Unauthenticated(
                "the key by which you signed in was revoked",
                next="sign in again; administrators make keys: cstudio key create LOGIN",
                key=id,
            )
        if key.expire_time and self._clock() >= key.expire_time:
            raise expired(key)
        return key

    def seconds_left(self, key: StoredKey) -> float | None:
        """Return how long a key is still good; None: until it is revoked."""
        return max(0.0, key.expire_time - self._clock()) if key.expire_time else None

    @contextlib.contextmanager
    def ending_with(self, key: StoredKey, end: Callable[[], None]) -> Iterator[None]:
        """Have `end` called when the key is revoked in the meantime."""
        running = self._running.setdefault(key.id, set())
        running.add(end)
        try:
            yield
        finally:
            running.discard(end)
            if not running:
                self._running.pop(key.id, None)

    def _new_id(self) -> str:
        while (id := secrets.token_hex(_ID_BYTES)) in self._keys:
            continue
        return id


def caller(key: StoredKey) -> Caller:
    """Return the person that a key was made for."""
    return Caller(login=key.login, groups=frozenset(key.groups), is_admin=key.admin, key_id=key.id)


def expired(key: StoredKey) -> Unauthenticated:
    """Return what is told to the owner of a key that is not good any more."""
    return Unauthenticated(
        f"key `{key.id}` of `{key.login}` is not good any more: it expired, or was revoked",
        next=f"ask an administrator for another: cstudio key create {key.login}",
        key=key.id,
    )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()


def _check_groups(groups: Sequence[str]) -> None:
    if len(groups) > _MOST_GROUPS:
        raise UsageError(f"a key has at most {_MOST_GROUPS} groups", field="groups")
    for group in groups:
        if not _GROUP.fullmatch(group):
            raise UsageError(
                f"{group!a} cannot be a group: 1 to 63 characters, no comma, none invisible",
                field="groups",
            )
