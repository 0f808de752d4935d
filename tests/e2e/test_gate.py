# SPDX-License-Identifier: Apache-2.0
"""One environment gated end to end: a real Prometheus, the real daemon, its HTTP answers."""

import signal

from conftest import wait_until

CONFIG = """
server: {{listen: "127.0.0.1:0"}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s}}
sources:
  metrics: {{type: prometheus, url: "{url}"}}
environments:
  prod:
    checks:
      queue:
        source: metrics
        query: shop_queue_length
        ready: "< 10"
        degraded: "< 100"
        component: worker
      up:
        source: metrics
        query: sum(up{{job="test"}})
        ready: ">= 1"
    gates:
      deploy: {{}}
      workers: {{require: [worker]}}
      reachable: {{exclude: [queue]}}
"""


def test_goes_on_real_data_and_names_the_check_that_stops_it(daemon, prometheus, exporter):
    exporter.samples = {"shop_queue_length": 3}
    gate = daemon(CONFIG.format(url=prometheus.url))
    go = gate.wait_for("prod", "go")
    assert go["ok"] is True and go["percent"] == 100 and go["status"] == "SUCCEEDED"
    queue = gate.check("prod", "queue")
    assert queue["status"] == "ready" and queue["value"] == 3

    exporter.samples = {"shop_queue_length": 5000}
    wait = gate.wait_for("prod", "wait")
    [reason] = wait["reasons"]
    assert reason["check"] == "queue"
    assert reason["expected"] == "< 10" and reason["observed"] == "5000"
    assert wait["unknown"] is False and "queue" in wait["summary"]
    assert gate.verdict("prod/workers")["verdict"] == "wait"
    assert gate.verdict("prod/reachable")["verdict"] == "go"

    exporter.samples = {"shop_queue_length": 50}
    degraded = wait_until(lambda: gate.check("prod", "queue")["status"] == "degraded")
    assert degraded and gate.verdict("prod")["verdict"] == "wait"

    exporter.samples = {"shop_queue_length": 1}
    gate.wait_for("prod", "go")


def test_a_metric_that_vanishes_is_unknown_and_closes_the_gate(daemon, prometheus, exporter):
    exporter.samples = {"shop_queue_length": 3}
    gate = daemon(CONFIG.format(url=prometheus.url))
    gate.wait_for("prod", "go")
    exporter.samples = {}
    wait = gate.wait_for("prod", "wait")
    assert wait["unknown"] is True
    assert wait["reasons"][0]["check"] == "queue"
    assert gate.check("prod", "queue")["status"] == "unknown"


def test_a_prometheus_that_dies_closes_the_gate_until_it_is_back(daemon, prometheus, exporter):
    exporter.samples = {"shop_queue_length": 3}
    gate = daemon(CONFIG.format(url=prometheus.url))
    gate.wait_for("prod", "go")
    before = gate.descriptors()

    prometheus.stop(signal.SIGKILL)
    wait = gate.wait_for("prod", "wait")
    assert wait["unknown"] is True
    opened = wait_until(
        lambda: gate.check("prod", "queue")["reason"] == "SourceUnavailable", what="the breaker")
    assert opened and wait_until(lambda: gate.metric("convergate_source_up") == 0.0) is True
    assert gate.get("/readyz").status == 200 and gate.get("/livez").status == 200
    assert gate.get("/v1/check/prod").status == 503

    prometheus.start()
    gate.wait_for("prod", "go", seconds=30)
    wait_until(lambda: gate.metric("convergate_source_up") == 1)
    assert gate.descriptors() <= before + 4
    assert gate.metric("convergate_loop_longest_turn_seconds") < 1


def test_a_stopped_prometheus_that_still_accepts_times_out(daemon, prometheus, exporter):
    exporter.samples = {"shop_queue_length": 3}
    gate = daemon(CONFIG.format(url=prometheus.url))
    gate.wait_for("prod", "go")
    prometheus.process.send_signal(signal.SIGSTOP)
    try:
        wait = gate.wait_for("prod", "wait")
        assert wait["unknown"] is True
        assert wait["reasons"][0]["code"] in ("TimedOut", "SourceUnavailable")
    finally:
        prometheus.process.send_signal(signal.SIGCONT)
    gate.wait_for("prod", "go", seconds=70)
