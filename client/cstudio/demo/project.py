"""What the demo mirrors: a few files, some awkward, and the studio's program."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

PROGRAM = "studio.py"
QUESTION = "question.txt"
ANSWER = "answer.txt"
NOTES = "notes.md"
LOG = "debug.log"

PROGRAM_TEXT = '''"""Answers what stands in question.txt, in answer.txt, as long as it runs."""

import os
import time


def answer(question):
    """Return the words of a question backwards."""
    words = question.split()
    return "%d words, backwards: %s\\n" % (len(words), " ".join(reversed(words)))


def read(name):
    """Return a file's text, or nothing while it is not there."""
    try:
        with open(name, encoding="utf-8") as file:
            return file.read()
    except OSError:
        return ""


def main():
    """Look every two milliseconds, until whoever started this is gone."""
    starter, seen = os.getppid(), ""
    while os.getppid() == starter:
        question = read("question.txt")
        if question and question != seen:
            seen = question
            with open("answer.txt", "w", encoding="utf-8") as file:
                file.write(answer(question))
        time.sleep(0.002)


main()
'''

FILES: Mapping[str, str] = {
    PROGRAM: PROGRAM_TEXT,
    "README.md": "# A small project\n",
    NOTES: "Nothing noted so far.\n",
    "src/model.py": "SLOPE = 1.0\n",
    "src/empty.py": "",
    "data/prices, march.csv": "day,price\n1,10.5\n2,11.0\n",
    "data/übung.txt": "a name beyond ASCII\n",
    "deep/er/and/deeper/leaf.txt": "down here\n",
}


def make(folder: Path) -> int:
    """Write the project; return the number of its files."""
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    for number in range(20):
        path = folder / "data" / f"part-{number:02}.csv"
        path.write_text(f"{number}\n" * 200, encoding="utf-8")
    return len(FILES) + 20
