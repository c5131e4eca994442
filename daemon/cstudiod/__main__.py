"""`cstudiod`: arguments, settings, one lock, and the daemon runs."""

from __future__ import annotations

import argparse
import os
import sys

from cstudiod import logs
from cstudiod.config import load
from cstudiod.errors import CstudioError


def main() -> int:
    """Run the daemon in the foreground until it is told to stop."""
    arguments = _parser().parse_args()
    flags = {key: value for key, value in vars(arguments).items() if value is not None}
    try:
        settings = load(flags, os.environ)
        logs.set_up(settings.log_level, settings.log_file)
        from cstudiod.app import run

        return run(settings)
    except CstudioError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - the log may not exist yet
        if error.next:
            print(f"hint: {error.next}", file=sys.stderr)  # noqa: T201 - as above
        return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cstudiod", description="The cstudio daemon: mirrors folders into pods and containers."
    )
    parser.add_argument("--state-dir", help="where sessions, trash and logs live")
    parser.add_argument("--socket", help="path of the Unix socket")
    parser.add_argument("--log-file", help="write the log there instead of to stderr")
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
    return parser


if __name__ == "__main__":
    sys.exit(main())
