# SPDX-License-Identifier: Apache-2.0
"""States in Consul, in Kubernetes and in HCP Terraform, under the eyes of the real daemon: whole, torn,
locked, abandoned, refused."""

import base64
import gzip
import json
import time

import pytest

from conftest import wait_until
from fake_services import FakeConsul, FakeHcp, recorded
from kube.cluster import Cluster
from terraform_files import FIXTURES, config, state, wait_reason

KEY = "live/é app+1"
HOLDER = json.dumps({
    "ID": "860c1dd8", "Operation": "OperationTypeApply", "Info": "", "Who": "root@build-7",
    "Version": "1.5.7", "Created": "2026-11-20T19:25:15.5663227Z", "Path": "x"})  # fmt: skip
SETTLED = {"network": {"resources": ["terraform_data.*"], "settle": "0s"}}


def token(folder, text):
    path = folder / "token"
    path.write_text(text + "\n")
    path.chmod(0o600)
    return f"file:{path}"


def is_locked(gate):
    check = wait_reason(gate, "network", "Locked", "progressing")
    assert "root@build-7" in check["message"]


def one_of(check, *reasons):
    return check if check["reason"] in reasons else None


def serial(gate, number):
    wait_until(lambda: gate.check("prod", "network")["revision"] == str(number), what=f"serial {number}")


# ---- Consul ----


@pytest.fixture
def consul():
    store = FakeConsul()
    yield store
    store.stop()


def kv(consul, folder, **more):
    return {"infra": {"backend": "consul", "url": consul.url, "path": KEY,
                      "bearer": token(folder, consul.token)} | more}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("chunk", [None, 100])
def test_consul_keeps_a_state_in_four_ways(consul, daemon, tmp_path, packed, chunk):
    consul.put_state(KEY, state(7), packed, chunk)
    gate = daemon(config(kv(consul, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == "7"
    # what did not change is not read again
    before = len(consul.asked)
    wait_until(lambda: len(consul.asked) > before + 6, what="more looks")
    assert not any("tfstate." in path for _, path, _ in consul.asked[before:])
    consul.put_state(KEY, state(8, ["one"]), packed, chunk)
    serial(gate, 8)


def test_a_workspace_of_consul_has_a_key_of_its_own(consul, daemon, tmp_path):
    consul.put_state(f"{KEY}-env:staging", state(7))
    gate = daemon(config(kv(consul, tmp_path, workspace="staging"), SETTLED))
    gate.wait_for("prod", "go")


def test_a_session_holds_the_lock_and_its_end_leaves_it_stale(consul, daemon, tmp_path):
    consul.put_state(KEY, state(7))
    gate = daemon(config(kv(consul, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    consul.lock(KEY, HOLDER)
    is_locked(gate)
    assert gate.verdict("prod")["verdict"] == "wait"
    consul.lose_session(KEY)
    wait_reason(gate, "network", "LockStale", "unknown")
    consul.unlock(KEY)
    gate.wait_for("prod", "go")


def test_chunks_that_go_while_they_are_read_are_being_written(consul, daemon, tmp_path):
    consul.put_state(KEY, state(7), chunk=100)
    consul.gone = {name for name in consul.keys if name.endswith("/2")}
    gate = daemon(config(kv(consul, tmp_path), SETTLED))
    wait_reason(gate, "network", "BeingWritten", "progressing")
    consul.gone = set()
    consul.put_state(KEY, state(8), chunk=100)
    gate.wait_for("prod", "go")


def test_chunks_of_another_digest_are_no_evidence(consul, daemon, tmp_path):
    consul.put_state(KEY, state(7), chunk=100)
    name = next(name for name in consul.keys if name.endswith("/1"))
    consul.set(name, consul.keys[name][0].replace(b"a", b"b"))
    gate = daemon(config(kv(consul, tmp_path), SETTLED))
    wait_reason(gate, "network", "DigestMismatch", "unknown")


def test_consul_says_no(consul, daemon, tmp_path):
    gate = daemon(config(kv(consul, tmp_path), SETTLED))
    wait_reason(gate, "network", "NoState", "progressing")
    consul.token = "another"
    check = wait_reason(gate, "network", "Forbidden", "unknown")
    assert "key_prefix" in check["message"] and "consul-token" not in gate.log()


# ---- Kubernetes ----


@pytest.fixture
def cluster(tmp_path):
    cluster = Cluster(tmp_path / "cluster")
    cluster.do("allow", user="gate-readonly", verbs=["get", "list", "watch"])
    yield cluster
    cluster.stop()


SUFFIX = "staging"
NAME = f"tfstate-default-{SUFFIX}"
LABELS = {"tfstate": "true", "tfstateSecretSuffix": SUFFIX, "tfstateWorkspace": "default",
          "app.kubernetes.io/managed-by": "terraform"}


def secret(cluster, name, data, labels=LABELS):
    cluster.put({"apiVersion": "v1", "kind": "Secret", "type": "Opaque",
                 "metadata": {"name": name, "namespace": "terraform", "labels": labels,
                              "annotations": {"encoding": "gzip"}},
                 **({"data": {"tfstate": base64.b64encode(data).decode()}} if data else {})})


def put_secrets(cluster, document, parts=1):
    data = gzip.compress(json.dumps(document).encode())
    size = -(-len(data) // parts)
    for number in range(parts):
        secret(cluster, f"{NAME}-part-{number}" if number else NAME, data[number * size:(number + 1) * size])


def lease(cluster, holder):
    cluster.put({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                 "metadata": {"name": f"lock-{NAME}", "namespace": "terraform",
                              "annotations": {"app.terraform.io/lock-info": HOLDER} if holder else {}},
                 "spec": {"holderIdentity": holder} if holder else {}})


def through(cluster):
    return {"cluster": {"type": "kubernetes", "kubeconfig": str(cluster.kubeconfig())},
            "infra": {"backend": "kubernetes", "via": "cluster", "namespace": "terraform",
                      "secret_suffix": SUFFIX}}


@pytest.mark.parametrize("parts", [1, 12])
def test_secrets_are_put_together(cluster, daemon, parts):
    put_secrets(cluster, state(7), parts)
    secret(cluster, "tfstate-other-x", b"x", LABELS | {"tfstateWorkspace": "other"})
    gate = daemon(config(through(cluster), SETTLED))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == "7"
    put_secrets(cluster, state(8, ["one"]), parts)
    serial(gate, 8)
    gate.wait_for("prod", "go")


def test_secrets_that_are_being_filled_are_being_written(cluster, daemon):
    gate = daemon(config(through(cluster), SETTLED))
    wait_reason(gate, "network", "NoState", "progressing")
    secret(cluster, NAME, None)
    wait_reason(gate, "network", "BeingWritten", "progressing")
    put_secrets(cluster, state(7))
    gate.wait_for("prod", "go")


def test_a_lease_with_a_holder_is_a_lock(cluster, daemon):
    put_secrets(cluster, state(7))
    lease(cluster, "860c1dd8")
    gate = daemon(config(through(cluster), SETTLED))
    is_locked(gate)
    lease(cluster, None)
    gate.wait_for("prod", "go")


@pytest.mark.parametrize("deny, words", [
    ("/secrets", "list secrets in namespace terraform"),
    ("coordination.k8s.io/leases", "get leases.coordination.k8s.io in namespace terraform"),
])  # fmt: skip
def test_a_missing_right_is_named(cluster, daemon, deny, words):
    put_secrets(cluster, state(7))
    cluster.do("allow", user="gate-readonly", verbs=["get", "list", "watch"], deny=[deny])
    gate = daemon(config(through(cluster), SETTLED))
    assert words in wait_reason(gate, "network", "Forbidden", "unknown")["message"]


# ---- HCP Terraform ----


@pytest.fixture
def hcp():
    service = FakeHcp()
    yield service
    service.stop()


def workspace(hcp, folder, **more):
    return {"infra": {"backend": "remote", "url": hcp.url, "organization": "acme", "workspace": "staging",
                      "bearer": token(folder, hcp.token)} | more}


def test_a_workspace_is_read_once_and_its_token_stays_home(hcp, daemon, tmp_path):
    hcp.put_state(state(7))
    gate = daemon(config(workspace(hcp, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == "7"
    before = len(hcp.asked)
    wait_until(lambda: len(hcp.asked) > before + 6, what="more looks")
    assert hcp.downloads == 1 and not hcp.archive.leaked
    hcp.put_state(state(8, ["one"]))
    serial(gate, 8)
    assert "archive-secret" not in gate.log() and hcp.token not in gate.log()


def test_the_run_of_a_workspace_counts(hcp, daemon, tmp_path):
    hcp.put_state(state(7))
    gate = daemon(config(workspace(hcp, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    hcp.run("applying")
    wait_reason(gate, "network", "RunInProgress", "progressing")
    hcp.runs[0]["attributes"]["status"] = "planned"
    wait_reason(gate, "network", "RunWaiting", "progressing")
    hcp.runs[0]["attributes"]["status"] = "applied"
    gate.wait_for("prod", "go")
    hcp.run("planning", plan_only=True)
    hcp.run("errored", status_timestamps={"applying-at": "2026-01-02T03:04:05+00:00"})
    wait_reason(gate, "network", "RunFailed", "failed")
    hcp.run("some_new_status")
    wait_reason(gate, "network", "RunUnclear", "unknown")


def test_a_workspace_that_is_locked_waits(hcp, daemon, tmp_path):
    hcp.put_state(state(7))
    gate = daemon(config(workspace(hcp, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    locked = recorded("workspace-locked-by-run")["data"]
    hcp.workspace["data"]["attributes"]["locked"] = True
    hcp.workspace["data"]["relationships"]["locked-by"] = locked["relationships"]["locked-by"]
    wait_reason(gate, "network", "Locked", "progressing")
    hcp.workspace["data"]["attributes"]["locked"] = False
    gate.wait_for("prod", "go")


def test_a_version_whose_state_has_another_serial_is_being_written(hcp, daemon, tmp_path):
    hcp.put_state(state(7), serial=8)
    gate = daemon(config(workspace(hcp, tmp_path), SETTLED))
    wait_reason(gate, "network", "BeingWritten", "progressing")
    hcp.put_state(state(8))
    gate.wait_for("prod", "go")


def test_nothing_there_may_be_a_missing_right(hcp, daemon, tmp_path):
    gate = daemon(config(workspace(hcp, tmp_path), SETTLED))
    check = wait_reason(gate, "network", "NoState", "progressing")
    assert "may not read" in check["message"]
    hcp.token = "another"
    wait_reason(gate, "network", "Unauthorized", "unknown")


def test_a_service_that_is_asked_too_often_is_left_alone(hcp, daemon, tmp_path):
    hcp.put_state(state(7))
    gate = daemon(config(workspace(hcp, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    hcp.fault = lambda request: (429, {"X-RateLimit-Reset": "300.0"}, b"")
    wait_reason(gate, "network", "Throttled", "unknown")
    asked = len(hcp.asked)
    observed = gate.check("prod", "network")["observed_at"]
    wait_until(lambda: gate.check("prod", "network")["observed_at"] != observed, what="another look")
    assert len(hcp.asked) == asked


def test_drift_that_the_service_found_counts(hcp, daemon, tmp_path):
    hcp.put_state(state(7))
    hcp.assessment = recorded("assessment-drifted")
    attributes = hcp.assessment["data"]["attributes"]
    attributes |= {"checks-failed": 0, "all-checks-succeeded": True}
    gate = daemon(config(workspace(hcp, tmp_path), {"network": SETTLED["network"] | {"converged": True}}))
    wait_reason(gate, "network", "EvidenceTooOld", "unknown")
    attributes["created-at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    wait_reason(gate, "network", "Drifted", "degraded")
    attributes |= {"drifted": False, "resources-drifted": 0}
    gate.wait_for("prod", "go")
    attributes["succeeded"] = False
    wait_reason(gate, "network", "AssessmentFailed", "unknown")


def test_the_recorded_state_is_what_comes_out(hcp, daemon, tmp_path):
    document = json.loads((FIXTURES / "tf-1.5.7/app/applied.tfstate").read_text())
    hcp.put_state(document)
    gate = daemon(config(workspace(hcp, tmp_path), {"network": {"resources": ["module.network"], "settle": "0s"}}))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == str(document["serial"])


@pytest.mark.parametrize("fault, reason", [
    ("cut", "ConnectFailed"),
    ((500, {}, b"boom archive-secret"), "SourceError"),
    ((200, {"Content-Type": "text/html"}, b"<html>log in</html>"), "BadAnswer"),
    ((302, {"Location": "https://login.example.test/?next=archive-secret"}, b""), "Redirected"),
])  # fmt: skip
def test_services_that_fail_are_unknown_and_come_back(hcp, consul, daemon, tmp_path, fault, reason):
    hcp.put_state(state(7))
    consul.put_state(KEY, state(7))
    more = tmp_path / "more"
    more.mkdir()
    sources = workspace(hcp, tmp_path) | {"store": kv(consul, more)["infra"]}
    checks = SETTLED | {"other": SETTLED["network"] | {"source": "store"}}
    gate = daemon(config(sources, checks))
    gate.wait_for("prod", "go")
    for service, name in ((hcp, "network"), (consul, "other")):
        service.fault = lambda _: fault
        # the breaker may open before anybody has looked
        check = wait_until(lambda name=name: one_of(gate.check("prod", name), reason, "SourceUnavailable"),
                           what=reason)
        assert check["status"] == "unknown" and "archive-secret" not in check["message"]
        service.fault = None
        gate.wait_for("prod", "go", seconds=90)
