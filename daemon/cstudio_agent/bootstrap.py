"""How the agent gets into a container: as a zip over stdin, installed nowhere.

`BOOTSTRAP` is the program text for ``python3 -I -c``. It reads eight bytes of
length and the zip, makes the modules importable from memory, and starts the
agent. What goes wrong before the agent speaks is told on stderr in a line that
starts with `MARK`.
"""

from __future__ import annotations

import importlib
import io
import os
import zipfile
from typing import List, Tuple

MARK = "cstudio-bootstrap:"
PACKAGES = ("cstudio_sync", "cstudio_agent")
_EPOCH = (2020, 1, 1, 0, 0, 0)

BOOTSTRAP = """
import sys
M = "cstudio-bootstrap:"
def fail(text):
    sys.stderr.write(M + " " + text + "\\n")
    sys.stderr.flush()
    sys.exit(96)
if sys.version_info < (3, 8):
    fail("python3 there is %d.%d, the agent needs 3.8 or newer" % sys.version_info[:2])
try:
    import io, os, types, zipfile
    from importlib import abc, machinery, util
except ImportError as error:
    fail("python3 there lacks a standard module: %s" % error)
def exactly(count):
    parts = []
    while count:
        data = os.read(0, min(count, 65536))
        if not data:
            fail("the stream ended while the agent was on its way")
        parts.append(data)
        count -= len(data)
    return b"".join(parts)
size = int.from_bytes(exactly(8), "big")
if size > 8388608:
    fail("the agent announced is too large")
archive = zipfile.ZipFile(io.BytesIO(exactly(size)))
sources = {name: archive.read(name) for name in archive.namelist()}
class Finder(abc.MetaPathFinder, abc.Loader):
    def find_spec(self, name, path=None, target=None):
        base = name.replace(".", "/")
        for file, package in ((base + "/__init__.py", True), (base + ".py", False)):
            if file in sources:
                spec = machinery.ModuleSpec(name, self, is_package=package)
                spec.origin = file
                return spec
        return None
    def create_module(self, spec):
        return None
    def exec_module(self, module):
        file = module.__spec__.origin
        exec(compile(sources[file], "cstudio:" + file, "exec"), module.__dict__)
sys.meta_path.insert(0, Finder())
try:
    from cstudio_agent.__main__ import main
except Exception as error:
    fail("the agent does not start: %s: %s" % (type(error).__name__, error))
main()
"""


def bundle() -> bytes:
    """Return the zip of the agent's sources; equal sources give equal bytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, source in _sources():
            info = zipfile.ZipInfo(name, _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, source)
    return packed.getvalue()


def _sources() -> List[Tuple[str, bytes]]:
    found = []
    for package in PACKAGES:
        folder = os.path.dirname(importlib.import_module(package).__file__ or "")
        for name in sorted(os.listdir(folder)):
            if name.endswith(".py"):
                with open(os.path.join(folder, name), "rb") as file:
                    found.append(("%s/%s" % (package, name), file.read()))
    return found
