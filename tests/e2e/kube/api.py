# SPDX-License-Identifier: Apache-2.0
"""Routes of the fake API server and its answers, as a real one of 1.26 was recorded: who may, what
is listed and watched, and each way of saying no."""

import asyncio
import base64
import json
import re
import time
import urllib.parse

from . import protobuf
from .store import Refused, encode, fields_match, labels_match

JSON = "application/json"
PROTOBUF = "application/vnd.kubernetes.protobuf"
META = "meta.k8s.io/v1"
EXEMPT = ("3216d33e-357c-4fc9-b4bd-bbfda1bf5cff", "b478ed6f-6cdc-4126-b6f5-fa32d343226b")
PROBES = ("20ed75ab-106b-4e99-b9a3-9f8fd2b4b7f3", "b478ed6f-6cdc-4126-b6f5-fa32d343226b")
GLOBAL = ("ff5ed949-7597-41ee-83b4-dba175b338a5", "2ce608c0-052e-4cd0-b108-42b4daa726d0")
REJECTED = ("d93c3680-b21f-4f90-9e2e-a0c9b8b74779", "16d2439a-b163-4c5c-8183-8ecd8a2b8796")
OLD_TOKEN = (
    "The provided continue parameter is too old to display a consistent list result. You can start "
    "a new list without the continue parameter, or use the continue token in this response to "
    "retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the "
    "first chunk was returned and now may show up in the list.")
READYZ = """ping log etcd etcd-readiness informer-sync
poststarthook/start-kube-apiserver-admission-initializer
poststarthook/generic-apiserver-start-informers
poststarthook/priority-and-fairness-config-consumer
poststarthook/priority-and-fairness-filter poststarthook/storage-object-count-tracker-hook
poststarthook/start-apiextensions-informers poststarthook/start-apiextensions-controllers
poststarthook/crd-informer-synced poststarthook/bootstrap-controller
poststarthook/rbac/bootstrap-roles poststarthook/scheduling/bootstrap-system-priority-classes
poststarthook/priority-and-fairness-config-producer
poststarthook/start-cluster-authentication-info-controller
poststarthook/start-kube-apiserver-identity-lease-controller
poststarthook/start-kube-apiserver-identity-lease-garbage-collector
poststarthook/start-legacy-token-tracking-controller
poststarthook/start-kube-aggregator-informers poststarthook/apiservice-registration-controller
poststarthook/apiservice-status-available-controller
poststarthook/apiservice-wait-for-first-sync poststarthook/kube-apiserver-autoregistration
autoregister-completion poststarthook/apiservice-openapi-controller
poststarthook/apiservice-openapiv3-controller shutdown""".split()
LIVEZ = [check for check in READYZ if check not in ("etcd-readiness", "informer-sync", "shutdown")]
VERSION = {"major": "1", "minor": "26", "gitVersion": "v1.26.4",
           "gitCommit": "636f2be6157d45217eb99744b72cc51e5e9c7e10", "gitTreeState": "clean",
           "buildDate": "2023-10-20T19:28:29Z", "goVersion": "go1.19.8", "compiler": "gc",
           "platform": "linux/amd64"}

# What a bookmark of these kinds carries besides its version: JSON, and bytes after the metadata.
_TEMPLATE = {"metadata": {"creationTimestamp": None}, "spec": {"containers": None}}
_BOOKMARKS = {
    "Deployment": ({"spec": {"replicas": 0, "selector": None, "template": _TEMPLATE,
                             "strategy": {}}, "status": {}},
                   bytes.fromhex("123c08001a300a100a0012001a0022002a00320038004200121c1a0032004200"
                                 "4a0052005800600068008201008a01009a0100c2010022020a00280038001a0c"
                                 "08001000180020002800" "3800")),
    "Pod": ({"spec": {"containers": None}, "status": {}},
            bytes.fromhex("121c1a00320042004a0052005800600068008201008a01009a0100c201001a0e0a001a00"
                          "22002a0032004a005a00")),
}


class Fail(Exception):
    """Becomes a Status."""

    def __init__(self, code, reason, message, details=None, token="", retry_after=None):
        super().__init__(message)
        metadata = {"continue": token} if token else {}
        self.document = {"kind": "Status", "apiVersion": "v1", "metadata": metadata,
                         "status": "Failure", "message": message}
        if reason:
            self.document["reason"] = reason
        if details is not None:
            self.document["details"] = details
        self.document["code"] = code
        self.retry_after = retry_after


class Accept:
    """The first media type of Accept that the server can write."""

    def __init__(self, header, custom):
        self.view, self.protobuf = None, False
        self.version = ""
        for one in (header or JSON).split(","):
            kind, *parameters = (part.strip() for part in one.split(";"))
            given = dict(part.split("=", 1) for part in parameters if "=" in part)
            view = given.get("as")
            if kind == PROTOBUF and (view or "").startswith("Table"):
                continue
            if kind == PROTOBUF and custom and not view:
                continue
            if kind in (JSON, PROTOBUF, "*/*", "application/*"):
                self.view, self.protobuf = view, kind == PROTOBUF
                return
        raise Fail(406, "NotAcceptable", "only the following media types are accepted: "
                   "application/json, application/yaml, application/vnd.kubernetes.protobuf")


class Rights:
    """What a user may: resources as "group/name", None all; namespaces: None all."""

    def __init__(self, allow=None, deny=(), verbs=None, namespaces=None):
        self.allow, self.deny = allow, set(deny)
        self.verbs, self.namespaces = verbs, namespaces

    def may(self, verb, group, name, namespace):
        which = f"{group}/{name}"
        if which in self.deny or (self.allow is not None and which not in self.allow):
            return False
        if self.verbs is not None and verb not in self.verbs:
            return False
        return self.namespaces is None or namespace in self.namespaces


class Target:
    """A path under /api/v1 or /apis/GROUP/VERSION."""

    def __init__(self, path):
        parts = path.strip("/").split("/")
        self.group, parts = ("", parts[1:]) if parts[0] == "api" else (parts[1], parts[2:])
        self.version, parts = parts[0], parts[1:]
        self.namespace = ""
        if parts[:1] == ["namespaces"] and len(parts) > 2:
            self.namespace, parts = parts[1], parts[2:]
        self.resource = parts[0] if parts else ""
        self.name = parts[1] if len(parts) > 1 else ""
        self.subresource = parts[2] if len(parts) > 2 else ""

    @property
    def full_name(self):
        return f"{self.resource}.{self.group}" if self.group else self.resource

    def details(self, name=""):
        about = {"name": name} if name else {}
        if self.group:
            about["group"] = self.group
        return about | {"kind": self.resource}


class Api:
    def __init__(self, store):
        self.store = store
        self.tokens = {}  # token: user
        self.rights = {"admin": Rights(), "system:anonymous": Rights(allow=())}
        self.failing = set()  # of READYZ
        self.stream_lists = False
        self.too_large_wait = 3.0
        self.bookmark_every = 60.0
        self.page_most = 0  # no page holds more than this, whatever limit says; 0: none
        self.open_watches = {}  # full name of the resource: how many
        self.written = {}  # (resource, name): monotonic ns of the latest event's writing
        self.frame_fault = {}  # full name: "half", "half_cut", or bytes, at the next event
        self.quiet = set()  # full names whose watches say nothing

    # ---- who ----

    def user(self, request):
        """None: the credentials are wrong."""
        given = request.headers.get("authorization", "")
        if given.startswith("Bearer "):
            found = self.tokens.get(given[7:].strip())
            if found or not request.certificate:
                return found
        elif given.startswith("Basic "):
            return self.tokens.get("basic:" + base64.b64decode(given[6:]).decode())
        return request.certificate or "system:anonymous"

    def check(self, user, verb, target, name=None):
        rights = self.rights.get(user, Rights(allow=()))
        if rights.may(verb, target.group, target.resource, target.namespace):
            return
        name = target.name if name is None else name
        where = (f'in the namespace "{target.namespace}"' if target.namespace
                 else "at the cluster scope")
        what = f'{target.full_name} "{name}"' if name else target.full_name
        raise Fail(403, "Forbidden",
                   f'{what} is forbidden: User "{user}" cannot {verb} resource '
                   f'"{target.resource}" in API group "{target.group}" {where}',
                   target.details(name))

    # ---- answers ----

    @staticmethod
    def headers(kind, flow, **more):
        found = {"Cache-Control": "no-cache, private", "Content-Type": kind} | more
        if flow:
            found |= {"X-Kubernetes-Pf-Flowschema-Uid": flow[0],
                      "X-Kubernetes-Pf-Prioritylevel-Uid": flow[1]}
        return found

    async def text(self, out, status, words, flow, **more):
        more = {key.replace("_", "-"): value for key, value in more.items()}
        await out.reply(status, self.headers("text/plain; charset=utf-8", flow, **more)
                        | {"X-Content-Type-Options": "nosniff"}, words.encode())

    async def fail(self, out, request, flow, error):
        as_protobuf = PROTOBUF in request.headers.get("accept", "").split(",")[0] \
            and "as=Table" not in request.headers.get("accept", "")
        more = {}
        if error.document["code"] == 403:
            more["X-Content-Type-Options"] = "nosniff"
        if error.retry_after is not None:
            more["Retry-After"] = str(error.retry_after)
        headers = self.headers(PROTOBUF if as_protobuf else JSON, flow) | more
        if as_protobuf:
            body = protobuf.status(error.document)
        elif "as=Table" in request.headers.get("accept", "") and error.document["code"] == 406:
            body = encode(error.document, True)
        else:
            body = encode(error.document) + b"\n"
        await out.reply(error.document["code"], headers, body)

    async def handle(self, request, out):
        user = self.user(request)
        if user is None:
            return await self.fail(out, request, None, Fail(401, "Unauthorized", "Unauthorized"))
        flow = EXEMPT if user == "admin" else GLOBAL
        path = request.path
        if path.split("/")[1] in ("livez", "readyz", "healthz"):
            return await self.health(request, out, EXEMPT if user == "admin" else PROBES)
        try:
            if path == "/version":
                body = json.dumps(VERSION, indent=2).encode()
                return await out.reply(200, self.headers(JSON, flow), body)
            if path in ("/api", "/apis"):
                return await self.discovery(out, path, flow)
            if not path.startswith(("/api/", "/apis/")):
                return await self.text(out, 404, "404 page not found\n", flow)
            await self.resources(request, out, user, flow)
        except (Fail, Refused) as error:
            if isinstance(error, Refused):
                error = Fail(400, "BadRequest", str(error))
            await self.fail(out, request, flow, error)

    async def health(self, request, out, flow):
        name, _, one = request.path.strip("/").partition("/")
        checks = [one] if one else LIVEZ if name == "livez" else READYZ
        bad = [check for check in checks if check in self.failing]
        if not bad and "verbose" not in request.query:
            return await self.text(out, 200, "ok", flow)
        words = "".join(f"[-]{check} failed: reason withheld\n" if check in bad
                        else f"[+]{check} ok\n" for check in checks)
        words += f"{name} check " + ("failed\n" if bad else "passed\n")
        await self.text(out, 500 if bad else 200, words, flow)

    async def discovery(self, out, path, flow):
        if path == "/api":
            document = {"kind": "APIVersions", "versions": ["v1"], "serverAddressByClientCIDRs": [
                {"clientCIDR": "0.0.0.0/0", "serverAddress": out.address}]}
        else:
            groups = {}
            for group, version, _ in self.store.resources:
                if group and version not in groups.setdefault(group, []):
                    groups[group].append(version)
            document = {"kind": "APIGroupList", "apiVersion": "v1", "groups": [
                {"name": group, "versions": [{"groupVersion": f"{group}/{version}",
                                              "version": version} for version in versions],
                 "preferredVersion": {"groupVersion": f"{group}/{versions[0]}",
                                      "version": versions[0]}}
                for group, versions in groups.items()]}
        await out.reply(200, self.headers(JSON, flow), encode(document) + b"\n")

    # ---- resources ----

    async def resources(self, request, out, user, flow):
        target = Target(request.path)
        known = {key[:2] for key in self.store.resources} | {("authorization.k8s.io", "v1")}
        if not target.resource:
            if (target.group, target.version) not in known:
                return await self.text(out, 404, "404 page not found\n", flow)
            return await self.about(out, target, flow)
        if target.resource == "selfsubjectaccessreviews":
            return await self.review(request, out, user, flow)
        watching = request.query.get("watch") in ("1", "true") and not target.name
        verb = {"GET": "get" if target.name else "watch" if watching else "list",
                "POST": "create", "PUT": "update", "PATCH": "patch",
                "DELETE": "delete"}.get(request.method, "get")
        self.check(user, verb, target)
        if (target.group, target.version) not in known:
            return await self.text(out, 404, "404 page not found\n", flow)
        resource = self.store.resources.get((target.group, target.version, target.resource))
        if resource is None:
            raise Fail(404, "NotFound", "the server could not find the requested resource", {})
        if request.method != "GET":
            raise Fail(405, "MethodNotAllowed",
                       "the server does not allow this method on the requested resource", {})
        accept = Accept(request.headers.get("accept"), not resource.builtin)
        if target.name:
            return await self.one(request, out, flow, resource, target, accept)
        match = self.selection(request, resource, target)
        if watching:
            return await self.watch(request, out, flow, resource, match, accept)
        await self.list(request, out, flow, resource, target, match, accept)

    async def about(self, out, target, flow):
        found = [resource.about() for resource in self.store.resources.values()
                 if (resource.group, resource.version) == (target.group, target.version)]
        version = f"{target.group}/{target.version}" if target.group else target.version
        document = {"kind": "APIResourceList"} | ({"apiVersion": "v1"} if target.group else {})
        document |= {"groupVersion": version, "resources": found}
        await out.reply(200, self.headers(JSON, flow), encode(document) + b"\n")

    async def review(self, request, out, user, flow):
        asked = json.loads(request.body)
        what = asked["spec"].get("resourceAttributes") or {}
        rights = self.rights.get(user, Rights(allow=()))
        allowed = not what or rights.may(what.get("verb"), what.get("group", ""),
                                         what.get("resource"), what.get("namespace", ""))
        document = {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1",
                    "metadata": {"creationTimestamp": None}, "spec": asked["spec"],
                    "status": {"allowed": allowed}}
        await out.reply(201, self.headers(JSON, flow), encode(document) + b"\n")

    @staticmethod
    def selection(request, resource, target):
        labels = labels_match(request.query.get("labelSelector", ""))
        fields = fields_match(resource, request.query.get("fieldSelector", ""))

        def match(one):
            return (not target.namespace or one.key[0] == target.namespace) \
                and labels(one.metadata.get("labels") or {}) and fields(one.document)

        match.selects = bool(request.query.get("labelSelector")
                             or request.query.get("fieldSelector"))
        return match

    async def one(self, request, out, flow, resource, target, accept):
        found = resource.objects.get((target.namespace, target.name))
        if found is None:
            raise Fail(404, "NotFound", f'{target.full_name} "{target.name}" not found',
                       target.details(target.name))
        if accept.protobuf:
            body = protobuf.envelope(resource.api_version, resource.kind, found.raw)
            return await out.reply(200, self.headers(PROTOBUF, flow), body)
        agent = request.headers.get("user-agent", "").startswith("curl")
        if request.query.get("pretty", "true" if agent else "false") == "true":
            body = encode(json.loads(found.alone()), True)
        else:
            body = found.alone() + b"\n"
        await out.reply(200, self.headers(JSON, flow), body)

    # ---- lists ----

    @staticmethod
    def asked_version(request, watch=False):
        given = request.query.get("resourceVersion", "")
        if given and not re.fullmatch(r"[0-9]+", given):
            raise Fail(500, "", f'resourceVersion: Invalid value: "{given}": strconv.ParseUint: '
                       f'parsing "{given}": invalid syntax')
        return int(given) if given else None

    async def list(self, request, out, flow, resource, target, match, accept):
        limit = int(request.query.get("limit", "0") or 0)
        if self.page_most:
            limit = min(limit or self.page_most, self.page_most)
        token = request.query.get("continue", "")
        asked = self.asked_version(request)
        start = None
        if token:
            version, start = self.read_token(resource, token, target)
        elif asked is None or asked == 0:
            version = self.store.version
            limit = 0 if asked == 0 else limit
        else:
            version = await self.newer(request, resource, asked)
        objects = [one for one in self.store.at(resource, version) if match(one)
                   and (start is None or self.key_of(one, target) >= start)]
        page = objects[:limit] if limit else objects
        token = ""
        if len(page) < len(objects):
            token = self.make_token(version, self.key_of(page[-1], target) + "\0")
        left = None if match.selects or not token else len(objects) - len(page)
        body, kind = self.list_body(resource, page, str(version), token, left, accept)
        await out.reply(200, self.headers(kind, flow), body, gzip="gzip" in request.headers.get(
            "accept-encoding", ""))

    async def newer(self, request, resource, asked):
        if not await self.store.reach(asked, self.too_large_wait):
            raise Fail(504, "Timeout", f"Timeout: Too large resource version: {asked}, current: "
                       f"{self.store.version}", {"causes": [
                           {"reason": "ResourceVersionTooLarge",
                            "message": "Too large resource version"}], "retryAfterSeconds": 1},
                       retry_after=1)
        if request.query.get("resourceVersionMatch") == "Exact":
            if asked < resource.forgotten:
                raise Fail(410, "Expired",
                           "The resourceVersion for the provided list is too old.")
            return asked
        return self.store.version

    @staticmethod
    def key_of(one, target):
        namespace, name = one.key
        return name if target.namespace or not namespace else f"{namespace}/{name}"

    @staticmethod
    def make_token(version, start):
        document = encode({"v": META, "rv": version, "start": start})
        return base64.urlsafe_b64encode(document).rstrip(b"=").decode()

    def read_token(self, resource, token, target):
        try:
            given = json.loads(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
            version, start = given["rv"], given["start"]
        except (ValueError, KeyError):
            raise Fail(400, "BadRequest", "invalid continue token: continue key is not valid: "
                       "invalid character '\\u0081' looking for beginning of value") from None
        if version == -1:
            return self.store.version, start
        if version < resource.forgotten:
            raise Fail(410, "Expired", OLD_TOKEN, token=self.make_token(-1, start))
        return version, start

    def list_body(self, resource, page, version, token, left, accept):
        if accept.protobuf:
            meta = protobuf.data(1, protobuf.list_meta(version, token, left))
            if accept.view:
                items = (protobuf.data(2, protobuf.data(1, protobuf.first(one.raw, 1)
                         if resource.builtin else protobuf.write(("meta/v1", "ObjectMeta"),
                                                                 one.metadata))) for one in page)
                return protobuf.envelope(META, "PartialObjectMetadataList",
                                         meta + b"".join(items)), PROTOBUF
            raw = meta + b"".join(protobuf.data(2, one.raw) for one in page)
            return protobuf.envelope(resource.api_version, resource.kind + "List", raw), PROTOBUF
        about = {"resourceVersion": version}
        if token:
            about["continue"] = token
        if left is not None:
            about["remainingItemCount"] = left
        if accept.view:
            items = [encode({"kind": "PartialObjectMetadata", "apiVersion": META,
                             "metadata": one.metadata}) for one in page]
            head = {"kind": "PartialObjectMetadataList", "apiVersion": META, "metadata": about}
        elif not resource.builtin:
            about = dict(sorted(({"continue": token} | about).items()))
            return b'{"apiVersion":%s,"items":[%s],"kind":"%sList","metadata":%s}\n' % (
                encode(resource.api_version), b",".join(one.text for one in page),
                resource.kind.encode(), encode(about)), JSON
        else:
            items = [one.text for one in page]
            head = {"kind": resource.kind + "List", "apiVersion": resource.api_version,
                    "metadata": about}
        return encode(head)[:-1] + b',"items":[' + b",".join(items) + b"]}\n", JSON

    # ---- watches ----

    async def watch(self, request, out, flow, resource, match, accept):
        asked = self.asked_version(request)
        streamed = request.query.get("sendInitialEvents") == "true"
        if streamed and not self.stream_lists:
            words = 'ListOptions.meta.k8s.io "" is invalid: sendInitialEvents: Forbidden: ' \
                "sendInitialEvents is forbidden for watch unless the WatchList feature gate is " \
                "enabled"
            raise Fail(422, "Invalid", words, {"group": "meta.k8s.io", "kind": "ListOptions"})
        kind = PROTOBUF + ";stream=watch" if accept.protobuf else JSON
        await out.begin(200, self.headers(kind, flow))
        await out.flush()
        name = resource.full_name
        self.open_watches[name] = self.open_watches.get(name, 0) + 1
        try:
            if asked and asked < resource.forgotten:
                error = Fail(410, "Expired",
                             f"too old resource version: {asked} ({resource.forgotten})")
                body = protobuf.status(error.document) if accept.protobuf \
                    else encode(error.document)
                await self.event(out, accept, "ERROR", body)
            else:
                watch = Watch(self, request, out, resource, match, accept)
                await watch.run(asked or 0, streamed)
        finally:
            self.open_watches[name] -= 1
        await out.end()

    @staticmethod
    async def event(out, accept, kind, body):
        if accept.protobuf:
            frame = protobuf.watch_frame(kind, body)
            await out.write(frame[:4])
            await out.write(frame[4:])
        else:
            await out.write(b'{"type":"%s","object":%s}\n' % (kind.encode(), body))
        await out.flush()


class Watch:
    def __init__(self, api, request, out, resource, match, accept):
        self.api, self.out, self.resource = api, out, resource
        self.match, self.accept = match, accept
        self.seconds = float(request.query.get("timeoutSeconds", "1800"))
        self.bookmarks = request.query.get("allowWatchBookmarks") in ("1", "true")
        self.reached = 0

    def body(self, one):
        if self.accept.view:
            if self.accept.protobuf:
                return protobuf.envelope(META, "PartialObjectMetadata",
                                         protobuf.data(1, protobuf.first(one.raw, 1)))
            return encode({"kind": "PartialObjectMetadata", "apiVersion": META,
                           "metadata": one.metadata})
        if self.accept.protobuf:
            return protobuf.envelope(self.resource.api_version, self.resource.kind, one.raw)
        return one.alone()

    async def bookmark(self, ends_initial=False):
        version, kind = str(self.reached), self.resource.kind
        rest, raw_rest = _BOOKMARKS.get(kind, ({}, b""))
        about = {"resourceVersion": version}
        if ends_initial:
            about["annotations"] = {"k8s.io/initial-events-end": "true"}
        if self.accept.view:
            kind, api_version, rest, raw_rest = "PartialObjectMetadata", META, {}, b""
        else:
            api_version = self.resource.api_version
        if self.accept.protobuf:
            meta = b"".join(protobuf.text(field, "") for field in (1, 2, 3, 4, 5))
            meta += protobuf.text(6, version) + protobuf.number(7, 0) + protobuf.data(8, b"")
            for key, value in about.get("annotations", {}).items():
                meta += protobuf.data(12, protobuf.text(1, key) + protobuf.text(2, value))
            body = protobuf.envelope(api_version, kind, protobuf.data(1, meta) + raw_rest)
        elif self.resource.builtin or self.accept.view:
            about["creationTimestamp"] = None
            body = encode({"kind": kind, "apiVersion": api_version, "metadata": about} | rest)
        else:
            body = encode({"apiVersion": api_version, "kind": kind, "metadata": about})
        await self.api.event(self.out, self.accept, "BOOKMARK", body)

    def seen(self, event):
        """What this event is to somebody who selects, (type, object) or None."""
        now = event.kind != "DELETED" and self.match(event.new)
        before = event.old is not None and self.match(event.old)
        if now:
            return "MODIFIED" if before else "ADDED", event.new
        if not before:
            return None
        # what only stops matching goes with its last state that matched, at the new version
        return "DELETED", event.new if event.kind == "DELETED" else event.old.at(event.version)

    async def tell(self, kind, one):
        fault = self.api.frame_fault.pop(self.resource.full_name, None)
        body = self.body(one)
        if fault is None:
            await self.api.event(self.out, self.accept, kind, body)
            self.api.written[(self.resource.full_name, one.key[1])] = time.monotonic_ns()
            return
        if isinstance(fault, bytes):
            await self.out.write(fault)
            await self.out.flush()
            return
        frame = protobuf.watch_frame(kind, body) if self.accept.protobuf \
            else b'{"type":"%s","object":%s}\n' % (kind.encode(), body)
        await self.out.write(frame[:len(frame) // 2])
        await self.out.flush()
        if fault == "half_cut":
            self.out.abort()
            raise ConnectionError
        await asyncio.Event().wait()  # "half": nothing more, ever

    async def run(self, asked, streamed):
        api, resource, store = self.api, self.resource, self.api.store
        wake = asyncio.Event()
        resource.watchers.add(wake)
        end = time.monotonic() + self.seconds
        marks = self.mark_times(end)
        try:
            self.reached = asked or store.version
            if not asked:
                for one in store.at(resource, store.version):
                    if self.match(one):
                        await self.tell("ADDED", one)
                if streamed:
                    await self.bookmark(True)
            while True:
                wake.clear()
                await self.catch_up()
                now = time.monotonic()
                if now >= end:
                    return
                if marks and now >= marks[0]:
                    marks.pop(0)
                    await self.bookmark()
                    continue
                until = min(end, marks[0]) if marks else end
                try:
                    await asyncio.wait_for(wake.wait(), max(0, until - now))
                except TimeoutError:
                    pass
        finally:
            resource.watchers.discard(wake)

    async def catch_up(self):
        resource = self.resource
        if resource.full_name in self.api.quiet:
            return
        # reached may lie in the future: then nothing comes before that version
        for event in resource.log[self.api.store.after(resource, self.reached):]:
            self.reached = event.version
            if told := self.seen(event):
                await self.tell(*told)

    def mark_times(self, end):
        """A bookmark each minute, and two in the last seconds."""
        if not self.bookmarks:
            return []
        now, every = time.monotonic(), self.api.bookmark_every
        marks = [now + every * i for i in range(1, 1 + int((end - now) / every))]
        return sorted(marks + [max(now, end - 2.3), max(now, end - 1.2)])


def parse_query(text):
    return dict(urllib.parse.parse_qsl(text, keep_blank_values=True))
