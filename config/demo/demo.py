# SPDX-License-Identifier: Apache-2.0
"""Shows the gate at work: a real Prometheus, a small shop with a bad release, an apply that is half
done, and convergated.

`./dev demo` builds what this needs and calls it. The shop fails a fifth of its requests and half of
its network is made (apply.py writes the state as Terraform does), so the gate says `wait` and why;
then the shop gets a good release and the apply goes on. Terraform is done before its load balancer
has a name (edge.py): what is declared is not observed yet. Then the name comes, and after a few quiet
seconds the gate says `go`. All of it listens on loopback, at free ports, and is gone at the end.

    --once   without a terminal: prints the two decision documents, one `wait` and one `go`, as
             they came from the daemon, and exits 0 only if both came
"""

import argparse
import ctypes
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
USUAL = {  # as in the files of this folder
    "convergated": 8717, "shop": 8718, "prometheus": 9090, "tls": 8743, "dns": 8753,
}  # fmt: skip
PATIENCE = 60  # seconds for each thing that is waited for
VERDICT = "/v1/verdict/demo/deploy"
PLACE = "/var/tmp/convergate-demo/"  # as in convergate.yaml
HOSTNAME = "shop-lb.example.net"  # as in apply.py

# No proxy of the environment's: everything is on loopback.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Failure(Exception):
    """The demo cannot go on; the text is for people."""


def say(text=""):
    print(text, file=sys.stderr, flush=True)


def free_ports(names):
    """A free loopback port for each name; all are held until all are known, so none comes twice."""
    held = {name: socket.create_server(("127.0.0.1", 0)) for name in names}
    ports = {name: server.getsockname()[1] for name, server in held.items()}
    for server in held.values():
        server.close()
    return ports


def die_with_parent():
    """Runs in the child: no way that this script ends, not even SIGKILL, leaves it running."""
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Demo:
    def __init__(self, build):
        self.build = build
        self.ports = free_ports(USUAL)
        place = ROOT / "build/demo"
        place.mkdir(parents=True, exist_ok=True)
        self.folder = Path(tempfile.mkdtemp(prefix="run-", dir=place))
        self.children = {}
        self.apply = None  # the process that makes the network
        self.edge = None  # what stands where the load balancer's name leads to
        self.shown = None  # what stands on the screen

    def url(self, name, path=""):
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def get(self, name, path, method="GET"):
        request = urllib.request.Request(self.url(name, path), method=method)
        with OPENER.open(request, timeout=5) as answer:
            return answer.read()

    def render(self, name):
        """A copy of this folder's file, with the ports and the state of this run."""
        text = (HERE / name).read_text().replace(PLACE, f"{self.folder}/")
        ports = {str(port): str(self.ports[server]) for server, port in USUAL.items()}
        text = re.sub(r"\b\d{4}\b", lambda found: ports.get(found[0], found[0]), text)
        path = self.folder / name
        path.write_text(text)
        return str(path)

    # ---- starting and stopping ----

    def start(self, name, command, ready):
        say(f"  {name:<12} {self.url(name)}")
        try:
            with open(self.folder / f"{name}.log", "wb") as log:
                self.children[name] = subprocess.Popen(
                    command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.folder,
                    start_new_session=True, preexec_fn=die_with_parent,
                )  # fmt: skip
        except OSError as error:
            raise Failure(f"{name} did not start: {error}") from error
        deadline = time.monotonic() + PATIENCE
        while True:
            self.watch()
            try:
                self.get(name, ready)
                return
            except (urllib.error.URLError, OSError) as error:
                if time.monotonic() > deadline:
                    raise Failure(f"{name} did not get ready: {error}") from error
            time.sleep(0.05)

    def start_apply(self):
        """Not one of the children that must live: it ends when the network is made."""
        state = self.folder / "terraform.tfstate"
        say(f"  {'apply':<12} {state}")
        with open(self.folder / "apply.log", "wb") as log:
            self.apply = subprocess.Popen(
                [sys.executable, str(HERE / "apply.py"), str(state)],
                stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    def start_edge(self):
        say(f"  {'edge':<12} {HOSTNAME}")
        certificate, key = self.folder / "edge.pem", self.folder / "edge.key"
        with open(self.folder / "edge.log", "wb") as log:
            subprocess.run(
                ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
                 "-nodes", "-days", "90", "-subj", f"/CN={HOSTNAME}",
                 "-addext", f"subjectAltName=DNS:{HOSTNAME}", "-keyout", str(key), "-out", str(certificate)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, check=True,
            )  # fmt: skip
            self.edge = subprocess.Popen(
                [sys.executable, str(HERE / "edge.py"), HOSTNAME, str(self.ports["dns"]),
                 str(self.ports["tls"]), str(certificate), str(key)],
                stdin=subprocess.PIPE, stdout=log, stderr=log,
                start_new_session=True, preexec_fn=die_with_parent,
            )  # fmt: skip

    @staticmethod
    def go_on(child):
        child.stdin.write(b"\n")
        child.stdin.close()

    def start_all(self):
        say("starting:")
        self.start_apply()
        self.start_edge()
        self.start("shop", [sys.executable, str(HERE / "shop.py"), str(self.ports["shop"])], "/metrics")
        prometheus = os.environ.get("CVG_PROMETHEUS", "prometheus")
        self.start(
            "prometheus",
            [prometheus, f"--config.file={self.render('prometheus.yml')}",
             f"--storage.tsdb.path={self.folder / 'prometheus-data'}",
             f"--web.listen-address=127.0.0.1:{self.ports['prometheus']}", "--log.level=warn"],
            "/-/ready",
        )  # fmt: skip
        daemon = self.build / "bin/convergated"
        self.start("convergated", [str(daemon), "-c", self.render("convergate.yaml")], "/livez")

    def watch(self):
        for name, child in self.children.items():
            if child.poll() is not None:
                raise Failure(f"{name} ended by itself (exit code {child.returncode})")
        if self.edge and self.edge.poll() is not None:
            raise Failure(f"the edge ended: {(self.folder / 'edge.log').read_text()}")
        if self.apply and self.apply.poll():
            raise Failure(f"the apply failed: {(self.folder / 'apply.log').read_text()}")

    def stop(self):
        others = [child for child in (self.apply, self.edge) if child]
        started = [*self.children.values(), *others]
        for child in started:
            self.signal(child, signal.SIGTERM)
        for child in started:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                pass
            self.signal(child, signal.SIGKILL)  # whoever of its group is left
            child.wait()

    @staticmethod
    def signal(child, number):
        try:
            os.killpg(child.pid, number)
        except ProcessLookupError:
            pass

    def show_logs(self):
        for name in self.children:
            lines = (self.folder / f"{name}.log").read_text(errors="replace").splitlines()[-25:]
            say(f"---- last lines of {name}:")
            say("\n".join(lines))
        say(f"---- all of it is in {self.folder}")

    # ---- what it shows ----

    def decision(self):
        """The daemon's answer of this moment, shown if it is news."""
        self.watch()
        try:
            document = json.loads(self.get("convergated", VERDICT))
        except (urllib.error.URLError, OSError, ValueError) as error:
            raise Failure(f"the gate gave no verdict: {error}") from error
        if not isinstance(document, dict) or not {"verdict", "unknown", "reasons"} <= set(document):
            raise Failure(f"this is no decision document: {document}")
        self.shown = show(document, self.shown)
        return document

    def follow(self, wanted):
        """Shows each change until wanted(document); returns that document."""
        deadline = time.monotonic() + PATIENCE
        while True:
            document = self.decision()
            if wanted(document):
                return document
            if time.monotonic() > deadline:
                raise Failure(f"the gate still says {document['verdict']}: {document.get('summary')}")
            time.sleep(0.2)

    def release(self, which):
        self.get("shop", f"/release/{which}", method="POST")

    def run(self):
        """The story: the two decisions, `wait` and `go`."""
        say("\nthe shop runs a bad release: a fifth of its requests fail; its network is half made")
        say(f"may it move on?  GET {self.url('convergated', VERDICT)}\n")
        # Not the first `wait`: that one is only for lack of evidence.
        wait = self.follow(
            lambda each: each["verdict"] == "wait"
            and blames(each, "errors", "ConditionNotMet")
            and blames(each, "network", "Locked", "BeingWritten")
        )
        self.release("good")
        say("\nthe shop gets a good release, and the apply goes on\n")
        self.go_on(self.apply)
        self.follow(lambda each: not blames(each, "errors") and self.is_declared_only())
        say(f"\nTerraform is done, and nobody finds {HOSTNAME}: declared, not observed")
        say("now the name comes, and what it leads to\n")
        self.go_on(self.edge)
        go = self.follow(lambda each: each["verdict"] == "go")
        say(f"\nwhat is observed came {self.readiness()['lag_s']:.1f} s after what is declared")
        return wait, go

    def readiness(self):
        return json.loads(self.get("convergated", "/v1/environments/demo"))

    def is_declared_only(self):
        """Only what looks for the load balancer is missing."""
        readiness = self.readiness()
        missing = {each["name"] for each in readiness["checks"] if each["status"] != "ready"}
        return readiness["declared_not_observed"] and missing == {"name", "certificate", "page"}

    def play(self):
        """On a terminal, whoever watches may break and mend the shop; Ctrl-C is a way to end it."""
        try:
            self.take_orders()
        except KeyboardInterrupt:
            say()

    def take_orders(self):
        say(f"\nask yourself:  curl {self.url('convergated', VERDICT)}")
        say("Enter breaks or mends the shop; q and Enter, or Ctrl-C, end the demo\n")
        release = "good"
        while True:
            self.decision()
            if select.select([sys.stdin], [], [], 0.3)[0]:
                typed = sys.stdin.readline()
                if typed.strip() in ("q", "quit", "exit") or not typed:
                    return
                release = "bad" if release == "good" else "good"
                self.release(release)
                say(f"the shop gets a {release} release\n")


def blames(document, check, *codes):
    """Whether the check holds the gate, for one of these reasons where any are named."""
    return any(
        reason.get("check") == check and (not codes or reason.get("code") in codes)
        for reason in document["reasons"]
    )


def show(document, before):
    """Prints the decision if it says something else than before; returns what is on the screen."""
    reasons = [(each.get("code"), each.get("check")) for each in document["reasons"]]
    now = (document["verdict"], reasons)
    if now != before:
        colour = {"go": "32", "wait": "33"}.get(document["verdict"], "31")
        word = f"{document['verdict']:<8}"
        if sys.stderr.isatty():
            word = f"\033[1;{colour}m{word}\033[0m"
        say(f"{time.strftime('%H:%M:%S')}  {word}  {document.get('summary', '')}")
        for reason in document["reasons"]:
            expected, observed = reason.get("expected", ""), reason.get("observed", "")
            compared = f"expected {expected}, observed {observed}" if expected or observed else ""
            say(f"            {reason.get('check', ''):<10} {reason.get('code', ''):<16} {compared}".rstrip())
    return now


def main():
    parser = argparse.ArgumentParser(prog="./dev demo", description="Shows the gate at work.")
    parser.add_argument("--once", action="store_true", help="print one wait and one go, and end")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: sys.exit(143))
    build = Path(os.environ.get("CVG_BUILD_DIR", ROOT / "build/release"))
    demo = Demo(build)
    code = 1
    try:
        demo.start_all()
        decisions = demo.run()
        if options.once:
            for document in decisions:
                print(json.dumps(document, indent=2), flush=True)
        elif sys.stdin.isatty():
            demo.play()
        code = 0
    except KeyboardInterrupt:
        code = 130
    except Failure as failure:
        say(f"\ndemo: {failure}")
        demo.show_logs()
    finally:
        demo.stop()
        if code != 1:
            shutil.rmtree(demo.folder, ignore_errors=True)
    return code


if __name__ == "__main__":
    sys.exit(main())
