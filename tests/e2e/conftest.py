# SPDX-License-Identifier: Apache-2.0
"""The parts that end-to-end tests are made of: the real daemon, a real Prometheus, an exporter
whose numbers a test sets, and an upstream that misbehaves on purpose. All on loopback, each on a
port of its own."""

import http.client
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

import contract
from answers import Answers

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CVG_BUILD_DIR", ROOT / "build" / "sanitize"))


def wait_until(ask, seconds=20.0, every=0.05, what="the state"):
    """Asks until the answer is true; returns it. The only way that tests here wait."""
    deadline = time.monotonic() + seconds
    while True:
        answer = ask()
        if answer:
            return answer
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not come within {seconds} s; last answer: {answer!r}")
        time.sleep(every)


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)


# Ports of daemons: what they answer must be what docs/openapi.yaml says.
DAEMONS = set()


def is_daemon(sock):
    """Over a Unix socket nobody else speaks HTTP here."""
    peer = sock.getpeername()
    return peer[1] in DAEMONS if isinstance(peer, tuple) else True


contract.watch(is_daemon)


@pytest.fixture(autouse=True)
def answers_as_described():
    contract.BROKEN.clear()
    yield
    assert not contract.BROKEN, contract.BROKEN


def http_request(port, method, path, body=None, headers=None, timeout=10):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


class Daemon:
    """convergated on a configuration, listening on a free port. environment: variables more."""

    def __init__(self, folder, config, *arguments, log="convergated.log", environment=None):
        self.folder = folder
        self.config = folder / "convergate.yaml"
        self.config.write_text(config)
        self.log_path = folder / log
        with open(self.log_path, "wb") as out:
            self.process = subprocess.Popen(
                [BUILD / "bin" / "convergated", "-c", self.config, *arguments],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
                env=os.environ | (environment or {}))
        self.port = wait_until(self._listening, what="the daemon's port")
        DAEMONS.add(self.port)

    def _listening(self):
        found = re.search(r"msg=listening address=127\.0\.0\.1:(\d+)", self.log())
        if found:
            return int(found.group(1))
        assert self.process.poll() is None, f"the daemon ended: {self.log()}"
        return None

    def log(self):
        return self.log_path.read_text(errors="replace")

    def get(self, path, **kwargs):
        return http_request(self.port, "GET", path, **kwargs)

    def post(self, path, document=None, **kwargs):
        body = None if document is None else json.dumps(document)
        headers = {"Content-Type": "application/json"} if body is not None else {}
        return http_request(self.port, "POST", path, body, headers, **kwargs)

    def verdict(self, environment, query=""):
        return self.get(f"/v1/verdict/{environment}{query}").json

    def check(self, environment, name):
        """The check as the readiness document has it."""
        checks = self.get(f"/v1/environments/{environment}").json["checks"]
        return next(check for check in checks if check["name"] == name)

    def wait_for(self, environment, verdict, seconds=20.0):
        def ask():
            document = self.verdict(environment)
            return document if document["verdict"] == verdict else None

        return wait_until(ask, seconds, what=f"{environment} = {verdict}")

    def metric(self, name):
        """The first sample of that name, labels left out."""
        for line in self.get("/metrics").body.decode().splitlines():
            if re.match(rf"{name}(\{{.*\}})? ", line):
                return float(line.rsplit(" ", 1)[1])
        raise AssertionError(f"no sample of {name}")

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def stop(self):
        """Ends it as systemd would; the exit code also says whether a sanitizer found something."""
        DAEMONS.discard(self.port)  # others may get it now
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"the daemon did not stop: {self.log()}") from None
        assert code == 0, f"exit code {code}: {self.log()}"
        assert "ERROR: " not in self.log(), self.log()


@pytest.fixture
def daemon(tmp_path):
    """daemon(config): starts one; all are stopped at the end, and must stop cleanly."""
    started = []

    def start(config, *arguments, environment=None):
        folder = tmp_path / f"daemon{len(started)}"
        folder.mkdir()
        started.append(Daemon(folder, config, *arguments, environment=environment))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture(scope="session")
def hasty(tmp_path_factory):
    """Variables of a daemon whose time goes ten times as fast (fast_clock.c)."""
    library = tmp_path_factory.mktemp("fast_clock") / "fast_clock.so"
    source = pathlib.Path(__file__).with_name("fast_clock.c")
    subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
    # A sanitizer wants to come first, and does with what it needs.
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": "verify_asan_link_order=0"}


def run_tool(name, *arguments, **kwargs):
    return subprocess.run([BUILD / "bin" / name, *map(str, arguments)], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60, **kwargs)


@pytest.fixture
def convergated():
    return lambda *arguments, **kwargs: run_tool("convergated", *arguments, **kwargs)


@pytest.fixture
def convergate():
    return lambda *arguments, **kwargs: run_tool("convergate", *arguments, **kwargs)


# ---- a real Prometheus, and what it scrapes ----


class Exporter:
    """Serves the numbers that a test sets."""

    def __init__(self):
        self.samples = {}
        exporter = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                text = "".join(f"{name} {value}\n" for name, value in exporter.samples.items())
                body = text.encode()
                self.send_response(200)
                self.send_header("Content-Type", "text/plain; version=0.0.4")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Prometheus:
    def __init__(self, folder, exporter_port):
        self.folder = folder
        self.port = free_port()
        (folder / "prometheus.yml").write_text(
            "global: {scrape_interval: 200ms, scrape_timeout: 200ms}\n"
            "scrape_configs:\n"
            "  - job_name: test\n"
            f"    static_configs: [{{targets: ['127.0.0.1:{exporter_port}']}}]\n")
        self.process = None
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def start(self):
        log = open(self.folder / "prometheus.log", "ab")
        self.process = subprocess.Popen(
            [os.environ["CVG_PROMETHEUS"], f"--config.file={self.folder}/prometheus.yml",
             f"--storage.tsdb.path={self.folder}/data",
             f"--web.listen-address=127.0.0.1:{self.port}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        log.close()
        wait_until(self._ready, 60, what="Prometheus")

    def _ready(self):
        try:
            return http_request(self.port, "GET", "/-/ready").status == 200
        except OSError:
            return False

    def query(self, text):
        import urllib.parse
        path = "/api/v1/query?" + urllib.parse.urlencode({"query": text})
        return http_request(self.port, "GET", path).json["data"]["result"]

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
            self.process.wait(30)


@pytest.fixture
def exporter():
    one = Exporter()
    yield one
    one.stop()


@pytest.fixture
def prometheus(tmp_path, exporter):
    if "CVG_PROMETHEUS" not in os.environ:
        pytest.fail("CVG_PROMETHEUS must name a Prometheus; run this by ./dev test")
    folder = tmp_path / "prometheus"
    folder.mkdir()
    one = Prometheus(folder, exporter.port)
    yield one
    one.stop(signal.SIGKILL)


@pytest.fixture
def answers():
    one = Answers()
    yield one
    one.stop()


@pytest.fixture
def place(tmp_path, answers):
    """place(environments, **keys): one with a folder of its own; what runs there is stopped."""
    from stored import Place  # which builds on this module
    made = []

    def make(environments=None, **more):
        folder = tmp_path / f"place{len(made)}"
        folder.mkdir()
        made.append(Place(folder, answers.url, environments, **more))
        return made[-1]

    yield make
    for one in made:
        one.stop()


@pytest.fixture
def cluster(tmp_path):
    """A fake Kubernetes API server of the test's own."""
    from kube.cluster import Cluster
    folder = tmp_path / "cluster"
    folder.mkdir()
    one = Cluster(folder)
    yield one
    one.stop()


# ---- an upstream that does whatever a test wants, byte by byte ----


class Upstream:
    """Answers each request by the function that the first part of its path names: a table of
    name to function(connection). What is not in the table is closed at once."""

    def __init__(self, behaviours):
        self.behaviours = behaviours
        self.requests = []
        self.stopping = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                while request := self._read(connection):
                    self.requests.append(request)
                    name = request.split(b" ")[1].split(b"/")[1].decode()
                    behave = self.behaviours.get(name)
                    if not behave or behave(connection) is False:
                        return
            except OSError:
                pass

    @staticmethod
    def _read(connection):
        data = b""
        while b"\r\n\r\n" not in data:
            more = connection.recv(65536)
            if not more:
                return b""
            data += more
        head, _, body = data.partition(b"\r\n\r\n")
        found = re.search(rb"(?i)content-length: *(\d+)", head)
        while found and len(body) < int(found.group(1)):
            more = connection.recv(65536)
            if not more:
                return b""
            body += more
        return head + b"\r\n\r\n" + body

    def stop(self):
        self.stopping.set()
        self.listener.close()


@pytest.fixture
def upstream():
    started = []

    def start(behaviours):
        started.append(Upstream(behaviours))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def answer(body, status="200 OK", content_type="application/json", extra=""):
    """A whole, honest response."""
    body = body.encode() if isinstance(body, str) else body
    return (f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {len(body)}\r\n{extra}\r\n").encode() + body


def vector(value, about=None):
    """What Prometheus says for one element; about: the time that it says it is of."""
    return json.dumps({"status": "success", "data": {
        "resultType": "vector", "result": [{"metric": {}, "value": [about or time.time(), str(value)]}]}})
