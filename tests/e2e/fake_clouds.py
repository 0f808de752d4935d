# SPDX-License-Identifier: Apache-2.0
"""Object stores as their documentation describes them, in memory: S3 with DynamoDB beside it, Google
Cloud Storage (media of the JSON API) and Azure's blobs. They check credentials themselves, keep what
tests put into them, and misbehave where a test says so."""

import base64
import contextlib
import email.utils
import hashlib
import json
import re
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from xml.sax.saxutils import escape

from aws_signature import refusal


class Thing:
    """An object: its bytes, and what changes whenever it is written."""

    def __init__(self, data, metadata=None):
        self.data = data if isinstance(data, bytes) else data.encode()
        self.etag = f'"{hashlib.md5(self.data).hexdigest()}"'
        self.generation = str(time.time_ns() // 1000)
        self.modified = time.time()
        self.metadata = metadata or {}
        self.lease = "available"

    def headers(self):
        return {"ETag": self.etag, "Last-Modified": email.utils.formatdate(self.modified, usegmt=True)}


class Store:
    """things: name to Thing. asked: (method, path, status) of each request. fault: None, or what is
    called with each request and says (status, headers, body), or None for a good answer; "cut" for a
    body that ends in the middle."""

    def __init__(self):
        self.things, self.asked, self.refused = {}, [], []
        self.fault = None
        store = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1  # head and body in one packet

            def answer(self):
                # As a proxy is asked, which it is where a test needs a host that no server knows.
                self.path = re.sub("^http://[^/]*", "", self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                said = store.fault(self) if store.fault else None
                cut = said == "cut"
                status, headers, data = store.answer(self, body) if said is None or cut else said
                store.asked.append((self.command, self.path, status))
                self.send_response(status)
                bodiless = status == 304 or self.command == "HEAD"
                if status != 304:
                    self.send_header("Content-Length", str(len(data)))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                if cut:
                    self.close_connection = True
                    data = data[:len(data) // 2]
                with contextlib.suppress(OSError):
                    self.wfile.write(b"" if bodiless else data)
                    self.wfile.flush()

            do_GET = do_POST = do_HEAD = answer

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def put(self, name, data, **metadata):
        self.things[name] = Thing(data, metadata)
        return self.things[name]

    def delete(self, name):
        del self.things[name]

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


# ---- S3 and DynamoDB ----


def xml_error(status, code, **more):
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in ({"Code": code} | more).items())
    return status, {"Content-Type": "application/xml"}, f'<?xml version="1.0"?><Error>{inner}</Error>'.encode()


def dynamo_error(word):
    kind = f"com.amazonaws.dynamodb.v20120810#{word}"
    return 400, {}, json.dumps({"__type": kind, "message": "as it is"}).encode()


class FakeS3(Store):
    """Objects are named "BUCKET/KEY". A bucket stands in the path or before the host. Items of the one
    table: LockID to attributes."""

    REGION, TABLE = "eu-central-1", "terraform-locks"

    def __init__(self, *buckets):
        super().__init__()
        self.buckets, self.keys, self.items = set(buckets), {}, {}

    def answer(self, request, body):
        target = request.headers.get("X-Amz-Target")
        service = "dynamodb" if target else "s3"
        why = refusal(request, body, self.keys, self.REGION, service)
        if why:
            self.refused.append((service, why))
            return dynamo_error("InvalidSignatureException") if target else xml_error(403, why)
        return self.item(request, target, body) if target else self.object(request)

    def item(self, request, target, body):
        asked = json.loads(body)
        assert target == "DynamoDB_20120810.GetItem" and request.path == "/"
        assert request.headers["Content-Type"] == "application/x-amz-json-1.0"
        assert asked["ConsistentRead"] is True
        if asked["TableName"] != self.TABLE:
            return dynamo_error("ResourceNotFoundException")
        found = self.items.get(asked["Key"]["LockID"]["S"])
        names = asked["ProjectionExpression"].split(", ")
        item = {name: {"S": text} for name, text in (found or {}).items() if name in names}
        return 200, {}, json.dumps({"Item": item} if found else {}).encode()

    def name(self, request):
        """Bucket and key, from the host or the path."""
        path = urllib.parse.unquote(request.path.partition("?")[0])[1:]
        bucket, dot, _ = request.headers["Host"].partition(".localhost")
        return (bucket, path) if dot else path.partition("/")[::2]

    def object(self, request):
        bucket, key = self.name(request)
        query = dict(urllib.parse.parse_qsl(request.path.partition("?")[2]))
        if bucket not in self.buckets:
            return xml_error(404, "NoSuchBucket", BucketName=bucket)
        if query.get("list-type") == "2":
            return self.listing(bucket, query)
        thing = self.things.get(f"{bucket}/{key}")
        if thing is None:
            return xml_error(404, "NoSuchKey", Key=key)
        same = request.headers.get("If-None-Match") == thing.etag
        return (304, thing.headers(), b"") if same else (200, thing.headers(), thing.data)

    def listing(self, bucket, query):
        start = f"{bucket}/{query.get('prefix', '')}"
        keys = sorted(name for name in list(self.things) if name.startswith(start))
        keys = keys[:int(query.get("max-keys", 1000))]
        inner = "".join(f"<Contents><Key>{escape(key.partition('/')[2])}</Key></Contents>" for key in keys)
        text = f'<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inner}</ListBucketResult>'
        return 200, {"Content-Type": "application/xml"}, text.encode()


# ---- Google Cloud Storage ----


class FakeGcs(Store):
    """Objects are named "BUCKET/NAME"."""

    def __init__(self, *buckets):
        super().__init__()
        self.buckets, self.tokens = set(buckets), set()

    def answer(self, request, body):
        if request.headers.get("Authorization", "").removeprefix("Bearer ") not in self.tokens:
            return 401, {}, b"Invalid Credentials"
        path, _, query = request.path.partition("?")
        query = dict(urllib.parse.parse_qsl(query))
        parts = path.split("/")
        assert parts[:4] == ["", "storage", "v1", "b"] and parts[5] == "o" and len(parts) == 7
        assert query.pop("alt") == "media"
        bucket, name = (urllib.parse.unquote(part) for part in (parts[4], parts[6]))
        if bucket not in self.buckets:
            return 404, {}, b"The specified bucket does not exist."
        thing = self.things.get(f"{bucket}/{name}")
        if thing is None:
            return 404, {}, f"No such object: {bucket}/{name}".encode()
        headers = thing.headers() | {"X-Goog-Generation": thing.generation}
        if query.get("ifGenerationNotMatch") == thing.generation:
            return 304, {}, b""
        return 200, headers, thing.data


# ---- Azure's blobs ----


class FakeAzure(Store):
    """Blobs are named "CONTAINER/NAME". sas: the one query that is taken; token: the one bearer."""

    def __init__(self, *containers):
        super().__init__()
        self.containers, self.sas, self.token = set(containers), None, None

    def lock(self, name, note):
        """As Terraform does it: a lease first, then the note, which changes the ETag."""
        thing = self.things.get(name) or self.put(name, b"")
        thing.lease = "leased"
        thing.metadata["terraformlockid"] = base64.b64encode(note.encode()).decode()
        thing.etag = f'"0x{time.time_ns():X}"'

    def unlock(self, name):
        self.things[name].metadata.pop("terraformlockid", None)
        self.things[name].etag = f'"0x{time.time_ns():X}"'
        self.things[name].lease = "available"

    def refuse(self, status, code):
        return status, {"x-ms-error-code": code}, f"<Error><Code>{code}</Code></Error>".encode()

    def allowed(self, request, query):
        if self.sas:
            return query == self.sas and "Authorization" not in request.headers
        return request.headers.get("Authorization") == f"Bearer {self.token}" and not query

    def answer(self, request, body):
        path, _, query = request.path.partition("?")
        assert request.headers["x-ms-version"] >= "2017-11-09"
        if not self.allowed(request, query):
            self.refused.append(request.path)
            return self.refuse(403, "AuthenticationFailed")
        name = urllib.parse.unquote(path)[1:]
        if name.partition("/")[0] not in self.containers:
            return self.refuse(404, "ContainerNotFound")
        thing = self.things.get(name)
        if thing is None:
            return self.refuse(404, "BlobNotFound")
        locked = thing.lease in ("leased", "breaking")
        return 200, thing.headers() | {
            "x-ms-lease-status": "locked" if locked else "unlocked", "x-ms-lease-state": thing.lease,
            **{f"x-ms-meta-{key}": value for key, value in thing.metadata.items()}}, thing.data  # fmt: skip
