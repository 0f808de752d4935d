# SPDX-License-Identifier: Apache-2.0
"""How the cluster is reached, who may what there, and servers that stall, die and come back: the
right reason, no go that is not known, and everything well again afterwards."""

import base64
import json
import os
import socket
import threading
import time

import pytest

from conftest import Daemon, wait_until
from kube.cluster import ADMIN, TOKEN, Cluster
from kube.gate import DEPLOYMENT, config, wait_check
from kube.objects import App, custom, node


def read(path):
    return base64.b64encode(path.read_bytes()).decode()


def forms(cluster):
    """name: (cluster entry, user entry) of kubeconfigs that must all work."""
    ca, (certificate, key) = cluster.authority.certificate, cluster.client_certificate
    (cluster.folder / "relative.crt").write_bytes(ca.read_bytes())
    (cluster.folder / "token").write_text(TOKEN + "\n")
    cluster.do("token", token="basic:gate:se cret", user="gate-readonly")
    server = {"server": cluster.url}
    trusting = server | {"certificate-authority": str(ca)}
    return {
        "token": (trusting, {"token": TOKEN}),
        "token file": (trusting, {"tokenFile": str(cluster.folder / "token")}),
        "token file wins over token": (trusting, {"tokenFile": "token", "token": "wrong"}),
        "basic": (trusting, {"username": "gate", "password": "se cret"}),
        "client certificate": (trusting, {"client-certificate": str(certificate),
                                          "client-key": str(key)}),
        "data": (server | {"certificate-authority-data": read(ca)},
                 {"client-certificate-data": read(certificate), "client-key-data": read(key)}),
        "data wins over files": (
            server | {"certificate-authority-data": read(ca),
                      "certificate-authority": "/nowhere"}, {"token": TOKEN}),
        "relative paths": (server | {"certificate-authority": "relative.crt"},
                           {"token": TOKEN}),
        "another name": (trusting | {"tls-server-name": "kubernetes.test"}, {"token": TOKEN}),
        "not verified": (server | {"insecure-skip-tls-verify": True}, {"token": TOKEN}),
    }


FORMS = ["token", "token file", "token file wins over token", "basic", "client certificate",
         "data", "data wins over files", "relative paths", "another name", "not verified"]


@pytest.mark.parametrize("form", FORMS)
def test_kubeconfig(cluster, daemon, form):
    App(cluster).settle()
    entry, user = forms(cluster)[form]
    path = cluster.kubeconfig("one", entry, user)
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path)}))
    gate.wait_for("prod", "go")
    for secret in (TOKEN, ADMIN, "se cret"):
        assert secret not in gate.log()
    if form == "not verified":
        assert "verif" in gate.log().lower()


def test_a_certificate_of_somebody_else_is_refused(cluster, daemon, tmp_path):
    from kube.cluster import Authority
    App(cluster).settle()
    other = Authority(tmp_path / "other")
    path = cluster.kubeconfig("one", {"server": cluster.url,
                                      "certificate-authority": str(other.certificate)})
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path)}))
    wait_check(gate, "api", "unknown", "TlsFailed")
    assert gate.verdict("prod")["verdict"] == "wait"


def test_an_expired_certificate_is_refused(tmp_path, daemon):
    cluster = Cluster(tmp_path, expired=True)
    try:
        App(cluster).settle()
        gate = daemon(config(cluster, {"api": DEPLOYMENT}))
        check = wait_check(gate, "api", "unknown", "TlsFailed")
        assert "expired" in check["message"], check
    finally:
        cluster.stop()


def test_kubeconfigs_are_found_and_merged(cluster, tmp_path):
    """By KUBECONFIG: the first that says something wins, missing files are passed over."""
    App(cluster).settle()
    first = tmp_path / "first"
    first.write_text(json.dumps({"apiVersion": "v1", "kind": "Config",
                                 "users": [{"name": "gate", "user": {"token": TOKEN}}]}))
    rest = cluster.kubeconfig("rest", None, {"token": "wrong"})
    text = config(cluster, {"api": DEPLOYMENT}, {})
    gate = Daemon(tmp_path, text, environment={"KUBECONFIG": f"/nowhere:{first}:{rest}"})
    try:
        gate.wait_for("prod", "go")
    finally:
        gate.stop()


def test_a_context_by_name(cluster, daemon):
    App(cluster).settle()
    path = cluster.kubeconfig()
    document = json.loads(path.read_text())
    document["users"].append({"name": "nobody", "user": {"token": "wrong"}})
    document["contexts"].append({"name": "bad", "context": {"cluster": "fake",
                                                            "user": "nobody"}})
    document["current-context"] = "bad"
    path.write_text(json.dumps(document))
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path),
                                                        "context": "test"}))
    gate.wait_for("prod", "go")


@pytest.mark.parametrize("keys", [
    {"kubeconfig": "/nowhere/kubeconfig"}, {"context": "nowhere"}], ids=["no file", "no context"])
def test_a_kubeconfig_that_cannot_be_used_is_refused(cluster, convergated, tmp_path, keys):
    path = tmp_path / "convergate.yaml"
    path.write_text(config(cluster, {"api": DEPLOYMENT},
                           {"kubeconfig": str(cluster.kubeconfig())} | keys))
    found = convergated("--check", "-c", path)
    assert found.returncode != 0 and "nowhere" in found.stderr + found.stdout, found


def test_exec_plugins_run_only_where_they_are_allowed(cluster, daemon, convergated, tmp_path):
    App(cluster).settle()
    plugin, count = tmp_path / "plugin", tmp_path / "count"
    answer = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential",
              "status": {"token": TOKEN}}
    plugin.write_text(f"#!/bin/sh\necho x >>{count}\necho '{json.dumps(answer)}'\n")
    plugin.chmod(0o755)
    path = cluster.kubeconfig("one", None, {"exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin),
        "interactiveMode": "Never"}})
    refused = tmp_path / "refused.yaml"
    refused.write_text(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path)}))
    found = convergated("--check", "-c", refused)
    assert found.returncode != 0 and "allow_exec" in found.stderr + found.stdout
    assert not count.exists()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path),
                                                        "allow_exec": True}))
    gate.wait_for("prod", "go")
    assert len(count.read_text().split()) == 1  # cached
    assert TOKEN not in gate.log()


def test_an_endpoint_without_a_kubeconfig(cluster, daemon, tmp_path):
    App(cluster).settle()
    (tmp_path / "token").write_text(TOKEN)
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {
        "url": cluster.url, "tls": {"ca": str(cluster.authority.certificate)},
        "bearer": f"file:{tmp_path}/token"}))
    gate.wait_for("prod", "go")


# ---- rights ----


def test_a_missing_right_leaves_the_rest_working(cluster, daemon, hasty):
    cluster.do("allow", user="gate-readonly", deny=["/nodes"], verbs=["get", "list", "watch"])
    App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT, "nodes": {"kind": "Node"}}),
                  environment=hasty)
    wait_check(gate, "api", "ready")
    check = wait_check(gate, "nodes", "unknown", "Forbidden")
    assert "no right to" in check["message"] and "nodes" in check["message"], check
    assert gate.verdict("prod")["unknown"]
    # given later, it is found by itself
    cluster.do("allow", user="gate-readonly", verbs=["get", "list", "watch"])
    cluster.put(node("node-a"))
    wait_check(gate, "nodes", "ready", seconds=90)


def test_without_rights_on_pods_the_workload_is_judged_by_itself(cluster, daemon):
    cluster.do("allow", user="gate-readonly", deny=["/pods"], verbs=["get", "list", "watch"])
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    app.change("registry.test/api:2")
    app.begin(waiting=("ImagePullBackOff", "no such image"))
    wait_check(gate, "api", "progressing")


def test_a_missing_definition_leaves_the_rest_working(cluster, daemon, hasty):
    App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT, "queue": {
        "kind": "shop.test/v1/Queue", "namespace": "shop", "fields": {"/status/phase": "Bound"}}}),
        environment=hasty)
    wait_check(gate, "api", "ready")
    check = wait_check(gate, "queue", "unknown", "KindNotFound")
    assert "shop.test/v1" in check["message"], check
    # installed later, it is found by itself
    cluster.do("install", group="shop.test", version="v1", name="queues", kind="Queue")
    cluster.put(custom("shop.test/v1", "Queue", "orders", status={"phase": "Bound"}))
    wait_check(gate, "queue", "ready", seconds=90)


def test_check_online_says_which_right_is_missing(cluster, convergated, tmp_path):
    cluster.do("allow", user="gate-readonly", deny=["/nodes"], verbs=["get", "list", "watch"])
    App(cluster).settle()
    text = config(cluster, {"api": DEPLOYMENT, "nodes": {"kind": "Node"}})
    path = tmp_path / "convergate.yaml"
    path.write_text(text)
    found = convergated("--check", "--online", "-c", path)
    words = found.stdout + found.stderr
    assert found.returncode != 0 and "Forbidden" in words and "nodes" in words, found


def test_wrong_credentials_are_told_as_that(cluster, daemon):
    App(cluster).settle()
    path = cluster.kubeconfig("one", None, {"token": "wrong-token-1234"})
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path)}))
    wait_check(gate, "api", "unknown", "Unauthorized")
    assert "wrong-token-1234" not in gate.log() + json.dumps(gate.verdict("prod"))


def test_a_token_that_rotates_in_mid_stream_is_followed(cluster, daemon):
    app = App(cluster).settle()
    token = cluster.folder / "rotating"
    token.write_text(TOKEN)
    path = cluster.kubeconfig("one", None, {"tokenFile": str(token)})
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {"kubeconfig": str(path)}))
    gate.wait_for("prod", "go")
    cluster.do("token", token="the-next-token", user="gate-readonly")
    token.write_text("the-next-token")
    cluster.do("revoke", token=TOKEN)
    cluster.do("cut")  # what was open was judged by the old one
    app.change("registry.test/api:2")
    gate.wait_for("prod", "wait")
    app.revision += 1
    app.settle()
    gate.wait_for("prod", "go")
    assert "the-next-token" not in gate.log()


def test_in_a_cluster_by_environment_and_files(cluster, tmp_path):
    """The account's files are where a pod has them, in a mount namespace of our own."""
    if os.geteuid() != 0:
        pytest.skip("mounting over /var/run/secrets needs root")
    App(cluster).settle()
    account = tmp_path / "serviceaccount"
    account.mkdir()
    (account / "token").write_text(TOKEN)
    (account / "ca.crt").write_bytes(cluster.authority.certificate.read_bytes())
    (account / "namespace").write_text("shop")
    gate = InPod(account, tmp_path, config(cluster, {"api": DEPLOYMENT}, {"in_cluster": True}),
                 environment={"KUBERNETES_SERVICE_HOST": "127.0.0.1",
                              "KUBERNETES_SERVICE_PORT": str(cluster.port)})
    try:
        gate.wait_for("prod", "go")
    finally:
        gate.stop()


class InPod(Daemon):
    """With the account's folder where a pod has it: the daemon is started by a wrapper that mounts
    a small file system of its own there and is replaced by the daemon."""

    def __init__(self, account, folder, text, **more):
        self.account = account
        script = folder / "bin" / "convergated"
        script.parent.mkdir()
        place = "/run/secrets/kubernetes.io/serviceaccount"
        import conftest
        script.write_text(
            "#!/bin/sh\nexec unshare -m --propagation private sh -c '"
            "mount -t tmpfs tmpfs /run && "
            f"mkdir -p {place} && cp {account}/* {place}/ && exec \"$0\" \"$@\"' "
            f"{conftest.BUILD}/bin/convergated \"$@\"\n")
        script.chmod(0o755)
        built, conftest.BUILD = conftest.BUILD, folder
        try:
            super().__init__(folder, text, "--modules",
                             str(built / "lib" / "convergate" / "probes"), **more)
        finally:
            conftest.BUILD = built


# ---- servers in trouble ----


@pytest.fixture(params=[True, False], ids=["http2", "http1"])
def either(request, tmp_path):
    one = Cluster(tmp_path, http2=request.param)
    yield one
    one.stop()


def test_a_frozen_server_is_noticed_and_its_connections_closed(either, daemon):
    """Its kernel still acknowledges, so only a read that is not answered tells it. Over HTTP/1.1 a
    read does not share the watch's connection; there bookmarks are what proves it."""
    App(either).settle()
    either.do("set", name="bookmark_every", value=1)
    gate = daemon(config(either, {"api": DEPLOYMENT | {"max_age": "6s"}}))
    gate.wait_for("prod", "go")
    before = either.do("connections")["accepted"]
    either.freeze()
    started = time.monotonic()
    try:
        wait_check(gate, "api", "unknown", seconds=20)
        assert time.monotonic() - started < 15
        assert gate.verdict("prod")["verdict"] == "wait"
    finally:
        either.thaw()
    gate.wait_for("prod", "go", seconds=60)
    if either.http2:
        assert either.do("connections")["accepted"] > before


def test_a_watch_that_stays_silent_on_a_dead_store_is_not_believed(cluster, daemon):
    """As recorded with etcd stopped: watches open and say nothing, and only /readyz tells."""
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT | {"max_age": "5s"}}))
    gate.wait_for("prod", "go")
    cluster.do("set", name="quiet", value=["deployments.apps"])
    cluster.do("set", name="failing", value=["etcd"])
    app.change("registry.test/api:2")  # which no watch tells
    wait_check(gate, "api", "unknown", seconds=20)
    cluster.do("set", name="quiet", value=[])
    cluster.do("set", name="failing", value=[])
    cluster.do("cut")
    wait_check(gate, "api", "progressing", seconds=40)


def test_a_server_that_was_killed_and_is_back(cluster, daemon):
    """It remembers no history: old versions are answered with 410, and lists are read again."""
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT | {"max_age": "5s"}}))
    gate.wait_for("prod", "go")
    state = cluster.kill()
    check = wait_check(gate, "api", "unknown", seconds=20)
    assert gate.verdict("prod")["verdict"] == "wait", check
    cluster.back(state)
    gate.wait_for("prod", "go", seconds=60)
    app.change("registry.test/api:2")
    gate.wait_for("prod", "wait")


def test_what_changed_while_a_watch_was_broken_is_seen(cluster, daemon):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    lists = len([one for one in cluster.asked("/deployments") if "watch=" not in one[1]])
    cluster.do("cut")
    app.change("registry.test/api:2")
    gate.wait_for("prod", "wait")
    # the watch went on where it was, without another list
    assert lists == len([one for one in cluster.asked("/deployments") if "watch=" not in one[1]])


def test_an_expired_version_is_listed_again(cluster, daemon):
    """410 as an ERROR in the stream: deletions that no watch told are found by the new list."""
    app = App(cluster).settle()
    other = App(cluster, "other").settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT, "other": {
        "kind": "Deployment", "namespace": "shop", "name": "other"}}))
    gate.wait_for("prod", "go")
    cluster.fault("GET .*watch=", "hang", times=-1)
    cluster.do("cut")
    other.delete()
    app.change("registry.test/api:2")
    cluster.do("expire")
    cluster.do("heal")
    cluster.do("cut")
    wait_check(gate, "other", "progressing", "NotFound", seconds=40)
    wait_check(gate, "api", "progressing")


def test_lists_come_in_pages(cluster, daemon):
    for i in range(35):
        App(cluster, f"web-{i}", replicas=1).settle()
    gate = daemon(config(cluster, {"all": {"kind": "Deployment", "namespace": "shop"}}, {
        "kubeconfig": str(cluster.kubeconfig()), "page": 10, "stream_lists": False}))
    gate.wait_for("prod", "go")
    assert "35" in gate.check("prod", "all")["message"]
    assert len([one for one in cluster.asked("/deployments") if "continue=" in one[1]]) >= 3


def test_pages_that_expire_half_way_are_begun_again(cluster, daemon):
    """Half a list is no knowledge, and the remainder by the fresh token is not consistent."""
    for i in range(15):
        App(cluster, f"web-{i}", replicas=1).settle()
    expired = {"kind": "Status", "apiVersion": "v1", "metadata": {"continue": "ZnJlc2g"},
               "status": "Failure", "message": "too old", "reason": "Expired", "code": 410}
    cluster.fault("/deployments.*continue=", "answer", status=410, type="application/json",
                  body=base64.b64encode(json.dumps(expired).encode()).decode())
    gate = daemon(config(cluster, {"all": {"kind": "Deployment", "namespace": "shop"}}, {
        "kubeconfig": str(cluster.kubeconfig()), "page": 10, "stream_lists": False}))
    gate.wait_for("prod", "go")
    assert "15" in gate.check("prod", "all")["message"]
    assert not cluster.asked("continue=ZnJlc2g")


@pytest.mark.parametrize("server_can", [True, False])
def test_initial_lists_as_streams_where_the_server_can(cluster, daemon, server_can):
    cluster.do("set", name="stream_lists", value=server_can)
    for i in range(5):
        App(cluster, f"web-{i}", replicas=1).settle()
    gate = daemon(config(cluster, {"all": {"kind": "Deployment", "namespace": "shop"}}))
    gate.wait_for("prod", "go")
    assert "5" in gate.check("prod", "all")["message"]
    lists = [one for one in cluster.asked("/deployments") if "watch=" not in one[1]]
    assert bool(lists) != server_can
    assert cluster.asked("sendInitialEvents=true")


def test_retry_after_is_obeyed(cluster, daemon):
    App(cluster).settle()
    cluster.fault("GET /apis/apps/v1/.*deployments", "throttle", times=1, after=3)
    started = time.monotonic()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    wait_check(gate, "api", "unknown", "Throttled")
    gate.wait_for("prod", "go", seconds=40)
    assert time.monotonic() - started >= 3


def test_a_version_that_the_server_has_not_reached_is_waited_for(cluster, daemon):
    """504 ResourceVersionTooLarge, as one of several servers behind a balancer says."""
    App(cluster).settle()
    body = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
            "message": "Timeout: Too large resource version: 99, current: 9", "reason": "Timeout",
            "details": {"causes": [{"reason": "ResourceVersionTooLarge",
                                    "message": "Too large resource version"}],
                        "retryAfterSeconds": 1}, "code": 504}
    cluster.fault("/deployments", "answer", times=2, status=504, type="application/json",
                  body=base64.b64encode(json.dumps(body).encode()).decode())
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go", seconds=40)


def test_watches_name_their_timeout_and_bookmarks(cluster, daemon):
    App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")
    wait_until(lambda: cluster.watching("deployments.apps"))
    watch = [target for _, target, _ in cluster.asked("/deployments") if "watch=" in target][-1]
    seconds = int(watch.split("timeoutSeconds=")[1].split("&")[0])
    assert 300 <= seconds <= 600 and "allowWatchBookmarks=" in watch


def test_a_source_whose_server_is_not_there(tmp_path, cluster, daemon):
    state = cluster.kill()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    wait_check(gate, "api", "unknown", "ConnectFailed")
    cluster.back(state)
    App(cluster).settle()
    gate.wait_for("prod", "go", seconds=60)


def test_probe_says_which_right_is_missing(cluster, convergate, tmp_path):
    cluster.do("allow", user="gate-readonly", deny=["/nodes"], verbs=["get", "list", "watch"])
    App(cluster).settle()
    path = tmp_path / "convergate.yaml"
    path.write_text(config(cluster, {"api": DEPLOYMENT, "nodes": {"kind": "Node"}}))
    found = convergate("probe", "prod", "nodes", "-c", path)
    assert "Forbidden" in found.stdout + found.stderr and "nodes" in found.stdout, found
    found = convergate("probe", "prod", "api", "-c", path)
    assert found.returncode == 0 and "RolledOut" in found.stdout, found
    assert TOKEN not in found.stdout + found.stderr


def test_a_proxy_of_the_kubeconfig_is_used(cluster, daemon):
    """A tunnel by CONNECT; what goes through it is counted."""
    App(cluster).settle()
    proxy = Proxy(cluster.port)
    entry = {"server": cluster.url, "proxy-url": f"http://127.0.0.1:{proxy.port}",
             "certificate-authority": str(cluster.authority.certificate)}
    try:
        gate = daemon(config(cluster, {"api": DEPLOYMENT},
                             {"kubeconfig": str(cluster.kubeconfig("one", entry))}))
        gate.wait_for("prod", "go")
        assert proxy.tunnels >= 1
    finally:
        proxy.stop()


class Proxy:
    """Answers CONNECT, whatever the name, with a tunnel to one port."""

    def __init__(self, target):
        self.target, self.tunnels = target, 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.tunnel, args=(client,), daemon=True).start()

    def tunnel(self, client):
        asked = b""
        while b"\r\n\r\n" not in asked:
            piece = client.recv(4096)
            if not piece:
                return
            asked += piece
        assert asked.startswith(b"CONNECT ")
        self.tunnels += 1
        client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        server = socket.create_connection(("127.0.0.1", self.target))
        threading.Thread(target=self.carry, args=(client, server), daemon=True).start()
        self.carry(server, client)

    @staticmethod
    def carry(source, sink):
        try:
            while piece := source.recv(65536):
                sink.sendall(piece)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def stop(self):
        self.listener.close()
