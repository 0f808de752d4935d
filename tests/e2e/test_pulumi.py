# SPDX-License-Identifier: Apache-2.0
"""Stacks of Pulumi: a DIY backend's folder as an update writes it, exports, and one in a bucket."""

import gzip
import json
import subprocess
import sys
import time

import pytest

from fake_clouds import FakeS3
from terraform_files import FIXTURES, Kept, accept, statuses, wait_reason

MADE = FIXTURES / "constructed"
SECRET_KEY = "4dabf18193072939515e22adb298388d"
STACK = "urn:pulumi:prod::shop::pulumi:pulumi:Stack::shop-prod"
SETTLE = {"settle": "300ms"}


def resource(name, **more):
    kind = "random:index/randomPet:RandomPet"
    return {"urn": f"urn:pulumi:prod::shop::{kind}::{name}", "custom": True, "type": kind, "id": name,
            "inputs": {"prefix": "input-secret"}, "outputs": {"id": "attribute-secret"}} | more  # fmt: skip


def checkpoint(*resources, time="2026-11-20T10:00:00Z", pending=(), outputs=None):
    own = {"urn": STACK, "custom": False, "type": "pulumi:pulumi:Stack",
           "outputs": outputs or {"url": "https://x.example.test",
                                  "token": {SECRET_KEY: "1b47061264138c4ac30d75fd1eb44270",
                                            "plaintext": '"output-secret"'}}}  # fmt: skip
    return {"version": 3, "checkpoint": {"stack": "organization/shop/prod", "latest": {
        "manifest": {"time": time, "magic": "x", "version": "v3.259.0"},
        "resources": [own, *resources],
        "pending_operations": [{"resource": each, "type": "creating"} for each in pending],
        "metadata": {}}}}  # fmt: skip


def config(source, checks, store=None, socket=None):
    server = {"listen": "127.0.0.1:0"} | ({"socket": str(socket)} if socket else {})
    return json.dumps({
        "server": server, **({"store": str(store)} if store else {}),
        "defaults": {"interval": "200ms", "timeout": "5s", "rise": "0s", "fall": "0s"},
        "sources": {"stack": {"type": "pulumi"} | source},
        "environments": {"prod": {
            "checks": {name: {"source": "stack"} | keys for name, keys in checks.items()},
            "gates": {"deploy": {}}}}})


class Backend:
    """A DIY backend's folder, with one stack."""

    def __init__(self, root):
        self.root = root
        self.document = root / ".pulumi/stacks/shop/prod.json"
        self.locks = root / ".pulumi/locks/organization/shop/prod"
        self.document.parent.mkdir(parents=True)

    @property
    def source(self):
        return {"path": str(self.root), "project": "shop", "stack": "prod"}

    def write(self, document):
        self.document.write_text(json.dumps(document, indent=4) + "\n")

    def lock(self, timestamp="2026-11-21T02:00:00Z"):
        self.locks.mkdir(parents=True, exist_ok=True)
        note = {"pid": 4242, "username": "deploy", "hostname": "build-7", "timestamp": timestamp}
        (self.locks / "0a1b.json").write_text(json.dumps(note))

    def unlock(self):
        (self.locks / "0a1b.json").unlink()


@pytest.fixture
def backend(tmp_path):
    return Backend(tmp_path / "state")


def test_an_update_is_waited_for_from_its_lock_to_its_end(daemon, backend, tmp_path):
    gate = daemon(config(backend.source, {"shop": {
        "resources": [{"address": "random:*::*", "count": 2}], "outputs": ["url", "token"],
        "operation_limit": "30d", **SETTLE}}, store=tmp_path / "store.db"))  # fmt: skip
    wait_reason(gate, "shop", "NoStack", "progressing")
    backend.lock()
    locked = wait_reason(gate, "shop", "Locked", "progressing")
    assert "deploy@build-7" in locked["message"] and locked["facts"]["lock.who"] == "deploy@build-7"
    backend.write(checkpoint(resource("one"), pending=[resource("two")]))
    backend.write(checkpoint(resource("one"), resource("two")))
    wait_reason(gate, "shop", "Locked", "progressing")
    backend.unlock()
    gate.wait_for("prod", "go")
    check = gate.check("prod", "shop")
    assert (check["reason"], check["revision"]) == ("Deployed", "2026-11-20T10:00:00Z")
    assert check["facts"]["outputs.url"] == "https://x.example.test"
    assert "outputs.token" not in check["facts"]
    assert statuses(gate, "shop")[-1] == "ready"
    assert "failed" not in statuses(gate, "shop") and statuses(gate, "shop").count("ready") == 1
    said = (gate.log() + gate.get("/v1/environments/prod").body.decode()
            + gate.get("/metrics").body.decode() + (tmp_path / "store.db").read_bytes().decode("latin-1"))
    for secret in ("input-secret", "attribute-secret", "output-secret"):
        assert secret not in said


def test_what_an_update_leaves_behind(daemon, backend):
    backend.write(checkpoint(resource("one")))
    gate = daemon(config(backend.source, {"shop": {"grace": "1s", **SETTLE}}))
    gate.wait_for("prod", "go")
    backend.write(checkpoint(resource("one", initErrors=["timed out: failure-secret"])))
    failed = wait_reason(gate, "shop", "InitFailed", "failed")
    assert "RandomPet::one" in failed["message"] and "failure-secret" not in failed["message"]
    assert gate.verdict("prod")["verdict"] == "halt"
    backend.write(checkpoint(resource("one", delete=True), resource("one")))
    wait_reason(gate, "shop", "PendingDelete", "failed")
    backend.write(checkpoint(resource("one"), pending=[resource("two")]))
    wait_reason(gate, "shop", "OperationsInterrupted", "unknown")
    backend.document.write_bytes(b"")
    wait_reason(gate, "shop", "BeingWritten", "progressing")
    wait_reason(gate, "shop", "DocumentTorn", "unknown")
    backend.write(checkpoint())
    wait_reason(gate, "shop", "NoResources", "progressing")
    backend.lock("2020-01-01T00:00:00Z")
    wait_reason(gate, "shop", "LockStale", "unknown")


def test_what_was_seen_is_remembered_over_a_restart(daemon, backend, tmp_path):
    store, socket = tmp_path / "store.db", tmp_path / "socket"
    text = config(backend.source, {"shop": SETTLE}, store=store, socket=socket)
    backend.write(checkpoint(resource("one")))
    gate = daemon(text)
    gate.wait_for("prod", "go")
    gate.stop()
    backend.write(checkpoint(resource("one"), time="2026-11-19T10:00:00Z"))
    gate = daemon(text)
    check = wait_reason(gate, "shop", "TimeBehind", "unknown")
    assert "2026-11-19T10:00:00Z" in check["message"] and "2026-11-20T10:00:00Z" in check["message"]
    accept(socket, "shop")
    gate.wait_for("prod", "go")


STORM = """
import json, sys, time
document, until, written = json.load(open(sys.argv[1])), time.monotonic() + float(sys.argv[2]), 0
with open(sys.argv[1], "r+b", buffering=0) as file:
    while time.monotonic() < until:
        resources = document["checkpoint"]["latest"]["resources"]
        resources[1]["inputs"] = {"filler": "x" * (written % 5000)}
        text = json.dumps(document, indent=4).encode()
        file.seek(0)
        file.truncate()
        for start in range(0, len(text), 512):
            file.write(text[start:start + 512])
        written += 1
print(written)
"""


def test_a_writer_in_place_is_never_ready_and_never_failed(daemon, backend, tmp_path):
    backend.write(checkpoint(resource("one")))
    storm = subprocess.Popen([sys.executable, "-c", STORM, str(backend.document), "4"],
                             stdout=subprocess.PIPE, text=True)  # fmt: skip
    gate = daemon(config(backend.source, {"shop": {"settle": "1s", "grace": "60s"}}, store=tmp_path / "store.db"))
    seen = set()
    while storm.poll() is None:
        check = gate.check("prod", "shop")
        seen.add((check["status"], check["reason"]))
        time.sleep(0.02)
    assert int(storm.communicate()[0]) > 100
    assert seen <= {("unknown", "NoReading"), ("progressing", "Settling"), ("progressing", "BeingWritten")}, seen
    gate.wait_for("prod", "go")
    assert set(statuses(gate, "shop")) <= {"unknown", "progressing", "ready"}


def test_a_document_behind_a_url(daemon):
    kept = Kept(json.dumps(checkpoint(resource("one"))))
    try:
        gate = daemon(config({"backend": "http", "url": kept.url}, {"shop": SETTLE}))
        gate.wait_for("prod", "go")
        assert gate.check("prod", "shop")["facts"]["stack"] == "organization/shop/prod"
    finally:
        kept.stop()


def test_a_compressed_checkpoint(daemon, backend):
    backend.document = backend.document.with_name("prod.json.gz")
    whole = gzip.compress(json.dumps(checkpoint(resource("one"))).encode())
    backend.document.write_bytes(whole[:-9])
    gate = daemon(config(backend.source | {"gzip": True}, {"shop": {"grace": "60s", **SETTLE}}))
    wait_reason(gate, "shop", "BeingWritten", "progressing")
    backend.document.write_bytes(whole)
    gate.wait_for("prod", "go")
    backend.document.write_bytes(b"\x28\xb5\x2f\xfd rest")
    check = wait_reason(gate, "shop", "ZstdUnsupported", "unknown")
    assert "zstd" in check["message"]


@pytest.mark.parametrize("name, verdict, reason", [
    ("pulumi-export.json", "ready", "Deployed"),
    ("pulumi-export-v4-features.json", "ready", "Deployed"),
    ("pulumi-export-bad-resources.json", "failed", "InitFailed"),
    ("pulumi-export-pending-create.json", "unknown", "OperationsInterrupted"),
    ("pulumi-diy-checkpoint-never-deployed.json", "progressing", "NeverDeployed"),
    ("cloudformation-describe-stacks.json", "unknown", "NotAStack"),
])
def test_exports_and_checkpoints_named_by_path(daemon, name, verdict, reason):
    gate = daemon(config({"path": str(MADE / name)}, {"shop": SETTLE}))
    wait_reason(gate, "shop", reason, verdict)


def test_a_stack_in_a_bucket_with_its_lock(daemon, tmp_path):
    s3 = FakeS3("pulumi")
    try:
        for name, text in (("id", "AKIDEXAMPLE"), ("secret", "bucket/secret")):
            (tmp_path / name).write_text(text)
        s3.keys["AKIDEXAMPLE"] = ("bucket/secret", None)
        lock = "pulumi/team/.pulumi/locks/organization/shop/prod/0a1b.json"
        s3.put("pulumi/team/.pulumi/stacks/shop/prod.json", json.dumps(checkpoint(resource("one"))).encode())
        s3.put(lock, b'{"username":"deploy","hostname":"b7","timestamp":"2026-11-21T02:00:00Z"}')
        gate = daemon(config(
            {"backend": "s3", "url": s3.url, "path_style": True, "bucket": "pulumi", "path": "team",
             "project": "shop", "stack": "prod",
             "sigv4": {"region": s3.REGION, "service": "s3", "access_key": f"file:{tmp_path}/id",
                       "secret_key": f"file:{tmp_path}/secret"}},
            {"shop": {"operation_limit": "30d", **SETTLE}}))  # fmt: skip
        wait_reason(gate, "shop", "Locked", "progressing")
        s3.delete(lock)
        gate.wait_for("prod", "go")
        assert not s3.refused
        s3.delete("pulumi/team/.pulumi/stacks/shop/prod.json")
        wait_reason(gate, "shop", "NoStack", "progressing")
    finally:
        s3.stop()


def test_keys_that_make_no_sense_are_refused(convergated, tmp_path):
    (tmp_path / "gate.yaml").write_text(config({"path": "/srv", "project": "shop"}, {"shop": {"resources": ["x"]}}))
    ran = convergated("--check", "-c", tmp_path / "gate.yaml")
    assert ran.returncode != 0 and "needs stack beside it" in ran.stderr
