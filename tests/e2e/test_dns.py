# SPDX-License-Identifier: Apache-2.0
"""Names that are there, missing, different, and servers that fail, lie, hang and disagree."""

import json

import pytest

from conftest import free_port
from dns_server import NameServer
from test_tcp import open_breakers, wait_all


def config(checks, servers, **source):
    return json.dumps({
        "server": {"listen": "127.0.0.1:0"},
        "defaults": {"interval": "200ms", "timeout": "2s", "rise": "0s", "fall": "0s"},
        "sources": {"net": {"type": "dns", "servers": servers} | source},
        "environments": {"prod": {
            "checks": {name: {"source": "net"} | keys for name, keys in checks.items()},
            "gates": {"deploy": {}}}},
    })  # fmt: skip


@pytest.fixture
def name_server():
    started = []

    def start(*arguments, **keys):
        started.append(NameServer(*arguments, **keys))
        return started[-1]

    yield start
    for one in started:
        one.stop()


RECORDS = {
    ("shop.test", "A"): ["192.0.2.11", "192.0.2.10"],
    ("shop.test", "AAAA"): ["2001:db8::1"],
    ("www.test", "CNAME"): ["shop.test"],
    ("test", "MX"): ["10 mail.test"],
    ("test", "TXT"): ["v=spf1 -all"],
    ("test", "SOA"): ["7"],
    ("10.2.0.192.in-addr.arpa", "PTR"): ["shop.test"],
    ("cut.test", "A"): ["192.0.2.1"],
    ("lost.test", "A"): ["192.0.2.1"],
    ("liar.test", "A"): ["192.0.2.1"],
}
TRICKS = {"hole.test": "silent", "noise.test": "garbage", "liar.test": "wrong_id",
          "cut.test": "truncated", "lost.test": "first_lost"}  # fmt: skip
CASES = {
    "exact": ({"name": "Shop.test.", "expect": ["192.0.2.10", "192.0.2.11"]}, "ready", "Resolved"),
    "fewer": ({"name": "shop.test", "expect": ["192.0.2.10"]}, "progressing", "RecordsDiffer"),
    "some": ({"name": "shop.test", "contains": ["192.0.2.10"]}, "ready", "Resolved"),
    "other": ({"name": "shop.test", "contains": ["192.0.2.9"]}, "progressing", "RecordsDiffer"),
    "both": ({"name": "shop.test", "type": "both", "count": 3}, "ready", "Resolved"),
    "counted": ({"name": "shop.test", "at_least": 3}, "progressing", "CountDiffers"),
    "alias": ({"name": "www.test"}, "ready", "Resolved"),
    "mail": ({"name": "test", "type": "MX", "expect": ["10 Mail.test"]}, "ready", "Resolved"),
    "text": ({"name": "test", "type": "TXT", "expect": ["v=spf1 -all"]}, "ready", "Resolved"),
    "reverse": ({"name": "192.0.2.10", "type": "PTR", "expect": ["shop.test"]}, "ready", "Resolved"),
    "serial": ({"name": "test", "type": "SOA", "serial": "7"}, "ready", "Resolved"),
    "behind": ({"name": "test", "type": "SOA", "serial": "8"}, "progressing", "SerialTooLow"),
    "long": ({"name": "shop.test", "max_ttl": "60s"}, "progressing", "TtlOutOfRange"),
    "unsigned": ({"name": "shop.test", "authenticated": True}, "progressing", "NotAuthenticated"),
    "nobody": ({"name": "nobody.test"}, "progressing", "NameNotFound"),
    "gone": ({"name": "nobody.test", "count": 0}, "ready", "Gone"),
    "no_data": ({"name": "test"}, "progressing", "NoRecords"),
    "failed": ({"name": "failed.test"}, "unknown", "ServerFailed"),
    "refused": ({"name": "refused.test"}, "unknown", "ServerRefused"),
    "failed_gone": ({"name": "failed.test", "count": 0}, "unknown", "ServerFailed"),
    "hole": ({"name": "hole.test"}, "unknown", "TimedOut"),
    "noise": ({"name": "noise.test"}, "unknown", "TimedOut"),
    "liar": ({"name": "liar.test"}, "unknown", "TimedOut"),
    "cut": ({"name": "cut.test", "expect": ["192.0.2.1"]}, "ready", "Resolved"),
    "lost": ({"name": "lost.test"}, "ready", "Resolved"),
}


def test_what_a_server_says_is_told_as_what_it_is(daemon, name_server):
    server = name_server(RECORDS, {"failed.test": 2, "refused.test": 5}, TRICKS)
    gate = daemon(config({name: row[0] for name, row in CASES.items()}, [server.address]))
    found = wait_all(gate, {name: row[1:] for name, row in CASES.items()})
    facts = found["exact"]["facts"]
    assert (facts["addresses.0"], facts["addresses.1"]) == ("192.0.2.10", "192.0.2.11")
    assert (facts["count"], facts["ttl"], facts["server"]) == (2, 300, server.address)
    assert found["alias"]["facts"]["canonical_name"] == "shop.test"
    assert found["serial"]["facts"]["serial"] == 7
    assert "not answer the question" in found["liar"]["message"]
    assert ("cut.test", "A", True) in server.asked
    # Nothing was put behind a name.
    assert all(name.endswith("test") or name.endswith("arpa") for name, _, _ in server.asked)
    assert not open_breakers(gate)


def test_the_gate_opens_when_all_servers_say_the_same(daemon, name_server):
    old = name_server({("shop.test", "A"): ["192.0.2.1"]})
    new = name_server({("shop.test", "A"): ["192.0.2.2"]})
    servers = [old.address, new.address]
    gate = daemon(config({
        "same": {"name": "shop.test"},
        "moved": {"name": "shop.test", "expect": ["192.0.2.2"]},
        "anywhere": {"name": "shop.test", "expect": ["192.0.2.2"], "servers_agree": "any"},
        "most": {"name": "shop.test", "expect": ["192.0.2.2"], "servers_agree": "majority"}}, servers))
    found = wait_all(gate, {"same": ("progressing", "ServersDisagree"),
                            "moved": ("progressing", "RecordsDiffer"),
                            "anywhere": ("ready", "Resolved"),
                            "most": ("progressing", "RecordsDiffer")})  # fmt: skip
    for server, address in ((old, "192.0.2.1"), (new, "192.0.2.2")):
        assert f"{server.address}: {address}" in found["same"]["message"]
    assert "addresses.0" not in found["same"]["facts"]
    assert gate.verdict("prod")["verdict"] == "wait"
    old.records = new.records
    gate.wait_for("prod", "go")


def test_a_server_that_is_not_there_is_unknown_and_no_more(daemon, name_server):
    there = name_server(RECORDS)
    gone = f"127.0.0.1:{free_port()}"
    gate = daemon(config({
        "nowhere": {"name": "shop.test", "servers": [gone]},
        "half": {"name": "shop.test", "servers": [gone, there.address]},
        "enough": {"name": "shop.test", "servers": [gone, there.address], "servers_agree": "any"}}, [gone]))
    wait_all(gate, {"nowhere": ("unknown", "ServerUnreachable"),
                    "half": ("unknown", "ServerUnreachable"),
                    "enough": ("ready", "Resolved")})  # fmt: skip
    assert not open_breakers(gate)


@pytest.mark.parametrize("address", ["169.254.169.254", "[fe80::1]:53", "::ffff:169.254.169.254"])
def test_metadata_addresses_are_not_asked(daemon, address):
    gate = daemon(config({"meta": {"name": "shop.test"}}, [address]))
    found = wait_all(gate, {"meta": ("unknown", "ServerUnreachable")})
    assert "link-local" in found["meta"]["message"]
