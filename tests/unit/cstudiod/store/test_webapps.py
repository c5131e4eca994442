"""Web apps are kept as they are."""

from __future__ import annotations

import dataclasses
import sqlite3

from cstudiod.model.studios import Reason, StudioSpec
from cstudiod.model.templates import RuntimeKind
from cstudiod.model.webapps import Access, WebAppSpec
from cstudiod.store.schema import MIGRATIONS
from cstudiod.store.studios import StoredStudio, plain_of_studio, studio_of_plain
from cstudiod.store.webapps import StoredWebApp, WebAppStore

SPEC = WebAppSpec(
    id="Ab3xY9z", studio="u", project="P", port=80, replicas=2, live=True,
    access=Access(groups=("ops", "web")),
)  # fmt: skip
WEBAPP = StoredWebApp(spec=SPEC, create_time=1.5, to_restart=("r1", "r2"))
REPLICA = StoredStudio(
    uid="r1",
    spec=StudioSpec(name="s", project="P", owner="o", template="t", runtime=RuntimeKind.DOCKER),
    library="s",
    create_time=1.0,
    listen={80: 1234},
    reason=Reason(code="c", message="m"),
    base="/web-apps-backends/P/Ab3xY9z_${K8S_POD_NAME}",
    zones_of="u",
    is_live=False,
)


def _store() -> WebAppStore:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    for script in MIGRATIONS:
        connection.executescript(script)
    return WebAppStore(connection)


def test_what_is_put_is_there() -> None:
    """The last one counts; replicas in the order in which they were made."""
    store = _store()
    store.put(dataclasses.replace(WEBAPP, is_ending=True))
    store.put(WEBAPP)
    older = dataclasses.replace(REPLICA, uid="r2", create_time=0.5)
    for one in (REPLICA, older):
        store.put_replica("Ab3xY9z", one)
    assert store.webapps() == [WEBAPP]
    assert store.replicas("Ab3xY9z") == [older, REPLICA]
    assert store.replicas("other") == []


def test_what_is_deleted_is_gone() -> None:
    """With its replicas."""
    store = _store()
    store.put(WEBAPP)
    store.put_replica("Ab3xY9z", REPLICA)
    store.delete("Ab3xY9z")
    assert (store.webapps(), store.replicas("Ab3xY9z")) == ([], [])


def test_a_studio_of_an_older_daemon_is_no_replica() -> None:
    """What it did not write is as it was then."""
    plain = plain_of_studio(REPLICA)
    for name in ("base", "zones_of", "is_live"):
        del plain[name]
    read = studio_of_plain(plain)
    assert (read.base, read.zones_of, read.is_live) == ("", "", True)
