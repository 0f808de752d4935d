#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""10,000 checks in 100 environments are reloaded: how long was the deciding thread's longest turn,
and how long did readers wait?

The source is nginx, which answers every query with the same element. For each change a daemon of
its own runs until every check was asked once; then its file is rewritten and SIGHUP sent five
times, while one connection asks for verdicts without a pause. The turn before the reloads is
printed beside the one after, since the metric is the longest of the last minute or two.

    CVG_BUILD_DIR=build/release CVG_NGINX=build/servers/bin/nginx tests/bench/bench_reload.py
"""

import http.client
import re
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench_spread import get, start_source, wait_for_the_port
from common import built, free_port, resident_mib, start, stop

ENVIRONMENTS, CHECKS = 100, 100
INTERVAL = 15
RELOADS = 5
BUDGET_MS = 50.0


def configuration(port, source_port, query, rise):
    """query and rise: from a check's number to what stands there."""
    lines = [f'server: {{listen: "127.0.0.1:{port}"}}',
             f"defaults: {{interval: {INTERVAL}s, timeout: 10s}}",
             f'sources: {{metrics: {{type: prometheus, url: "http://127.0.0.1:{source_port}"}}}}',
             "environments:"]
    for environment in range(ENVIRONMENTS):
        lines += [f"  e{environment}:", "    checks:"]
        for number in range(environment * CHECKS, (environment + 1) * CHECKS):
            lines.append(f'      c{number}: {{source: metrics, query: "{query(number)}", '
                         f'ready: ">= 1", rise: {rise(number)}}}')
    return "\n".join(lines) + "\n"


# What changes from one reload (its number is i) to the next.
CHANGES = {
    "nothing": lambda i: (lambda n: f"q{n}", lambda n: "10s"),
    "rise of every check": lambda i: (lambda n: f"q{n}", lambda n: f"{10 + i}s"),
    "every tenth query": lambda i: (lambda n: f"q{n}v{i if n % 10 == 0 else 0}", lambda n: "10s"),
    "every query": lambda i: (lambda n: f"q{n}v{i}", lambda n: "10s"),
}


class Reader(threading.Thread):
    """Asks on one connection without a pause; the slowest answer counts."""

    def __init__(self, port):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.ending, self.slowest, self.answers = False, 0.0, 0

    def run(self):
        while not self.ending:
            began = time.monotonic()
            self.connection.request("GET", "/v1/verdict/e0")
            self.connection.getresponse().read()
            self.slowest = max(self.slowest, time.monotonic() - began)
            self.answers += 1

    def stop(self):
        self.ending = True
        self.join(30)
        self.connection.close()


def metric(port, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)", get(port, "/metrics").decode(), re.M)[1])


def longest_turn_ms(port):
    return metric(port, "convergate_loop_longest_turn_seconds") * 1000


def reload(daemon, port, config, text):
    """Returns how long it took."""
    name = 'convergate_reload_total{result="accepted"}'
    before = metric(port, name)
    config.write_text(text)
    began = time.monotonic()
    daemon.send_signal(signal.SIGHUP)
    while metric(port, name) == before:
        if daemon.poll() is not None or time.monotonic() - began > 60:
            sys.exit("the reload did not come to its end")
        time.sleep(0.02)
    return time.monotonic() - began


def measure(folder, change, source_port):
    port = free_port()
    config = Path(folder, "convergate.yaml")
    config.write_text(configuration(port, source_port, *change(0)))
    daemon = start([built("bin/convergated"), "-c", config], f"{folder}/daemon.log")
    try:
        wait_for_the_port(port)
        time.sleep(INTERVAL + 2)
        before, memory = longest_turn_ms(port), resident_mib(daemon.pid)
        reader = Reader(port)
        reader.start()
        took = [reload(daemon, port, config, configuration(port, source_port, *change(i)))
                for i in range(1, RELOADS + 1)]
        time.sleep(2)  # until the vitals were taken once more, and what was new is asked
        reader.stop()
        return (before, longest_turn_ms(port), max(took), reader, memory,
                resident_mib(daemon.pid))
    finally:
        stop(daemon)


def main():
    worst = 0.0
    with tempfile.TemporaryDirectory(prefix="convergate-bench-") as folder:
        nginx, source_port = start_source(folder)
        try:
            for name, change in CHANGES.items():
                before, after, took, reader, had, has = measure(folder, change, source_port)
                worst = max(worst, after)
                print(f"{name}: longest turn {after:.1f} ms (before: {before:.1f} ms), slowest "
                      f"reload {took * 1000:.0f} ms, slowest of {reader.answers} verdicts "
                      f"{reader.slowest * 1000:.1f} ms, memory {had:.0f} then {has:.0f} MiB")
        finally:
            stop(nginx)
    print(f"longest turn with {ENVIRONMENTS * CHECKS} checks: {worst:.1f} ms, "
          f"{'within' if worst <= BUDGET_MS else 'OVER'} the budget of {BUDGET_MS:.0f} ms")
    return 0 if worst <= BUDGET_MS else 1


if __name__ == "__main__":
    sys.exit(main())
