# SPDX-License-Identifier: Apache-2.0
"""clang-format, clang-tidy and cppcheck.

clang-tidy needs seconds a file, so a file that passed is remembered by a hash of all that its
verdict rests on: the preprocessed text (comments kept: some switch a check off), the command, the
configuration and the version. Only passes are remembered; a finding is looked at anew each time.
"""

import hashlib
import json
import os
import re
import shlex
import subprocess
from concurrent.futures import ThreadPoolExecutor
from os import cpu_count
from pathlib import Path

from source import Finding, files

FORMATTED = ("include", "src", "probes", "tests")
_REPORT = re.compile(r"^(?P<path>[^:\n]+):(?P<line>\d+):\d+: (?:error|warning): (?P<text>.*)$", re.MULTILINE)


def _findings(root, output):
    """The compiler-like lines of a tool's output, each once."""
    found = {}
    for match in _REPORT.finditer(output):
        path = os.path.relpath(Path(root, match["path"]), root)
        found[Finding(path, int(match["line"]), match["text"])] = True
    return list(found)


def format_files(root):
    paths = files(root, FORMATTED, [".c", ".h"])
    if paths:
        subprocess.run(["clang-format-14", "-i", "--style=file", *paths], cwd=root, check=True)


def check_format(root):
    paths = files(root, FORMATTED, [".c", ".h"])
    if not paths:
        return []
    done = subprocess.run(
        ["clang-format-14", "--style=file", "--dry-run", "-Werror", *paths],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    found = _findings(root, done.stderr)
    first = {finding.path: finding for finding in reversed(found)}
    return [Finding(each.path, each.line, "not as clang-format lays it out (./dev lint --fix)")
            for each in first.values()]  # fmt: skip


class Tidy:
    def __init__(self, root, build, cache):
        self.root = root
        self.build = build
        self.cache = cache
        version = subprocess.run(["clang-tidy-14", "--version"], capture_output=True, check=True).stdout
        self.salt = version + Path(root, ".clang-tidy").read_bytes()

    def commands(self):
        """One compile command for each file of ours (a module's file is built twice)."""
        listed = json.loads(Path(self.build, "compile_commands.json").read_text())
        wanted = set(files(self.root, ["src", "probes"], [".c"]))
        found = {}
        for entry in listed:
            path = os.path.relpath(entry["file"], self.root)
            if path in wanted:
                found[path] = entry
        return found

    def key(self, entry):
        words = shlex.split(entry["command"])
        words = words[next(i for i, word in enumerate(words) if "clang" in word) :]
        at = words.index("-o")
        del words[at : at + 2]
        words = [word for word in words if word != "-c"]
        done = subprocess.run(
            [*words, "-E", "-C"], cwd=entry["directory"], capture_output=True
        )  # fmt: skip
        if done.returncode != 0:
            return None  # clang-tidy says what is wrong
        text = done.stdout.replace(str(self.root).encode(), b"")
        command = " ".join(words).replace(str(self.root), "").encode()
        return hashlib.sha256(b"\0".join([self.salt, command, text])).hexdigest()

    def check_one(self, path, entry):
        key = self.key(entry)
        passed = key and Path(self.cache, key)
        if passed and passed.exists():
            passed.touch()
            return []
        done = subprocess.run(
            ["clang-tidy-14", "--quiet", "--warnings-as-errors=*", "-p", str(self.build), path],
            cwd=self.root, capture_output=True, text=True,
        )  # fmt: skip
        if done.returncode == 0:
            if passed:
                passed.touch()
            return []
        found = _findings(self.root, done.stdout)
        return found or [Finding(path, 1, (done.stdout + done.stderr).strip()[-2000:])]


def check_tidy(root, build, cache):
    tidy = Tidy(root, build, cache)
    Path(cache).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(cpu_count()) as pool:
        jobs = [pool.submit(tidy.check_one, *each) for each in sorted(tidy.commands().items())]
        found = {finding: True for job in jobs for finding in job.result()}
    return list(found)


def check_cppcheck(root, cache):
    if not files(root, ["src", "probes"], [".c"]):
        return []
    Path(cache).mkdir(parents=True, exist_ok=True)
    done = subprocess.run(
        ["cppcheck", "--quiet", "--enable=warning,performance,portability", "--inline-suppr",
         "--std=c11", "--library=posix", "--error-exitcode=1", f"--cppcheck-build-dir={cache}",
         f"-j{cpu_count()}", "-D_GNU_SOURCE", "-D__GNUC__=12", "-D__STDC_VERSION__=201710L",
         "--template={file}:{line}:{column}: error: {message} [{id}]", "--template-location=",
         f"--suppressions-list={Path(__file__).with_name('cppcheck.supp')}",
         "-Isrc", "-Iinclude", "src", "probes"],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    if done.returncode == 0:
        return []
    return _findings(root, done.stderr) or [Finding("src", 1, done.stderr.strip()[-2000:])]
