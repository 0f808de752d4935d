# SPDX-License-Identifier: Apache-2.0
"""Real applies under the daemon's eyes, where TERRAFORM_TEST names a terraform or tofu binary. The
configurations have only what is built in (terraform_data), so that nothing is downloaded."""

import datetime
import json
import os
import re
import signal
import subprocess
import time

import pytest

from conftest import wait_until
from terraform_files import accept, config, statuses, wait_reason

BINARY = os.environ.get("TERRAFORM_TEST")
pytestmark = pytest.mark.skipif(not BINARY, reason="TERRAFORM_TEST names no terraform or tofu binary")

MAIN = """
variable "names" { type = set(string) }
variable "pause" { default = "0" }
variable "break" { default = false }
resource "terraform_data" "part" {
  for_each = var.names
  input    = each.key
  provisioner "local-exec" {
    command = "sleep ${var.pause}; test ${var.break} = false"
  }
}
output "names" { value = join(",", sort([for part in terraform_data.part : part.output])) }
output "password" {
  value     = "real-secret-word"
  sensitive = true
}
"""


class Infra:
    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()
        (folder / "main.tf").write_text(MAIN)
        self.state = folder / "terraform.tfstate"
        self.variables = os.environ | {"TF_IN_AUTOMATION": "1", "CHECKPOINT_DISABLE": "1",
                                       "TF_CLI_CONFIG_FILE": "/dev/null"}
        assert self.run("init", "-input=false").returncode == 0

    def command(self, *words, **variables):
        values = [f"-var={name}={json.dumps(value) if isinstance(value, list) else value}"
                  for name, value in variables.items()]
        return [BINARY, *words, *values]

    def run(self, *words, **variables):
        return subprocess.run(self.command(*words, **variables), cwd=self.folder, env=self.variables,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)

    def apply(self, *names, **variables):
        return self.run("apply", "-auto-approve", "-input=false", names=list(names), **variables)

    def start_apply(self, *names, **variables):
        return subprocess.Popen(
            self.command("apply", "-auto-approve", "-input=false", "-parallelism=1", names=list(names),
                         **variables),
            cwd=self.folder, env=self.variables, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    @property
    def serial(self):
        return json.loads(self.state.read_text())["serial"]


@pytest.fixture
def infra(tmp_path):
    return Infra(tmp_path / "infra")


def checks(count):
    return {"all": {"resources": [{"address": "terraform_data.part", "count": count}],
                    "outputs": ["names", "password"], "settle": "2s"}}


def test_an_apply_is_seen_from_nothing_to_ready(daemon, infra, tmp_path):
    gate = daemon(config(infra.state, checks(6), store=tmp_path / "store.db"))
    wait_reason(gate, "all", "NoState", "progressing")
    names = [f"n{number}" for number in range(6)]
    apply = infra.start_apply(*names, pause="1")
    seen = set()

    def watch():
        check = gate.check("prod", "all")
        seen.add((check["status"], check["reason"]))
        return apply.poll() is not None

    wait_until(watch, 60, every=0.02, what="the end of the apply")
    assert apply.returncode == 0
    # Half of the states on the way are whole, and the lock tells.
    assert {status for status, _ in seen} == {"progressing"}, seen
    assert "Locked" in {reason for _, reason in seen}, seen
    gate.wait_for("prod", "go")
    check = gate.check("prod", "all")
    assert check["revision"] == str(infra.serial)
    assert check["facts"]["outputs.names"] == ",".join(names)
    text = gate.get("/v1/environments/prod").body.decode() + gate.log()
    assert "real-secret-word" not in text
    said = statuses(gate, "all")
    assert "failed" not in said and said.count("ready") == 1 and said[-1] == "ready", said


def test_an_apply_that_fails_leaves_what_needs_a_person(daemon, infra):
    assert infra.apply("a").returncode == 0
    gate = daemon(config(infra.state, checks(1)))
    gate.wait_for("prod", "go")
    assert infra.apply("a", "b", **{"break": "true"}).returncode != 0
    check = wait_reason(gate, "all", "ResourcesTainted", "failed")
    assert 'terraform_data.part["b"]' in check["message"]
    assert gate.verdict("prod")["verdict"] == "halt"
    assert infra.apply("a").returncode == 0
    gate.wait_for("prod", "go")


def test_an_apply_that_is_killed_is_stale_until_the_next(daemon, infra):
    assert infra.apply("a").returncode == 0
    gate = daemon(config(infra.state, checks(1)))
    gate.wait_for("prod", "go")
    apply = infra.start_apply("a", "b", pause="30")
    wait_reason(gate, "all", "Locked", "progressing")
    os.killpg(apply.pid, signal.SIGKILL)
    apply.wait()
    wait_reason(gate, "all", "LockStale", "unknown")
    assert infra.apply("a").returncode == 0
    gate.wait_for("prod", "go")


def test_a_state_that_is_pushed_back_by_force_is_an_alarm(daemon, infra, tmp_path):
    socket = tmp_path / "s"
    assert infra.apply("a").returncode == 0
    old = tmp_path / "old.tfstate"
    old.write_bytes(infra.state.read_bytes())
    assert infra.apply("b").returncode == 0
    gate = daemon(config(infra.state, checks(1), store=tmp_path / "store.db", socket=socket))
    gate.wait_for("prod", "go")
    infra.state.write_bytes(old.read_bytes())
    wait_reason(gate, "all", "SerialBehind", "unknown")
    accept(socket, "all")
    gate.wait_for("prod", "go")


def test_a_plan_and_show_of_this_version_are_read(daemon, infra, tmp_path):
    assert infra.apply("a").returncode == 0
    for name, names in (("same", ["a"]), ("more", ["a", "b"])):
        assert infra.run("plan", "-input=false", f"-out={name}.plan", names=names).returncode == 0
        shown = infra.run("show", "-json", f"{name}.plan")
        (tmp_path / f"{name}.json").write_text(shown.stdout)
    (tmp_path / "show.json").write_text(infra.run("show", "-json").stdout)
    version = re.search(r"v(\d+)\.(\d+)", infra.run("version").stdout)
    has_time = tuple(map(int, version.groups())) >= (1, 5)
    sources = {name: {"backend": "local", "path": str(tmp_path / f"{name}.json"), "content": content}
               for name, content in (("same", "plan"), ("more", "plan"), ("show", "show"))}  # fmt: skip
    gate = daemon(config(sources, {
        "same": {"source": "same"}, "more": {"source": "more"},
        "show": {"source": "show", "resources": ["terraform_data.part"], "settle": "0s"}}))  # fmt: skip
    wait_reason(gate, "show", "Applied", "ready")
    wait_reason(gate, "same", "Converged", "ready")
    wait_reason(gate, "more", "PendingChanges", "degraded")
    if has_time:
        made = datetime.datetime.fromisoformat(gate.check("prod", "same")["facts"]["made_at"])
        assert abs(time.time() - made.timestamp()) < 300
