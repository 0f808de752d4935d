#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""CPU time of the server for one verdict over HTTP, against nginx returning the same bytes.

Short rounds of load alternate between the two, so that what disturbs the machine disturbs both, and
the ratio is the median of the rounds' own ratios. What counts is the CPU time that the kernel
charged to each server's processes by the number of answers; wrk's own time does not. Exits with 1
where the ratio is over the budget.

    CVG_BUILD_DIR=build/release CVG_NGINX=build/servers/bin/nginx tests/bench/bench_verdict.py
"""

import http.client
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 15
SECONDS = 1
CONNECTIONS = 64
THREADS = 2  # of wrk
WORKERS = 2  # of both servers: more of them take smaller batches, which costs each answer more
BUDGET = 1.1
PATH = "/v1/verdict/prod"
# Of the answer's headers, those that nginx must send too. Date, Content-Length and Connection it
# sends by itself.
HEADERS = ("X-Gate-Verdict", "Cache-Control", "X-Content-Type-Options")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def fetch(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", PATH)
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def wait_until_it_answers(process, port, name):
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline:
        if process.poll() is not None:
            sys.exit(f"{name} ended with {process.returncode}")
        try:
            return fetch(port)
        except OSError:
            time.sleep(0.05)
    sys.exit(f"{name} does not answer")


def start_daemon(folder):
    """The daemon with one check whose source answers nobody: it polls hardly ever."""
    program = Path(os.environ.get("CVG_BUILD_DIR", "build/release"), "bin/convergated")
    if not program.exists():
        sys.exit(f"{program} is not there: run ./dev build, or set CVG_BUILD_DIR")
    port = free_port()
    config = Path(folder, "convergate.yaml")
    config.write_text(
        f"""server:
  listen: 127.0.0.1:{port}
  threads: {WORKERS}
sources:
  metrics: {{type: prometheus, url: "http://127.0.0.1:{free_port()}"}}
environments:
  prod:
    checks:
      errors: {{source: metrics, query: "up", ready: "> 0", interval: 60s}}
    gates:
      deploy: {{}}
"""
    )
    log = open(Path(folder, "daemon.log"), "wb")
    return subprocess.Popen([program, "-c", config], stdout=log, stderr=log), port


def start_nginx(folder, headers, body):
    program = os.environ.get("CVG_NGINX") or shutil.which("nginx")
    if not program:
        sys.exit("nginx is not there: set CVG_NGINX")
    text = body.decode()
    if "$" in text:
        sys.exit("the answer has a '$', which nginx would take for a variable")
    quoted = text.replace("\\", "\\\\").replace("'", "\\'")
    port = free_port()
    added = "\n".join(f"            add_header {name} '{headers[name]}';" for name in HEADERS)
    config = Path(folder, "nginx.conf")
    config.write_text(
        f"""daemon off;
worker_processes {WORKERS};
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server_tokens off;
    keepalive_requests 1000000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location = {PATH} {{
            default_type {headers["Content-Type"]};
{added}
            return 200 '{quoted}';
        }}
    }}
}}
"""
    )
    return subprocess.Popen([program, "-p", folder, "-e", f"{folder}/nginx.log", "-c", config]), port


def family(pid):
    """The process and all below it."""
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += family(int(child))
    return found


def cpu_seconds(pid):
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def one_round(process, port):
    """(microseconds of CPU an answer, milliseconds of the 99th percentile, answers a second)"""
    before = cpu_seconds(process.pid)
    command = ["wrk", f"-c{CONNECTIONS}", f"-t{THREADS}", f"-d{SECONDS}s", "--latency"]
    out = subprocess.run(
        [*command, f"http://127.0.0.1:{port}{PATH}"], capture_output=True, text=True, check=True
    ).stdout
    spent = cpu_seconds(process.pid) - before
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"not every request was answered:\n{out}")
    answers = int(re.search(r"(\d+) requests in", out).group(1))
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return spent / answers * 1e6, float(value) * MILLISECONDS[unit], answers / SECONDS


def same_bytes(ours, theirs):
    """The bodies are equal, and so are the headers that both were told to send."""
    return ours[2] == theirs[2] and all(ours[1].get(k) == theirs[1].get(k) for k in HEADERS)


def measure(ours, theirs):
    results = {"convergated": [], "nginx": []}
    print(f"{'round':>5}  {'server':<12} {'us/request':>10} {'p99 ms':>8} {'requests/s':>11}")
    for number in range(ROUNDS + 1):
        servers = [("convergated", ours), ("nginx", theirs)]
        # Whoever comes second in a round finds the machine warmer, so that changes too.
        for name, (process, port) in servers if number % 2 else servers[::-1]:
            result = one_round(process, port)
            if number == 0:
                continue  # warms up: connections, caches, clock speed
            results[name].append(result)
            print(f"{number:>5}  {name:<12} {result[0]:>10.2f} {result[1]:>8.2f} {result[2]:>11.0f}")
    return results


def report(results):
    medians = {name: statistics.median(r[0] for r in rounds) for name, rounds in results.items()}
    tails = {name: statistics.median(r[1] for r in rounds) for name, rounds in results.items()}
    pairs = zip(results["convergated"], results["nginx"])
    ratios = sorted(ours[0] / theirs[0] for ours, theirs in pairs)
    ratio = statistics.median(ratios)
    for name in medians:
        print(f"median {name:<12} {medians[name]:.2f} us/request, p99 {tails[name]:.2f} ms")
    verdict = "within" if ratio <= BUDGET else "OVER"
    print(f"ratio {ratio:.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}), {verdict} the budget of {BUDGET}")
    return 0 if ratio <= BUDGET else 1


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def main():
    with tempfile.TemporaryDirectory(prefix="convergate-bench-") as folder:
        daemon, port = start_daemon(folder)
        try:
            wait_until_it_answers(daemon, port, "convergated")
            time.sleep(1)  # the first run of the check has failed by now: the answer stays as it is
            ours = fetch(port)
            nginx, nginx_port = start_nginx(folder, ours[1], ours[2])
            try:
                theirs = wait_until_it_answers(nginx, nginx_port, "nginx")
                if not same_bytes(ours, theirs):
                    sys.exit(f"the answers differ:\n{ours}\n{theirs}")
                print(f"both answer {PATH} with the same {len(ours[2])} bytes")
                results = measure((daemon, port), (nginx, nginx_port))
                # Times in it change, their number of digits does not.
                if abs(len(fetch(port)[2]) - len(ours[2])) > len(ours[2]) // 20:
                    sys.exit("the daemon's answer changed its size meanwhile: nothing was compared")
            finally:
                stop(nginx)
        finally:
            stop(daemon)
    return report(results)


if __name__ == "__main__":
    sys.exit(main())
