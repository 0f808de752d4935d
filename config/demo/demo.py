# SPDX-License-Identifier: Apache-2.0
"""Shows the gate at work: a real Prometheus, a small shop with a bad release, an apply that is half
done, and convergated.

`./dev demo` builds what this needs and calls it. The shop fails a fifth of its requests and half of
its network is made (apply.py writes the state as Terraform does), so the gate says `wait` and why;
then the shop gets a good release and the apply goes on, and after a few quiet seconds the gate says
`go`. All of it listens on loopback, at free ports, and is gone at the end.

    --once   without a terminal: prints the two decision documents, one `wait` and one `go`, as
             they came from the daemon, and exits 0 only if both came
"""

import argparse
import ctypes
import json
import os
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
USUAL = {"convergated": 8717, "shop": 8718, "prometheus": 9090}  # as in the files of this folder
PATIENCE = 60  # seconds for each thing that is waited for
VERDICT = "/v1/verdict/demo/deploy"
STATE = "/var/tmp/convergate-demo/terraform.tfstate"  # as in convergate.yaml

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
        self.shown = None  # what stands on the screen

    def url(self, name, path=""):
        return f"http://127.0.0.1:{self.ports[name]}{path}"

    def get(self, name, path, method="GET"):
        request = urllib.request.Request(self.url(name, path), method=method)
        with OPENER.open(request, timeout=5) as answer:
            return answer.read()

    def render(self, name):
        """A copy of this folder's file, with the ports and the state of this run."""
        text = (HERE / name).read_text().replace(STATE, str(self.folder / "terraform.tfstate"))
        for server, port in USUAL.items():
            text = text.replace(f"127.0.0.1:{port}", f"127.0.0.1:{self.ports[server]}")
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

    def go_on_applying(self):
        self.apply.stdin.write(b"\n")
        self.apply.stdin.close()

    def start_all(self):
        say("starting:")
        self.start_apply()
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
        if self.apply and self.apply.poll():
            raise Failure(f"the apply failed: {(self.folder / 'apply.log').read_text()}")

    def stop(self):
        started = [*self.children.values(), *([self.apply] if self.apply else [])]
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
            and not each["unknown"]
            and blames(each, "errors")
            and blames(each, "network")
        )
        self.release("good")
        say("\nthe shop gets a good release, and the apply goes on\n")
        self.go_on_applying()
        go = self.follow(lambda each: each["verdict"] == "go")
        return wait, go

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


def blames(document, check):
    return any(reason.get("check") == check for reason in document["reasons"])


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
