# SPDX-License-Identifier: Apache-2.0
"""Waiting on the daemon's side: long polls, the stream of events, and the command that strings
long polls together. The gate follows a number that the test sets."""

import http.client
import json
import os
import pty
import resource
import select
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import BUILD, answer, vector, wait_until

CONFIG = """
server: {{listen: "127.0.0.1:0"}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s, fall: 0s}}
sources: {{metrics: {{type: prometheus, url: "{url}"}}}}
environments:
  prod:
    checks: {{c: {{source: metrics, query: x, ready: ">= 1"}}}}
    gates: {{deploy: {{}}, promote: {{}}}}
"""
WAITERS = "convergate_http_waiters"


class Gate:
    """A daemon with one check, whose value is `value`."""

    def __init__(self, daemon, upstream):
        self.value = 0
        server = upstream({"x": lambda connection: connection.sendall(answer(vector(self.value)))})
        self.daemon = daemon(CONFIG.format(url=server.url("x")))
        self.port = self.daemon.port
        wait_until(lambda: self.daemon.check("prod", "c")["status"] == "failed")

    def waiters(self, count):
        wait_until(lambda: self.daemon.metric(WAITERS) == count, what=f"{count} waiters")

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def ask(self, path, method="GET", extra=""):
        """Sends a request, and leaves its answer to come."""
        connection = self.connect()
        connection.sendall(f"{method} {path} HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
                           f"{extra}\r\n".encode())
        return connection


def status(connection):
    """The status and the rest of the next answer."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    body = response.read()
    return response.status, response.getheader("X-Gate-Verdict"), body


@pytest.fixture
def gate(daemon, upstream):
    return Gate(daemon, upstream)


def test_a_waiting_request_is_answered_soon_after_the_change(gate):
    asked = [gate.ask("/v1/check/prod?wait=50s"),
             gate.ask("/v1/verdict/prod/promote?wait=50s&app=shop"),
             gate.ask("/v1/check/prod?wait=50s&app=shop", "POST", "Content-Length: 0\r\n")]
    gate.waiters(3)
    gate.value = 1
    wait_until(lambda: gate.daemon.verdict("prod")["verdict"] == "go", every=0.01)
    changed = time.monotonic()
    for connection in asked:
        assert status(connection)[:2] == (200, "go")
    assert time.monotonic() - changed < 1
    gate.waiters(0)


def test_a_time_that_is_up_answers_wait(gate):
    started = time.monotonic()
    assert status(gate.ask("/v1/check/prod?wait=1s"))[:2] == (503, "wait")
    assert 1 <= time.monotonic() - started < 2
    assert gate.daemon.get("/v1/check/prod?wait=56s").status == 400
    assert gate.daemon.get("/v1/check/prod?wait=30").status == 400


def test_a_client_that_left_is_noticed(gate):
    asked = [gate.ask("/v1/check/prod?wait=50s") for _ in range(20)]
    gate.waiters(20)
    for connection in asked[:15]:
        connection.close()
    gate.waiters(5)


def test_a_pipelined_request_waits_behind_a_waiting_one(gate):
    connection = gate.connect()
    for path in "/v1/verdict/prod?wait=1s", "/livez":
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{gate.port}\r\n\r\n".encode())
    gate.waiters(1)
    text = b""
    while b"\r\n\r\nok" not in text:
        text += connection.recv(65536)
    assert text.index(b"X-Gate-Verdict: wait") < text.index(b"\r\n\r\nok")


def test_a_thousand_are_woken_at_once(gate):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if min(hard, 4096) < 2200:
        pytest.skip("this machine allows too few descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 4096)), hard))
    room = int(gate.daemon.metric("process_max_fds")) // 2 * 3 // 4
    count = min(1000, room - 10)
    asked = [gate.ask("/v1/check/prod?wait=50s") for _ in range(count)]
    gate.waiters(count)
    gate.value = 1
    wait_until(lambda: gate.daemon.verdict("prod")["verdict"] == "go", every=0.01)
    changed = time.monotonic()
    for connection in asked:
        assert status(connection)[:2] == (200, "go")
        connection.close()
    assert time.monotonic() - changed < 10
    gate.waiters(0)


def test_a_stop_answers_all_who_wait(gate):
    asked = [gate.ask("/v1/check/prod?wait=50s") for _ in range(50)]
    stream = gate.ask("/v1/events")
    gate.waiters(51)
    started = time.monotonic()
    gate.daemon.stop()
    assert time.monotonic() - started < 10
    for connection in asked:
        assert status(connection)[:2] == (503, "wait")
    while stream.recv(65536):
        pass


def test_a_reload_answers_all_who_wait(gate):
    asked = [gate.ask("/v1/check/prod?wait=50s") for _ in range(20)]
    stream = Stream(gate, "?gate=deploy")
    while not stream.last_id:
        stream.frame()
    gate.waiters(21)
    gate.daemon.process.send_signal(signal.SIGHUP)
    for connection in asked:
        assert status(connection)[:2] == (503, "wait")
    assert stream.event()["verdict"] == "wait"  # the whole state again
    # The connections go on.
    asked[0].sendall(f"GET /livez HTTP/1.1\r\nHost: localhost:{gate.port}\r\n\r\n".encode())
    assert status(asked[0])[0] == 200
    gate.value = 1
    assert stream.event()["verdict"] == "go"
    stream.close()


# ---- events ----


class Stream:
    """Reads events as a browser does."""

    def __init__(self, gate, query="", last_id=None):
        self.connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=30)
        headers = {"Last-Event-ID": last_id} if last_id else {}
        self.connection.request("GET", f"/v1/events{query}", headers=headers)
        self.response = self.connection.getresponse()
        assert self.response.status == 200
        assert self.response.getheader("Content-Type") == "text/event-stream"
        self.last_id = last_id

    def frame(self):
        """The fields of the next frame; a comment's is ''."""
        fields = {}
        while True:
            line = self.response.readline()
            assert line, "the stream ended"
            line = line.decode().rstrip("\n")
            if not line:
                if "id" in fields:
                    self.last_id = fields["id"]
                return fields
            name, _, value = line.partition(":")
            fields[name] = value.removeprefix(" ")

    def event(self):
        while True:
            fields = self.frame()
            if fields.get("event") == "verdict":
                return json.loads(fields["data"])

    def close(self):
        self.connection.close()


def test_events_tell_the_state_and_then_each_change(gate):
    stream = Stream(gate)
    for name in "deploy", "promote":
        first = stream.event()
        assert set(first) == {"environment", "gate", "verdict", "unknown", "phase", "summary", "at"}
        assert (first["gate"], first["verdict"], first["phase"]) == (name, "wait", "failed")
    while not stream.last_id:
        stream.frame()
    gate.value = 1
    assert [(event["gate"], event["verdict"]) for event in (stream.event(), stream.event())] == [
        ("deploy", "go"), ("promote", "go")]
    numbers = int(stream.last_id.rsplit("-", 1)[1])
    gate.value = 0
    assert stream.event()["verdict"] == "wait"
    assert int(stream.last_id.rsplit("-", 1)[1]) == numbers + 1
    stream.close()
    gate.waiters(0)


def test_who_comes_back_is_told_what_was_missed(gate):
    stream = Stream(gate, "?env=prod&gate=deploy")
    while not stream.last_id:
        stream.frame()
    stream.close()
    gate.value = 1
    gate.daemon.wait_for("prod", "go")
    gate.value = 0
    gate.daemon.wait_for("prod", "wait")
    again = Stream(gate, "?env=prod&gate=deploy", stream.last_id)
    assert [again.event()["verdict"] for _ in range(2)] == ["go", "wait"]
    again.close()
    fresh = Stream(gate, "?env=prod&gate=deploy", "0-1")
    assert fresh.event()["verdict"] == "wait"
    fresh.close()


def test_a_quiet_stream_is_kept_alive(gate):
    stream = Stream(gate)
    while not stream.last_id:
        stream.frame()
    started = time.monotonic()
    assert stream.frame() == {"": ""}
    assert 13 < time.monotonic() - started < 17
    stream.close()


# ---- the command ----


def command(gate, *arguments, **kwargs):
    return subprocess.Popen([BUILD / "bin" / "convergate", "check", "prod", "--server",
                             f"http://127.0.0.1:{gate.port}", *arguments],
                            stdin=subprocess.DEVNULL, **kwargs)


def test_check_waits_and_is_quiet_in_a_pipe(gate):
    process = command(gate, "--wait", "1m", "--app", "shop", stdout=subprocess.PIPE,
                      stderr=subprocess.PIPE, text=True)
    gate.waiters(1)
    gate.value = 1
    out, err = process.communicate(timeout=20)
    assert process.returncode == 0 and err == ""
    assert out.startswith("go") and "recorded as" in out


def test_check_ends_when_its_time_is_up(gate):
    started = time.monotonic()
    process = command(gate, "--wait", "2s", stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                      text=True)
    out, err = process.communicate(timeout=20)
    assert process.returncode == 1 and err == "" and out.startswith("wait")
    assert 2 <= time.monotonic() - started < 6


def test_check_shows_its_progress_on_a_terminal(gate):
    ours, theirs = pty.openpty()
    process = command(gate, "--wait", "1m", stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    gate.waiters(1)
    gate.value = 1
    assert process.wait(20) == 0
    assert process.stdout.read().startswith(b"go")
    shown = b""
    while select.select([ours], [], [], 1)[0]:
        try:
            shown += os.read(ours, 4096)
        except OSError:
            break
    os.close(ours)
    assert b"wait, " in shown and b"0 of 1 check ready" in shown


def test_check_goes_on_when_something_in_between_does_not_hold(gate):
    """A proxy that drops whoever is silent for a second: the polls become shorter."""
    listener = socket.create_server(("127.0.0.1", 0))

    def relay(client):
        with client, gate.connect() as server:
            ours = str(listener.getsockname()[1]).encode()
            server.sendall(client.recv(65536).replace(ours, str(gate.port).encode()))
            if select.select([server], [], [], 1)[0]:
                client.sendall(server.recv(65536))

    def accept():
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=relay, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    process = subprocess.Popen(
        [BUILD / "bin" / "convergate", "check", "prod", "--wait", "2m", "--server",
         f"http://127.0.0.1:{listener.getsockname()[1]}"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    gate.waiters(1)
    gate.waiters(0)
    gate.value = 1
    out, err = process.communicate(timeout=60)
    listener.close()
    assert process.returncode == 0, (out, err)
    assert len(err.splitlines()) <= 2
