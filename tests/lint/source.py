# SPDX-License-Identifier: Apache-2.0
"""The project's own files, as the lints see them, and how a lint says what it found.

A lint is a function that takes the root of a tree and returns findings; it never prints and keeps
nothing, so that test_lint.py can hand it a small tree with one fault planted in it.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

SKIPPED = {".git", "build", "__pycache__", ".pytest_cache", "fixtures", "corpus", "crashes"}


@dataclass(frozen=True)
class Finding:
    path: str  # relative to the root
    line: int
    message: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.message}"


def files(root, folders, endings):
    """Every file below the folders with one of the endings, relative to root and sorted."""
    found = []
    for folder in folders:
        for place, below, names in os.walk(Path(root, folder)):
            below[:] = [name for name in below if name not in SKIPPED]
            found += [Path(place, name) for name in names if name.endswith(tuple(endings))]
    return sorted(path.relative_to(root).as_posix() for path in found)


def read(root, path):
    return Path(root, path).read_text(encoding="utf-8")


_BLANKED = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)


def code_only(text):
    """C text with comments and literals blanked; lines and columns stay where they were."""

    def blank(match):
        return re.sub(r"[^\n]", " ", match.group())

    return _BLANKED.sub(blank, text)
