"""`cstudiod`: arguments, settings, one lock, and the daemon runs; or one command does."""

from __future__ import annotations

import argparse
import os
import sys

from cstudiod import logs
from cstudiod.config import load
from cstudiod.errors import CstudioError, TargetError

_UNUSABLE = 13
"""The exit status that `cstudio` has for a target that cannot be used."""


def main() -> int:
    """Run the daemon in the foreground until it is told to stop, or a command in a target."""
    arguments = _parser().parse_args()
    try:
        if arguments.command == "exec":
            return _exec(arguments)
        flags = {key: value for key, value in vars(arguments).items() if value is not None}
        settings = load(flags, os.environ)
        logs.set_up(settings.log_level, settings.log_file)
        from cstudiod.app import run

        return run(settings)
    except CstudioError as error:
        print(f"error: {error.message}", file=sys.stderr)  # noqa: T201 - the log may not exist yet
        if error.next:
            print(f"hint: {error.next}", file=sys.stderr)  # noqa: T201 - as above
        return _UNUSABLE if isinstance(error, TargetError) else 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cstudiod", description="The cstudio daemon: mirrors folders into pods and containers."
    )
    parser.add_argument("--state-dir", help="where sessions, trash and logs live")
    parser.add_argument("--socket", help="path of the Unix socket")
    parser.add_argument("--log-file", help="write the log there instead of to stderr")
    parser.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
    commands = parser.add_subparsers(dest="command", metavar="exec")
    run = commands.add_parser(
        "exec", help="run a command in a target, as a session would; no daemon is needed"
    )
    for flag in ("namespace", "container", "context", "kubeconfig", "pod"):
        run.add_argument(f"--{flag}", default="")
    run.add_argument("target", help="as `cstudio sync create` takes it")
    run.add_argument("words", nargs="+", metavar="WORD", help="the command, after --")
    return parser


def _exec(arguments: argparse.Namespace) -> int:
    """Run a command in a target with this process's stdin and stdout; return its status."""
    import asyncio

    from cstudiod.model import targets
    from cstudiod.runtimes import registry, stdio

    target = targets.parse(
        arguments.target,
        namespace=arguments.namespace,
        container=arguments.container,
        context=arguments.context,
        kubeconfig=arguments.kubeconfig,
        pod=arguments.pod,
        cwd=os.getcwd(),
    )
    try:
        return asyncio.run(stdio.attach(registry.resolver(target), arguments.words))
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
