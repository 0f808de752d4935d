# SPDX-License-Identifier: Apache-2.0
"""States in object stores: signed, conditional, with their locks and digests, and refused with a
reason that says what to do."""

import hashlib
import json
import threading

import pytest

from conftest import wait_until
from fake_clouds import FakeAzure, FakeGcs, FakeS3, xml_error
from terraform_files import FIXTURES, config, state, statuses, wait_reason

SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"
HOLDER = json.dumps({
    "ID": "860c1dd8-84f8-df04-b182-143acf93b8c6", "Operation": "OperationTypeApply", "Info": "",
    "Who": "root@build-7", "Version": "1.5.7", "Created": "2026-11-20T19:25:15.5663227Z", "Path": "x"})
KEY = "live/é app+1.tfstate"
SETTLED = {"network": {"resources": ["terraform_data.*"], "settle": "0s"}}


def text(document):
    return json.dumps(document, indent=2)


def expect_locked(gate):
    check = wait_reason(gate, "network", "Locked", "progressing")
    assert "root@build-7" in check["message"] and "for Apply" in check["message"]


# ---- S3 ----


@pytest.fixture
def s3():
    store = FakeS3("tfstate")
    store.keys["AKIDEXAMPLE"] = (SECRET, None)
    yield store
    store.stop()


def write_keys(folder, identity="AKIDEXAMPLE", secret=SECRET, token=None):
    for name, words in (("id", identity), ("secret", secret), ("token", token)):
        if words is not None:
            (folder / f"{name}.new").write_text(words + "\n")
            (folder / f"{name}.new").rename(folder / name)


def bucket(s3, folder, **more):
    """Keys of a source. None takes one away."""
    if not (folder / "id").exists():
        write_keys(folder)
    keys = {
        "backend": "s3", "url": s3.url, "path_style": True, "bucket": "tfstate", "key": KEY,
        "sigv4": {"region": s3.REGION, "access_key": f"file:{folder}/id", "secret_key": f"file:{folder}/secret"}}
    return {"infra": {name: value for name, value in (keys | more).items() if value is not None}}


@pytest.mark.parametrize("more, name", [
    ({}, KEY),
    ({"workspace": "staging"}, f"env:/staging/{KEY}"),
    ({"workspace": "prod-eu", "prefix": "work spaces"}, f"work spaces/prod-eu/{KEY}"),
    ({"key": "~a!b*c'd(e)f=g&h,i;j@k$l?m#n%o.tfstate"}, "~a!b*c'd(e)f=g&h,i;j@k$l?m#n%o.tfstate"),
])  # fmt: skip
def test_keys_of_any_spelling_are_signed_as_they_are_sent(s3, daemon, tmp_path, more, name):
    s3.put(f"tfstate/{name}", text(state(7)))
    gate = daemon(config(bucket(s3, tmp_path, **more), SETTLED))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == "7"
    assert not s3.refused


def test_a_bucket_can_stand_before_the_host(s3, daemon, tmp_path):
    s3.put(f"tfstate/{KEY}", text(state(7)))
    source = bucket(s3, tmp_path, path_style=False, url=f"http://localhost:{s3.port}", proxy=s3.url)
    gate = daemon(config(source, SETTLED))
    gate.wait_for("prod", "go")
    assert not s3.refused
    assert all(not path.startswith("/tfstate") for _, path, _ in s3.asked)


def test_what_did_not_change_is_not_sent_again(s3, daemon, tmp_path):
    s3.put(f"tfstate/{KEY}", text(state(7)))
    gate = daemon(config(bucket(s3, tmp_path, use_lockfile=False), SETTLED))
    gate.wait_for("prod", "go")
    wait_until(lambda: sum(status == 304 for _, _, status in s3.asked) >= 3, what="conditional answers")
    assert sum(status == 200 for _, _, status in s3.asked) == 1
    s3.put(f"tfstate/{KEY}", text(state(8, ["one"])))
    wait_until(lambda: gate.check("prod", "network")["revision"] == "8", what="the new state")


def test_a_lock_beside_the_state_is_waited_for(s3, daemon, tmp_path):
    gate = daemon(config(bucket(s3, tmp_path), SETTLED))
    check = wait_reason(gate, "network", "NoState", "progressing")
    assert f"s3://tfstate/{KEY}" in check["message"]
    s3.put(f"tfstate/{KEY}.tflock", HOLDER)
    expect_locked(gate)
    s3.put(f"tfstate/{KEY}", text(state(7)))
    assert gate.verdict("prod")["verdict"] == "wait"
    s3.delete(f"tfstate/{KEY}.tflock")
    gate.wait_for("prod", "go")
    s3.put(f"tfstate/{KEY}.tflock", HOLDER)
    expect_locked(gate)
    assert gate.verdict("prod")["verdict"] == "wait"


def apply(s3, stop):
    """As Terraform saves in the middle of an apply, over and over: under its lock, whole states that are
    not the last. Only the one that stays when the lock goes has all resources."""
    serial = 8
    while not stop.is_set():
        s3.put(f"tfstate/{KEY}.tflock", HOLDER)
        for resources in (["one"], [], ["one", "two"]):
            s3.put(f"tfstate/{KEY}", text(state(serial, resources)))
            serial += 1
        s3.put(f"tfstate/{KEY}", text(state(serial, ["one", "two", "three"])))
        s3.delete(f"tfstate/{KEY}.tflock")
        serial += 1


def test_a_storm_of_applies_is_progress_and_nothing_worse(s3, daemon, tmp_path):
    s3.put(f"tfstate/{KEY}", text(state(7, ["one", "two", "three"])))
    wanted = {"network": {"resources": [{"address": "terraform_data.*", "count": 3}], "settle": "0s"}}
    gate = daemon(config(bucket(s3, tmp_path), wanted, store=tmp_path / "store.db", interval="100ms"))
    gate.wait_for("prod", "go")
    stop = threading.Event()
    writer = threading.Thread(target=apply, args=(s3, stop))
    writer.start()
    try:
        seen = len(s3.asked)
        wait_until(lambda: len(s3.asked) > seen + 100, what="looks into the storm")
    finally:
        stop.set()
        writer.join()
    gate.wait_for("prod", "go")
    assert set(statuses(gate, "network")) <= {"ready", "progressing"}


def table(s3):
    return {"dynamodb_table": s3.TABLE, "dynamodb_url": s3.url, "use_lockfile": False}


def test_locks_and_digests_of_dynamodb(s3, daemon, tmp_path):
    items = json.loads((FIXTURES / "constructed/dynamodb-items.json").read_text())
    lock, digest = (items[name]["LockID"]["S"] for name in ("lock", "digest"))
    where = {"bucket": "my-bucket", "key": "app.tfstate", "workspace": "staging"}
    s3.buckets.add("my-bucket")
    first = text(state(7))
    s3.put("my-bucket/env:/staging/app.tfstate", first)
    s3.items[digest] = {"LockID": digest, "Digest": hashlib.md5(first.encode()).hexdigest()}
    gate = daemon(config(bucket(s3, tmp_path, **where, **table(s3)), SETTLED))
    gate.wait_for("prod", "go")
    assert not s3.refused
    s3.items[lock] = {"LockID": lock, "Info": items["lock"]["Info"]["S"]}
    expect_locked(gate)
    second = text(state(8))
    s3.put("my-bucket/env:/staging/app.tfstate", second)
    s3.items[digest] = {"LockID": digest, "Digest": hashlib.md5(second.encode()).hexdigest()}
    del s3.items[lock]
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == "8"
    s3.items[digest]["Digest"] = items["digest"]["Digest"]["S"]
    wait_reason(gate, "network", "DigestMismatch", "unknown")
    assert gate.verdict("prod")["verdict"] != "go"
    s3.items[digest]["Digest"] = hashlib.md5(second.encode()).hexdigest()
    gate.wait_for("prod", "go")


@pytest.mark.parametrize("fault, reason, words", [
    (lambda request: xml_error(403, "AccessDenied"), "Forbidden", "s3:ListBucket"),
    (lambda request: xml_error(503, "SlowDown"), "Throttled", "asked too often"),
    (lambda request: xml_error(301, "PermanentRedirect", Endpoint="x"), "WrongRegion", "another region"),
    (lambda request: xml_error(400, "AuthorizationHeaderMalformed", Region="us-west-2"), "WrongRegion",
     "us-west-2"),
    (lambda request: (404, {}, b"<html>nothing here</html>"), "BadAnswer", "words of S3"),
    (lambda request: "cut", None, ""),
])  # fmt: skip
def test_what_is_refused_says_why_and_opens_nothing(s3, daemon, tmp_path, fault, reason, words):
    s3.put(f"tfstate/{KEY}", text(state(7)))
    gate = daemon(config(bucket(s3, tmp_path, use_lockfile=False), SETTLED, max_age="1s",
                         store=tmp_path / "store.db"))
    gate.wait_for("prod", "go")
    s3.fault = fault
    s3.put(f"tfstate/{KEY}", text(state(8)))

    def ask():
        check = gate.check("prod", "network")
        right = reason is None or (check["reason"] == reason and words in check["message"])
        return check if check["status"] == "unknown" and right else None

    wait_until(ask, what=f"unknown, {reason}")
    assert gate.verdict("prod")["verdict"] == "wait"
    assert "failed" not in statuses(gate, "network")
    s3.fault = None
    gate.wait_for("prod", "go", seconds=90)


def test_a_wrong_key_is_told_and_rotated_keys_are_used(s3, daemon, tmp_path):
    s3.put(f"tfstate/{KEY}", text(state(7)))
    write_keys(tmp_path, "ASIAFIRST", "first/secret", "first//token==")
    s3.keys = {"ASIAFIRST": ("first/secret", "first//token==")}
    source = bucket(s3, tmp_path)
    source["infra"]["sigv4"]["session_token"] = f"file:{tmp_path}/token"
    gate = daemon(config(source, SETTLED))
    gate.wait_for("prod", "go")
    s3.keys = {"ASIASECOND": ("second+secret", "second//token==")}
    wait_reason(gate, "network", "Forbidden", "unknown")
    write_keys(tmp_path, "ASIASECOND", "second+secret", "second//token==")
    gate.wait_for("prod", "go", seconds=60)
    shown = gate.log() + gate.get("/metrics").body.decode() + gate.get("/v1/environments/prod").body.decode()
    for secret in ("first/secret", "second+secret", "first//token", "second//token", "AWS4-HMAC", "attribute-secret"):
        assert secret not in shown


@pytest.mark.parametrize("more, why", [
    ({"bucket": None}, "bucket"),
    ({"key": None}, "key"),
    ({"bucket": "../other"}, "not a bucket's name"),
    ({"path_style": False}, "path_style: true"),
    ({"dynamodb_table": "locks"}, "dynamodb_url"),
    ({"dynamodb_table": "locks", "dynamodb_url": "http://127.0.0.1:1", "sigv4": None}, "needs sigv4"),
])  # fmt: skip
def test_what_cannot_be_read_is_refused_offline(s3, convergated, tmp_path, more, why):
    (tmp_path / "gate.yaml").write_text(config(bucket(s3, tmp_path, **more), SETTLED))
    ran = convergated("--check", "-c", tmp_path / "gate.yaml")
    assert ran.returncode != 0 and why in ran.stderr
    assert not s3.asked


# ---- Google Cloud Storage ----


@pytest.fixture
def gcs(tmp_path):
    store = FakeGcs("tf-state")
    store.tokens.add("ya29.first")
    (tmp_path / "token").write_text("ya29.first\n")
    yield store
    store.stop()


def google(gcs, folder, **more):
    return {"infra": {"backend": "gcs", "url": gcs.url, "bucket": "tf-state", "prefix": "live/é",
                      "bearer": f"file:{folder}/token"} | more}  # fmt: skip


def test_states_of_cloud_storage(gcs, daemon, tmp_path):
    gate = daemon(config(google(gcs, tmp_path, workspace="blue"), SETTLED))
    check = wait_reason(gate, "network", "NoState", "progressing")
    assert "gs://tf-state/live/é/blue.tfstate" in check["message"]
    gcs.put("tf-state/live/é/blue.tflock", HOLDER)
    expect_locked(gate)
    gcs.put("tf-state/live/é/blue.tfstate", text(state(7)))
    gcs.delete("tf-state/live/é/blue.tflock")
    gate.wait_for("prod", "go")
    wait_until(lambda: (gcs.asked[-1][2], gcs.asked[-2][2]) in ((304, 404), (404, 304)), what="a 304")
    gcs.put("tf-state/live/é/blue.tfstate", text(state(8)))
    wait_until(lambda: gate.check("prod", "network")["revision"] == "8", what="the new state")
    gcs.tokens = {"ya29.second"}
    wait_reason(gate, "network", "Unauthorized", "unknown")
    (tmp_path / "token").write_text("ya29.second\n")
    gate.wait_for("prod", "go", seconds=60)
    assert "ya29" not in gate.log()


@pytest.mark.parametrize("fault, reason", [
    ((403, {}, b"no-one@example does not have storage.objects.get access"), "Forbidden"),
    ((404, {}, b"The specified bucket does not exist."), "BucketMissing"),
    ((404, {}, b"<html>Not found</html>"), "BadAnswer"),
    ((429, {}, b"rateLimitExceeded"), "Throttled"),
    ((500, {}, b"backendError"), "SourceError"),
])  # fmt: skip
def test_refusals_of_cloud_storage(gcs, daemon, tmp_path, fault, reason):
    gcs.put("tf-state/live/é/default.tfstate", text(state(7)))
    gcs.fault = lambda request: fault
    gate = daemon(config(google(gcs, tmp_path), SETTLED))
    wait_reason(gate, "network", reason, "unknown")
    gcs.fault = None
    gate.wait_for("prod", "go", seconds=60)


# ---- Azure's blobs ----

SAS = "sv=2021-12-02&ss=b&srt=co&sp=rl&se=2099-01-01T00%3A00%3A00Z&sig=hush%2Bsignature%3D"
BLOB = "tfstate/live/app.tfstateenv:blue"


@pytest.fixture
def azure(tmp_path):
    store = FakeAzure("tfstate")
    store.sas = SAS
    (tmp_path / "sas").write_text(f"?{SAS}\n")
    yield store
    store.stop()


def blobs(azure, folder, **more):
    return {"infra": {"backend": "azurerm", "url": azure.url, "container": "tfstate", "workspace": "blue",
                      "key": "live/app.tfstate", "sas": f"file:{folder}/sas"} | more}  # fmt: skip


def test_states_in_blobs_and_their_leases(azure, daemon, tmp_path):
    gate = daemon(config(blobs(azure, tmp_path), SETTLED))
    check = wait_reason(gate, "network", "NoState", "progressing")
    assert "live/app.tfstateenv:blue" in check["message"]
    azure.lock(BLOB, HOLDER)  # makes an empty blob
    expect_locked(gate)
    azure.unlock(BLOB)
    wait_reason(gate, "network", "NoState", "progressing")
    azure.put(BLOB, text(state(7)))
    gate.wait_for("prod", "go")
    asked = len(azure.asked)
    wait_until(lambda: len(azure.asked) >= asked + 3, what="looks at what did not change")
    assert all(method == "HEAD" for method, _, _ in azure.asked[asked + 1:])
    azure.lock(BLOB, HOLDER)
    expect_locked(gate)
    azure.things[BLOB].lease = "broken"
    wait_reason(gate, "network", "LockStale", "unknown")
    azure.unlock(BLOB)
    gate.wait_for("prod", "go")
    assert not azure.refused


def test_a_shared_access_signature_is_shown_nowhere(azure, daemon, convergate, tmp_path):
    azure.put(BLOB, text(state(7, hostname="output-value")))
    gate = daemon(config(blobs(azure, tmp_path), SETTLED))
    gate.wait_for("prod", "go")
    ran = convergate("probe", "prod", "network", "-c", gate.config)
    assert "Applied" in ran.stdout and "live/app.tfstateenv%3Ablue" in ran.stdout, ran.stdout + ran.stderr
    azure.sas = "sv=other"
    wait_reason(gate, "network", "Unauthorized", "unknown")
    shown = (gate.log() + gate.get("/metrics").body.decode() + gate.get("/v1/environments/prod").body.decode()
             + ran.stdout + ran.stderr)
    for secret in ("hush", "sig=", "attribute-secret", "output-value"):
        assert secret not in shown


def test_blobs_with_a_token(azure, daemon, tmp_path):
    azure.sas, azure.token = None, "eyJ.token"
    (tmp_path / "token").write_text("eyJ.token\n")
    azure.put(BLOB, text(state(7)))
    source = blobs(azure, tmp_path, bearer=f"file:{tmp_path}/token")
    del source["infra"]["sas"]
    daemon(config(source, SETTLED)).wait_for("prod", "go")


@pytest.mark.parametrize("fault, reason", [
    ((403, {"x-ms-error-code": "AuthorizationPermissionMismatch"}, b""), "Forbidden"),
    ((404, {"x-ms-error-code": "ContainerNotFound"}, b""), "BucketMissing"),
    ((404, {}, b""), "BadAnswer"),
    ((200, {}, b"<html>Welcome</html>"), "BadAnswer"),
    ((503, {"x-ms-error-code": "ServerBusy"}, b""), "Throttled"),
])  # fmt: skip
def test_refusals_of_blobs(azure, daemon, tmp_path, fault, reason):
    azure.put(BLOB, text(state(7)))
    azure.fault = lambda request: fault
    gate = daemon(config(blobs(azure, tmp_path), SETTLED))
    wait_reason(gate, "network", reason, "unknown")
    azure.fault = None
    gate.wait_for("prod", "go", seconds=60)
