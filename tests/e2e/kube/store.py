# SPDX-License-Identifier: Apache-2.0
"""What the fake API server keeps: kinds, objects, versions, and the history that lists of an older
version and watches are answered from. One counter of versions for all kinds, as etcd has."""

import asyncio
import bisect
import copy
import json
import time

from . import protobuf


def encode(document, pretty=False, in_order=False):
    """JSON as Go writes it; in_order: of what it has as maps, that is custom resources."""
    text = json.dumps(document, ensure_ascii=False, indent=2 if pretty else None,
                      sort_keys=in_order,
                      separators=None if pretty else (",", ":"))
    for char in "<>&\u2028\u2029":
        if char in text:
            text = text.replace(char, f"\\u{ord(char):04x}")
    return text.encode("utf-8", "surrogatepass")


class Resource:
    def __init__(self, group, version, name, kind, namespaced=True, builtin=True, short=()):
        self.group, self.version, self.name, self.kind = group, version, name, kind
        self.namespaced, self.builtin, self.short = namespaced, builtin, short
        self.objects = {}  # (namespace, name): Object
        self.log = []  # Event, by version
        self.forgotten = 0  # up to this version nothing is known any more
        self.reached = 0  # the version of the latest change
        self.watchers = set()  # asyncio.Event

    @property
    def api_version(self):
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full_name(self):
        return f"{self.name}.{self.group}" if self.group else self.name

    @property
    def message(self):
        return f"{self.group or 'core'}/{self.version}", self.kind

    def about(self):
        """As discovery tells it."""
        verbs = ["create", "delete", "deletecollection", "get", "list", "patch", "update", "watch"]
        if not self.builtin:
            verbs = ["delete", "deletecollection", "get", "list", "patch", "create", "update",
                     "watch"]
        about = {"name": self.name, "singularName": "" if self.builtin else self.kind.lower(),
                 "namespaced": self.namespaced, "kind": self.kind, "verbs": verbs}
        return about | ({"shortNames": list(self.short)} if self.short else {})


class Object:
    """One version of an object; never changed. document has kind and apiVersion only where the
    server writes them into lists, that is for custom resources."""

    def __init__(self, resource, document, version, raw=None):
        self.resource, self.version = resource, version
        self.document = document
        self._raw, self._text = raw, None

    @property
    def metadata(self):
        return self.document["metadata"]

    @property
    def key(self):
        return self.metadata.get("namespace", ""), self.metadata["name"]

    @property
    def text(self):
        if self._text is None:
            self._text = encode(self.document, in_order=not self.resource.builtin)
        return self._text

    @property
    def raw(self):
        """The bare message."""
        if self._raw is None:
            self._raw = protobuf.write(self.resource.message, self.document)
        return self._raw

    def at(self, version):
        """The same with another version on it."""
        document = self.document | {"metadata": self.metadata | {"resourceVersion": str(version)}}
        if not self.resource.builtin:
            return Object(self.resource, document, version)
        fields = list(protobuf.read(self.raw))
        about = b"".join(
            protobuf.data(field, str(version).encode() if field == 6 else value)
            if isinstance(value, bytes) else protobuf.number(field, value)
            for field, value in protobuf.read(fields[0][1]))
        raw = protobuf.data(1, about) + b"".join(protobuf.data(*one) for one in fields[1:])
        return Object(self.resource, document, version, raw)

    def alone(self):
        """With kind and apiVersion, as a single object or an event's is written."""
        if not self.resource.builtin:
            return self.text
        head = encode({"kind": self.resource.kind, "apiVersion": self.resource.api_version})
        return head[:-1] + b"," + self.text[1:]


class Event:
    def __init__(self, version, kind, new, old):
        self.version, self.kind, self.new, self.old = version, kind, new, old
        self.born = time.monotonic_ns()


BUILTIN = [
    ("apps", "v1", "deployments", "Deployment", True, ["deploy"]),
    ("apps", "v1", "statefulsets", "StatefulSet", True, ["sts"]),
    ("apps", "v1", "daemonsets", "DaemonSet", True, ["ds"]),
    ("apps", "v1", "replicasets", "ReplicaSet", True, ["rs"]),
    ("batch", "v1", "jobs", "Job", True, []),
    ("batch", "v1", "cronjobs", "CronJob", True, ["cj"]),
    ("", "v1", "pods", "Pod", True, ["po"]),
    ("", "v1", "nodes", "Node", False, ["no"]),
    ("", "v1", "namespaces", "Namespace", False, ["ns"]),
    ("", "v1", "services", "Service", True, ["svc"]),
    ("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ["pvc"]),
    ("", "v1", "persistentvolumes", "PersistentVolume", False, ["pv"]),
    ("", "v1", "resourcequotas", "ResourceQuota", True, ["quota"]),
    ("", "v1", "secrets", "Secret", True, []),
    ("", "v1", "configmaps", "ConfigMap", True, ["cm"]),
    ("", "v1", "events", "Event", True, ["ev"]),
    ("events.k8s.io", "v1", "events", "Event", True, ["ev"]),
    ("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ["pdb"]),
    ("autoscaling", "v2", "horizontalpodautoscalers", "HorizontalPodAutoscaler", True, ["hpa"]),
    ("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, []),
    ("coordination.k8s.io", "v1", "leases", "Lease", True, []),
    ("networking.k8s.io", "v1", "ingresses", "Ingress", True, ["ing"]),
    ("storage.k8s.io", "v1", "storageclasses", "StorageClass", False, ["sc"]),
    ("apiextensions.k8s.io", "v1", "customresourcedefinitions", "CustomResourceDefinition", False,
     ["crd", "crds"]),
    ("apiregistration.k8s.io", "v1", "apiservices", "APIService", False, []),
    ("admissionregistration.k8s.io", "v1", "validatingwebhookconfigurations",
     "ValidatingWebhookConfiguration", False, []),
    ("admissionregistration.k8s.io", "v1", "mutatingwebhookconfigurations",
     "MutatingWebhookConfiguration", False, []),
]


class Store:
    def __init__(self):
        self.version = 1
        self.resources = {}  # (group, version, name)
        for group, version, name, kind, namespaced, short in BUILTIN:
            self.install(group, version, name, kind, namespaced, True, short)

    def install(self, group, version, name, kind, namespaced=True, builtin=False, short=()):
        resource = Resource(group, version, name, kind, namespaced, builtin, short)
        self.resources[(group, version, name)] = resource
        return resource

    def uninstall(self, group, version, name):
        self.resources.pop((group, version, name), None)

    def of_document(self, document):
        group, _, version = document["apiVersion"].rpartition("/")
        for resource in self.resources.values():
            if (resource.group, resource.version, resource.kind) == (group, version,
                                                                     document["kind"]):
                return resource
        raise KeyError(f"{document['apiVersion']} {document['kind']} is not installed")

    # ---- changing ----

    def put(self, document, raw=None, version=None, keep=False):
        """Creates or replaces; raw: the bare message, where the test says it byte by byte. keep:
        the document is as it was recorded, and says its own version. Returns the event."""
        resource = self.of_document(document)
        document = copy.copy(document)
        if resource.builtin:
            del document["kind"], document["apiVersion"]
        if keep:
            version = int(document["metadata"]["resourceVersion"])
            self.version = max(self.version, version)
        else:
            self.version += 1
            version = self.version
            document["metadata"] = self._metadata(resource, document["metadata"], version)
        return self._happened(resource, Object(resource, document, version, raw))

    def _metadata(self, resource, given, version):
        name = given["name"]
        about = {"name": name}
        if resource.namespaced:
            about["namespace"] = given.get("namespace", "default")
        about["uid"] = given.get("uid") or f"{resource.name}-{about.get('namespace', '')}-{name}"
        return about | given | {"resourceVersion": str(version), "creationTimestamp": given.get(
            "creationTimestamp") or time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())}

    def _happened(self, resource, new, kind=None):
        old = resource.objects.get(new.key)
        if kind == "DELETED":
            resource.objects.pop(new.key, None)
        else:
            resource.objects[new.key] = new
        event = Event(new.version, kind or ("MODIFIED" if old else "ADDED"), new, old)
        resource.log.append(event)
        resource.reached = max(resource.reached, new.version)
        for watcher in resource.watchers:
            watcher.set()
        return event

    def delete(self, resource, namespace, name):
        old = resource.objects[(namespace, name)]
        self.version += 1
        document = old.document | {"metadata": old.metadata | {
            "resourceVersion": str(self.version)}}
        return self._happened(resource, Object(resource, document, self.version), "DELETED")

    def load_event(self, kind, document, raw):
        """What a recorded watch has told, at its own version."""
        resource = self.of_document(document)
        version = int(document["metadata"]["resourceVersion"])
        self.version = max(self.version, version)
        if resource.builtin:
            document = {key: value for key, value in document.items()
                        if key not in ("kind", "apiVersion")}
        return self._happened(resource, Object(resource, document, version, raw),
                              "DELETED" if kind == "DELETED" else None)

    def expire(self):
        """As a compaction: what is older than now cannot be listed or watched from any more."""
        for resource in self.resources.values():
            resource.forgotten = self.version
            resource.log.clear()

    # ---- reading ----

    def at(self, resource, version):
        """The objects as they were at that version, by key."""
        objects = dict(resource.objects)
        for event in reversed(resource.log):
            if event.version <= version:
                break
            if event.old is None:
                objects.pop(event.new.key, None)
            else:
                objects[event.new.key] = event.old
        return [objects[key] for key in sorted(objects)]

    @staticmethod
    def after(resource, version):
        """Index into the log of the first event after the version."""
        return bisect.bisect_right(resource.log, version, key=lambda event: event.version)

    async def reach(self, version, seconds):
        """Waits until the version is there; False: it did not come."""
        deadline = time.monotonic() + seconds
        while self.version < version:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(0.05)
        return True


# ---- selectors ----


class Refused(Exception):
    """A selector that cannot be read; the text is the server's."""


def labels_match(selector):
    """A function of labels."""
    tests = []
    rest = selector
    while rest:
        requirement, rest = _cut_requirement(rest)
        tests.append(_requirement(requirement.strip()))
    return lambda labels: all(test(labels) for test in tests)


def _cut_requirement(text):
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            return text[:at], text[at + 1:]
    return text, ""


def _requirement(text):
    for operator in ("!=", "==", "="):
        if operator in text:
            key, value = (part.strip() for part in text.split(operator, 1))
            if "=" in value:
                raise Refused("unable to parse requirement: found '=', expected: identifier")
            if operator == "!=":
                return lambda labels: labels.get(key) != value
            return lambda labels: labels.get(key) == value
    words = text.replace("(", " ( ", 1).split(None, 2)
    if len(words) == 3 and words[1] in ("in", "notin"):
        values = {value.strip() for value in words[2].strip("() ").split(",")}
        if words[1] == "in":
            return lambda labels: labels.get(words[0]) in values
        return lambda labels: labels.get(words[0]) not in values
    if text.startswith("!"):
        return lambda labels: text[1:].strip() not in labels
    return lambda labels: text in labels


FIELDS = {"pods": ("status.phase", "spec.nodeName", "status.podIP"), "secrets": ("type",)}


def fields_match(resource, selector):
    """A function of documents."""
    known = ("metadata.name", "metadata.namespace") + FIELDS.get(resource.name, ())
    tests = []
    for one in filter(None, selector.split(",")):
        path, _, value = one.partition("!=" if "!=" in one else "=")
        if path not in known:
            raise Refused(f'"{path}" is not a known field selector: only "metadata.name", '
                          '"metadata.namespace"')
        tests.append((path.split("."), value.lstrip("="), "!=" not in one))

    def match(document):
        for path, value, equal in tests:
            found = document
            for step in path:
                found = found.get(step, "") if isinstance(found, dict) else ""
            if (found == value) != equal:
                return False
        return True

    return match
