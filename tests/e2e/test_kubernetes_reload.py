# SPDX-License-Identifier: Apache-2.0
"""Reloading and stopping in the middle of everything that a cluster's source may be doing."""

import base64
import json
import signal
import time

import pytest

from conftest import wait_until
from kube.cluster import TOKEN
from kube.gate import DEPLOYMENT, config, wait_check
from kube.objects import App, node
from kube.transport import HAVE_H2
from test_reload import reload


def test_host_keys_do_not_touch_the_stream(cluster, daemon):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    wait_until(lambda: cluster.watching("deployments.apps") == 1)
    before = len(cluster.asked("deployments"))
    reload(gate, config(cluster, {"api": DEPLOYMENT | {"weight": 7, "rise": "1s",
                                                       "max_age": "100s"}}))
    assert gate.verdict("prod")["verdict"] == "go"
    app.change("registry.test/api:2")
    wait_check(gate, "api", "progressing", "GenerationBehind")
    assert len(cluster.asked("deployments")) == before


def test_a_check_more_begins_the_stream_anew_and_the_steady_state_stays(cluster, daemon):
    App(cluster).settle()
    cluster.put(node("n1"))
    gate = daemon(config(cluster, {"api": DEPLOYMENT | {"rise": "2s"}}))
    gate.wait_for("prod", "go")
    since = gate.check("prod", "api")["since"]
    before = len(cluster.asked("deployments"))
    cluster.fault("GET /apis/apps/v1/.*deployments.limit", "begin_hang")  # the first list, stuck
    reload(gate, config(cluster, {"api": DEPLOYMENT | {"rise": "2s"},
                                  "nodes": {"kind": "Node", "required": False}}))
    wait_until(lambda: len(cluster.asked("deployments")) > before)
    assert gate.verdict("prod")["verdict"] == "go"
    cluster.do("cut")
    wait_check(gate, "nodes", "ready")
    wait_until(lambda: len(cluster.asked("deployments")) > before + 1)
    end = time.monotonic() + 3
    while time.monotonic() < end:
        assert gate.verdict("prod")["verdict"] == "go"
        time.sleep(0.05)
    assert gate.check("prod", "api")["since"] == since


PLUGIN = """#!/bin/sh
sleep 30 &
wait
"""


def large_list(cluster):
    """8 MiB of JSON, which a worker reads."""
    one = json.dumps({"metadata": {"name": "N", "namespace": "shop", "resourceVersion": "5",
                                   "uid": "U", "annotations": {"a": "x" * 200}},
                      "spec": {}, "status": {}})
    items = ",".join(one.replace('"N"', f'"n{i}"').replace('"U"', f'"u{i}"')
                     for i in range(24000))
    body = ('{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":{"resourceVersion":"9"},'
            f'"items":[{items}]}}').encode()
    cluster.fault("GET /apis/apps/v1/.*deployments.limit", "answer", times=-1,
                  type="application/json", body=base64.b64encode(body).decode())


def in_the_middle(cluster, folder, what):
    """Makes the cluster stall there; returns the source's keys, and a function that says when."""
    keys = {"kubeconfig": str(cluster.kubeconfig())}
    if what == "large list":
        large_list(cluster)
        return keys, lambda: cluster.asked("deployments")
    if what == "plugin":
        plugin = folder / "plugin"
        plugin.write_text(PLUGIN + f"echo {TOKEN}\n")
        plugin.chmod(0o755)
        path = cluster.kubeconfig("exec", None, {"exec": {
            "apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin),
            "interactiveMode": "Never"}})
        return {"kubeconfig": str(path), "allow_exec": True}, lambda: True
    cluster.fault("GET /apis/apps/v1/.*deployments", what, times=-1)
    return keys, lambda: cluster.asked("deployments")


MIDDLES = ["hang", "begin_hang", "half_hang", "large list", "plugin"]


@pytest.mark.parametrize("after", [0, 0.05, 0.3])
@pytest.mark.parametrize("what", MIDDLES)
def test_a_source_may_go_in_the_middle(cluster, daemon, tmp_path, what, after):
    App(cluster).settle()
    keys, begun = in_the_middle(cluster, tmp_path, what)
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, keys))
    wait_until(begun)
    time.sleep(after)
    more = {"api": DEPLOYMENT, "one": DEPLOYMENT | {"name": "one"}}
    reload(gate, config(cluster, more, keys))  # the source anew
    wait_until(begun)
    time.sleep(after)
    assert gate.verdict("prod")["verdict"] == "wait"
    cluster.do("heal")
    reload(gate, config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go", seconds=40)
    reload(gate, json.dumps({"server": {"listen": "127.0.0.1:0"}, "environments": {}}))
    if not HAVE_H2:  # there libcurl keeps the connection, and the server ends the watch in time
        wait_until(lambda: cluster.watching("deployments.apps") == 0)


@pytest.mark.parametrize("what", MIDDLES)
def test_the_daemon_stops_in_the_middle(cluster, daemon, tmp_path, what):
    App(cluster).settle()
    keys, begun = in_the_middle(cluster, tmp_path, what)
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, keys))
    wait_until(begun)
    gate.process.send_signal(signal.SIGTERM)
    assert gate.process.wait(20) == 0, gate.log()
    assert "Sanitizer" not in gate.log()
