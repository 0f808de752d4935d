# SPDX-License-Identifier: Apache-2.0
"""What a service manager sees of the daemon: notifications, the watchdog, sockets that it passes,
credentials and the log. The manager is played by the test; no systemd runs here."""

import ctypes
import http.client
import os
import re
import signal
import socket
import subprocess
import threading
import time

import pytest

from conftest import BUILD, ROOT, answer, free_port, http_request, vector, wait_until

CONFIG = """
server: {{listen: "{listen}"}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s}}
sources:
  good: {{type: prometheus, url: "{url}"}}
  gone: {{type: prometheus, url: "http://127.0.0.1:{gone}"}}
environments:
  here: {{checks: {{c: {{source: good, query: x, ready: ">= 1"}}}}}}
  there: {{checks: {{c: {{source: gone, query: x, ready: ">= 1"}}}}}}
"""

STALLING = """
server: {listen: "127.0.0.1:0"}
sources: {s: {type: scripted}}
environments:
  e: {checks: {c: {source: s, do: stall, after: 2s, interval: 6s, timeout: 5s}}}
"""


class Manager:
    """The socket of a service manager, and when it got which message."""

    def __init__(self, address):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(("\0" + address[1:]) if address.startswith("@") else address)
        self.address = address
        self.messages = []
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self):
        while True:
            try:
                text = self.socket.recv(4096).decode()
            except OSError:
                return
            self.messages.append((time.monotonic(), text))

    def lines(self):
        return [line for _, text in list(self.messages) for line in text.split("\n")]

    def times(self, line):
        return [at for at, text in list(self.messages) if line in text.split("\n")]


class Service:
    """convergated as a service manager starts it."""

    def __init__(self, folder, config, environment, *arguments, before=(), pass_fds=()):
        (folder / "c.yaml").write_text(config)
        self.log_path = folder / "log"
        self.log_file = open(self.log_path, "wb")
        self.process = subprocess.Popen(
            [*before, BUILD / "bin/convergated", "-c", folder / "c.yaml", *arguments],
            env={**os.environ, **environment}, stdin=subprocess.DEVNULL, stdout=self.log_file,
            stderr=self.log_file, pass_fds=pass_fds, start_new_session=True)

    def log(self):
        return self.log_path.read_text(errors="replace")

    def port(self):
        def listening():
            assert self.process.poll() is None, self.log()
            return re.search(r"msg=listening address=127\.0\.0\.1:(\d+)", self.log())
        return int(wait_until(listening, what="the port").group(1))

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(30)
        self.log_file.close()
        return code


@pytest.fixture
def service(tmp_path):
    started = []

    def start(config, environment=None, *arguments, **kwargs):
        started.append(Service(tmp_path, config, environment or {}, *arguments, **kwargs))
        return started[-1]

    yield start
    for one in started:
        if one.process.poll() is None:
            assert one.stop() == 0, one.log()


@pytest.fixture
def config(upstream):
    server = upstream({"good": lambda connection: connection.sendall(answer(vector(1)))})

    def make(listen="127.0.0.1:0"):
        return CONFIG.format(listen=listen, url=server.url("good"), gone=free_port())

    return make


# ---- notifications ----


@pytest.mark.parametrize("abstract", [False, True], ids=["path", "abstract"])
def test_the_manager_is_told_of_the_daemons_life(service, config, tmp_path, abstract):
    manager = Manager(f"@convergate-test-{os.getpid()}" if abstract else f"{tmp_path}/notify")
    one = service(config(), {"NOTIFY_SOCKET": manager.address})
    wait_until(lambda: "READY=1" in manager.lines(), what="READY")
    port = one.port()
    assert http_request(port, "GET", "/readyz").status == 200  # it listens when it says so
    wait_until(lambda: "STATUS=1 of 2 sources up, 2 environments" in manager.lines(), what="STATUS")
    assert one.stop() == 0
    assert "STOPPING=1" in manager.lines()
    assert manager.lines().count("READY=1") == 1 and not manager.times("WATCHDOG=1")


@pytest.mark.parametrize("good", [True, False], ids=["taken", "refused"])
def test_a_reload_begins_and_ends_for_the_manager(service, config, tmp_path, good):
    manager = Manager(f"{tmp_path}/notify")
    one = service(config(), {"NOTIFY_SOCKET": manager.address})
    wait_until(lambda: "READY=1" in manager.lines(), what="READY")
    if not good:
        (tmp_path / "c.yaml").write_text("environments: [\n")
    before = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    one.process.send_signal(signal.SIGHUP)
    wait_until(lambda: manager.lines().count("READY=1") == 2, what="the second READY")
    after = time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000
    [text] = [text for _, text in manager.messages if text.startswith("RELOADING=1\n")]
    found = re.fullmatch(r"RELOADING=1\nMONOTONIC_USEC=(\d+)", text)
    assert before <= int(found.group(1)) <= after
    states = [line for line in manager.lines() if line in ("READY=1", "RELOADING=1")]
    assert states == ["READY=1", "RELOADING=1", "READY=1"]
    assert ("level=error" in one.log()) != good


def test_nothing_is_ready_on_a_bad_configuration(service, tmp_path):
    manager = Manager(f"{tmp_path}/notify")
    one = service("environments: {prod: {chekcs: {}}}\n", {"NOTIFY_SOCKET": manager.address})
    assert one.process.wait(30) == 1
    assert manager.lines() == []


def test_a_manager_that_is_gone_does_no_harm(service, config, tmp_path):
    for address in (f"{tmp_path}/nobody", "relative", "@"):
        one = service(config(), {"NOTIFY_SOCKET": address, "WATCHDOG_USEC": "100000"})
        assert http_request(one.port(), "GET", "/livez").status == 200
        assert one.stop() == 0
        assert one.log().count("level=warning") >= 1


# ---- the watchdog ----


def test_the_watchdog_is_fed_twice_a_period(service, config, tmp_path):
    manager = Manager(f"{tmp_path}/notify")
    service(config(), {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"})
    wait_until(lambda: len(manager.times("WATCHDOG=1")) >= 10, what="ten pings")
    times = manager.times("WATCHDOG=1")
    assert (times[9] - times[0]) / 9 == pytest.approx(0.2, abs=0.1)


def test_only_the_deciding_thread_feeds_the_watchdog(service, tmp_path):
    """It is held up for two seconds; the HTTP threads go on answering, and feed nothing."""
    manager = Manager(f"{tmp_path}/notify")
    one = service(STALLING, {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "400000"},
                  "--modules", BUILD / "tests/modules")
    port = one.port()

    def silences():
        times = manager.times("WATCHDOG=1")
        return [(before, after) for before, after in zip(times, times[1:]) if after - before > 1.8]

    answered = []

    def stalled():
        answered.append((time.monotonic(), http_request(port, "GET", "/metrics").status))
        return silences()

    [(before, after)] = wait_until(stalled, what="a silence")
    within = [status for at, status in answered if before + 0.3 < at < after - 0.3]
    assert len(within) >= 5 and set(within) == {200}


def test_a_watchdog_of_another_process_is_not_fed(service, config, tmp_path):
    manager = Manager(f"{tmp_path}/notify")
    one = service(config(), {"NOTIFY_SOCKET": manager.address, "WATCHDOG_USEC": "100000",
                             "WATCHDOG_PID": "1"})
    wait_until(lambda: "STATUS=1 of 2 sources up, 2 environments" in manager.lines(), what="STATUS")
    assert one.stop() == 0
    assert not manager.times("WATCHDOG=1")


# ---- sockets ----


def pass_sockets(sockets, names=None, pid="$$"):
    """What systemd does between fork and exec: sockets from descriptor 3 on, and the variables."""
    moves = " ".join(f"{3 + i}<&{one.fileno()}" for i, one in enumerate(sockets))
    script = f'export LISTEN_PID={pid}; exec "$0" "$@" {moves}'
    environment = {"LISTEN_FDS": str(len(sockets))}
    if names is not None:
        environment["LISTEN_FDNAMES"] = names
    return {"environment": environment, "before": ["bash", "-c", script],
            "pass_fds": [one.fileno() for one in sockets]}


@pytest.fixture
def listener():
    with socket.create_server(("127.0.0.1", 0)) as one:
        yield one


@pytest.mark.parametrize("names", ["http", "convergated.socket", "unknown", None])
def test_a_socket_that_is_passed_is_served(service, config, listener, names):
    port = listener.getsockname()[1]
    one = service(config(f"127.0.0.1:{port}"), **pass_sockets([listener], names))
    assert one.port() == port
    assert http_request(port, "GET", "/livez").status == 200
    flags = re.search(r"flags:\s+(\d+)", open(f"/proc/{one.process.pid}/fdinfo/3").read())
    assert int(flags.group(1), 8) & os.O_CLOEXEC


def test_who_connects_early_is_answered_by_the_next_daemon(service, config, listener):
    """Between two daemons the socket stays: a connection waits, and is not refused."""
    port = listener.getsockname()[1]
    first = service(config(f"127.0.0.1:{port}"), **pass_sockets([listener], "http"))
    first.port()
    assert first.stop() == 0
    with socket.create_connection(("127.0.0.1", port), timeout=20) as early:
        early.sendall(f"GET /livez HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode())
        service(config(f"127.0.0.1:{port}"), **pass_sockets([listener], "http"))
        assert early.recv(4096).startswith(b"HTTP/1.1 200")


def test_a_socket_must_listen_where_the_configuration_says(service, config, listener):
    one = service(config("127.0.0.1:1"), **pass_sockets([listener], "http"))
    assert one.process.wait(30) == 1
    assert "does not listen on 127.0.0.1 port 1" in one.log()


def test_a_socket_that_nobody_serves_is_refused(service, config, listener):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = listener.getsockname()[1]
        one = service(config(f"127.0.0.1:{port}"), **pass_sockets([listener, other], "http:other"))
        assert one.process.wait(30) == 1
        assert "no listener is called 'other'" in one.log()


def ask_path(path, target):
    connection = http.client.HTTPConnection("localhost", timeout=10)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(str(path))
    connection.request("GET", target)
    return connection.getresponse().status


def test_the_other_listeners_can_be_passed_too(service, config, listener, tmp_path):
    port, path = listener.getsockname()[1], tmp_path / "gate.sock"
    text = config().replace('listen: "127.0.0.1:0"', f'socket: {path}, health: "127.0.0.1:{port}"')
    with socket.socket(socket.AF_UNIX) as local:
        local.bind(str(path))
        local.listen()
        one = service(text.replace("{socket", '{listen: "127.0.0.1:0", socket'),
                      **pass_sockets([local, listener], "socket:health"))
        assert one.port() != port
        assert http_request(port, "GET", "/livez").status == 200
        assert ask_path(path, "/livez") == 200
        assert one.stop() == 0
        assert path.exists()  # it belongs to who made it


@pytest.mark.parametrize("name", ["socket", "health"])
def test_a_socket_for_what_is_not_configured_is_refused(service, config, listener, name):
    one = service(config(), **pass_sockets([listener], name))
    assert one.process.wait(30) == 1
    assert f"a socket is passed for `server.{name}`, which the configuration lacks" in one.log()


def test_a_unix_socket_must_be_the_configured_one(service, config, listener, tmp_path):
    text = config().replace("{listen", f"{{socket: {tmp_path}/gate.sock, listen")
    one = service(text, **pass_sockets([listener], "socket"))
    assert one.process.wait(30) == 1
    assert f"does not listen on {tmp_path}/gate.sock" in one.log()


def test_two_sockets_of_one_name_are_refused(service, config, listener):
    with socket.create_server(("127.0.0.1", 0)) as other:
        one = service(config(), **pass_sockets([listener, other], "http:http"))
        assert one.process.wait(30) == 1
        assert "two sockets are called 'http'" in one.log()


def test_what_does_not_listen_is_refused(service, config):
    with socket.socket() as idle, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as datagram, \
            open("/dev/null") as file:
        for wrong in (idle, datagram, file):
            one = service(config(), **pass_sockets([wrong], "http"))
            assert one.process.wait(30) == 1
            assert "LISTEN_FDS: descriptor 3" in one.log()


def test_sockets_of_another_process_are_not_taken(service, config, listener):
    one = service(config(), **pass_sockets([listener], "http", pid="1"))
    assert one.port() != listener.getsockname()[1]


# ---- confinement, credentials and the log ----


PR_SET_MDWE, PR_GET_MDWE = 65, 66  # the kernel's own form of MemoryDenyWriteExecute=


def test_it_runs_where_memory_cannot_be_made_executable(convergated):
    prctl = ctypes.CDLL(None).prctl
    if prctl(PR_GET_MDWE, 0, 0, 0, 0) < 0:
        pytest.skip("this kernel cannot refuse executable memory (it is older than 6.3)")
    done = convergated("--check", "-c", ROOT / "config/convergate.yaml",
                       preexec_fn=lambda: prctl(PR_SET_MDWE, 1, 0, 0, 0))
    assert done.returncode == 0, done.stderr


def test_a_credential_is_read_from_its_directory(service, upstream, tmp_path):
    (tmp_path / "credentials").mkdir()
    (tmp_path / "credentials/token").write_text("open-sesame\n")
    server = upstream({"good": lambda connection: connection.sendall(answer(vector(1)))})
    text = CONFIG.format(listen="127.0.0.1:0", url=server.url("good"), gone=free_port())
    service(text.replace('url: "http', 'bearer: "credential:token", url: "http', 1),
            {"CREDENTIALS_DIRECTORY": f"{tmp_path}/credentials"})
    wait_until(lambda: server.requests, what="a request")
    assert b"Authorization: Bearer open-sesame\r\n" in server.requests[0]


def test_the_journal_gets_priorities(service, config, tmp_path):
    """Where JOURNAL_STREAM names stderr, each line begins with its priority and has no time."""
    log = tmp_path / "log"
    log.touch()
    info = log.stat()
    one = service(config(), {"JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino}",
                             "NOTIFY_SOCKET": f"{tmp_path}/nobody"})
    http_request(one.port(), "POST", "/v1/verdict/here", '{"app": "a b"}',
                 {"Content-Type": "application/json"})
    assert one.stop() == 0
    levels = {"error": 3, "warning": 4, "info": 6, "debug": 7}
    for line in one.log().splitlines():
        found = re.match(r'<(\d)>level=(\w+) msg=("(?:[^"\\]|\\.)*"|\S+)( \w+=("(?:[^"\\]|\\.)*"|\S*))*$', line)
        assert found and levels[found.group(2)] == int(found.group(1)), line
    assert {"<4>level=warning", "<6>level=info"} <= set(re.findall(r"^<.>level=\w+", one.log(), re.M))
    assert 'app="a b"' in one.log()


def test_mistakes_in_the_configuration_are_errors_in_the_journal(service, tmp_path):
    log = tmp_path / "log"
    log.touch()
    info = log.stat()
    one = service("environments: {prod: {chekcs: {}}}\n",
                  {"JOURNAL_STREAM": f"{info.st_dev}:{info.st_ino}"})
    assert one.process.wait(30) == 1
    assert re.match(r"<3>\S+c\.yaml:1:\d+: error: ", one.log()), one.log()
