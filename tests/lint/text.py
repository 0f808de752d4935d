# SPDX-License-Identifier: Apache-2.0
"""Rules that a line of text can break: the licence, the opening comment, banned calls, leftovers."""

import re

from source import Finding, code_only, files, read

LICENCE = "SPDX-License-Identifier: Apache-2.0"
CODE = ("src", "include", "probes")
LICENSED = (".c", ".h", ".cc", ".py", ".sh", ".cmake", "CMakeLists.txt", ".proto", ".css", ".js")

# What is banned, and what to call in its place. Each of these hides a fault that this project
# refuses: a number read wrongly, a buffer without a ceiling, hidden state, a descriptor that leaks
# into a child, an allocation whose failure goes on.
_NUMBER = "<convergate/number.h>"
_BUFFER = "base/buf.h"
_MEMORY = "base/alloc.h"
_DESCRIPTOR = "fcntl(F_DUPFD_CLOEXEC)"
_CHILD = "io's child processes"
BANNED = {
    **dict.fromkeys("strtol strtoul strtoll strtoull strtoimax strtoumax".split(), _NUMBER),
    **dict.fromkeys("strtod strtof strtold atoi atol atoll atof sscanf scanf".split(), _NUMBER),
    **dict.fromkeys("sprintf vsprintf strcpy strcat strncat stpcpy strncpy gets".split(), _BUFFER),
    **dict.fromkeys("asprintf vasprintf alloca".split(), _BUFFER),
    **dict.fromkeys("strtok strtok_r strsep".split(), "base/text.h"),
    **dict.fromkeys("localtime localtime_r gmtime ctime asctime mktime strptime".split(), "base/time.h"),
    **dict.fromkeys("malloc calloc realloc reallocarray strdup strndup".split(), _MEMORY),
    **dict.fromkeys("system popen fork vfork".split(), _CHILD),
    **dict.fromkeys("dup dup2".split(), _DESCRIPTOR),
    **dict.fromkeys("rand srand random srandom drand48".split(), "base/random.h"),
    **dict.fromkeys("signal sigset".split(), "the loop's signals, or sigaction()"),
    "strerror": "base/error.h",
    "setenv": "nothing: the environment is shared by all threads",
    "putenv": "nothing: the environment is shared by all threads",
    "sleep": "a timer of the loop",
    "usleep": "a timer of the loop",
}

# Where a helper is made from what it replaces.
ALLOWED = {
    "src/base/alloc.c": {"malloc", "calloc", "realloc", "reallocarray", "strdup", "strndup", "vasprintf"},
    "src/base/time.c": {"localtime_r", "mktime"},
    "src/launcher/launcher.c": {"fork"},  # it is what io starts, has one thread, and is small
    "src/sdk/double.c": {"strtod"},
}
# The SDK and the modules stand on the C library alone: base's allocator is not theirs.
ALLOWED_BELOW = {
    "src/sdk/": {"malloc", "calloc", "realloc"},
    "probes/": {"malloc", "calloc", "realloc", "strdup", "strndup"},
}

_CALL = re.compile(r"(?<![\w.])(?<!->)(" + "|".join(sorted(BANNED, key=len, reverse=True)) + r")\s*\(")
_LEFTOVER = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|\bfor now\b", re.IGNORECASE)


def check_licence(root):
    found = []
    paths = files(root, ["."], LICENSED)
    for path in paths:
        first = read(root, path).split("\n", 2)[:2]
        if not any(LICENCE in line for line in first):
            found.append(Finding(path, 1, f"lacks the line '{LICENCE}'"))
    return found


def check_opening(root):
    """After the licence, a C file says what its concept is."""
    found = []
    for path in files(root, CODE, [".c", ".h"]):
        lines = read(root, path).split("\n")
        if len(lines) < 2 or not lines[1].startswith("/*"):
            found.append(Finding(path, 2, "lacks the comment that says what this file is about"))
    return found


def _allowed(path):
    allowed = set(ALLOWED.get(path, ()))
    for folder, names in ALLOWED_BELOW.items():
        if path.startswith(folder):
            allowed |= names
    return allowed


def check_banned(root):
    found = []
    for path in files(root, CODE, [".c", ".h"]):
        allowed = _allowed(path)
        for number, line in enumerate(code_only(read(root, path)).split("\n"), 1):
            for match in _CALL.finditer(line):
                name = match.group(1)
                if name not in allowed:
                    found.append(Finding(path, number, f"{name}() is banned: use {BANNED[name]}"))
    return found


def check_leftovers(root):
    found = []
    for path in files(root, [*CODE, "tests"], [".c", ".h"]):
        for number, line in enumerate(read(root, path).split("\n"), 1):
            match = _LEFTOVER.search(line)
            if match:
                found.append(Finding(path, number, f"'{match.group()}': finish it, or file it"))
    return found
