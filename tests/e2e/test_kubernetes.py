# SPDX-License-Identifier: Apache-2.0
"""A rollout as the gate sees it, and each form of check, against the fake API server."""

import json

import pytest

from conftest import wait_until
from kube.gate import DEPLOYMENT, config, wait_check
from kube.objects import App, condition, custom, node, pod, release, stamp


@pytest.fixture(params=["protobuf", "json"])
def encoding(request):
    return request.param


def source(cluster, **more):
    return {"kubeconfig": str(cluster.kubeconfig())} | more


def test_a_rollout_from_go_to_wait_to_go(cluster, daemon, encoding):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, source(cluster, encoding=encoding)))
    gate.wait_for("prod", "go")
    check = gate.check("prod", "api")
    assert (check["reason"], check["revision"]) == ("RolledOut", "1")
    assert "@sha256:" in json.dumps(check["facts"])

    app.change("registry.test/api:2")
    gate.wait_for("prod", "wait")
    assert wait_check(gate, "api", "progressing")["reason"] == "GenerationBehind"
    app.begin()
    check = wait_check(gate, "api", "progressing")
    wait_until(lambda: gate.check("prod", "api")["reason"] != "GenerationBehind")
    app.settle()
    gate.wait_for("prod", "go")
    assert gate.check("prod", "api")["revision"] == "2"


TROUBLES = [
    ("ImagePullBackOff", {"waiting": ("ImagePullBackOff", 'Back-off pulling image "api:2"')}),
    ("CrashLoopBackOff", {"waiting": ("CrashLoopBackOff", "back-off 40s"), "restarts": 3,
                          "ago": 90}),
    ("CreateContainerConfigError", {"waiting": ("CreateContainerConfigError",
                                                'secret "keys" not found')}),
    ("Unschedulable", {"unschedulable": "0/6 nodes are available: 6 Insufficient cpu.",
                       "ago": 90}),
]


@pytest.mark.parametrize("reason, trouble", TROUBLES, ids=[reason for reason, _ in TROUBLES])
def test_a_bad_release_is_found_long_before_the_deadline(cluster, daemon, reason, trouble):
    """The Deployment itself still says Progressing=True, and will for ten minutes."""
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    app.change("registry.test/api:2")
    app.begin(**trouble)
    check = wait_check(gate, "api", "failed", reason)
    assert app.set_name(2) in check["message"], check
    assert gate.verdict("prod")["verdict"] == "halt"
    app.change("registry.test/api:1")  # undone
    app.revision += 1
    app.settle()
    gate.wait_for("prod", "go")


def test_old_pods_in_trouble_say_nothing_about_the_new_revision(cluster, daemon):
    app = App(cluster).settle()
    app.change("registry.test/api:2")
    app.begin()
    app.put_set(1, "registry.test/api:1", 3, ready=False, restarts=9,
                waiting=("CrashLoopBackOff", "back-off"))
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    wait_check(gate, "api", "progressing")


def test_the_progress_deadline_fails_it(cluster, daemon):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    app.change("registry.test/api:2")
    app.begin()
    app.deadline()
    wait_check(gate, "api", "failed", "ProgressDeadlineExceeded")
    gate.wait_for("prod", "halt")


def test_scaling_up_waits_for_the_new_replicas(cluster, daemon):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    app.change(replicas=5)
    wait_check(gate, "api", "progressing", "GenerationBehind")
    app.scaling(ready=4)
    check = wait_check(gate, "api", "progressing")
    wait_until(lambda: "4" in gate.check("prod", "api")["message"])
    app.settle()
    gate.wait_for("prod", "go")
    check = gate.check("prod", "api")
    assert "5" in check["message"], check


def test_a_deleted_object_closes_the_gate(cluster, daemon):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT, "any": {
        "kind": "deploy", "namespace": "shop", "selector": "app=api"}, "none": {
        "kind": "deploy", "namespace": "shop", "selector": "app=api", "allow_empty": True}}))
    gate.wait_for("prod", "go")
    app.delete()
    wait_check(gate, "api", "progressing", "NotFound")
    wait_check(gate, "any", "unknown", "EmptyMatch")
    wait_check(gate, "none", "ready", "Empty")
    document = gate.verdict("prod")
    assert (document["verdict"], document["unknown"]) == ("wait", True)
    app.settle()
    gate.wait_for("prod", "go")


def test_an_object_that_is_being_deleted_is_on_its_way(cluster, daemon):
    document = pod("db-0", phase="Running")
    document["metadata"] |= {"deletionTimestamp": stamp(-30), "deletionGracePeriodSeconds": 30}
    cluster.put(document)
    gate = daemon(config(cluster, {"db": {"kind": "Pod", "namespace": "shop", "name": "db-0"}}))
    wait_check(gate, "db", "progressing", "Terminating")


def test_selectors_choose_and_at_least_counts(cluster, daemon, encoding):
    apps = [App(cluster, f"web-{i}", labels={"tier": "web"}).settle() for i in range(4)]
    App(cluster, "batch", labels={"tier": "batch"}).settle()
    gate = daemon(config(cluster, {
        "all": {"kind": "Deployment", "namespace": "shop", "selector": "tier in (web)"},
        "three": {"kind": "Deployment", "namespace": "shop", "selector": "tier=web",
                  "at_least": "3"},
        "share": {"kind": "Deployment", "namespace": "shop", "selector": "tier!=batch",
                  "at_least": "75%"},
        "ten": {"kind": "Deployment", "namespace": "shop", "selector": "tier", "at_least": "10"},
    }, source(cluster, encoding=encoding)))
    for name in ("all", "three", "share"):
        wait_check(gate, name, "ready")
    assert gate.check("prod", "ten")["status"] != "ready"
    apps[0].change("registry.test/api:2")
    wait_check(gate, "all", "progressing")
    assert gate.check("prod", "three")["status"] == "ready"
    assert gate.check("prod", "share")["status"] == "ready"
    apps[1].change("registry.test/api:2")
    wait_check(gate, "three", "progressing")
    wait_check(gate, "share", "progressing")


def test_an_object_that_stops_matching_is_gone(cluster, daemon):
    """A watch with a selector tells that as DELETED, one without as MODIFIED."""
    document = node("node-a", labels={"pool": "web"})
    cluster.put(document)
    gate = daemon(config(cluster, {"pool": {"kind": "Node", "selector": "pool=web"}}))
    wait_check(gate, "pool", "ready")
    document["metadata"]["labels"]["pool"] = "batch"
    cluster.put(document)
    wait_check(gate, "pool", "unknown", "EmptyMatch")


def test_nodes_by_share(cluster, daemon):
    cluster.put_all(node(f"node-{i}") for i in range(10))
    gate = daemon(config(cluster, {"nodes": {"kind": "Node", "at_least": "90%"}}))
    gate.wait_for("prod", "go")
    cluster.put(node("node-3", ready=False))
    wait_until(lambda: "9" in gate.check("prod", "nodes")["message"])
    assert gate.verdict("prod")["verdict"] == "go"
    cluster.put(node("node-4", ready=None))
    wait_until(lambda: gate.verdict("prod")["verdict"] != "go")


# ---- custom resources ----

FLUX = ("kustomize.toolkit.fluxcd.io", "v1", "kustomizations", "Kustomization")


def install(cluster, group, version, name, kind):
    cluster.do("install", group=group, version=version, name=name, kind=kind)


def flux(ready, generation=1, observed=1, reason="ReconciliationSucceeded"):
    return custom("kustomize.toolkit.fluxcd.io/v1", "Kustomization", "infra", "flux-system",
                  generation=generation, status={
                      "observedGeneration": observed, "lastAppliedRevision": "main@sha1:abc",
                      "lastAttemptedRevision": "main@sha1:abc", "conditions": [
                          condition("Ready", ready, reason, "Applied revision: main@sha1:abc",
                                    observedGeneration=observed)]})


def test_a_custom_resource_with_a_rule(cluster, daemon):
    install(cluster, *FLUX)
    cluster.put(flux("True"))
    gate = daemon(config(cluster, {"infra": {
        "kind": "kustomize.toolkit.fluxcd.io/v1/Kustomization", "namespace": "flux-system",
        "name": "infra"}}))
    gate.wait_for("prod", "go")
    cluster.put(flux("True", generation=2))
    gate.wait_for("prod", "wait")
    cluster.put(flux("True", 2, 2))
    gate.wait_for("prod", "go")
    cluster.put(flux("False", 2, 2, "BuildFailed"))
    wait_until(lambda: gate.verdict("prod")["verdict"] != "go")


def test_a_custom_resource_by_its_conditions(cluster, daemon):
    install(cluster, "shop.test", "v1", "queues", "Queue")
    cluster.put(custom("shop.test/v1", "Queue", "orders"))
    gate = daemon(config(cluster, {"queue": {"kind": "shop.test/v1/Queue", "namespace": "shop"}}))
    check = wait_check(gate, "queue", "unknown", "NoStatus")
    assert gate.verdict("prod")["unknown"]
    ready = [condition("Ready", "False", "Creating", "not yet")]
    cluster.put(custom("shop.test/v1", "Queue", "orders", status={"conditions": ready}))
    check = wait_check(gate, "queue", "progressing")
    assert "not yet" in check["message"]
    ready = [condition("Ready", "True", "Made", "")]
    cluster.put(custom("shop.test/v1", "Queue", "orders", status={"conditions": ready}))
    gate.wait_for("prod", "go")


def test_a_rule_of_ones_own(cluster, daemon):
    install(cluster, "shop.test", "v1", "queues", "Queue")
    cluster.put(custom("shop.test/v1", "Queue", "orders", status={"phase": "Filling"}))
    gate = daemon(config(cluster, {"queue": {
        "kind": "shop.test/v1/Queue", "namespace": "shop", "name": "orders",
        "fields": {"/status/phase": "Bound", "/status/address": ""}}}))
    check = wait_check(gate, "queue", "progressing", "FieldMismatch")
    assert "/status/phase" in check["message"]
    cluster.put(custom("shop.test/v1", "Queue", "orders",
                       status={"phase": "Bound", "address": "10.0.0.1"}))
    gate.wait_for("prod", "go")


# ---- Helm ----


def test_helm_releases_by_their_labels_alone(cluster, daemon):
    cluster.do("allow", user="gate-readonly", verbs=["get", "list", "watch"])
    cluster.put_all([release("shop", 1, "superseded"), release("shop", 2, "deployed"),
                     release("other", 1, "failed")])
    gate = daemon(config(cluster, {"release": {"helm": "shop", "namespace": "shop"}}))
    gate.wait_for("prod", "go")
    asked = cluster.asked("/secrets")
    assert asked and all("PartialObjectMetadata" in accept for _, _, accept in asked), asked
    assert "SECRET-RELEASE" not in gate.log()
    cluster.put(release("shop", 3, "pending-upgrade"))
    wait_check(gate, "release", "progressing")
    cluster.put(release("shop", 3, "failed"))
    wait_check(gate, "release", "failed")
    cluster.put(release("shop", 4, "deployed"))
    gate.wait_for("prod", "go")


# ---- ready-made checks ----


def test_preset_nodes(cluster, daemon):
    cluster.put_all(node(f"node-{i}") for i in range(10))
    gate = daemon(config(cluster, {"nodes": {"preset": "nodes"}}))
    wait_check(gate, "nodes", "ready")
    for i in range(5):
        cluster.put(node(f"node-{i}", ready=False, ago=600))
    wait_until(lambda: gate.check("prod", "nodes")["status"] in ("degraded", "failed"))


def test_preset_capacity(cluster, daemon):
    cluster.put_all(node(f"node-{i}", cpu="2", memory="4Gi") for i in range(3))
    asked = {"preset": "capacity", "release": {"cpu": "500m", "memory": "512Mi", "replicas": 4}}
    gate = daemon(config(cluster, {"room": asked}))
    wait_check(gate, "room", "ready")
    cluster.put_all(pod(f"filler-{i}", node=f"node-{i}",
                        requests={"cpu": "1900m", "memory": "3Gi"}) for i in range(3))
    wait_until(lambda: gate.check("prod", "room")["status"] in ("degraded", "failed"))
    for i in range(3):
        cluster.delete("pods", "shop", f"filler-{i}")
    wait_check(gate, "room", "ready")


def test_preset_scheduling(cluster, daemon):
    gate = daemon(config(cluster, {"scheduling": {"preset": "scheduling"}}))
    wait_check(gate, "scheduling", "ready")
    cluster.put_all(pod(f"stuck-{i}", unschedulable="0/6 nodes are available", ago=600)
                    for i in range(30))
    wait_until(lambda: gate.check("prod", "scheduling")["status"] in ("degraded", "failed"))


def test_preset_images(cluster, daemon):
    cluster.put(pod("good"))
    gate = daemon(config(cluster, {"images": {"preset": "images"}}))
    wait_check(gate, "images", "ready")
    cluster.put_all(pod(f"bad-{i}", ready=False, ago=600,
                        waiting=("ImagePullBackOff", "no such image")) for i in range(5))
    wait_until(lambda: gate.check("prod", "images")["status"] in ("degraded", "failed"))


def test_preset_autoscaling(cluster, daemon):
    def scaler(active="True", limited="False", ago=60):
        return {"kind": "HorizontalPodAutoscaler", "apiVersion": "autoscaling/v2",
                "metadata": {"name": "web", "namespace": "shop"},
                "spec": {"scaleTargetRef": {"kind": "Deployment", "name": "web"},
                         "minReplicas": 1, "maxReplicas": 3},
                "status": {"currentReplicas": 3, "desiredReplicas": 3, "conditions": [
                    condition("AbleToScale", "True", "ReadyForNewScale", ago=ago),
                    condition("ScalingActive", active, "FailedGetResourceMetric"
                              if active == "False" else "ValidMetricFound", ago=ago),
                    condition("ScalingLimited", limited, "TooManyReplicas", ago=ago)]}}

    cluster.put(scaler())
    gate = daemon(config(cluster, {"scaling": {"preset": "autoscaling"}}))
    wait_check(gate, "scaling", "ready")
    cluster.put(scaler(active="False", ago=3600))
    wait_until(lambda: gate.check("prod", "scaling")["status"] in ("degraded", "failed"))


def test_preset_disruption(cluster, daemon):
    def budget(allowed, healthy):
        return {"kind": "PodDisruptionBudget", "apiVersion": "policy/v1",
                "metadata": {"name": "api", "namespace": "shop", "generation": 1},
                "spec": {"minAvailable": 2, "selector": {"matchLabels": {"app": "api"}}},
                "status": {"observedGeneration": 1, "disruptionsAllowed": allowed,
                           "currentHealthy": healthy, "desiredHealthy": 2, "expectedPods": 3,
                           "conditions": [condition(
                               "DisruptionAllowed", "True" if allowed else "False",
                               "SufficientPods" if allowed else "InsufficientPods",
                               ago=3600)]}}

    cluster.put(budget(1, 3))
    gate = daemon(config(cluster, {"disruption": {"preset": "disruption"}}))
    wait_check(gate, "disruption", "ready")
    cluster.put(budget(0, 1))
    wait_until(lambda: gate.check("prod", "disruption")["status"] in ("degraded", "failed"))


def test_preset_api(cluster, daemon):
    gate = daemon(config(cluster, {"api": {"preset": "api"}}))
    wait_check(gate, "api", "ready")
    cluster.do("set", name="failing", value=["etcd"])
    wait_until(lambda: gate.check("prod", "api")["status"] != "ready")
    cluster.do("set", name="failing", value=[])
    wait_check(gate, "api", "ready")


def test_preset_system(cluster, daemon):
    app = App(cluster, "coredns", "kube-system", labels={"k8s-app": "kube-dns"}).settle()
    gate = daemon(config(cluster, {"system": {"preset": "system"}}))
    wait_check(gate, "system", "ready")
    app.observed = app.generation
    app.scaling(ready=0)
    wait_until(lambda: gate.check("prod", "system")["status"] != "ready")


# ---- namespaces ----


def test_a_list_of_namespaces(cluster, daemon):
    for namespace in ("shop", "pay", "lab"):
        App(cluster, namespace=namespace).settle()
    gate = daemon(config(cluster, {
        "two": {"kind": "Deployment", "namespace": ["shop", "pay"]},
        "every": {"kind": "Deployment"}}))
    gate.wait_for("prod", "go")
    App(cluster, namespace="lab").change("registry.test/api:2")
    wait_check(gate, "every", "progressing")
    assert gate.check("prod", "two")["status"] == "ready"
    App(cluster, namespace="pay").change("registry.test/api:2")
    wait_check(gate, "two", "progressing")


def test_a_role_of_two_namespaces_is_enough(cluster, daemon):
    """Where the source names the namespaces, nothing is asked of the whole cluster."""
    cluster.do("allow", user="gate-readonly", namespaces=["shop", "pay"])
    App(cluster, namespace="shop").settle()
    App(cluster, namespace="pay").settle()
    gate = daemon(config(cluster, {"every": {"kind": "Deployment"}},
                         source(cluster, namespaces=["shop", "pay"])))
    gate.wait_for("prod", "go")
    for part in ("/deployments", "/pods", "/replicasets"):
        assert all("/namespaces/" in target for _, target, _ in cluster.asked(part))


def test_checks_of_one_kind_share_one_watch(cluster, daemon):
    for i in range(20):
        App(cluster, f"web-{i}", replicas=1).settle()
    gate = daemon(config(cluster, {f"web-{i}": {
        "kind": "Deployment", "namespace": "shop", "name": f"web-{i}"} for i in range(20)}))
    gate.wait_for("prod", "go")
    for resource in ("deployments.apps", "pods", "replicasets.apps"):
        assert cluster.watching(resource) == 1, resource


def test_the_object_is_the_one_that_another_check_names(cluster, daemon, tmp_path):
    """A stream's check begins anew with each fact that it takes."""
    App(cluster).settle()
    other = App(cluster, name="worker")
    other.settle()
    named = tmp_path / "named"
    named.write_text("api\n")
    made = json.loads(config(cluster, {"api": DEPLOYMENT | {"name": "${checks.names.facts.name}"}}))
    made["sources"]["local"] = {"type": "exec"}
    made["environments"]["prod"]["checks"]["names"] = {
        "source": "local", "argv": ["/bin/sh", "-c", f'printf \'{{"facts":{{"name":"%s"}}}}\' "$(cat {named})"'],
        "output": "json", "interval": "500ms", "timeout": "400ms", "rise": "0s",
    }  # fmt: skip
    gate = daemon(json.dumps(made))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "api")["facts"]["name"] == "api"
    named.write_text("worker\n")
    wait_until(lambda: gate.check("prod", "api")["facts"].get("name") == "worker")
    gate.wait_for("prod", "go")
    named.write_text("nobody\n")
    assert wait_check(gate, "api", "progressing")["reason"] == "NotFound"
