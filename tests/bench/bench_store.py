#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""What readers of verdicts lose while 64 callers have decisions recorded, each of them on disk
before it is answered. Rounds of readers alone, writers alone and both take turns in one run.

Both share the machine, so what counts is the CPU time of the threads that answer HTTP: of both
together, less what the same number of writes needs alone, by the number of reads. Where a reader
had to wait for a lock or for the disk, it would show in its latency, which is printed beside it.
Exits with 1 where a read costs over 10 % more.

    CVG_BUILD_DIR=build/release tests/bench/bench_store.py"""

import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from common import built, cpu_seconds, free_port, start, stop  # noqa: E402

ROUNDS = 9
SECONDS = 2
READERS = 64
WRITERS = 64
BUDGET = 1.10
PATH = "/v1/verdict/prod"
SCRIPT = Path(__file__).with_name("store_writers.lua")


def start_daemon(folder):
    port = free_port()
    config = Path(folder, "convergate.yaml")
    config.write_text(json.dumps({
        "server": {"listen": f"127.0.0.1:{port}", "threads": 2},
        "store": f"{folder}/convergate.db",
        "sources": {"m": {"type": "prometheus", "url": f"http://127.0.0.1:{free_port()}"}},
        "environments": {"prod": {"checks": {"errors": {
            "source": "m", "query": "up", "ready": "> 0", "interval": "60s"}}}}}))
    daemon = start([built("bin/convergated"), "-c", config], Path(folder, "log"))
    deadline = time.monotonic() + 15
    while socket.socket().connect_ex(("127.0.0.1", port)):
        if daemon.poll() is not None or time.monotonic() > deadline:
            sys.exit(f"convergated does not answer: {Path(folder, 'log').read_text()}")
        time.sleep(0.05)
    time.sleep(1)  # the first run of the check has failed by now: the answer stays as it is
    return daemon, port


def http_seconds(pid):
    """CPU time of the threads that answer HTTP."""
    nanoseconds = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        if (task / "comm").read_text().startswith("MHD-worker"):
            nanoseconds += int((task / "schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def wrk(port, connections, *more, **variables):
    command = ["wrk", f"-c{connections}", "-t1", f"-d{SECONDS}s", "--latency", *map(str, more),
               f"http://127.0.0.1:{port}{PATH}"]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | variables)


MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


def result(process):
    """(answers, milliseconds of the 99th percentile) of a wrk; (0, 0) where there is none."""
    if not process:
        return 0, 0.0
    out = process.communicate()[0]
    if process.returncode or "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"not every request was answered:\n{out}")
    value, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", out).groups()
    return int(re.search(r"(\d+) requests in", out).group(1)), float(value) * MILLISECONDS[unit]


def phase(daemon, port, number, reading, writing):
    before, all_before = http_seconds(daemon.pid), cpu_seconds(daemon.pid)
    readers = wrk(port, READERS) if reading else None
    writers = wrk(port, WRITERS, "-s", SCRIPT, CVG_BENCH_RUN=str(number)) if writing else None
    reads, tail = result(readers)
    writes, _ = result(writers)
    return {"reads": reads, "writes": writes, "p99": tail,
            "http": (http_seconds(daemon.pid) - before) * 1e6,
            "all": (cpu_seconds(daemon.pid) - all_before) * 1e6}


def one_round(daemon, port, number):
    readers = phase(daemon, port, 2 * number, True, False)
    writers = phase(daemon, port, 2 * number, False, True)
    both = phase(daemon, port, 2 * number + 1, True, True)
    alone = readers["http"] / readers["reads"]
    write = writers["http"] / writers["writes"]
    beside = (both["http"] - write * both["writes"]) / both["reads"]
    print(f"{number:>5}  {alone:>9.2f} {beside:>9.2f} {beside / alone:>6.3f}"
          f"  {readers['reads'] / SECONDS:>9.0f} {both['reads'] / SECONDS:>9.0f}"
          f"  {both['writes'] / SECONDS:>9.0f}  {readers['p99']:>8.2f} {both['p99']:>8.2f}"
          f"  {writers['all'] / writers['writes']:>8.1f}")
    return beside / alone


def rows_of(folder):
    done = subprocess.run([built("bin/convergate"), "audit", "verify", "--store",
                           f"{folder}/convergate.db"], capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"the chain is not whole: {done.stdout}{done.stderr}")
    return done.stdout.strip()


def main():
    with tempfile.TemporaryDirectory(prefix="convergate-bench-") as folder:
        daemon, port = start_daemon(folder)
        try:
            print(f"{READERS} readers of {PATH}, alone and beside {WRITERS} writers; CPU of the"
                  " threads that answer HTTP")
            print("round   us alone us beside  ratio   reads/s  beside/s   writes/s"
                  "   p99 ms   beside  us/write, all threads")
            ratios = []
            for number in range(ROUNDS + 1):
                ratio = one_round(daemon, port, number)
                if number:  # the first one warms up
                    ratios.append(ratio)
        finally:
            stop(daemon)
        print(rows_of(folder))
    ratio = statistics.median(ratios)
    verdict = "within" if ratio <= BUDGET else "OVER"
    print(f"a read costs {ratio:.3f} ({min(ratios):.3f} to {max(ratios):.3f}) of one alone,"
          f" {verdict} the budget of {BUDGET}")
    return 0 if ratio <= BUDGET else 1


if __name__ == "__main__":
    sys.exit(main())
