# SPDX-License-Identifier: Apache-2.0
"""Who may ask: tokens, client certificates, the Unix socket's peers; TLS whose certificate is
renewed under open connections; and limits that keep one client from shutting out the others."""

import hashlib
import http.client
import json
import os
import re
import socket
import ssl
import stat
import subprocess
import time

import pytest

from conftest import Answer, answer, http_request, vector, wait_until

CONFIG = """
server:
  listen: 127.0.0.1:0
{server}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s}}
sources:
  m: {{type: prometheus, url: "{url}"}}
environments:
  prod: {{checks: {{c: {{source: m, query: x, ready: ">= 1"}}}}}}
  staging: {{checks: {{c: {{source: m, query: x, ready: ">= 1"}}}}}}
"""

SECRETS = {name: f"cvg_{name}_{'0123456789abcdef' * 4}"
           for name in ("reader", "decider", "limited", "pusher", "operator", "admin")}


def digest(token):
    return hashlib.sha256(token.encode()).hexdigest()


TOKENS = "  tokens:\n" + "".join(
    f"    {name}: {{sha256: {digest(SECRETS[name])}, {rest}}}\n" for name, rest in {
        "reader": "scopes: [read]",
        "decider": "scopes: decide",
        "limited": "scopes: [decide], environments: [staging]",
        "pusher": "scopes: [push]",
        "operator": "scopes: [operate]",
        "admin": "scopes: [admin]",
    }.items())


def bearer(name):
    return {"Authorization": f"Bearer {SECRETS.get(name, name)}"}


@pytest.fixture
def start(daemon, upstream):
    """start(the keys of `server`): a daemon whose only upstream is always well."""
    server = upstream({"ok": lambda connection: connection.sendall(answer(vector(1)))})
    return lambda keys="": daemon(CONFIG.format(server=keys, url=server.url("ok")))


# ---- tokens ----

SUBJECT = '{"app": "web", "revision": "1"}'
ROUTES = [
    # method, path, body; status for: nobody, a wrong token, reader, decider, limited, pusher, admin
    ("GET", "/livez", None, (200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/readyz", None, (200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/healthz", None, (200, 200, 200, 200, 200, 200, 200)),
    ("GET", "/", None, (401, 401, 200, 200, 200, 403, 200)),
    ("GET", "/metrics", None, (401, 401, 200, 200, 403, 403, 200)),
    ("GET", "/v1/environments", None, (401, 401, 200, 200, 200, 403, 200)),
    ("GET", "/v1/environments/prod", None, (401, 401, 200, 200, 403, 403, 200)),
    ("GET", "/v1/environments/staging", None, (401, 401, 200, 200, 200, 403, 200)),
    ("GET", "/v1/environments/nowhere", None, (401, 401, 404, 404, 403, 403, 404)),
    ("GET", "/v1/verdict/prod", None, (401, 401, 200, 200, 403, 403, 200)),
    ("HEAD", "/v1/verdict/prod", None, (401, 401, 200, 200, 403, 403, 200)),
    ("GET", "/v1/verdict?env=prod", None, (401, 401, 200, 200, 403, 403, 200)),
    ("GET", "/v1/verdict?env=staging", None, (401, 401, 200, 200, 200, 403, 200)),
    ("GET", "/v1/verdict?env=nowhere", None, (401, 401, 404, 404, 403, 403, 404)),
    ("GET", "/v1/check/prod?app=web", None, (401, 401, 200, 200, 403, 403, 200)),
    ("POST", "/v1/verdict/prod", None, (401, 401, 200, 200, 403, 403, 200)),
    ("POST", "/v1/verdict/prod", SUBJECT, (401, 401, 403, 200, 403, 403, 200)),
    ("POST", "/v1/verdict/prod?app=web", None, (401, 401, 403, 200, 403, 403, 200)),
    ("POST", "/v1/verdict/staging", SUBJECT, (401, 401, 403, 200, 200, 403, 200)),
    ("POST", "/v1/check?env=prod", SUBJECT, (401, 401, 403, 200, 403, 403, 200)),
    ("GET", "/v1/nothing", None, (401, 401, 404, 404, 404, 403, 404)),
    ("DELETE", "/v1/verdict/prod", None, (401, 401, 405, 405, 403, 403, 405)),
]
WHO = (None, "cvg_wrong", "reader", "decider", "limited", "pusher", "admin")


def test_each_token_may_what_its_scopes_say(start):
    gate = start(TOKENS)
    wait_until(lambda: http_request(gate.port, "GET", "/v1/check/prod",
                                    headers=bearer("reader")).status == 200)
    wait_until(lambda: http_request(gate.port, "GET", "/v1/check/staging",
                                    headers=bearer("reader")).status == 200)
    wrong = []
    for method, path, body, statuses in ROUTES:
        for who, status in zip(WHO, statuses, strict=True):
            reply = http_request(gate.port, method, path, body, bearer(who) if who else {})
            if reply.status != status:
                wrong.append((method, path, who, reply.status, status, reply.body))
            if reply.status == 401:
                assert reply.headers["WWW-Authenticate"] == 'Bearer realm="convergate"'
            if reply.status in (401, 403):
                assert "X-Gate-Verdict" not in reply.headers
                if method != "HEAD":
                    assert reply.headers["Content-Type"] == "application/problem+json"
    assert not wrong
    metrics = http_request(gate.port, "GET", "/metrics", headers=bearer("reader")).body.decode()
    counted = dict(re.findall(r'convergate_http_unauthorized_total\{reason="(\w+)"\} (\d+)', metrics))
    assert int(counted["missing"]) == int(counted["bad_token"]) == len(ROUTES) - 3
    assert int(counted["scope"]) > 0 and int(counted["environment"]) > 0
    log = gate.log()
    assert "asked_by=token:decider" in log
    for secret in SECRETS.values():
        assert secret not in log and secret not in metrics


def test_a_limited_token_sees_only_its_environments(start):
    gate = start(TOKENS)
    names = lambda who, query="": [row["environment"] for row in http_request(
        gate.port, "GET", f"/v1/environments{query}", headers=bearer(who)).json["environments"]]
    assert names("reader") == ["prod", "staging"]
    assert names("limited") == ["staging"]
    assert names("limited", "?after=staging") == []
    assert http_request(gate.port, "GET", "/v1/events?env=prod",
                        headers=bearer("limited")).status == 403


@pytest.mark.parametrize("header", [
    "Bearer", "Bearer ", "Basic Zm9vOmJhcg==", f"bearer {SECRETS['reader']}x",
    f"Bearer {SECRETS['reader'][:-1]}", digest(SECRETS["reader"]),
    f"Bearer {digest(SECRETS['reader'])}"])
def test_what_is_no_token_is_refused(start, header):
    gate = start(TOKENS)
    reply = http_request(gate.port, "GET", "/v1/environments", headers={"Authorization": header})
    assert reply.status == 401
    reply = http_request(gate.port, "GET", "/v1/environments",
                         headers={"Authorization": f"bearer {SECRETS['reader']}"})
    assert reply.status == 200  # the scheme's case does not matter


def test_without_credentials_configured_anyone_local_may_ask(start):
    gate = start()
    gate.wait_for("prod", "go")
    assert gate.post("/v1/verdict/prod", {"app": "web"}).status == 200
    assert gate.get("/metrics").status == 200
    # A proxy in front may have its own use of the header.
    assert gate.get("/v1/environments", headers={"Authorization": "Basic Zm9vOmJhcg=="}).status == 200
    assert "asked_by=local" in gate.log()


def test_the_body_of_someone_unknown_is_not_kept(start):
    gate = start(TOKENS)
    reply = http_request(gate.port, "POST", "/v1/verdict/prod", "x" * 200_000)
    assert reply.status == 401


# ---- TLS ----


def openssl(*arguments):
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


class Authority:
    def __init__(self, folder, name):
        self.folder, self.name = folder, name
        self.key, self.cert = folder / f"{name}.key", folder / f"{name}.pem"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", self.key)
        openssl("req", "-x509", "-new", "-key", self.key, "-days", 30, "-subj", f"/CN={name}",
                "-out", self.cert)

    def issue(self, name, subject, extensions, days=10, into=None):
        """A certificate and its key. days < 0: one that has expired."""
        into = into or name
        key, cert = self.folder / f"{into}.key", self.folder / f"{into}.pem"
        request, text = self.folder / f"{name}.csr", self.folder / f"{name}.ext"
        new_key, new_cert = self.folder / f"{name}.key.new", self.folder / f"{name}.pem.new"
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", new_key)
        openssl("req", "-new", "-key", new_key, "-subj", subject, "-out", request)
        text.write_text(extensions)
        validity = ["-days", days]
        if days < 0:
            # x509 -req has no start date in OpenSSL 3.0; ca has.
            (self.folder / "index.txt").write_text("")
            (self.folder / "ca.cnf").write_text(
                "[ca]\ndefault_ca=d\n[d]\n"
                f"database={self.folder}/index.txt\nnew_certs_dir={self.folder}\n"
                "rand_serial=yes\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=optional\n")
            openssl("ca", "-batch", "-notext", "-config", self.folder / "ca.cnf", "-cert", self.cert,
                    "-keyfile", self.key, "-in", request, "-out", new_cert, "-extfile", text,
                    "-startdate", "20200101000000Z", "-enddate", "20200201000000Z")
        else:
            openssl("x509", "-req", "-in", request, "-CA", self.cert, "-CAkey", self.key,
                    "-CAcreateserial", *validity, "-extfile", text, "-out", new_cert)
        os.replace(new_key, key)
        os.replace(new_cert, cert)
        return cert, key


SERVER = "subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth\n"
CLIENT = "extendedKeyUsage=clientAuth\n"


@pytest.fixture
def authority(tmp_path):
    folder = tmp_path / "pki"
    folder.mkdir()
    return Authority(folder, "ca")


def tls_keys(authority, more=""):
    authority.issue("server", "/CN=gate", SERVER)
    return (f"  tls: {{cert: {authority.folder}/server.pem, key: \"file:{authority.folder}/server.key\""
            f"{more}}}\n")


def context(authority, pair=None):
    ret = ssl.create_default_context(cafile=authority.cert)
    if pair:
        ret.load_cert_chain(*pair)
    return ret


def https(port, path, ssl_context, method="GET", body=None, headers=None):
    connection = http.client.HTTPSConnection("127.0.0.1", port, timeout=10, context=ssl_context)
    try:
        connection.request(method, path, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


def test_client_certificates_stand_for_names(start, authority, tmp_path):
    other_folder = tmp_path / "other"
    other_folder.mkdir()
    other = Authority(other_folder, "other")
    gate = start(tls_keys(authority, f", client_ca: {authority.cert}") + TOKENS +
                 "  clients:\n"
                 "    spinnaker: {common_name: spinnaker, scopes: [decide]}\n"
                 "    argo: {uri: \"spiffe://example/argo\", scopes: [read], environments: [staging]}\n"
                 "    jenkins: {dns: ci.example, scopes: [read]}\n")
    spinnaker = authority.issue("spinnaker", "/CN=spinnaker", CLIENT)
    cases = [
        # who, path, status, code
        (spinnaker, "/v1/environments", 200, None),
        (authority.issue("argo", "/CN=x", CLIENT + "subjectAltName=URI:spiffe://example/argo\n"),
         "/v1/environments/staging", 200, None),
        (authority.issue("argo2", "/CN=x", CLIENT + "subjectAltName=URI:spiffe://example/argo\n"),
         "/v1/environments/prod", 403, "EnvironmentForbidden"),
        (authority.issue("jenkins", "/CN=x", CLIENT + "subjectAltName=DNS:CI.example\n"),
         "/v1/environments", 200, None),
        (authority.issue("nobody", "/CN=nobody", CLIENT), "/v1/environments", 403, "NothingGranted"),
        (authority.issue("late", "/CN=spinnaker", CLIENT, days=-1), "/v1/environments", 401,
         "BadCertificate"),
        (other.issue("fake", "/CN=spinnaker", CLIENT), "/v1/environments", 401, "BadCertificate"),
        (authority.issue("wrong", "/CN=spinnaker", SERVER), "/v1/environments", 401,
         "BadCertificate"),
        (authority.issue("two", "/CN=spinnaker/CN=x", CLIENT), "/v1/environments", 403,
         "NothingGranted"),
        (None, "/v1/environments", 401, "CredentialMissing"),
        (None, "/livez", 200, None),
    ]
    for pair, path, status, code in cases:
        reply = https(gate.port, path, context(authority, pair))
        assert reply.status == status, (pair, path, reply.body)
        assert code is None or reply.json["code"] == code, (pair, reply.body)
    # A token speaks before a certificate, and without one.
    assert https(gate.port, "/v1/environments", context(authority), headers=bearer("reader")).status == 200
    assert https(gate.port, "/v1/verdict/prod", context(authority, spinnaker), "POST", SUBJECT,
                 bearer("reader")).status == 403
    assert https(gate.port, "/v1/verdict/prod", context(authority, spinnaker), "POST",
                 SUBJECT).status == 200
    assert "asked_by=client:spinnaker" in gate.log()


def test_a_renewed_certificate_is_taken_under_open_connections(start, authority):
    gate = start(tls_keys(authority))
    open_one = http.client.HTTPSConnection("127.0.0.1", gate.port, timeout=10,
                                           context=context(authority))

    def ask():
        open_one.request("GET", "/v1/verdict/prod")
        return open_one.getresponse().read()

    def shown():
        with socket.create_connection(("127.0.0.1", gate.port), 10) as raw:
            with context(authority).wrap_socket(raw, server_hostname="127.0.0.1") as wrapped:
                return dict(part[0] for part in wrapped.getpeercert()["subject"])["commonName"]

    ask()
    connection = open_one.sock
    assert shown() == "gate"
    # First the key alone is new: then it does not fit, and the old pair stays.
    folder = authority.folder
    authority.issue("next", "/CN=renewed", SERVER)
    os.replace(folder / "next.key", folder / "server.key")
    wait_until(lambda: "was not renewed" in gate.log(), what="the complaint")
    assert shown() == "gate"
    ask()
    os.replace(folder / "next.pem", folder / "server.pem")
    wait_until(lambda: shown() == "renewed", what="the new certificate")
    ask()
    assert open_one.sock is connection, "the open connection was dropped"
    assert "was renewed" in gate.log()
    open_one.close()
    metrics = https(gate.port, "/metrics", context(authority)).body.decode()
    expiry = float(re.search(r"^convergate_http_certificate_expiry_timestamp_seconds (\S+)",
                             metrics, re.M).group(1))
    assert time.time() + 9 * 86400 < expiry < time.time() + 11 * 86400


def test_garbage_instead_of_tls_harms_nobody(start, authority):
    gate = start(tls_keys(authority))
    for bytes_sent in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\xff\xff" + b"\xff" * 500,
                       b"\x00" * 2000):
        with socket.create_connection(("127.0.0.1", gate.port), 10) as raw:
            raw.sendall(bytes_sent)
            raw.settimeout(10)
            try:
                while raw.recv(4096):
                    pass
            except ConnectionResetError:
                pass
            except TimeoutError:
                pytest.fail("the connection was left open")
            except OSError:
                pass
        assert https(gate.port, "/livez", context(authority)).status == 200
    old = context(authority)
    old.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        https(gate.port, "/livez", old)


@pytest.mark.parametrize("change, words", [
    (lambda folder: os.remove(folder / "server.key"), "No such file"),
    (lambda folder: (folder / "server.pem").write_text("nonsense"), "tls.cert"),
    (lambda folder: os.replace(folder / "ca.key", folder / "server.key"), "is not the key of"),
])
def test_a_certificate_that_cannot_be_used_stops_the_start(convergated, tmp_path, authority, change,
                                                           words):
    keys = tls_keys(authority)
    change(authority.folder)
    path = tmp_path / "c.yaml"
    path.write_text(CONFIG.format(server=keys, url="http://127.0.0.1:1"))
    done = convergated("-c", path)
    assert done.returncode == 1
    assert words in done.stderr, done.stderr


# ---- the Unix socket ----


class UnixConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=10)
        self.path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(10)
        self.sock.connect(self.path)


def ask_socket(path, target, method="GET", body=None, headers=None):
    connection = UnixConnection(path)
    try:
        connection.request(method, target, body, headers or {})
        response = connection.getresponse()
        return Answer(response.status, dict(response.getheaders()), response.read())
    finally:
        connection.close()


AS_USER = """
import os, socket, sys
os.setgroups([]); os.setgid(54321); os.setuid(54321)
s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1])
body = sys.argv[4].encode()
s.sendall(f"{sys.argv[2]} {sys.argv[3]} HTTP/1.1\\r\\nHost: x\\r\\nConnection: close\\r\\n"
          f"Content-Type: application/json\\r\\nContent-Length: {len(body)}\\r\\n\\r\\n".encode() + body)
data = b""
while more := s.recv(65536): data += more
print(data.split()[1].decode())
"""


def as_stranger(path, target, method="GET", body=""):
    done = subprocess.run(["/usr/bin/python3", "-c", AS_USER, str(path), method, target, body],
                          capture_output=True, text=True, timeout=30)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


@pytest.fixture
def open_folder(tmp_path_factory):
    """A folder that every user can reach."""
    import tempfile
    with tempfile.TemporaryDirectory(prefix="cvg-") as folder:
        os.chmod(folder, 0o755)
        yield folder


def test_the_socket_knows_its_peer(start, open_folder):
    path = f"{open_folder}/gate.sock"
    gate = start(TOKENS + f"  socket: {path}\n  socket_mode: all\n")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o666
    # The daemon's own user may do everything, without a token and whatever the Host header.
    assert ask_socket(path, "/v1/environments").status == 200
    assert ask_socket(path, "/v1/verdict/prod", "POST", SUBJECT).status == 200
    assert f"asked_by=user:{os.getuid()}" in gate.log()
    # A token says who is meant.
    assert ask_socket(path, "/v1/verdict/prod", "POST", SUBJECT, bearer("reader")).status == 403
    assert ask_socket(path, "/v1/verdict/prod", headers=bearer("cvg_wrong")).status == 401
    gate.stop()
    assert not os.path.exists(path)


@pytest.mark.skipif(os.getuid() != 0, reason="changes its user")
def test_users_of_the_socket_may_what_they_were_granted(start, open_folder):
    path, other = f"{open_folder}/gate.sock", f"{open_folder}/other.sock"
    start(TOKENS + f"  socket: {path}\n  socket_mode: all\n"
          "  users:\n    \"54321\": {scopes: [read], environments: [staging]}\n")
    assert as_stranger(path, "/v1/verdict/staging") == 200
    assert as_stranger(path, "/v1/verdict/prod") == 403
    assert as_stranger(path, "/v1/verdict/staging", "POST", SUBJECT) == 403
    start(TOKENS + f"  socket: {other}\n  socket_mode: all\n")
    assert as_stranger(other, "/v1/verdict/staging") == 403
    assert as_stranger(other, "/livez") == 200


def test_a_socket_that_is_in_use_is_left_alone(start, convergated, tmp_path, open_folder):
    path = f"{open_folder}/gate.sock"
    start(f"  socket: {path}\n")
    second = tmp_path / "second.yaml"
    second.write_text(CONFIG.format(server=f"  socket: {path}\n", url="http://127.0.0.1:1"))
    done = convergated("-c", second)
    assert done.returncode == 1 and "another process listens there" in done.stderr
    assert ask_socket(path, "/livez").status == 200
    # One that nobody listens on any more is taken over.
    stale = f"{open_folder}/stale.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(stale)
    start(f"  socket: {stale}\n")
    assert ask_socket(stale, "/livez").status == 200


# ---- limits ----


def refused(gate, limit, headers=None):
    text = http_request(gate.port, "GET", "/metrics", headers=headers).body.decode()
    return int(re.search(rf'convergate_http_refused_total\{{limit="{limit}"\}} (\d+)', text).group(1))


def read_all(connection):
    data = b""
    try:
        while more := connection.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


def test_one_address_cannot_take_all_connections(start):
    gate = start("  limits: {connections: 64, per_address: 8}\n")
    held = [socket.create_connection(("127.0.0.1", gate.port), 10) for _ in range(8)]
    wait_until(lambda: gate_is_full(gate.port), what="the ninth to be refused")
    held.pop().close()

    def count():
        try:
            return refused(gate, "per_address")
        except OSError:
            return 0

    assert wait_until(count, what="the count") >= 1
    for connection in held:
        connection.close()


def gate_is_full(port):
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        try:
            connection.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return connection.recv(100) == b""
        except (ConnectionResetError, BrokenPipeError):
            return True


def test_health_answers_while_everything_else_is_full(start, open_folder):
    gate = start(f"  limits: {{connections: 16, per_address: 16}}\n  health: 127.0.0.1:0\n"
                 f"  socket: {open_folder}/gate.sock\n")
    health = int(re.search(r" health=127\.0\.0\.1:(\d+)", gate.log()).group(1))
    held = [socket.create_connection(("127.0.0.1", gate.port), 10) for _ in range(16)]
    wait_until(lambda: gate_is_full(gate.port), what="the gate to be full")
    for path in ("/livez", "/readyz", "/healthz"):
        assert http_request(health, "GET", path).status == 200
    # Whoever is on the machine can still look what is going on.
    metrics = ask_socket(f"{open_folder}/gate.sock", "/metrics").body.decode()
    assert int(re.search(r'refused_total\{limit="connections"\} (\d+)', metrics).group(1)) >= 1
    # And nothing else is on the health listener.
    assert http_request(health, "GET", "/v1/verdict/prod").status == 404
    assert http_request(health, "GET", "/metrics").status == 404
    for connection in held:
        connection.close()
    wait_until(lambda: not gate_is_full(gate.port), what="room again")


def test_a_flood_of_connections_is_turned_away_and_harms_nobody(start, open_folder):
    gate = start("  limits: {connections: 200, per_address: 150}\n  health: 127.0.0.1:0\n"
                 f"  socket: {open_folder}/gate.sock\n")
    health = int(re.search(r" health=127\.0\.0\.1:(\d+)", gate.log()).group(1))
    before, slowest, held = gate.descriptors(), 0.0, []
    for i in range(3000):
        flood = socket.socket()
        flood.setblocking(False)
        flood.connect_ex(("127.0.0.1", gate.port))
        held.append(flood)
        if len(held) == 700:
            held.pop(0).close()
        if i % 100 == 0:
            begun = time.monotonic()
            assert http_request(health, "GET", "/livez").status == 200
            slowest = max(slowest, time.monotonic() - begun)
    assert slowest < 2, "health was held up"
    assert gate.descriptors() < before + 170
    metrics = ask_socket(f"{open_folder}/gate.sock", "/metrics").body.decode()
    assert int(re.search(r'refused_total\{limit="per_address"\} (\d+)', metrics).group(1)) > 2000
    for flood in held:
        flood.close()
    wait_until(lambda: not gate_is_full(gate.port), what="room again")


def test_health_can_be_a_socket(start, open_folder):
    start(f"  health: {open_folder}/health.sock\n")
    assert ask_socket(f"{open_folder}/health.sock", "/livez").status == 200
    assert ask_socket(f"{open_folder}/health.sock", "/v1/environments").status == 404


def test_slow_and_silent_clients_are_cut_off(start):
    gate = start("  limits: {idle: 1s, request: 2s}\n")
    begun = time.monotonic()
    with socket.create_connection(("127.0.0.1", gate.port), 10) as silent, \
            socket.create_connection(("127.0.0.1", gate.port), 10) as slow:
        slow.settimeout(0.2)
        slow.sendall(b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
        ended = False
        while not ended:
            assert time.monotonic() - begun < 10, "a slow client held its connection"
            try:
                slow.sendall(b"x")
                ended = slow.recv(100) == b""
            except TimeoutError:
                pass
            except (BrokenPipeError, ConnectionResetError):
                ended = True
        assert read_all(silent) == b""
    assert time.monotonic() - begun >= 1.9
    wait_until(lambda: refused(gate, "request") == 1, what="the slow one to be counted")
    wait_until(lambda: refused(gate, "idle") == 1, what="the silent one to be counted")


def test_headers_and_bodies_have_limits(start):
    gate = start("  limits: {header: 4KiB, body: 2KiB}\n")
    reply = http_request(gate.port, "GET", "/livez", headers={"X-Big": "x" * 3500})
    assert reply.status == 200
    reply = http_request(gate.port, "GET", "/livez", headers={"X-Big": "x" * 4100})
    assert reply.status == 431 and reply.json["code"] == "HeaderTooLarge"
    assert http_request(gate.port, "GET", "/livez?" + "x" * 4100).status == 431
    assert refused(gate, "header") == 2
    # What is larger still is refused by the HTTP library, in its own words.
    for line in (b"GET /livez HTTP/1.1\r\nHost: localhost\r\nX-Big: " + b"x" * 9000 + b"\r\n\r\n",
                 b"GET /" + b"x" * 9000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", gate.port), 10) as raw:
            raw.sendall(line)
            assert read_all(raw).split()[1:2] in ([b"431"], [b"414"])
    wait_until(lambda: refused(gate, "header") == 3, what="the headers to be counted")
    body = json.dumps({"app": "web", "padding": "x" * 1000})
    reply = http_request(gate.port, "POST", "/v1/verdict/prod", body,
                         {"Content-Type": "application/json"})
    assert reply.status == 200
    body = json.dumps({"app": "web", "padding": "x" * 3000})
    reply = http_request(gate.port, "POST", "/v1/verdict/prod", body,
                         {"Content-Type": "application/json"})
    assert reply.status == 413 and "2 KiB" in reply.json["detail"]
    assert refused(gate, "body") == 1


# ---- the command ----


def test_a_token_is_made_and_used(start, convergate, tmp_path):
    done = convergate("token", "ci")
    assert done.returncode == 0
    token = done.stdout.strip()
    assert re.fullmatch(r"cvg_[0-9a-f]{64}", token)
    assert token not in done.stderr
    line = re.search(r"^    ci: \{sha256: [0-9a-f]{64}, scopes: \[decide\]\}$", done.stderr, re.M)
    gate = start(f"  tokens:\n{line.group(0)}\n")
    url = f"http://127.0.0.1:{gate.port}"
    (tmp_path / "token").write_text(token + "\n")
    wait_until(lambda: convergate("check", "prod", "--server", url, "--token-file",
                                  tmp_path / "token", "--app", "web").returncode == 0)
    assert "asked_by=token:ci" in gate.log()
    environment = dict(os.environ, CONVERGATE_TOKEN_FILE=str(tmp_path / "token"))
    assert convergate("status", "--server", url, env=environment).returncode == 0
    refused_one = convergate("status", "--server", url)
    assert refused_one.returncode == 4 and "status 401" in refused_one.stderr
    far = convergate("status", "--server", "http://192.0.2.1", "--token-file", tmp_path / "token")
    assert far.returncode == 4 and "unencrypted" in far.stderr


def test_the_command_speaks_tls(start, convergate, authority):
    gate = start(tls_keys(authority, f", client_ca: {authority.cert}") +
                 "  clients: {ops: {common_name: ops, scopes: [read]}}\n")
    cert, key = authority.issue("ops", "/CN=ops", CLIENT)
    url = f"https://127.0.0.1:{gate.port}"
    done = convergate("status", "--server", url, "--ca", authority.cert, "--cert", cert, "--key", key)
    assert done.returncode == 0, done.stderr
    assert "prod" in done.stdout
    assert convergate("status", "--server", url, "--cert", cert, "--key", key).returncode == 4
    assert convergate("status", "--server", url, "--ca", authority.cert).returncode == 4
    assert convergate("status", "--cert", cert).returncode == 64
