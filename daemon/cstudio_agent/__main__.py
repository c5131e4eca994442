"""Start of the agent in a pod: keep the stream clean, then serve."""

from __future__ import annotations

import gc
import os

from cstudio_agent.serve import Server
from cstudio_agent.wire import Wire

_COLLECT_EVERY = 50_000
"""Records come by the thousand and are in no cycles: looking for some is wasted."""


def main() -> None:
    """Serve on descriptors 0 and 1 until the stream ends."""
    output = os.dup(1)
    os.dup2(2, 1)
    os.set_inheritable(output, False)
    gc.freeze()
    gc.set_threshold(_COLLECT_EVERY, 20, 20)
    Server(Wire(0, output)).run()
    os._exit(0)  # worker threads may be in the middle of a look


if __name__ == "__main__":
    main()
