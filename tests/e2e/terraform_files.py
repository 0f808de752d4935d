# SPDX-License-Identifier: Apache-2.0
"""States that tests write, who writes and locks them, and configurations that look at them. Writers and
holders are processes of their own: a POSIX lock is a process's, and this one's would be no lock to itself."""

import json
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from conftest import ROOT, run_tool, wait_until

FIXTURES = ROOT / "tests/fixtures/terraform"
LINEAGE = "6d2f5d3a-3c1c-4d52-8b5e-8c6a3d1b7f10"


def resource(name, **instance):
    return {
        "mode": "managed", "type": "terraform_data", "name": name,
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{"schema_version": 0, "attributes": {"id": name, "input": "attribute-secret"},
                       "sensitive_attributes": []} | instance]}  # fmt: skip


def state(serial, resources=("one", "two"), lineage=LINEAGE, **outputs):
    return {
        "version": 4, "terraform_version": "1.9.8", "serial": serial, "lineage": lineage,
        "outputs": {name: {"value": value, "type": "string"} for name, value in outputs.items()},
        "resources": [each if isinstance(each, dict) else resource(each) for each in resources],
        "check_results": None}  # fmt: skip


def write(path, document):
    path.write_text(document if isinstance(document, str) else json.dumps(document, indent=2) + "\n")
    return path


def config(sources, checks, store=None, socket=None, **defaults):
    """One environment `prod`. sources: name to keys, or the path of a local state; checks: name to keys,
    of the source `infra` where they name none."""
    if not isinstance(sources, dict):
        sources = {"infra": {"backend": "local", "path": str(sources)}}
    server = {"listen": "127.0.0.1:0"} | ({"socket": str(socket)} if socket else {})
    return json.dumps({
        "server": server,
        **({"store": str(store)} if store else {}),
        "defaults": {"interval": "200ms", "timeout": "5s", "rise": "0s", "fall": "0s"} | defaults,
        "sources": {name: {"type": "terraform"} | keys for name, keys in sources.items()},
        "environments": {"prod": {
            "checks": {name: {"source": "infra"} | keys for name, keys in checks.items()},
            "gates": {"deploy": {}}}},
    })  # fmt: skip


def wait_reason(gate, name, reason, status=None, seconds=20):
    """Waits until the check says so; returns it."""
    def ask():
        ask.last = gate.check("prod", name)
        right = ask.last["reason"] == reason and status in (None, ask.last["status"])
        return ask.last if right else None

    try:
        return wait_until(ask, seconds, what=f"{name}: {reason}")
    except AssertionError as error:
        raise AssertionError(f"{error}; it is {ask.last}; log: {gate.log()[-3000:]}") from None


def statuses(gate, name):
    """Every steady status that the check has had, the oldest first; needs a store."""
    answer = gate.get(f"/v1/environments/prod/history?kind=status&name={name}&limit=500").json
    assert answer["next"] == "", "more than one page"
    return [change["after"] for change in reversed(answer["changes"])]


def accept(socket, name):
    done = run_tool("convergate", "accept", "prod", name, "--comment", "meant", "-s", f"unix:{socket}")
    assert done.returncode == 0, done.stderr


HOLD = """
import fcntl, json, pathlib, sys
path = pathlib.Path(sys.argv[1])
file = open(path, "r+b")
fcntl.lockf(file, fcntl.LOCK_EX)
note = path.with_name(f".{path.name}.lock.info")
note.write_text(json.dumps({"ID": "1", "Operation": sys.argv[2], "Info": "lock-secret", "Who": "ada@laptop",
                            "Version": "1.9.8", "Created": sys.argv[3], "Path": str(path)}))
print("held", flush=True)
sys.stdin.readline()
note.unlink()
"""


class Holder:
    """Somebody who holds the lock of a state as Terraform does, until told otherwise."""

    def __init__(self, path, operation="OperationTypeApply", created="2026-11-20T19:25:15.5663227Z"):
        self.process = subprocess.Popen([sys.executable, "-c", HOLD, str(path), operation, created],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "held\n"

    def end(self):
        self.process.communicate("\n", timeout=20)
        assert self.process.returncode == 0

    def kill(self):
        self.process.kill()
        self.process.communicate(timeout=20)


STORM = """
import json, sys, time
path, seconds = sys.argv[1], float(sys.argv[2])
document = json.load(open(path))
until, written = time.monotonic() + seconds, 0
with open(path, "r+b", buffering=0) as file:
    while time.monotonic() < until:
        document["serial"] += 1
        text = json.dumps(document, indent=2).encode() + b"\\n"
        file.truncate(0)
        file.seek(0)
        half = len(text) // 2
        file.write(text[:half])
        file.write(text[half:])
        written += 1
print(written)
"""


class Storm:
    """Cuts the state to nothing and writes it again in place, with a new serial, as fast as it can."""

    def __init__(self, path, seconds):
        self.process = subprocess.Popen([sys.executable, "-c", STORM, str(path), str(seconds)],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)

    def is_over(self):
        return self.process.poll() is not None

    def written(self):
        out, _ = self.process.communicate(timeout=60)
        assert self.process.returncode == 0
        return int(out)


class Kept:
    """A document behind a URL, without a tag: who wants to know whether it changed must read it."""

    def __init__(self, text):
        self.looks = 0
        kept, body = self, text.encode()

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                kept.looks += 1
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/state"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
