# SPDX-License-Identifier: Apache-2.0
"""Who may include what, and in which order.

The rows of src/CMakeLists.txt and probes/CMakeLists.txt are the only truth: what a layer links is
what it may include, and a third-party header belongs to the layers whose row names its library.
"""

import re
import subprocess
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from source import Finding, files, read

# First folder or name of a third-party header, and the CMake target that brings it.
LIBRARIES = {
    "curl/": "PkgConfig::CURL",
    "uv.h": "PkgConfig::UV",
    "uv/": "PkgConfig::UV",
    "ares": "PkgConfig::CARES",
    "yaml.h": "PkgConfig::YAML",
    "cjson/": "PkgConfig::CJSON",
    "microhttpd.h": "PkgConfig::MHD",
    "gnutls/": "PkgConfig::GNUTLS",
    "sqlite3": "PkgConfig::SQLITE",
    "openssl/ssl.h": "PkgConfig::SSL",
    "openssl/": "PkgConfig::CRYPTO",
    "protobuf-c/": "PkgConfig::PROTOBUF_C",
    "zlib.h": "PkgConfig::ZLIB",
}
COMPILER = {
    "float.h", "iso646.h", "limits.h", "stdalign.h", "stdarg.h", "stdatomic.h", "stdbool.h",
    "stddef.h", "stdint.h", "stdnoreturn.h",
}  # fmt: skip

_INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
_CONDITION = re.compile(r"^\s*#\s*(if|ifdef|ifndef|endif)\b")


@dataclass
class Row:
    """What one layer, program or module may reach."""

    layers: set
    libraries: set


def _commands(text, name):
    text = re.sub(r"#[^\n]*", "", text)
    for match in re.finditer(rf"\b{name}\s*\(([^()]*)\)", text):
        yield match.group(1).split()


def _row(words):
    row, into = Row(set(), set()), None
    for word in words:
        if word == "LINK":
            into = row.layers
        elif word in ("EXTERNAL", "LIBRARIES"):
            into = row.libraries
        elif word.isupper():
            into = None
        elif into is not None:
            into.add(word)
    return row


def rows(root):
    """Folder below the root (src/NAME, probes/NAME) to its row."""
    found = {}
    layers = read(root, "src/CMakeLists.txt")
    for words in _commands(layers, "cvg_layer"):
        found[f"src/{words[0]}"] = _row(words[1:])
    for words in _commands(layers, "cvg_program"):
        found[f"src/{words[1]}"] = _row(words[2:])
    if Path(root, "probes/CMakeLists.txt").exists():
        modules = read(root, "probes/CMakeLists.txt")
        for command in ("cvg_parts", "cvg_module"):
            for words in _commands(modules, command):
                found[f"probes/{words[0]}"] = _row(words[1:])
    return found


def includes(text):
    """(line, kind, name, conditional) of each include; kind is '<' or '"'."""
    depth = 0
    guard = 1 if re.search(r"^#ifndef \w+_H\n#define \w+_H$", text, re.MULTILINE) else 0
    for number, line in enumerate(text.split("\n"), 1):
        condition = _CONDITION.match(line)
        if condition:
            depth += -1 if condition.group(1) == "endif" else 1
        match = _INCLUDE.match(line)
        if match:
            yield number, match.group(1), match.group(2), depth > guard


@lru_cache
def system_headers():
    """Names of the C library's and the kernel's headers, as Debian lists them."""
    listed = subprocess.run(
        ["dpkg", "-L", "libc6-dev", "linux-libc-dev"], capture_output=True, text=True, check=True
    ).stdout
    found = set(COMPILER)
    for path in listed.split("\n"):
        match = re.match(r"/usr/include/(?:[^/]+-linux-gnu/)?(.+\.h)$", path)
        if match:
            found.add(match.group(1))
    return found


def library_of(name):
    for start, target in LIBRARIES.items():
        if name.startswith(start):
            return target
    return None


def _wrong_quoted(root, path, name, own, row, known):
    """Why a quoted include is refused, or None."""
    top = name.split("/")[0]
    if own.startswith("probes/"):
        shared = "/" in name and (f"probes/{top}" == own or top in row.layers)
        if Path(root, "probes" if shared else own, name).exists() and shared == ("/" in name):
            return None
        return f'a module includes the SDK, its own headers and the parts in its row, not "{name}"'
    if f"src/{top}" not in known:
        return f'"{name}" is not below src/: name the layer first'
    if f"src/{top}" != own and top not in row.layers:
        return f"layer {own[4:]} may not include from {top} (its row in src/CMakeLists.txt)"
    return None


def _made_from(name):
    """The schema that protoc-c makes this header from, or None."""
    return name.removesuffix(".pb-c.h") + ".proto" if name.endswith(".pb-c.h") else None


def _wrong_angled(root, name, own, row):
    if name.startswith("convergate/") or name in system_headers():
        return None
    schema = _made_from(name)
    if schema and not Path(root, own, schema).exists():
        return f"<{name}> is made from {own}/{schema}, which is not there"
    library = library_of("protobuf-c/" if schema else name)
    if library is None:
        return f"<{name}> is of no library that the project knows (tests/lint/includes.py)"
    if library not in row.libraries:
        return f"<{name}> belongs to a layer that has {library} in its row, not to {own}"
    return None


def check_layers(root):
    found = []
    known = rows(root)
    for path in files(root, ["src", "probes"], [".c", ".h"]):
        own = "/".join(path.split("/")[:2])
        if own not in known:
            found.append(Finding(path, 1, f"{own} has no row in a CMakeLists.txt"))
            continue
        for number, kind, name, _ in includes(read(root, path)):
            if kind == '"':
                wrong = _wrong_quoted(root, path, name, own, known[own], known)
            else:
                wrong = _wrong_angled(root, name, own, known[own])
            if wrong:
                found.append(Finding(path, number, wrong))
    for path in files(root, ["include"], [".h"]):
        for number, kind, name, _ in includes(read(root, path)):
            if kind == '"' or not (name.startswith("convergate/") or name in COMPILER):
                found.append(Finding(path, number, "the SDK stands on C11's freestanding headers"))
    return found


RANKS = ("its own header", "the project's headers", "<convergate/…>", "system headers", "<cmocka.h>")


def _beside(path, name):
    return str(Path(path).parent / name)


def _rank(path, kind, name):
    if kind == '"':
        own = path.removesuffix(".c") + ".h"
        return 0 if path.endswith(".c") and own in (f"src/{name}", f"probes/{name}", _beside(path, name)) else 1
    if name.startswith("convergate/"):
        # What src/sdk/ makes is declared in the SDK's headers: there, they are the file's own.
        return 0 if path.startswith("src/sdk/") and path.endswith(".c") else 2
    return 4 if name == "cmocka.h" else 3


def check_order(root):
    """Own header, project, SDK, system; a blank line between two groups; sorted within one."""
    found = []
    for path in files(root, ["src", "probes", "include", "tests"], [".c", ".h"]):
        text = read(root, path)
        lines = text.split("\n")
        last = None
        for number, kind, name, conditional in includes(text):
            if conditional:
                continue
            rank = _rank(path, kind, name)
            if last is not None:
                last_number, last_rank, last_name = last
                between = lines[last_number : number - 1]
                if rank < last_rank:
                    found.append(Finding(path, number, f"{RANKS[rank]} come before {RANKS[last_rank]}"))
                elif rank > last_rank and not any(line == "" for line in between):
                    found.append(Finding(path, number, f"a blank line stands before {RANKS[rank]}"))
                elif rank == last_rank and not between and name < last_name:
                    found.append(Finding(path, number, f"'{name}' sorts before '{last_name}'"))
            last = (number, rank, name)
    return found
