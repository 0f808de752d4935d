# SPDX-License-Identifier: Apache-2.0
"""The fake API server is held against recordings of a real one: same request, same bytes, with
status line, headers and chunks; only dates and audit ids differ."""

import json
import re
import socket
import ssl

import pytest

from conftest import ROOT
from kube import protobuf
from kube.cluster import ADMIN, TOKEN, Cluster, encoded

RECORDED = ROOT / "tests" / "fixtures" / "kubernetes"


def index():
    rows = (RECORDED / "INDEX.tsv").read_text().splitlines()
    names = rows[0].split("\t")
    return [dict(zip(names, row.split("\t"))) for row in rows[1:]]


ROWS = {row["file"]: row for row in index()}
VARIES = re.compile(rb"(?m)^(Audit-Id|Date): [^\r]*\r\n")


def recorded(name):
    return (RECORDED / name).read_bytes()


def body_of(response):
    """The body, put together."""
    head, _, rest = response.partition(b"\r\n\r\n")
    if b"Transfer-Encoding: chunked" not in head:
        return rest
    body = b""
    while rest:
        size, _, rest = rest.partition(b"\r\n")
        body += rest[:int(size, 16)]
        rest = rest[int(size, 16) + 2:]
    return body


@pytest.fixture(scope="module")
def fake(tmp_path_factory):
    one = Cluster(tmp_path_factory.mktemp("recorded"), http2=False)
    one.do("install", group="argoproj.io", version="v1alpha1", name="applications",
           kind="Application")
    one.do("install", group="kustomize.toolkit.fluxcd.io", version="v1", name="kustomizations",
           kind="Kustomization")
    one.do("allow", user="gate-readonly", verbs=["get", "list", "watch"], deny=[
        "/secrets", "networking.k8s.io/ingresses",
        "source.toolkit.fluxcd.io/gitrepositories"])
    yield one
    one.stop()


def raw_request(fake, row):
    """All bytes of the answer, until the server has sent its end."""
    headers = {"Host": "127.0.0.1", "User-Agent": "gate-fixture/0.1"}
    headers |= dict(one.split(": ", 1) for one in row["request_headers"].split("; ")
                    if ": " in one)
    if row["identity"] in ("ro", "bad", "admin"):
        headers["Authorization"] = "Bearer " + {"ro": TOKEN, "bad": "x", "admin": ADMIN}[
            row["identity"]]
    text = f"{row['method']} {row['path']} HTTP/1.1\r\n" + "".join(
        f"{key}: {value}\r\n" for key, value in headers.items()) + "\r\n"
    context = ssl.create_default_context(cafile=str(fake.authority.certificate))
    got = b""
    with socket.create_connection(("127.0.0.1", fake.port), timeout=30) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as connection:
        connection.sendall(text.encode())
        while not ended(got):
            piece = connection.recv(1 << 20)
            if not piece:
                break
            got += piece
    return got


def ended(response):
    head, end, rest = response.partition(b"\r\n\r\n")
    if length := re.search(rb"Content-Length: (\d+)", head):
        return len(rest) >= int(length.group(1))
    return bool(end) and rest.endswith(b"0\r\n\r\n")


def objects_of(name):
    """(document with kind, bare message or None) of each object of a recorded list."""
    twin = name.replace(".pb.", ".json.")
    document = json.loads(body_of(recorded(twin)))
    raws = [None] * len(document["items"])
    if (RECORDED / twin.replace(".json.", ".pb.")).exists():
        _, _, raw = protobuf.open_envelope(body_of(recorded(twin.replace(".json.", ".pb."))))
        raws = [value for field, value in protobuf.read(raw) if field == 2]
        assert len(raws) == len(document["items"])
    about = {"kind": document["kind"].removesuffix("List"), "apiVersion": document["apiVersion"]}
    return [(about | one, raw) for one, raw in zip(document["items"] or [], raws)]


def fill(fake, *names):
    """The server has the objects of these recorded lists, and only these, at their version."""
    for resource in resources_of(fake):
        fake.do("clear", resource=resource)
    for name in names:
        for document, raw in objects_of(name):
            fake.do("put", object=document, keep=True, **({"raw": encoded(raw)} if raw else {}))
    about = json.loads(body_of(recorded(names[0].replace(".pb.", ".json."))))["metadata"]
    fake.do("advance", version=int(about["resourceVersion"]))
    fake.do("expire", version=0)


def resources_of(fake):
    return fake.do("resource_names")


def assert_same(fake, name):
    got, wanted = (VARIES.sub(b"", text) for text in (raw_request(fake, ROWS[name]),
                                                      recorded(name)))
    assert got == wanted


# Proxied from another server, which is not played here, and a Secret list of the stand-in's.
LISTS = [name for name in ROWS if name.startswith("lists/") and "aggregated" not in name]


@pytest.mark.parametrize("name", LISTS)
def test_lists(fake, name):
    fill(fake, name)
    assert_same(fake, name)


PAGES = {
    "pages/deployments.json.page": "lists/deployments.json.http",
    "pages/deployments.pb.page": "lists/deployments.json.http",
    "pages/nodes.json.page": "lists/nodes.json.http",
    "pages/applications.json.page": "lists/applications.json.http",
    "pages/pods-": "lists/pods.json.http",
    "views/deployments.partialobjectmetadatalist": "lists/deployments.json.http",
    "views/deployments.gzip-asked-below": "lists/deployments.json.http",
    "views/deployments.table.pb-asked": "lists/deployments.json.http",
    "views/deployment-web.": "lists/deployments.json.http",
    "errors/200-protobuf-preferred": "lists/applications.json.http",
}


def version_of(name):
    body = body_of(recorded(name))
    if body.startswith(protobuf.MAGIC):
        meta = protobuf.first(protobuf.open_envelope(body)[2], 1)
        return protobuf.first(meta, 2).decode()
    return json.loads(body)["metadata"].get("resourceVersion")


@pytest.mark.parametrize("name", [
    name for name in ROWS if any(name.startswith(start) for start in PAGES)])
def test_pages_and_views(fake, name):
    source = next(PAGES[start] for start in PAGES if name.startswith(start))
    fill(fake, source)
    if "views/deployment-web." not in name and "200" == ROWS[name]["status"]:
        fake.do("advance", version=int(version_of(name)))
    assert_same(fake, name)


# What the server has to be like for an error to come, besides the Deployments being there.
EXPIRED = {"op": "expire", "version": 5000}
REJECT = {"op": "fault", "match": "deployments", "do": "throttle"}
STALLED = {"op": "set", "name": "failing", "value": ["etcd", "etcd-readiness"]}
ERRORS = {
    "errors/400-bad-fieldselector.http": [], "errors/400-bad-labelselector.http": [],
    "errors/400-bad-continue.http": [],
    "errors/401-bad-token.http": [], "errors/401-bad-token.pb.http": [],
    "errors/403-anonymous.http": [], "errors/403-missing-crd-group-readonly.http": [],
    "errors/403-readonly-patch.http": [], "errors/403-readonly-secrets.http": [],
    "errors/403-readonly-secrets.pb.http": [], "errors/403-watch-secrets.http": [],
    "errors/404-missing-crd-group-admin.http": [], "errors/404-missing-crd-group-admin.pb.http": [],
    "errors/404-missing-resource-in-known-group.http": [],
    "errors/404-missing-version-in-known-group.http": [], "errors/404-namespace.http": [],
    "errors/404-object.http": [], "errors/404-object.pb.http": [],
    "errors/404-watch-missing-crd-group.http": [],
    "errors/406-protobuf-only-for-custom-resource.http": [],
    "errors/410-exact-resourceversion-compacted.json.http": [EXPIRED],
    "errors/410-expired-continue-custom-resource.json.http": [EXPIRED],
    "errors/410-expired-continue.json.http": [EXPIRED],
    "errors/410-expired-continue.pb.http": [EXPIRED],
    "errors/429-priority-and-fairness-watch.http": [REJECT],
    "errors/429-priority-and-fairness.json.http": [REJECT],
    "errors/429-priority-and-fairness.pb.http": [REJECT],
    "errors/500-bad-resourceversion.http": [], "errors/500-watch-bad-resourceversion.http": [],
    "errors/504-future-resourceversion-list.http": [],
    "errors/504-future-resourceversion-list.pb.http": [],
    "watch/applications.406-pb.http": [],
    "watch/error-410-old-resourceversion.json.http": [{"op": "expire", "version": 730}],
    "watch/error-410-old-resourceversion.pb.http": [{"op": "expire", "version": 730}],
    "meta/version.http": [], "meta/readyz.http": [], "meta/readyz-verbose.http": [],
    "meta/readyz-verbose-admin.http": [], "meta/livez.http": [],
    "meta/livez-verbose.http": [], "meta/healthz.http": [],
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_and_health(fake, name):
    fill(fake, "lists/deployments.json.http")
    fake.do("advance", version=6000 if EXPIRED in ERRORS[name] else 836)
    fake.do("set", name="failing", value=[])
    fake.do("set", name="too_large_wait", value=0.1)  # recorded: 3 s
    for step in ERRORS[name]:
        fake.do(**step)
    try:
        assert_same(fake, name)
    finally:
        fake.do("heal")


def test_a_failing_health_check_is_told_by_name(fake):
    fake.do("set", name="failing", value=["etcd"])
    row = {"method": "GET", "identity": "ro", "request_headers": "", "path": "/readyz?verbose"}
    got = raw_request(fake, row)
    fake.do("set", name="failing", value=[])
    assert got.startswith(b"HTTP/1.1 500 Internal Server Error\r\n")
    assert b"\n[-]etcd failed: reason withheld\n" in got and got.endswith(b"readyz check failed\n")


def events_of(name):
    """(type, document, bare message or None) of a recorded watch, from both twins."""
    lines = body_of(recorded(name)).splitlines()
    events = [json.loads(line) for line in lines]
    twin = name.replace(".json.", ".pb.")
    raws = [None] * len(events)
    if (RECORDED / twin).exists():
        raws = [protobuf.open_envelope(body)[2]
                for _, body in protobuf.frames(body_of(recorded(twin)))]
    return [(event["type"], event["object"], raw) for event, raw in zip(events, raws)]


WATCHES = {
    "watch/deployments.json.http": "watch/deployments.json.http",
    "watch/deployments.pb.http": "watch/deployments.json.http",
    "watch/deployments.labelselector-canary.json.http": "watch/deployments.json.http",
    "watch/deployments.labelselector-canary.pb.http": "watch/deployments.json.http",
    "watch/pods.json.http": "watch/pods.json.http",
    "watch/pods.pb.http": "watch/pods.json.http",
    "watch/pods.pb-without-stream-param.http": "watch/pods.json.http",
    "watch/applications.json.http": "watch/applications.json.http",
    "watch/deployments.partialobjectmetadata.json.http": "watch/deployments.json.http",
    "watch/deployments.partialobjectmetadata.pb.http": "watch/deployments.json.http",
}


@pytest.mark.parametrize("name", WATCHES)
def test_watches(fake, name):
    """The events are played to the server; what a watch then tells, with chunks that do not line
    up with frames, bookmarks at the end, is what was recorded."""
    fill(fake, "lists/empty-list.json.http")
    fake.do("advance", version=983)
    for kind, document, raw in events_of(WATCHES[name]):
        if kind != "BOOKMARK":
            fake.do("load_event", kind=kind, object=document,
                    **({"raw": encoded(raw)} if raw else {}))
    row = dict(ROWS[name])
    row["path"] = row["path"].replace("timeoutSeconds=25", "timeoutSeconds=1")
    got, wanted = (VARIES.sub(b"", text) for text in (raw_request(fake, row), recorded(name)))
    if "watch/pods" in name:  # recorded with one bookmark of the two that end a watch
        wanted = wanted.removesuffix(b"0\r\n\r\n")
        assert 0 < len(got) - len(wanted) < 300
        got = got[:len(wanted)]
    assert got == wanted


def test_version_0_ignores_limit(fake):
    """It comes from a cache, in any order, and whole."""
    name = "pages/deployments-limit2-rv0-ignores-limit.json.http"
    fill(fake, name)
    got, wanted = (json.loads(body_of(text)) for text in (raw_request(fake, ROWS[name]),
                                                          recorded(name)))
    assert got["metadata"] == wanted["metadata"]
    assert {one["metadata"]["uid"] for one in got["items"]} == \
        {one["metadata"]["uid"] for one in wanted["items"]}


def test_written_protobuf_is_what_was_recorded(fake):
    """The fake's own writer puts nothing in an object that the real server did not."""
    checked = 0
    for name in LISTS:
        if ".json." not in name or not (RECORDED / name.replace(".json.", ".pb.")).exists():
            continue
        for document, raw in objects_of(name):
            group, _, version = document["apiVersion"].rpartition("/")
            message = (f"{group or 'core'}/{version}", document["kind"])
            assert is_within(protobuf.write(message, document), raw, message), (name, message)
            checked += 1
    assert checked > 50


def is_within(ours, theirs, message):
    """Each field that we wrote stands in the recorded message, with all that is in it."""
    fields = {number: kind for number, kind in protobuf.TABLE.messages[message].values()}
    rest = list(protobuf.read(theirs))
    for field, value in protobuf.read(ours):
        kind = fields[field].removeprefix("repeated ")
        inner = protobuf.TABLE.find(message[0], kind)
        plain = inner is None or kind.rsplit(".", 1)[-1] in protobuf.SPECIAL
        match = next((one for one in rest if one[0] == field and (
            one[1] == value if plain else is_within(value, one[1], inner))), None)
        if match is None:
            return False
        rest.remove(match)
    return True


def test_http2_carries_the_same(fake, tmp_path):
    """Where python3-h2 is there: the same answers over it, and 100 streams on one connection."""
    from kube.transport import HAVE_H2
    if not HAVE_H2:
        pytest.skip("python3-h2 is not installed")
    import subprocess
    one = Cluster(tmp_path)
    try:
        fill(one, "lists/pods.json.http")
        row = ROWS["lists/pods.pb.http"]
        command = ["curl", "-sS", "-m", "20", "--cacert", str(one.authority.certificate),
                   "-H", f"Authorization: Bearer {TOKEN}", "-H", row["request_headers"],
                   "-w", "%{stderr}%{http_version}", one.url + row["path"]]
        got = subprocess.run([*command, "--http2"], capture_output=True, check=True)
        assert (got.stdout, got.stderr) == (body_of(recorded("lists/pods.pb.http")), b"2")
        watch = one.url + row["path"] + "?watch=1&timeoutSeconds=1"
        got = subprocess.run([*command[:-1], "--http2", "--parallel", "--parallel-max", "100",
                              *[watch] * 60], capture_output=True, check=True)
        assert len(list(protobuf.frames(got.stdout[:0]))) == 0 and len(got.stdout) > 60 * 1000
        assert one.do("connections")["accepted"] <= 3
    finally:
        one.stop()
