# SPDX-License-Identifier: Apache-2.0
"""What config/kubernetes brings to run the daemon in a cluster: rights that are as small as they
can be and enough, a configuration that works, and a pod that may do little."""

import re
import socket
import subprocess

import pytest
import yaml

from conftest import BUILD, ROOT, wait_until

FOLDER = ROOT / "config/kubernetes"
FILES = sorted(FOLDER.rglob("*.yaml"))
CONFIGS = {"cluster": FOLDER / "configmap.yaml", "namespaced": FOLDER / "namespaced/configmap.yaml"}
ACCOUNT = {"kind": "ServiceAccount", "name": "convergate", "namespace": "convergate"}


def documents(file):
    return [each for each in yaml.safe_load_all(file.read_text()) if each]


def find(file, kind, name="convergate"):
    [found] = [each for each in documents(FOLDER / file)
               if each["kind"] == kind and each["metadata"]["name"] == name]
    return found


def built_in():
    """(group, resource): whether it is in namespaces, of the kinds that the module has a table of."""
    rows = re.findall(r'\{\{?"([\w.]*)", "v\d", "\w+",\s*"(\w+)",\s*CVG_KUBE_\w+, \d, (\d)\}',
                      (ROOT / "probes/kubernetes/kind.c").read_text())
    assert len(rows) > 20
    return {(group, resource): namespaced == "1" for group, resource, namespaced in rows}


def rights(role):
    assert all(set(rule["verbs"]) <= {"get", "list", "watch"} for rule in role["rules"])
    return {(group, resource) for rule in role["rules"] for group in rule.get("apiGroups", [])
            for resource in rule["resources"]}


# ---- the files ----


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(FOLDER)))
def test_a_manifest_has_what_the_api_wants(file):
    for each in documents(file):
        assert each["apiVersion"] and each["kind"]
        if each["kind"] != "Kustomization":
            assert each["metadata"]["name"]


@pytest.mark.parametrize("folder", [FOLDER, FOLDER / "common", FOLDER / "namespaced"])
def test_what_kustomize_puts_together_is_there(folder):
    for resource in documents(folder / "kustomization.yaml")[0]["resources"]:
        assert (folder / resource).exists()


# ---- rights ----


def test_the_role_names_what_the_module_lists_and_no_more():
    assert rights(find("clusterrole.yaml", "ClusterRole")) == built_in().keys() - {("", "secrets")}


def test_the_role_of_a_namespace_names_what_is_in_namespaces():
    wanted = {what for what, namespaced in built_in().items() if namespaced} - {("", "secrets")}
    for namespace in ("shop", "payments"):
        [role] = [each for each in documents(FOLDER / "namespaced/role.yaml")
                  if each["kind"] == "Role" and each["metadata"]["namespace"] == namespace]
        assert rights(role) == wanted


def test_the_role_has_the_paths_that_prove_watches():
    paths = {path for rule in find("clusterrole.yaml", "ClusterRole")["rules"]
             for path in rule.get("nonResourceURLs", [])}
    asked = set(re.findall(r'"(/\w+z)\?verbose"', (ROOT / "probes/kubernetes/pulse.c").read_text()))
    assert paths == asked and asked


def test_custom_resources_are_those_with_rules():
    rules = "".join(file.read_text() for file in (ROOT / "probes/kubernetes").glob("rule_*.c"))
    for group, _ in rights(find("clusterrole.yaml", "ClusterRole", "convergate-custom")):
        assert f'"{group}"' in rules or f'".{group.split(".", 1)[1]}"' in rules, group


def test_nobody_reads_secrets_or_everything():
    for file in FILES:
        for each in documents(file):
            for group, resource in rights(each) if each["kind"] in ("Role", "ClusterRole") else ():
                assert resource not in ("secrets", "configmaps", "*") and group != "*"
                assert "/" not in resource


def test_roles_are_bound_to_the_account_of_the_pod():
    bindings = [each for file in FILES for each in documents(file) if each["kind"].endswith("Binding")]
    roles = {(each["kind"], each["metadata"]["name"], each["metadata"].get("namespace"))
             for file in FILES for each in documents(file) if each["kind"] in ("Role", "ClusterRole")}
    assert {(each["roleRef"]["kind"], each["roleRef"]["name"], each["metadata"].get("namespace"))
            for each in bindings} == roles
    assert all(each["subjects"] == [ACCOUNT] for each in bindings)
    assert find("common/namespace.yaml", "ServiceAccount")["metadata"]["namespace"] == "convergate"
    pod = find("common/deployment.yaml", "Deployment")["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "convergate"


# ---- the pod ----


def test_the_pod_may_do_as_little_as_the_restricted_standard_asks():
    deployment = find("common/deployment.yaml", "Deployment")["spec"]
    pod = deployment["template"]["spec"]
    [container] = pod["containers"]
    assert deployment["replicas"] == 1 and deployment["strategy"] == {"type": "Recreate"}
    assert pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] > 0
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    # Without this each start makes the store's key readable to the group, which the daemon refuses.
    assert pod["securityContext"]["fsGroupChangePolicy"] == "OnRootMismatch"
    assert container["securityContext"] == {"allowPrivilegeEscalation": False,
                                            "readOnlyRootFilesystem": True,
                                            "capabilities": {"drop": ["ALL"]}}
    assert container["resources"]["requests"] and container["resources"]["limits"]["memory"]


def test_what_is_written_goes_to_the_volume():
    pod = find("common/deployment.yaml", "Deployment")["spec"]["template"]["spec"]
    mounts = {each["mountPath"]: each for each in pod["containers"][0]["volumeMounts"]}
    volumes = {each["name"]: each for each in pod["volumes"]}
    [claim] = [each for each in documents(FOLDER / "common/deployment.yaml")
               if each["kind"] == "PersistentVolumeClaim"]
    store = volumes[mounts["/var/lib/convergate"]["name"]]
    assert store["persistentVolumeClaim"]["claimName"] == claim["metadata"]["name"]
    assert [path for path, each in mounts.items() if not each.get("readOnly")] == ["/var/lib/convergate"]
    for file in CONFIGS.values():
        keys = yaml.safe_load(documents(file)[0]["data"]["convergate.yaml"])
        assert keys["store"].startswith("/var/lib/convergate/")
        assert keys["server"]["tls"]["cert"].rpartition("/")[0] in mounts
        assert volumes["config"]["configMap"]["name"] == documents(file)[0]["metadata"]["name"]
        assert pod["containers"][0]["args"] == ["-c", "/etc/convergate/convergate.yaml"]


def test_the_service_leads_to_the_port_that_is_listened_on():
    deployment = find("common/deployment.yaml", "Deployment")
    service = find("common/service.yaml", "Service")
    [port] = deployment["spec"]["template"]["spec"]["containers"][0]["ports"]
    assert service["spec"]["selector"].items() <= \
        deployment["spec"]["template"]["metadata"]["labels"].items()
    assert service["spec"]["ports"][0]["targetPort"] == port["name"]
    for file in CONFIGS.values():
        server = yaml.safe_load(documents(file)[0]["data"]["convergate.yaml"])["server"]
        assert server["listen"] == f"0.0.0.0:{port['containerPort']}"
        assert "convergate.convergate.svc" in server["hosts"]


# ---- the configuration ----


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


@pytest.fixture(params=CONFIGS)
def config(request, tmp_path):
    """As in the pod, but for what only a pod has: its account, its volumes and its address."""
    text = documents(CONFIGS[request.param])[0]["data"]["convergate.yaml"]
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                    "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj", "/CN=convergate",
                    "-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.crt"],
                   check=True, capture_output=True)
    for inside, outside in (("in_cluster: true", "url: http://127.0.0.1:1"),
                            ("/run/secrets/convergate-tls/", f"{tmp_path}/"),
                            ("/var/lib/convergate/", f"{tmp_path}/"),
                            ("0.0.0.0:8717", "127.0.0.1:0"),
                            ("127.0.0.1:8718", f"127.0.0.1:{free_port()}")):
        assert inside in text
        text = text.replace(inside, outside)
    file = tmp_path / "convergate.yaml"
    file.write_text(text)
    return file


def test_the_configuration_is_one(convergated, config):
    done = convergated("--check", "-c", config)
    assert done.returncode == 0 and ": ok: 1 source, 1 environment" in done.stdout, done.stderr


def test_the_probes_ask_the_daemon(config, tmp_path):
    [port] = re.findall(r"health: 127\.0\.0\.1:(\d+)", config.read_text())
    container = find("common/deployment.yaml",
                     "Deployment")["spec"]["template"]["spec"]["containers"][0]

    def ask(probe):
        command = [word.replace("/dev/tcp/127.0.0.1/8718", f"/dev/tcp/127.0.0.1/{port}")
                   for word in container[probe]["exec"]["command"]]
        assert command != container[probe]["exec"]["command"]
        return subprocess.run(command, capture_output=True, timeout=10).returncode

    assert ask("livenessProbe") != 0 and ask("readinessProbe") != 0
    daemon = subprocess.Popen([BUILD / "bin/convergated", "-c", config], stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: ask("startupProbe") == 0, what="the daemon")
        wait_until(lambda: ask("readinessProbe") == 0, what="readiness")
        assert ask("livenessProbe") == 0
    finally:
        daemon.terminate()
        assert daemon.wait(20) == 0
