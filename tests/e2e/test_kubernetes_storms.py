# SPDX-License-Identifier: Apache-2.0
"""Servers that refuse for ever, or end at once what they began: nothing is go, nobody is asked
without pause, and when it is over the gate opens again."""

import base64
import gzip
import json
import time

import pytest

from conftest import wait_until
from kube.gate import DEPLOYMENT, config, wait_check
from kube.objects import App
from kube.transport import HAVE_H2

PB = "application/vnd.kubernetes.protobuf"
WATCH = PB + ";stream=watch"
DEPLOYMENTS = "GET /apis/apps/v1/.*deployments"


def status(code, reason):
    return json.dumps({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
                       "message": "no", "reason": reason, "code": code}).encode()


def answer(cluster, match, body, **more):
    cluster.fault(match, "answer", times=-1, body=base64.b64encode(body).decode(), **more)


def processor_time(gate):
    fields = open(f"/proc/{gate.process.pid}/stat").read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / 100


STORMS = {
    "401": ("deployments", status(401, "Unauthorized"), {"status": 401}),
    "410 of each list": ("deployments", status(410, "Expired"), {"status": 410}),
    "410 of each watch": ("deployments.*watch", status(410, "Expired"), {"status": 410}),
    "429 without Retry-After": ("deployments", b"Too many requests\n",
                                {"status": 429, "type": "text/plain"}),
    "500": ("deployments", status(500, "InternalError"), {"status": 500}),
    "a list without a version": ("deployments", b'{"kind":"DeploymentList","apiVersion":"apps/v1",'
                                 b'"metadata":{},"items":[]}', {}),
    "items are null": ("deployments", b'{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":'
                       b'{"resourceVersion":"1"},"items":null}', {}),
    "no body": ("deployments", b"", {}),
    "no content": ("deployments", b"", {"status": 204}),
    "watches that end at once": ("deployments.*watch", b"", {"type": WATCH}),
    "bookmarks of garbage": ("deployments.*watch", b'{"type":"BOOKMARK","object":{"kind":"Pod",'
                             b'"metadata":{"resourceVersion":"\\u0000&watch=0"}}}\n', {}),
    "a redirect": ("deployments", b"", {"status": 307, "headers": {
        "Location": "/apis/apps/v1/namespaces/else/deployments"}}),
}


@pytest.mark.parametrize("name", STORMS)
def test_it_is_not_asked_without_pause(cluster, daemon, name):
    app = App(cluster).settle()
    part, body, more = STORMS[name]
    answer(cluster, f"GET /apis/apps/v1/namespaces/shop/{part}", body,
           **({"type": "application/json"} | more))
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    wait_until(lambda: cluster.asked("/deployments"))
    began, spent = time.monotonic(), processor_time(gate)
    answers = set()
    while time.monotonic() < began + 3:
        answers.add(gate.verdict("prod")["verdict"])
        time.sleep(0.05)
    assert len(cluster.asked("/deployments")) <= 12, cluster.asked("/deployments")
    assert processor_time(gate) - spent < 1.5  # with a sanitizer in it
    assert not cluster.asked("/else/"), "a redirect was followed"
    if "watch" not in part:
        assert "go" not in answers, answers
    cluster.do("heal")
    app.change("registry.test/api:2")
    wait_check(gate, "api", "progressing", "GenerationBehind", seconds=90)


def test_a_plugin_whose_tokens_are_refused_is_not_run_each_second(cluster, daemon, tmp_path):
    """It makes another one each time, as those of clouds do, which looks like new credentials."""
    App(cluster).settle()
    plugin, count = tmp_path / "plugin", tmp_path / "count"
    plugin.write_text(
        f"#!/bin/sh\necho x >>{count}\n"
        'echo "{\\"apiVersion\\":\\"client.authentication.k8s.io/v1\\",'
        '\\"kind\\":\\"ExecCredential\\",\\"status\\":{\\"token\\":\\"wrong-$$\\"}}"\n')
    plugin.chmod(0o755)
    path = cluster.kubeconfig("one", None, {"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin),
        "interactiveMode": "Never"}})
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path),
                                                        "allow_exec": True}))
    wait_check(gate, "api", "unknown", "Unauthorized")
    time.sleep(6)
    runs = len(count.read_text().split())
    assert 2 <= runs <= 5, runs
    assert len(cluster.asked("/deployments")) <= 12, cluster.asked("/deployments")
    assert "wrong-" not in gate.log()


def test_a_hundred_collections_begin_on_few_connections(cluster, daemon):
    checks = {f"some-{i}": {"kind": "Service", "allow_empty": True, "namespace": [
        f"team-{i * 50 + j}" for j in range(50)]} for i in range(2)}
    gate = daemon(config(cluster, checks))
    wait_until(lambda: cluster.watching("services") == 100, what="all watches")
    if HAVE_H2:
        assert cluster.do("connections")["accepted"] <= 20  # of 200 watches
    for name in checks:
        wait_check(gate, name, "ready", "Empty")


def test_gzip_is_undone(cluster, daemon):
    body = gzip.compress(b'{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":'
                         b'{"resourceVersion":"9"},"items":[]}')
    cluster.fault("GET /apis/apps/v1/namespaces/shop/deployments.limit", "answer", times=-1,
                  type="application/json", headers={"Content-Encoding": "gzip"},
                  body=base64.b64encode(body).decode())
    gate = daemon(config(cluster, {"api": DEPLOYMENT | {"allow_empty": True}}))
    wait_check(gate, "api", "ready", "Empty")
