# SPDX-License-Identifier: Apache-2.0
"""The fake API server as a process of its own, so that tests can stop, freeze and kill it:

    python3 -m kube.server --port 0 --cert FILE --key FILE --client-ca FILE [--http1]

prints `{"port": ..., "control": ...}`; on the control port each line is a JSON command with an
`op`, and is answered by a line. What a test may do is what the methods of Control are called."""

import argparse
import asyncio
import base64
import json
import sys
import time

from .api import Api, Rights
from .store import Store
from .transport import HAVE_H2, Server


class Control:
    def __init__(self, store, api, server):
        self.store, self.api, self.server = store, api, server
        self.churning = None

    def find(self, name):
        return next(resource for resource in self.store.resources.values()
                    if resource.full_name == name)

    # ---- objects ----

    def put(self, object, raw=None, keep=False):
        event = self.store.put(object, base64.b64decode(raw) if raw else None, keep=keep)
        return {"version": event.version, "at": event.born}

    def put_all(self, objects):
        for one in objects:
            self.store.put(one)
        return {"version": self.store.version}

    def delete(self, resource, namespace, name):
        return {"version": self.store.delete(self.find(resource), namespace, name).version}

    def clear(self, resource):
        found = self.find(resource)
        for namespace, name in list(found.objects):
            self.store.delete(found, namespace, name)

    def resource_names(self):
        return [resource.full_name for resource in self.store.resources.values()]

    def load_event(self, kind, object, raw=None):
        self.store.load_event(kind, object, base64.b64decode(raw) if raw else None)

    def advance(self, version):
        self.store.version = version

    def expire(self, version=None):
        self.store.expire()
        for resource in self.store.resources.values():
            resource.forgotten = resource.forgotten if version is None else version

    def install(self, group, version, name, kind, namespaced=True, builtin=False):
        self.store.install(group, version, name, kind, namespaced, builtin)

    def uninstall(self, group, version, name):
        self.store.uninstall(group, version, name)

    def dump(self):
        """All that is kept, for another server to go on with."""
        return {"version": self.store.version, "objects": [
            json.loads(one.alone()) for resource in self.store.resources.values()
            for one in resource.objects.values()]}

    def restore(self, version, objects):
        for one in objects:
            self.store.put(one, keep=True)
        self.store.version = version
        self.store.expire()  # a new server has no history

    # ---- who may what ----

    def token(self, token, user):
        self.api.tokens[token] = user

    def revoke(self, token):
        self.api.tokens.pop(token, None)

    def allow(self, user, allow=None, deny=(), verbs=None, namespaces=None):
        self.api.rights[user] = Rights(allow, deny, verbs, namespaces)

    # ---- how it behaves ----

    def set(self, name, value):
        assert hasattr(self.api, name), name
        setattr(self.api, name, set(value) if isinstance(value, list) else value)

    def fault(self, **fault):
        self.server.faults.append(fault)

    def heal(self):
        self.server.faults.clear()
        self.api.frame_fault.clear()

    def frame_fault(self, resource, what=None, data=None):
        self.api.frame_fault[resource] = base64.b64decode(data) if data else what

    def cut(self):
        self.server.cut()

    def certificate(self, certificate, key):
        self.server.context.load_cert_chain(certificate, key)

    # ---- what happened ----

    def requests(self):
        return self.server.requests

    def watches(self):
        return self.api.open_watches

    def connections(self):
        return {"open": len(self.server.connections), "accepted": self.server.accepted}

    def written(self, resource, name):
        return {"at": self.api.written.get((resource, name))}

    # ---- load ----

    def churn(self, resource, rate, seconds):
        """Changes one object after the other, `rate` times a second, in the background."""
        self.churning = asyncio.ensure_future(self._churn(self.find(resource), rate, seconds))

    async def _churn(self, resource, rate, seconds):
        started, made = time.monotonic(), 0
        keys = sorted(resource.objects)
        while (spent := time.monotonic() - started) < seconds:
            while made < spent * rate:
                one = resource.objects[keys[made % len(keys)]]
                document = dict(one.document)
                document["kind"], document["apiVersion"] = resource.kind, resource.api_version
                document["metadata"] = one.metadata | {"annotations": (
                    one.metadata.get("annotations") or {}) | {"churn": str(made)}}
                self.store.put(document)
                made += 1
            await asyncio.sleep(0.002)
        self.churned = made

    def churn_done(self):
        return {"done": self.churning.done(), "made": getattr(self, "churned", None)}


async def serve_control(control, reader, writer):
    while line := await reader.readline():
        command = json.loads(line)
        try:
            answer = {"answer": getattr(control, command.pop("op"))(**command)}
        except Exception as error:  # told to the test, which fails with it
            answer = {"error": f"{type(error).__name__}: {error}"}
        writer.write(json.dumps(answer).encode() + b"\n")
        await writer.drain()


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    for name in ("--cert", "--key", "--client-ca"):
        parser.add_argument(name, required=True)
    parser.add_argument("--http1", action="store_true")
    given = parser.parse_args()

    store = Store()
    api = Api(store)
    server = Server(api)
    server.tls(given.cert, given.key, given.client_ca, not given.http1)
    control = Control(store, api, server)
    port = await server.listen("127.0.0.1", given.port)
    commands = await asyncio.start_server(
        lambda reader, writer: serve_control(control, reader, writer), "127.0.0.1", 0,
        limit=256 << 20)
    print(json.dumps({"port": port, "control": commands.sockets[0].getsockname()[1],
                      "http2": HAVE_H2 and not given.http1}), flush=True)
    # ends with whoever started it
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
