# SPDX-License-Identifier: Apache-2.0
"""The routes as CD tools use them: status codes, headers, documents, metrics."""

import json
import os
import socket
import subprocess

import pytest

from conftest import answer, vector, wait_until

CONFIG = """
server: {{listen: "127.0.0.1:0", hosts: [gate.example]}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s}}
sources:
  good: {{type: prometheus, url: "{good}"}}
  bad: {{type: prometheus, url: "{bad}"}}
environments:
  green: {{checks: {{c: {{source: good, query: x, ready: ">= 1"}}}}, gates: {{deploy: {{}}, promote: {{}}}}}}
  red: {{checks: {{c: {{source: bad, query: x, ready: ">= 1"}}}}}}
  dead: {{checks: {{c: {{source: bad, query: x, ready: ">= 1", on_failed: halt}}}}}}
"""

KEYS = {"schema", "id", "env", "gate", "app", "revision", "subject", "verdict", "ok", "unknown", "status",
        "progress", "percent", "summary", "reasons", "retry_after_s", "decided_at", "valid_until",
        "next_change_at", "evidence_age_s", "ticket", "override"}


@pytest.fixture
def gate(daemon, upstream):
    server = upstream({
        "good": lambda connection: connection.sendall(answer(vector(1))),
        "bad": lambda connection: connection.sendall(answer(vector(0)))})
    one = daemon(CONFIG.format(good=server.url("good"), bad=server.url("bad")))
    one.wait_for("green", "go")
    wait_until(lambda: one.verdict("dead")["verdict"] == "halt")
    wait_until(lambda: one.check("red", "c")["status"] == "failed")
    return one


CASES = [
    # method, path, status, X-Gate-Verdict
    ("GET", "/v1/verdict/green", 200, "go"),
    ("GET", "/v1/verdict/green/promote", 200, "go"),
    ("GET", "/v1/verdict/green?gate=promote", 200, "go"),
    ("GET", "/v1/verdict?env=green", 200, "go"),
    ("GET", "/v1/verdict/red", 200, "wait"),
    ("GET", "/v1/verdict/dead", 200, "halt"),
    ("POST", "/v1/verdict/green", 200, "go"),
    ("HEAD", "/v1/verdict/green", 200, "go"),
    ("GET", "/v1/check/green", 200, "go"),
    ("GET", "/v1/check/red", 503, "wait"),
    ("GET", "/v1/check/dead", 412, "halt"),
    ("POST", "/v1/check/dead", 412, "halt"),
    ("GET", "/v1/verdict/nowhere", 404, None),
    ("GET", "/v1/verdict/green/nothing", 404, None),
    ("GET", "/v1/check/nowhere", 404, None),
    ("GET", "/v1/environments", 200, None),
    ("GET", "/v1/environments/green", 200, None),
    ("GET", "/v1/environments/nowhere", 404, None),
    ("GET", "/v1/nothing", 404, None),
    ("DELETE", "/v1/verdict/green", 405, None),
    ("GET", "/livez", 200, None),
    ("GET", "/readyz", 200, None),
    ("GET", "/readyz?verbose", 200, None),
    ("GET", "/healthz", 200, None),
    ("GET", "/metrics", 200, None),
]


def test_each_route_answers_with_its_codes(gate):
    from conftest import http_request
    for method, path, status, verdict in CASES:
        reply = http_request(gate.port, method, path)
        assert reply.status == status, (method, path, reply.body)
        assert reply.headers.get("X-Gate-Verdict") == verdict, (method, path)
        assert "Location" not in reply.headers
        if verdict and method != "HEAD":
            document = reply.json
            assert KEYS <= document.keys() and document["verdict"] == verdict
            assert reply.headers["Cache-Control"] == "no-store"
            assert reply.headers["Content-Type"] == "application/json"
        if status in (404, 405):
            assert reply.headers["Content-Type"] == "application/problem+json"
            assert reply.json["status"] == status
    assert 1 <= int(gate.get("/v1/check/red").headers["Retry-After"]) <= 30
    assert "Retry-After" not in gate.get("/v1/check/dead").headers


def test_a_posted_subject_is_recorded_once_per_change(gate):
    subject = {"app": "shop", "revision": "1.4.2", "labels": {"team": "a"}}
    first = gate.post("/v1/verdict/green", subject).json
    again = gate.post("/v1/verdict/green", subject).json
    other = gate.post("/v1/verdict/green", {**subject, "revision": "1.4.3"}).json
    assert first["id"] and first["id"] == again["id"] != other["id"]
    assert first["app"] == "shop" and first["revision"] == "1.4.2"
    assert first["subject"] == {"labels": {"team": "a"}}
    assert gate.get("/v1/verdict/green").json["subject"] == {"labels": {}}
    assert gate.get("/v1/check/green?app=shop&label.team=b&label.%C3%A4=c").json["subject"] == {
        "labels": {"team": "b", "\u00e4": "c"}}
    assert gate.get("/v1/verdict/green?label.%FF=1").status == 400
    assert gate.get("/v1/verdict/green?app=shop&rev=1.4.2").json["id"] == ""
    assert gate.get("/v1/verdict/green?app=shop&rev=1.4.2").json["revision"] == "1.4.2"
    assert gate.log().count("msg=decision") == 2
    wait_until(lambda: 'convergate_decisions_total{environment="green",gate="deploy",verdict="go"} 2'
               in gate.get("/metrics").body.decode())


def test_bad_bodies_are_refused_with_a_problem(gate):
    from conftest import http_request
    for body, status in ((b"{", 400), (b"[]", 400), (b'{"app":1}', 400), (b"x" * (300 << 10), 413)):
        reply = http_request(gate.port, "POST", "/v1/verdict/green", body,
                             {"Content-Type": "application/json"})
        assert reply.status == status and reply.json["detail"], body[:20]


def test_a_body_that_names_a_gate_is_answered_for_that_one_or_not_at_all(gate):
    assert gate.post("/v1/verdict/green", {"gate": "promote"}).json["gate"] == "promote"
    assert gate.post("/v1/verdict/green/promote", {"gate": "promote", "env": "green"}).status == 200
    for path, body in (("/v1/verdict/green/deploy", {"gate": "promote"}),
                       ("/v1/verdict/green", {"env": "red"})):
        reply = gate.post(path, body)
        assert reply.status == 400 and "two different" in reply.json["detail"]


def test_only_our_host_names_are_answered(gate):
    for host, status in ((f"127.0.0.1:{gate.port}", 200), (f"localhost:{gate.port}", 200),
                         ("gate.example", 200), ("evil.example", 421)):
        assert gate.get("/v1/verdict/green", headers={"Host": host}).status == status, host


def test_the_readiness_document_has_every_key(gate):
    document = gate.get("/v1/environments/green").json
    assert {"environment", "phase", "score", "coverage", "lag_s", "declared", "observed",
            "checks"} <= document.keys()
    assert document["phase"] == "ready" and document["score"] == 1
    assert document["observed"] == {"ready": 1, "of": 1}
    [check] = document["checks"]
    assert {"name", "status", "reason", "message", "plane", "component", "value", "facts",
            "revision", "observed_at", "since"} <= check.keys()


def test_environments_are_paged(gate):
    first = gate.get("/v1/environments?limit=2").json
    assert [row["environment"] for row in first["environments"]] == ["dead", "green"]
    second = gate.get(f"/v1/environments?limit=2&after={first['next']}").json
    assert [row["environment"] for row in second["environments"]] == ["red"]
    assert second["next"] == ""


def test_metrics_pass_promtool_and_say_what_is_so(gate):
    text = gate.get("/metrics").body
    done = subprocess.run([os.environ["CVG_PROMTOOL"], "check", "metrics"], input=text,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    lines = set(text.decode().splitlines())
    assert 'convergate_check_status{environment="green",check="c"} 4' in lines
    assert 'convergate_check_status{environment="red",check="c"} 1' in lines
    assert 'convergate_gate_verdict{environment="green",gate="deploy",verdict="go"} 1' in lines
    assert 'convergate_gate_verdict{environment="green",gate="deploy",verdict="wait"} 0' in lines
    assert 'convergate_environment_phase{environment="red",phase="failed"} 1' in lines
    assert any(line.startswith("convergate_build_info{") for line in lines)
    assert any(line.startswith("process_cpu_seconds_total ") for line in lines)


def raw(port, data):
    """What comes back, at least the head. Not up to the end of the connection: libmicrohttpd may
    not notice that nothing more will come, and then keeps it open until it has been idle."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        try:
            while b"\r\n\r\n" not in received and (more := connection.recv(65536)):
                received += more
        except ConnectionError:
            pass
        return received


def test_smuggling_forms_are_refused(gate):
    host = f"Host: 127.0.0.1:{gate.port}\r\n".encode()
    for data in (
            b"GET /v1/verdict/green HTTP/1.1\r\n\r\n",
            b"POST /v1/verdict/green HTTP/1.1\r\n" + host
            + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            b"GET /v1/verdict/green%00x HTTP/1.1\r\n" + host + b"\r\n",
            b"GET /v1/verdict/gr\xffeen HTTP/1.1\r\n" + host + b"\r\n"):
        head = raw(gate.port, data).split(b"\r\n")[0]
        assert b" 200 " not in head, data
    assert gate.verdict("green")["verdict"] == "go"


def test_a_stopped_daemon_answers_nothing_and_one_that_runs_always_valid_json(gate):
    for path in ("/v1/verdict/green", "/v1/verdict/red?explain=full", "/v1/environments"):
        assert isinstance(json.loads(gate.get(path).body), dict)
