# SPDX-License-Identifier: Apache-2.0
"""Prints what share of lines and branches the tests reach, one row a layer or module.

    coverage.py SUMMARY    gcovr's --json-summary
"""

import json
import sys
from collections import defaultdict
from pathlib import Path


def share(covered, total):
    return f"{100 * covered / total:.1f} %" if total else "-"


def main():
    rows = defaultdict(lambda: [0, 0, 0, 0])
    for file in json.loads(Path(sys.argv[1]).read_text())["files"]:
        counts = [file[f"{kind}_{what}"] for kind in ("line", "branch") for what in ("covered", "total")]
        folder = "/".join(file["filename"].split("/")[:2])
        for name in (folder, "all"):
            rows[name] = [sum(pair) for pair in zip(rows[name], counts)]
    print(f"{'':<20} {'lines':>9} {'branches':>9}")
    for name in sorted(rows, key=lambda name: (name == "all", name)):
        lines, all_lines, branches, all_branches = rows[name]
        print(f"{name:<20} {share(lines, all_lines):>9} {share(branches, all_branches):>9}")


if __name__ == "__main__":
    main()
