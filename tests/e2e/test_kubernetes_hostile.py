# SPDX-License-Identifier: Apache-2.0
"""What no API server should send: whatever comes, the daemon lives, its memory stays bounded, the
reason is the right one, and nothing is go that was not read whole."""

import base64
import json
import struct

import pytest

from conftest import wait_until
from kube import protobuf as pb
from kube.gate import DEPLOYMENT, config, wait_check
from kube.objects import App

PB, JSON = "application/vnd.kubernetes.protobuf", "application/json"
DEPLOYMENTS = "GET /apis/apps/v1/.*deployments"


class Ready:
    """A Deployment that is rolled out, written here and nowhere stored."""

    def __init__(self):
        self.document = None

    def put(self, document):
        self.document = document

    put_all = delete = lambda self, *arguments: None


def deployment(**status):
    made = Ready()
    App(made).settle()
    document = made.document
    document["metadata"]["resourceVersion"] = "7"
    document["status"] |= status
    return document


def raw(document):
    return pb.write(("apps/v1", "Deployment"), document)


def listed(*items, tail=b"", version="9", token=""):
    inside = pb.data(1, pb.list_meta(version, token)) + b"".join(pb.data(2, one) for one in items)
    return pb.envelope("apps/v1", "DeploymentList", inside + tail)


def json_listed(*items, **about):
    return json.dumps({"kind": "DeploymentList", "apiVersion": "apps/v1",
                       "metadata": {"resourceVersion": "9"} | about, "items": list(items)}).encode()


GOOD = raw(deployment())
BAD = {"BadAnswer", "ObjectNotRead", "TooLarge"}
LISTS = {
    "truncated": (PB, listed(GOOD)[:-40]),
    "wrong magic": (PB, b"k9s\0" + listed(GOOD)[4:]),
    "no magic": (PB, listed(GOOD)[4:]),
    "empty": (PB, b""),
    "only magic": (PB, pb.MAGIC),
    "length past the end": (PB, pb.MAGIC + b"\x12\xff\xff\xff\xff\x0f" + GOOD),
    "length of 2^63": (PB, pb.MAGIC + b"\x12" + b"\xff" * 9 + b"\x01" + GOOD),
    "endless varint": (PB, pb.MAGIC + b"\x12" + b"\xff" * 64),
    "item past the end": (PB, listed(tail=b"\x12\xff\xff\x7f" + GOOD)),
    "group wire type": (PB, listed(GOOD, tail=b"\x1b\x1b\x1b")),
    "name is no UTF-8": (PB, listed(raw(deployment()).replace(b"\x0a\x03api",
                                                              b"\x0a\x03\xff\xfe\xfd"))),
    "negative count": (PB, listed(raw(deployment(readyReplicas=-3)))),
    "negative generation": (PB, listed(raw(deployment(observedGeneration=-1)))),
    "no name": (PB, listed(pb.data(1, b""))),
    "another kind": (PB, pb.envelope("v1", "PodList", listed(GOOD))),
    "status of success": (PB, pb.status({"metadata": {}, "status": "Success", "message": "",
                                         "code": 200})),
    "HTML": ("text/html", b"<html><body>Sign in to the portal</body></html>"),
    "JSON in the protobuf type": (PB, json_listed(deployment())),
}
JSON_LISTS = {
    "truncated": (JSON, json_listed(deployment())[:-30]),
    "two documents": (JSON, json_listed(deployment()) * 2),
    "items are none": (JSON, b'{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":{'
                             b'"resourceVersion":"9"},"items":{"a":1}}'),
    "deep": (JSON, b'{"kind":"DeploymentList","items":' + b"[" * 100000),
    "name is no UTF-8": (JSON, json_listed(deployment()).replace(b'"name": "api"',
                                                                 b'"name": "\xff\xfe"')),
    "negative count": (JSON, json_listed(deployment(readyReplicas=-3))),
    "count is huge": (JSON, json_listed(deployment()).replace(b'"readyReplicas": 3',
                                                              b'"readyReplicas": 1e999')),
    "HTML": ("text/html", b"<html></html>"),
}
CASES = [("protobuf", name) for name in LISTS] + [("json", name) for name in JSON_LISTS]


@pytest.mark.parametrize("encoding, name", CASES, ids=[f"{one}: {name}" for one, name in CASES])
def test_a_list_that_is_none_opens_nothing(cluster, daemon, encoding, name):
    App(cluster).settle()
    kind, body = (LISTS if encoding == "protobuf" else JSON_LISTS)[name]
    cluster.fault(DEPLOYMENTS, "answer", times=-1, type=kind,
                  body=base64.b64encode(body).decode())
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {
        "kubeconfig": str(cluster.kubeconfig()), "encoding": encoding, "stream_lists": False}))
    check = wait_until(lambda: (one := gate.check("prod", "api"))["reason"] in BAD and one,
                       what=f"a refusal of {name}")
    assert check["status"] == "unknown", check
    assert gate.verdict("prod")["verdict"] == "wait"
    cluster.do("heal")
    gate.wait_for("prod", "go", seconds=60)


@pytest.mark.parametrize("how", ["hang", "begin_hang", "half_hang", "half_cut", "cut"])
def test_a_list_that_stalls_or_breaks_off(cluster, daemon, hasty, how):
    App(cluster).settle()
    cluster.fault(DEPLOYMENTS, how, times=-1)
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {
        "kubeconfig": str(cluster.kubeconfig()), "stream_lists": False}),
        environment=hasty if how == "hang" else None)
    wait_until(lambda: cluster.asked("/deployments"))
    wait_until(lambda: gate.check("prod", "api")["status"] == "unknown")
    assert gate.verdict("prod")["verdict"] == "wait"
    cluster.do("heal")
    if how != "hang":  # whose end is left to the daemon
        cluster.do("cut")
    gate.wait_for("prod", "go", seconds=90)


def resident_mib(gate):
    for line in open(f"/proc/{gate.process.pid}/status"):
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise AssertionError


ITEM = pb.data(2, raw(deployment()))


@pytest.mark.parametrize("encoding, begin, piece", [
    ("protobuf", pb.MAGIC + b"\x12\xff\xff\xff\xff\x7f", ITEM * 20),
    ("json", b'{"kind":"DeploymentList","apiVersion":"apps/v1","metadata":{"resourceVersion":"9"},'
             b'"items":[', (json.dumps(deployment()) + ",").encode() * 20),
    ("json", b'{"kind":"', b"a" * 65536)], ids=["protobuf", "json", "one string"])
def test_a_list_that_never_ends_is_cut_off(cluster, daemon, encoding, begin, piece):
    App(cluster).settle()
    cluster.fault(DEPLOYMENTS, "endless", times=-1, type=PB if encoding == "protobuf" else JSON,
                  begin=base64.b64encode(begin).decode(), piece=base64.b64encode(piece).decode())
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {
        "kubeconfig": str(cluster.kubeconfig()), "encoding": encoding, "stream_lists": False}))
    before = resident_mib(gate)
    check = wait_until(lambda: (one := gate.check("prod", "api"))["reason"] in BAD and one, 60,
                       what="the end of it")
    assert check["status"] == "unknown"
    assert resident_mib(gate) - before < 400  # the ceiling of a page, twice, and its parts
    assert gate.verdict("prod")["verdict"] == "wait"


def test_pages_without_end_are_cut_off(cluster, daemon):
    App(cluster).settle()
    many = [raw(deployment() | {"metadata": deployment()["metadata"] | {
        "name": f"web-{i}", "uid": f"u{i}"}}) for i in range(500)]
    cluster.fault(DEPLOYMENTS, "answer", times=-1, type=PB,
                  body=base64.b64encode(listed(*many, token="bW9yZQ")).decode())
    gate = daemon(config(cluster, {"all": {"kind": "Deployment", "namespace": "shop"}}, {
        "kubeconfig": str(cluster.kubeconfig()), "stream_lists": False}))
    before = resident_mib(gate)
    wait_until(lambda: len(cluster.asked("continue=")) > 100 or gate.check("prod", "all")[
        "reason"] not in ("NotSynced", "Pending", "NoReading"), 60)
    assert gate.check("prod", "all")["status"] == "unknown"
    assert resident_mib(gate) - before < 400


# ---- watches ----


def event(kind, document):
    return pb.watch_frame(kind, pb.envelope("apps/v1", "Deployment", raw(document)))


def framed(body):
    return struct.pack(">I", len(body)) + body


FRAMES = {
    "absurd length": b"\xff\xff\xff\xff" + b"a" * 100,
    "length of nothing": b"\0\0\0\0",
    "length of a gibibyte": struct.pack(">I", 1 << 30) + b"a" * 5000,
    "no event": framed(b"\x0a\x05ADDED"),
    "unknown type": pb.watch_frame("EXPLODED", pb.envelope("apps/v1", "Deployment", GOOD)),
    "wrong magic": pb.watch_frame("MODIFIED", b"k9s\0" + pb.envelope("apps/v1", "Deployment",
                                                                     GOOD)[4:]),
    "another kind": pb.watch_frame("MODIFIED", pb.envelope("v1", "Pod", GOOD)),
    "truncated object": pb.watch_frame("MODIFIED", pb.envelope("apps/v1", "Deployment",
                                                               GOOD[:-20])),
    "negative count": event("MODIFIED", deployment(readyReplicas=-3)),
    "name is no UTF-8": event("MODIFIED", deployment()).replace(b"\x0a\x03api",
                                                                b"\x0a\x03\xff\xfe\xfd"),
    "text": b"upstream connect error or disconnect/reset before headers",
    "error of nothing": pb.watch_frame("ERROR", pb.MAGIC),
    "half": "half", "half and cut": "half_cut",
}
LINES = {
    "no JSON": b"what?\n", "half a line": b'{"type":"MODIFIED","object":{"kind":"Depl',
    "a list": b"[]\n", "unknown type": b'{"type":"EXPLODED","object":{}}\n',
    "no object": b'{"type":"MODIFIED"}\n',
    "negative count": json.dumps({"type": "MODIFIED", "object": deployment(
        readyReplicas=-3)}).encode() + b"\n",
    "no UTF-8": b'{"type":"MODIFIED","object":{"kind":"\xff"}}\n',
    "an endless line": b'{"type":"' + b"a" * (8 << 20),
}
WATCHES = [("protobuf", name) for name in FRAMES] + [("json", name) for name in LINES]


@pytest.mark.parametrize("encoding, name", WATCHES,
                         ids=[f"{one}: {name}" for one, name in WATCHES])
def test_a_watch_that_goes_wrong_hides_no_change(cluster, daemon, encoding, name):
    """The change itself is lost in it; it is known all the same, and soon."""
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {
        "kubeconfig": str(cluster.kubeconfig()), "encoding": encoding}))
    gate.wait_for("prod", "go")
    wait_until(lambda: cluster.watching("deployments.apps"))
    fault = (FRAMES if encoding == "protobuf" else LINES)[name]
    cluster.do("frame_fault", resource="deployments.apps", **(
        {"what": fault} if isinstance(fault, str) else
        {"data": base64.b64encode(fault).decode()}))
    app.change("registry.test/api:2")
    wait_until(lambda: gate.verdict("prod")["verdict"] != "go", 60, what="the change")
    wait_check(gate, "api", "progressing", "GenerationBehind", seconds=90)
    app.revision += 1
    app.settle()
    gate.wait_for("prod", "go", seconds=60)


# ---- what is large, odd, and still right ----


@pytest.mark.parametrize("encoding", ["protobuf", "json"])
def test_an_object_of_one_and_a_half_mebibytes_is_read(cluster, daemon, encoding):
    app = App(cluster).settle()
    gate = daemon(config(cluster, {"api": DEPLOYMENT}, {
        "kubeconfig": str(cluster.kubeconfig()), "encoding": encoding}))
    gate.wait_for("prod", "go")
    about = app.about

    def large(*arguments, **more):
        document = about(*arguments, **more)
        if arguments[0] == "Deployment":
            document["annotations"] |= {"large": "x" * (3 << 19)}
        return document

    app.about = large
    app.change("registry.test/api:2")
    wait_check(gate, "api", "progressing", "GenerationBehind")
    app.revision += 1
    app.settle()
    gate.wait_for("prod", "go")


def test_unknown_fields_are_passed_over(cluster, daemon):
    """A newer server has fields that nobody here knows."""
    App(cluster).settle()
    found = next(one for one in cluster.do("dump")["objects"] if one["kind"] == "Deployment")
    del found["metadata"]["resourceVersion"]
    more = pb.data(200, b"new") + pb.number(201, 7) + b"\xe5\x0c\1\2\3\4" + b"\xe9\x0c" + b"\7" * 8
    found["metadata"]["resourceVersion"] = "5000"
    cluster.do("put", object=found, keep=True,
               raw=base64.b64encode(raw(found) + more).decode())
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    gate.wait_for("prod", "go")


def test_words_of_the_cluster_are_printable_and_bounded(cluster, daemon):
    app = App(cluster).settle()
    app.change("registry.test/api:2")
    app.begin(waiting=("ImagePullBackOff", "\x1b[31mred\x07\r\n" + "x" * 100000))
    gate = daemon(config(cluster, {"api": DEPLOYMENT}))
    check = wait_check(gate, "api", "failed", "ImagePullBackOff")
    assert "\x1b" not in check["message"] and len(check["message"]) <= 4096, check["message"]
    assert "\x1b" not in gate.log()
