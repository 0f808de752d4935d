# SPDX-License-Identifier: Apache-2.0
"""Upstreams that break, lie, stall or attack: each gives the right unknown reason, none ever a go,
none blocks the loop or leaves anything behind."""

import email.utils
import gzip
import json
import socket
import struct
import threading
import time

import pytest

from conftest import ROOT, answer, free_port, vector, wait_until

CHECK = 'checks: {{c: {{source: {name}, query: "x", ready: ">= 1"}}}}'
HEAD = """
server: {listen: "127.0.0.1:0"}
defaults: {interval: 1s, timeout: 700ms, rise: 0s}
"""


def send(data):
    return lambda connection: connection.sendall(data)


def send_and_close(data):
    def behave(connection):
        connection.sendall(data)
        return False

    return behave


def endless(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n")
    while True:
        connection.sendall(b" " * 65536)


def endless_headers(connection):
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    while True:
        connection.sendall(b"X-Filler: " + b"x" * 8000 + b"\r\n")


def drip(connection):
    for byte in answer(vector(1)):
        connection.sendall(bytes([byte]))
        time.sleep(0.05)


def silent(connection):
    connection.recv(1)


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    return False


BOMB = answer(gzip.compress(b" " * (64 << 20), 1), extra="Content-Encoding: gzip\r\n")


def ahead():
    """The Date of a server whose clock is an hour before ours."""
    return f"Date: {email.utils.formatdate(time.time() + 3600, usegmt=True)}\r\n"


GOOD = vector(1).encode()
FIXTURES = ROOT / "tests" / "fixtures" / "prometheus"


def recorded(name):
    return send_and_close((FIXTURES / f"{name}.response").read_bytes())


# name: (behaviour, the reason codes that are right)
UPSTREAMS = {
    "truncated-body": (send_and_close(answer(GOOD)[:-10]), {"BadAnswer"}),
    "truncated-head": (send_and_close(b"HTTP/1.1 200 OK\r\nContent-Ty"), {"BadAnswer", "ConnectFailed"}),
    "truncated-json": (send(answer(GOOD[:-10])), {"BadAnswer"}),
    "length-too-long": (send_and_close(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 99999\r\n\r\n" + GOOD),
        {"BadAnswer"}),
    "length-too-short": (send_and_close(
        b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 20\r\n\r\n" + GOOD),
        {"BadAnswer"}),
    "trailing-garbage": (send(answer(GOOD + b"}")), {"BadAnswer"}),
    "two-documents": (send(answer(GOOD + GOOD)), {"BadAnswer"}),
    "not-http": (send_and_close(b"SSH-2.0-OpenSSH_9.2\r\n"), {"BadAnswer", "ConnectFailed"}),
    "html": (send(answer("<html>login</html>", content_type="text/html")), {"BadAnswer"}),
    "empty": (send(answer("")), {"BadAnswer"}),
    "json-null": (send(answer("null")), {"BadAnswer"}),
    "no-data": (send(answer('{"status":"success"}')), {"BadAnswer"}),
    "number-values": (send(answer(
        '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,1]}]}}')),
        {"BadAnswer"}),
    "duplicate-keys": (send(answer(
        '{"status":"success","status":"success","data":{"resultType":"scalar","result":[1,"1"]}}')),
        {"BadAnswer"}),
    "an-hour-old": (send(answer(vector(1, time.time() - 3600))), {"Stale"}),
    "from-a-clock-ahead": (send(answer(vector(1), extra=ahead())), {"ClockBehind"}),
    "deep": (send(answer("[" * 100000)), {"BadAnswer"}),
    "bad-gzip": (send(answer(b"\x1f\x8b" + b"\0" * 40, extra="Content-Encoding: gzip\r\n")),
                 {"BadAnswer"}),
    "gzip-bomb": (send(BOMB), {"TooLarge"}),
    "oversized": (send(answer(b" " * (9 << 20))), {"TooLarge"}),
    "endless": (endless, {"TooLarge", "TimedOut"}),
    "endless-headers": (endless_headers, {"TooLarge", "BadAnswer", "TimedOut"}),
    "drip": (drip, {"TimedOut"}),
    "silent": (silent, {"TimedOut"}),
    "reset": (reset, {"ConnectFailed", "BadAnswer"}),
    "closed": (lambda connection: False, {"ConnectFailed", "BadAnswer"}),
    "redirect": (send(answer("", "302 Found", extra="Location: /good/api/v1/query\r\n")),
                 {"BadAnswer", "Redirected", "SourceError"}),
    "unauthorized": (recorded("auth-401-no-credentials"), {"Unauthorized"}),
    "not-found": (recorded("notfound-404"), {"NotFound"}),
    "parse-error": (recorded("error-bad_data-parse-400"), {"QueryRejected"}),
    "many-to-many": (recorded("error-execution-many-to-many-422"), {"QueryRejected"}),
    "agent-mode": (recorded("agent-mode-422"), {"QueryRejected"}),
    "starting": (recorded("notready-503-query"), {"SourceStarting"}),
    "query-timeout": (recorded("error-timeout-503"), {"QueryTimeout"}),
    "warnings-empty": (recorded("warnings-empty-result"), None),
    "empty-vector": (recorded("query-vector-empty"), None),
    "nan": (recorded("query-zero-by-zero-nan"), None),
    "many-elements": (recorded("query-vector-1000-series"), None),
    "string": (recorded("query-string"), None),
    "matrix": (recorded("query-matrix-from-instant"), None),
}


@pytest.fixture
def broken(daemon, upstream):
    server = upstream({name: behave for name, (behave, _) in UPSTREAMS.items()})
    dead_port = free_port()
    sources = {name: server.url(name) for name in UPSTREAMS}
    sources["refused"] = f"http://127.0.0.1:{dead_port}"
    config = HEAD + "sources:\n"
    config += "".join(f'  {name}: {{type: prometheus, url: "{url}"}}\n' for name, url in sources.items())
    config += "environments:\n"
    config += "".join(f"  {name}: {{{CHECK.format(name=name)}}}\n" for name in sources)
    return daemon(config), sources


def seen_reason(gate, name):
    reason = gate.check(name, "c")["reason"]
    return reason if reason not in ("NoReading", "SourceUnavailable") else None


def test_each_gives_its_reason_and_never_a_go(broken):
    gate, sources = broken
    seen, went = {name: set() for name in sources}, []

    def all_seen():
        for name in sources:
            document = gate.verdict(name)
            if document["verdict"] != "wait" or not document["unknown"]:
                went.append((name, document))
            seen[name].add(gate.check(name, "c")["reason"])
        return all(reasons - {"NoReading", "SourceUnavailable"} for reasons in seen.values())

    wait_until(all_seen, 60, what="a reason of each upstream")
    assert not went
    for name, (_, right) in UPSTREAMS.items():
        reasons = seen[name] - {"NoReading", "SourceUnavailable"}
        assert right is None or reasons <= right, (name, reasons, gate.check(name, "c"))
    assert seen["refused"] - {"NoReading", "SourceUnavailable"} == {"ConnectFailed"}
    assert gate.metric("convergate_loop_longest_turn_seconds") < 1


def test_nothing_is_left_behind(broken):
    gate, sources = broken
    wait_until(lambda: all(seen_reason(gate, name) or True for name in sources))
    wait_until(lambda: gate.check("refused", "c")["reason"] == "SourceUnavailable", 30)
    first = gate.descriptors()
    runs = gate.metric("convergate_loop_longest_turn_seconds")
    deadline = time.monotonic() + 3
    most = first
    while time.monotonic() < deadline:
        most = max(most, gate.descriptors())
        time.sleep(0.1)
    assert most < first + 2 * len(sources) and runs < 1


def test_a_dead_name_server_gives_a_reason_and_blocks_nothing(daemon):
    silent_server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    silent_server.bind(("127.0.0.1", 0))  # takes questions, never answers
    port = silent_server.getsockname()[1]
    with silent_server:
        gate = daemon(HEAD + f"""
names: {{servers: ["127.0.0.1:{port}"], timeout: 200ms}}
sources: {{metrics: {{type: prometheus, url: "http://prometheus.example:9090"}}}}
environments: {{prod: {{{CHECK.format(name="metrics")}}}}}
""")
        reason = wait_until(lambda: seen_reason(gate, "prod"))
        assert reason in ("ConnectFailed", "TimedOut")
        assert gate.verdict("prod")["verdict"] == "wait"
        assert gate.metric("convergate_loop_longest_turn_seconds") < 0.5


def test_a_black_hole_times_out(daemon):
    """The backlog is full, so that the connection is never made."""
    with socket.socket() as hole:
        hole.bind(("127.0.0.1", 0))
        hole.listen(0)
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(hole.getsockname())
        gate = daemon(HEAD + f"""
sources: {{metrics: {{type: prometheus, url: "http://127.0.0.1:{hole.getsockname()[1]}"}}}}
environments: {{prod: {{{CHECK.format(name="metrics")}}}}}
""")
        assert wait_until(lambda: seen_reason(gate, "prod")) in ("TimedOut", "ConnectFailed")
        assert gate.verdict("prod")["verdict"] == "wait"
        for filler in fillers:
            filler.close()


def test_credentials_go_out_and_stay_out_of_sight(daemon, upstream, tmp_path):
    server = upstream({"good": send(answer(vector(1)))})
    (tmp_path / "token").write_text("s3cret-token\n")
    gate = daemon(HEAD + f"""
sources:
  metrics:
    type: prometheus
    url: "{server.url("good")}"
    bearer: "file:{tmp_path}/token"
    headers: {{X-Scope-OrgID: team-a}}
environments: {{prod: {{{CHECK.format(name="metrics")}}}}}
""", "--log-level", "debug")
    gate.wait_for("prod", "go")
    request = server.requests[0]
    assert b"Authorization: Bearer s3cret-token" in request and b"X-Scope-OrgID: team-a" in request
    (tmp_path / "token").write_text("an0ther\n")  # rotated: read afresh on each use
    wait_until(lambda: any(b"Bearer an0ther" in request for request in list(server.requests)))
    shown = gate.log() + gate.get("/metrics").body.decode() + gate.get("/v1/environments/prod").body.decode()
    assert "s3cret" not in shown and "an0ther" not in shown


def test_identical_queries_are_asked_once_a_round(daemon, upstream):
    server = upstream({"good": send(answer(vector(1)))})
    checks = ", ".join(f'c{i}: {{source: metrics, query: "sum(up)", ready: ">= 1"}}' for i in range(8))
    gate = daemon(HEAD + f"""
sources: {{metrics: {{type: prometheus, url: "{server.url("good")}"}}}}
environments: {{prod: {{checks: {{{checks}}}}}}}
""")
    gate.wait_for("prod", "go")
    wait_until(lambda: len(server.requests) >= 4)
    times = [request.partition(b"time=")[2].partition(b"&")[0] for request in list(server.requests)]
    assert len(times) == len(set(times)), "two requests of one round"


def test_an_answer_that_comes_late_in_pieces_is_still_good(daemon, upstream):
    def pieces(connection):
        data = answer(vector(1))
        for start in range(0, len(data), 40):
            connection.sendall(data[start:start + 40])
            time.sleep(0.01)

    server = upstream({"good": pieces})
    gate = daemon(HEAD + f"""
sources: {{metrics: {{type: prometheus, url: "{server.url("good")}"}}}}
environments: {{prod: {{{CHECK.format(name="metrics")}}}}}
""")
    gate.wait_for("prod", "go")


def test_verdicts_are_served_while_an_upstream_floods(broken):
    gate, _ = broken
    slowest, failures = 0.0, []

    def ask():
        nonlocal slowest
        for _ in range(200):
            started = time.monotonic()
            if gate.get("/v1/verdict/endless").status != 200:
                failures.append(1)
            slowest = max(slowest, time.monotonic() - started)

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures and slowest < 5


def test_documents_stay_valid_with_hostile_label_text(daemon, upstream):
    hostile = json.dumps({"status": "error", "errorType": "bad_data",
                          "error": "\u0000\u001b[31m\u202e</script>\n" + "x" * 5000})
    server = upstream({"bad": send(answer(hostile, "400 Bad Request"))})
    gate = daemon(HEAD + f"""
sources: {{metrics: {{type: prometheus, url: "{server.url("bad")}"}}}}
environments: {{prod: {{{CHECK.format(name="metrics")}}}}}
""")
    wait_until(lambda: seen_reason(gate, "prod"))
    body = gate.get("/v1/verdict/prod").body
    assert len(body) < 2048 and json.loads(body)["verdict"] == "wait"
    assert b"\x1b" not in body and "\x1b" not in gate.log()
