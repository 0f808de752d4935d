# SPDX-License-Identifier: Apache-2.0
"""Clients that do harm, on purpose or not: whatever one of them sends or leaves out, it gets a
refusal or an end, and others are answered as if nothing happened."""

import concurrent.futures
import http.client
import resource
import socket
import time

import pytest

from conftest import answer, vector, wait_until

CONFIG = """
server: {{listen: "127.0.0.1:0"{more}}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s, fall: 0s}}
sources: {{metrics: {{type: prometheus, url: "{url}"}}}}
environments:
  prod: {{checks: {{c: {{source: metrics, query: x, ready: ">= 1"}}}}, gates: {{deploy: {{}}}}}}
"""


@pytest.fixture
def gate(daemon, upstream):
    def start(more=""):
        server = upstream({"x": lambda connection: connection.sendall(answer(vector(0)))})
        return daemon(CONFIG.format(url=server.url("x"), more=more))

    return start


def exchange(port, data, half_close=False, seconds=10):
    """All that comes back until the server closes, or goes silent for a while."""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection:
        got = b""
        try:
            connection.sendall(data)
            if half_close:
                connection.shutdown(socket.SHUT_WR)
            while piece := connection.recv(65536):
                got += piece
        except (ConnectionError, TimeoutError):
            pass
        return got


def is_well(port, address="127.0.0.1"):
    """Somebody else is answered soon."""
    started = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5,
                                            source_address=(address, 0))
    connection.request("GET", "/v1/verdict/prod")
    assert connection.getresponse().status == 200
    connection.close()
    return time.monotonic() - started < 3


HOST = "Host: localhost:{port}\r\n"
END = "Connection: close\r\n\r\n"
SUBJECT = '{"app":"shop"}'
REFUSED = [
    # what is sent; which statuses are right (0: closed without an answer)
    ("\r\n\r\n\r\n", {0, 400}),
    ("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + "\x00" * 64, {0, 400}),
    ("GET\r\n\r\n", {0, 400}),
    ("GET /livez HTTP/9.9\r\n" + HOST + END, {0, 400, 505}),
    ("GET /livez HTTP/1.1\r\n" + END, {400}),
    ("GET /livez HTTP/1.1\r\n" + HOST + "Host: other\r\n" + END, {400}),
    ("GET /livez HTTP/1.1\r\nHost: evil.example\r\n" + END, {421}),
    ("GET /v1/verdict/prod?wait=1e9s HTTP/1.1\r\n" + HOST + END, {400}),
    ("GET /" + "a" * 20000 + " HTTP/1.1\r\n" + HOST + END, {414, 431}),
    ("GET /livez HTTP/1.1\r\n" + HOST + "X-Big: " + "a" * 20000 + "\r\n" + END, {413, 431}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: 4\r\nContent-Length: 5\r\n"
     + END + "abcd", {0, 400}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: 4\r\n"
     "Transfer-Encoding: chunked\r\n" + END + "0\r\n\r\nGET /metrics HTTP/1.1\r\n\r\n", {400}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Transfer-Encoding : chunked\r\n" + END
     + "0\r\n\r\n", {0, 400}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n" + END
     + "zz\r\n\r\n", {0, 400}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: -1\r\n" + END, {0, 400}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: 99999999999999999999\r\n"
     + END, {0, 400, 413}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: 9000000\r\n" + END
     + "a" * 100000, {0, 413}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: 300000\r\n" + END
     + "[" * 300000, {413}),
    ("POST /v1/verdict/prod HTTP/1.1\r\n" + HOST + "Content-Length: 4\r\n" + END + "[[[[", {400}),
]


def test_what_is_malformed_or_huge_is_refused(gate):
    # Some are only begun: they end with the time for a request.
    port = gate(", limits: {request: 3s, idle: 2s}").port
    for text, statuses in REFUSED:
        got = exchange(port, text.replace("{port}", str(port)).encode("latin-1"))
        status = int(got.split(b" ")[1]) if got.startswith(b"HTTP/1.") else 0
        assert status in statuses, (text[:80], got[:200])
        assert b"HTTP/1.1 2" not in got, (text[:80], got[:400])  # nothing smuggled got through
        assert b"verdict: go" not in got.lower()
    assert is_well(port)


def test_pipelined_requests_are_answered_in_order(gate):
    port = gate().port
    one = "GET /v1/verdict/prod?app=a{i} HTTP/1.1\r\n" + HOST + "\r\n"
    data = "".join(one.format(i=i, port=port) for i in range(200))
    data += ("GET /livez HTTP/1.1\r\n" + HOST + END).format(port=port)
    got = exchange(port, data.encode())
    assert got.count(b"HTTP/1.1 200 OK") == 201
    places = [got.index(f'"app":"a{i}"'.encode()) for i in range(200)]
    assert places == sorted(places)


@pytest.mark.parametrize("request_line", [
    "GET /v1/verdict/prod HTTP/1.1", "GET /v1/check/prod?wait=50s HTTP/1.1",
    "GET /v1/events HTTP/1.1"])
def test_a_half_closed_client_is_not_held(gate, request_line):
    # libmicrohttpd misses some that close right behind their request: these end with the idle limit.
    one = gate(", limits: {idle: 5s}")
    started = time.monotonic()
    exchange(one.port, f"{request_line}\r\n{HOST.format(port=one.port)}\r\n".encode(), True, 20)
    assert time.monotonic() - started < 10
    wait_until(lambda: one.metric("convergate_http_waiters") == 0)
    assert is_well(one.port)


def test_slow_clients_are_cut_off(gate):
    one = gate(", limits: {request: 3s, idle: 2s}")
    started = time.monotonic()

    def drip(_):
        with socket.create_connection(("127.0.0.1", one.port), timeout=20) as connection:
            try:
                for byte in b"GET /v1/verdict/prod HTTP/1.1\r\nX-Long: " + b"a" * 100:
                    connection.sendall(bytes([byte]))
                    time.sleep(0.2)
            except ConnectionError:
                return True
        return False

    with concurrent.futures.ThreadPoolExecutor(20) as pool:
        cut = list(pool.map(drip, range(20)))
    assert all(cut)
    assert time.monotonic() - started < 15
    # Who waits on purpose is not slow.
    reply = one.get("/v1/check/prod?wait=6s", timeout=20)
    assert reply.status == 503 and reply.headers["X-Gate-Verdict"] == "wait"


def test_ten_thousand_connections_of_one_address_leave_others_alone(gate):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    count = min(10000, (hard if hard != resource.RLIM_INFINITY else 65536) - 500)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 400), hard))
    try:
        one = gate()
        opened = []
        for number in range(count):
            connection = socket.socket()
            connection.setblocking(False)
            connection.connect_ex(("127.0.0.1", one.port))
            opened.append(connection)
            if number % 1000 == 999:
                assert is_well(one.port, "127.0.0.2")
        assert is_well(one.port, "127.0.0.2")
        for connection in opened:
            connection.close()
        wait_until(lambda: one.metric("convergate_http_connections") < 10, 30)
        assert is_well(one.port)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_clients_that_never_read_get_no_more_than_their_pool(daemon):
    """A large document, asked for by many that do not read it; what the kernel takes is theirs."""
    checks = "".join(f'      c{i}: {{source: s, query: "q{i}", ready: "> 0", interval: 60s}}\n'
                     for i in range(2000))
    gate = daemon(f"""
server: {{listen: "127.0.0.1:0", limits: {{answers: 1MiB}}}}
sources: {{s: {{type: prometheus, url: "http://127.0.0.1:1"}}}}
environments:
  big:
    checks:
{checks}""")
    question = f"GET /v1/environments/big HTTP/1.1\r\nHost: 127.0.0.1:{gate.port}\r\n\r\n".encode()
    idle = []
    try:
        # Each asks for one document after the other, until those that wait for it fill the pool.
        for _ in range(8):
            connection = socket.create_connection(("127.0.0.1", gate.port))
            connection.sendall(question * 40)
            idle.append(connection)
        wait_until(lambda: gate.get("/v1/environments/big").status == 503, 60, what="a refusal")
        assert gate.get("/v1/verdict/big").status == 200
    finally:
        for connection in idle:
            connection.close()
    wait_until(lambda: gate.get("/v1/environments/big").status == 200, 30)
    metrics = gate.get("/metrics").body.decode()
    assert 'convergate_http_refused_total{limit="answers"} 0' not in metrics
