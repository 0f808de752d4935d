#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Many environments from one template with 10 checks each: 1,000 of them, and then 10,000, which
are 100,000 checks. How long until the first answer and until all was read, how much memory and CPU,
how long the deciding thread's longest turn, how evenly the checks start, how long a reload takes?

Checks are Prometheus queries, the cheapest that goes through the whole daemon; two of ten take a
fact of another. The source is nginx, which answers each with the same element from memory and logs
when it was asked. Beside the daemon's figures stand what a bare libcurl loop needs for as many of
the same polls, and how long libyaml alone (through PyYAML) reads the file that the template spares:
each environment with its checks written out.

    ./dev bench scale
    CVG_BUILD_DIR=build/release CVG_NGINX=build/servers/bin/nginx tests/bench/bench_scale.py [1000]
"""

import collections
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from bench_spread import get, start_source, watch
from common import built, cpu_seconds, free_port, resident_mib, start, stop

CHECKS = 10
MEMORY_MIB = 1024
SPREAD = 2.0
TURN_MS = 50.0
# Environments, and the interval of their checks.
SIZES = {1_000: 15, 10_000: 60}

# Of the checks that ask by themselves, and of those that are told what to ask by another.
PLAIN = 'source: metrics, query: "up{{env=\'{env}\', n=\'{n}\'}}", ready: ">= 1"'
TAKING = ('source: metrics, query: "up{{env=\'{env}\', n=\'{n}\'}} > ${{checks.c0.facts.value}}", '
          'ready: ">= 1"')


def checks(environment, indent):
    lines = []
    for number in range(CHECKS):
        pattern = TAKING if number >= CHECKS - 2 else PLAIN
        lines.append(f"{indent}c{number}: {{{pattern.format(env=environment, n=number)}}}\n")
    return "".join(lines)


def head(port, source_port, interval):
    return (f'server: {{listen: "127.0.0.1:{port}"}}\n'
            f"defaults: {{interval: {interval}s, timeout: 10s, rise: 5s}}\n"
            f'sources: {{metrics: {{type: prometheus, url: "http://127.0.0.1:{source_port}"}}}}\n')


def from_a_template(count, port, source_port, interval, host="h"):
    uses = "".join(f"  e{i}: {{template: service, vars: {{host: {host}{i}}}}}\n"
                   for i in range(count))
    return (f"{head(port, source_port, interval)}"
            f"templates:\n  service:\n    vars: [host]\n"
            f"    checks:\n{checks('${vars.host}', ' ' * 6)}"
            f"environments:\n{uses}")


def written_out(count):
    return "environments:\n" + "".join(
        f"  e{i}:\n    checks:\n{checks(f'h{i}', ' ' * 6)}" for i in range(count))


def seconds_of(what, *arguments):
    began = time.process_time()
    what(*arguments)
    return time.process_time() - began


def await_first_answer(daemon, port):
    began = time.monotonic()
    while time.monotonic() - began < 60 and daemon.poll() is None:
        try:
            return get(port, "/v1/verdict/e0")
        except OSError:
            time.sleep(0.005)
    sys.exit("the daemon does not answer")


def asked(folder):
    return [float(line) for line in Path(folder, "asked.log").read_text().split()]


def await_all_asked(folder, count, most):
    """Seconds of the wall clock at which the last check was asked for the first time."""
    log, deadline = Path(folder, "asked.log"), time.monotonic() + most
    while time.monotonic() < deadline:
        time.sleep(0.5)
        # "1700000000.123\\n" each; flushed once a second
        if log.stat().st_size // 15 >= count:
            return asked(folder)[count - 1]
    sys.exit(f"only {log.stat().st_size // 15} of {count} checks were asked within {most} s")


def metric(port, name):
    return float(re.search(rf"^{re.escape(name)} (\S+)", get(port, "/metrics").decode(), re.M)[1])


def reload(daemon, port, config, text):
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


def bare_poll_us():
    """CPU of one poll in a bare libcurl loop, in microseconds; None: that program was not built."""
    program = Path(built("bin/convergated")).parent.parent / "bench/bench_poll"
    if not program.exists():
        return None
    told = subprocess.run([program, "--rounds", "3"], capture_output=True,
                          text=True, check=False).stdout
    found = re.search(r"bare libcurl ([0-9.]+) us", told)
    return float(found[1]) if found else None


def busiest(times, interval):
    """Requests of the busiest second within the first two intervals."""
    counted = collections.Counter(int(moment - times[0]) for moment in times)
    return max(counted[second] for second in range(2 * interval))


def measure(folder, count, interval, source_port):
    port, total, over = free_port(), count * CHECKS, []
    log = Path(folder, "asked.log")
    log.write_text("")
    config = Path(folder, "convergate.yaml")
    text = from_a_template(count, port, source_port, interval)
    config.write_text(text)
    long = written_out(count)
    peer = seconds_of(yaml.load, long, yaml.CSafeLoader)
    began, began_wall = time.monotonic(), time.time()
    daemon = start([built("bin/convergated"), "-c", config], f"{folder}/daemon.log")
    try:
        await_first_answer(daemon, port)
        first, cpu = time.monotonic() - began, cpu_seconds(daemon.pid)
        print(f"{count} environments, {total} checks every {interval} s, "
              f"{len(text) / 1024:.0f} KiB (written out {len(long) / 1024:.0f} KiB)")
        print(f"  first answer after {first:.2f} s ({cpu:.2f} s CPU; PyYAML on libyaml reads what "
              f"is written out in {peer:.2f} s)")
        last = await_all_asked(folder, total, 2 * interval + 30)
        print(f"  all asked after {last - began_wall:.1f} s")
        before, since, polls = cpu_seconds(daemon.pid), time.monotonic(), len(asked(folder))
        slowest = watch(daemon, port, interval)
        took = time.monotonic() - since
        spent = (cpu_seconds(daemon.pid) - before) / took
        rate = (len(asked(folder)) - polls) / took
        memory = resident_mib(daemon.pid)
        turn = metric(port, "convergate_loop_longest_turn_seconds")
        bare = bare_poll_us()
        beside = f"; a bare libcurl loop {bare * rate / 1e4:.1f} %" if bare else ""
        print(f"  steady: {rate:.0f} polls/s, {spent * 100:.1f} % of a core{beside}; "
              f"{memory:.0f} MiB, {memory * 1024 / total:.2f} KiB a check; "
              f"longest turn {turn * 1000:.1f} ms, slowest verdict {slowest:.1f} ms")
        most = busiest(asked(folder), interval) / (total / interval)
        print(f"  busiest second {most:.2f} x its share")
        same = reload(daemon, port, config, text)
        other = reload(daemon, port, config,
                       from_a_template(count, port, source_port, interval, "other"))
        time.sleep(2)  # until the vitals were taken once more
        turns = metric(port, "convergate_loop_longest_turn_seconds")
        print(f"  reload: {same:.2f} s with nothing changed, "
              f"{other:.2f} s with every check another, "
              f"longest turn {turns * 1000:.1f} ms, {resident_mib(daemon.pid):.0f} MiB after")
        over += [f"memory {memory:.0f} MiB"] if memory > MEMORY_MIB else []
        over += [f"busiest second {most:.2f} x"] if most > SPREAD else []
        over += [f"longest turn {turns * 1000:.0f} ms"] if turns * 1000 > TURN_MS else []
    finally:
        stop(daemon)
    return over


def main():
    sizes = [int(size) for size in sys.argv[1:]] or list(SIZES)
    over = []
    for count in sizes:
        with tempfile.TemporaryDirectory(prefix="convergate-bench-") as folder:
            nginx, source_port = start_source(folder)
            try:
                over += measure(folder, count, SIZES.get(count, 15), source_port)
            finally:
                stop(nginx)
    print(f"budgets (under {MEMORY_MIB} MiB, {SPREAD:.0f} x the share, {TURN_MS:.0f} ms a turn): "
          f"{'OVER: ' + ', '.join(over) if over else 'within'}")
    return 1 if over else 0


if __name__ == "__main__":
    sys.exit(main())
