# SPDX-License-Identifier: Apache-2.0
"""Certificates, good and bad, as a real nginx shows them, and servers that do not get that far."""

import os
import shutil
import ssl
import subprocess

import pytest

from certificates import Issuer, fingerprint
from conftest import free_port, wait_until
from tcp_peers import Names, Peer, Unanswering, hang_up, reset_after_bytes, saying, silent, slow_pipe
from terraform_files import state, write
from test_tcp import LINK_LOCAL, config, open_breakers, wait_all

SERVER = """
    server {{
        listen 127.0.0.1:{port} ssl{http2};
        ssl_certificate {pem};
        ssl_certificate_key {key};
        ssl_ciphers ALL:@SECLEVEL=0;
        {more}
    }}
"""
NGINX = """
daemon off;
{user}
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/t1;
    proxy_temp_path {folder}/t2;
    fastcgi_temp_path {folder}/t3;
    uwsgi_temp_path {folder}/t4;
    scgi_temp_path {folder}/t5;
    server {{ listen 127.0.0.1:{plain}; return 200 "plain"; }}
    {servers}
}}
"""


class Shop:
    """One nginx with a port for each certificate."""

    def __init__(self, folder):
        self.root = Issuer(folder, "root")
        self.middle = Issuer(folder, "middle", self.root)
        stranger = Issuer(folder, "stranger")
        issue = self.middle.server
        old = "ssl_protocols TLSv1.1;"
        self.servers = {
            "good": (issue("good", "DNS:shop.test,DNS:*.shop.test,IP:127.0.0.1"),
                     "ssl_protocols TLSv1.2 TLSv1.3;"),
            "h2": (issue("h2"), ""),
            "soon": (issue("soon", end=5), ""),
            "expired": (issue("expired", begin=-30, end=-2), ""),
            "early": (issue("early", begin=2, end=30), ""),
            "other": (issue("other", "DNS:other.test"), ""),
            "both": (issue("both", "DNS:other.test", begin=-30, end=-2), ""),
            "own": (self.root.server("itself", by_itself=True), ""),
            "incomplete": (issue("incomplete", chain=False), ""),
            "stranger": (Issuer(folder, "deputy", stranger).server("strange"), ""),
            "small": (issue("small", key=["-newkey", "rsa:1024"]), ""),
            "client": (issue("client", kind="client"), ""),
            "old": (issue("old"), old),
            "refusing": (issue("refusing"), "ssl_reject_handshake on;"),
        }  # fmt: skip
        self.ports = {name: free_port() for name in [*self.servers, "plain"]}

    def write(self, folder):
        servers = "".join(
            SERVER.format(port=self.ports[name], pem=pem, key=key, more=more,
                          http2=" http2" if name == "h2" else "")
            for name, ((pem, key), more) in self.servers.items())  # fmt: skip
        path = folder / "nginx.conf"
        path.write_text(NGINX.format(folder=folder, plain=self.ports["plain"], servers=servers,
                                     user="user root;" if os.geteuid() == 0 else ""))  # fmt: skip
        return path


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    program = os.environ.get("CVG_NGINX") or shutil.which("nginx")
    if not program:
        pytest.skip("nginx is not there: set CVG_NGINX")
    folder = tmp_path_factory.mktemp("shop")
    made = Shop(folder)
    with open(folder / "out.log", "wb") as out:
        process = subprocess.Popen([program, "-p", folder, "-e", folder / "error.log", "-c", made.write(folder)],
                                   stdin=subprocess.DEVNULL, stdout=out, stderr=out)  # fmt: skip
    try:
        wait_until((folder / "nginx.pid").exists, what="nginx")
        yield made
    finally:
        process.terminate()
        process.wait(15)


@pytest.fixture
def peers():
    """peers(talk): one more on a port of its own."""
    started = []

    def start(talk=None, kind=None):
        started.append(kind() if kind else Peer(talk))
        return started[-1].port

    yield start
    for one in started:
        one.stop()


def of(port, **keys):
    return {"host": "127.0.0.1", "server_name": "shop.test", "port": port} | keys


def asking(shop, checks, **more):
    """checks: name to (keys, status, reason)."""
    return config({name: keys for name, (keys, _, _) in checks.items()},
                  source={"type": "tls", "ca": str(shop.root.pem)}, **more)  # fmt: skip


def ask(daemon, shop, checks, **more):
    gate = daemon(asking(shop, checks, **more))
    found = wait_all(gate, {name: row[1:] for name, row in checks.items()})
    # What is wrong with one is no fault of the source.
    assert not open_breakers(gate)
    return found


def test_certificates_are_told_as_what_they_are(daemon, shop):
    at = shop.ports
    checks = {
        "good": (of(at["good"], names=["www.shop.test", "127.0.0.1"]), "ready", "CertificateGood"),
        "address": ({"host": "127.0.0.1", "port": at["good"]}, "ready", "CertificateGood"),
        "no-address": ({"host": "127.0.0.1", "port": at["h2"]}, "failed", "NameMismatch"),
        "deep-name": (of(at["good"], names=["a.b.shop.test"]), "failed", "NameMismatch"),
        "h2": (of(at["h2"], alpn=["h2", "http/1.1"]), "ready", "CertificateGood"),
        "no-h2": (of(at["good"], alpn=["imap"]), "failed", "HandshakeFailed"),
        "soon": (of(at["soon"]), "degraded", "ExpiresSoon"),
        "soon-enough": (of(at["soon"], min_days=3), "ready", "CertificateGood"),
        "expired": (of(at["expired"]), "failed", "Expired"),
        "early": (of(at["early"]), "failed", "NotYetValid"),
        "other": (of(at["other"]), "failed", "NameMismatch"),
        "both": (of(at["both"]), "failed", "Expired"),
        "own": (of(at["own"]), "failed", "SelfSigned"),
        "incomplete": (of(at["incomplete"]), "failed", "ChainIncomplete"),
        "stranger": (of(at["stranger"]), "failed", "UntrustedRoot"),
        "small": (of(at["small"]), "failed", "WeakCertificate"),
        "client": (of(at["client"]), "failed", "WrongPurpose"),
        "old": (of(at["old"]), "failed", "WeakProtocol"),
        "old-allowed": (of(at["old"], min_protocol="TLSv1.1"), "ready", "CertificateGood"),
        "new": (of(at["good"], min_protocol="TLSv1.3", issuer="CN=middle"), "ready", "CertificateGood"),
        "issuer": (of(at["good"], issuer="Let's Encrypt"), "progressing", "CertificateDiffers"),
        "refusing": (of(at["refusing"]), "failed", "HandshakeFailed"),
        "plain": (of(at["plain"]), "failed", "NotTls"),
    }  # fmt: skip
    found = ask(daemon, shop, checks)
    facts = found["good"]["facts"]
    assert facts["fingerprint_sha256"] == fingerprint(shop.servers["good"][0][0])
    assert (facts["subject"], facts["issuer"]) == ("CN=good", "CN=middle")
    assert (facts["protocol"], int(facts["chain_length"])) == ("TLSv1.3", 2)
    assert [facts[f"names.{i}"] for i in range(3)] == ["shop.test", "*.shop.test", "127.0.0.1"]
    assert 88 <= int(facts["days_left"]) <= 90 and facts["address"] == "127.0.0.1"
    assert 0 <= int(facts["handshake_ms"]) < 2000
    assert found["h2"]["facts"]["alpn"] == "h2"
    assert 4 <= int(found["soon"]["facts"]["days_left"]) <= 5
    # The facts of what is bad, and all that is wrong with it.
    assert int(found["expired"]["facts"]["days_left"]) < 0
    assert "other.test" in found["both"]["facts"]["names.0"] and "shop.test" in found["both"]["message"]
    assert found["old"]["facts"]["protocol"] == "TLSv1.1"
    assert "400" in found["plain"]["message"] or "HTTP" in found["plain"]["message"]


def test_who_does_not_get_as_far_as_a_certificate(daemon, shop, peers):
    slow = peers(slow_pipe(shop.ports["good"], 0.005))
    too_slow = peers(slow_pipe(shop.ports["good"], 0.4))
    checks = {
        "refused": (of(free_port()), "progressing", "ConnectionRefused"),
        "hole": (of(peers(kind=Unanswering)), "unknown", "TimedOut"),
        "mute": (of(peers(silent)), "unknown", "TimedOut"),
        "reset": (of(peers(reset_after_bytes)), "progressing", "ConnectionReset"),
        "hung-up": (of(peers(hang_up)), "progressing", "ConnectionClosed"),
        "banner": (of(peers(saying(b"SSH-2.0-x\r\n"))), "failed", "NotTls"),
        "slow": (of(slow), "ready", "CertificateGood"),
        "too-slow": (of(too_slow), "unknown", "TimedOut"),
    }  # fmt: skip
    ask(daemon, shop, checks)


class Lines:
    """What somebody says line by line, and hears; then TLS, if all was as it should be."""

    def __init__(self, certificate, *turns):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(*certificate)
        self.turns = turns  # said (b"" for nothing), then awaited (None for nothing)

    def __call__(self, connection):
        for said, awaited in self.turns:
            connection.sendall(said)
            if awaited is not None and connection.recv(512) != awaited:
                return
        with self.context.wrap_socket(connection, server_side=True) as safe:
            safe.recv(1)


def test_protocols_that_begin_without_tls(daemon, shop, peers):
    good = shop.servers["good"][0]
    hello = (b"220-mail\r\n220 ready\r\n", b"EHLO convergate.invalid\r\n")
    ssl_request = bytes.fromhex("0000000804d2162f")
    rows = {
        "smtp": ("smtp", Lines(good, hello, (b"250-mail\r\n250-STARTTLS\r\n250 SIZE\r\n", b"STARTTLS\r\n"),
                               (b"220 go\r\n", None)), "ready", "CertificateGood"),
        "imap": ("imap", Lines(good, (b"* OK hi\r\n", b"a1 STARTTLS\r\n"), (b"* x\r\na1 OK go\r\n", None)),
                 "ready", "CertificateGood"),
        "pop3": ("pop3", Lines(good, (b"+OK hi\r\n", b"STLS\r\n"), (b"+OK\r\n", None)),
                 "ready", "CertificateGood"),
        "postgres": ("postgres", Lines(good, (b"", ssl_request), (b"S", None)), "ready",
                     "CertificateGood"),
        "no-tls": ("postgres", saying(b"N"), "failed", "StartTlsRefused"),
        "not-offered": ("smtp", saying(b"220 x\r\n250 SIZE\r\n"), "failed", "StartTlsRefused"),
        "later": ("smtp", saying(b"421 busy\r\n"), "progressing", "ServerNotReady"),
        "strange": ("imap", saying(b"SSH-2.0-x\r\n"), "failed", "ProtocolViolated"),
        # What came unencrypted behind the go-ahead is from anybody.
        "injected": ("pop3", Lines(good, (b"+OK hi\r\n", b"STLS\r\n"), (b"+OK\r\n+OK more\r\n", None)),
                     "failed", "ProtocolViolated"),
        "endless": ("smtp", saying(b"220-" + b"x" * 100000), "failed", "ProtocolViolated"),
    }  # fmt: skip
    ask(daemon, shop, {name: (of(peers(talk), starttls=kind), status, reason)
                       for name, (kind, talk, status, reason) in rows.items()})  # fmt: skip


def test_the_certificate_may_be_what_infrastructure_code_declares(daemon, shop, tmp_path):
    path = write(tmp_path / "net.tfstate", state(1, print="00" * 32))
    checks = {"net": {"source": "infra", "outputs": ["print"], "settle": "0s"},
              "shop": of(shop.ports["good"], fingerprint="${checks.net.facts.outputs.print}")}
    gate = daemon(config(checks, source={"type": "tls", "ca": str(shop.root.pem)}, sources={
        "infra": {"type": "terraform", "backend": "local", "path": str(path)}}))  # fmt: skip
    wait_all(gate, {"shop": ("progressing", "CertificateDiffers")})
    assert gate.verdict("prod")["verdict"] == "wait"
    write(path, state(2, print=fingerprint(shop.servers["good"][0][0])))
    wait_all(gate, {"shop": ("ready", "CertificateGood")})
    gate.wait_for("prod", "go")
    write(path, state(3, print="no fingerprint"))
    wait_all(gate, {"shop": ("unknown", "ConditionInvalid")})


def test_trust_is_read_anew_when_it_changes(daemon, shop, tmp_path):
    trusted = tmp_path / "ca.pem"
    gate = daemon(config({"shop": of(shop.ports["good"])}, source={"type": "tls", "ca": str(trusted)}))
    wait_all(gate, {"shop": ("unknown", "CaUnreadable")})
    trusted.write_text("nothing of the kind\n")
    wait_all(gate, {"shop": ("unknown", "CaUnreadable")})
    shutil.copy(shop.root.pem, trusted)
    wait_all(gate, {"shop": ("ready", "CertificateGood")})


def test_a_private_root_is_not_trusted_by_the_systems(daemon, shop):
    gate = daemon(config({"shop": of(shop.ports["good"])}, source={"type": "tls"}))
    wait_all(gate, {"shop": ("failed", "UntrustedRoot")})


def test_metadata_addresses_are_not_asked_however_they_are_written(daemon, shop):
    server = Names({"meta.test": ["169.254.169.254"], "mapped.test": ["::ffff:169.254.169.254"],
                    "broken.test": Names.SERVFAIL})  # fmt: skip
    checks = {f"c{i}": ({"host": host}, "unknown", "AddressRefused")
              for i, host in enumerate([*LINK_LOCAL, "meta.test", "mapped.test"])}
    checks["none"] = ({"host": "nowhere.test"}, "progressing", "NameNotFound")
    checks["broken"] = ({"host": "broken.test"}, "unknown", "NameServerFailed")
    try:
        ask(daemon, shop, checks, servers=[server.address])
    finally:
        server.stop()
