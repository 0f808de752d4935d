# SPDX-License-Identifier: Apache-2.0
"""A state behind a real nginx: with each kind of credentials, without them, and not sent again while
it stays as it is."""

import os
import shutil
import subprocess
from collections import Counter

import pytest

from conftest import free_port, http_request, wait_until
from kube.cluster import Authority
from terraform_files import config, state, wait_reason, write

SETTLED = {"network": {"settle": "0s"}}
PASSWORD, TOKEN = "open se&ame", "b3arer-s3cret"

CONFIG = """daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 64; }}
http {{
    log_format asked '$status $uri';
    access_log {folder}/asked.log asked;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/json;
    gzip on;
    gzip_types application/json;
    root {folder}/states;
    server {{
        listen 127.0.0.1:{port};
        location / {{ }}
        location /moved {{ return 302 /app.tfstate; }}
        location /basic/ {{
            auth_basic states;
            auth_basic_user_file {folder}/users;
        }}
        location /bearer/ {{
            if ($http_authorization != "Bearer {token}") {{ return 401; }}
        }}
    }}
    server {{
        listen 127.0.0.1:{tls_port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        ssl_client_certificate {ca};
        ssl_verify_client on;
    }}
}}
"""


class Nginx:
    """Serves the files of `states`, each also below basic/ and bearer/."""

    def __init__(self, folder, program):
        self.folder, self.port, self.tls_port = folder, free_port(), free_port()
        self.authority = Authority(folder / "pki")
        certificate, key = self.authority.issue("server", "/CN=nginx", "IP:127.0.0.1")
        self.client = self.authority.issue("gate", "/CN=gate")
        self.states = folder / "states"
        self.states.mkdir()
        for name in ("basic", "bearer"):
            (self.states / name).symlink_to(".")
        (folder / "users").write_text("gate:{PLAIN}" + PASSWORD + "\n")
        (folder / "nginx.conf").write_text(CONFIG.format(
            folder=folder, port=self.port, tls_port=self.tls_port, certificate=certificate, key=key,
            ca=self.authority.certificate, token=TOKEN,
            user="user root;" if os.geteuid() == 0 else ""))  # fmt: skip
        self.command = [program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"]
        self.start()

    def start(self):
        with open(self.folder / "out.log", "wb") as out:
            self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=out,
                                            stderr=out)
        wait_until(self._answers, what="nginx")

    def _answers(self):
        assert self.process.poll() is None, (self.folder / "out.log").read_text()
        try:
            return http_request(self.port, "GET", "/").status
        except OSError:
            return None

    def put(self, document, name="app.tfstate"):
        """At once, as an upload is."""
        os.replace(write(self.folder / "upload", document), self.states / name)

    def asked(self, path="/app.tfstate"):
        """How often it was answered with which status."""
        lines = (self.folder / "asked.log").read_text().splitlines()
        return Counter(line.split()[0] for line in lines if line.endswith(f" {path}"))

    def source(self, path, **keys):
        url = f"https://127.0.0.1:{self.tls_port}" if "tls" in keys else f"http://127.0.0.1:{self.port}"
        return {"infra": {"backend": "http", "url": url, "path": path} | keys}

    def stop(self):
        self.process.terminate()
        self.process.wait(15)


@pytest.fixture
def nginx(tmp_path):
    program = os.environ.get("CVG_NGINX") or shutil.which("nginx")
    if not program:
        pytest.skip("nginx is not there: set CVG_NGINX")
    folder = tmp_path / "nginx"
    folder.mkdir()
    server = Nginx(folder, program)
    yield server
    server.stop()


def ways(nginx):
    """name: (the source with its credentials, without or with wrong ones, what is said then)"""
    certificate, key = nginx.client
    trusting = {"ca": str(nginx.authority.certificate)}
    secret = {name: nginx.folder / name for name in ("password", "token", "wrong")}
    for name, text in zip(secret, (PASSWORD, TOKEN, "wr0ng-s3cret"), strict=True):
        secret[name].write_text(text)
        secret[name].chmod(0o600)
    basic = {"username": "gate", "password": f"file:{secret['password']}"}
    return {
        "basic": (nginx.source("basic/app.tfstate", basic=basic),
                  nginx.source("basic/app.tfstate",
                               basic=basic | {"password": f"file:{secret['wrong']}"}),
                  "Unauthorized"),
        "bearer": (nginx.source("bearer/app.tfstate", bearer=f"file:{secret['token']}"),
                   nginx.source("bearer/app.tfstate"), "Unauthorized"),
        "mtls": (nginx.source("app.tfstate",
                              tls=trusting | {"cert": str(certificate), "key": f"file:{key}"}),
                 nginx.source("app.tfstate", tls=trusting), "SourceError"),
    }  # fmt: skip


def assert_told_nothing(gate):
    shown = gate.log() + gate.get("/v1/environments/prod").body.decode() + \
        gate.get("/metrics").body.decode()
    for secret in (PASSWORD, TOKEN, "wr0ng-s3cret", "attribute-secret"):
        assert secret not in shown


@pytest.mark.parametrize("way", ["basic", "bearer", "mtls"])
def test_credentials(nginx, daemon, way):
    nginx.put(state(41))
    good, bad, said = ways(nginx)[way]
    gate = daemon(config(good, SETTLED))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "network")["revision"] == "41"
    assert_told_nothing(gate)

    refused = daemon(config(bad, SETTLED))
    wait_reason(refused, "network", said, "unknown")
    verdict = refused.verdict("prod")
    assert verdict["verdict"] == "wait" and verdict["unknown"]
    assert_told_nothing(refused)


def test_a_state_that_stays_is_not_sent_again(nginx, daemon):
    nginx.put(state(41))
    gate = daemon(config(nginx.source("app.tfstate"), SETTLED))
    gate.wait_for("prod", "go")
    wait_until(lambda: nginx.asked()["304"] >= 5, what="answers without a body")
    assert gate.verdict("prod")["verdict"] == "go"
    nginx.put(state(42))
    wait_until(lambda: gate.check("prod", "network")["revision"] == "42", what="serial 42")
    sent = nginx.asked()["200"]
    wait_until(lambda: nginx.asked()["304"] >= 20, what="answers without a body")
    assert nginx.asked()["200"] <= sent + 15  # while it is younger than what its stamps can tell
    gate.wait_for("prod", "go")


def test_what_is_no_state_there_is_told_apart(nginx, daemon):
    gate = daemon(config(nginx.source("app.tfstate"), SETTLED))
    wait_reason(gate, "network", "NoState", "progressing")
    nginx.put(state(1))
    gate.wait_for("prod", "go")
    nginx.put("<!DOCTYPE html><title>Sign in</title>")
    wait_until(lambda: gate.check("prod", "network")["status"] == "unknown", what="a refusal")
    assert "Sign in" not in str(gate.check("prod", "network"))
    moved = daemon(config(nginx.source("moved"), SETTLED))
    check = wait_reason(moved, "network", "Redirected", "unknown")
    assert "/app.tfstate" in check["message"]


def test_a_server_that_goes_is_unknown_until_it_is_back(nginx, daemon):
    nginx.put(state(1))
    gate = daemon(config(nginx.source("app.tfstate"), SETTLED))
    gate.wait_for("prod", "go")
    nginx.stop()
    wait_until(lambda: gate.check("prod", "network")["status"] == "unknown", what="unknown")
    assert gate.verdict("prod")["verdict"] == "wait"
    nginx.start()
    gate.wait_for("prod", "go", 90)
