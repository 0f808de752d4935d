# SPDX-License-Identifier: Apache-2.0
"""A changed configuration is taken over while the daemon runs: nothing that readers ask is lost,
what did not change goes on, and a bad file changes nothing."""

import hashlib
import http.client
import json
import signal
import threading
import time

from answers import check
from conftest import http_request, wait_until


def configuration(answers, environments, **more):
    """JSON is YAML. environments: name to checks."""
    return json.dumps({
        "server": {"listen": "127.0.0.1:0", **more},
        "sources": {"m": {"type": "prometheus", "url": answers.url}},
        "environments": {name: {"checks": checks} for name, checks in environments.items()}})


def count(daemon, result):
    text = daemon.get("/metrics").body.decode()
    line = next(line for line in text.splitlines()
                if line.startswith(f'convergate_reload_total{{result="{result}"}}'))
    return int(line.rsplit(" ", 1)[1])


def reload(daemon, config, result="accepted"):
    """Writes the file, sends SIGHUP, and waits for the outcome."""
    before = count(daemon, result)
    daemon.config.write_text(config)
    daemon.process.send_signal(signal.SIGHUP)
    wait_until(lambda: count(daemon, result) > before, what=f"a reload that is {result}")


class Asker(threading.Thread):
    """Asks on one connection, which may never break, until it is told to stop."""

    def __init__(self, port, posts):
        super().__init__(daemon=True)
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        self.connection.connect()
        self.connection.auto_open = 0  # a dropped connection is an error
        self.posts, self.ending = posts, threading.Event()
        self.answers, self.problem = 0, None

    def run(self):
        try:
            while not self.ending.is_set():
                self.ask()
                self.answers += 1
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = repr(problem)

    def ask(self):
        if self.posts:
            self.connection.request("POST", "/v1/verdict/steady", json.dumps({"app": "web"}),
                                    {"Content-Type": "application/json"})
        else:
            self.connection.request("GET", "/v1/verdict/steady")
        response = self.connection.getresponse()
        document = json.loads(response.read())
        assert response.status == 200, document
        assert document["verdict"] == "go", [document["summary"], document["reasons"][:1]]

    def stop(self):
        self.ending.set()
        self.join(30)
        self.connection.close()
        assert self.problem is None, self.problem
        assert self.answers > 0


def test_fifty_reloads_under_load_lose_nothing(daemon, answers):
    def version(number):
        # What asks the same stays; beside it checks and environments come, go and change.
        return configuration(answers, {
            "steady": {"a": check(), "b": check(rise=f"{number % 3}s", weight=1 + number)},
            "other": {f"c{i}": check(f"1+0*{number + i}" if i % 2 else 1) for i in range(20)},
            f"passing{number}": {"d": check()},
        })

    gate = daemon(version(0))
    gate.wait_for("steady", "go")
    askers = [Asker(gate.port, posts) for posts in (False, False, True, True)]
    for asker in askers:
        asker.start()
    for number in range(1, 51):
        reload(gate, version(number))
        assert gate.get(f"/v1/verdict/passing{number}").status == 200
        assert gate.get(f"/v1/verdict/passing{number - 1}").status == 404
    for asker in askers:
        asker.stop()
    assert count(gate, "accepted") == 50
    assert count(gate, "refused") == 0


def test_a_dwell_goes_on_when_something_else_changes(daemon, answers):
    def version(other):
        return configuration(answers, {"shop": {"slow": check(rise="6s"), "other": check(other)}})

    gate = daemon(version("1"))
    wait_until(lambda: gate.check("shop", "slow")["status"] == "progressing", what="its rise")
    began = time.monotonic()
    wait_until(lambda: time.monotonic() - began > 3, what="half of the rise")
    before = gate.check("shop", "slow")
    reload(gate, version("1 + 0"))
    after = gate.check("shop", "slow")
    assert (after["status"], after["since"]) == ("progressing", before["since"])
    wait_until(lambda: gate.check("shop", "slow")["status"] == "ready", what="its end")
    assert time.monotonic() - began < 8.5  # a new rise would have taken until 9


def test_host_keys_apply_in_place(daemon, answers):
    def version(rise, weight):
        return configuration(answers, {"shop": {"one": check(rise=rise, weight=weight)}})

    gate = daemon(version("10m", 1))
    wait_until(lambda: gate.check("shop", "one")["status"] == "progressing", what="its rise")
    since = gate.check("shop", "one")["since"]
    reload(gate, version("1s", 2))
    gate.wait_for("shop", "go")
    assert gate.check("shop", "one")["since"] >= since
    # What is ready stays so, whatever the rise would be from now on.
    reload(gate, version("10m", 2))
    assert gate.verdict("shop")["verdict"] == "go"


def test_a_changed_query_starts_anew(daemon, answers):
    def version(query):
        return configuration(answers, {"shop": {"one": check(query, rise="2s")}})

    gate = daemon(version("1"))
    gate.wait_for("shop", "go")
    answers.values["slowly"] = 1
    reload(gate, version("slowly"))
    document = gate.verdict("shop")
    assert document["verdict"] == "wait"
    assert document["reasons"][0]["code"] in ("NoReading", "Rising")
    gate.wait_for("shop", "go")


def test_a_bad_file_changes_nothing(daemon, answers):
    good = configuration(answers, {"shop": {"one": check()}})
    gate = daemon(good)
    gate.wait_for("shop", "go")
    loaded = gate.metric("convergate_config_loaded_timestamp_seconds")
    for bad, said in (
            (good.replace("interval", "intervall"), "unknown key 'intervall'"),
            ("environments: [", "error: "),
            (good.replace('"== 1"', '"nonsense"'), "error: ")):
        reload(gate, bad, "refused")
        assert gate.verdict("shop")["verdict"] == "go"
        assert gate.log().count(said) >= 1
        assert "the configuration is refused; the one before goes on" in gate.log()
    assert gate.log().count("unknown key 'intervall'") == 1
    assert gate.metric("convergate_config_loaded_timestamp_seconds") == loaded
    ready = gate.get("/readyz?verbose")
    assert ready.status == 200
    assert b"the last reload was refused" in ready.body
    assert gate.get("/readyz").body == b"ok"
    status = gate.get("/v1/reload").json
    assert status["result"] == "refused"
    assert any("error: " in message for message in status["messages"])
    reload(gate, good)
    assert b"refused" not in gate.get("/readyz?verbose").body


def test_what_a_module_refuses_is_refused(daemon, answers):
    good = configuration(answers, {"shop": {"one": check()}})
    gate = daemon(good)
    gate.wait_for("shop", "go")
    both = configuration(answers, {"shop": {"one": check(), "two": check(ready=">= ${x")}})
    reload(gate, both, "refused")
    assert gate.verdict("shop")["verdict"] == "go"


def test_sources_and_runs_go_on(daemon, answers):
    """A run that takes longer than the time between two reloads still comes to its end."""
    answers.pause = 1.0

    def version(number):
        slow = check(interval="2s") | {"timeout": "1900ms"}
        return configuration(answers, {
            "shop": {"slow": slow}, "other": {"c": slow | {"rise": f"{number}s"}}})

    gate = daemon(version(0))
    for number in range(1, 30):
        reload(gate, version(number))
    gate.wait_for("shop", "go", 10)
    text = gate.get("/metrics").body.decode()
    assert 'convergate_runs_total{source="m",result="timeout"} 0' in text


def test_keys_that_need_a_restart_are_named(daemon, answers):
    gate = daemon(configuration(answers, {"shop": {"one": check()}}))
    gate.wait_for("shop", "go")
    reload(gate, configuration(answers, {"shop": {"one": check()}}, listen="127.0.0.1:1",
                               threads=3))
    assert 'msg="a changed key waits for a restart" key=server.listen' in gate.log()
    assert "key=server.threads" in gate.log()
    assert sorted(gate.get("/v1/reload").json["restart"]) == ["server.listen", "server.threads"]
    assert gate.verdict("shop")["verdict"] == "go"


def test_the_command_reloads_and_tells_what_is_wrong(daemon, answers, convergate, tmp_path):
    token = "cvg_" + "a" * 43
    tokens = {"ops": {"sha256": hashlib.sha256(token.encode()).hexdigest(), "scopes": ["admin"]},
              "ci": {"sha256": hashlib.sha256(b"cvg_ci").hexdigest(), "scopes": ["decide"]}}
    good = configuration(answers, {"shop": {"one": check()}}, tokens=tokens)
    gate = daemon(good)
    secret = tmp_path / "token"
    secret.write_text(token)
    ci = tmp_path / "ci"
    ci.write_text("cvg_ci")
    secret.chmod(0o600)
    ci.chmod(0o600)
    server = ("--server", f"http://127.0.0.1:{gate.port}", "--token-file")

    done = convergate("reload", *server, secret)
    assert (done.returncode, done.stdout) == (
        0, "reloaded: 1 check goes on, 0 new, 0 gone\n"), done.stderr
    gate.config.write_text(good.replace("interval", "intervall"))
    done = convergate("reload", *server, secret)
    assert done.returncode == 1
    assert "unknown key 'intervall'" in done.stderr
    assert done.stderr.endswith("refused; the configuration before goes on\n")
    done = convergate("reload", *server, ci)
    assert done.returncode == 4
    assert "scope admin" in done.stderr
    # Taking a token away works at once; it is what reloads are for.
    gate.config.write_text(good.replace(tokens["ci"]["sha256"], "0" * 64))
    assert convergate("reload", *server, secret).returncode == 0
    assert convergate("status", *server, ci).returncode == 4


def test_reloading_needs_a_right(daemon, answers):
    gate = daemon(configuration(answers, {"shop": {"one": check()}}))
    answer = http_request(gate.port, "POST", "/v1/reload", "{}",
                          {"Content-Type": "application/json"})
    assert answer.status == 403
    assert gate.get("/v1/reload").json["result"] == "none"


def test_it_stops_cleanly_in_the_middle_of_a_reload(daemon, answers):
    checks = {f"c{i}": check(interval="60s") for i in range(3000)}
    gate = daemon(configuration(answers, {"shop": checks}))
    for one in checks.values():
        one["query"] = "1 + 0"
    gate.config.write_text(configuration(answers, {"shop": checks}))
    gate.process.send_signal(signal.SIGHUP)
    wait_until(lambda: True)
    gate.stop()


def wait_done(gate, headers=None):
    """POSTs a reload and waits, without a pause, until it is said to be done."""
    ticket = http_request(gate.port, "POST", "/v1/reload", headers=headers).json["ticket"]
    while True:
        status = http_request(gate.port, "GET", "/v1/reload", headers=headers).json
        if status["done"] >= ticket:
            return status


SECRET = "cvg_" + "5" * 64
ADMIN = {"sha256": hashlib.sha256(SECRET.encode()).hexdigest(), "scopes": ["admin"]}
AS_ADMIN = {"Authorization": f"Bearer {SECRET}"}


def test_when_a_reload_is_done_every_answer_is_by_the_new_rules(daemon, answers):
    checks = {f"c{i}": check(interval="1h", timeout="1s") for i in range(2000)}
    version = lambda more: configuration(
        answers, {f"e{number}": {**checks, **more} for number in range(4)}, tokens={"a": ADMIN})
    gate = daemon(version({}))
    gate.config.write_text(version({"late": check(interval="1h", timeout="1s")}))
    assert wait_done(gate, AS_ADMIN)["result"] == "accepted"
    rows = http_request(gate.port, "GET", "/v1/environments", headers=AS_ADMIN).json
    assert [row["of"] for row in rows["environments"]] == [2001] * 4


def test_who_waits_has_no_answer_after_its_token_was_taken_away(daemon, answers):
    token = "cvg_" + "6" * 64
    ci = {"sha256": hashlib.sha256(token.encode()).hexdigest(), "scopes": ["decide"]}
    version = lambda tokens: configuration(answers, {"shop": {"one": check("0")}}, tokens=tokens)
    gate = daemon(version({"a": ADMIN, "ci": ci}))

    def ask(path, method="GET", body=None):
        connection = http.client.HTTPConnection("127.0.0.1", gate.port, timeout=30)
        connection.request(method, path, body, {"Authorization": f"Bearer {token}"})
        return connection

    held = [ask("/v1/check/shop?wait=50s"), ask("/v1/verdict/shop?app=web&wait=50s", "POST"),
            ask("/v1/events")]
    stream = held[2].getresponse()
    assert stream.status == 200
    waiters = lambda: http_request(gate.port, "GET", "/metrics", headers=AS_ADMIN).body.decode()
    wait_until(lambda: "\nconvergate_http_waiters 3\n" in waiters())
    gate.config.write_text(version({"a": ADMIN}))
    wait_done(gate, AS_ADMIN)
    for connection in held[:2]:
        answer = connection.getresponse()
        assert (answer.status, answer.getheader("X-Gate-Verdict")) == (401, None)
        assert json.loads(answer.read())["code"] == "BadToken"
    stream.read()  # ends
    for connection in held:
        connection.close()
