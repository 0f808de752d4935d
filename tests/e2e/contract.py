# SPDX-License-Identifier: Apache-2.0
"""Holds answers of the daemon against docs/openapi.yaml and docs/schemas: route, method, status,
content type, required headers, and the body by its JSON Schema. Stricter than the schemas are for
others: a key that is not described is a fault here, too."""

import functools
import http.client
import json
import pathlib
import re

import jsonschema
import yaml

DOCS = pathlib.Path(__file__).resolve().parents[2] / "docs"
# A status that HTTP answers without a body of its own.
EMPTY = {204, 304}
# What refuses alike on every route, described or not.
REFUSALS = {401: "Unauthorized", 405: "NotAllowed"}
VALIDATORS = {}
# Answers that watch() found to be right: under load most are the same, and reading them again
# would slow down the servers that tests run in this process.
RIGHT = set()
RIGHT_MOST = 4096
# What watch() found, also on threads of which nobody hears.
BROKEN = []


class Broken(AssertionError):
    """The answer is not what the description says."""


class Description:
    def __init__(self, openapi, schemas):
        self.schemas = schemas
        self.document = self._inline(openapi, openapi)
        self.routes = [(self._pattern(path), path, item)
                       for path, item in self.document["paths"].items()]
        # What names more of the path itself comes first.
        self.routes.sort(key=lambda route: route[1].count("{"))

    def _inline(self, node, root):
        """Puts in what references point to. There are no circles in these documents."""
        if isinstance(node, list):
            return [self._inline(item, root) for item in node]
        if not isinstance(node, dict):
            return node
        if "$ref" in node and isinstance(node["$ref"], str):
            file, _, pointer = node["$ref"].partition("#")
            target = root = self.schemas[file] if file else root
            for step in pointer.strip("/").split("/") if pointer else []:
                target = target[step]
            return self._inline(target, root)
        node = {key: self._inline(value, root) for key, value in node.items()}
        if "required" in node and isinstance(node.get("properties"), dict):
            node.setdefault("additionalProperties", False)
        return node

    @staticmethod
    def _pattern(path):
        return re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)))

    def response(self, method, path, status):
        """(operation or None, the response that describes it)"""
        for pattern, _, item in self.routes:
            if pattern.fullmatch(path):
                operation = item.get(method.lower())
                if not operation:
                    break
                found = operation["responses"]
                return found.get(str(status)) or found["default"]
        if status < 400:
            raise Broken(f"{method} {path}: answered {status}, but no such route is described")
        return self.document["components"]["responses"][REFUSALS.get(status, "Problem")]


@functools.lru_cache
def description():
    schemas = {f"schemas/{file.name}": json.loads(file.read_text())
               for file in (DOCS / "schemas").glob("*.json")}
    return Description(yaml.safe_load((DOCS / "openapi.yaml").read_text()), schemas)


def check_headers(wanted, headers, where):
    for name, rule in wanted.items():
        if name not in headers:
            if rule.get("required"):
                raise Broken(f"{where}: the header {name} is missing")
            continue
        check_schema(headers[name], rule["schema"], f"{where}: {name}")


def check_schema(value, schema, where):
    validator = VALIDATORS.get(id(schema))
    if not validator:
        validator = jsonschema.Draft202012Validator(schema)
        VALIDATORS[id(schema)] = validator  # which keeps the schema, so that the id stays its own
    problem = next(validator.iter_errors(value), None)
    if problem:
        raise Broken(f"{where}: {problem.json_path}: {problem.message}")


def check_event(document, using=None):
    """The data of one frame of /v1/events, already read as JSON."""
    using = using or description()
    check_schema(document, using.document["components"]["schemas"]["Event"], "event")


def check(method, target, answer, using=None):
    """answer has status, headers (a mapping) and body (bytes). Raises Broken."""
    using = using or description()
    path = target.split("?")[0]
    where = f"{method} {target}: {answer.status}"
    headers = {name.title(): value for name, value in answer.headers.items()}
    response = using.response(method, path, answer.status)
    check_headers({name.title(): rule for name, rule in response.get("headers", {}).items()},
                  headers, where)
    content = response.get("content", {})
    if answer.status in EMPTY or not content:
        if answer.body:
            raise Broken(f"{where}: has a body")
        return
    kind = headers.get("Content-Type", "")
    if kind not in content:
        raise Broken(f"{where}: is {kind or 'of no type'}, not one of {', '.join(content)}")
    if ("X-Gate-Verdict" in headers) != (kind == "application/json" and "decision" in str(
            content[kind]["schema"].get("$id", ""))):
        raise Broken(f"{where}: X-Gate-Verdict belongs to decisions, and to nothing else")
    if method == "HEAD":
        return
    if kind.endswith("json"):
        check_schema(json.loads(answer.body), content[kind]["schema"], where)
    else:
        check_schema(answer.body.decode(), content[kind]["schema"], where)


def watch(is_daemon):
    """Holds from now on every answer that http.client reads whole, and the head of every stream of
    events, against the description, where is_daemon(socket); however a test asks."""

    class Response(http.client.HTTPResponse):
        def __init__(self, sock, *arguments, target, **keywords):
            super().__init__(sock, *arguments, **keywords)
            self.target = target if is_daemon(sock) else None

        def hold(self, body):
            self.body = body
            known = (id(description()), self._method, self.target.split("?")[0], self.status, body,
                     *sorted(self.headers.keys()), self.getheader("Content-Type"))
            if known in RIGHT:
                return
            try:
                check(self._method, self.target, self)
            except Broken as broken:
                BROKEN.append(broken)
                raise
            if len(RIGHT) == RIGHT_MOST:
                RIGHT.clear()
            RIGHT.add(known)

        def begin(self):
            super().begin()
            if self.target and self.getheader("Content-Type") == "text/event-stream":
                self.hold(b"")

        def read(self, amt=None):
            body = super().read(amt)
            if self.target and amt is None:
                self.hold(body)
            return body

    honest = http.client.HTTPConnection.putrequest

    def putrequest(self, method, url, *arguments, **keywords):
        self.response_class = functools.partial(Response, target=url)
        return honest(self, method, url, *arguments, **keywords)

    http.client.HTTPConnection.putrequest = putrequest
