"""A cstudiod whose folders are served by an agent in a child process.

For benchmarks where there is no cluster: everything is as with a pod, but for
the network. Takes cstudiod's own arguments.
"""

from __future__ import annotations

import os
import sys

from cstudiod import __main__ as cstudiod
from cstudiod import app
from cstudiod.model.sync_sessions import Spec
from cstudiod.runtimes.local import Folder
from cstudiod.sync.connection import MakeRemote, Remote, Wake
from cstudiod.sync.remotes import open_remote


class ChildApp(app.App):
    """The daemon, with another way to reach a folder."""

    def _make_remote(self, uid: str) -> MakeRemote:
        async def make(spec: Spec, wake: Wake) -> Remote:
            os.makedirs(spec.target.path, exist_ok=True)
            return await open_remote(spec, uid, Folder(spec.target.path), wake, poll_seconds=2.0)

        return make


if __name__ == "__main__":
    app.App = ChildApp  # type: ignore[misc]  # the one part that differs
    sys.exit(cstudiod.main())
