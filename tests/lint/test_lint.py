# SPDX-License-Identifier: Apache-2.0
"""Each rule catches what it is for: a small sound tree passes, and a planted fault is named."""

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

import clang  # noqa: E402
import headers  # noqa: E402
import includes  # noqa: E402
import text  # noqa: E402

TOP = "/* SPDX-License-Identifier: Apache-2.0 */\n/* What this is. */\n"
SOUND = {
    "src/CMakeLists.txt": """# SPDX-License-Identifier: Apache-2.0
cvg_layer(base)
cvg_layer(io LINK base EXTERNAL PkgConfig::UV)
cvg_layer(gate LINK base)
""",
    "probes/CMakeLists.txt": """# SPDX-License-Identifier: Apache-2.0
cvg_module(dns ${CMAKE_CURRENT_SOURCE_DIR}/dns)
""",
    "include/convergate/reading.h": TOP
    + "#ifndef READING_H\n#define READING_H\n\n#include <stdint.h>\n\nstruct cvg_reading {\n"
    + "    uint32_t status;\n};\n\n#endif\n",
    "src/base/buf.h": TOP
    + "#ifndef BUF_H\n#define BUF_H\n\n#include <stddef.h>\n\nsize_t cvg_buf_length(const char *text);\n"
    + "\n#endif\n",
    "src/base/buf.c": TOP
    + '#include "base/buf.h"\n\n#include <convergate/reading.h>\n\n#include <string.h>\n\n'
    + "size_t cvg_buf_length(const char *text)\n{\n    return strlen(text);\n}\n",
    "src/io/loop.c": TOP + '#include "base/buf.h"\n\n#include <uv.h>\n\nextern int cvg_loop;\n',
    "probes/dns/module.c": TOP + "#include <convergate/reading.h>\n\nextern int cvg_dns;\n",
}
CHECKS = [
    text.check_licence,
    text.check_opening,
    text.check_banned,
    text.check_leftovers,
    includes.check_layers,
    includes.check_order,
    headers.check_headers,
    clang.check_format,
]
BODY = "int cvg_f(void)\n{\n    return %s;\n}\n"


@pytest.fixture
def tree(tmp_path):
    def plant(path, content):
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(content)
        return tmp_path

    for path, content in SOUND.items():
        plant(path, content)
    for settings in (".clang-format", ".clang-tidy"):
        plant(settings, (Path(__file__).parents[2] / settings).read_text())
    return tmp_path, plant


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_a_sound_tree_passes(tree, check):
    assert check(tree[0]) == []


FAULTS = {
    "no licence": (text.check_licence, "src/gate/a.c", "/* What this is. */\n", 1, "SPDX"),
    "no licence in a script": (text.check_licence, "tests/a.py", "import os\n", 1, "SPDX"),
    "no opening comment": (text.check_opening, "src/gate/a.c", TOP.split("\n")[0] + "\n", 2, "comment"),
    "a leftover": (text.check_leftovers, "src/gate/a.c", TOP + "/* TODO: more */\n", 3, "TODO"),
    "a banned call": (text.check_banned, "src/gate/a.c", TOP + BODY % "atoi(s)", 5, "atoi"),
    "a banned call with a space": (
        text.check_banned, "probes/dns/a.c", TOP + BODY % "sprintf (a, b)", 5, "sprintf",
    ),
    "an allocation beside base": (text.check_banned, "src/gate/a.c", TOP + BODY % "malloc(1)", 5, "malloc"),
    "a layer that looks up": (
        includes.check_layers, "src/base/a.c", TOP + '#include "io/loop.h"\n', 3, "base may not",
    ),
    "a layer beside its row": (
        includes.check_layers, "src/gate/a.c", TOP + '#include "io/loop.h"\n', 3, "gate may not",
    ),
    "a path that is not below src": (
        includes.check_layers, "src/gate/a.c", TOP + '#include "a.h"\n', 3, "not below src",
    ),
    "a library in another layer": (
        includes.check_layers, "src/gate/a.c", TOP + "#include <uv.h>\n", 3, "PkgConfig::UV",
    ),
    "an unknown library": (
        includes.check_layers, "src/gate/a.c", TOP + "#include <glib.h>\n", 3, "no library",
    ),
    "a module that looks inside": (
        includes.check_layers, "probes/dns/a.c", TOP + '#include "base/buf.h"\n', 3, "a module",
    ),
    "messages of another module": (
        includes.check_layers, "probes/dns/a.c", TOP + "#include <kube.pb-c.h>\n", 3, "kube.proto",
    ),
    "a folder without a row": (includes.check_layers, "src/new/a.c", TOP, 1, "no row"),
    "an SDK header on POSIX": (
        includes.check_layers, "include/convergate/a.h", TOP + "#include <unistd.h>\n", 3, "C11",
    ),
    "system before project": (
        includes.check_order, "src/gate/a.c", TOP + '#include <string.h>\n\n#include "base/buf.h"\n', 5,
        "come before",
    ),
    "own header not first": (
        includes.check_order, "src/gate/a.c", TOP + '#include "base/buf.h"\n#include "gate/a.h"\n', 4,
        "",
    ),
    "no blank line between groups": (
        includes.check_order, "src/gate/a.c", TOP + '#include "base/buf.h"\n#include <string.h>\n', 4,
        "a blank line",
    ),
    "not sorted": (
        includes.check_order, "src/gate/a.c", TOP + "#include <string.h>\n#include <stddef.h>\n", 4,
        "sorts before",
    ),
    "a header that leans on another": (
        headers.check_headers, "src/gate/a.h", TOP + "size_t cvg_a(void);\n", 1, "compile alone",
    ),
    "a header without a guard": (
        headers.check_headers, "src/gate/a.h", TOP + "struct cvg_a {\n    int b;\n};\n", 1,
        "compile alone",
    ),
    "an SDK header that is no C++": (
        headers.check_headers, "include/convergate/a.h",
        TOP + "#ifndef A_H\n#define A_H\nstruct cvg_a {\n    int class;\n};\n#endif\n", 1, "c++",
    ),
    "an SDK header with GNU C": (
        headers.check_headers, "include/convergate/a.h",
        TOP + "#ifndef A_H\n#define A_H\nstruct cvg_a {\n    int b[0];\n};\n#endif\n", 1, "c:",
    ),
    "another layout": (clang.check_format, "src/gate/a.c", TOP + "int cvg_a (void){return 1;}\n", 3, "lays it out"),
}  # fmt: skip


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_planted_fault_is_found(tree, fault):
    check, path, content, line, words = FAULTS[fault]
    root, plant = tree
    plant(path, content)
    found = check(root)
    assert [(each.path, each.line) for each in found][:1] == [(path, line)]
    assert words in found[0].message


def test_words_in_comments_and_strings_are_no_calls(tree):
    root, plant = tree
    plant("src/gate/a.c", TOP + '/* never atoi(x) */\nconst char *cvg_a = "atoi(x)"; // atoi(x)\n')
    assert text.check_banned(root) == []


def test_a_member_of_the_same_name_is_no_call(tree):
    root, plant = tree
    plant("src/gate/a.c", TOP + "void cvg_a(struct b *b)\n{\n    b->signal(b);\n    b->c.system(b);\n}\n")
    assert text.check_banned(root) == []


def compiled(root, path):
    """A folder with the compile commands of one file, as CMake writes them."""
    build = root / "build"
    build.mkdir(exist_ok=True)
    command = f"/usr/bin/clang-14 -I{root}/include -I{root}/src -std=gnu17 -o a.o -c {root}/{path}"
    entry = {"directory": str(build), "file": str(root / path), "command": command}
    (build / "compile_commands.json").write_text(json.dumps([entry]))
    return build


UNCHECKED = TOP + "#include <stdio.h>\n\nvoid cvg_a(void);\n\nvoid cvg_a(void)\n{\n    %s\n}\n"


def test_tidy_finds_a_call_that_nobody_checks(tree):
    root, plant = tree
    plant("src/gate/a.c", UNCHECKED % 'remove("a");')
    build = compiled(root, "src/gate/a.c")
    found = clang.check_tidy(root, build, root / "cache")
    assert [(each.path, each.line) for each in found] == [("src/gate/a.c", 9)]
    assert "cert-err33-c" in found[0].message
    assert list((root / "cache").iterdir()) == []


def test_tidy_remembers_what_passed_and_only_that(tree, monkeypatch):
    root, plant = tree
    plant("src/gate/a.c", UNCHECKED % '(void)remove("a");')
    build = compiled(root, "src/gate/a.c")
    assert clang.check_tidy(root, build, root / "cache") == []
    key = {file.name for file in (root / "cache").iterdir()}
    assert len(key) == 1
    assert clang.check_tidy(root, build, root / "cache") == []
    assert {file.name for file in (root / "cache").iterdir()} == key
    plant("src/gate/a.c", UNCHECKED % 'remove("a");')
    assert len(clang.check_tidy(root, build, root / "cache")) == 1


def test_cppcheck_finds_a_leak(tree):
    root, plant = tree
    leak = "#include <stdlib.h>\n\nint cvg_a(void)\n{\n    char *b = malloc(1);\n    return b == NULL;\n}\n"
    plant("src/gate/a.c", TOP + leak)
    found = clang.check_cppcheck(root, root / "cache")
    assert [(each.path, each.line) for each in found] == [("src/gate/a.c", 8)]
    assert "memleak" in found[0].message
