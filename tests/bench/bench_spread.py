#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""10,000 checks of one source, started together: does any second see more than twice its share?

The source is nginx, which answers every query with the same element, dated now, and logs when it
was asked; the daemon has one environment with 10,000 different queries every 15 s. Seconds are
counted from the first request, over the first two intervals, in which a start-up burst would show.
Also printed: the daemon's CPU, memory and longest turn, and how long a verdict took meanwhile.

    CVG_BUILD_DIR=build/release CVG_NGINX=build/servers/bin/nginx tests/bench/bench_spread.py
"""

import collections
import http.client
import json
import re
import sys
import tempfile
import time
from pathlib import Path

from common import built, cpu_seconds, free_port, resident_mib, server, start, stop

CHECKS = 10_000
INTERVAL = 15
BUDGET = 2.0
ANSWER = ('{"status":"success","data":{"resultType":"vector",'
          '"result":[{"metric":{},"value":[$msec,"1"]}]}}')


def start_source(folder):
    port = free_port()
    Path(folder, "nginx.conf").write_text(f"""daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    log_format asked '$msec';
    access_log {folder}/asked.log asked buffer=1m flush=1s;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ default_type application/json; return 200 '{ANSWER}'; }}
    }}
}}
""")
    command = [server("nginx"), "-p", folder, "-e", f"{folder}/nginx.log", "-c", f"{folder}/nginx.conf"]
    return start(command, f"{folder}/nginx.out"), port


def start_daemon(folder, source_port):
    port = free_port()
    config = Path(folder, "convergate.yaml")
    checks = "".join(f'      c{i}: {{source: metrics, query: "q{i}", ready: ">= 1"}}\n'
                     for i in range(CHECKS))
    config.write_text(f"""server: {{listen: "127.0.0.1:{port}"}}
defaults: {{interval: {INTERVAL}s, timeout: 10s}}
sources:
  metrics: {{type: prometheus, url: "http://127.0.0.1:{source_port}"}}
environments:
  prod:
    checks:
{checks}""")
    return start([built("bin/convergated"), "-c", config], f"{folder}/daemon.log"), port


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        return connection.getresponse().read()
    finally:
        connection.close()


def wait_for_the_port(port):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            return get(port, "/livez")
        except OSError:
            time.sleep(0.05)
    sys.exit("the daemon does not answer")


def watch(daemon, port, seconds):
    """The slowest verdict in milliseconds, asked ten times a second."""
    slowest, end = 0.0, time.monotonic() + seconds
    while time.monotonic() < end:
        if daemon.poll() is not None:
            sys.exit(f"the daemon ended with {daemon.returncode}")
        began = time.monotonic()
        json.loads(get(port, "/v1/verdict/prod"))
        slowest = max(slowest, time.monotonic() - began)
        time.sleep(0.1)
    return slowest * 1000


def per_second(folder):
    times = [float(line) for line in Path(folder, "asked.log").read_text().split()]
    counted = collections.Counter(int(moment - min(times)) for moment in times)
    return [counted[second] for second in range(2 * INTERVAL)]


def main():
    with tempfile.TemporaryDirectory(prefix="convergate-bench-") as folder:
        nginx, source_port = start_source(folder)
        began = time.monotonic()
        daemon, port = start_daemon(folder, source_port)
        try:
            wait_for_the_port(port)
            print(f"start to first answer with {CHECKS} checks: {time.monotonic() - began:.2f} s")
            before, began = cpu_seconds(daemon.pid), time.monotonic()
            slowest = watch(daemon, port, 2 * INTERVAL + 2)
            spent = (cpu_seconds(daemon.pid) - before) / (time.monotonic() - began)
            memory = resident_mib(daemon.pid)
            metrics = get(port, "/metrics").decode()
            turn = float(re.search(r"^convergate_loop_longest_turn_seconds (\S+)", metrics, re.M)[1])
        finally:
            stop(daemon)
            stop(nginx)
        seconds = per_second(folder)
    share = CHECKS / INTERVAL
    most = max(seconds) / share
    print("requests in each second:", *seconds)
    print(f"share {share:.0f}, busiest second {max(seconds)}: {most:.2f} x its share, "
          f"{'within' if most <= BUDGET else 'OVER'} the budget of {BUDGET:.0f}")
    print(f"the daemon meanwhile: {spent * 100:.1f} % of a core, {memory:.0f} MiB, "
          f"longest turn {turn * 1000:.1f} ms, slowest verdict {slowest:.1f} ms")
    return 0 if most <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
