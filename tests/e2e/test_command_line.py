# SPDX-License-Identifier: Apache-2.0
"""convergated and convergate from a shell: what they print, and their exit codes."""

import json
import re

import jsonschema
import pytest
import yaml

from conftest import ROOT, answer, free_port, vector, wait_until

EXAMPLES = sorted([*ROOT.glob("config/*.yaml"), *ROOT.glob("config/demo/convergate.yaml"),
                   *ROOT.glob("config/examples/kubernetes/*.yaml"),
                   *ROOT.glob("config/examples/terraform/*.yaml")])


def write(folder, text):
    path = folder / "c.yaml"
    path.write_text(text)
    return path


# ---- convergated ----


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_example_passes_check_and_schema(convergated, tmp_path, path):
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    text = re.sub(r"file:/etc/convergate/[\w.-]+|file:/run/convergate/[\w.-]+", f"file:{secret}", path.read_text())
    own = tmp_path / path.name
    own.write_text(text)
    done = convergated("--check", "-c", path if text == path.read_text() else own)
    assert done.returncode == 0, done.stderr
    assert ": ok: " in done.stdout
    schema = json.loads(convergated("--print-schema").stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(yaml.safe_load(path.read_text()))


@pytest.mark.parametrize("change", [
    {"sorces": {}},
    {"sources": {"m": {"type": "prometheus", "url": "http://h", "ulr": "x"}}},
    {"server": {"listen": ["127.0.0.1:8717"]}},
    {"environments": {"e": {"checks": {"c": {"source": "m", "query": "x", "ready": ">1", "rise": 7}}}}},
])
def test_the_schema_catches_common_mistakes(convergated, change):
    schema = json.loads(convergated("--print-schema").stdout)
    document = {**yaml.safe_load((ROOT / "config/demo/convergate.yaml").read_text()), **change}
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema).validate(document)


def test_all_errors_come_at_once_with_their_places(convergated, tmp_path):
    path = write(tmp_path, """\
server: {listen: "0.0.0.0:8717"}
sources:
  metrics: {type: promethus, url: "http://127.0.0.1:9090"}
  other: {type: prometheus, url: "ftp://x", bearer: "hunter2"}
  fine: {type: prometheus, url: "http://127.0.0.1:9090"}
environments:
  prod:
    checks:
      a: {source: metrix, query: x, ready: "< 1"}
      b: {source: other, qurey: x, ready: "< 1", rise: soon}
      b: {source: other}
      d: {source: fine, query: x, ready: "about 3"}
    gates:
      deploy: {require: [c]}
""")
    done = convergated("--check", "-c", path)
    assert done.returncode == 1 and done.stdout == ""
    places = re.findall(r"^\S*c\.yaml:(\d+):(\d+): error: (.+)$", done.stderr, re.M)
    assert {int(line) for line, _, _ in places} >= {1, 3, 4, 9, 10, 11, 12, 14}
    assert "did you mean 'prometheus'" in done.stderr
    assert "did you mean 'metrics'" in done.stderr
    assert "did you mean 'query'" in done.stderr
    assert "is not a condition" in done.stderr  # the module's own refusal, in the same pass
    assert "hunter2" not in done.stderr


def test_nothing_starts_on_a_bad_configuration(convergated, tmp_path):
    done = convergated("-c", write(tmp_path, "environments: {prod: {chekcs: {}}}\n"))
    assert done.returncode == 1 and "listening" not in done.stderr and "error:" in done.stderr


def test_the_module_refuses_its_own_keys_with_their_place(convergated, tmp_path):
    done = convergated("--check", "-c", write(tmp_path, """\
sources: {m: {type: prometheus, url: "http://127.0.0.1:9090"}}
environments:
  prod:
    checks:
      a: {source: m, query: x, ready: "about 3"}
"""))
    assert done.returncode == 1
    assert re.search(r"c\.yaml:5:\d+: error: .*ready", done.stderr), done.stderr


def test_configuration_in_pieces_is_one(convergated, tmp_path):
    path = write(tmp_path, 'sources: {m: {type: prometheus, url: "http://127.0.0.1:9090"}}\n')
    pieces = tmp_path / "conf.d"
    pieces.mkdir()
    for name in ("a", "b"):
        (pieces / f"{name}.yaml").write_text(
            f'environments: {{{name}: {{checks: {{c: {{source: m, query: x, ready: "> 0"}}}}}}}}\n')
    done = convergated("--check", "-c", path)
    assert done.returncode == 0 and "2 environments" in done.stdout, done.stderr


def test_describe_explains_the_modules_keys(convergated):
    done = convergated("--describe", "prometheus")
    assert done.returncode == 0
    for key in ("query", "ready", "degraded", "reduce", "on_empty", "min_volume", "max_sample_age"):
        assert key in done.stdout
    assert convergated("--describe", "nothing").returncode == 1


def test_the_reference_page_is_the_programs_own(convergated):
    assert (ROOT / "docs/configuration.md").read_text() == convergated("--print-reference").stdout, \
        "docs/configuration.md is generated: bin/convergated --print-reference > docs/configuration.md"


def test_usage(convergated, convergate):
    assert convergated("--help").returncode == 0 and convergate("--help").returncode == 0
    assert convergated("--nonsense").returncode == 64 and convergate("check").returncode == 64
    assert re.match(r"convergated \d+\.\d+\.\d+", convergated("--version").stdout)


ONLINE = """\
sources:
  good: {{type: prometheus, url: "{good}"}}
  empty: {{type: prometheus, url: "{empty}"}}
  closed: {{type: prometheus, url: "{closed}"}}
  gone: {{type: prometheus, url: "http://127.0.0.1:{gone}"}}
environments:
  prod:
    checks:
      well: {{source: good, query: up, ready: "== 1"}}
      nothing: {{source: empty, query: up, ready: "== 1"}}
"""
MORE = """\
      secret: {source: closed, query: up, ready: "== 1"}
      cut: {source: gone, query: up, ready: "== 1"}
"""


@pytest.fixture
def online(upstream, convergated, tmp_path):
    """online(checks, option...): what --check --online says of the two checks above and these."""
    empty = '{"status": "success", "data": {"resultType": "vector", "result": []}}'
    server = upstream({
        "good": lambda connection: connection.sendall(answer(vector(1))),
        "empty": lambda connection: connection.sendall(answer(empty)),
        "closed": lambda connection: connection.sendall(answer("no", "403 Forbidden", "text/plain"))})
    text = ONLINE.format(gone=free_port(), **{name: server.url(name)
                                              for name in ("good", "empty", "closed")})
    return lambda more="", *options: convergated("--check", "--online", "-c",
                                                 write(tmp_path, text + more), *options)


def test_online_tells_what_is_unknown(online):
    done = online()
    assert done.returncode == 0, done.stderr
    assert re.search(r"^prod/nothing: unknown: NoData\b", done.stdout, re.M), done.stdout
    assert "prod/well" not in done.stdout
    assert done.stdout.endswith(
        "online: 2 checks, 1 unknown, 0 of them because their source could not be asked\n")


def test_online_fails_where_a_source_cannot_be_asked(online):
    done = online(MORE)
    assert done.returncode == 1
    assert re.search(r"^prod/secret: unknown: Forbidden: ", done.stdout, re.M), done.stdout
    assert re.search(r"^prod/cut: unknown: ConnectFailed: .*refused", done.stdout, re.M), done.stdout
    assert "4 checks, 3 unknown, 2 of them because" in done.stdout


@pytest.mark.parametrize("options", [["--online"], ["--check", "--timeout", "5s"],
                                     ["--check", "--online", "--timeout", "5"],
                                     ["--check", "--online", "--timeout", "0s"]])
def test_online_is_part_of_a_check(convergated, options):
    assert convergated(*options).returncode == 64


# ---- convergate ----

GATES = """
server: {{listen: "127.0.0.1:0"}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s}}
sources:
  good: {{type: prometheus, url: "{good}"}}
  bad: {{type: prometheus, url: "{bad}"}}
  gone: {{type: prometheus, url: "http://127.0.0.1:{gone}"}}
environments:
  green: {{checks: {{c: {{source: good, query: x, ready: ">= 1"}}}}}}
  red: {{checks: {{c: {{source: bad, query: x, ready: ">= 1"}}}}}}
  dead: {{checks: {{c: {{source: bad, query: x, ready: ">= 1", on_failed: halt}}}}}}
  blind: {{checks: {{c: {{source: gone, query: x, ready: ">= 1"}}}}}}
"""


@pytest.fixture
def gates(daemon, upstream):
    server = upstream({
        "good": lambda connection: connection.sendall(answer(vector(1))),
        "bad": lambda connection: connection.sendall(answer(vector(0)))})
    one = daemon(GATES.format(good=server.url("good"), bad=server.url("bad"), gone=free_port()))
    one.url = f"http://127.0.0.1:{one.port}"
    one.wait_for("green", "go")
    wait_until(lambda: one.verdict("dead")["verdict"] == "halt")
    wait_until(lambda: one.check("red", "c")["status"] == "failed")
    return one


def test_check_tells_by_its_exit_code(gates, convergate):
    for environment, code in (("green", 0), ("red", 1), ("dead", 2), ("blind", 4), ("nowhere", 4)):
        done = convergate("check", environment, "-s", gates.url)
        assert done.returncode == code, (environment, done.stdout, done.stderr)
    assert convergate("check", "green", "-s", f"http://127.0.0.1:{free_port()}").returncode == 4


def test_check_says_why(gates, convergate):
    done = convergate("check", "red", "-s", gates.url)
    assert done.stdout.startswith("wait  red/") and "c: " in done.stdout and ">= 1" in done.stdout
    document = json.loads(convergate("check", "red", "-s", gates.url, "-o", "json").stdout)
    assert document["verdict"] == "wait" and document["reasons"][0]["check"] == "c"


def test_check_with_a_subject_is_recorded(gates, convergate):
    done = convergate("check", "green", "--app", "shop", "--rev", "1.4.2", "-s", gates.url)
    assert done.returncode == 0
    recorded = re.search(r"recorded as (\S+)", done.stdout).group(1)
    assert recorded in gates.log()


def test_check_waits_as_long_as_it_is_told(gates, convergate):
    done = convergate("check", "red", "--wait", "1500ms", "-s", gates.url)
    assert done.returncode == 1
    assert convergate("check", "green", "--wait", "10m", "-s", gates.url).returncode == 0


def test_status_and_explain_show_what_is_behind_it(gates, convergate):
    rows = convergate("status", "-s", gates.url).stdout
    assert all(name in rows for name in ("green", "red", "dead", "blind"))
    one = convergate("status", "red", "-s", gates.url)
    assert one.returncode == 0 and "failed" in one.stdout and "observed" in one.stdout
    explained = convergate("explain", "blind", "-s", gates.url)
    assert "unknown" in explained.stdout and "c: " in explained.stdout
    assert json.loads(convergate("status", "red", "-s", gates.url, "-o", "json").stdout)["phase"] == "failed"


def test_probe_shows_what_was_sent_and_found(gates, convergate):
    done = convergate("probe", "-c", gates.config, "green", "c")
    assert done.returncode == 0, done.stderr
    assert "POST" in done.stdout and "query=x" in done.stdout and "ready" in done.stdout
    assert convergate("probe", "-c", gates.config, "red", "c").returncode == 1
    refused = convergate("probe", "-c", gates.config, "blind", "c")
    assert refused.returncode == 4 and "refused" in refused.stdout + refused.stderr
    document = json.loads(convergate("probe", "-c", gates.config, "green", "c", "-o", "json").stdout)
    assert document["status"] == "ready" and document["value"] == 1
    assert convergate("probe", "-c", gates.config, "green", "nothing").returncode == 4
