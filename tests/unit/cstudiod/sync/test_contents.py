"""What is shown of the two sides of a conflict."""

from __future__ import annotations

import pytest
from cstudio_sync.entries import FILE, FOLDER, LINK, Entry
from cstudiod.model.sync_sessions import Content, ContentState, Version
from cstudiod.sync.contents import MOST_BYTES, shown, without_reading


@pytest.mark.parametrize(
    ("data", "content"),
    [
        (b"", Content(state=ContentState.TEXT)),
        (b"a\r\nb", Content(state=ContentState.TEXT, text="a\r\nb")),
        ("gr\u00fcn".encode(), Content(state=ContentState.TEXT, text="gr\u00fcn")),
        (b"gr\xfcn", Content(state=ContentState.TEXT, text="gr\\xfcn", is_lossy=True)),
        (b"\\xfc", Content(state=ContentState.TEXT, text="\\xfc")),
        (b"\x7fELF\0", Content(state=ContentState.BINARY)),
        (b"a" * 9000 + b"\0", Content(state=ContentState.BINARY)),
    ],
)
def test_text_is_told_by_what_is_in_it(data: bytes, content: Content) -> None:
    """A NUL makes it binary; what is not UTF-8 shows, and says so."""
    assert shown(data) == content


@pytest.mark.parametrize(
    ("entry", "state"),
    [
        (None, ContentState.ABSENT),
        (Entry(FOLDER), ContentState.NOT_A_FILE),
        (Entry(LINK, target=b"/etc/passwd"), ContentState.NOT_A_FILE),
        (Entry(FILE, b"", MOST_BYTES + 1), ContentState.TOO_LARGE),
        (Entry(FILE, b"", MOST_BYTES), None),
    ],
)
def test_what_is_not_a_small_file_is_not_read(
    entry: Entry | None, state: ContentState | None
) -> None:
    """A link is told, never followed; a large file is never loaded."""
    found = without_reading(Version(entry=entry, mtime_ns=0) if entry else None)
    assert (found and found.state) == state
