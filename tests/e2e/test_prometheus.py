# SPDX-License-Identifier: Apache-2.0
"""Alerts, rules, error budgets and canaries against a real Prometheus and a real Alertmanager, and
the servers that are like Prometheus but for what their documentation says: fakes that insist on
their own paths, parameters and headers. Each worked example is checked, and its questions asked."""

import json
import os
import re
import signal
import subprocess
import time
import urllib.parse

import pytest

from conftest import ROOT, answer, free_port, http_request, vector, wait_until

EXAMPLES = ROOT / "config" / "examples" / "prometheus"


def configuration(source, **checks):
    document = {"server": {"listen": "127.0.0.1:0"},
                "defaults": {"interval": "1s", "timeout": "5s", "rise": "0s"},
                "sources": {"s": {"type": "prometheus", **source}},
                "environments": {"prod": {"checks": {
                    name: {"source": "s", **check} for name, check in checks.items()}}}}
    return json.dumps(document)


def wait_for_reason(gate, name, reason, seconds=30):
    def ask():
        check = gate.check("prod", name)
        return check if check["reason"] == reason else None

    return wait_until(ask, seconds, what=f"{name} = {reason}; {gate.check('prod', name)}")


# ---- a real Prometheus ----

RULES = """
groups:
  - name: shop
    interval: 1s
    rules:
      - {alert: Watchdog, expr: vector(1)}
      - {alert: ShopDown, expr: shop_down == 1, labels: {severity: critical}}
      - {alert: ShopSlow, expr: shop_slow == 1, for: 1h, labels: {severity: warning}}
      - {alert: Broken, expr: a * on (zone) a}
      - {record: "shop:sum", expr: sum(shop_down)}
"""


@pytest.fixture
def ruled(prometheus, exporter):
    """A Prometheus with alerts, watching a shop that is well."""
    exporter.samples.update({"shop_down": 0, "shop_slow": 0, 'a{zone="x",i="1"}': 1, 'a{zone="x",i="2"}': 1})
    (prometheus.folder / "rules.yml").write_text(RULES)
    with open(prometheus.folder / "prometheus.yml", "a", encoding="utf-8") as file:
        file.write("rule_files: [rules.yml]\n")
    prometheus.process.send_signal(signal.SIGHUP)
    wait_until(lambda: prometheus.query('ALERTS{alertname="Watchdog"}'), 30, what="the watchdog")
    return prometheus


def test_alerts_of_a_prometheus(daemon, ruled, exporter):
    gate = daemon(configuration(
        {"url": ruled.url},
        critical={"alerts": {"match": ['severity=~"crit.*"']}},
        pending={"alerts": {"match": ["severity=warning"], "on_pending": "degraded"}},
        unwatched={"alerts": {"match": ["severity=critical"], "watchdog": "alertname=Dog"}, "required": False}))
    assert gate.wait_for("prod", "go")
    assert gate.check("prod", "critical")["reason"] == "NoAlerts"
    # Nobody can tell: never ready, although nothing fires.
    wait_for_reason(gate, "unwatched", "WatchdogSilent")
    assert gate.check("prod", "unwatched")["status"] == "unknown"
    exporter.samples.update(shop_down=1, shop_slow=1)
    check = wait_for_reason(gate, "critical", "AlertsFiring")
    assert check["status"] == "failed" and 'ShopDown{' in check["message"]
    assert wait_for_reason(gate, "pending", "AlertsPending")["status"] == "degraded"
    exporter.samples.update(shop_down=0, shop_slow=0)
    wait_for_reason(gate, "critical", "NoAlerts")


def test_rules_of_a_prometheus(daemon, ruled, exporter):
    gate = daemon(configuration(
        {"url": ruled.url},
        good={"rules": {"names": ["ShopDown", "shop:sum"], "group": "shop", "max_age": "30s"}},
        firing={"rules": {"names": "ShopDown", "on_firing": "failed"}, "required": False},
        broken={"rules": {"group": "shop"}, "required": False},
        gone={"rules": {"names": ["ShopGone"]}, "required": False},
        elsewhere={"rules": {"names": ["ShopDown"], "group": "other"}, "required": False}))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "good")["message"] == "2 rules are healthy and evaluated in time"
    broken = wait_for_reason(gate, "broken", "RuleBroken")
    assert broken["status"] == "failed" and "duplicate series" in broken["message"]
    assert wait_for_reason(gate, "gone", "RuleMissing")["status"] == "failed"
    wait_for_reason(gate, "elsewhere", "RuleMissing")
    exporter.samples["shop_down"] = 1
    wait_for_reason(gate, "firing", "RuleFiring")
    assert gate.check("prod", "good")["status"] == "ready"


def serve_traffic(exporter, good, bad):
    """As if so many requests had been served since the last scrape."""
    samples = {}
    for track, (ok, failed) in {"new": (good, bad), "old": (good + bad, 0)}.items():
        for code, number in (("200", ok), ("500", failed)):
            name = f'requests_total{{track="{track}",code="{code}"}}'
            samples[name] = exporter.samples.get(name, 0) + number
    exporter.samples.update(samples)


SLO = {"objective": "99%", "period": "28d", "budget": "report",
       "errors": 'sum(increase(requests_total{code="500"}[$window])) or vector(0)',
       "total": "sum(increase(requests_total[$window]))"}
CANARY = {"errors": 'sum(increase(requests_total{track="$track",code="500"}[1m])) or vector(0)',
          "total": 'sum(increase(requests_total{track="$track"}[1m]))',
          "canary": "new", "baseline": "old", "max_ratio": 0.5, "max_z": 2.33}


def test_an_error_budget_burns_and_a_canary_dies(daemon, prometheus, exporter):
    serve_traffic(exporter, 0, 0)
    wait_until(lambda: prometheus.query("requests_total"), 30)
    gate = daemon(configuration({"url": prometheus.url}, slo={"slo": SLO}, canary={"canary": CANARY}))
    # The counters stand still: nothing burns, and nothing is known.
    assert wait_for_reason(gate, "slo", "LowVolume")["status"] == "unknown"
    assert wait_for_reason(gate, "canary", "LowVolume")["status"] == "unknown"
    assert gate.verdict("prod")["verdict"] == "wait"
    serve_traffic(exporter, 100000, 1)
    gate.wait_for("prod", "go", 40)
    facts = gate.check("prod", "slo")["facts"]
    assert facts["burn_5m"] < 1 and 0 < facts["budget_left"] <= 1
    facts = gate.check("prod", "canary")["facts"]
    assert facts["canary_events"] > 50 and facts["baseline"] == 0
    # Worse than the baseline by far, but not over the limit.
    serve_traffic(exporter, 50000, 80000)
    assert wait_for_reason(gate, "slo", "BudgetBurningFast")["status"] == "failed"
    check = wait_for_reason(gate, "canary", "CanaryWorse")
    assert check["status"] == "failed" and check["facts"]["z"] > 2.33
    assert gate.check("prod", "slo")["facts"]["burn_1h"] > 13.44
    serve_traffic(exporter, 0, 900000)
    wait_for_reason(gate, "canary", "CanaryOverLimit")


# ---- a client certificate ----


def certify(folder, name, *more):
    """NAME.pem and NAME.key, by the folder's own authority, which is made first."""
    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)

    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    if not (folder / "ca.pem").exists():
        openssl("req", "-x509", *key, "-days", "2", "-subj", "/CN=authority",
                "-keyout", folder / "ca.key", "-out", folder / "ca.pem")
    openssl("req", *key, "-subj", f"/CN={name}", "-keyout", folder / f"{name}.key", "-out", folder / f"{name}.csr")
    (folder / f"{name}.ext").write_text("\n".join(("basicConstraints=CA:FALSE", *more)))
    openssl("x509", "-req", "-in", folder / f"{name}.csr", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key",
            "-days", "2", "-extfile", folder / f"{name}.ext", "-out", folder / f"{name}.pem")


def test_a_prometheus_that_wants_a_client_certificate(daemon, prometheus):
    folder = prometheus.folder
    certify(folder, "server", "subjectAltName=IP:127.0.0.1")
    certify(folder, "gate", "extendedKeyUsage=clientAuth")
    (folder / "other").mkdir()
    certify(folder / "other", "stranger", "extendedKeyUsage=clientAuth")
    (folder / "web.yml").write_text(
        f"tls_server_config: {{cert_file: {folder}/server.pem, key_file: {folder}/server.key,"
        f" client_ca_file: {folder}/ca.pem, client_auth_type: RequireAndVerifyClientCert}}\n")
    port = free_port()
    with open(folder / "tls.log", "wb") as log:
        process = subprocess.Popen(
            [os.environ["CVG_PROMETHEUS"], f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/tls", f"--web.config.file={folder}/web.yml",
             f"--web.listen-address=127.0.0.1:{port}"],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        def source(tls):
            return {"type": "prometheus", "url": f"https://127.0.0.1:{port}", "tls": tls}

        mine = {"cert": f"{folder}/gate.pem", "key": f"file:{folder}/gate.key"}
        other = {"cert": f"{folder}/other/stranger.pem", "key": f"file:{folder}/other/stranger.key"}
        ca = {"ca": f"{folder}/ca.pem"}
        check = {"query": "vector(1)", "ready": "== 1"}
        gate = daemon(json.dumps({
            "server": {"listen": "127.0.0.1:0"}, "defaults": {"interval": "1s", "timeout": "5s", "rise": "0s"},
            "sources": {"mine": source({**ca, **mine}), "other": source({**ca, **other}), "none": source(ca),
                        "untrusting": source(mine)},
            "environments": {"prod": {"checks": {
                name: {"source": name, **check} for name in ("mine", "other", "none", "untrusting")}}}}))
        wait_for_reason(gate, "mine", "ConditionMet")
        # A server that refuses a client's certificate may say so after the handshake (TLS 1.3), or just hang up.
        refused = {"other": {"TlsFailed", "BadAnswer", "ConnectFailed"}, "untrusting": {"TlsFailed"}}
        refused["none"] = refused["other"]
        for name, reasons in refused.items():
            wait_until(lambda name=name: gate.check("prod", name)["reason"] != "NoReading")
            found = gate.check("prod", name)
            assert found["status"] == "unknown" and found["reason"] in reasons | {"SourceUnavailable"}, found
    finally:
        process.kill()
        process.wait(30)


# ---- a real Alertmanager ----


class Alertmanager:
    def __init__(self, folder):
        self.port = free_port()
        (folder / "alertmanager.yml").write_text("{route: {receiver: nobody}, receivers: [{name: nobody}]}")
        with open(folder / "alertmanager.log", "ab") as log:
            self.process = subprocess.Popen(
                [os.environ["CVG_ALERTMANAGER"], f"--config.file={folder}/alertmanager.yml",
                 f"--storage.path={folder}/data", "--cluster.listen-address=",
                 f"--web.listen-address=127.0.0.1:{self.port}"],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        wait_until(self._ready, 60, what="Alertmanager")

    def _ready(self):
        try:
            return http_request(self.port, "GET", "/-/ready").status == 200
        except OSError:
            return False

    def send(self, method, path, document=None):
        got = http_request(self.port, method, path, document and json.dumps(document),
                           {"Content-Type": "application/json"})
        assert got.status == 200, got.body
        return got

    def fire(self, seconds=600, **labels):
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds))
        self.send("POST", "/api/v2/alerts", [{"labels": labels, "endsAt": end}])

    def silence(self, name, value):
        end = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 600))
        start = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return self.send("POST", "/api/v2/silences", {
            "matchers": [{"name": name, "value": value, "isRegex": False, "isEqual": True}],
            "startsAt": start, "endsAt": end, "createdBy": "test", "comment": "test"}).json["silenceID"]


@pytest.fixture
def alertmanager(tmp_path):
    if "CVG_ALERTMANAGER" not in os.environ:
        pytest.fail("CVG_ALERTMANAGER must name an Alertmanager; run this by ./dev test")
    folder = tmp_path / "alertmanager"
    folder.mkdir()
    one = Alertmanager(folder)
    yield one
    one.process.kill()
    one.process.wait(30)


def test_alerts_of_an_alertmanager(daemon, alertmanager):
    gate = daemon(configuration(
        {"url": f"http://127.0.0.1:{alertmanager.port}", "flavour": "alertmanager"},
        c={"alerts": {"match": ['severity="crit\\"ical"', "env!=test"], "watchdog": "alertname=Watchdog"}}))
    check = wait_for_reason(gate, "c", "WatchdogSilent")
    assert check["status"] == "unknown"
    alertmanager.fire(alertname="Watchdog")
    alertmanager.fire(alertname="Test", severity='crit"ical', env="test")
    gate.wait_for("prod", "go")
    alertmanager.fire(alertname="Down", severity='crit"ical', env="prod")
    check = wait_for_reason(gate, "c", "AlertsFiring")
    assert check["status"] == "failed" and "Down{" in check["message"]
    silence = alertmanager.silence("alertname", "Down")
    check = wait_for_reason(gate, "c", "AlertsSilenced")
    assert check["status"] == "degraded" and silence in check["message"]
    assert gate.verdict("prod")["verdict"] == "wait"
    alertmanager.send("DELETE", f"/api/v2/silence/{silence}")
    wait_for_reason(gate, "c", "AlertsFiring")
    alertmanager.fire(-1, alertname="Down", severity='crit"ical', env="prod")
    gate.wait_for("prod", "go")


# ---- fakes, each as its documentation says ----


class Request:
    def __init__(self, raw):
        head, _, body = raw.partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.method, target, _ = first.split(" ")
        self.path, _, query = target.partition("?")
        self.headers = {name.lower(): value.strip() for name, _, value in (l.partition(":") for l in lines)}
        self.form = dict(urllib.parse.parse_qsl(body.decode() or query, keep_blank_values=True))


def fake(upstream, respond):
    """An upstream that answers by respond(request); gives its port and the list of raw requests."""
    server = None

    def behave(connection):
        connection.sendall(respond(Request(server.requests[-1])))

    class Any(dict):
        def get(self, _name, _default=None):
            return behave

    server = upstream(Any())
    return server


def error(status, kind, words):
    return answer(json.dumps({"status": "error", "errorType": kind, "error": words}), status)


def test_thanos_says_that_a_store_is_missing(daemon, upstream):
    state = {"store": True}

    def thanos(request):
        if request.path != "/api/v1/query" or request.headers.get("thanos-tenant") != "shop":
            return answer("404 page not found", "404 Not Found", "text/plain")
        if not state["store"]:
            if request.form["partial_response"] == "false":
                return error("422 Unprocessable Entity", "execution",
                             "expanding series: proxy Series(): rpc error: code = Aborted desc = "
                             "receive series from Addr: store-2:10901: connection refused")
            return answer(vector(0))  # quietly smaller
        assert request.form["dedup"] == "true"
        return answer(vector(7))

    server = fake(upstream, thanos)
    gate = daemon(configuration(
        {"url": f"http://127.0.0.1:{server.port}", "flavour": "thanos", "tenant": "shop"},
        c={"query": "sum(errors)", "ready": "<= 7"}))
    gate.wait_for("prod", "go")
    state["store"] = False
    check = wait_for_reason(gate, "c", "PartialData")
    assert check["status"] == "unknown" and "store-2" in check["message"]


def test_mimir_wants_its_prefix_and_a_tenant(daemon, upstream):
    def mimir(request):
        if not request.path.startswith("/prometheus/api/v1/"):
            return answer("404 page not found", "404 Not Found", "text/plain")
        if "x-scope-orgid" not in request.headers:
            return answer("no org id\n", "401 Unauthorized", "text/plain; charset=utf-8")
        if request.headers["x-scope-orgid"] == "busy":
            return error("429 Too Many Requests", "too_many_requests", "the request has been rejected")
        assert "partial_response" not in request.form
        if request.path.endswith("/rules"):
            assert request.method == "GET"
            return answer(json.dumps({"status": "success", "data": {"groups": [
                {"name": "g", "file": "n", "interval": 60, "rules": [
                    {"name": "R", "health": "unknown", "lastEvaluation": "0001-01-01T00:00:00Z",
                     "type": "recording"}]}]}}))
        return answer(vector(1))

    server = fake(upstream, mimir)
    gate = daemon(json.dumps({
        "server": {"listen": "127.0.0.1:0"}, "defaults": {"interval": "1s", "timeout": "2s", "rise": "0s"},
        "sources": {name: {"type": "prometheus", "flavour": "mimir",
                           "url": f"http://127.0.0.1:{server.port}{path}", **tenant}
                    for name, path, tenant in (("good", "/prometheus", {"tenant": "shop|infra"}),
                                               ("none", "/prometheus", {}),
                                               ("busy", "/prometheus", {"tenant": "busy"}),
                                               ("path", "", {"tenant": "shop"}))},
        "environments": {"prod": {"checks": {
            **{name: {"source": name, "query": "up", "ready": "== 1"} for name in ("good", "none", "busy", "path")},
            "rules": {"source": "good", "rules": {"group": "g"}}}}}}))
    wait_for_reason(gate, "good", "ConditionMet")
    assert "tenant" in wait_for_reason(gate, "none", "Unauthorized")["message"]
    wait_for_reason(gate, "busy", "Throttled")
    wait_for_reason(gate, "path", "NotFound")
    assert wait_for_reason(gate, "rules", "RuleNotEvaluated")["status"] == "unknown"


def test_victoriametrics_denies_partial_responses(daemon, upstream):
    state = {"node": True, "old": False}

    def victoria(request):
        if request.path != "/select/0/prometheus/api/v1/query":
            return answer("unsupported path requested", "400 Bad Request", "text/plain")
        assert request.form["nocache"] == "1"
        if not state["node"] and request.form.get("deny_partial_response") == "1" and not state["old"]:
            return error("503 Service Unavailable", "503",
                         "cannot fetch data: error occured during search: cannot connect to vmstorage-1:8401")
        document = json.loads(vector(1))
        document["isPartial"] = not state["node"]
        return answer(json.dumps(document))

    server = fake(upstream, victoria)
    gate = daemon(configuration(
        {"url": f"http://127.0.0.1:{server.port}/select/0/prometheus", "flavour": "victoriametrics"},
        c={"query": "up", "ready": "== 1"}))
    gate.wait_for("prod", "go")
    state["node"] = False
    assert wait_for_reason(gate, "c", "PartialData")["status"] == "unknown"
    state["old"] = True  # a version that does not know the parameter says isPartial
    wait_until(lambda: gate.check("prod", "c")["status"] == "degraded", 30, what="degraded")
    assert gate.check("prod", "c")["reason"] == "PartialData"


def test_loki_counts_lines_in_nanoseconds(daemon, upstream):
    seen = []

    def loki(request):
        if request.path != "/loki/api/v1/query":
            return answer("404 page not found", "404 Not Found", "text/plain")
        if request.headers.get("x-scope-orgid") != "shop":
            return answer("no org id\n", "401 Unauthorized", "text/plain")
        seen.append(request.form)
        if not request.form["query"].startswith("sum("):
            return answer("parse error at line 1, col 2: syntax error\n", "400 Bad Request", "text/plain")
        document = json.loads(vector(request.form["query"].count("panic")))
        document["data"]["stats"] = {"summary": {"bytesProcessedPerSecond": 1}}
        return answer(json.dumps(document))

    server = fake(upstream, loki)
    gate = daemon(configuration(
        {"url": f"http://127.0.0.1:{server.port}", "flavour": "loki", "tenant": "shop"},
        quiet={"query": 'sum(count_over_time({app="shop"} |= "x" [5m]))', "ready": "== 0"},
        loud={"query": 'sum(count_over_time({app="shop"} |= "panic" [5m]))', "ready": "== 0"},
        wrong={"query": '{app="shop"}', "ready": "== 0"}))
    wait_for_reason(gate, "quiet", "ConditionMet")
    assert wait_for_reason(gate, "loud", "ConditionNotMet")["status"] == "failed"
    assert "parse error" in wait_for_reason(gate, "wrong", "QueryRejected")["message"]
    assert all(re.fullmatch(r"\d{19}", form["time"]) and "timeout" not in form for form in seen)


# ---- what is refused, and the examples ----

REFUSED = [
    ({}, {"ready": "> 1"}, "needs one of query, alerts, rules, slo and canary"),
    ({}, {"query": "up"}, "is required beside query"),
    ({}, {"query": "up", "ready": "> 1", "rules": {"group": "g"}}, "makes another kind of check than query"),
    ({}, {"rules": {"group": "g"}, "ready": "> 1"}, "has no effect beside rules"),
    ({}, {"rules": {}}, "needs names, group or both"),
    ({}, {"rules": {"group": "g"}, "max_sample_age": "1m"}, "has no effect beside rules"),
    ({}, {"alerts": {"match": ["severity"]}}, "is not a matcher"),
    ({}, {"alerts": {"match": ["severity==critical"]}}, "needs quotes around its value"),
    ({}, {"alerts": {"match": ['a="b']}}, "does not end with its quote"),
    ({}, {"alerts": {"match": ['alertstate="firing"']}}, "asks for itself"),
    ({}, {"slo": {**SLO, "objective": "90%"}}, "could never ring"),
    ({}, {"slo": {**SLO, "objective": "0.999"}}, "such as 99.9%"),
    ({}, {"slo": {**SLO, "errors": "errors[5m]"}}, "lacks $window"),
    ({}, {"canary": {**CANARY, "total": 'x{t="new"}'}}, "lacks $track"),
    ({}, {"canary": {**CANARY, "total": "x{t='$track'}"}}, "double quotes"),
    ({}, {"canary": {**CANARY, "baseline": "new"}}, "is the canary itself"),
    ({}, {"canary": {**CANARY, "max_ratio": 2}}, "between 0 and 1"),
    ({"flavour": "loki"}, {"alerts": {"match": ["a=b"]}}, "no series ALERTS"),
    ({"flavour": "loki"}, {"rules": {"group": "g"}}, "cannot be asked of this flavour"),
    ({"flavour": "loki"}, {"query": "x", "ready": "> 1", "max_sample_age": "1m"}, "no timestamp()"),
    ({"flavour": "alertmanager"}, {"query": "x", "ready": "> 1"}, "answers `alerts` only"),
    ({"flavour": "alertmanager"}, {"alerts": {"match": ["a=b"], "on_pending": "failed"}}, "no pending"),
    ({"flavour": "thanos", "tenant": "a b"}, {"query": "x", "ready": "> 1"}, "printable ASCII"),
    ({"tenant": "shop"}, {"query": "x", "ready": "> 1"}, "a Prometheus has no tenants"),
    ({"flavour": "victoriametrics", "tenant": "0"}, {"query": "x", "ready": "> 1"}, "part of the url"),
]


@pytest.mark.parametrize("source, check, words", REFUSED, ids=[words for _, _, words in REFUSED])
def test_refuses_at_the_key(convergated, tmp_path, source, check, words):
    path = tmp_path / "convergate.yaml"
    path.write_text(configuration({"url": "http://127.0.0.1:9", **source}, c=check))
    done = convergated("--check", "-c", path)
    assert done.returncode != 0 and words in done.stderr, done.stderr


@pytest.mark.parametrize("name", sorted(path.name for path in EXAMPLES.glob("*.yaml")))
def test_examples_are_valid(convergated, name):
    done = convergated("--check", "-c", EXAMPLES / name)
    assert done.returncode == 0 and ": ok: " in done.stdout + done.stderr, done.stderr


def test_every_flavour_has_an_example():
    flavours = {"prometheus", "thanos", "mimir", "victoriametrics", "loki", "alertmanager"}
    assert flavours == {path.stem for path in EXAMPLES.glob("*.yaml")}
    for name in flavours - {"prometheus"}:
        assert f"flavour: {name}\n" in (EXAMPLES / f"{name}.yaml").read_text()
