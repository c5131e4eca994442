"""The log: one line an event, to a file or stderr, never a secret.

Names of files and sessions are logged, contents and environment values never.
"""

from __future__ import annotations

import logging
import logging.handlers
import sys
import warnings
from pathlib import Path

_FORMAT = "%(asctime)s %(levelname)-7s %(name)s: %(message)s"
_FILE_BYTES = 5 * 1024 * 1024
_FILES_KEPT = 3


def set_up(level: str, file: Path | None) -> None:
    """Send everything from `level` on to `file` (rotated) or stderr."""
    handler: logging.Handler = logging.StreamHandler(sys.stderr)
    if file is not None:
        file.parent.mkdir(parents=True, exist_ok=True)
        handler = logging.handlers.RotatingFileHandler(
            file, maxBytes=_FILE_BYTES, backupCount=_FILES_KEPT, encoding="utf-8"
        )
    # watchdog meets the same folder twice when folders are made quickly, and says so.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"watchdog\.")
    handler.setFormatter(logging.Formatter(_FORMAT))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for noisy in ("watchdog", "asyncio", "urllib3", "docker"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
