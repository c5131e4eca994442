"""The local runtime: commands as child processes, folders as targets, studios as process groups.

commands   a child's stdio and a folder of this machine: `Channel` and `Resolver` of `ports`
processes  who a process is, so that a number that was given away again is never signalled
keeper     the parent of a studio's runner: bounded log, exit status; outlives the daemon
records    what is known of a spawned studio, in its folder
observe    what a look means (pure)
studios    ties them together: the `StudioRuntime` of `ports`
"""

from cstudiod.runtimes.local.commands import Folder, Process, exit_status, run

__all__ = ["Folder", "Process", "exit_status", "run"]
