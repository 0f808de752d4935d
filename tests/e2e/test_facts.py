# SPDX-License-Identifier: Apache-2.0
"""What checks of one environment tell each other: one revision, facts, and what many have alike.
The checks are programs that print files, so that a test says what they find."""

import json

from conftest import wait_until


def printing(path, **keys):
    return {"source": "programs", "argv": ["/bin/cat", str(path)], "output": "json"} | keys


def config(environments, **more):
    return json.dumps({
        "server": {"listen": "127.0.0.1:0"},
        "defaults": {"interval": "200ms", "timeout": "5s", "max_age": "2s", "rise": "0s",
                     "fall": "0s"},
        "sources": {"programs": {"type": "exec"}},
        "environments": environments} | more)


def write(path, revision=None, status="ready", **facts):
    """At once: what is half written would be invalid for a moment."""
    found = {"status": status, "facts": facts} | ({"revision": revision} if revision else {})
    path.with_suffix(".new").write_text(json.dumps(found))
    path.with_suffix(".new").rename(path)


def wait_reasons(gate, path, *wanted, query=""):
    """Until the verdict has these reasons, as (code, check); none: until it is go."""
    def ask():
        document = gate.verdict(path, query)
        found = sorted((reason["code"], reason["check"]) for reason in document["reasons"])
        return document if found == sorted(wanted) else None

    return wait_until(ask, what=f"{path}{query}: {wanted}")


# ---- one revision ----


def test_the_revision_that_is_asked_for_must_be_there(daemon, tmp_path):
    web, worker, tool = (tmp_path / name for name in ("web", "worker", "tool"))
    write(web, "0123456789abcdef0123456789abcdef01234567")
    write(worker, "0123456789abcdef0123456789abcdef01234567")
    write(tool, "v7")
    gate = daemon(config({"prod": {
        "checks": {"web": printing(web), "worker": printing(worker),
                   "tool": printing(tool, agree=False)},
        "gates": {"deploy": {}, "same": {"agree_on": "revision"},
                  "before": {"agree_on": "nothing"}}}}))
    # An abbreviated commit is the same, and who is left out of it does not count.
    for path in "prod", "prod/same", "prod/before":
        for query in "", "?rev=0123456":
            assert wait_reasons(gate, path, query=query)["verdict"] == "go"

    document = wait_reasons(gate, "prod", ("RevisionDiffers", "web"), ("RevisionDiffers", "worker"),
                            query="?rev=fedcba9")
    assert document["verdict"] == "wait" and document["unknown"] is False
    reason = document["reasons"][0]
    assert reason["expected"] == "fedcba9" and reason["observed"].startswith("0123456")
    assert gate.verdict("prod/before", "?rev=fedcba9")["verdict"] == "go"

    # One is rolled out before the other: who asks for no revision may go, unless the gate does.
    write(worker, "fedcba9876543210fedcba9876543210fedcba98")
    wait_reasons(gate, "prod", ("RevisionDiffers", "web"), query="?rev=fedcba9")
    wait_reasons(gate, "prod/same", ("RevisionDiffers", "worker"))
    assert gate.verdict("prod")["verdict"] == "go"
    write(web, "fedcba9876543210fedcba9876543210fedcba98")
    wait_reasons(gate, "prod", query="?rev=fedcba9")
    wait_reasons(gate, "prod/same")

    # Nobody names one any more.
    write(web)
    write(worker)
    wait_reasons(gate, "prod/same", ("RevisionUnknown", ""))
    assert gate.verdict("prod", "?rev=fedcba9")["verdict"] == "go"


# ---- facts ----


def test_what_a_fact_changes_begins_anew(daemon, tmp_path):
    network, uses = tmp_path / "network", tmp_path / "uses"
    write(network)
    for host in "lb-1", "lb-2":
        write(tmp_path / f"uses-{host}", at=host)
    gate = daemon(config({"prod": {
        "checks": {"network": printing(network),
                   "uses": printing(f"{uses}-${{checks.network.facts.host}}", rise="2s")},
        "gates": {"deploy": {}}}}))
    document = wait_reasons(gate, "prod", ("InputMissing", "uses"))
    assert document["verdict"] == "wait" and document["unknown"] is True
    assert gate.check("prod", "uses")["message"] == "checks.network.facts.host is not known"

    write(network, host="lb-1")
    wait_until(lambda: gate.check("prod", "uses")["facts"].get("at") == "lb-1")
    assert gate.verdict("prod")["verdict"] == "wait"  # ready, and not for long enough
    gate.wait_for("prod", "go")

    # The other is just as ready; what was found of the former says nothing of it.
    write(network, host="lb-2")
    wait_until(lambda: gate.check("prod", "uses")["facts"].get("at") == "lb-2")
    [reason] = gate.verdict("prod")["reasons"]
    assert reason["check"] == "uses" and gate.verdict("prod")["verdict"] == "wait"
    gate.wait_for("prod", "go")

    # It goes: within its max_age nobody takes it any more.
    write(network, status="unknown")
    wait_until(lambda: gate.check("prod", "uses")["reason"] == "InputMissing")
    assert gate.verdict("prod")["verdict"] == "wait"
    write(network, host="lb-2")
    gate.wait_for("prod", "go")


# ---- templates ----


def test_an_environment_goes_over_its_template_key_by_key(daemon, tmp_path):
    for name in "eu", "us":
        write(tmp_path / name, name=name)
    write(tmp_path / "own", status="failed")
    template = {"vars": ["region"], "defaults": {"region": "eu"},
                "checks": {"api": printing(tmp_path / "${vars.region}"),
                           "named": {"source": "programs",
                                     "argv": ["/bin/echo", "${vars.environment} $${x}"]}},
                "gates": {"deploy": {}}}
    gate = daemon(config({
        "prod-eu": {"template": "service"},
        "prod-us": {"template": "service", "vars": {"region": "us"},
                    "checks": {"own": printing(tmp_path / "own"), "named": None}},
        "prod-over": {"template": "service",
                      "checks": {"api": {"argv": ["/bin/cat", str(tmp_path / "own")]}}},
    }, templates={"service": template}))
    gate.wait_for("prod-eu", "go")
    assert gate.check("prod-eu", "api")["facts"]["name"] == "eu"
    assert gate.check("prod-eu", "named")["message"] == "prod-eu ${x}"

    us = wait_until(lambda: gate.verdict("prod-us")["reasons"][0]["check"] == "own"
                    and gate.get("/v1/environments/prod-us").json)
    assert sorted(check["name"] for check in us["checks"]) == ["api", "own"]
    assert gate.check("prod-us", "api")["facts"]["name"] == "us"

    # Its own argv, and the template's output: the document is read as one.
    wait_until(lambda: gate.check("prod-over", "api")["status"] == "failed")
    assert gate.verdict("prod-over")["verdict"] != "go"
