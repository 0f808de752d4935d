# SPDX-License-Identifier: Apache-2.0
"""The daemon against a real cluster, where KUBECONFIG_TEST names a kubeconfig: it needs a namespace
of its own (KUBECONFIG_TEST_NAMESPACE, default convergate-test), where its user may create and
delete; kubectl makes the objects."""

import json
import os
import shutil
import subprocess

import pytest

from conftest import wait_until
from kube.gate import wait_check

KUBECONFIG = os.environ.get("KUBECONFIG_TEST")
NAMESPACE = os.environ.get("KUBECONFIG_TEST_NAMESPACE", "convergate-test")
IMAGE = os.environ.get("KUBECONFIG_TEST_IMAGE", "registry.k8s.io/pause:3.9")

pytestmark = [
    pytest.mark.skipif(not KUBECONFIG, reason="KUBECONFIG_TEST names no cluster to test against"),
    pytest.mark.skipif(bool(KUBECONFIG) and not shutil.which("kubectl"),
                       reason="kubectl, which makes the objects, is not installed"),
]


def kubectl(*arguments, document=None):
    found = subprocess.run(["kubectl", "--kubeconfig", KUBECONFIG, "-n", NAMESPACE, *arguments],
                           input=None if document is None else json.dumps(document),
                           capture_output=True, text=True, timeout=120)
    assert found.returncode == 0, found.stderr
    return found.stdout


def deployment(image=IMAGE, replicas=1):
    labels = {"app": "convergate-test"}
    return {"apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "convergate-test", "namespace": NAMESPACE},
            "spec": {"replicas": replicas, "selector": {"matchLabels": labels},
                     "template": {"metadata": {"labels": labels},
                                  "spec": {"containers": [{"name": "main", "image": image}]}}}}


@pytest.fixture
def gate(daemon):
    kubectl("apply", "-f", "-", document=deployment())
    yield daemon(json.dumps({
        "server": {"listen": "127.0.0.1:0"}, "defaults": {"rise": "0s", "fall": "0s"},
        "sources": {"cluster": {"type": "kubernetes", "kubeconfig": KUBECONFIG,
                                "namespaces": [NAMESPACE]}},
        "environments": {"prod": {"checks": {"api": {
            "source": "cluster", "kind": "Deployment", "name": "convergate-test"}},
            "gates": {"deploy": {}}}}}))
    kubectl("delete", "deployment", "convergate-test", "--ignore-not-found", "--wait=false")


def test_a_rollout_from_go_to_wait_to_go(gate):
    gate.wait_for("prod", "go", seconds=180)
    kubectl("apply", "-f", "-", document=deployment(replicas=2))
    gate.wait_for("prod", "go", seconds=180)
    assert "2" in gate.check("prod", "api")["message"]


def test_a_bad_image_is_found_early(gate):
    gate.wait_for("prod", "go", seconds=180)
    kubectl("apply", "-f", "-", document=deployment("registry.invalid/no/such:image"))
    wait_until(lambda: gate.check("prod", "api")["status"] == "failed", 180)
    assert "Image" in gate.check("prod", "api")["reason"]
    kubectl("apply", "-f", "-", document=deployment())
    gate.wait_for("prod", "go", seconds=180)


def test_deletion_closes_the_gate(gate):
    gate.wait_for("prod", "go", seconds=180)
    kubectl("delete", "deployment", "convergate-test")
    wait_check(gate, "api", "progressing", "NotFound", seconds=60)
