# SPDX-License-Identifier: Apache-2.0
"""Services that keep states and locks for Terraform, in memory: Consul's KV store, as Terraform writes it,
and HCP Terraform's API, answering with the recorded documents. Faults: see fake_clouds.Store."""

import base64
import gzip
import hashlib
import json
import urllib.parse

from fake_clouds import Store
from terraform_files import FIXTURES

JSON = {"Content-Type": "application/json"}


class FakeConsul(Store):
    """keys: name to [value, index, session]."""

    def __init__(self, token="consul-token"):
        super().__init__()
        self.token, self.keys, self.index = token, {}, 10
        self.gone = set()  # chunks that are deleted once the pointer has been read

    def answer(self, request, body):
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return 403, {}, b"Permission denied: anonymous token lacks permission 'key:read'"
        url = urllib.parse.urlsplit(request.path)
        key = urllib.parse.unquote(url.path.removeprefix("/v1/kv/"))
        found = self.keys.get(key)
        if found is None:
            return 404, {}, b""
        for each in self.gone:
            self.keys.pop(each, None)
        value, index, session = found
        if url.query == "raw":
            return 200, {"X-Consul-Index": str(index)}, value
        pair = {"LockIndex": 1, "Key": key, "Flags": 0, "Value": base64.b64encode(value).decode() or None}
        pair |= ({"Session": session} if session else {}) | {"CreateIndex": 3, "ModifyIndex": index}
        return 200, JSON, json.dumps([pair]).encode()

    def set(self, key, value, session=None):
        self.index += 1
        self.keys[key] = [value if isinstance(value, bytes) else value.encode(), self.index, session]

    def put_state(self, key, document, packed=False, chunk=None):
        """As Terraform does: chunks first, then the pointer, then old chunks go."""
        data = json.dumps(document, indent=2).encode()
        digest = hashlib.md5(data).hexdigest()
        value = gzip.compress(data) if packed else data
        old = [name for name in self.keys if name.startswith(f"{key}/tfstate.")]
        if chunk:
            parts = [value[at:at + chunk] for at in range(0, len(value), chunk)]
            names = [f"{key}/tfstate.{digest}/{number}" for number in range(len(parts))]
            for name, part in zip(names, parts):
                self.set(name, part)
            value = json.dumps({"current-hash": digest, "chunks": names})
            old = [name for name in old if name not in names]
        self.set(key, value)
        for name in old:
            del self.keys[name]

    def lock(self, key, note):
        self.set(f"{key}/.lock", b"", "f4f0c7a2-session")
        self.set(f"{key}/.lockinfo", note)

    def lose_session(self, key):
        """Whoever held it was killed: the session's time is over, the note stays."""
        self.set(f"{key}/.lock", b"")

    def unlock(self, key):
        self.keys.pop(f"{key}/.lock", None)
        self.keys.pop(f"{key}/.lockinfo", None)


def recorded(name):
    return json.loads((FIXTURES / f"constructed/hcp-{name}.json").read_text())


class FakeArchive(Store):
    """Where the states themselves lie: whoever asks has an address that is signed, and nothing else."""

    def __init__(self):
        super().__init__()
        self.leaked = []

    def answer(self, request, body):
        if request.headers.get("Authorization"):
            self.leaked.append(request.path)
        found = self.things.get(request.path)
        return (200, {}, found.data) if found else (403, {}, b"expired")


class FakeHcp(Store):
    """One workspace, in the recorded documents; tests change them."""

    ORGANIZATION = "acme"

    def __init__(self, token="hcp-token"):
        super().__init__()
        self.token, self.archive = token, FakeArchive()
        self.workspace, self.runs = recorded("workspace"), [recorded("run-applied")["data"]]
        self.version, self.assessment = recorded("current-state-version"), None
        self.downloads = 0
        self.put_state(None)

    def put_state(self, document, serial=None):
        """A new state version. serial: what the version says, where it is not the document's."""
        number = int(self.version["data"]["id"][-10:]) + 1
        name = f"sv-EXAMPLE{number:010}"
        data = self.version["data"]
        data["id"] = name
        self.workspace["data"]["relationships"]["current-state-version"] = {
            "data": {"id": name, "type": "state-versions"} if document else None}
        data["attributes"]["hosted-state-download-url"] = f"{self.url}/api/state-versions/{name}/hosted_state"
        if document:
            data["attributes"]["serial"] = document["serial"] if serial is None else serial
            self.archive.put(f"/o/{name}?sig=archive-secret", json.dumps(document))
        self.has_state = document is not None

    def run(self, status, **attributes):
        """A newer run."""
        run = recorded("run-applied")["data"]
        run["id"] = f"run-EXAMPLE{len(self.runs) + 1:010}"
        run["attributes"] |= {"status": status} | {name.replace("_", "-"): value
                                                   for name, value in attributes.items()}
        self.runs.insert(0, run)

    def answer(self, request, body):
        path = request.path
        if request.headers.get("Authorization") != f"Bearer {self.token}":
            return self.error(401)
        if path.startswith("/api/state-versions/"):
            self.downloads += 1
            name = path.split("/")[3]
            return 307, {"Location": f"{self.archive.url}/o/{name}?sig=archive-secret"}, b""
        workspace = f"/api/v2/workspaces/{self.workspace['data']['id']}"
        documents = {
            f"/api/v2/organizations/{self.ORGANIZATION}/workspaces/staging": self.workspace,
            f"{workspace}/runs?page%5Bsize%5D=20": {"data": self.runs},
            f"{workspace}/current-state-version": self.version if self.has_state else None,
            f"{workspace}/current-assessment-result": self.assessment,
        }
        found = documents.get(path)
        if found is None:
            return self.error(404)
        return 200, {"Content-Type": "application/vnd.api+json"}, json.dumps(found).encode()

    @staticmethod
    def error(status):
        body = recorded("404") if status == 404 else {"errors": [{"status": str(status)}]}
        return status, {"Content-Type": "application/vnd.api+json"}, json.dumps(body).encode()

    def stop(self):
        super().stop()
        self.archive.stop()
