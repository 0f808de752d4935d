# SPDX-License-Identifier: Apache-2.0
"""Ports that listen, refuse, reset, hang and say things, and addresses that are not asked."""

import json
import shutil
import socket
import subprocess

import pytest

from conftest import ROOT, free_port, wait_until
from tcp_peers import Names, Peer, Unanswering, hang_up, endless, reset, saying, silent
from terraform_files import state, write
from test_docs import rows_of_a_page, table_of_reasons


def config(checks, source=None, servers=None, sources=None, **defaults):
    """checks: name to keys, of the source `net` where they name none."""
    return json.dumps({
        "server": {"listen": "127.0.0.1:0"},
        **({"names": {"servers": servers, "timeout": "500ms"}} if servers else {}),
        "defaults": {"interval": "200ms", "timeout": "2s", "rise": "0s", "fall": "0s"} | defaults,
        "sources": {"net": {"type": "tcp"} | (source or {})} | (sources or {}),
        "environments": {"prod": {
            "checks": {name: {"source": "net"} | keys for name, keys in checks.items()},
            "gates": {"deploy": {}}}},
    })  # fmt: skip


def wait_all(gate, expected, seconds=30):
    """expected: name to (status, reason). Returns the checks."""
    def ask():
        checks = {c["name"]: c for c in gate.get("/v1/environments/prod").json["checks"]}
        ask.wrong = {name: (checks[name]["status"], checks[name]["reason"], checks[name]["message"])
                     for name, right in expected.items()
                     if (checks[name]["status"], checks[name]["reason"]) != right}  # fmt: skip
        return checks if not ask.wrong else None

    try:
        return wait_until(ask, seconds, what="all checks")
    except AssertionError:
        raise AssertionError(f"not as expected: {ask.wrong}") from None


def open_breakers(gate):
    return [line for line in gate.get("/metrics").body.decode().splitlines()
            if line.startswith("convergate_source_up{") and line.endswith(" 0")]  # fmt: skip


@pytest.fixture
def peers():
    """peers(talk): one more on a port of its own."""
    started = []

    def start(talk=None, kind=None):
        started.append(kind() if kind else Peer(talk))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def at(port, **keys):
    return {"host": "127.0.0.1", "port": port} | keys


def test_what_a_port_does_is_told_as_what_it_is(daemon, peers):
    closed = free_port()
    ssh = peers(saying(b"SSH-2.0-OpenSSH_9.2p1\r\n")).port
    mute, resetting = peers(silent).port, peers(reset).port
    redis = peers(lambda c: c.sendall(b"+PONG\r\n" if c.recv(64) == b"PING\r\n" else b"-ERR\r\n")).port
    checks = {
        "open": (at(mute), "ready", "PortOpen"),
        "refused": (at(closed), "progressing", "ConnectionRefused"),
        "closed": (at(closed, expect_closed=True), "ready", "PortClosed"),
        "not_closed": (at(mute, expect_closed=True), "failed", "PortOpen"),
        "hole": (at(peers(kind=Unanswering).port), "unknown", "TimedOut"),
        "hole_closed": (at(peers(kind=Unanswering).port, expect_closed=True), "unknown", "TimedOut"),
        "banner": (at(ssh, expect={"contains": "OpenSSH"}), "ready", "BannerMatched"),
        "pattern": (at(ssh, expect={"matches": "^SSH-2\\.0-.*_9"}), "ready", "BannerMatched"),
        "other": (at(ssh, expect={"contains": "220 ", "within": "300ms"}), "progressing",
                  "BannerDiffers"),
        "asked": (at(redis, send="PING\r\n", expect={"matches": "^\\+PONG"}), "ready", "BannerMatched"),
        "mute": (at(mute, expect={"contains": "220"}), "unknown", "TimedOut"),
        "mute_soon": (at(mute, expect={"contains": "220", "within": "100ms"}), "unknown", "TimedOut"),
        "reset": (at(resetting, expect={"contains": "220"}), "progressing", "ConnectionReset"),
        "hung_up": (at(peers(hang_up).port, send="x", expect={"contains": "220"}), "progressing",
                    "ConnectionClosed"),
        "endless": (at(peers(endless).port, expect={"contains": "220"}), "progressing", "BannerDiffers"),
        "no_ipv6": (at(mute, family="ipv6"), "progressing", "NameNotFound"),
    }  # fmt: skip
    gate = daemon(config({name: keys for name, (keys, _, _) in checks.items()}))
    found = wait_all(gate, {name: row[1:] for name, row in checks.items()})
    assert found["banner"]["facts"]["banner"] == "SSH-2.0-OpenSSH_9.2p1"
    assert found["open"]["facts"]["address"] == "127.0.0.1"
    assert int(found["open"]["facts"]["connect_ms"]) < 1000
    assert "within" not in found["endless"]["message"] and "4096" in found["endless"]["message"]
    # What is not there is no fault of the source, which answers for the others.
    assert not open_breakers(gate)
    assert gate.metric("convergate_source_up") == 1


def test_a_port_that_begins_to_listen_opens_the_gate(daemon):
    port = free_port()
    gate = daemon(config({"db": at(port)}))
    wait_all(gate, {"db": ("progressing", "ConnectionRefused")})
    assert gate.verdict("prod")["verdict"] == "wait"
    with socket.create_server(("127.0.0.1", port)):
        gate.wait_for("prod", "go")
    gate.wait_for("prod", "wait")


LINK_LOCAL = ["169.254.169.254", "169.254.0.1", "fe80::1", "fd00:ec2::254", "::ffff:169.254.169.254",
              "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1", "::169.254.169.254"]


@pytest.fixture
def names():
    server = Names({
        "good.test": ["127.0.0.1"], "meta.test": ["169.254.169.254"],
        "mapped.test": ["::ffff:169.254.169.254"], "embedded.test": ["64:ff9b::a9fe:a9fe"],
        "both.test": ["169.254.169.254", "127.0.0.1"], "moving.test": ["127.0.0.1"],
        "broken.test": Names.SERVFAIL, "refusing.test": Names.REFUSED, "bare.test": [],
    })  # fmt: skip
    yield server
    server.stop()


def test_metadata_addresses_are_not_asked_however_they_are_written(daemon, convergated, names, peers,
                                                                   tmp_path):
    port = peers(silent).port
    hosts = LINK_LOCAL + ["meta.test", "mapped.test", "embedded.test"]
    gate = daemon(config({f"c{i}": {"host": host, "port": port} for i, host in enumerate(hosts)}
                         | {"good": {"host": "good.test", "port": port},
                            # One refused address does not hide the other, which may be asked.
                            "both": {"host": "both.test", "port": port}},
                         servers=[names.address]))  # fmt: skip
    wait_all(gate, {f"c{i}": ("unknown", "AddressRefused") for i in range(len(hosts))}
             | {"good": ("ready", "PortOpen"), "both": ("ready", "PortOpen")})
    assert not open_breakers(gate)
    # An address with a zone, and other things that are no host, are refused where they are written.
    for host, word in [("fe80::1%lo", "zone"), ("http://x", "scheme"), ("[::1]", "brackets"),
                       ("a b", "letters"), ("x:80", "port")]:
        (tmp_path / "bad.yaml").write_text(config({"bad": {"host": host, "port": 80}}))
        ran = convergated("--check", "-c", tmp_path / "bad.yaml")
        assert ran.returncode != 0 and word in ran.stderr, (host, ran.stderr)


def test_a_name_that_moves_to_a_metadata_address_is_followed_to_no_avail(daemon, names, peers):
    gate = daemon(config({"moving": {"host": "moving.test", "port": peers(silent).port}},
                         servers=[names.address]))
    wait_all(gate, {"moving": ("ready", "PortOpen")})
    names.names["moving.test"] = ["169.254.169.254"]
    wait_all(gate, {"moving": ("unknown", "AddressRefused")})


def test_a_link_local_address_is_asked_where_that_is_meant(daemon):
    gate = daemon(config({"meta": {"host": "169.254.169.254", "port": 80}},
                         source={"allow_link_local": True}, timeout="500ms"))
    check = wait_until(lambda: (c := gate.check("prod", "meta"))["reason"] != "Pending" and c)
    assert check["reason"] != "AddressRefused"


def test_names_that_do_not_exist_are_told_from_servers_that_fail(daemon, names):
    hosts = {"nowhere.test": ("progressing", "NameNotFound"), "bare.test": ("progressing", "NameNotFound"),
             "broken.test": ("unknown", "NameServerFailed"),
             "refusing.test": ("unknown", "NameServerFailed"),
             # Old ways to write an address are names, which do not exist.
             "2852039166": ("progressing", "NameNotFound"), "0xa9.0xfe.1.1": ("progressing", "NameNotFound")}
    keys = {f"c{i}": {"host": host, "port": 80} for i, host in enumerate(hosts)}
    gate = daemon(config(keys, servers=[names.address]))
    wait_all(gate, {f"c{i}": right for i, right in enumerate(hosts.values())})
    assert not open_breakers(gate)


def test_no_name_server_at_all_is_unknown(daemon):
    gate = daemon(config({"c": {"host": "good.test", "port": 80}}, servers=[f"127.0.0.1:{free_port()}"]))
    wait_all(gate, {"c": ("unknown", "NameServerFailed")})
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mute:
        mute.bind(("127.0.0.1", 0))
        gate = daemon(config({"c": {"host": "good.test", "port": 80}},
                             servers=[f"127.0.0.1:{mute.getsockname()[1]}"]))  # fmt: skip
        wait_all(gate, {"c": ("unknown", "NameServerFailed")})


def test_the_host_may_be_what_infrastructure_code_declares(daemon, names, peers, tmp_path):
    port = peers(silent).port
    path = write(tmp_path / "net.tfstate", state(1))
    checks = {"net": {"source": "infra", "resources": ["terraform_data.one"], "settle": "0s"},
              "lb": {"host": "${checks.net.facts.outputs.lb}", "port": port}}
    checks["net"]["outputs"] = ["lb"]
    infra = {"infra": {"type": "terraform", "backend": "local", "path": str(path)}}
    gate = daemon(config(checks, servers=[names.address], sources=infra))
    wait_all(gate, {"lb": ("unknown", "InputMissing")})
    write(path, state(2, lb="nowhere.test"))
    wait_all(gate, {"net": ("ready", "Applied"), "lb": ("progressing", "NameNotFound")})
    write(path, state(3, lb="good.test"))
    wait_all(gate, {"lb": ("ready", "PortOpen")})
    # What infrastructure code says is no way around the guard, nor around what a host is.
    write(path, state(4, lb="meta.test"))
    wait_all(gate, {"lb": ("unknown", "AddressRefused")})
    write(path, state(5, lb="fe80::1%eth0"))
    wait_all(gate, {"lb": ("unknown", "ConditionInvalid")})


def test_runs_leave_nothing_open(daemon, peers):
    checks = {f"c{i}": at(peers(silent).port, expect={"contains": "x", "within": "50ms"}) for i in range(3)}
    gate = daemon(config(checks | {"reset": at(peers(reset).port, expect={"contains": "x"})}))
    wait_all(gate, {name: ("unknown", "TimedOut") for name in checks})
    before = gate.descriptors()
    runs = sum_of_runs(gate)
    wait_until(lambda: sum_of_runs(gate) > runs + 40, what="more runs")
    assert gate.descriptors() <= before + 6


def sum_of_runs(gate):
    lines = gate.get("/metrics").body.decode().splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines
               if line.startswith("convergate_runs_total{"))  # fmt: skip


@pytest.mark.parametrize("page", ["tcp", "tls"])
def test_the_codes_of_connections_stand_on_both_pages(page):
    rows = rows_of_a_page(ROOT / f"docs/{page}.md", "Reason codes of connections")
    assert rows == table_of_reasons(ROOT / "probes/kit/reach.h", "CVG_KIT_REACH_REASONS")


def test_a_real_server_of_debian_is_found(daemon, tmp_path):
    sshd = shutil.which("sshd", path="/usr/sbin:/usr/bin")
    if not sshd:
        pytest.skip("sshd is not there")
    port = free_port()
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    process = subprocess.Popen([sshd, "-D", "-e", "-f", "/dev/null", "-h", tmp_path / "key",
                                "-o", f"ListenAddress=127.0.0.1:{port}", "-o", "UsePAM=no",
                                "-o", "PidFile=none"], stderr=subprocess.DEVNULL)  # fmt: skip
    try:
        gate = daemon(config({"ssh": at(port, expect={"matches": "^SSH-2\\.0-"})}))
        wait_all(gate, {"ssh": ("ready", "BannerMatched")})
    finally:
        process.terminate()
        process.wait(15)
