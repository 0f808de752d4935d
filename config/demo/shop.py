# SPDX-License-Identifier: Apache-2.0
"""A shop that serves 50 pretended requests a second, and says on /metrics how they went.

    python3 config/demo/shop.py PORT

It starts with a bad release: a fifth of the requests fail. POST /release/good and
POST /release/bad change that. It listens on loopback only.
"""

import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

REQUESTS_PER_SECOND = 50
BUCKETS = (0.05, 0.1, 0.3, 1.0)  # seconds
# Of 100 requests: how many fail, and how many take no longer than each bucket says.
RELEASES = {
    "bad": {"failed": 20, "buckets": (40, 70, 85, 100)},
    "good": {"failed": 0, "buckets": (80, 95, 100, 100)},
}


class Shop:
    """Counters that grow with time; whoever reads them first brings them up to date."""

    def __init__(self):
        self.lock = Lock()
        self.release = "bad"
        self.counted_until = time.monotonic()
        self.codes = {"200": 0.0, "500": 0.0}
        self.buckets = [0.0] * len(BUCKETS)
        self.seconds = 0.0

    def count(self):
        now = time.monotonic()
        requests = (now - self.counted_until) * REQUESTS_PER_SECOND
        self.counted_until = now
        now_runs = RELEASES[self.release]
        failed = requests * now_runs["failed"] / 100
        self.codes["500"] += failed
        self.codes["200"] += requests - failed
        below = 0
        for number, percent in enumerate(now_runs["buckets"]):
            self.buckets[number] += requests * percent / 100
            self.seconds += requests * (percent - below) / 100 * BUCKETS[number]
            below = percent

    def change(self, release):
        with self.lock:
            self.count()
            self.release = release

    def metrics(self):
        with self.lock:
            self.count()
            total = sum(self.codes.values())
            name = "http_request_duration_seconds"
            lines = ["# TYPE http_requests_total counter"]
            lines += [f'http_requests_total{{code="{code}"}} {n}' for code, n in self.codes.items()]
            lines += [f"# TYPE {name} histogram"]
            lines += [f'{name}_bucket{{le="{le}"}} {n}' for le, n in zip(BUCKETS, self.buckets)]
            lines += [f'{name}_bucket{{le="+Inf"}} {total}']
            lines += [f"{name}_sum {self.seconds}", f"{name}_count {total}", ""]
            return "\n".join(lines)


class Handler(BaseHTTPRequestHandler):
    shop = Shop()

    def do_GET(self):
        if self.path == "/metrics":
            self.answer(200, self.shop.metrics())
        else:
            self.answer(404, "only /metrics is here\n")

    def do_POST(self):
        release = self.path.removeprefix("/release/")
        if release in RELEASES:
            self.shop.change(release)
            self.answer(200, f"{release}\n")
        else:
            self.answer(404, "only /release/good and /release/bad are here\n")

    def answer(self, status, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
