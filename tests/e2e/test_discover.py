# SPDX-License-Identifier: Apache-2.0
"""Environments that come and go with objects of a cluster: labels, graces, restarts, storms, and
what a cluster can say that nobody should believe."""

import json
import signal
import time

import pytest

from conftest import Daemon, wait_until
from kube.objects import App, custom
from test_reload import reload

LABEL = {"preview": "true"}
TEMPLATE = {"vars": ["namespace", "host"], "defaults": {"host": "none.test"},
            "checks": {"api": {"source": "cluster", "kind": "Deployment",
                               "namespace": "${vars.namespace}", "component": "${vars.host}"}},
            "gates": {"deploy": {}}}
PREVIEWS = {"source": "cluster", "kind": "Namespace", "selector": "preview=true",
            "template": "preview", "name": "preview-${object.name}",
            "vars": {"namespace": "${object.name}", "host": "${object.labels.host}"},
            "grace": "3s"}


def prove_often(cluster):
    """Bookmarks prove a watch over HTTP/1.1, where the small read has a connection of its own."""
    cluster.do("set", name="bookmark_every", value=0.5)


@pytest.fixture(autouse=True)
def proofs(cluster):
    prove_often(cluster)


def back(cluster, state):
    cluster.back(state)
    prove_often(cluster)


def namespace(name, labels=None, annotations=None):
    return {"apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": name, "labels": LABEL if labels is None else labels,
                         "annotations": annotations or {}},
            "status": {"phase": "Active"}}


def config(cluster, discover=None, store=None, template=None, prod=True, source=None, **more):
    document = {
        "server": {"listen": "127.0.0.1:0"}, "defaults": {"rise": "0s", "fall": "0s"},
        "sources": {"cluster": {"type": "kubernetes", "probe_every": "1s",
                                "kubeconfig": str(cluster.kubeconfig())} | (source or {})},
        "templates": {"preview": template or TEMPLATE},
        "environments": {"prod": {"checks": {"api": {
            "source": "cluster", "kind": "Deployment", "namespace": "shop", "name": "api"}},
            "gates": {"deploy": {}}}} if prod else {},
        "discover": {"previews": PREVIEWS | (discover or {})}}
    if store:
        document["store"] = str(store)
    return json.dumps(document | more)


def environments(gate):
    return [one["environment"] for one in gate.get("/v1/environments?limit=500").json["environments"]]


def wait_environments(gate, *names, seconds=20.0):
    wanted = sorted(names)
    try:
        wait_until(lambda: environments(gate) == wanted, seconds, what=f"environments {wanted}")
    except AssertionError as error:
        raise AssertionError(f"{error}; log: {gate.log()[-3000:]}") from None


def wait_go(gate, name, seconds=20.0):
    """Of an environment that has to come first."""
    wait_until(lambda: name in environments(gate), seconds, what=name)
    gate.wait_for(name, "go", seconds)


def stays(gate, seconds, *names):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert environments(gate) == sorted(names), gate.log()[-2000:]
        time.sleep(0.05)


def test_a_label_makes_an_environment_and_its_end_lets_it_go(cluster, daemon):
    App(cluster).settle()
    App(cluster, namespace="one").settle()
    cluster.put(namespace("plain", {}))
    gate = daemon(config(cluster))
    gate.wait_for("prod", "go")
    since = gate.check("prod", "api")["since"]
    assert environments(gate) == ["prod"]
    cluster.put(namespace("one"))
    wait_go(gate, "preview-one")
    assert environments(gate) == ["preview-one", "prod"]
    assert gate.check("preview-one", "api")["component"] == "none.test"
    wait_until(lambda: 'convergate_discover_environments{discover="previews"} 1' in
               gate.get("/metrics").body.decode())
    cluster.put(namespace("one", LABEL | {"host": "a.test"}))
    wait_until(lambda: gate.check("preview-one", "api")["component"] == "a.test")
    wait_go(gate, "preview-one")
    cluster.put(namespace("one", {}))
    began = time.monotonic()
    stays(gate, 2.5, "preview-one", "prod")
    wait_environments(gate, "prod")
    assert time.monotonic() - began > 2.9
    assert gate.get("/v1/verdict/preview-one").status == 404
    # Nobody else noticed.
    assert gate.verdict("prod")["verdict"] == "go"
    assert gate.check("prod", "api")["since"] == since


def test_a_gate_that_is_open_stays_open_while_others_come_and_go(cluster, daemon):
    App(cluster).settle()
    gate = daemon(config(cluster, {"grace": "0s"}))
    gate.wait_for("prod", "go")
    for number in range(6):
        cluster.put(namespace(f"n{number}"))
        end = time.monotonic() + 0.7
        while time.monotonic() < end:
            assert gate.verdict("prod")["verdict"] == "go"
        if number > 2:
            cluster.delete("namespaces", "", f"n{number - 3}")
    wait_environments(gate, "prod", "preview-n3", "preview-n4", "preview-n5")
    assert gate.verdict("prod")["verdict"] == "go"


def test_it_stays_when_it_comes_back_within_the_grace(cluster, daemon):
    cluster.put(namespace("one"))
    gate = daemon(config(cluster, prod=False))
    wait_environments(gate, "preview-one")
    cluster.delete("namespaces", "", "one")
    stays(gate, 1, "preview-one")
    cluster.put(namespace("one"))
    stays(gate, 5, "preview-one")


def test_a_cluster_that_is_gone_neither_adds_nor_removes(cluster, daemon):
    cluster.put(namespace("one"))
    cluster.put(namespace("two"))
    gate = daemon(config(cluster, {"grace": "1s"}, prod=False))
    wait_environments(gate, "preview-one", "preview-two")
    state = cluster.kill()
    wait_until(lambda: gate.metric("convergate_discover_up") == 0)
    stays(gate, 4, "preview-one", "preview-two")
    back(cluster, state)
    wait_until(lambda: gate.metric("convergate_discover_up") == 1, 60)
    stays(gate, 2, "preview-one", "preview-two")
    cluster.delete("namespaces", "", "two")
    wait_environments(gate, "preview-one", seconds=60)


def test_a_cluster_that_hangs_in_the_grace_removes_nothing(cluster, daemon):
    cluster.put(namespace("one"))
    gate = daemon(config(cluster, prod=False))
    wait_environments(gate, "preview-one")
    cluster.delete("namespaces", "", "one")
    time.sleep(0.5)
    cluster.freeze()
    stays(gate, 6, "preview-one")
    cluster.thaw()
    wait_environments(gate, seconds=60)


def test_what_may_not_be_listed_adds_nothing(cluster, daemon):
    cluster.put(namespace("one"))
    cluster.fault("GET /api/v1/namespaces", "answer", times=-1, status=403,
                  type="application/json", body="e30=")
    App(cluster).settle()
    gate = daemon(config(cluster))
    gate.wait_for("prod", "go")
    wait_until(lambda: "what is discovered cannot be told" in gate.log())
    assert environments(gate) == ["prod"]


def killed(gate):
    gate.process.send_signal(signal.SIGKILL)
    gate.process.wait(30)


def again(gate, folder, text):
    """The same, after a kill; it must be stopped by who calls."""
    folder.mkdir()
    return Daemon(folder, text)


def test_it_is_there_after_a_kill_without_the_cluster(cluster, daemon, tmp_path):
    App(cluster, namespace="one").settle()
    cluster.put(namespace("one", LABEL | {"host": "a.test"}))
    cluster.put(namespace("two"))
    text = config(cluster, store=tmp_path / "store.db", prod=False)
    gate = daemon(text)
    wait_go(gate, "preview-one")
    wait_environments(gate, "preview-one", "preview-two")
    stays(gate, 1.5, "preview-one", "preview-two")
    state = cluster.kill()
    killed(gate)
    second = again(gate, tmp_path / "again", text)
    try:
        assert environments(second) == ["preview-one", "preview-two"]
        assert second.check("preview-one", "api")["component"] == "a.test"
        stays(second, 4, "preview-one", "preview-two")
        back(cluster, state)
        wait_go(second, "preview-one", 60)
        cluster.delete("namespaces", "", "two")
        wait_environments(second, "preview-one", seconds=60)
        killed(second)
        third = again(second, tmp_path / "third", text)
        assert environments(third) == ["preview-one"]
        third.stop()
    finally:
        second.process.kill()
    gate.process.returncode = 0  # it was killed on purpose


def test_without_a_store_it_is_found_again(cluster, daemon):
    cluster.put(namespace("one"))
    text = config(cluster, prod=False)
    wait_environments(daemon(text), "preview-one")
    wait_environments(daemon(text), "preview-one")


def test_two_hundred_at_once(cluster, daemon):
    App(cluster).settle()
    gate = daemon(config(cluster, {"grace": "1s"}))
    gate.wait_for("prod", "go")
    cluster.put_all([namespace(f"n{number:03}") for number in range(205)])
    wait_until(lambda: len(environments(gate)) == 201, 60)
    wait_until(lambda: gate.metric("convergate_discover_left_out") == 5)
    names = environments(gate)
    stays(gate, 2, *names)
    # A place that becomes free is taken by one that waits.
    cluster.delete("namespaces", "", "n000")
    wait_until(lambda: gate.metric("convergate_discover_left_out") == 4, 60)
    assert len(environments(gate)) == 201
    assert gate.verdict("prod")["verdict"] == "go"


def test_names_that_cannot_be_are_left_out(cluster, daemon):
    long = "x" * 60
    for one in ("good", "taken", long):
        cluster.put(namespace(one))
    cluster.put(namespace("same-a", LABEL | {"short": "same"}))
    gate = daemon(config(
        cluster, prod=False, environments={"preview-taken": {"checks": {"own": {
            "source": "cluster", "kind": "Deployment", "namespace": "shop", "name": "api"}}}}))
    wait_environments(gate, "preview-good", "preview-same-a", "preview-taken")
    assert gate.get("/v1/environments/preview-taken").json["checks"][0]["name"] == "own"
    wait_until(lambda: gate.metric("convergate_discover_left_out") == 2)
    assert "cannot be the name of an environment" in gate.log()
    assert "an environment of the configuration has the name" in gate.log()
    assert gate.log().count("object=taken") == 1
    reload(gate, config(cluster, {"name": "p-${object.labels.short}"}, prod=False))
    wait_environments(gate, "p-same")
    cluster.put(namespace("same-b", LABEL | {"short": "same"}))
    wait_until(lambda: "another object has the name" in gate.log())
    assert environments(gate) == ["p-same"]


def test_what_annotations_say_is_text(cluster, daemon):
    hostile = {
        "reference": "${checks.api.facts.ready}", "vars": "${vars.namespace}",
        "halves": "{checks.api.facts.ready}", "end": "broken $", "long": "y" * 3000,
        "lines": "a\nb", "escape": "$${checks.api.facts.ready}"}
    for name, text in hostile.items():
        cluster.put(namespace(name, annotations={"x.test/note": text}))
    cluster.put(namespace("bare"))
    template = {"vars": ["note"], "defaults": {"note": "nothing"}, "checks": {
        "api": {"source": "cluster", "kind": "Deployment", "namespace": "shop",
                "selector": "note notin (${vars.note})"},
        "seen": {"source": "cluster", "kind": "Deployment", "namespace": "shop", "name": "api",
                 "fields": {"/metadata/name": "${vars.note}"}}}}
    gate = daemon(config(cluster, {"vars": {"note": "${object.annotations.x.test/note}"}},
                         template=template))
    # A value that is no label's is refused by the module, for that object alone.
    wait_environments(gate, "preview-bare", "prod", seconds=30)
    log = gate.log()
    for name in hostile:
        wait_until(lambda: f"object={name} " in gate.log())
    assert "its annotation x.test/note cannot be used in text" in log
    template["checks"].pop("api")
    reload(gate, config(cluster, {"vars": {"note": "${object.annotations.x.test/note}"}},
                        template=template))
    wait_environments(gate, "prod", "preview-bare", "preview-reference", "preview-vars",
                      "preview-halves", "preview-escape", seconds=30)
    App(cluster).settle()
    for name in ("reference", "vars", "halves", "escape"):
        check = wait_until(lambda: next(
            (one for one in gate.get(f"/v1/environments/preview-{name}").json["checks"]
             if one["reason"] == "FieldMismatch"), None))
        assert hostile[name] in check["message"] + check.get("expected", ""), check


def test_a_reload_keeps_what_was_discovered(cluster, daemon):
    cluster.put(namespace("one"))
    App(cluster).settle()
    gate = daemon(config(cluster))
    wait_environments(gate, "preview-one", "prod")
    gate.wait_for("prod", "go")
    end = time.monotonic() + 3
    reload(gate, config(cluster, {"grace": "1h"}))
    while time.monotonic() < end:
        assert environments(gate) == ["preview-one", "prod"]
    # A file that is broken meanwhile is nobody's but its own.
    reload(gate, "environments: [", "refused")
    cluster.put(namespace("two"))
    wait_environments(gate, "preview-one", "preview-two", "prod")
    # Another template, another discovery, none.
    reload(gate, config(cluster, template={"vars": ["namespace", "host"],
                                           "defaults": {"host": "x"}, "checks": {"other": {
                                               "source": "cluster", "kind": "Node"}}}))
    wait_until(lambda: gate.get("/v1/environments/preview-two").json["checks"][0]["name"] ==
               "other")
    reload(gate, config(cluster, {"selector": "preview=never"}))
    wait_environments(gate, "prod")
    document = json.loads(config(cluster))
    del document["discover"]
    reload(gate, json.dumps(document))
    wait_environments(gate, "prod")


def test_other_kinds_and_their_namespaces(cluster, daemon):
    cluster.do("install", group="argoproj.io", version="v1alpha1", name="applications",
               kind="Application")
    for name in ("one", "two"):
        document = custom("argoproj.io/v1alpha1", "Application", name, namespace="argocd")
        document["metadata"]["labels"] = LABEL
        cluster.put(document)
    gate = daemon(config(cluster, {
        "kind": "argoproj.io/v1alpha1/Application", "namespace": ["argocd"],
        "name": "${object.namespace}.${object.name}", "vars": {"namespace": "shop"}}))
    wait_environments(gate, "argocd.one", "argocd.two", "prod")


def test_mistakes_are_told_with_their_place(cluster, tmp_path, convergated):
    cases = [
        ({"source": "nobody"}, "there is no source 'nobody'"),
        ({"template": "nothing"}, "there is no template 'nothing'"),
        ({"name": "${vars.x}"}, "object.annotations.KEY"),
        ({"vars": {"nothing": "x"}}, "has no var 'nothing'"),
        ({"vars": {"host": "x"}}, "needs the var 'namespace'"),
        ({"kind": "${checks.api.facts.x}"}, "cannot take facts of checks"),
        ({"at_least": "3"}, "has no meaning where environments are discovered"),
        ({"selector": "((("}, "selector"),
        ({"unknown": "x"}, "unknown key 'unknown'"),
        ({"most": 0}, "most"),
    ]
    for number, (keys, text) in enumerate(cases):
        path = tmp_path / f"{number}.yaml"
        path.write_text(config(cluster, keys))
        found = convergated("--check", "-c", path)
        assert found.returncode != 0, keys
        assert text in found.stderr + found.stdout, (keys, found.stderr)
    path = tmp_path / "good.yaml"
    path.write_text(config(cluster))
    found = convergated("--check", "-c", path)
    assert found.returncode == 0, found.stderr
