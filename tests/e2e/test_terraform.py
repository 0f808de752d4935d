# SPDX-License-Identifier: Apache-2.0
"""States on this machine, as the gate sees them: applied, being written, locked, going back, broken."""

import datetime
import json
import os
import re
import signal
import time

import pytest

from conftest import wait_until
from terraform_files import (FIXTURES, Holder, Kept, Storm, accept, config, resource, state, statuses,
                             wait_reason, write)

APPLIED = FIXTURES / "tf-1.5.7/app/applied.tfstate"
SETTLE = {"settle": "500ms"}


def iso(seconds):
    at = datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")



@pytest.fixture
def file(tmp_path):
    """A state's place, in a folder of its own."""
    folder = tmp_path / "infra"
    folder.mkdir()
    return folder / "terraform.tfstate"


# ---- applied ----


def test_a_new_state_is_ready_only_after_it_has_settled(daemon, file, tmp_path):
    gate = daemon(config(file, {"network": {
        "resources": ["module.network", {"address": 'module.service["api"]', "at_least": 1}],
        "outputs": ["cluster_endpoint", {"name": "network.vpc_id", "matches": "^vpc-"}],
        "settle": "1s"}}, store=tmp_path / "store.db"))  # fmt: skip
    wait_reason(gate, "network", "NoState", "progressing")
    file.write_bytes(APPLIED.read_bytes())
    wait_reason(gate, "network", "Settling", "progressing")
    gate.wait_for("prod", "go")
    check = gate.check("prod", "network")
    assert (check["reason"], check["revision"]) == ("Applied", "19")
    facts = check["facts"]
    assert facts["outputs.cluster_endpoint"] == "https://open-goose.example.test:6443"
    assert facts["outputs.network.vpc_id"] == "vpc-2df3941e"
    assert str(facts["serial"]) == "19" and facts["terraform_version"] == "1.5.7"
    assert statuses(gate, "network")[-2:] == ["progressing", "ready"]


def test_what_is_missing_is_named_and_counted(daemon, file):
    write(file, state(7, ["one", "two"]))
    gate = daemon(config(file, {
        "all": {"resources": [{"address": "terraform_data.*", "count": 5}], **SETTLE},
        "output": {"outputs": ["hostname"], **SETTLE},
        "serial": {"serial_at_least": 8, **SETTLE}}))  # fmt: skip
    check = wait_reason(gate, "all", "ResourcesMissing", "progressing")
    assert "2 of 5" in json.dumps(check)
    wait_reason(gate, "output", "OutputsMissing", "progressing")
    wait_reason(gate, "serial", "SerialTooLow", "progressing")
    write(file, state(8, ["one", "two", "three", "four", "five"], hostname="lb.example.net"))
    gate.wait_for("prod", "go")
    write(file, state(9, ["one", "two", "three", "four", resource("five", status="tainted")],
                      hostname="lb.example.net"))  # fmt: skip
    check = wait_reason(gate, "all", "ResourcesTainted", "failed")
    assert "terraform_data.five" in check["message"]
    assert gate.verdict("prod")["verdict"] == "halt"


def test_facts_of_one_state_are_the_wishes_of_another(daemon, tmp_path):
    first = write(tmp_path / "first.tfstate", state(1, hostname="a.example.net"))
    second = write(tmp_path / "second.tfstate", state(1, target="b.example.net"))
    gate = daemon(config(
        {"infra": {"backend": "local", "path": str(first)}, "app": {"backend": "local", "path": str(second)}},
        {"network": {"outputs": ["hostname"], **SETTLE},
         "app": {"source": "app", **SETTLE,
                 "outputs": [{"name": "target", "equals": "${checks.network.facts.outputs.hostname}"}]}}))  # fmt: skip
    wait_reason(gate, "app", "OutputsDiffer", "progressing")
    write(second, state(2, target="a.example.net"))
    gate.wait_for("prod", "go")


def test_a_workspace_of_a_directory_is_another_state(daemon, tmp_path):
    folder = tmp_path / "infra"
    (folder / "terraform.tfstate.d/eu").mkdir(parents=True)
    write(folder / "terraform.tfstate", state(3))
    write(folder / "terraform.tfstate.d/eu/terraform.tfstate", state(8, lineage="another"))
    place = {"backend": "local", "path": f"{folder}/"}
    gate = daemon(config({"infra": place, "eu": place | {"workspace": "eu"}},
                         {"main": SETTLE, "eu": {"source": "eu", **SETTLE}}))
    gate.wait_for("prod", "go")
    assert [gate.check("prod", name)["revision"] for name in ("main", "eu")] == ["3", "8"]


def test_a_change_is_seen_long_before_the_next_round(daemon, file):
    write(file, state(1, ["one"]))
    gate = daemon(config(file, {"two": {"resources": ["terraform_data.two"], "settle": "0s"}}, interval="5m"))
    wait_reason(gate, "two", "ResourcesMissing")
    write(file, state(2, ["one", "two"]))
    wait_reason(gate, "two", "Applied", "ready", seconds=10)


def test_plans_tell_whether_something_is_left_to_do(daemon, tmp_path):
    places = {}
    for name in ("nochanges", "changes"):
        plan = json.loads((FIXTURES / f"tf-1.5.7/app/plan-{name}.json").read_text())
        places[name] = write(tmp_path / f"{name}.json", plan | {"timestamp": iso(time.time())})
    sources = {name: {"backend": "local", "path": str(path), "content": "plan"}
               for name, path in places.items()}
    gate = daemon(config(sources, {
        "same": {"source": "nochanges"},
        "old": {"source": "nochanges", "max_age": "1s"},
        "other": {"source": "changes"}}))  # fmt: skip
    wait_reason(gate, "same", "Converged", "ready")
    wait_reason(gate, "old", "EvidenceTooOld", "unknown")
    wait_reason(gate, "other", "PendingChanges", "degraded")


# ---- being written ----


def test_a_writer_as_fast_as_it_can_never_makes_a_ready_or_a_failed(daemon, file, tmp_path):
    """Every state that it writes would be ready by itself, and most looks see a torn one."""
    write(file, state(1, [f"r{number}" for number in range(300)]))
    os.utime(file, (1, 1))
    gate = daemon(config(file, {"all": {"resources": [{"address": "terraform_data.*", "count": 300}],
                                        "settle": "2s", "grace": "60s"}}, store=tmp_path / "store.db"))
    gate.wait_for("prod", "go")
    storm = Storm(file, 6)
    gate.wait_for("prod", "wait")
    before = len(statuses(gate, "all"))
    seen = set()

    def watch():
        check = gate.check("prod", "all")
        seen.add((check["status"], check["reason"]))
        return storm.is_over()

    wait_until(watch, 60, every=0.02, what="the end of the storm")
    written = storm.written()
    assert {status for status, _ in seen} == {"progressing"}, seen
    assert {reason for _, reason in seen} <= {"BeingWritten", "Settling"}, seen
    gate.wait_for("prod", "go")
    assert gate.check("prod", "all")["revision"] == str(written + 1)
    after = statuses(gate, "all")[before:]
    assert set(after[:-1]) <= {"progressing"} and after[-1] == "ready", after
    assert written > 100


def test_what_stays_torn_is_unknown_after_the_grace(daemon, file):
    whole = json.dumps(state(1))
    write(file, whole[: len(whole) // 2])
    gate = daemon(config(file, {"all": {"grace": "1s", **SETTLE}}))
    wait_reason(gate, "all", "BeingWritten", "progressing")
    wait_reason(gate, "all", "StateTorn", "unknown")
    assert gate.verdict("prod")["unknown"] is True
    write(file, "")
    wait_reason(gate, "all", "StateEmpty", "unknown")
    write(file, whole)
    gate.wait_for("prod", "go")


def test_a_state_that_is_deleted_and_comes_back(daemon, file):
    write(file, state(5))
    gate = daemon(config(file, {"all": SETTLE}))
    gate.wait_for("prod", "go")
    kept = file.read_bytes()
    file.unlink()
    check = wait_reason(gate, "all", "NoState", "progressing")
    assert str(file) in check["message"]
    file.write_bytes(kept)
    gate.wait_for("prod", "go")
    file.unlink()
    write(file, state(6, lineage="new"))
    wait_reason(gate, "all", "LineageChanged", "unknown")


# ---- locks ----


def test_a_lock_holds_the_gate_and_a_killed_holder_is_told_from_it(daemon, file):
    write(file, state(1))
    gate = daemon(config(file, {
        "all": SETTLE, "careless": {"lock": "ignore", "settle": "0s"}}))  # fmt: skip
    gate.wait_for("prod", "go")
    holder = Holder(file)
    check = wait_reason(gate, "all", "Locked", "progressing")
    assert "ada@laptop" in json.dumps(check) and "lock-secret" not in json.dumps(check)
    assert gate.check("prod", "careless")["status"] == "ready"
    holder.end()
    gate.wait_for("prod", "go")

    holder = Holder(file)
    wait_reason(gate, "all", "Locked", "progressing")
    holder.kill()
    wait_reason(gate, "all", "LockStale", "unknown")
    # The next command takes the lock, and takes the note away.
    Holder(file).end()
    gate.wait_for("prod", "go")


def test_the_lock_of_a_young_plan_can_be_passed_over(daemon, file):
    write(file, state(1))
    gate = daemon(config(file, {"all": SETTLE, "patient": {"ignore_plan_locks": "10m", **SETTLE}}))
    gate.wait_for("prod", "go")
    holder = Holder(file, "OperationTypePlan", iso(time.time()))
    wait_reason(gate, "all", "Locked", "progressing")
    assert gate.check("prod", "patient")["status"] == "ready"
    holder.end()
    holder = Holder(file, "OperationTypeApply", iso(time.time()))
    wait_reason(gate, "patient", "Locked", "progressing")
    holder.end()


# ---- what is remembered ----


def test_a_state_that_goes_back_is_an_alarm_until_somebody_accepts_it(daemon, file, tmp_path):
    socket = tmp_path / "s"
    write(file, state(9))
    gate = daemon(config(file, {"all": SETTLE}, store=tmp_path / "store.db", socket=socket))
    gate.wait_for("prod", "go")
    write(file, state(8))
    wait_reason(gate, "all", "SerialBehind", "unknown")
    # Nor does it help to go on from there.
    write(file, state(10))
    changed = os.stat(file).st_mtime
    wait_until(lambda: gate.check("prod", "all")["observed_at"] > iso(changed + 1), what="a later look")
    assert gate.check("prod", "all")["reason"] == "SerialBehind"
    write(file, state(8))
    accept(socket, "all")
    gate.wait_for("prod", "go")
    assert gate.check("prod", "all")["revision"] == "8"
    write(file, state(8, ["one", "other"]))
    wait_reason(gate, "all", "SameSerialOtherContent", "unknown")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_a_restart_does_not_forget(daemon, file, tmp_path, how):
    write(file, state(9))
    text = config(file, {"all": SETTLE}, store=tmp_path / "store.db")
    gate = daemon(text)
    gate.wait_for("prod", "go")
    if how == signal.SIGKILL:
        gate.process.kill()
        gate.process.wait()
        gate.process.returncode = 0  # as asked
    else:
        gate.stop()
    write(file, state(8))
    gate = daemon(text)
    wait_reason(gate, "all", "SerialBehind", "unknown")


# ---- what is refused ----


BAD = sorted(FIXTURES.glob("bad/*.tfstate"))
ACCEPTED = {"28-serial-max-u64", "88-index-empty-string", "A9-terminal-escapes-and-newlines",
            "B2-many-keys"}  # fmt: skip


def test_no_bad_state_is_ready_and_each_says_why(daemon):
    """All of them at once: they are read on workers, beside each other."""
    sources = {path.stem: {"backend": "local", "path": str(path)} for path in BAD}
    checks = {path.stem: {"source": path.stem, "settle": "0s", "grace": "500ms", "required": False}
              for path in BAD}  # fmt: skip
    gate = daemon(config(sources, checks | {"none": {"source": BAD[0].stem}}, interval="1s"))
    names = {path.stem for path in BAD}

    def settled():
        found = {each["name"]: each for each in gate.get("/v1/environments/prod").json["checks"]}
        moving = [name for name in names if found[name]["reason"] in ("BeingWritten", "NotYetRun", "Settling", "")
                  or not found[name]["observed_at"]]
        return None if moving else found

    found = wait_until(settled, 40, what="a verdict on each")
    ready = {name for name in names if found[name]["status"] == "ready"}
    assert ready <= ACCEPTED, ready - ACCEPTED
    for name in names - ready:
        assert found[name]["status"] != "ready" and found[name]["reason"] and found[name]["message"], found[name]
    reasons = {name: found[name]["reason"] for name in names}
    assert reasons["62-opentofu-encrypted"] == "StateEncrypted"
    assert reasons["64-sops-encrypted"] == "StateEncrypted"
    assert reasons["65-backend-config-not-a-state"] == "BackendFile"
    assert reasons["66-show-json-instead-of-state"] == "ShowGiven"
    assert reasons["67-plan-json-instead-of-state"] == "PlanGiven"
    assert reasons["37-version-3-legacy"] == "VersionUnsupported"
    assert reasons["52-html-login-page"] == "HtmlGiven"
    assert reasons["60-gzip-truncated"] == "Compressed"
    assert reasons["24-dup-resources"] == "DuplicateKey"
    text = gate.get("/v1/environments/prod").body.decode() + gate.log()
    assert "\x1b" not in text and "fixture-password" not in text


@pytest.mark.parametrize("backend", ["pg", "cos", "oss", "oci"])
def test_backends_that_are_not_read_are_refused_with_a_way_out(convergated, tmp_path, backend):
    path = tmp_path / "c.yaml"
    path.write_text(config({"infra": {"backend": backend}}, {"all": {}}))
    done = convergated("--check", "-c", path)
    assert done.returncode != 0
    assert re.search(r"c\.yaml:\d+:\d+: .*not supported yet.*export the state", done.stderr), done.stderr


def test_keys_without_effect_are_refused_at_their_place(convergated, tmp_path):
    path = tmp_path / "c.yaml"
    path.write_text(config(
        {"infra": {"backend": "local", "path": "/a/x.tfstate", "bucket": "b"}},
        {"all": {"resources": ["a["]}}))  # fmt: skip
    done = convergated("--check", "-c", path)
    assert done.returncode != 0
    assert "has no effect with backend: local" in done.stderr
    assert re.search(r"c\.yaml:\d+:\d+: ", done.stderr)


# ---- secrets ----


def secrets():
    """What stands in the fixtures' sensitive outputs and resources, and must stay there."""
    document = json.loads(APPLIED.read_text())
    found = {"fixture-password"}

    def collect(value):
        if isinstance(value, dict):
            for each in value.values():
                collect(each)
        elif isinstance(value, list):
            for each in value:
                collect(each)
        elif isinstance(value, str) and len(value) >= 12:
            found.add(value)

    for output in document["outputs"].values():
        if output.get("sensitive"):
            collect(output["value"])
    for each in document["resources"]:
        for instance in each["instances"]:
            if each["type"].startswith("random_password"):
                collect(instance["attributes"])
    return found


def test_secrets_of_states_are_nowhere(daemon, convergate, file, tmp_path):
    store, checks = tmp_path / "store.db", FIXTURES / "tf-1.5.7/checks"
    sources = {"infra": {"backend": "local", "path": str(file)}}
    wanted = {"all": {"outputs": ["cluster_endpoint", "db_password", "connection", "connection.password"], **SETTLE},
              "compared": {"outputs": [{"name": "db_password", "equals": "hunter2"}], **SETTLE}}  # fmt: skip
    others = [FIXTURES / "bad/65-backend-config-not-a-state.tfstate", *sorted(checks.glob("*.tfstate")),
              FIXTURES / "tf-1.5.7/http/7-errored.tfstate"]  # fmt: skip
    for number, path in enumerate(others):
        sources[f"s{number}"] = {"backend": "local", "path": str(path)}
        wanted[f"s{number}"] = {"source": f"s{number}", **SETTLE}
    file.write_bytes(APPLIED.read_bytes())
    gate = daemon(config(sources, wanted, store=store), "--log-level", "debug")
    check = wait_reason(gate, "all", "Applied", "ready")
    assert [name for name in check["facts"] if name.startswith("outputs.")] == ["outputs.cluster_endpoint"]
    wait_reason(gate, "compared", "OutputSensitive", "unknown")
    file.write_bytes(APPLIED.read_bytes()[:2000])
    wait_reason(gate, "all", "BeingWritten", "progressing")
    said = b"".join(gate.get(path).body for path in (
        "/v1/environments/prod", "/v1/environments", "/v1/verdict/prod", "/metrics",
        "/v1/environments/prod/history?limit=500"))  # fmt: skip
    said += convergate("explain", "prod", "-s", f"http://127.0.0.1:{gate.port}").stdout.encode()
    said += gate.log().encode()
    gate.stop()
    said += b"".join(path.read_bytes() for path in tmp_path.glob("store.db*"))
    kept = secrets()
    assert len(kept) > 2
    for secret in kept:
        assert secret.encode() not in said, secret


# ---- many checks ----


def test_a_thousand_checks_of_a_source_share_one_look(daemon):
    server = Kept(json.dumps(state(3, [f"r{number}" for number in range(50)])))
    checks = {f"c{number}": {"resources": [f"terraform_data.r{number % 50}"], "settle": "0s"}
              for number in range(1000)}  # fmt: skip
    try:
        gate = daemon(config({"infra": {"backend": "http", "url": server.url}}, checks, interval="1s"))
        gate.wait_for("prod", "go", seconds=60)
        runs, looks = total_runs(gate), server.looks
        wait_until(lambda: total_runs(gate) >= runs + 5000, 60, what="five rounds")
        rounds = (total_runs(gate) - runs) / 1000
        assert server.looks - looks <= rounds + 2
        assert gate.verdict("prod")["verdict"] == "go"
    finally:
        server.stop()


def total_runs(gate):
    lines = re.findall(r"^convergate_runs_total\{.*\} (\d+)$", gate.get("/metrics").body.decode(), re.M)
    return sum(map(int, lines))
