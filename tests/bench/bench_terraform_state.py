#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A daemon beside a state of 30 MB with 20,000 resources: what does a look cost while nothing
changes, what does a new state cost, and how long is the deciding thread ever held?

The state is local, and all checks ask it once a second: first it stands still, then it is written
anew in place once a second, as an apply does it. CPU is what the kernel charged to the daemon, per
look or per new state. Exits 1 where a turn of the loop was longer than 20 ms, where an unchanged
state costs more than a tenth of a new one, or where memory went over five times the file.

    CVG_BUILD_DIR=build/release tests/bench/bench_terraform_state.py [CHECKS...]
"""

import json
import re
import sys
import tempfile
import time
from pathlib import Path

from bench_spread import get, wait_for_the_port
from common import built, cpu_seconds, free_port, start, stop

RESOURCES, BYTES = 20_000, 30_000_000
SECONDS = 10
YOUNG = 4  # seconds; a file that was just written is read again, since its time may be of two writes
TRIES = 3  # a turn is wall time: on a busy machine others' work is in it
TURN_MS, UNCHANGED, MEMORY = 20.0, 0.1, 5.0


def resource(number, padding):
    return {
        "module": f'module.region["eu-{number % 16}"].module.fleet', "mode": "managed",
        "type": "aws_instance", "name": f"node_{number}",
        "provider": 'provider["registry.terraform.io/hashicorp/aws"]',
        "instances": [{"index_key": 0, "schema_version": 1, "sensitive_attributes": [],
                       "attributes": {"id": f"i-{number:017x}", "user_data": "x" * padding}}],
    }  # fmt: skip


def text_of(serial, padding):
    return json.dumps({
        "version": 4, "terraform_version": "1.9.8", "serial": serial, "lineage": "bench",
        "outputs": {"host": {"value": "a.example.net", "type": "string"}},
        "resources": [resource(number, padding) for number in range(RESOURCES)],
        "check_results": None}, indent=2).encode()  # fmt: skip


def configuration(port, path, checks):
    lines = [f'server: {{listen: "127.0.0.1:{port}"}}',
             "defaults: {interval: 1s, timeout: 10s, rise: 0s}",
             f"sources: {{infra: {{type: terraform, backend: local, path: {path}}}}}",
             "environments:", "  prod:", "    checks:"]
    for number in range(checks):
        lines.append(f"      c{number}: {{source: infra, settle: 0s, outputs: [host], resources: "
                     f"['module.region[\"eu-{number % 16}\"]', aws_instance.none{number}]}}")
    return "\n".join(lines) + "\n"


def sample(port, name):
    return sum(float(value) for value in
               re.findall(rf"^{name}(?:\{{.*\}})? (\S+)$", get(port, "/metrics").decode(), re.M))


def peak_mib(pid):
    return int(re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{pid}/status").read_text())[1]) / 1024


def looked(port, checks, serial):
    """Every check was told of that state."""
    document = json.loads(get(port, f"/v1/environments/prod?limit={checks}"))
    return all(each["revision"] == str(serial) for each in document["checks"])


def wait_for(port, checks, serial):
    deadline = time.monotonic() + 60
    while not looked(port, checks, serial):
        if time.monotonic() > deadline:
            sys.exit(f"the checks were not told of serial {serial} within a minute")
        time.sleep(0.02)


def spend(daemon, port, act):
    """CPU seconds, and rounds of all checks, while act() runs."""
    cpu, runs = cpu_seconds(daemon.pid), sample(port, "convergate_runs_total")
    act()
    return cpu_seconds(daemon.pid) - cpu, sample(port, "convergate_runs_total") - runs


def measure(folder, checks, texts):
    state, port = folder / "terraform.tfstate", free_port()
    state.write_bytes(texts[0])
    path = folder / "convergate.yaml"
    path.write_text(configuration(port, state, checks))
    daemon = start([built("bin/convergated"), "-c", path], folder / "convergated.log")
    try:
        wait_for_the_port(port)
        wait_for(port, checks, 1)
        time.sleep(YOUNG)
        still, runs = spend(daemon, port, lambda: time.sleep(SECONDS))

        def rewrite():
            for serial, text in enumerate(texts[1:], 2):
                with open(state, "r+b") as file:
                    file.truncate(0)
                    file.write(text)
                wait_for(port, checks, serial)

        new, _ = spend(daemon, port, rewrite)
        per_look, per_state = still / (runs / checks), new / (len(texts) - 1)
        turn = sample(port, "convergate_loop_longest_turn_seconds") * 1000
        peak = peak_mib(daemon.pid)
    finally:
        stop(daemon)
    times = peak * 1024 * 1024 / len(texts[0])
    print(f"{checks:5} checks: unchanged {per_look * 1000:7.2f} ms a look, new {per_state * 1000:7.1f} ms, "
          f"longest turn {turn:5.1f} ms, peak {peak:5.0f} MiB = {times:.1f} x the file")
    return turn <= TURN_MS and per_look <= UNCHANGED * per_state and times <= MEMORY


def once(checks, texts):
    with tempfile.TemporaryDirectory() as folder:
        return measure(Path(folder), checks, texts)


def main():
    padding = (BYTES - len(text_of(1, 0))) // RESOURCES
    texts = [text_of(serial, padding) for serial in range(1, 7)]
    print(f"{RESOURCES} resources, {len(texts[0]) / 1e6:.1f} MB")
    good = True
    for checks in map(int, sys.argv[1:] or ("1", "100", "1000")):
        good &= any(once(checks, texts) for _ in range(TRIES))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
