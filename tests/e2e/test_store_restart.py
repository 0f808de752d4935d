# SPDX-License-Identifier: Apache-2.0
"""What comes back after a restart, and what must not: a go needs fresh evidence, whatever was known
before. A restart is a stop or kill -9."""

import os
import signal
import tempfile
import time

import pytest

from answers import check
from conftest import BUILD, free_port, run_tool, wait_until
from stored import Other, exported, pages

HOW = pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL], ids=["stop", "kill"])
# What was saved may be so old after a kill: notes are written once a second at most.
SAVED = 1.5


def later(seconds):
    """The only thing to wait for is that time passes."""
    moment = time.monotonic() + seconds
    wait_until(lambda: time.monotonic() > moment, seconds + 5, what="some time")


@HOW
def test_a_ready_check_goes_on_with_its_since_after_fresh_evidence(place, answers, how):
    quick = check(rise="2s", max_age="60s")
    home = place({"shop": {"one": quick}})
    gate = home.start()
    gate.wait_for("shop", "go")
    since = gate.check("shop", "one")["since"]
    later(SAVED)
    home.end(how)
    answers.open.clear()
    answers.asked.clear()
    home.environments["shop"]["one"] = quick | {"interval": "21s", "timeout": "20s"}
    gate = home.start()
    wait_until(lambda: answers.asked, what="a question to the source")
    for _ in range(20):  # it is asked, and has not answered
        document = gate.verdict("shop")
        assert (document["verdict"], document["unknown"]) == ("wait", True)
        assert document["reasons"][0]["code"] == "NoReading"
    assert home.ask()["verdict"] == "wait"
    answers.open.set()
    gate.wait_for("shop", "go", 10)
    assert gate.check("shop", "one")["since"] == since


@HOW
def test_a_rise_that_was_going_on_goes_on(place, how):
    home = place({"shop": {"one": check(rise="4s", max_age="60s")}})
    gate = home.start()
    wait_until(lambda: gate.check("shop", "one")["status"] == "progressing")
    began = time.monotonic()
    later(2.5)
    home.end(how)
    gate = home.start()
    gate.wait_for("shop", "go", 10)
    # A new rise would take until 6.5 s and the time of a restart.
    assert 3.5 < time.monotonic() - began < 6.4


def test_after_a_gap_it_begins_anew(place):
    home = place({"shop": {"one": check(rise="2s", max_age="3s")}})
    gate = home.start()
    gate.wait_for("shop", "go")
    since = gate.check("shop", "one")["since"]
    home.stop()
    later(3.2)
    gate = home.start()
    wait_until(lambda: gate.check("shop", "one")["status"] == "progressing", what="a new rise")
    assert gate.verdict("shop")["verdict"] == "wait"
    gate.wait_for("shop", "go")
    assert gate.check("shop", "one")["since"] > since


def test_evidence_that_turned_meanwhile_counts(place, answers):
    home = place({"shop": {"one": check("level", max_age="60s")}})
    answers.values["level"] = 1
    home.start().wait_for("shop", "go")
    home.stop()
    answers.values["level"] = 2
    gate = home.start()
    seen = []

    def failed():
        seen.append(gate.verdict("shop")["verdict"])
        return gate.check("shop", "one")["status"] == "failed"

    wait_until(failed)
    assert "go" not in seen


@HOW
def test_an_open_breaker_comes_back_open(place, how):
    home = place()
    home.url = f"http://127.0.0.1:{free_port()}"
    gate = home.start()
    wait_until(lambda: gate.check("shop", "one")["reason"] == "SourceUnavailable")
    later(SAVED)
    home.end(how)
    gate = home.start()
    assert gate.metric("convergate_source_up") == 0
    wait_until(lambda: gate.check("shop", "one")["reason"] == "SourceUnavailable", 2)


@HOW
def test_a_repeated_question_makes_no_new_row(place, how):
    home = place()
    home.start().wait_for("shop", "go")
    ids = {app: home.ask(app)["id"] for app in ("web", "api", "db")}
    home.end(how)
    rows = len(exported(home.file))
    home.start().wait_for("shop", "go")
    assert {app: home.ask(app)["id"] for app in ids} == ids
    assert len(exported(home.file)) == rows
    assert home.ask("another")["id"] not in ids.values()


def test_a_question_that_changed_over_a_restart_makes_one(place, answers):
    home = place({"shop": {"one": check("level")}})
    answers.values["level"] = 1
    home.start().wait_for("shop", "go")
    first = home.ask("web")["id"]
    home.stop()
    answers.values["level"] = 2
    gate = home.start()
    wait_until(lambda: gate.check("shop", "one")["status"] == "failed")
    second = home.ask("web")
    assert second["id"] != first and second["verdict"] == "wait"


@HOW
def test_history_says_that_it_begins_anew(place, how):
    home = place()
    home.start().wait_for("shop", "go")
    later(SAVED)
    home.end(how)
    gate = home.start()
    gate.wait_for("shop", "go")
    rows = wait_until(lambda: [row for row in history(gate) if row["kind"] == "start"]
                      if any(row["after"] == "go" for row in history(gate)[:6]) else None)
    assert len(rows) == 2
    kinds = [(row["kind"], row["after"]) for row in reversed(history(gate))]
    second = len(kinds) - 1 - kinds[::-1].index(("start", rows[0]["after"]))
    assert ("verdict", "go") in kinds[:second] and ("verdict", "go") in kinds[second:]
    assert [row["before"] for row in rows] == ["ready", ""]  # what was published last


def history(gate):
    return pages(gate.port, "/v1/environments/shop/history", "changes", 500)


# ---- what a module remembers ----


class Alarm:
    """A place whose only check is of the module `remembering`: a serial that may only rise."""

    def __init__(self, place, socket):
        self.socket = socket
        self.home = place(server={"socket": socket})
        self.serial = self.home.folder / "serial"
        self.home.arguments = ["--modules", BUILD / "tests/modules"]
        self.home.more |= {"sources": {"s": {"type": "remembering"}},
                           "environments": {"shop": {"checks": {"one": {
                               "source": "s", "file": str(self.serial), "interval": "500ms",
                               "timeout": "400ms", "rise": "0s"}}}}}

    def start(self, serial):
        self.serial.write_text(f"{serial}\n")
        return self.home.start()

    def reason(self):
        return self.home.daemon.check("shop", "one")["reason"]

    def wait_runs(self):
        """Until what was remembered by a run from now on has long been written."""
        for _ in range(2):
            seen = self.home.daemon.check("shop", "one")["observed_at"]
            wait_until(lambda: self.home.daemon.check("shop", "one")["observed_at"] > seen)

    def accept(self):
        return run_tool("convergate", "accept", "shop", "one", "--comment", "moved on purpose",
                        "--server", f"unix:{self.socket}")


@pytest.fixture
def alarm(place):
    with tempfile.TemporaryDirectory() as folder:  # whose name is short enough for a socket
        one = Alarm(place, f"{folder}/socket")
        yield one
        one.home.stop()


@HOW
def test_an_alarm_that_a_module_remembers_survives_and_is_accepted(alarm, how):
    alarm.start(7)
    wait_until(lambda: alarm.reason() == "Remembered")
    assert alarm.accept().returncode == 0
    alarm.wait_runs()  # and so it remembers again
    alarm.home.end(how)
    alarm.start(3)
    wait_until(lambda: alarm.reason() == "SerialBehind")
    assert alarm.home.daemon.verdict("shop")["verdict"] == "wait"
    alarm.home.end(how)
    alarm.start(4)
    wait_until(lambda: alarm.reason() == "SerialBehind")

    done = alarm.accept()
    assert done.returncode == 0, done.stdout + done.stderr
    alarm.home.daemon.wait_for("shop", "go")
    alarm.home.end(how)
    act = [row for row in exported(alarm.home.file) if row["action"] == "accept"][-1]
    assert (act["actor"], act["environment"], act["target"]) == (
        f"user:{os.getuid()}", "shop", "one")
    assert act["body"]["comment"] == "moved on purpose"
    alarm.start(4)
    alarm.home.daemon.wait_for("shop", "go")
    assert alarm.reason() == "Remembered"


def test_accepting_is_recorded_or_does_not_happen(alarm):
    alarm.start(7)
    wait_until(lambda: alarm.reason() == "Remembered")
    alarm.serial.write_text("3")
    wait_until(lambda: alarm.reason() == "SerialBehind")
    with Other(alarm.home.file, "BEGIN EXCLUSIVE;"):
        done = alarm.accept()
        assert done.returncode == 4, done.stdout + done.stderr
        assert "status 503: locked" in done.stderr
    alarm.home.wait_available()
    assert alarm.reason() == "SerialBehind"
    assert not [row for row in exported(alarm.home.file) if row["action"] == "accept"]
    assert alarm.accept().returncode == 0
    alarm.home.daemon.wait_for("shop", "go")
