# SPDX-License-Identifier: Apache-2.0
"""Stacks of CloudFormation, as a fake of the query API tells of them that verifies each signature."""

import json
import re
import urllib.parse
from xml.sax.saxutils import escape

import pytest

from aws_signature import refusal
from conftest import ROOT
from fake_clouds import Store
from terraform_files import FIXTURES, wait_reason

REGION = "eu-west-1"
SPACE = "http://cloudformation.amazonaws.com/doc/2010-05-15/"


def xml(value, tag):
    """As the query protocol writes it: a list's items are `member`s."""
    if isinstance(value, dict):
        inner = "".join(xml(each, name) for name, each in value.items())
    elif isinstance(value, list):
        inner = "".join(xml(each, "member") for each in value)
    else:
        inner = escape(str(value))
    return f"<{tag}>{inner}</{tag}>"


class FakeCloudFormation(Store):
    """Stacks by name, each as `aws cloudformation describe-stacks` prints it."""

    def __init__(self):
        super().__init__()
        self.keys, self.stacks, self.error, self.tokens = {"AKIDEXAMPLE": ("cfn/secret", None)}, {}, None, []

    def say(self, status, root, text):
        head = '<?xml version="1.0" encoding="UTF-8"?>\n'
        body = f'{head}<{root} xmlns="{SPACE}">{text}</{root}>'
        return status, {"Content-Type": "text/xml"}, body.encode()

    def fail(self, status, code, message):
        return self.say(status, "ErrorResponse", xml({"Type": "Sender", "Code": code, "Message": message}, "Error"))

    def answer(self, request, body):
        why = refusal(request, body, self.keys, REGION, "cloudformation")
        if why:
            self.refused.append(why)
            return self.fail(403, "SignatureDoesNotMatch", f"{why} x-amz-security-token:token-secret")
        asked = dict(urllib.parse.parse_qsl(body.decode(), strict_parsing=True))
        assert (request.command, request.path) == ("POST", "/")
        assert (asked.pop("Action"), asked.pop("Version")) == ("DescribeStacks", "2010-05-15")
        assert list(asked) == ["StackName"]
        if self.error:
            return self.fail(*self.error)
        stack = self.stacks.get(asked["StackName"])
        if stack is None:
            return self.fail(400, "ValidationError", f"Stack with id {asked['StackName']} does not exist")
        return self.say(200, "DescribeStacksResponse",
                        xml({"Stacks": [stack]}, "DescribeStacksResult")
                        + xml({"RequestId": "r"}, "ResponseMetadata"))


@pytest.fixture
def service():
    one = FakeCloudFormation()
    yield one
    one.stop()


def made(status, **more):
    """The stack of the fixtures, with secrets where a template may have some."""
    document = json.loads((FIXTURES / "constructed/cloudformation-describe-stacks.json").read_text())
    return document["Stacks"][0] | {"StackStatus": status, "StackStatusReason": "reason-secret",
                                    "Parameters": [{"ParameterKey": "Password",
                                                    "ParameterValue": "parameter-secret"}]} | more  # fmt: skip


def config(service, folder, **checks):
    (folder / "id").write_text("AKIDEXAMPLE")
    (folder / "secret").write_text("cfn/secret")
    return json.dumps({
        "server": {"listen": "127.0.0.1:0"},
        "defaults": {"interval": "300ms", "timeout": "5s", "rise": "0s", "fall": "0s"},
        "sources": {"aws": {"type": "cloudformation", "url": service.url, "sigv4": {
            "region": REGION, "access_key": f"file:{folder}/id", "secret_key": f"file:{folder}/secret"}}},
        "environments": {"prod": {
            "checks": {name: {"source": "aws"} | keys for name, keys in checks.items()},
            "gates": {"deploy": {}}}}})


def test_a_stack_from_nothing_to_updated(service, daemon, tmp_path):
    gate = daemon(config(service, tmp_path, shop={"stack": "shop", "outputs": ["Url"]}))
    wait_reason(gate, "shop", "Absent", "progressing")
    service.stacks["shop"] = made("REVIEW_IN_PROGRESS", Outputs=[])
    wait_reason(gate, "shop", "InReview", "progressing")
    service.stacks["shop"] = made("CREATE_IN_PROGRESS", Outputs=[])
    wait_reason(gate, "shop", "InProgress", "progressing")
    service.stacks["shop"] = made("CREATE_COMPLETE", Outputs=[])
    wait_reason(gate, "shop", "OutputMissing", "progressing")
    service.stacks["shop"] = made("CREATE_COMPLETE")
    gate.wait_for("prod", "go")
    check = gate.check("prod", "shop")
    assert (check["reason"], check["revision"]) == ("Complete", "2026-01-02T04:04:05Z")
    assert check["facts"]["outputs.Url"] == "https://x.example.test"
    service.stacks["shop"] = made("UPDATE_ROLLBACK_COMPLETE")
    wait_reason(gate, "shop", "RolledBack", "failed")
    assert gate.verdict("prod")["verdict"] == "halt"
    service.stacks["shop"] = made("UPDATE_COMPLETE", DriftInformation={"StackDriftStatus": "DRIFTED"})
    wait_reason(gate, "shop", "Drifted", "degraded")
    said = gate.log() + gate.get("/v1/environments/prod").body.decode() + gate.get("/metrics").body.decode()
    for secret in ("reason-secret", "parameter-secret", "cfn/secret"):
        assert secret not in said
    assert not service.refused


def test_a_stack_by_its_arn(service, daemon, tmp_path):
    stack = made("UPDATE_ROLLBACK_COMPLETE")
    service.stacks[stack["StackId"]] = stack
    gate = daemon(config(service, tmp_path, shop={"stack": stack["StackId"], "allow_rollback": True}))
    gate.wait_for("prod", "go")
    assert gate.check("prod", "shop")["facts"]["stack_id"] == stack["StackId"]


@pytest.mark.parametrize("error, reason", [
    ((403, "AccessDenied", "User: arn:aws:iam::1:user/x is not authorized"), "Forbidden"),
    ((400, "Throttling", "Rate exceeded"), "Throttled"),
    ((400, "ValidationError", "1 validation error detected"), "QueryRejected"),
    ((500, "InternalFailure", "sorry"), "SourceError"),
])
def test_a_service_that_does_not_tell_closes_the_gate(service, daemon, tmp_path, error, reason):
    service.stacks["shop"] = made("CREATE_COMPLETE")
    gate = daemon(config(service, tmp_path, shop={"stack": "shop"}))
    gate.wait_for("prod", "go")
    service.error = error
    check = wait_reason(gate, "shop", reason, "unknown")
    assert error[1] in check["message"]
    assert gate.verdict("prod")["verdict"] == "wait"


def test_a_wrong_key_is_told_without_what_was_signed(service, daemon, tmp_path):
    text = config(service, tmp_path, shop={"stack": "shop"})
    (tmp_path / "secret").write_text("another")
    gate = daemon(text)
    check = wait_reason(gate, "shop", "Unauthorized", "unknown")
    assert "SignatureDoesNotMatch" in check["message"] and "token-secret" not in check["message"] + gate.log()


def test_a_source_without_a_signature_is_refused(convergated, tmp_path):
    (tmp_path / "gate.yaml").write_text(json.dumps({
        "sources": {"aws": {"type": "cloudformation", "url": "http://127.0.0.1:1"}},
        "environments": {"prod": {"checks": {"shop": {"source": "aws", "stack": "shop"}}}}}))  # fmt: skip
    ran = convergated("--check", "-c", tmp_path / "gate.yaml")
    assert ran.returncode != 0 and "needs sigv4" in ran.stderr


@pytest.mark.parametrize("path", sorted((ROOT / "config/examples/cloudformation").glob("*.yaml"))
                         + sorted((ROOT / "config/examples/pulumi").glob("*.yaml")), ids=lambda path: path.stem)
def test_each_example_is_a_configuration(convergated, tmp_path, path):
    (tmp_path / "secret").write_text("hush")
    (tmp_path / "gate.yaml").write_text(re.sub(r"file:\S+", f"file:{tmp_path}/secret", path.read_text()))
    ran = convergated("--check", "-c", tmp_path / "gate.yaml")
    assert ran.returncode == 0, ran.stderr
