#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Thousands of long polls on one gate: what they cost while they wait, and how soon the last one has
its answer when the gate opens. A bare loopback server that answers as many suspended sockets from
one epoll loop stands beside it: what the machine needs for the writes alone."""

import json
import resource
import select
import signal
import socket
import sys
import tempfile
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import built, cpu_seconds, free_port, resident_mib, start, stop  # noqa: E402

WAITERS = 5000
ROUNDS = 3
LAST_BUDGET_MS = 250
MEMORY_BUDGET_KIB = 16  # for each who waits
CONFIG = """
server: {{listen: "127.0.0.1:{port}"}}
defaults: {{interval: 200ms, timeout: 150ms, rise: 0s, fall: 0s}}
sources: {{metrics: {{type: prometheus, url: "http://127.0.0.1:{upstream}"}}}}
environments:
  prod: {{checks: {{open: {{source: metrics, query: x, ready: "== 1"}}}}, gates: {{deploy: {{}}}}}}
"""


class Upstream:
    """Answers a query with the value that is set."""

    def __init__(self):
        self.value = 0
        upstream = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                self.rfile.read(int(self.headers["Content-Length"]))
                body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": [
                    {"metric": {}, "value": [time.time(), str(upstream.value)]}]}}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def get(port, path):
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
                           "Connection: close\r\n\r\n".encode())
        data = b""
        while piece := connection.recv(65536):
            data += piece
    return data.decode()


def metric(port, name):
    for line in get(port, "/metrics").splitlines():
        if line.startswith(name + " "):
            return float(line.rsplit(" ", 1)[1])
    raise SystemExit(f"no metric {name}")


def wait_until(what, ask, seconds=60):
    deadline = time.monotonic() + seconds
    while not ask():
        if time.monotonic() > deadline:
            raise SystemExit(f"{what} did not come in {seconds} s")
        time.sleep(0.02)


def read_all(sockets, wanted):
    """When the first and the last of them had something to read, which must have that in it."""
    poller = select.epoll()
    by_fd = {each.fileno(): each for each in sockets}
    for fd in by_fd:
        poller.register(fd, select.EPOLLIN | select.EPOLLONESHOT)
    first = last = 0
    left = set(by_fd)
    wrong = 0
    while left:
        events = poller.poll(30)
        now = time.monotonic()
        if not events:
            raise SystemExit(f"{len(left)} of {len(sockets)} were not answered")
        first = first or now
        for fd, _ in events:
            wrong += wanted not in by_fd[fd].recv(8192).lower()
            left.discard(fd)
        last = now
    poller.close()
    if wrong:
        raise SystemExit(f"{wrong} of {len(sockets)} got another answer")
    return first, last


def begin_to_wait(port, upstream, sockets):
    request = f"GET /v1/check/prod?wait=55s HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n".encode()
    upstream.value = 0
    wait_until("wait", lambda: "verdict: wait" in get(port, "/v1/verdict/prod").lower())
    for each in sockets:
        each.sendall(request)
    wait_until("all waiting",
               lambda: metric(port, "convergate_http_waiters") == len(sockets))


def stop_all_waiting(daemon, port, upstream, sockets):
    begin_to_wait(port, upstream, sockets)
    started = time.monotonic()
    daemon.send_signal(signal.SIGTERM)
    read_all(sockets, b"verdict: wait")
    daemon.wait(30)
    return (time.monotonic() - started) * 1000


def one_round(daemon, port, upstream, sockets):
    """Cost of waking all who wait on these sockets, in ms and µs."""
    begin_to_wait(port, upstream, sockets)
    memory = resident_mib(daemon.pid)
    idle = cpu_seconds(daemon.pid)
    time.sleep(2)
    idle = (cpu_seconds(daemon.pid) - idle) / 2
    before = cpu_seconds(daemon.pid)
    upstream.value = 1
    first, last = read_all(sockets, b"verdict: go")
    wait_until("nobody waiting", lambda: metric(port, "convergate_http_waiters") == 0)
    return {"memory": memory, "idle": idle * 100, "spread": (last - first) * 1000,
            "cpu": (cpu_seconds(daemon.pid) - before) * 1e6 / len(sockets)}


def bare(count):
    """The same many sockets answered by a loop that does nothing else: the machine's share."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    ours, theirs = [], []
    for _ in range(count):
        ours.append(socket.create_connection(listener.getsockname()))
        theirs.append(listener.accept()[0])
    answer = b"HTTP/1.1 200 OK\r\nX-Gate-Verdict: go\r\n\r\n" + b"x" * 600

    def write():
        for each in theirs:
            each.sendall(answer)

    threading.Thread(target=write).start()
    first, last = read_all(ours, b"verdict: go")
    for each in ours + theirs + [listener]:
        each.close()
    return (last - first) * 1000


def main():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4 * WAITERS
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise SystemExit(f"needs {wanted} descriptors; this machine allows {hard}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    upstream = Upstream()
    with tempfile.TemporaryDirectory(prefix="convergate-bench-") as folder:
        port = free_port()
        config = Path(folder, "gate.yaml")
        config.write_text(CONFIG.format(port=port, upstream=upstream.server.server_port))
        daemon = start([built("bin/convergated"), "-c", config], Path(folder, "log"))
        try:
            wait_until("the daemon", lambda: not socket.socket().connect_ex(("127.0.0.1", port)))
            upstream.value = 1
            wait_until("go", lambda: "verdict: go" in get(port, "/v1/verdict/prod").lower())
            empty = resident_mib(daemon.pid)
            sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(WAITERS)]
            print(f"{WAITERS} long polls on one gate; {empty:.1f} MiB before")
            print("round  KiB/waiter  idle CPU %  first to last ms  bare ms  CPU us/waiter")
            results = []
            for number in range(1, ROUNDS + 1):
                result = one_round(daemon, port, upstream, sockets)
                result["bare"] = bare(WAITERS)
                result["each"] = (result["memory"] - empty) * 1024 / WAITERS
                results.append(result)
                print(f"{number:>5}  {result['each']:>10.1f}  {result['idle']:>10.1f}  "
                      f"{result['spread']:>16.1f}  {result['bare']:>7.1f}  {result['cpu']:>13.1f}")
            stopped = stop_all_waiting(daemon, port, upstream, sockets)
            print(f"stopped with all of them waiting, each answered: {stopped:.0f} ms")
            for each in sockets:
                each.close()
        finally:
            stop(daemon)
    spread = max(result["spread"] for result in results)
    each = max(result["each"] for result in results)
    fine = spread <= LAST_BUDGET_MS and each <= MEMORY_BUDGET_KIB and daemon.returncode == 0
    print(f"the last answer came {spread:.0f} ms after the first at worst "
          f"(budget {LAST_BUDGET_MS}), {each:.1f} KiB for each (budget {MEMORY_BUDGET_KIB}), "
          f"exit code {daemon.returncode}: {'within' if fine else 'OVER'}")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
