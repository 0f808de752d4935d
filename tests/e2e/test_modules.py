# SPDX-License-Identifier: Apache-2.0
"""What a module may ask of a real daemon, by the module `scripted` of the tests."""

import json
import os

import pytest

from conftest import BUILD, wait_until
from test_sigv4 import SECRET, FakeAws

MODULES = ("--modules", BUILD / "tests/modules")


@pytest.fixture
def scripted(daemon):
    """scripted(source's keys, {check: keys}): a daemon whose one source is of that module."""
    def start(source, checks, **more):
        document = {
            "server": {"listen": "127.0.0.1:0"},
            "defaults": {"interval": "1h", "timeout": "5s", "rise": "0s"},
            "sources": {"s": {"type": "scripted"} | source},
            "environments": {"prod": {"checks": {
                name: {"source": "s"} | keys for name, keys in checks.items()}}},
        }
        return daemon(json.dumps(document), *MODULES, **more)

    return start


def observed(one, name):
    return one.check("prod", name)["observed"]


def test_a_changed_file_is_read_long_before_the_interval(scripted, tmp_path):
    state = tmp_path / "state"
    state.write_text("first")
    one = scripted({"watch": str(state)}, {"c": {"do": "read", "text": str(state)},
                                           "counted": {"do": "count"}})
    wait_until(lambda: observed(one, "c") == "first", what="the first reading")
    fresh = tmp_path / "fresh"
    fresh.write_text("second")
    os.replace(fresh, state)
    wait_until(lambda: observed(one, "c") == "second", 10, what="the change")
    # The source's other checks were asked too, and what one marks is a metric.
    wait_until(lambda: one.metric("convergate_check_fact") >= 2, 10, what="a second run")
    text = one.get("/metrics").body.decode()
    assert 'convergate_check_fact{environment="prod",check="counted",fact="runs"} ' in text
    assert 'fact="steps"' not in text
    assert one.check("prod", "counted")["facts"].keys() == {"runs", "steps"}


def test_a_run_knows_its_own_max_age(scripted):
    one = scripted({}, {"none": {"do": "aged"}, "some": {"do": "aged", "max_age": "2h"}})
    wait_until(lambda: observed(one, "some") == str(2 * 3600 * 10**9), what="its max_age")
    wait_until(lambda: observed(one, "none") == "any age", what="no max_age")


def test_an_item_of_a_list_stands_for_its_key(scripted, convergated, tmp_path):
    one = scripted({}, {"c": {"do": "parts", "parts": ["one", {"name": "two", "count": 3}]}})
    wait_until(lambda: observed(one, "c") == "one=1 two=3", what="both ways")
    told = convergated("--describe", "scripted", *MODULES)
    assert "parts (list of maps, or of text (name))" in told.stdout
    schema = json.loads(convergated("--print-schema", *MODULES).stdout)
    items = schema["$defs"]["check_scripted"]["properties"]["parts"]["anyOf"][0]["items"]
    assert "string" in items["anyOf"][0]["type"]
    assert items["anyOf"][1]["required"] == ["name"]
    wrong = tmp_path / "wrong.yaml"
    wrong.write_text(one.config.read_text().replace('"one", ', '["one"], '))
    refused = convergated("--check", "-c", wrong, *MODULES)
    assert refused.returncode != 0
    assert "a map (key: value) must stand here, not a list" in refused.stdout + refused.stderr


def test_a_second_service_of_the_account_verifies_its_signature(scripted, tmp_path):
    store, table = FakeAws("s3"), FakeAws("dynamodb")
    try:
        for service in (store, table):
            service.keys["AKIDEXAMPLE"] = (SECRET, "the-token")
        one = scripted(
            {"url": f"http://127.0.0.1:{store.port}",
             "headers": {"X-Tenant": "us"},
             "sigv4": {"region": "eu-central-1", "service": "s3", "access_key": "env:KEY_ID",
                       "secret_key": "env:KEY", "session_token": "env:TOKEN"}},
            {"state": {"do": "http", "text": "/bucket/key?versionId=a%20b"},
             "lock": {"do": "http", "text": f"http://127.0.0.1:{table.port}/", "service": "dynamodb",
                      "labels": {"X-Amz-Target": "DynamoDB_20120810.GetItem"}}},
            environment={"KEY_ID": "AKIDEXAMPLE", "KEY": SECRET, "TOKEN": "the-token"})
        wait_until(lambda: store.verified and table.verified or store.refused or table.refused,
                   what="both requests")
        assert (store.refused, table.refused) == ([], [])
        assert store.verified[0][1]["X-Tenant"] == "us"
        assert "X-Tenant" not in table.verified[0][1]
        assert SECRET not in one.log()
    finally:
        store.stop()
        table.stop()
