# SPDX-License-Identifier: Apache-2.0
"""`convergate init`: from a cluster, a state and a Prometheus to a gate that goes."""

import json
import re
import stat

import pytest

from conftest import BUILD, wait_until
from kube.cluster import TOKEN
from kube.objects import App, node

OK, PARTIAL, NOTHING, USAGE = 0, 1, 4, 64
RIGHTS = ["get", "list", "watch"]


@pytest.fixture
def allowed(cluster):
    """Whoever looks may look at everything but secrets."""
    cluster.do("allow", user="gate-readonly", verbs=RIGHTS, deny=["/secrets"])
    cluster.put(node("one"))
    return cluster


def ingress(name, host, namespace="shop", tls=True):
    spec = {"rules": [{"host": host}]} | ({"tls": [{"hosts": [host]}]} if tls else {})
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress",
            "metadata": {"name": name, "namespace": namespace}, "spec": spec}


def write_state(folder):
    """Two modules, a host, a secret, a number."""
    def resource(module, name):
        return {"module": module, "mode": "managed", "type": "null_resource", "name": name,
                "provider": 'provider["registry.terraform.io/hashicorp/null"]',
                "instances": [{"schema_version": 0, "attributes": {"id": "1"}}]}

    path = folder / "terraform.tfstate"
    path.write_text(json.dumps({
        "version": 4, "terraform_version": "1.5.7", "serial": 3,
        "lineage": "5f0a8d5e-0000-4000-8000-000000000000",
        "outputs": {"lb_hostname": {"value": "lb.example.test", "type": "string"},
                    "password": {"value": "hunter2.example.test", "type": "string",
                                 "sensitive": True},
                    "size": {"value": 3, "type": "number"}},
        "resources": [resource("module.network", "a"), resource("module.network.module.dns", "b"),
                      resource("module.shop[0]", "c")], "check_results": None}))
    return path


def run(convergate, cluster, output, *arguments):
    return convergate("init", "--kubeconfig", cluster.kubeconfig(), "--output", output, *arguments)


def on_free_port(text):
    """As it was written, but for the port, which other tests want too."""
    changed = text.replace('"127.0.0.1:8717"', '"127.0.0.1:0"')
    assert changed != text
    return changed


def test_a_gate_within_a_minute_of_the_first_look(allowed, daemon, convergate, convergated, tmp_path):
    App(allowed).settle()
    waiting = App(allowed, "web").settle()
    output = tmp_path / "gate.yaml"
    done = run(convergate, allowed, output)
    assert done.returncode == OK, done.stderr
    assert "2 workloads" in done.stderr and f"convergated --check -c {output}" in done.stderr
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    checked = convergated("--check", "-c", output)
    assert checked.returncode == 0, checked.stderr
    text = output.read_text()
    assert "kind: Deployment, namespace: shop, name: api" in text, text
    assert TOKEN not in text + done.stderr

    waiting.change("registry.test/api:2")
    gate = daemon(on_free_port(text))
    document = wait_until(lambda: gate.verdict("prod"), what="a verdict")
    assert document["verdict"] == "wait"
    waiting.begin()
    waiting.settle()
    gate.wait_for("prod", "go", 60)


def test_what_is_declared_and_measured_is_in_it(allowed, prometheus, convergate, convergated,
                                                tmp_path):
    wait_until(lambda: prometheus.query("up"), what="the first scrape")
    App(allowed).settle()
    allowed.put(ingress("web", "shop.example.test"))
    output = tmp_path / "gate.yaml"
    done = run(convergate, allowed, output, "--terraform", write_state(tmp_path),
               "--prometheus", prometheus.url, "--environment", "prod-eu")
    assert done.returncode == OK, done.stderr
    text = output.read_text()
    assert convergated("--check", "-c", output).returncode == 0
    assert "resources: [module.network, module.shop]" in text, text
    assert "outputs: [lb_hostname]" in text
    assert "${checks.infra.facts.outputs.lb_hostname}" in text
    for module in ("dns", "tls", "http"):  # a check where its module is here, else a comment
        live = (BUILD / f"lib/convergate/probes/{module}.so").exists()
        mark = "" if live else "# "
        assert f"      {mark}out-lb_hostname-{module}: {{source: {module}, " in text, text
    assert "shop.example.test" in text and "  prod-eu:" in text
    assert "query: avg(up)" in text
    assert "1 sensitive output" in text
    assert "hunter2" not in text + done.stderr and "password" not in text


def test_without_a_cluster_there_is_an_error_and_no_file(allowed, convergate, tmp_path):
    config = allowed.kubeconfig("nobody", cluster={"server": "https://127.0.0.1:1"})
    output = tmp_path / "gate.yaml"
    done = convergate("init", "--kubeconfig", config, "--output", output)
    assert done.returncode == NOTHING
    assert "the cluster cannot be read" in done.stderr, done.stderr
    assert not list(tmp_path.glob("gate.yaml*"))
    absent = convergate("init", "--kubeconfig", tmp_path / "absent", "--output", output)
    assert absent.returncode == NOTHING and "absent" in absent.stderr


def test_a_file_is_overwritten_only_by_force(allowed, convergate, tmp_path):
    App(allowed).settle()
    output = tmp_path / "gate.yaml"
    output.write_text("mine")
    done = run(convergate, allowed, output)
    assert done.returncode == NOTHING and "--force" in done.stderr
    assert output.read_text() == "mine"
    assert run(convergate, allowed, output, "--force").returncode == OK
    assert "sources:" in output.read_text()
    printed = run(convergate, allowed, "-")
    assert printed.returncode == OK and "sources:" in printed.stdout
    assert sorted(one.name for one in tmp_path.glob("gate.yaml*")) == ["gate.yaml"]


def test_what_may_not_be_read_is_told_and_left_out(cluster, convergate, convergated, tmp_path):
    cluster.do("allow", user="gate-readonly", verbs=RIGHTS, deny=["/secrets", "batch/jobs"])
    App(cluster).settle()
    output = tmp_path / "gate.yaml"
    done = run(convergate, cluster, output, "--prometheus", "http://127.0.0.1:1")
    assert done.returncode == PARTIAL, done.stderr
    assert "not read: Jobs" in done.stderr and "not read: the Prometheus" in done.stderr
    text = output.read_text()
    assert "# - not read: Jobs" in text and "name: api" in text and "metrics:" not in text
    assert convergated("--check", "-c", output).returncode == 0


HOSTILE = ["yes", "null", "1e5", "0x10", "true", "a.b-c"]


def test_names_that_yaml_would_misread(allowed, convergate, convergated, tmp_path):
    for name in HOSTILE:
        App(allowed, name).settle()
    allowed.put(ingress("a", 'x"\n  evil: {source: cluster}\n#.example.test'))
    state = write_state(tmp_path)
    document = json.loads(state.read_text())
    document["outputs"]['a: b\n- "${checks.x.facts.y}'] = {"value": "a.example.test",
                                                          "type": "string"}
    state.write_text(json.dumps(document))
    output = tmp_path / "gate.yaml"
    done = run(convergate, allowed, output, "--terraform", state)
    assert done.returncode == OK, done.stderr
    checked = convergated("--check", "-c", output)
    assert checked.returncode == 0, checked.stderr
    text = output.read_text()
    assert not re.search(r"^ +evil:", text, re.M), text
    assert 'name: "yes"' in text and 'name: "1e5"' in text


@pytest.mark.parametrize("arguments, word", [
    (["--prometheus", "http://user:secret@127.0.0.1:9"], "credentials"),
    (["--terraform", "http://127.0.0.1:9/state?token=secret"], "credentials"),
    (["--namespace", "a b"], "namespace"),
    (["--environment", "a b"], "name"),
])
def test_what_cannot_be_written_is_refused(allowed, convergate, tmp_path, arguments, word):
    done = run(convergate, allowed, tmp_path / "gate.yaml", *arguments)
    assert done.returncode == NOTHING and word in done.stderr
    assert "secret" not in done.stderr
    assert not (tmp_path / "gate.yaml").exists()


def test_one_namespace_alone(allowed, convergate, convergated, tmp_path):
    App(allowed).settle()
    App(allowed, "other", namespace="kube-system").settle()
    output = tmp_path / "gate.yaml"
    assert run(convergate, allowed, output, "--namespace", "kube-system").returncode == OK
    text = output.read_text()
    assert "name: other" in text and "name: api" not in text
    assert convergated("--check", "-c", output).returncode == 0
    assert convergate("init", "name").returncode == USAGE
