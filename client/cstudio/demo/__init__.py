"""`cstudio demo`: everything once, for real, on a small project.

`story` is what is shown, step by step; `stage` is what it needs around it, a
folder and a daemon of its own; `places` are where the studio may be; `project`
is what is mirrored, the studio's program among it.
"""

from cstudio.demo.story import run

__all__ = ["run"]
