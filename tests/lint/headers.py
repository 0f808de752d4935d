# SPDX-License-Identifier: Apache-2.0
"""Each header compiles alone; those of the SDK as plain C11 and as C++14 too."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from source import Finding, files

WARNINGS = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Wundef", "-Werror"]
STRICT_C = ["gcc", "-std=c11", "-pedantic-errors", *WARNINGS, "-Wstrict-prototypes"]
STRICT_CXX = ["g++", "-std=c++14", "-pedantic-errors", *WARNINGS]
OURS = ["gcc", "-std=gnu17", "-D_GNU_SOURCE", *WARNINGS, "-Wstrict-prototypes"]


def _jobs(root):
    for path in files(root, ["include"], [".h"]):
        name = path.removeprefix("include/")
        yield path, f"#include <{name}>", "c", [*STRICT_C, "-Iinclude"]
        yield path, f"#include <{name}>", "c++", [*STRICT_CXX, "-Iinclude"]
    for path in files(root, ["src"], [".h"]):
        yield path, f'#include "{path[4:]}"', "c", [*OURS, "-Iinclude", "-Isrc"]
    for path in files(root, ["probes"], [".h"]):
        folder = Path(path).parent.as_posix()
        yield path, f'#include "{Path(path).name}"', "c", [*OURS, "-Iinclude", "-Iprobes", f"-I{folder}"]


def _compile(root, job):
    path, text, language, command = job
    # Twice: a header without a guard is a fault as well.
    done = subprocess.run(
        [*command, "-fsyntax-only", "-x", language, "-"],
        cwd=root, input=f"{text}\n{text}\n", capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode == 0:
        return []
    first = next((line for line in done.stderr.split("\n") if "error" in line), done.stderr.strip())
    return [Finding(path, 1, f"does not compile alone as {language}: {first}")]


def check_headers(root):
    with ThreadPoolExecutor(cpu_count()) as pool:
        found = pool.map(lambda job: _compile(root, job), list(_jobs(root)))
        return [finding for each in found for finding in each]
