# SPDX-License-Identifier: Apache-2.0
"""The pages say what is so: what is generated is up to date, examples are valid, links lead
somewhere, and names of the code are in the code."""

import functools
import re
import textwrap

import pytest
import yaml

from conftest import BUILD, ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]
PAGE_NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
FENCE = re.compile(r"^```([a-z]*)\n(.*?)^```$", re.M | re.S)


def fenced(page, language):
    return [text for name, text in FENCE.findall(page.read_text()) if name == language]


# ---- generated pages ----


def test_the_page_of_reasons_is_the_programs_own(convergated):
    assert (ROOT / "docs/reasons.md").read_text() == convergated("--print-reasons").stdout, \
        "docs/reasons.md is generated: bin/convergated --print-reasons > docs/reasons.md"


def table_of_reasons(header, macro):
    """Code, meaning and action of each row of an X-macro."""
    text = header.read_text().replace("\\\n", " ")
    start = text.index(f"#define {macro}(X)")
    body = text[start:text.index("\n", start)]
    string = r'((?:"(?:[^"\\]|\\.)*"\s*)+)'
    rows = re.findall(rf"X\(\s*\w+,\s*{string},\s*{string},\s*{string}\)", body)
    assert len(rows) == len(re.findall(r"\bX\(", body)), "a row that this test cannot read"
    return [tuple("".join(re.findall(r'"((?:[^"\\]|\\.)*)"', cell)) for cell in row) for row in rows]


@pytest.mark.parametrize("module", sorted(path.name for path in (ROOT / "probes").iterdir()
                                          if (path / "reason.h").exists()))
def test_the_codes_of_a_module_stand_on_its_page(module):
    [macro] = re.findall(r"#define (\w+)\(X\)", (ROOT / f"probes/{module}/reason.h").read_text())
    page = {"http": "http-checks"}.get(module, module)  # docs/http.md is the API's
    assert (rows_of_a_page(ROOT / f"docs/{page}.md", "Reason codes")
            == table_of_reasons(ROOT / f"probes/{module}/reason.h", macro))


def rows_of_a_page(page, title):
    section = page.read_text().split(f"\n## {title}\n")[1]
    return re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", section.split("\n## ")[0], re.M)


@pytest.mark.parametrize("header, macro, title", [
    ("terraform/remote_reason.h", "CVG_TF_REMOTE_REASONS", "Reason codes of HCP Terraform"),
    ("place/fault.h", "CVG_PLACE_REASONS", "Reason codes of places")])
def test_the_codes_of_parts_stand_on_a_page(header, macro, title):
    rows = rows_of_a_page(ROOT / "docs/terraform.md", title)
    assert rows == table_of_reasons(ROOT / "probes" / header, macro)


# ---- examples ----


SOURCES = {"infra": "{type: terraform, backend: local, path: /srv/infra/terraform.tfstate}",
           "metrics": '{type: prometheus, url: "http://127.0.0.1:9090"}',
           "cluster": '{type: kubernetes, url: "https://127.0.0.1:6443"}'}


def sources_of(checks):
    return [f"{name}: {SOURCES[name]}" for name in sorted({each["source"] for each in checks.values()})]


def examples():
    """Whole configurations, and maps of checks, which need an environment around them."""
    for page in PAGES:
        for number, text in enumerate(fenced(page, "yaml")):
            document = yaml.safe_load(text)
            if {"sources", "environments"} <= set(document):
                yield pytest.param(text, id=f"{page.name}-{number}")
            elif all(isinstance(value, dict) and "source" in value for value in document.values()):
                checks = textwrap.indent(text, " " * 6)
                yield pytest.param(
                    f"sources: {{{', '.join(sources_of(document))}}}\n"
                    f"environments:\n  prod:\n    checks:\n{checks}", id=f"{page.name}-{number}")


def test_the_readme_has_an_example():
    assert any("sources" in yaml.safe_load(text) for text in fenced(ROOT / "README.md", "yaml"))


def where_its_modules_are(text):
    """Examples of modules are built where the tests' own modules are."""
    folder = BUILD / "tests/modules"
    types = [source["type"] for source in yaml.safe_load(text)["sources"].values()]
    return ["--modules", folder] if all((folder / f"{each}.so").exists() for each in types) else []


@pytest.mark.parametrize("text", examples())
def test_every_example_passes_check(convergated, tmp_path, text):
    path = tmp_path / "example.yaml"
    path.write_text(text)
    done = convergated("--check", "-c", path, *where_its_modules_are(text))
    assert done.returncode == 0, done.stderr


# ---- links and names ----


def anchors(page):
    """As GitHub makes them of headings."""
    titles = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_every_relative_link_leads_somewhere(page):
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text())):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@functools.cache
def words_of_the_code():
    suffixes = (".c", ".h", ".py", ".sh", ".txt", ".cmake")
    words = set()
    for folder in ("src", "include", "probes", "tests", "cmake", "config"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in suffixes:
                words.update(re.findall(r"\w+", path.read_text(errors="replace")))
    return words


def is_prefix(name):
    return name.endswith("_") and any(word.startswith(name) for word in words_of_the_code())


@pytest.mark.parametrize("page", PAGES, ids=PAGE_NAMES)
def test_names_of_the_code_are_in_the_code(page):
    for span in re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text())):
        if re.match(r"(src|include|probes|tests|config|docs|cmake)/", span):
            assert list(ROOT.glob(span.rstrip("/"))), f"there is no {span}"
            continue
        names = re.findall(r"\b(?:cvg_|CVG_)\w+|\b\w+(?=\(\))", span)
        if re.fullmatch(r"[a-z]\w*_\w+", span):
            names.append(span)
        for name in names:
            assert name in words_of_the_code() or is_prefix(name), name
