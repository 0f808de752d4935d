# SPDX-License-Identifier: Apache-2.0
"""Each example of config/examples/http as it stands, asked of a small fake that answers as the
vendor's documentation says: what it takes, which credentials it wants, what its states look like."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import yaml

from aws_signature import refusal
from conftest import ROOT, wait_until

EXAMPLES = ROOT / "config/examples/http"
REGION = "eu-central-1"
KEYS = {"AKIDEXAMPLE": ("wJalrXUtnFEMI/K7MDENG", None)}


class Vendor:
    """answer(request, body) -> (status, content type, text); a test sets it anew as time goes on."""

    def __init__(self, answer):
        self.answer, self.seen = answer, []
        vendor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                vendor.seen.append((self.command, self.path))
                status, kind, text = vendor.answer(self, body)
                text = text if isinstance(text, bytes) else text.encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            do_POST = do_GET

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def vendor():
    started = []

    def start(answer):
        started.append(Vendor(answer))
        return started[-1]

    yield start
    for one in started:
        one.stop()


SECRETS = {"aws-access-key-id": "AKIDEXAMPLE", "aws-secret-access-key": "wJalrXUtnFEMI/K7MDENG",
           "datadog-api-key": "dd-api-0123", "datadog-application-key": "dd-app-0123",
           "newrelic-user-key": "NRAK-0123", "elasticsearch-password": "es-0123",
           "sonar-token": "squ_0123"}


def configure(name, vendor, folder):
    """The example with the fake's address, secrets in the folder, and less patience."""
    text = (EXAMPLES / f"{name}.yaml").read_text()
    for secret, value in SECRETS.items():
        path = folder / secret
        path.write_text(value + "\n")
        path.chmod(0o600)
    document = yaml.safe_load(text.replace("file:/etc/convergate/", f"file:{folder}/"))
    [source] = document["sources"].values()
    source["url"] = f"http://127.0.0.1:{vendor.port}"
    source.pop("tls", None)
    for check in document["environments"]["shop"]["checks"].values():
        check["interval"] = "500ms"
    return json.dumps({"server": {"listen": "127.0.0.1:0"},
                       "defaults": {"timeout": "5s", "rise": "0s"}, **document})


def comes_to(gate, name, status, reason):
    def ask():
        check = gate.check("shop", name)
        return check if (check["status"], check["reason"]) == (status, reason) else None

    return wait_until(ask, 20, what=f"{name} = {status} {reason}, now {gate.check('shop', name)}")


def no_secret_is_shown(gate):
    shown = (gate.log() + gate.get("/metrics").body.decode()
             + gate.get("/v1/environments/shop").body.decode())
    for value in SECRETS.values():
        assert value not in shown
    assert "AWS4-HMAC" not in shown


def answers(document, status=200, kind="application/json"):
    text = document if isinstance(document, str) else json.dumps(document)
    return status, kind, text


def test_every_example_is_a_configuration(convergated, tmp_path):
    """Those of no vendor, too."""
    secret = tmp_path / "secret"
    secret.write_text("x")
    secret.chmod(0o600)
    for path in sorted(EXAMPLES.glob("*.yaml")):
        own = tmp_path / path.name
        own.write_text(re.sub(r"file:/etc/convergate/[\w.-]+", f"file:{secret}", path.read_text()))
        done = convergated("--check", "-c", own)
        assert done.returncode == 0 and ": ok: " in done.stdout, (path, done.stderr)


def test_datadog(vendor, daemon, tmp_path):
    """https://docs.datadoghq.com/api/latest/monitors/get-a-monitors-details/"""
    state = {"overall_state": "No Data"}

    def answer(request, body):
        keys = request.headers.get("DD-API-KEY"), request.headers.get("DD-APPLICATION-KEY")
        if keys != (SECRETS["datadog-api-key"], SECRETS["datadog-application-key"]):
            return answers({"errors": ["Forbidden"]}, 403)
        if (request.command, request.path) != ("GET", "/api/v1/monitor/2081280"):
            return answers({"errors": ["Monitor not found"]}, 404)
        return answers({"id": 2081280, "name": "Checkout errors", "type": "query alert",
                        "query": "avg(last_5m):avg:errors{*} > 1", "multi": False, "tags": [],
                        "options": {"thresholds": {"critical": 1}}, "created": "2015-12-18T16:34:14Z",
                        "deleted": None, **state})

    fake = vendor(answer)
    gate = daemon(configure("datadog", fake, tmp_path))
    comes_to(gate, "checkout-monitor", "unknown", "ConditionNotMet")
    state["overall_state"] = "OK"
    check = comes_to(gate, "checkout-monitor", "ready", "Answered")
    assert check["facts"]["monitor"] == "Checkout errors"
    state["overall_state"] = "Warn"
    comes_to(gate, "checkout-monitor", "degraded", "ConditionNotMet")
    state["overall_state"] = "Alert"
    check = comes_to(gate, "checkout-monitor", "failed", "ConditionNotMet")
    assert "'Alert'" in check["message"]
    (tmp_path / "datadog-api-key").write_text("other")
    comes_to(gate, "checkout-monitor", "unknown", "Forbidden")
    no_secret_is_shown(gate)


def test_new_relic(vendor, daemon, tmp_path):
    """https://docs.newrelic.com/docs/apis/nerdgraph/examples/nerdgraph-nrql-tutorial/"""
    results = [{"errors": 0.25}]

    def answer(request, body):
        if request.headers.get("API-Key") != SECRETS["newrelic-user-key"]:
            return answers({"errors": [{"message": "Invalid API key"}]}, 401)
        assert (request.command, request.path) == ("POST", "/graphql")
        assert request.headers["Content-Type"] == "application/json"
        query = json.loads(body)["query"]
        assert re.search(r'account\(id: 1234567\) \{ nrql\(query: "SELECT percentage', query)
        if results is None:
            return answers({"data": {"actor": {"account": {"nrql": None}}}, "errors": [
                {"message": "NRQL Syntax Error", "path": ["actor", "account", "nrql"]}]})
        return answers({"data": {"actor": {"account": {"nrql": {"results": results}}}}})

    fake = vendor(answer)
    gate = daemon(configure("newrelic", fake, tmp_path))
    assert comes_to(gate, "errors", "ready", "Answered")["value"] == 0.25
    results[0]["errors"] = 4.5
    assert comes_to(gate, "errors", "failed", "ConditionNotMet")["value"] == 4.5
    results = None
    comes_to(gate, "errors", "unknown", "ConditionNotMet")
    results = []
    comes_to(gate, "errors", "failed", "ValueMissing")
    no_secret_is_shown(gate)


def test_elasticsearch(vendor, daemon, tmp_path):
    """https://www.elastic.co/guide/en/elasticsearch/reference/current/cluster-health.html"""
    health = {"cluster_name": "shop", "status": "yellow", "timed_out": False, "number_of_nodes": 3,
              "number_of_data_nodes": 3, "active_primary_shards": 10, "active_shards": 19,
              "relocating_shards": 0, "initializing_shards": 1, "unassigned_shards": 1,
              "delayed_unassigned_shards": 0, "number_of_pending_tasks": 0,
              "number_of_in_flight_fetch": 0, "task_max_waiting_in_queue_millis": 0,
              "active_shards_percent_as_number": 95.0}

    def answer(request, body):
        if request.headers.get("Authorization") != "Basic Y29udmVyZ2F0ZTplcy0wMTIz":
            return answers({"error": {"type": "security_exception"}, "status": 401}, 401)
        return answers(health if request.path == "/_cluster/health" else {}, 200)

    gate = daemon(configure("elasticsearch", vendor(answer), tmp_path))
    check = comes_to(gate, "cluster", "progressing", "ConditionNotMet")
    assert check["value"] == 95 and check["facts"]["unassigned"] == 1
    health.update(status="green", unassigned_shards=0, active_shards_percent_as_number=100.0)
    assert comes_to(gate, "cluster", "ready", "Answered")["value"] == 100
    health.update(number_of_nodes=2)
    comes_to(gate, "cluster", "degraded", "ConditionNotMet")
    health.update(status="red")
    comes_to(gate, "cluster", "failed", "ConditionNotMet")
    health.update(timed_out=True)
    comes_to(gate, "cluster", "unknown", "ConditionNotMet")
    no_secret_is_shown(gate)


def test_vault(vendor, daemon, tmp_path):
    """https://developer.hashicorp.com/vault/api-docs/system/health"""
    state = {"status": 200, "sealed": False, "standby": False, "initialized": True}

    def answer(request, body):
        document = {key: value for key, value in state.items() if key != "status"}
        return answers({**document, "performance_standby": False, "server_time_utc": 1700000000,
                        "replication_dr_mode": "disabled", "version": "1.15.0",
                        "cluster_name": "vault-cluster-0", "cluster_id": "c9"}, state["status"])

    gate = daemon(configure("vault", vendor(answer), tmp_path))
    assert comes_to(gate, "unsealed", "ready", "Answered")["facts"]["version"] == "1.15.0"
    state.update(status=503, sealed=True)
    comes_to(gate, "unsealed", "failed", "StatusUnexpected")
    state.update(status=429, sealed=False, standby=True)
    assert comes_to(gate, "unsealed", "ready", "Answered")["facts"]["standby"] == "true"
    state.update(status=472)
    comes_to(gate, "unsealed", "degraded", "StatusUnexpected")
    state.update(status=501, initialized=False)
    comes_to(gate, "unsealed", "failed", "StatusUnexpected")


def test_sonarqube(vendor, daemon, tmp_path):
    """The server's own Web API documentation, api/qualitygates/project_status."""
    gates = {"status": "NONE", "conditions": []}

    def answer(request, body):
        if request.headers.get("Authorization") != f"Bearer {SECRETS['sonar-token']}":
            return answers("", 401)
        assert request.path == "/api/qualitygates/project_status?projectKey=shop&branch=main"
        return answers({"projectStatus": {**gates, "ignoredConditions": False,
                                          "period": {"mode": "PREVIOUS_VERSION"}}})

    gate = daemon(configure("sonarqube", vendor(answer), tmp_path))
    comes_to(gate, "quality-gate", "progressing", "ConditionNotMet")
    gates.update(status="OK")
    assert comes_to(gate, "quality-gate", "ready", "Answered")["plane"] == "declared"
    gates.update(status="ERROR", conditions=[
        {"status": "ERROR", "metricKey": "new_coverage", "comparator": "LT", "periodIndex": 1,
         "errorThreshold": "85", "actualValue": "82.5"}])
    comes_to(gate, "quality-gate", "failed", "ConditionNotMet")
    (tmp_path / "sonar-token").write_text("wrong")
    comes_to(gate, "quality-gate", "unknown", "Unauthorized")
    no_secret_is_shown(gate)


def test_trivy(vendor, daemon, tmp_path):
    """trivy server: /healthz answers "ok", /version what `trivy version --format json` prints."""
    version = {"Version": "0.50.0"}

    def answer(request, body):
        if request.path == "/healthz":
            return answers("ok", 200, "text/plain; charset=utf-8")
        return answers(version) if request.path == "/version" else answers("404 page not found\n", 404)

    gate = daemon(configure("trivy", vendor(answer), tmp_path))
    comes_to(gate, "alive", "ready", "Answered")
    comes_to(gate, "database", "degraded", "ValueMissing")
    version["VulnerabilityDB"] = {"Version": 2, "NextUpdate": "2026-11-21T06:11:37.6Z",
                                  "UpdatedAt": "2026-11-21T00:11:37.6Z",
                                  "DownloadedAt": "2026-11-21T01:01:41.2Z"}
    check = comes_to(gate, "database", "ready", "Answered")
    assert check["facts"]["updated_at"] == "2026-11-21T00:11:37.6Z"


# ---- AWS ----


def signed(service, answer):
    """What the fake says to a request whose signature verifies."""

    def check(request, body):
        why = refusal(request, body, KEYS, REGION, service)
        return answers({"message": why}, 403) if why else answer(request, body)

    return check


def health(states):
    members = "".join(
        f"<member><HealthCheckPort>80</HealthCheckPort><TargetHealth><State>{state}</State>"
        f"</TargetHealth><Target><Port>80</Port><Id>i-0f76fade{index}</Id></Target></member>"
        for index, state in enumerate(states))
    return ('<DescribeTargetHealthResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/">'
            f"<DescribeTargetHealthResult><TargetHealthDescriptions>{members}</TargetHealthDescriptions>"
            "</DescribeTargetHealthResult><ResponseMetadata><RequestId>c534f810</RequestId>"
            "</ResponseMetadata></DescribeTargetHealthResponse>")


def test_aws_target_health(vendor, daemon, tmp_path):
    """https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_DescribeTargetHealth.html"""
    states = ["initial", "healthy"]

    def answer(request, body):
        assert body.startswith(b"Action=DescribeTargetHealth&Version=2015-12-01&TargetGroupArn=arn%3Aaws")
        if states is None:
            return answers("<ErrorResponse><Error><Type>Sender</Type><Code>TargetGroupNotFound</Code>"
                           "<Message>One or more target groups not found</Message></Error></ErrorResponse>",
                           400, "text/xml")
        return answers(health(states), 200, "text/xml")

    gate = daemon(configure("aws-target-health", vendor(signed("elasticloadbalancing", answer)), tmp_path))
    check = comes_to(gate, "targets", "progressing", "BodyUnexpected")
    assert "<State>initial</State>" in check["message"]
    states[0] = "healthy"
    comes_to(gate, "targets", "ready", "Answered")
    states.clear()
    comes_to(gate, "targets", "progressing", "BodyUnexpected")
    states = None
    comes_to(gate, "targets", "failed", "StatusUnexpected")
    no_secret_is_shown(gate)


def test_aws_lambda(vendor, daemon, tmp_path):
    """https://docs.aws.amazon.com/lambda/latest/api/API_GetFunctionConfiguration.html"""
    state = {"State": "Pending", "StateReasonCode": "Creating", "LastUpdateStatus": "Successful"}

    def answer(request, body):
        assert request.path == "/2015-03-31/functions/checkout/configuration"
        return answers({"FunctionName": "checkout", "Runtime": "python3.12", "Version": "$LATEST",
                        "CodeSha256": "5tT2qgzYUHoqwR616pZ2dpkn/0J1FrzJmlKidWaaCgk=", "CodeSize": 2, **state})

    gate = daemon(configure("aws-lambda", vendor(signed("lambda", answer)), tmp_path))
    comes_to(gate, "checkout-function", "progressing", "ConditionNotMet")
    state.update(State="Active", LastUpdateStatus="InProgress")
    comes_to(gate, "checkout-function", "progressing", "ConditionNotMet")
    state.update(LastUpdateStatus="Successful")
    check = comes_to(gate, "checkout-function", "ready", "Answered")
    assert check["revision"] == "5tT2qgzYUHoqwR616pZ2dpkn/0J1FrzJmlKidWaaCgk="
    state.update(LastUpdateStatus="Failed")
    comes_to(gate, "checkout-function", "failed", "ConditionNotMet")
    (tmp_path / "aws-secret-access-key").write_text("wrong")
    comes_to(gate, "checkout-function", "unknown", "Forbidden")
    no_secret_is_shown(gate)


def test_aws_ecs(vendor, daemon, tmp_path):
    """https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"""
    arn = "arn:aws:ecs:eu-central-1:123456789012:"
    service = None
    deployments = [{"id": "ecs-svc/2", "status": "PRIMARY", "rolloutState": "IN_PROGRESS"},
                   {"id": "ecs-svc/1", "status": "ACTIVE", "rolloutState": "COMPLETED"}]

    def answer(request, body):
        assert request.headers["X-Amz-Target"] == "AmazonEC2ContainerServiceV20141113.DescribeServices"
        assert request.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert json.loads(body) == {"cluster": "shop", "services": ["api"]}
        if service is None:
            document = {"services": [], "failures": [{"arn": arn + "service/api", "reason": "MISSING"}]}
        else:
            document = {"services": [{**service, "deployments": deployments}], "failures": []}
        return answers(document, 200, "application/x-amz-json-1.1")

    gate = daemon(configure("aws-ecs", vendor(signed("ecs", answer)), tmp_path))
    check = comes_to(gate, "api-service", "progressing", "ConditionNotMet")
    assert "/failures is a list of 1" in check["message"]
    service = {"serviceArn": arn + "service/shop/api", "status": "ACTIVE", "desiredCount": 2,
               "runningCount": 2, "pendingCount": 0, "taskDefinition": arn + "task-definition/api:42"}
    wait_until(lambda: "/deployments is a list of 2" in gate.check("shop", "api-service")["message"],
               what="two deployments")
    deployments.pop()
    deployments[0]["rolloutState"] = "COMPLETED"
    check = comes_to(gate, "api-service", "ready", "Answered")
    assert check["revision"] == arn + "task-definition/api:42" and check["value"] == 2
    deployments[0]["rolloutState"] = "FAILED"
    comes_to(gate, "api-service", "failed", "ConditionNotMet")
    no_secret_is_shown(gate)
