# SPDX-License-Identifier: Apache-2.0
"""All lints, each finding as file:line: message. `./dev lint` calls it; --fix lays files out first."""

import argparse
import os
import subprocess
import sys
import time
from pathlib import Path

import clang
import headers
import includes
import text

ROOT = Path(__file__).resolve().parents[2]


def self_test(root):
    """The lints' own tests: each rule must catch what it is for."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/lint"],
        cwd=root, capture_output=True, text=True,
    )  # fmt: skip
    return [] if done.returncode == 0 else [done.stdout.strip()]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", required=True, help="folder with compile_commands.json of clang")
    parser.add_argument("--fix", action="store_true", help="lay out the C files first")
    options = parser.parse_args()
    cache = Path(os.environ.get("CVG_LINT_CACHE", ROOT / "build/lint-cache"))
    if options.fix:
        clang.format_files(ROOT)
    lints = {
        "each lint catches what it is for": lambda: self_test(ROOT),
        "licence lines": lambda: text.check_licence(ROOT),
        "opening comments": lambda: text.check_opening(ROOT),
        "leftovers": lambda: text.check_leftovers(ROOT),
        "banned calls": lambda: text.check_banned(ROOT),
        "layers": lambda: includes.check_layers(ROOT),
        "include order": lambda: includes.check_order(ROOT),
        "headers compile alone": lambda: headers.check_headers(ROOT),
        "clang-format": lambda: clang.check_format(ROOT),
        "cppcheck": lambda: clang.check_cppcheck(ROOT, cache / "cppcheck"),
        "clang-tidy": lambda: clang.check_tidy(ROOT, Path(options.build).resolve(), cache / "tidy"),
    }
    failed = 0
    for name, lint in lints.items():
        started = time.monotonic()
        found = lint()
        took = time.monotonic() - started
        for finding in found:
            print(finding)
        print(f"{name}: {f'{len(found)} findings' if found else 'ok'} ({took:.1f} s)", flush=True)
        failed += bool(found)
    print(f"\n{len(lints) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
