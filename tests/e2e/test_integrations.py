# SPDX-License-Identifier: Apache-2.0
"""What docs/integrations.md hands to other tools, run against the daemon: the curl script as it is,
the Argo CD Job's container with the shell and curl of this machine, Spinnaker's monitoring by its
own rules, and every query of the dashboard by a real Prometheus that scrapes the daemon."""

import hashlib
import json
import os
import pathlib
import re
import signal
import subprocess
import threading
import urllib.parse

import pytest
import yaml

from conftest import ROOT, Prometheus, answer, http_request, vector, wait_until

INTEGRATIONS = ROOT / "config" / "integrations"
TOKEN = "s3cr3t-token-of-the-test"


class Shop:
    """What the gate looks at: the number that its checks are about."""

    def __init__(self, upstream):
        self.value = 0
        self.source = upstream({"shop": lambda connection: connection.sendall(
            answer(vector(self.value)))})


@pytest.fixture
def shop(upstream):
    return Shop(upstream)


def config(shop, tokens=""):
    return f"""
server: {{listen: "127.0.0.1:0"{tokens}}}
defaults: {{interval: 500ms, timeout: 400ms, rise: 0s, fall: 0s}}
sources:
  shop: {{type: prometheus, url: "{shop.source.url('shop')}"}}
environments:
  prod:
    checks:
      errors: {{source: shop, query: errors, ready: ">= 1", component: web}}
      plan: {{source: shop, query: plan, ready: ">= 1", plane: declared, component: web}}
    gates: {{deploy: {{}}}}
  broken:
    checks:
      errors: {{source: shop, query: errors, ready: ">= 1", on_failed: halt}}
    gates: {{deploy: {{}}}}
"""


@pytest.fixture
def gate(daemon, shop):
    """One that wants the token."""
    sha256 = hashlib.sha256(TOKEN.encode()).hexdigest()
    one = daemon(config(shop, f", tokens: {{pipeline: {{sha256: {sha256}, scopes: [read, decide]}}}}"))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    one.get = lambda path: http_request(one.port, "GET", path, headers=headers)
    wait_until(lambda: one.check("prod", "errors")["status"] == "failed")
    return one


@pytest.fixture
def open_gate(daemon, shop, tmp_path):
    return daemon(config(shop) + f"store: {tmp_path}/rows.db\n")


@pytest.fixture
def token(tmp_path):
    path = tmp_path / "token"
    path.write_text(TOKEN + "\n")
    return path


def later(seconds, function):
    timer = threading.Timer(seconds, function)
    timer.start()
    return timer


# ---- curl ----


def curl_script(gate, *arguments, **environment):
    return subprocess.run([INTEGRATIONS / "curl.sh", *arguments], stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=60,
                          env={"PATH": os.environ["PATH"], "GATE_URL": f"http://127.0.0.1:{gate.port}",
                               **{name: str(value) for name, value in environment.items()}})


def test_the_curl_script_waits_until_go(gate, shop, token):
    later(1.5, lambda: setattr(shop, "value", 1))
    ran = curl_script(gate, "prod", "deploy", GATE_TOKEN_FILE=token, APP='a "b" & c', REVISION="1.4.2")
    assert ran.returncode == 0, ran.stderr
    document = json.loads(ran.stdout)
    assert document["verdict"] == "go" and document["id"]
    assert (document["app"], document["revision"]) == ('a "b" & c', "1.4.2")
    assert document["id"] in gate.log() and TOKEN not in gate.log()


def test_the_curl_script_stops_at_halt_and_at_the_end_of_its_patience(gate, token):
    gate.wait_for("broken", "halt")
    ran = curl_script(gate, "broken", GATE_TOKEN_FILE=token)
    assert ran.returncode == 22 and json.loads(ran.stdout)["verdict"] == "halt"
    ran = curl_script(gate, "prod", GATE_TOKEN_FILE=token, GATE_PATIENCE=1)
    assert ran.returncode == 22 and json.loads(ran.stdout)["verdict"] == "wait"


def test_the_curl_script_fails_where_it_may_not_ask_or_reaches_nobody(gate, token, tmp_path):
    ran = curl_script(gate, "nowhere", GATE_TOKEN_FILE=token)
    assert ran.returncode == 22 and json.loads(ran.stdout)["code"] == "NotFound"
    (tmp_path / "wrong").write_text("wrong\n")
    ran = curl_script(gate, "prod", GATE_TOKEN_FILE=tmp_path / "wrong")
    assert ran.returncode == 22 and json.loads(ran.stdout)["status"] == 401
    ran = curl_script(gate, "prod", GATE_URL="http://127.0.0.1:1", GATE_PATIENCE=1)
    assert ran.returncode == 7
    assert curl_script(gate).returncode not in (0, 22)


# ---- Argo CD ----


def hook_job(gate, tmp_path, token, **environment):
    """Runs the container of the Job: its variables, its command, its arguments."""
    job = yaml.safe_load((INTEGRATIONS / "argocd-hook-job.yaml").read_text())
    annotations = job["metadata"]["annotations"]
    assert annotations["argocd.argoproj.io/hook"] == "PreSync" and job["spec"]["backoffLimit"] == 0
    pod = job["spec"]["template"]["spec"]
    [container] = pod["containers"]
    variables = {variable["name"]: variable["value"] for variable in container["env"]}
    assert int(variables["PATIENCE"]) + 40 < job["spec"]["activeDeadlineSeconds"]
    message = tmp_path / "termination-log"
    arguments = [text.replace("/gate/token", str(token)).replace("/dev/termination-log", str(message))
                 for text in container["args"]]
    variables.update(GATE_URL=f"http://127.0.0.1:{gate.port}", PATH=os.environ["PATH"], **environment)
    ran = subprocess.run([*container["command"], *arguments], env=variables, timeout=60,
                         stdin=subprocess.DEVNULL, capture_output=True, text=True)
    return ran, json.loads(message.read_text())


def test_the_hook_job_lets_the_sync_go_on(gate, shop, tmp_path, token):
    later(1.5, lambda: setattr(shop, "value", 1))
    ran, message = hook_job(gate, tmp_path, token)
    assert ran.returncode == 0, ran.stderr
    assert message["verdict"] == "go" and message["app"] == "shop"


def test_the_hook_job_fails_the_sync_with_its_reason(gate, tmp_path, token):
    gate.wait_for("broken", "halt")
    ran, message = hook_job(gate, tmp_path, token, ENVIRONMENT="broken")
    assert ran.returncode == 22
    assert message["verdict"] == "halt" and message["reasons"][0]["check"] == "errors"


# ---- Spinnaker ----


class Monitor:
    """Orca's MonitorWebhookTask for a stage with monitorOnly: what it makes of each answer."""

    def __init__(self, stage, gate, parameters):
        assert stage["monitorOnly"] and stage["waitForCompletion"]
        self.stage, self.gate = stage, gate
        text = re.sub(r"\$\{([^}]+)\}", lambda found: parameters[found.group(1)], stage["url"])
        url = urllib.parse.urlsplit(text)
        assert url.scheme == "https" and "." in url.hostname
        self.path = f"{url.path}?{url.query}"
        self.headers = {name: re.sub(r"\$\{([^}]+)\}", lambda found: parameters[found.group(1)], value)
                        for name, value in stage["customHeaders"].items()}
        self.progress = None

    @staticmethod
    def read(document, path):
        """The JSON paths of the stage are of the form $.name."""
        assert path.startswith("$.") and path[2:].isidentifier()
        return document[path[2:]]

    def statuses(self, key):
        return {word.strip().upper() for word in self.stage.get(key, "").split(",")}

    def ask(self):
        reply = http_request(self.gate.port, "GET", self.path, headers=self.headers)
        if reply.status >= 400:
            again = reply.status >= 500 or reply.status in self.stage.get("retryStatusCodes", [])
            return "RUNNING" if again else "TERMINAL"
        if reply.headers["Content-Type"] != "application/json":
            return "TERMINAL"
        try:
            result = self.read(reply.json, self.stage["statusJsonPath"])
            self.progress = self.read(reply.json, self.stage["progressJsonPath"])
        except KeyError:
            return "TERMINAL"
        if not isinstance(result, (str, int, float, bool)) or not isinstance(self.progress, str):
            return "TERMINAL"
        if isinstance(result, (int, float)) and not isinstance(result, bool):
            return "SUCCEEDED" if result == 100 else "RUNNING"
        word = str(result).upper()
        for key, status in (("terminalStatuses", "TERMINAL"), ("canceledStatuses", "CANCELED"),
                            ("successStatuses", "SUCCEEDED")):
            if word in self.statuses(key):
                return status
        return "RUNNING"


@pytest.fixture
def stage():
    return json.loads((INTEGRATIONS / "spinnaker-stage.json").read_text())


PARAMETERS = {"trigger.artifacts[0].reference": "sha256%3Aabc", "parameters.gateToken": TOKEN}


def test_the_spinnaker_stage_runs_until_go(gate, shop, stage):
    monitor = Monitor(stage, gate, PARAMETERS)
    assert monitor.ask() == "RUNNING" and monitor.progress == "0 of 2 checks ready"
    shop.value = 1
    wait_until(lambda: monitor.ask() == "SUCCEEDED", what="the stage's end")
    shop.value = 0
    wait_until(lambda: monitor.ask() == "RUNNING", what="a new wait")


def test_the_spinnaker_stage_ends_at_halt_and_at_wrong_questions(gate, stage):
    gate.wait_for("broken", "halt")
    for path, token in (("/broken/", TOKEN), ("/nowhere/", TOKEN), ("/prod/", "wrong")):
        changed = {**stage, "url": stage["url"].replace("/prod/", path)}
        parameters = {**PARAMETERS, "parameters.gateToken": token}
        assert Monitor(changed, gate, parameters).ask() == "TERMINAL", (path, token)


def test_the_spinnaker_stage_goes_on_while_the_gate_cannot_tell(gate, stage):
    tasks = pathlib.Path(f"/proc/{gate.process.pid}/task")
    os.kill(gate.process.pid, signal.SIGSTOP)
    wait_until(lambda: all(task.read_text().rsplit(")", 1)[1].split()[0] == "T"
                           for task in tasks.glob("*/stat")), what="the stopped daemon")
    try:
        with pytest.raises(TimeoutError):  # Orca asks again after a timeout of the socket
            http_request(gate.port, "GET", "/livez", timeout=0.3)
    finally:
        os.kill(gate.process.pid, signal.SIGCONT)
    assert Monitor(stage, gate, PARAMETERS).ask() == "RUNNING"


# ---- Grafana ----


DASHBOARD = ROOT / "config" / "dashboards" / "convergate.json"
# Panels that say in their description when they have no data, and have none here.
MAY_BE_EMPTY = set()


def queries():
    dashboard = json.loads(DASHBOARD.read_text())
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def spelled(expression):
    """As Grafana sends it with the environment "All"."""
    text = expression.replace("$environment", ".*").replace("$__rate_interval", "5s")
    assert "$" not in text, text
    return text


@pytest.fixture
def scraper(open_gate, tmp_path):
    folder = tmp_path / "prometheus"
    folder.mkdir()
    one = Prometheus(folder, open_gate.port)
    yield one
    one.stop(signal.SIGKILL)


def test_every_query_of_the_dashboard_gives_data(open_gate, shop, scraper):
    shop.value = 1
    open_gate.post("/v1/verdict/prod/deploy", {"app": "shop", "revision": "1"})
    open_gate.wait_for("prod", "go")
    seen = list(queries())
    assert len(seen) >= 15
    for title, expression in seen:
        if title not in MAY_BE_EMPTY:
            wait_until(lambda: scraper.query(spelled(expression)), 30, what=f"data for {title}")

    by_title = {}
    for title, expression in seen:
        by_title.setdefault(title, expression)

    def values(title):
        return {tuple(value for name, value in sorted(one["metric"].items())): float(one["value"][1])
                for one in scraper.query(spelled(by_title[title]))}

    wait_until(lambda: values("Phase").get(("prod",)) == 5, what="prod to be ready")
    wait_until(lambda: values("Verdicts").get(("prod", "deploy")) == 1, what="go")
    wait_until(lambda: values("Checks").get(("errors", "prod")) == 4, what="the check to be ready")
    shop.value = 0
    wait_until(lambda: values("Phase").get(("broken",)) == 1, what="broken to have failed")
    wait_until(lambda: values("Verdicts").get(("broken", "deploy")) == 3, what="halt")
    wait_until(lambda: values("Checks").get(("errors", "broken")) == 1, what="the failed check")


def test_the_dashboard_is_of_the_classic_model():
    dashboard = json.loads(DASHBOARD.read_text())
    assert dashboard["id"] is None and 8 <= len(dashboard["uid"]) <= 40
    assert isinstance(dashboard["schemaVersion"], int) and "__inputs" not in dashboard
    names = {variable["name"]: variable for variable in dashboard["templating"]["list"]}
    assert names["datasource"]["type"] == "datasource"
    assert names["datasource"]["query"] == "prometheus"
    identities = [panel["id"] for panel in dashboard["panels"]]
    assert len(set(identities)) == len(identities)
    placed = set()
    for panel in dashboard["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
        cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                 for y in range(place["y"], place["y"] + place["h"])}
        assert not cells & placed, panel["title"]
        placed |= cells
        for target in panel.get("targets", []):
            assert target["datasource"] == {"type": "prometheus", "uid": "${datasource}"}
            assert target["refId"] and target["expr"]
