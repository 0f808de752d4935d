# SPDX-License-Identifier: Apache-2.0
"""The description of the API: it is handed out, it is sound, and it would notice. That every
answer of all these tests is held against it happens in conftest.http_request()."""

import copy
import http.client
import json
import re

import jsonschema
import pytest

import contract
from conftest import ROOT, Answer, answer, vector, wait_until
from contract import Broken

DOCUMENTS = {
    "/v1/openapi.yaml": ("docs/openapi.yaml", "application/yaml"),
    "/v1/schemas/decision.json": ("docs/schemas/decision.json", "application/schema+json"),
    "/v1/schemas/readiness.json": ("docs/schemas/readiness.json", "application/schema+json"),
    "/v1/schemas/reading.json": ("docs/schemas/reading.json", "application/schema+json"),
}


@pytest.fixture
def gate(daemon, upstream, tmp_path):
    source = upstream({"up": lambda connection: connection.sendall(answer(vector(1))),
                       "down": lambda connection: connection.sendall(answer(vector(0)))})
    one = daemon(f"""
server: {{listen: "127.0.0.1:0"}}
store: {tmp_path}/rows.db
defaults: {{interval: 1s, timeout: 700ms, rise: 0s}}
sources:
  up: {{type: prometheus, url: "{source.url('up')}"}}
  down: {{type: prometheus, url: "{source.url('down')}"}}
environments:
  green:
    checks:
      a: {{source: up, query: "x", ready: ">= 1", component: web}}
    gates: {{deploy: {{}}}}
  red:
    checks:
      a: {{source: down, query: "x", ready: ">= 1", plane: declared, on_failed: halt}}
    gates: {{deploy: {{}}}}
""")
    one.wait_for("green", "go")
    one.wait_for("red", "halt")
    return one


@pytest.mark.parametrize("path", DOCUMENTS)
def test_the_descriptions_are_handed_out_as_they_are(gate, path):
    file, kind = DOCUMENTS[path]
    whole = gate.get(path)
    assert whole.status == 200 and whole.headers["Content-Type"] == kind
    assert whole.body == (ROOT / file).read_bytes()
    etag = whole.headers["ETag"]
    for given in (etag, f'"other", W/{etag}', "*"):
        again = gate.get(path, headers={"If-None-Match": given})
        assert again.status == 304 and again.body == b"" and again.headers["ETag"] == etag
    assert gate.get(path, headers={"If-None-Match": '"other"'}).status == 200
    assert gate.post(path, {}).status == 405


def test_the_descriptions_are_sound():
    for file in (ROOT / "docs" / "schemas").glob("*.json"):
        jsonschema.Draft202012Validator.check_schema(json.loads(file.read_text()))
    for _, path, item in contract.description().routes:
        for method in set(item) - {"parameters"}:
            for status, response in item[method]["responses"].items():
                assert re.fullmatch(r"[1-5]\d\d|default", status), (path, method)
                for media in response.get("content", {}).values():
                    jsonschema.Draft202012Validator.check_schema(media["schema"])


def test_every_route_of_the_index_is_described(gate):
    described = {re.sub(r"\{\w+\}", "{}", path) for _, path, _ in contract.description().routes}
    for route in gate.get("/").json["routes"]:
        route = route.replace("{document}", "decision")
        variants = {route.replace("[/{gate}]", ""), route.replace("[", "").replace("]", "")}
        for variant in variants:
            variant = re.sub(r"\{\w+\}", "{}", variant)
            assert variant in described, route


def mutants(document, path=""):
    """The document with one key less, one by one and however deep; and where the key was."""
    if isinstance(document, dict):
        for key in document:
            less = {name: value for name, value in document.items() if name != key}
            yield f"{path}/{key}", less
            for where, changed in mutants(document[key], f"{path}/{key}"):
                yield where, {**document, key: changed}
    elif isinstance(document, list):
        for index, item in enumerate(document):
            for where, changed in mutants(item, f"{path}/{index}"):
                yield where, document[:index] + [changed] + document[index + 1:]


# What stands under names that are not ours may be missing.
FREE = re.compile(r"/(facts|gates|labels)/[^/]+$")


@pytest.mark.parametrize("path", [
    "/v1/verdict/green", "/v1/check/red", "/v1/environments/red", "/v1/environments", "/",
    "/v1/environments/red/history", "/v1/decisions", "/v1/decisions/{id}", "/v1/audit/head", "/v1/nothing"])
def test_a_missing_key_is_noticed_wherever_it_is(gate, path):
    decision = gate.post("/v1/verdict/red", {"app": "shop", "labels": {"team": "a"}}).json
    path = path.format(**decision)
    honest = gate.get(path)
    contract.check("GET", path, honest)
    count = 0
    for where, document in mutants(honest.json):
        if FREE.search(where):
            continue
        count += 1
        with pytest.raises(Broken):
            contract.check("GET", path, Answer(honest.status, honest.headers,
                                               json.dumps(document).encode()))
    assert count >= 3


@pytest.mark.parametrize("change", [
    lambda document: document.update(extra=1),
    lambda document: document.update(verdict="maybe"),
    lambda document: document.update(ok=False),
    lambda document: document.update(percent=99),
    lambda document: document.update(decided_at="yesterday"),
    lambda document: document.update(retry_after_s=0),
    lambda document: document.update(reasons=[{}]),
    lambda document: document.pop("subject"),
    lambda document: document.update(subject={}),
    lambda document: document["subject"]["labels"].update(team=1),
])
def test_a_wrong_decision_is_noticed(gate, change):
    honest = gate.get("/v1/verdict/green")
    document = honest.json
    change(document)
    with pytest.raises(Broken):
        contract.check("GET", "/v1/verdict/green",
                       Answer(200, honest.headers, json.dumps(document).encode()))


def test_wrong_headers_statuses_and_routes_are_noticed(gate):
    honest = gate.get("/v1/check/green")
    bare = {name: value for name, value in honest.headers.items() if name != "X-Gate-Verdict"}
    text = {**honest.headers, "Content-Type": "text/plain"}
    problem = gate.get("/v1/nothing")
    for method, path, status, headers, body in (
            ("GET", "/v1/check/green", 200, bare, honest.body),
            ("GET", "/v1/check/green", 200, text, honest.body),
            ("GET", "/v1/check/green", 503, honest.headers, honest.body),
            ("GET", "/v1/check/green", 418, honest.headers, honest.body),
            ("GET", "/v1/new", 200, honest.headers, honest.body),
            ("GET", "/v1/check/green", 404, {**problem.headers, "X-Gate-Verdict": "go"}, problem.body),
            ("GET", "/v1/check/green", 401, problem.headers, problem.body),
            ("PATCH", "/v1/check/green", 405, problem.headers, problem.body)):
        with pytest.raises(Broken):
            contract.check(method, path, Answer(status, headers, body))


def test_a_route_that_is_taken_out_of_the_description_is_noticed(gate):
    less = copy.copy(contract.description())
    less.routes = [route for route in less.routes if route[1] != "/v1/verdict/{environment}"]
    honest = gate.get("/v1/verdict/green")
    with pytest.raises(Broken):
        contract.check("GET", "/v1/verdict/green", honest, less)
    wait_until(lambda: gate.verdict("green")["verdict"] == "go")


def test_a_reading_of_the_probe_is_as_its_schema_says(gate, convergate):
    schema = json.loads((ROOT / "docs/schemas/reading.json").read_text())
    validator = jsonschema.Draft202012Validator({**schema, "additionalProperties": False})
    for environment in ("green", "red"):
        ran = convergate("probe", "-o", "json", "-c", gate.config, environment, "a")
        reading = json.loads(ran.stdout.splitlines()[-1])
        assert not list(validator.iter_errors(reading)), reading
        for key in reading:
            assert not validator.is_valid({**reading, key: None}) or key == "value", key
            assert not validator.is_valid({name: reading[name] for name in reading if name != key})


def test_events_are_as_described(gate):
    connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=10)
    connection.request("GET", "/v1/events")
    stream = connection.getresponse()
    contract.check("GET", "/v1/events", Answer(stream.status, dict(stream.getheaders()), b""))
    seen = set()
    while len(seen) < 2:
        line = stream.readline().decode()
        if line.startswith("data: "):
            event = json.loads(line.removeprefix("data: "))
            contract.check_event(event)
            seen.add((event["environment"], event["verdict"]))
            for key in event:
                with pytest.raises(Broken):
                    contract.check_event({name: event[name] for name in event if name != key})
    assert seen == {("green", "go"), ("red", "halt")}
    connection.close()


def test_whatever_way_a_test_asks_it_is_held_against_the_description(gate, monkeypatch):
    """Also where nobody looks at the answer."""
    less = copy.copy(contract.description())
    less.routes = [route for route in less.routes if route[1] != "/livez"]
    monkeypatch.setattr(contract, "description", lambda: less)
    connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=10)
    connection.request("GET", "/livez")
    with pytest.raises(Broken):
        connection.getresponse().read()
    assert contract.BROKEN.pop() and not contract.BROKEN
    connection.close()
