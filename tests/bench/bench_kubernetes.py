#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A cluster of 5,000 pods and 200 Deployments, each Deployment with a check: what the first sync
costs the daemon, in protobuf and in JSON, beside a bare client with the same libraries; what an
event costs; how soon the gate knows; and whether the loop stays free under churn. The API server is
the tests' fake one, in a process of its own that is not counted."""

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]
from common import built, cpu_seconds, free_port, resident_mib, start, stop  # noqa: E402
from kube.cluster import TOKEN, Cluster  # noqa: E402
from kube.objects import App  # noqa: E402

DEPLOYMENTS = int(os.environ.get("CVG_BENCH_DEPLOYMENTS", "200"))
PODS_EACH = 25
ROUNDS = int(os.environ.get("CVG_BENCH_ROUNDS", "5"))
CHANGES = int(os.environ.get("CVG_BENCH_CHANGES", "100"))
CHURN, CHURN_SECONDS = 500, 10
LATENCY_BUDGET_MS, TURN_BUDGET_MS = 50, 20
# Told, not measured here: a Go client's informer cache against a real 1.26 server, 5,000 pods.
GO = {"protobuf": (190, 260, 95), "json": (480, 600, 118)}  # ms from, ms to, MiB


# What real objects carry besides: a pod is 2 to 3 KB with it.
NETWORK = json.dumps([{"name": "k8s-pod-network", "interface": "eth0", "ips": ["10.1.2.3"],
                       "mac": "0a:58:0a:01:02:03", "default": True, "dns": {}}] * 4)


def fill(cluster):
    apps = []
    for i in range(DEPLOYMENTS):
        app = App(cluster, f"app-{i:03d}", "load", PODS_EACH, f"registry.test/app-{i:03d}:1")
        app.of_pods = {"annotations": {
            "cni.projectcalico.org/containerID": "0123456789abcdef" * 4,
            "cni.projectcalico.org/podIP": "10.1.2.3/32",
            "kubectl.kubernetes.io/default-container": "main",
            "k8s.v1.cni.cncf.io/network-status": NETWORK}}
        about = app.about
        app.about = lambda *a, about=about, **more: with_history(about(*a, **more))
        apps.append(app.settle())
    return apps


def with_history(metadata):
    """What kubectl and cloud controllers leave on real objects."""
    metadata["annotations"] = metadata["annotations"] | {
        "kubectl.kubernetes.io/last-applied-configuration": "x" * 900}
    return metadata


def body_sizes(cluster):
    found = {}
    for name, accept in (("protobuf", "application/vnd.kubernetes.protobuf"),
                         ("json", "application/json")):
        text = subprocess.run(
            ["curl", "-sS", "--cacert", str(cluster.authority.certificate), "-A", "bench",
             "-H", f"Authorization: Bearer {TOKEN}", "-H", f"Accept: {accept}", "-o", os.devnull,
             "-w", "%{size_download}", cluster.url + "/api/v1/pods"], check=True,
            capture_output=True, text=True).stdout
        found[name] = int(text)
    return found


# ---- the daemon ----


def config(cluster, port, encoding, checks):
    return json.dumps({
        "server": {"listen": f"127.0.0.1:{port}"}, "defaults": {"rise": "0s", "fall": "0s"},
        "sources": {"cluster": {"type": "kubernetes", "kubeconfig": str(cluster.kubeconfig()),
                                "encoding": encoding}},
        "environments": {"prod": {"checks": checks, "gates": {"deploy": {}}}}})


def checks_of_all():
    return {f"app-{i:03d}": {"source": "cluster", "kind": "Deployment", "namespace": "load",
                             "name": f"app-{i:03d}"} for i in range(DEPLOYMENTS)}


# Read from a namespace without objects: all that the daemon costs but these.
NOTHING = {"none": {"source": "cluster", "kind": "Deployment", "namespace": "nowhere",
                    "allow_empty": True}}


class Daemon:
    def __init__(self, folder, text, port):
        self.port = port
        path = Path(folder) / "convergate.yaml"
        path.write_text(text)
        self.process = start([built("bin/convergated"), "-c", path],
                             Path(folder) / "convergated.log")

    def get(self, path):
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
                               "Connection: close\r\n\r\n".encode())
            data = b""
            while piece := connection.recv(65536):
                data += piece
        return data.partition(b"\r\n\r\n")[2]

    def wait_go(self, seconds=60):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if json.loads(self.get("/v1/verdict/prod"))["verdict"] == "go":
                    return
            except (OSError, ValueError):
                pass
            time.sleep(0.02)
        sys.exit(f"no go within {seconds} s: {self.get('/v1/verdict/prod')[:2000]}")

    def metric(self, name):
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith(name + " "):
                return float(line.rsplit(" ", 1)[1])
        sys.exit(f"no metric {name}")

    def peak_mib(self):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0


def quiet(daemon):
    """Until it has done nothing for half a second."""
    before, since = cpu_seconds(daemon.process.pid), time.monotonic()
    while time.monotonic() - since < 0.5:
        time.sleep(0.05)
        if (now := cpu_seconds(daemon.process.pid)) != before:
            before, since = now, time.monotonic()


def first_sync(cluster, encoding, checks):
    """(cpu ms, peak MiB, steady MiB) of the whole process, start and all."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        daemon = Daemon(folder, config(cluster, port, encoding, checks), port)
        try:
            daemon.wait_go()
            quiet(daemon)
            pid = daemon.process.pid
            return cpu_seconds(pid) * 1000, daemon.peak_mib(), resident_mib(pid)
        finally:
            stop(daemon.process)


def medians(rows):
    return [statistics.median(column) for column in zip(*rows)]


def bench_sync(cluster):
    sizes = body_sizes(cluster)
    print(f"5,000 pods are {sizes['protobuf'] / 1e6:.1f} MB in protobuf and "
          f"{sizes['json'] / 1e6:.1f} MB in JSON; {ROUNDS} rounds, medians, whole process")
    print(f"{'first sync':28}{'cpu ms':>9}{'net ms':>9}{'peak MiB':>10}{'steady MiB':>12}")
    failed = False
    bare = bare_client(cluster)
    if bare:
        print(f"{'bare libcurl + protobuf-c':28}{bare[0]:9.0f}{'':9}{bare[1]:10.1f}{bare[2]:12.1f}")
    idle = medians([first_sync(cluster, "protobuf", NOTHING) for _ in range(ROUNDS)])
    print(f"{'daemon, empty namespace':28}{idle[0]:9.0f}{'':9}{idle[1]:10.1f}{idle[2]:12.1f}")
    for encoding in ("protobuf", "json"):
        cpu, peak, steady = medians(
            [first_sync(cluster, encoding, checks_of_all()) for _ in range(ROUNDS)])
        print(f"{'daemon, ' + encoding:28}{cpu:9.0f}{cpu - idle[0]:9.0f}{peak:10.1f}{steady:12.1f}")
        low, high, memory = GO[encoding]
        print(f"    Go informer (told, not measured here): {low} to {high} ms, {memory} MiB; "
              f"ours is 1/{high / max(cpu, 1):.1f} of the CPU and 1/{memory / steady:.1f} of the "
              "memory (budget: 1/5 of each)")
        if steady > memory / 5 or cpu > high / 5:
            print("    over the budget")
            failed = True
    return failed


def bare_client(cluster):
    program = Path(os.environ.get("CVG_BUILD_DIR", "build/release"), "bench/kube_client")
    if not program.exists():
        print("the bare client is not built: configure with -DCVG_BENCH=ON")
        return None
    rows = []
    for _ in range(ROUNDS):
        text = subprocess.run([program, cluster.url, cluster.authority.certificate, TOKEN],
                              check=True, capture_output=True, text=True).stdout
        found = dict(one.split("=") for one in text.split())
        rows.append([float(found[key]) for key in ("cpu_ms", "peak_mib", "steady_mib")])
    return medians(rows)


# ---- from an event to the verdict ----


class Events:
    """Reads /v1/events; when each verdict came, by the clock that the server's writing has too."""

    def __init__(self, port):
        self.connection = socket.create_connection(("127.0.0.1", port))
        self.connection.sendall(f"GET /v1/events HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n\r\n"
                                .encode())
        self.came = []
        self.news = threading.Condition()
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        data = b""
        try:
            while piece := self.connection.recv(65536):
                now = time.monotonic_ns()
                data += piece
                *lines, data = data.split(b"\n")
                for line in lines:
                    if b'"verdict":"' in line:
                        verdict = line.split(b'"verdict":"')[1].split(b'"')[0].decode()
                        with self.news:
                            self.came.append((now, verdict))
                            self.news.notify_all()
        except OSError:
            pass

    def wait(self, verdict, after):
        """When the first one like that came after that number of them."""
        deadline = time.monotonic() + 10
        with self.news:
            while True:
                for at, one in self.came[after:]:
                    if one == verdict:
                        return at
                if not self.news.wait(deadline - time.monotonic()):
                    sys.exit(f"the verdict {verdict} did not come within 10 s")


def bench_latency(cluster, daemon, apps):
    """The server's write of an event that closes the gate, until the gate's verdict is there."""
    events = Events(daemon.port)
    events.wait("go", 0)
    taken = []
    for i in range(CHANGES):
        app = apps[i % len(apps)]
        seen = len(events.came)
        app.generation += 1
        count = app.replicas
        cluster.put(app.deployment(count, count, count, count,
                                   app.going("NewReplicaSetAvailable")))
        came = events.wait("wait", seen)
        wrote = cluster.do("written", resource="deployments.apps", name=app.name)["at"]
        taken.append((came - wrote) / 1e6)
        seen = len(events.came)
        app.observed = app.generation
        cluster.put(app.deployment(count, count, count, count,
                                   app.going("NewReplicaSetAvailable")))
        events.wait("go", seen)
    taken.sort()
    median, worst = statistics.median(taken), taken[min(len(taken) - 1, int(len(taken) * 0.99))]
    print(f"event written by the server to the verdict at a client ({CHANGES} changes): median "
          f"{median:.1f} ms, p99 {worst:.1f} ms (budget {LATENCY_BUDGET_MS} ms)")
    return worst > LATENCY_BUDGET_MS


def bench_churn(cluster, daemon):
    """Pods change all the time; the loop must stay free, and an event must cost little."""
    pid = daemon.process.pid
    before = cpu_seconds(pid)
    cluster.do("churn", resource="pods", rate=CHURN, seconds=CHURN_SECONDS)
    longest = 0.0
    while not (state := cluster.do("churn_done"))["done"]:
        time.sleep(0.5)
        longest = max(longest, daemon.metric("convergate_loop_longest_turn_seconds"))
    quiet(daemon)
    spent, made = cpu_seconds(pid) - before, state["made"]
    print(f"churn of {made / CHURN_SECONDS:.0f} events a second for {CHURN_SECONDS} s: "
          f"{spent / made * 1e6:.0f} us of CPU an event (whole process, its own metrics read too), "
          f"longest turn of the loop {longest * 1000:.1f} ms (budget {TURN_BUDGET_MS} ms)")
    return longest * 1000 > TURN_BUDGET_MS


def settled_turn(daemon):
    """The longest turn is of the latest minute: what the start cost must not count."""
    deadline = time.monotonic() + 150
    while daemon.metric("convergate_loop_longest_turn_seconds") > 0.004:
        if time.monotonic() > deadline:
            break
        time.sleep(1)


def main():
    failed = False
    with tempfile.TemporaryDirectory() as folder:
        cluster = Cluster(folder)
        try:
            apps = fill(cluster)
            failed |= bench_sync(cluster)
            port = free_port()
            daemon = Daemon(folder, config(cluster, port, "protobuf", checks_of_all()), port)
            try:
                daemon.wait_go()
                failed |= bench_latency(cluster, daemon, apps)
                settled_turn(daemon)
                failed |= bench_churn(cluster, daemon)
            finally:
                stop(daemon.process)
        finally:
            cluster.stop()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
