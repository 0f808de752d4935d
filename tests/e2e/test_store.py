# SPDX-License-Identifier: Apache-2.0
"""What a store keeps, and how it is asked for: decisions before they are answered, history of all
that changed. Every page and every filter is held against a filter of the whole."""

import datetime
import hashlib
import itertools
import random
import re
import signal
import threading

import pytest

import verifier
from answers import check
from conftest import http_request, wait_until
from stored import AS_ADMIN, TOKENS, exported, pages

HISTORY_KEYS = {"at", "kind", "name", "before", "after", "reason", "message", "value", "kept", "observed_at"}


def seconds(text):
    """A time of RFC 3339 with any number of digits, in nanoseconds."""
    whole, _, rest = text.rstrip("Z").partition(".")
    at = datetime.datetime.fromisoformat(whole).replace(tzinfo=datetime.timezone.utc)
    return int(at.timestamp()) * 10**9 + int((rest or "0").ljust(9, "0"))


def rows_of(home):
    return verifier.read_rows(home.file)


# ---- decisions ----


def test_a_decision_is_a_row_before_it_is_an_answer(place):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    before = len(rows_of(home))
    labels = {"team": "a", "run": "https://ci.example/4711"}
    answer = gate.post("/v1/verdict/shop", {"app": "web", "revision": "r7", "labels": labels})
    [row] = rows_of(home)[before:]
    document = answer.json
    assert (row["id"], row["body"]) == (document["id"], answer.body)
    assert document["subject"] == {"labels": labels}
    assert (row["action"], row["environment"], row["app"], row["revision"], row["verdict"]) == (
        "decision", "shop", "web", "r7", "go")
    found = home.decision(document["id"]).json
    assert (found["decision"], found["number"]) == (document, row["number"])
    assert found["hash"] == row["hash"].hex()
    head = gate.get("/v1/audit/head").json
    assert (head["number"], head["hash"]) == (row["number"], row["hash"].hex())


def test_a_subject_gets_a_row_for_each_change_and_no_more(place, answers):
    home = place({"shop": {"one": check("level")}})
    answers.values["level"] = 1
    gate = home.start()
    gate.wait_for("shop", "go")
    ids = [home.ask("web")["id"] for _ in range(5)]
    assert len(set(ids)) == 1
    answers.values["level"] = 2
    gate.wait_for("shop", "wait")
    ids += [home.ask("web")["id"] for _ in range(5)]
    assert len(set(ids)) == 2
    assert [row["verdict"] for row in rows_of(home) if row["app"] == "web"] == ["go", "wait"]
    assert home.ask("web", revision="r2")["id"] not in ids


def test_asking_at_once_makes_one_row(place):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    found, start = [], threading.Barrier(12)

    def ask():
        start.wait()
        found.append(home.ask("web")["id"])

    threads = [threading.Thread(target=ask) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 12 and len(set(found)) == 1 and found[0]
    assert len([row for row in rows_of(home) if row["app"] == "web"]) == 1


def test_reading_records_nothing(place):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    before = len(rows_of(home))
    for _ in range(3):
        assert gate.get("/v1/verdict/shop?app=web&rev=r1").json["id"] == ""
        assert gate.get("/v1/check/shop").status == 200
    assert len(rows_of(home)) == before


def many_decisions(home):
    """Several environments, gates, apps, verdicts and seconds."""
    chance = random.Random(4)
    home.daemon.wait_for("shop", "go")
    home.daemon.wait_for("bank", "wait")
    for number in range(90):
        environment = chance.choice(("shop", "bank"))
        document = home.daemon.post(
            f"/v1/verdict/{environment}/{chance.choice(('deploy', 'promote'))}",
            {"app": chance.choice(("web", "api", "db")), "revision": f"r{number % 7}"}).json
        assert document["id"]


GATES = {"deploy": {}, "promote": {}}


@pytest.fixture
def full(place):
    """A store with many decisions, and all of them as the export has them, newest first."""
    home = place({"shop": {"one": check()}, "bank": {"one": check(0)}})
    whole = home.environments
    home.environments = {}
    home.more["environments"] = {name: {"checks": checks, "gates": GATES}
                                 for name, checks in whole.items()}
    home.start()
    many_decisions(home)
    rows = [row for row in exported(home.file) if row["action"] == "decision"]
    return home, rows[::-1]


def test_pages_and_filters_of_decisions_are_those_of_the_whole(full):
    home, rows = full
    middle = seconds(rows[len(rows) // 2]["at"])
    stamp = rows[len(rows) // 3]["at"]
    filters = {"environment": ("shop", "bank"), "gate": ("deploy",), "app": ("web", "nobody"),
               "revision": ("r3",), "verdict": ("go", "wait", "halt"),
               "from": (f"{middle // 10**9}",), "until": (stamp, f"{middle // 10**9}")}
    chosen = [{}] + [{name: value} for name, values in filters.items() for value in values]
    chosen += [{"environment": "shop", "app": "web"}, {"verdict": "wait", "gate": "promote"},
               {"app": "api", "revision": "r1", "until": stamp}]

    def matches(row, query):
        for name, value in query.items():
            at = seconds(row["at"])
            edge = seconds(value) if "T" in value else int(value) * 10**9 if value.isdigit() else 0
            if name == "from" and at < edge or name == "until" and at >= edge:
                return False
            if name not in ("from", "until") and row[name] != value:
                return False
        return True

    for query, limit in itertools.product(chosen, (7, 500)):
        found = pages(home.daemon.port, "/v1/decisions", "decisions", limit, **query)
        wanted = [row for row in rows if matches(row, query)]
        assert [one["id"] for one in found] == [row["id"] for row in wanted], query
        for one, row in zip(found, wanted):
            assert all(one[key] == row[key] for key in (
                "number", "environment", "gate", "app", "revision", "verdict", "hash")), query


def test_rows_that_come_meanwhile_move_no_page(full):
    home, rows = full
    first = home.daemon.get("/v1/decisions?limit=10").json
    assert home.ask()["id"]
    rest = home.daemon.get(f"/v1/decisions?limit=500&before={first['next']}").json["decisions"]
    assert [one["id"] for one in first["decisions"] + rest] == [row["id"] for row in rows]


REFUSED = (
    "/v1/decisions?limit=0", "/v1/decisions?limit=501", "/v1/decisions?limit=x",
    "/v1/decisions?before=x", "/v1/decisions?from=yesterday", "/v1/decisions?verdict=maybe",
    "/v1/environments/shop/history?kind=nonsense", "/v1/environments/shop/history?before=1",
    "/v1/environments/shop/history?until=2026-13-01T00:00:00Z")
NOT_THERE = ("/v1/decisions/0190a000-0000-7000-8000-000000000000", "/v1/decisions/x",
             "/v1/environments/nowhere/history")


def test_a_question_that_makes_no_sense_is_refused(place):
    gate = place().start()
    assert {path: gate.get(path).status for path in REFUSED} == dict.fromkeys(REFUSED, 400)
    assert {path: gate.get(path).status for path in NOT_THERE} == dict.fromkeys(NOT_THERE, 404)


def test_a_credential_sees_its_environments_only(place):
    secret = "cvg_" + "8" * 64
    few = {"sha256": hashlib.sha256(secret.encode()).hexdigest(), "scopes": ["read", "decide"],
           "environments": ["shop"]}
    home = place({"shop": {"one": check()}, "bank": {"one": check()}},
                 server={"tokens": TOKENS | {"few": few}})
    gate = home.start()
    ids = {name: http_request(gate.port, "POST", f"/v1/verdict/{name}?app=web",
                              headers=AS_ADMIN).json["id"] for name in ("shop", "bank")}
    mine = {"Authorization": f"Bearer {secret}"}
    [row] = pages(gate.port, "/v1/decisions", "decisions", 10, mine)
    assert row["id"] == ids["shop"] and row["asked_by"] == "token:ada"
    assert len(pages(gate.port, "/v1/decisions", "decisions", 10, AS_ADMIN)) == 2
    see = lambda path: http_request(gate.port, "GET", path, headers=mine).status
    assert see(f"/v1/decisions/{ids['shop']}") == 200
    assert see(f"/v1/decisions/{ids['bank']}") == 404
    assert see("/v1/environments/bank/history") == 403
    assert see("/v1/decisions?environment=bank") == 403


# ---- history ----


def history(gate, environment="shop", limit=500, **query):
    return pages(gate.port, f"/v1/environments/{environment}/history", "changes", limit, **query)


def wait_history(gate, kind, **wanted):
    def ask():
        return [row for row in history(gate, kind=kind)
                if all(row[key] == value for key, value in wanted.items())]

    return wait_until(ask, what=f"a row of history: {kind} {wanted}")[0]


def test_history_tells_what_changed_and_why(place, answers):
    home = place({"shop": {"one": check("level")}})
    answers.values["level"] = 1
    gate = home.start()
    gate.wait_for("shop", "go")
    start = wait_history(gate, "start")
    assert start["after"] and start["name"] == ""
    ready = wait_history(gate, "status", name="one", after="ready")
    assert (ready["before"], ready["value"], ready["kept"]) == ("unknown", 1, False)
    assert 0 <= seconds(ready["at"]) - seconds(ready["observed_at"]) < 20 * 10**9
    assert start["observed_at"] == ""
    assert wait_history(gate, "phase", after="ready")["before"] == "unknown"
    assert wait_history(gate, "verdict", after="go")["before"] == "wait"

    answers.values["level"] = 2
    gate.wait_for("shop", "wait")
    failed = wait_history(gate, "status", before="ready")
    assert (failed["after"], failed["value"]) == ("failed", 2)
    assert failed["reason"] and failed["message"]
    assert wait_history(gate, "phase", before="ready")["after"] == "failed"
    assert wait_history(gate, "verdict", before="go")["after"] == "wait"

    home.environments["shop"]["two"] = check()
    gate.config.write_text(home.configuration)
    gate.process.send_signal(signal.SIGHUP)
    change = wait_history(gate, "configuration")
    assert re.fullmatch(r"[0-9a-f]{8,64}", change["after"]), change
    assert change["before"] != change["after"]
    wait_history(gate, "status", name="two", after="ready")
    assert all(row.keys() == HISTORY_KEYS for row in history(gate))


def test_history_tells_of_sources(place, answers):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    answers.open.clear()
    lost = wait_history(gate, "source", after="unavailable")
    assert lost["name"] == "m" and lost["message"]
    wait_history(gate, "status", name="one", after="unknown")
    answers.open.set()
    assert wait_history(gate, "source", after="available")["before"] == "unavailable"


def test_pages_and_filters_of_history_are_those_of_the_whole(place, answers):
    home = place({"shop": {f"c{number}": check(f"level{number}", interval="200ms", timeout="150ms")
                           for number in range(4)},
                  "bank": {"one": check()}})
    answers.values |= {f"level{number}": 1 for number in range(4)}
    gate = home.start()
    for number in range(12):
        answers.values[f"level{number % 4}"] = number % 3
        name = f"c{number % 4}"
        wanted = "ready" if number % 3 == 1 else "failed"
        wait_until(lambda one=name, status=wanted: gate.check("shop", one)["status"] == status)
    wait_until(lambda: gate.metric("convergate_store_queue") == 0)
    rows = settled_history(gate)
    assert len(rows) > 12
    times = [seconds(row["at"]) for row in rows]
    assert times == sorted(times, reverse=True)
    middle = rows[len(rows) // 2]["at"]
    kinds = {row["kind"] for row in rows}
    chosen = [{}, {"name": "c1"}, {"kind": "status", "name": "c2"}, {"until": middle},
              {"from": middle}, {"kind": "verdict", "from": middle}]
    chosen += [{"kind": kind} for kind in kinds]

    def matches(row, query):
        return all(seconds(row["at"]) >= seconds(value) if name == "from"
                   else seconds(row["at"]) < seconds(value) if name == "until"
                   else row[name] == value for name, value in query.items())

    for query, limit in itertools.product(chosen, (3, 500)):
        found = history(gate, limit=limit, **query)
        assert found == [row for row in rows if matches(row, query)], query
    assert {row["name"] for row in history(gate, "bank", kind="status")} == {"one"}


def settled_history(gate):
    """Nothing more comes: the same twice."""
    last = []

    def same():
        last.append(history(gate))
        return len(last) > 1 and last[-1] == last[-2] and last[-1]

    return wait_until(same, every=0.3)


# ---- without a store, and how it is ----


def test_without_a_store_nothing_is_kept_and_that_is_said(daemon, answers):
    config = f"""{{server: {{listen: "127.0.0.1:0"}},
        sources: {{m: {{type: prometheus, url: "{answers.url}"}}}},
        environments: {{shop: {{checks: {{one: {{source: m, query: "1", ready: "== 1",
        rise: 0s, interval: 500ms, timeout: 400ms}}}}}}}}}}"""
    gate = daemon(config)
    gate.wait_for("shop", "go")
    document = gate.post("/v1/verdict/shop", {"app": "web"}).json
    assert document["id"] and document["verdict"] == "go"
    for path in ("/v1/decisions", f"/v1/decisions/{document['id']}",
                 "/v1/environments/shop/history", "/v1/audit/head"):
        answer = gate.get(path)
        assert (answer.status, answer.json["code"]) == (404, "NoStore"), path
    assert "store" not in gate.get("/readyz?verbose").body.decode()
    assert "convergate_store" not in gate.get("/metrics").body.decode()


def test_a_store_that_is_well_says_so(place):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    for _ in range(3):
        home.ask()
    line, status = home.readyz()
    assert line.startswith("[+]store") and status == 200
    assert gate.metric("convergate_audit_head") == gate.get("/v1/audit/head").json["number"]
    assert gate.metric('convergate_store_commits_total') >= 1
    assert gate.metric("convergate_store_bytes") > 0
    assert re.search(r'msg="audit head" head=\d+:[0-9a-f]{64}', gate.log())
    for suffix in ("head", "key", "lock"):
        assert home.beside(suffix).exists()
    assert home.beside("key").stat().st_mode & 0o777 == 0o600


def test_the_head_is_logged_at_the_stop(place):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    home.ask()
    head = gate.get("/v1/audit/head").json["head"]
    home.stop()
    assert re.findall(r'msg="audit head" head=(\S+)', gate.log())[-1] == head
