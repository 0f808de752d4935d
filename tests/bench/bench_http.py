#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of a whole http check (asked, answered, judged, recorded) against the least that libcurl
needs for the same request and parse, and against the blackbox exporter's probe of the same page.

All three ask the same nginx for the same bytes, libcurl at the daemon's pace, since who sleeps between
checks pays for being woken; what it needs without a pause is printed too. The daemon's and the exporter's is what the kernel
charged to their processes by the number of checks; libcurl's is bench_poll's. Rounds alternate, and
ratios are medians of the rounds' own. Exits with 1 where a ratio is over its budget.

    CVG_BUILD_DIR=build/release CVG_NGINX=build/servers/bin/nginx CVG_BLACKBOX=build/servers/bin/blackbox \\
        tests/bench/bench_http.py
"""

import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from common import built, free_port, server, start, stop

ROUNDS = 5
SECONDS = 3
CHECKS = 1000  # each once a second
PROBES = 400
BUDGET_BARE = 1.5
BUDGET_BLACKBOX = 1 / 20
ANSWER = ('{"status":"success","data":{"resultType":"vector","result":[{"metric":'
          '{"job":"api","instance":"10.0.0.1:9090"},"value":[1700000000.123,"0.00125"]}]}}')
QUESTION = "query=sum%28rate%28errors%5B5m%5D%29%29&time=1700000000"

NGINX = """daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 2048; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/json;
    keepalive_requests 1000000000;
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location /api/v1/query {{ return 200 '{answer}'; }}
    }}
}}
"""

BLACKBOX = """modules:
  page:
    prober: http
    timeout: 5s
    http:
      method: POST
      headers: {Content-Type: application/x-www-form-urlencoded}
      body: "%s"
      preferred_ip_protocol: ip4
      fail_if_body_not_matches_regexp: ["0[.]00125"]
"""


def cpu_ns(pid):
    """What the kernel charged to the threads of a process."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        total += int((task / "schedstat").read_text().split()[0])
    return total


def get(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_for(port, path, what):
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return get(port, path)
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{what} does not answer")


def configure(target, port):
    check = {"source": "web", "path": "/api/v1/query", "body": QUESTION,
             "content_type": "application/x-www-form-urlencoded", "interval": "1s", "rise": "0s",
             "json": [{"pointer": "/data/result/0/value/1", "condition": "< 0.01"}]}
    return json.dumps({
        "server": {"listen": f"127.0.0.1:{port}"},
        "sources": {"web": {"type": "http", "url": f"http://127.0.0.1:{target}"}},
        "environments": {"prod": {"checks": {f"c{i}": check for i in range(CHECKS)}, "gates": {"deploy": {}}}},
    })  # fmt: skip


def runs(port):
    _, text = get(port, "/metrics")
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if re.match(r"convergate_runs_total[{ ]", line))  # fmt: skip


def measure_ours(pid, port):
    """Microseconds a check. The question for the number of runs is asked outside."""
    before, began = runs(port), cpu_ns(pid)
    time.sleep(SECONDS)
    ended = cpu_ns(pid)
    return (ended - began) / 1000 / (runs(port) - before)


def measure_bare(target, requests, *more):
    text = subprocess.run([built("bench/bench_poll"), "--url", f"http://127.0.0.1:{target}", "--rounds", "1",
                           "--requests", str(requests), *more],
                          capture_output=True, text=True, timeout=120).stdout  # fmt: skip
    return float(re.search(r"bare libcurl ([0-9.]+) us", text).group(1))


def measure_blackbox(pid, port, target):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    began = cpu_ns(pid)
    for _ in range(PROBES):
        connection.request("GET", f"/probe?module=page&target=http://127.0.0.1:{target}/api/v1/query")
        if b"probe_success 1" not in connection.getresponse().read():
            sys.exit("the exporter's probe failed")
    connection.close()
    return (cpu_ns(pid) - began) / 1000 / PROBES


def median(rows, column):
    return statistics.median(row[column] for row in rows)


def compare(folder, started):
    target, ours, theirs = free_port(), free_port(), free_port()
    (folder / "nginx.conf").write_text(NGINX.format(
        folder=folder, port=target, answer=ANSWER, user="user root;" if os.geteuid() == 0 else ""))
    (folder / "convergate.yaml").write_text(configure(target, ours))
    (folder / "blackbox.yml").write_text(BLACKBOX % QUESTION)
    started.append(start([server("nginx"), "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"],
                         folder / "nginx.log"))
    wait_for(target, "/api/v1/query", "nginx")
    exporter = start([server("blackbox"), f"--config.file={folder}/blackbox.yml",
                      f"--web.listen-address=127.0.0.1:{theirs}"], folder / "blackbox.log")
    started.append(exporter)
    wait_for(theirs, "/", "the exporter")
    daemon = start([built("bin/convergated"), "-c", folder / "convergate.yaml"], folder / "daemon.log")
    started.append(daemon)
    wait_for(ours, "/metrics", "the daemon")
    deadline = time.monotonic() + 20
    while get(ours, "/v1/environments/prod")[1].count('"status":"ready"') < CHECKS:
        if time.monotonic() > deadline:
            sys.exit("the checks do not become ready: " + get(ours, "/v1/environments/prod")[1][:600])
        time.sleep(0.5)
    rows = []
    for number in range(ROUNDS):
        row = (measure_ours(daemon.pid, ours),
               measure_bare(target, 2000, "--pace", str(1000000 // CHECKS)),
               measure_blackbox(exporter.pid, theirs, target), measure_bare(target, 10000))
        rows.append((*row, row[0] / row[1], row[0] / row[2], row[0] / row[3]))
        print(f"round {number + 1}: check {row[0]:.1f} us, bare libcurl {row[1]:.1f} us (without a pause "
              f"{row[3]:.1f} us), blackbox exporter {row[2]:.0f} us", flush=True)
    return rows


def main():
    started = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            rows = compare(Path(folder), started)
        finally:
            for process in reversed(started):
                stop(process)
    bare, blackbox = median(rows, 4), median(rows, 5)
    print(f"http check: {median(rows, 0):.1f} us; bare libcurl {median(rows, 1):.1f} us, ratio {bare:.2f} "
          f"(budget {BUDGET_BARE}; {median(rows, 6):.2f} where libcurl never pauses); blackbox exporter {median(rows, 2):.0f} us, {1 / blackbox:.0f} times ours "
          f"(budget {1 / BUDGET_BLACKBOX:.0f})")
    return 0 if bare <= BUDGET_BARE and blackbox <= BUDGET_BLACKBOX else 1


sys.exit(main())
