# SPDX-License-Identifier: Apache-2.0
"""Checks of the module http against a real nginx, upstreams that break, hang and never end, names
that lead where nobody should ask, and a registry with a token service."""

import base64
import gzip
import json
import os
import shutil
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from conftest import answer, free_port, wait_until
from tcp_peers import Names, Unanswering
from test_places import Authority
from test_upstreams import drip, endless, endless_headers, reset, send, send_and_close, silent

NGINX = """daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    default_type application/json;
    gzip on;
    gzip_min_length 1;
    gzip_types application/json;
    root {folder}/files;
    server {{
        listen 127.0.0.1:{port};
        location / {{ }}
        location = /200 {{ return 200 '{{"state": "green", "n": 3}}'; }}
        location = /204 {{ return 204; }}
        location = /401 {{ return 401; }}
        location = /403 {{ return 403; }}
        location = /404 {{ return 404; }}
        location = /410 {{ return 410; }}
        location = /429 {{ return 429; }}
        location = /500 {{ return 500; }}
        location = /503 {{ return 503; }}
        location = /503-later {{ add_header Retry-After 5 always; return 503; }}
        location = /login {{ default_type text/html; return 200 '<html>Sign in</html>'; }}
        location = /moved {{ return 302 /200; }}
        location = /away {{ return 302 http://127.0.0.2:{port}/200?token=hush; }}
        location = /to-metadata {{ return 302 http://169.254.169.254/latest/meta-data; }}
        location = /round {{ return 302 /round; }}
        location = /post {{ if ($request_method != POST) {{ return 405; }} return 200 'taken'; }}
        location = /header {{ if ($http_x_team != "shop") {{ return 400; }} return 200 'known'; }}
        location = /secret {{ if ($http_x_key != "hush-hush") {{ return 403; }} return 200 'known'; }}
    }}
    server {{
        listen 127.0.0.1:{tls_port} ssl;
        ssl_certificate {certificate};
        ssl_certificate_key {key};
        location / {{ return 200 'safe'; }}
    }}
}}
"""


@pytest.fixture
def nginx(tmp_path):
    program = os.environ.get("CVG_NGINX") or shutil.which("nginx")
    if not program:
        pytest.skip("nginx is not there: set CVG_NGINX")
    folder = tmp_path / "nginx"
    (folder / "files").mkdir(parents=True)
    authority = Authority(folder / "pki")
    certificate, key = authority.issue("server", "/CN=nginx", "IP:127.0.0.1")
    server = type("Nginx", (), {"port": free_port(), "tls_port": free_port(), "authority": authority,
                                "files": folder / "files"})
    (folder / "nginx.conf").write_text(NGINX.format(
        folder=folder, port=server.port, tls_port=server.tls_port, certificate=certificate, key=key,
        user="user root;" if os.geteuid() == 0 else ""))  # fmt: skip
    with open(folder / "out.log", "wb") as out:
        process = subprocess.Popen([program, "-p", folder, "-e", folder / "error.log", "-c", folder / "nginx.conf"],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out)
    wait_until((folder / "nginx.pid").exists, what="nginx")
    server.url = f"http://127.0.0.1:{server.port}"
    yield server
    process.terminate()
    process.wait(15)


def config(checks, sources, servers=None, **defaults):
    """checks: name to keys, of the source `web` where they name none."""
    return json.dumps({
        "server": {"listen": "127.0.0.1:0"},
        **({"names": {"servers": servers, "timeout": "500ms"}} if servers else {}),
        "defaults": {"interval": "300ms", "timeout": "2s", "rise": "0s", "fall": "0s"} | defaults,
        "sources": {name: {"type": "http"} | keys for name, keys in sources.items()},
        "environments": {"prod": {
            "checks": {name: {"source": "web"} | keys for name, keys in checks.items()},
            "gates": {"deploy": {}}}},
    })  # fmt: skip


def wait_all(gate, expected, seconds=30):
    """expected: name to (status, reason). Returns the checks."""
    def wrong():
        checks = {check["name"]: check for check in gate.get("/v1/environments/prod").json["checks"]}
        bad = {name: (checks[name]["status"], checks[name]["reason"], checks[name]["message"])
               for name, right in expected.items()
               if (checks[name]["status"], checks[name]["reason"]) != right}  # fmt: skip
        return checks, bad

    try:
        wait_until(lambda: not wrong()[1], seconds)
    except AssertionError:
        pass
    checks, bad = wrong()
    assert not bad
    return checks


def down(gate):
    return [line for line in gate.get("/metrics").body.decode().splitlines()
            if line.startswith("convergate_source_up{") and line.endswith(" 0")]  # fmt: skip


def test_statuses_of_a_real_server(daemon, nginx):
    checks = {
        "ok": ({"path": "/200"}, ("ready", "Answered")),
        "empty": ({"path": "/204"}, ("ready", "Answered")),
        "absent": ({"path": "/404"}, ("progressing", "StatusUnexpected")),
        "gone": ({"path": "/410", "on_status": {"410": "failed"}}, ("failed", "StatusUnexpected")),
        "broken": ({"path": "/500", "otherwise": "degraded"}, ("degraded", "StatusUnexpected")),
        "starting": ({"path": "/503"}, ("progressing", "StatusUnexpected")),
        "absent-is-right": ({"path": "/404", "status": ["404"]}, ("ready", "Answered")),
        "login-is-right": ({"path": "/401", "status": [401]}, ("ready", "Answered")),
        "posted": ({"path": "/post", "body": "{}", "body_contains": ["taken"]}, ("ready", "Answered")),
        "headed": ({"path": "/200", "method": "HEAD"}, ("ready", "Answered")),
        "named": ({"path": "/header", "headers": {"X-Team": "shop"}, "body_matches": "^known$"},
                  ("ready", "Answered")),
        "lacks": ({"path": "/header", "headers": {"X-Team": "shop"}, "body_lacks": ["known"]},
                  ("progressing", "BodyUnexpected")),
        "json": ({"path": "/200", "json": ["/state", {"pointer": "/n", "condition": "< 5"}],
                  "value": "/n", "facts": {"state": "/state"}}, ("ready", "Answered")),
        "json-not": ({"path": "/200", "json": [{"pointer": "/state", "equals": "red", "otherwise": "failed"}]},
                     ("failed", "ConditionNotMet")),
        "page": ({"url": f"{nginx.url}/login", "json": ["/state"]}, ("unknown", "HtmlPage")),
        "slow": ({"path": "/200", "max_response": "1ms"}, None),
    }  # fmt: skip
    gate = daemon(config({name: keys for name, (keys, _) in checks.items()}, {"web": {"url": nginx.url}}))
    found = wait_all(gate, {name: right for name, (_, right) in checks.items() if right})
    assert found["json"]["value"] == 3 and found["json"]["facts"]["state"] == "green"
    assert found["json"]["facts"]["address"] == "127.0.0.1"
    assert not down(gate)


def test_refusals_are_unknown_and_never_open_a_gate(daemon, nginx):
    paths = {"/401": "Unauthorized", "/403": "Forbidden", "/429": "Throttled", "/503-later": "Throttled"}
    checks = {f"c{path[1:4]}": {"url": nginx.url + path} for path in paths}
    gate = daemon(config(checks, {"web": {}}))
    wait_all(gate, {f"c{path[1:4]}": ("unknown", reason) for path, reason in paths.items()})
    assert gate.verdict("prod")["verdict"] != "go"
    assert not down(gate)


def test_redirects_are_followed_within_the_origin_where_asked(daemon, nginx):
    checks = {
        "plain": ({"path": "/moved"}, ("progressing", "Redirected")),
        "followed": ({"path": "/moved", "redirects": True, "json": ["/state"]}, ("ready", "Answered")),
        "expected": ({"path": "/moved", "status": ["302"]}, ("ready", "Answered")),
        "shown": ({"path": "/away"}, ("progressing", "Redirected")),
    }
    elsewhere = {name: {"url": f"{nginx.url}/{name}", "redirects": True}
                 for name in ("away", "round", "to-metadata")}  # fmt: skip
    gate = daemon(config({name: keys for name, (keys, _) in checks.items()} | elsewhere,
                         {"web": {"url": nginx.url}}))
    found = wait_all(gate, {name: right for name, (_, right) in checks.items()})
    assert "127.0.0.2" in found["shown"]["message"] and "hush" not in json.dumps(found)

    def settled():
        checks = [gate.check("prod", name) for name in elsewhere]
        return checks if all(check["reason"] != "Pending" for check in checks) else None

    for check in wait_until(settled):
        assert check["status"] != "ready", check


def test_tls_by_a_private_authority(daemon, nginx):
    url = f"https://127.0.0.1:{nginx.tls_port}/"
    checks = {"trusted": {"url": url, "body_contains": ["safe"]}, "unknown-authority": {"source": "bare", "url": url}}
    gate = daemon(config(checks, {"web": {"tls": {"ca": str(nginx.authority.certificate)}}, "bare": {}}))
    wait_all(gate, {"trusted": ("ready", "Answered"), "unknown-authority": ("failed", "TlsFailed")})
    assert not down(gate)


def test_a_secret_header_goes_below_the_url_only(daemon, nginx, tmp_path, upstream):
    secret = tmp_path / "key"
    secret.write_text("hush-hush\n")
    secret.chmod(0o600)
    other = upstream({"other": send(answer("{}"))})
    gate = daemon(config({"known": {"path": "/secret"}, "elsewhere": {"url": other.url("other")}},
                         {"web": {"url": nginx.url, "secret_headers": [{"name": "X-Key", "value": f"file:{secret}"}]}}))
    wait_all(gate, {"known": ("ready", "Answered"), "elsewhere": ("ready", "Answered")})
    assert other.requests and not any(b"hush" in request for request in other.requests)
    assert "hush" not in gate.log() + gate.get("/v1/environments/prod").body.decode()
    secret.write_text("wrong\n")
    wait_all(gate, {"known": ("unknown", "Forbidden")})


BAD = {
    "truncated": (send_and_close(answer('{"state": "green"}')[:-4]), {"BadAnswer", "ConnectionClosed"}),
    "half-json": (send(answer('{"state": "green"')), {"NotJson"}),
    "twice": (send(answer('{"state": "red", "state": "green"}')), {"NotJson"}),
    "deep": (send(answer('{"state": ' + "[" * 100000)), {"NotJson"}),
    "no-http": (send_and_close(b"SSH-2.0-OpenSSH_9.2\r\n"), {"BadAnswer", "ConnectionClosed", "ConnectFailed"}),
    "endless": (endless, {"TooLarge", "TimedOut"}),
    "endless-headers": (endless_headers, {"TooLarge", "BadAnswer", "TimedOut"}),
    "drip": (drip, {"TimedOut"}),
    "silent": (silent, {"TimedOut"}),
    "reset": (reset, {"ConnectionReset", "ConnectionClosed", "BadAnswer"}),
    "closed": (lambda connection: False, {"ConnectionClosed", "BadAnswer"}),
    "bomb": (send(answer(gzip.compress(b" " * (64 << 20), 1), extra="Content-Encoding: gzip\r\n")), {"TooLarge"}),
    "bad-gzip": (send(answer(b"\x1f\x8b" + b"\0" * 40, extra="Content-Encoding: gzip\r\n")), {"BadAnswer"}),
    "page": (send(answer("<html>login</html>", content_type="text/html")), {"HtmlPage"}),
}  # fmt: skip


def test_targets_that_break_hang_or_never_end(daemon, upstream):
    server = upstream({name: behave for name, (behave, _) in BAD.items()}
                      | {"good": send(answer('{"state": "green"}'))})
    refused, black_hole = free_port(), Unanswering()
    checks = {name: {"url": server.url(name), "json": [{"pointer": "/state", "equals": "green"}]}
              for name in [*BAD, "good"]}  # fmt: skip
    checks["refused"] = {"url": f"http://127.0.0.1:{refused}/"}
    checks["black-hole"] = {"url": f"http://127.0.0.1:{black_hole.port}/"}
    gate = daemon(config(checks, {"web": {"concurrency": 32}}, timeout="700ms"))
    wait_all(gate, {"good": ("ready", "Answered"), "refused": ("progressing", "ConnectionRefused"),
                    "black-hole": ("unknown", "TimedOut")})  # fmt: skip
    for name, (_, reasons) in BAD.items():
        check = wait_until(lambda: (c := gate.check("prod", name))["reason"] in reasons and c,
                           what=f"{name}: {sorted(reasons)}, now {gate.check('prod', name)}")  # fmt: skip
        assert check["status"] in ("unknown", "progressing"), check
    # They are what the checks found: the source is well, and the check beside them too.
    assert not down(gate)
    assert gate.check("prod", "good")["status"] == "ready"
    assert gate.verdict("prod")["verdict"] != "go"
    black_hole.stop()


def test_a_body_that_nobody_looks_at_may_be_endless(daemon, upstream):
    server = upstream({"endless": endless})
    gate = daemon(config({"c": {"url": server.url("endless")}}, {"web": {}}))
    wait_all(gate, {"c": ("ready", "Answered")})


def test_a_source_that_is_down_is_unknown(daemon):
    gate = daemon(config({"c": {"path": "/"}}, {"web": {"url": f"http://127.0.0.1:{free_port()}"}}))
    wait_until(lambda: gate.check("prod", "c")["reason"] != "Pending")
    wait_until(lambda: down(gate), what="the source is known to be down")
    assert gate.check("prod", "c")["status"] == "unknown"


def test_a_large_document_is_judged_beside_the_loop(daemon, nginx):
    (nginx.files / "large").write_text(json.dumps({"pad": ["x" * 1000] * 900, "state": "green"}))
    gate = daemon(config({"c": {"path": "/large", "json": [{"pointer": "/state", "equals": "green"}]}},
                         {"web": {"url": nginx.url}}))
    wait_all(gate, {"c": ("ready", "Answered")})
    (nginx.files / "large").write_text(json.dumps({"pad": ["x" * 1000] * 1100, "state": "green"}))
    wait_all(gate, {"c": ("unknown", "TooLarge")})


# ---- the guard ----


LINK_LOCAL = ["169.254.169.254", "169.254.0.1", "[fe80::1]", "[fd00:ec2::254]", "[::ffff:169.254.169.254]",
              "[::ffff:a9fe:a9fe]", "[64:ff9b::a9fe:a9fe]", "[2002:a9fe:a9fe::1]", "[::169.254.169.254]",
              "meta.test", "mapped.test"]


@pytest.fixture
def names():
    server = Names({"good.test": ["127.0.0.1"], "meta.test": ["169.254.169.254"],
                    "mapped.test": ["::ffff:169.254.169.254"], "broken.test": Names.SERVFAIL})
    yield server
    server.stop()


def test_metadata_addresses_are_not_asked_however_they_are_written(daemon, convergated, names, nginx, tmp_path):
    checks = {f"c{i}": {"url": f"http://{host}:{nginx.port}/200"} for i, host in enumerate(LINK_LOCAL)}
    gate = daemon(config(checks | {"good": {"url": f"http://good.test:{nginx.port}/200"}}, {"web": {}},
                         servers=[names.address]))
    wait_all(gate, {name: ("unknown", "AddressRefused") for name in checks} | {"good": ("ready", "Answered")})
    assert not down(gate)
    for host in ("[fe80::1%25lo]", "[fe80::1%lo]"):
        (tmp_path / "zone.yaml").write_text(config({"c": {"url": f"http://{host}/"}}, {"web": {}}))
        done = convergated("--check", "-c", tmp_path / "zone.yaml")
        assert done.returncode != 0 and "url" in done.stderr, (host, done.stdout)


def test_a_name_that_moves_to_a_metadata_address_is_not_followed(daemon, names, upstream):
    server = upstream({"x": send_and_close(answer("{}", extra="Connection: close\r\n"))})
    gate = daemon(config({"c": {"url": f"http://good.test:{server.port}/x"}}, {"web": {}}, servers=[names.address]))
    wait_all(gate, {"c": ("ready", "Answered")})
    names.names["good.test"] = ["169.254.169.254"]
    wait_all(gate, {"c": ("unknown", "AddressRefused")})
    names.names["good.test"] = ["127.0.0.1"]
    wait_all(gate, {"c": ("ready", "Answered")})


def test_names_that_do_not_exist_are_told_from_servers_that_fail(daemon, names):
    gate = daemon(config({"nowhere": {"url": "http://nowhere.test/"}, "broken": {"url": "http://broken.test/"}},
                         {"web": {}}, servers=[names.address]))
    wait_all(gate, {"nowhere": ("progressing", "NameNotFound"), "broken": ("unknown", "NameServerFailed")})
    names.names["nowhere.test"] = ["169.254.169.254"]
    wait_all(gate, {"nowhere": ("unknown", "AddressRefused")})


# ---- registries ----


HEX = "0123456789abcdef" * 4
MANIFEST = "application/vnd.oci.image.index.v1+json"


def manifest(digest=f"sha256:{HEX}", kind=MANIFEST):
    return (f"HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: 99\r\n"
            f"Docker-Content-Digest: {digest}\r\n\r\n").encode()


class Registry:
    """/v2 wants a token; /token gives one to who has the password."""

    def __init__(self):
        self.tags, self.token, self.seen = {"1.4.2"}, "tok-0123", []
        self.password = base64.b64encode(b"robot:pass-0123").decode()
        registry = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_HEAD(self):
                registry.seen.append(self.headers.get("Authorization", ""))
                reference = self.path.rsplit("/", 1)[1]
                if registry.seen[-1] != f"Bearer {registry.token}":
                    return self.say(401, "WWW-Authenticate", f'Bearer realm="http://{registry.host}/token",'
                                                             'service="reg",scope="registry:catalog:*"')
                if not self.path.startswith("/v2/acme/api/manifests/") or (
                        reference not in registry.tags and reference != f"sha256:{HEX}"):
                    return self.say(404)
                return self.say(200, "Docker-Content-Digest", f"sha256:{HEX}")

            def do_GET(self):
                registry.seen.append(self.headers.get("Authorization", ""))
                if (self.path != "/token?service=reg&scope=repository%3Aacme%2Fapi%3Apull"
                        or registry.seen[-1] != f"Basic {registry.password}"):
                    return self.say(401)
                return self.say(200, body=json.dumps({"token": registry.token}).encode())

            def say(self, status, name="X-None", value="", body=b""):
                self.send_response(status)
                self.send_header(name, value)
                self.send_header("Content-Type", MANIFEST)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture
def registry():
    made = Registry()
    yield made
    made.server.shutdown()
    made.server.server_close()


def test_a_registry_with_tokens(daemon, registry, tmp_path):
    secret = tmp_path / "password"
    secret.write_text("pass-0123\n")
    secret.chmod(0o600)
    host = registry.host
    gate = daemon(config({"there": {"image": f"{host}/acme/api:1.4.2"}, "missing": {"image": f"{host}/acme/api:1.4.3"},
                          "digest": {"image": f"{host}/acme/api:gone@sha256:{HEX}"},
                          "other": {"image": "ghcr.io/acme/api:1"}},
                         {"web": {"url": f"http://{host}", "basic": {"username": "robot", "password": f"file:{secret}"}}}))
    found = wait_all(gate, {"there": ("ready", "ImagePresent"), "missing": ("progressing", "ImageMissing"),
                            "digest": ("ready", "ImagePresent"), "other": ("unknown", "NotAsked")})  # fmt: skip
    assert found["there"]["revision"] == f"sha256:{HEX}" and found["there"]["facts"]["media_type"] == MANIFEST
    registry.tags.add("1.4.3")
    wait_all(gate, {"missing": ("ready", "ImagePresent")})
    # The token ended before its time: another is asked for.
    registry.token = "tok-4567"
    wait_until(lambda: "Bearer tok-4567" in registry.seen)
    wait_all(gate, {"there": ("ready", "ImagePresent")})
    registry.password, registry.token = "none", "tok-89"
    wait_all(gate, {"there": ("unknown", "TokenRefused")})
    shown = gate.log() + gate.get("/v1/environments/prod").body.decode()
    for hidden in ("pass-0123", "tok-0123", "tok-4567"):
        assert hidden not in shown


def test_what_is_no_registry(daemon, upstream):
    server = upstream({"v2": send_and_close(manifest(kind="text/html"))})
    other = upstream({"v2": send_and_close(manifest(digest="sha256:" + "f" * 64))})
    keys = {"a": {"source": "page", "image": f"127.0.0.1:{server.port}/a/b:1"},
            "b": {"source": "liar", "image": f"127.0.0.1:{other.port}/a/b@sha256:{HEX}"}}
    gate = daemon(config(keys, {"page": {"url": f"http://127.0.0.1:{server.port}"},
                                "liar": {"url": f"http://127.0.0.1:{other.port}"}}))
    wait_all(gate, {"a": ("unknown", "NotARegistry"), "b": ("unknown", "NotARegistry")})
