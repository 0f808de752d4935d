# SPDX-License-Identifier: Apache-2.0
"""A place where a store lives, the daemons that use it one after the other, and callers who ask
for decisions as fast as they can."""

import hashlib
import itertools
import json
import re
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

from answers import check
from conftest import BUILD, DAEMONS, Daemon, http_request, run_tool, wait_until

SECRET = "cvg_" + "7" * 64
AS_ADMIN = {"Authorization": f"Bearer {SECRET}"}
TOKENS = {"ada": {"sha256": hashlib.sha256(SECRET.encode()).hexdigest(), "scopes": ["admin"]}}
NUMBERS = itertools.count()


class Place:
    """One configuration with a store, and the daemon that runs on it now. What stays open for all
    (loopback, no token) is open here too, unless `tokens` are given."""

    def __init__(self, folder, url, environments=None, store=None, **more):
        self.folder = folder
        self.file = store or folder / "store" / "convergate.db"
        self.file.parent.mkdir(exist_ok=True, parents=True)
        self.url, self.more = url, more
        self.environments = environments or {"shop": {"one": check()}}
        self.arguments, self.variables = [], {}
        self.daemon, self.starts = None, 0

    @property
    def configuration(self):
        keys = dict(self.more)
        server = {"listen": "127.0.0.1:0", **keys.pop("server", {})}
        return json.dumps({
            "server": server, "store": str(self.file),
            "sources": {"m": {"type": "prometheus", "url": self.url}},
            "environments": {name: {"checks": checks}
                             for name, checks in self.environments.items()}, **keys})

    def start(self):
        self.starts += 1
        self.daemon = Daemon(self.folder, self.configuration, *self.arguments,
                             log=f"convergated.{self.starts}.log", environment=self.variables)
        return self.daemon

    def start_and_kill(self, seconds):
        """In the middle of what a start does: the log is recovered, the head compared."""
        moment = time.monotonic() + seconds
        with open(self.folder / "killed.log", "wb") as out, subprocess.Popen(
                [BUILD / "bin" / "convergated", "-c", self.configured()],
                stdin=subprocess.DEVNULL, stdout=out, stderr=out) as process:
            wait_until(lambda: time.monotonic() > moment, every=0.001)
            process.kill()

    def configured(self):
        file = self.folder / "convergate.yaml"
        file.write_text(self.configuration)
        return file

    def stop(self):
        if self.daemon:
            self.daemon.stop()
            self.daemon = None

    def kill(self):
        DAEMONS.discard(self.daemon.port)
        self.daemon.process.send_signal(signal.SIGKILL)
        self.daemon.process.wait(30)
        self.daemon = None

    def end(self, how):
        """how: a signal, as a person or the kernel would send it."""
        if how == signal.SIGKILL:
            self.kill()
        else:
            self.stop()

    def beside(self, suffix):
        """One of the files beside the database: "head", "key", "lock"."""
        return self.file.with_name(f"{self.file.name}.{suffix}")

    def ask(self, app=None, environment="shop", **more):
        """POSTs a subject that nobody asked for before, unless it is named. The document."""
        app = app or f"app{next(NUMBERS)}"
        return self.daemon.post(f"/v1/verdict/{environment}",
                                {"app": app, "revision": "r1"} | more).json

    def decision(self, identity):
        return self.daemon.get(f"/v1/decisions/{identity}")

    def fault(self):
        """The word of the fault that the store has now, "" for none; as its metrics say."""
        text = self.daemon.get("/metrics").body.decode()
        found = re.findall(r'^convergate_store_fault\{fault="([a-z_]+)"\} 1$', text, re.M)
        available = "\nconvergate_store_available 1\n" in text
        assert available == (found in ([], ["none"])), text
        return "" if available else found[0]

    def wait_fault(self, *words, seconds=20.0):
        return wait_until(lambda: self.fault() in words, seconds, what=f"a fault of {words}")

    def wait_available(self, seconds=30.0):
        wait_until(lambda: not self.fault(), seconds, what="a store that is available again")

    def readyz(self):
        """The line about the store, and the status."""
        answer = self.daemon.get("/readyz?verbose")
        lines = [line for line in answer.body.decode().splitlines() if "store" in line]
        assert len(lines) == 1, answer.body
        return lines[0], answer.status


def assert_closed(document):
    """The answer of who could not be recorded: wait, no id, and why."""
    assert [document[key] for key in ("verdict", "unknown", "id")] == ["wait", True, ""], document
    assert document["reasons"][0]["code"] == "StoreUnavailable", document


def assert_faulty(place, *words):
    """All that has to tell of it tells of it, and readers go on."""
    line, status = place.readyz()
    assert line.startswith("[-]store unavailable: ") and status == 200, line
    assert any(f"unavailable: {word}" in line for word in words), line
    assert place.daemon.verdict("shop")["id"] == ""
    assert place.daemon.verdict("shop")["verdict"] == "go"
    assert "StoreUnavailable" not in json.dumps(place.daemon.verdict("shop"))
    assert place.daemon.get("/livez").status == 200
    assert_closed(place.ask())


def assert_recovered(place):
    """Available again without a restart, and the next one is recorded."""
    place.wait_available()
    assert place.readyz()[0].startswith("[+]store"), place.readyz()
    document = place.ask()
    assert document["id"] and document["verdict"] == "go", document
    assert place.decision(document["id"]).json["decision"] == document


def audit_verify(file, *arguments):
    return run_tool("convergate", "audit", "verify", "--store", file, *arguments)


def exported(file):
    """Every row, oldest first."""
    done = run_tool("convergate", "audit", "export", "--store", file)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def sqlite(file, statements):
    """What the sqlite3 tool prints."""
    done = subprocess.run(["sqlite3", "-batch", file], input=statements, capture_output=True,
                          text=True, timeout=60, check=False)
    assert done.returncode == 0 and not done.stderr, done.stderr
    return done.stdout


class Other:
    """Somebody else who has the database open, and holds it."""

    def __init__(self, file, statement):
        self.process = subprocess.Popen(
            ["sqlite3", "-batch", file], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, bufsize=1)
        self.process.stdin.write(f".timeout 5000\n{statement}\n.print held\n")
        said = self.process.stdout.readline().split()[-1]
        assert said == "held", said

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(10)


def pages(port, path, key, limit, headers=None, **query):
    """All rows of all pages, by the cursor of each."""
    rows, query = [], {"limit": limit, **query}
    while True:
        answer = http_request(port, "GET", f"{path}?{urllib.parse.urlencode(query)}",
                              headers=headers)
        assert answer.status == 200, answer.body
        assert len(answer.json[key]) <= limit
        rows += answer.json[key]
        if not answer.json["next"]:
            return rows
        assert answer.json[key], "an empty page that says there are more"
        query["before"] = answer.json["next"]


# ---- callers ----


def read_answer(stream):
    """(status, body) of the next answer; None where the connection ended before its end."""
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        return None
    length = -1
    while True:
        header = stream.readline()
        if not header.endswith(b"\r\n"):
            return None
        if header == b"\r\n":
            break
        name, _, value = header.partition(b":")
        if name.lower() == b"content-length":
            length = int(value)
    body = stream.read(length)
    return (int(line.split()[1]), body) if len(body) == length else None


class Caller(threading.Thread):
    """POSTs one subject after the other until the daemon has gone or it is told to end. What was
    acknowledged is id to the document's bytes. Sockets alone: http.client costs more than the
    daemon needs."""

    def __init__(self, port, name):
        super().__init__(daemon=True)
        self.port, self.app = port, name
        self.acknowledged, self.refused, self.ending = {}, 0, threading.Event()
        self.problem = None
        self.start()

    def run(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=30) as connection:
                stream = connection.makefile("rb")
                for number in itertools.count():
                    if self.ending.is_set() or not self._ask(connection, stream, number):
                        return
        except OSError:
            pass
        except Exception as problem:  # pylint: disable=broad-except
            self.problem = repr(problem)

    def _ask(self, connection, stream, number):
        subject = f'{{"app": "{self.app}", "revision": "{number}"}}'
        connection.sendall(
            f"POST /v1/verdict/shop HTTP/1.1\r\nHost: localhost:{self.port}\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(subject)}\r\n\r\n{subject}".encode())
        answer = read_answer(stream)
        if not answer:
            return False
        document = json.loads(answer[1])
        assert document["revision"] == str(number), document
        if document["id"]:
            self.acknowledged[document["id"]] = answer[1]
        else:
            self.refused += 1
        return True


class Callers:
    """Many of them at once."""

    def __init__(self, port, count=16, prefix="c"):
        self.all = [Caller(port, f"{prefix}{number}") for number in range(count)]

    def count(self):
        return sum(len(caller.acknowledged) for caller in self.all)

    def acknowledged(self):
        """All that was, when nobody asks any more."""
        found = {}
        for caller in self.all:
            caller.join(40)
            assert not caller.is_alive() and not caller.problem, caller.problem
            found |= caller.acknowledged
        return found

    def stop(self):
        for caller in self.all:
            caller.ending.set()
        return self.acknowledged()
