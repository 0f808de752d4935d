# SPDX-License-Identifier: Apache-2.0
"""Requests to AWS carry Signature Version 4, which the fake service below verifies."""

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from aws_signature import refusal
from conftest import ROOT, vector, wait_until

REGION, SERVICE = "eu-central-1", "aps"
WORKSPACE = "/workspaces/ws-0123abcd/api/v1/query"


class FakeAws:
    """One workspace of Amazon Managed Service for Prometheus, or another service that answers
    anything; `keys` is id -> (secret, token)."""

    def __init__(self, service=SERVICE):
        self.service = service
        self.keys, self.verified, self.refused = {}, [], []
        aws = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                why = refusal(self, body, aws.keys, REGION, aws.service)
                if why:
                    aws.refused.append(why)
                    self.say(403, f'{{"message":"{why}"}}')
                else:
                    aws.verified.append((self.path, dict(self.headers), body))
                    self.say(200, vector(1))

            do_GET = do_POST

            def say(self, status, text):
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text.encode())

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def aws():
    one = FakeAws()
    yield one
    one.stop()


SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"


def config(aws, folder, extra="", path="/workspaces/ws-0123abcd"):
    return f"""
server: {{listen: "127.0.0.1:0"}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s}}
sources:
  amazon:
    type: prometheus
    url: "http://127.0.0.1:{aws.port}{path}"
    sigv4:
      region: {REGION}
      access_key: "file:{folder}/id"
      secret_key: "file:{folder}/secret"
      {extra}
environments:
  shop:
    checks:
      up: {{source: amazon, query: 'up{{job="shop", path=~"/a b+"}} * 1', ready: ">= 1"}}
    gates: {{deploy: {{}}}}
"""


def write_keys(folder, identity, secret, token=None):
    for name, text in (("id", identity), ("secret", secret), ("token", token)):
        if text is not None:
            (folder / f"{name}.new").write_text(text + "\n")
            (folder / f"{name}.new").rename(folder / name)


def test_each_request_verifies_and_a_wrong_key_does_not(aws, daemon, tmp_path):
    write_keys(tmp_path, "AKIDEXAMPLE", SECRET)
    aws.keys["AKIDEXAMPLE"] = (SECRET, None)
    one = daemon(config(aws, tmp_path))
    one.wait_for("shop", "go")
    path, headers, body = aws.verified[-1]
    assert path == WORKSPACE and body.startswith(b"query=up")
    assert "X-Amz-Security-Token" not in headers
    assert not aws.refused

    aws.keys["AKIDEXAMPLE"] = (SECRET + "x", None)
    check = wait_until(lambda: (found := one.check("shop", "up"))["status"] == "unknown" and found,
                       what="the refused check")
    assert check["reason"] == "Forbidden"
    assert aws.refused[-1] == "SignatureDoesNotMatch"


def test_rotated_keys_and_their_session_token_are_used_at_once(aws, daemon, tmp_path):
    write_keys(tmp_path, "ASIAFIRST", "first/secret", "first//token==")
    aws.keys["ASIAFIRST"] = ("first/secret", "first//token==")
    one = daemon(config(aws, tmp_path, f'session_token: "file:{tmp_path}/token"'))
    one.wait_for("shop", "go")
    aws.keys = {"ASIASECOND": ("second+secret", "second//token==")}
    wait_until(lambda: one.check("shop", "up")["reason"] == "Forbidden", what="the old key's end")
    write_keys(tmp_path, "ASIASECOND", "second+secret", "second//token==")
    one.wait_for("shop", "go")
    assert aws.verified[-1][1]["X-Amz-Security-Token"] == "second//token=="
    log = one.log() + one.get("/metrics").body.decode() + one.get("/v1/environments/shop").body.decode()
    for secret in ("first/secret", "second+secret", "first//token", "second//token", "AWS4-HMAC"):
        assert secret not in log


def test_paths_of_any_spelling_verify(aws, daemon, tmp_path):
    write_keys(tmp_path, "AKIDEXAMPLE", SECRET)
    aws.keys["AKIDEXAMPLE"] = (SECRET, None)
    one = daemon(config(aws, tmp_path, path="/work%20spaces//ws-1/./%7Eme/%E1%88%B4"))
    one.wait_for("shop", "go")
    assert not aws.refused


def test_keys_that_are_gone_close_the_gate(aws, daemon, tmp_path):
    write_keys(tmp_path, "AKIDEXAMPLE", SECRET)
    aws.keys["AKIDEXAMPLE"] = (SECRET, None)
    one = daemon(config(aws, tmp_path))
    one.wait_for("shop", "go")
    (tmp_path / "secret").unlink()
    check = wait_until(lambda: (found := one.check("shop", "up"))["status"] == "unknown" and found,
                       what="the check without its key")
    assert "sigv4.secret_key" in check["message"]


def test_the_example_is_a_configuration(convergated, tmp_path):
    text = (ROOT / "config/examples/amazon-managed-prometheus.yaml").read_text()
    (tmp_path / "secret").write_text("hush")
    text = re.sub(r"file:\S+", f"file:{tmp_path}/secret", text)
    (tmp_path / "gate.yaml").write_text(text)
    ran = convergated("--check", "-c", tmp_path / "gate.yaml")
    assert ran.returncode == 0, ran.stderr


@pytest.mark.parametrize("keys, why", [
    ('bearer: "env:PATH"', "'sigv4' and 'bearer' exclude each other"),
    ('basic: {username: me, password: "env:PATH"}', "'sigv4' and 'basic' exclude each other"),
    ("headers: {x-amz-date: now}", "the header 'x-amz-date' is set by 'sigv4'"),
])
def test_what_would_contradict_it_is_refused(aws, convergated, tmp_path, keys, why):
    write_keys(tmp_path, "AKIDEXAMPLE", SECRET)
    text = config(aws, tmp_path).replace("    sigv4:", f"    {keys}\n    sigv4:")
    (tmp_path / "gate.yaml").write_text(text)
    ran = convergated("--check", "-c", tmp_path / "gate.yaml")
    assert ran.returncode != 0 and why in ran.stderr
