# SPDX-License-Identifier: Apache-2.0
"""What a person at a terminal gets out of the store: history, decisions, the head, backups; and how
an alarm is accepted on the machine itself."""

import getpass
import json
import os
import re
import subprocess
import time

import pytest

from answers import check
from conftest import BUILD, run_tool, wait_until
from stored import SECRET, TOKENS, audit_verify, exported

IDENTITY = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}")


@pytest.fixture
def home(place):
    """A gate that runs, with a Unix socket."""
    one = place({"shop": {"one": check()}, "bank": {"one": check()}},
                server={"socket": "PLACE"})
    one.socket = one.folder / "s"
    one.more["server"]["socket"] = str(one.socket)
    one.start().wait_for("shop", "go")
    return one


def ask(home, *arguments):
    return run_tool("convergate", *arguments, "-s", f"http://127.0.0.1:{home.daemon.port}")


def over_socket(home, *arguments):
    return run_tool("convergate", *arguments, "-s", f"unix:{home.socket}")


def lines(done):
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


# ---- history ----


def test_history_is_a_timeline_with_the_newest_last(home, answers):
    answers.values["1"] = 0
    home.daemon.wait_for("shop", "wait")
    rows = wait_until(lambda: (found := lines(ask(home, "history", "shop")))
                      and any("go -> wait" in row for row in found) and found)
    times = [row.split()[0] for row in rows]
    assert times == sorted(times)
    assert "  start  " in rows[0] or any("  start  " in row for row in rows[:3]), rows
    [fell] = [row for row in rows if re.search(r"  status +one +ready -> \w+  ConditionNotMet \(0\)", row)]
    assert rows.index(fell) > 0
    assert not any(" bank" in row for row in rows)


def test_history_says_what_was_only_kept(place, answers):
    home = place({"shop": {"one": check("level", on_unknown={"keep": "5m"})}})
    answers.values["level"] = 1
    home.start().wait_for("shop", "go")
    answers.values["level"] = "NaN"
    wait_until(lambda: any(re.search(r"  status +one +ready -> ready  \w+ \(kept\)", row)
                           for row in lines(ask(home, "history", "shop"))), what="a status that is kept")
    answers.values["level"] = 1
    wait_until(lambda: not json.loads(lines(ask(home, "history", "shop", "--kind", "status", "--limit", "1",
                                                "-o", "json"))[0])["changes"][0]["kept"])


def test_history_is_asked_for_by_kind_name_and_time(home, answers):
    answers.values["1"] = 0
    home.daemon.wait_for("shop", "wait")
    wait_until(lambda: any("go -> wait" in row for row in lines(ask(home, "history", "shop"))))
    for row in lines(ask(home, "history", "shop", "--kind", "status", "--name", "one")):
        assert re.search(r"^\S+Z  status +one +\w+ -> \w+", row), row
    assert lines(ask(home, "history", "shop", "--name", "nothing")) == []
    assert lines(ask(home, "history", "shop", "--until", "1h")) == []
    assert lines(ask(home, "history", "shop", "--from", "1h"))
    moment = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 60))
    assert lines(ask(home, "history", "shop", "--from", moment)) == []
    whole = lines(ask(home, "history", "shop"))
    assert lines(ask(home, "history", "shop", "--limit", "2")) == whole[-2:]
    pages = [json.loads(line) for line in lines(ask(home, "history", "shop", "--limit", "2", "-o", "json"))]
    assert sum(len(page["changes"]) for page in pages) == 2
    assert pages[0]["environment"] == "shop"


# ---- decisions ----


def test_decisions_are_listed_and_shown_as_they_were_sent(home):
    sent = [home.ask(f"app{number}") for number in range(3)]
    rows = lines(ask(home, "decisions"))
    assert [IDENTITY.search(row).group() for row in rows[::2]] == [one["id"] for one in sent]
    assert re.match(r"\S+Z  go +shop/\S+  app0 r1  by \S+  ", rows[0]), rows[0]
    assert sent[2]["summary"] in rows[5]
    assert lines(ask(home, "decisions", "--limit", "1"))[0] == rows[4]
    assert lines(ask(home, "decisions", "--app", "app1"))[0] == rows[2]
    assert lines(ask(home, "decisions", "--environment", "bank")) == []
    assert lines(ask(home, "decisions", "--verdict", "halt")) == []
    shown = ask(home, "decisions", sent[1]["id"])
    assert shown.returncode == 0 and sent[1]["id"] in shown.stdout and "go  shop/" in shown.stdout
    one = json.loads(ask(home, "decisions", sent[1]["id"], "-o", "json").stdout)
    assert one["decision"] == sent[1]
    missing = ask(home, "decisions", "0199a3c2-0000-7000-8000-000000000001")
    assert missing.returncode == 4 and "status 404" in missing.stderr


def test_more_rows_than_a_page_are_followed(home):
    for number in range(7):
        home.ask(f"app{number}")
    many = [json.loads(line) for line in lines(ask(home, "decisions", "--limit", "7", "-o", "json"))]
    assert [row["app"] for page in many for row in page["decisions"]] == [
        f"app{number}" for number in reversed(range(7))]


# ---- the chain and the file ----


def test_the_head_is_what_verifying_finds(home):
    home.ask()
    head = lines(ask(home, "audit", "head"))[0]
    assert re.fullmatch(r"\d+:[0-9a-f]{64}", head)
    assert json.loads(ask(home, "audit", "head", "-o", "json").stdout)["head"] == head
    done = audit_verify(home.file, "--head", head)
    assert done.returncode == 0 and head in done.stdout


def test_the_store_is_found_in_the_configuration_without_its_modules(home, tmp_path):
    home.ask()
    broken = tmp_path / "broken.yaml"
    broken.write_text(f"sources: {{a: {{type: none}}}}\nstore: {home.file}\n")
    done = run_tool("convergate", "audit", "verify", "-c", broken)
    assert done.returncode == 0 and done.stdout.startswith(f"{home.file}: whole\n"), done.stderr
    storeless = tmp_path / "storeless.yaml"
    storeless.write_text("sources: {}\n")
    for what in (("audit", "verify"), ("audit", "export"), ("store", "backup", tmp_path / "b")):
        done = run_tool("convergate", *what, "-c", storeless)
        assert done.returncode == 4 and "--store" in done.stderr, done.stderr
    assert not (tmp_path / "b").exists()


def test_a_backup_never_replaces_a_file(home, tmp_path):
    there = tmp_path / "there.db"
    there.write_text("mine")
    done = run_tool("convergate", "store", "backup", "--store", home.file, there)
    assert done.returncode == 4 and str(there) in done.stderr
    assert there.read_text() == "mine"


def test_whoever_restores_stands_in_the_chain(home, tmp_path):
    kept = home.ask()
    backup = tmp_path / "b.db"
    assert run_tool("convergate", "store", "backup", "--store", home.file, backup).returncode == 0
    lost = home.ask()
    home.stop()
    done = run_tool("convergate", "store", "restore", "--store", home.file, backup)
    assert done.returncode == 0 and "verified" in done.stdout, done.stderr
    row = exported(home.file)[-1]
    assert (row["action"], row["actor"]) == ("restore", f"user:{getpass.getuser()}"), row
    home.start()
    assert home.decision(kept["id"]).status == 200 and home.decision(lost["id"]).status == 404


@pytest.mark.skipif(os.geteuid() != 0, reason="gives files to somebody else")
def test_what_root_restores_on_a_new_machine_is_the_folders_owners(home, tmp_path):
    kept, backup, folder = home.ask(), tmp_path / "b.db", tmp_path / "new"
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    assert run_tool("convergate", "store", "backup", "--store", home.file, backup).returncode == 0
    done = run_tool("convergate", "store", "restore", "--store", folder / "s.db", backup)
    assert done.returncode == 0, done.stderr
    assert exported(folder / "s.db")[0]["id"] == kept["id"]
    found = {path.name: (path.stat().st_uid, path.stat().st_mode & 0o777) for path in folder.iterdir()}
    assert {"s.db", "s.db.head", "s.db.key", "s.db.lock"} <= set(found)
    assert set(found.values()) == {(65534, 0o600)}, found


def test_what_is_whole_is_not_sealed(home):
    home.ask()
    home.stop()
    rows = len(exported(home.file))
    done = run_tool("convergate", "audit", "seal", "--store", home.file, "--reason", "x")
    assert done.returncode == 4 and done.stderr, done.stdout
    assert len(exported(home.file)) == rows


def test_an_export_that_is_cut_off_is_no_success(home):
    for number in range(20):
        home.ask(f"app{number}")
    home.stop()
    with open("/dev/full", "w", encoding="ascii") as full:
        done = subprocess.run([BUILD / "bin/convergate", "audit", "export", "--store", home.file],
                              stdin=subprocess.DEVNULL, stdout=full, stderr=subprocess.PIPE,
                              text=True, timeout=60, check=False)
    assert done.returncode == 4 and "could not all be written" in done.stderr


# ---- accepting ----


def test_an_alarm_that_a_check_remembers_is_cleared_and_recorded(daemon, tmp_path):
    """The number went back: that is an alarm until somebody says that it was meant."""
    serial, socket = tmp_path / "serial", tmp_path / "s"
    serial.write_text("7\n")
    store = tmp_path / "store.db"
    one = daemon(json.dumps({
        "server": {"listen": "127.0.0.1:0", "socket": str(socket)}, "store": str(store),
        "sources": {"s": {"type": "remembering"}},
        "environments": {"prod": {"checks": {"state": {
            "source": "s", "file": str(serial), "interval": "200ms", "timeout": "200ms", "rise": "0s"}}}},
    }), "--modules", BUILD / "tests/modules")
    one.wait_for("prod", "go")
    serial.write_text("3\n")
    wait_until(lambda: one.check("prod", "state")["reason"] == "SerialBehind", what="the alarm")
    done = run_tool("convergate", "accept", "prod", "state", "--comment", "rolled back on purpose",
                    "-s", f"unix:{socket}")
    assert done.returncode == 0 and done.stdout.startswith("prod/state: accepted"), done.stderr
    recorded = IDENTITY.search(done.stdout).group()
    one.wait_for("prod", "go")
    [row] = [row for row in exported(store) if row["id"] == recorded]
    assert (row["action"], row["environment"], row["target"]) == ("accept", "prod", "state"), row
    assert row["actor"] and "rolled back on purpose" in json.dumps(row["body"])
    again = json.loads(run_tool("convergate", "accept", "prod", "state", "-o", "json",
                                "-s", f"unix:{socket}").stdout)
    assert again["environment"] == "prod" and again["check"] == "state"


def test_accepting_is_nothing_for_everybody(home):
    done = ask(home, "accept", "shop", "one")
    assert done.returncode == 4, done.stdout
    assert "--token-file" in done.stderr and "unix:" in done.stderr


def test_on_the_machine_itself_the_socket_is_enough(home):
    done = over_socket(home, "accept", "shop", "one", "--comment", "seen")
    assert done.returncode == 1 and "nothing to accept" in done.stdout, done.stderr
    missing = over_socket(home, "accept", "shop", "nothing")
    assert missing.returncode == 4 and "status 404" in missing.stderr
    assert over_socket(home, "reload").returncode == 0
    assert [row["action"] for row in exported(home.file)] == ["reload"]
    assert "shop" in over_socket(home, "status").stdout


def test_a_token_with_the_scope_admin_may_accept(place, tmp_path):
    home = place(server={"tokens": TOKENS})
    home.start()
    token = tmp_path / "token"
    token.write_text(SECRET)
    done = ask(home, "accept", "shop", "one", "--token-file", token)
    assert done.returncode == 1, done.stderr
    assert ask(home, "accept", "shop", "one").returncode == 4


@pytest.mark.parametrize("server", ["unix:", "unix:s", "unix:/" + "x" * 108, "unix:/nowhere/s"])
def test_a_socket_that_is_none_is_said_so(server):
    done = run_tool("convergate", "status", "-s", server)
    assert done.returncode == 4 and done.stderr.startswith("convergate: "), done.stderr


# ---- usage ----


@pytest.mark.parametrize("arguments", [
    ("accept", "shop"), ("history",), ("decisions", "a", "b"), ("audit",), ("audit", "nothing"),
    ("audit", "verify", "file"), ("audit", "seal", "--reason", "x"),
    ("audit", "seal", "--store", "/s.db"), ("store", "backup"), ("store", "restore", "a", "b"),
    ("history", "shop", "--kind", "nothing"), ("history", "shop", "--from", "yesterday"),
    ("history", "shop", "--limit", "0"), ("history", "shop", "--limit", "100001"),
    ("accept", "shop", "one", "--comment", "x" * 513)])
def test_wrong_usage_is_told_before_anything_is_asked(arguments):
    done = run_tool("convergate", *arguments, "-s", "http://127.0.0.1:1")
    assert done.returncode == 64 and done.stderr, done.stdout


def test_without_a_store_there_is_nothing_to_show(daemon, answers):
    one = daemon(json.dumps({
        "server": {"listen": "127.0.0.1:0"}, "sources": {"m": {"type": "prometheus", "url": answers.url}},
        "environments": {"shop": {"checks": {"one": check()}}}}))
    for what in (("history", "shop"), ("decisions",), ("audit", "head")):
        done = run_tool("convergate", *what, "-s", f"http://127.0.0.1:{one.port}")
        assert done.returncode == 4 and "status 404" in done.stderr, done.stderr
