# SPDX-License-Identifier: Apache-2.0
"""A wall clock that jumps, forward and back, by seconds and by decades: it labels rows, and orders,
keeps or ends none of them."""

import mmap
import pathlib
import struct
import subprocess

import pytest

import verifier
from answers import check
from conftest import wait_until
from stored import audit_verify, pages

DAY = 86400
JUMPS = {"by a minute": (60, -60), "by decades": (30 * 365 * DAY, -30 * 365 * DAY),
         "forward and back": (2000 * DAY, 0), "back for good": (-2000 * DAY,)}
QUICK = {"interval": "200ms", "timeout": "150ms"}


class Clock:
    """The wall clock of the daemons that have `variables`, and of their source: `set` moves it from
    what is true."""

    def __init__(self, folder, answers):
        self.answers = answers
        source = pathlib.Path(__file__).with_name("wall_clock.c")
        library = folder / "wall_clock.so"
        subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source], check=True)
        self.file = folder / "shift"
        self.file.write_bytes(bytes(8))
        with open(self.file, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)
        # A sanitizer wants to come first, and does with what it needs.
        self.variables = {"LD_PRELOAD": str(library), "CVG_WALL_CLOCK": str(self.file),
                          "ASAN_OPTIONS": "verify_asan_link_order=0:detect_leaks=0"}

    def set(self, seconds):
        self.answers.shift = seconds
        self.page[:] = struct.pack("=q", seconds)


@pytest.fixture
def clock(tmp_path, answers):
    return Clock(tmp_path, answers)


def some(home, kept, count=12):
    """Decisions that are recorded."""
    for _ in range(count):
        document = home.ask()
        assert document["id"], document
        kept.append(document)


def flip(answers, home):
    """Makes rows of history."""
    for value, verdict in ((2, "wait"), (1, "go")):
        answers.values["level"] = value
        home.daemon.wait_for("shop", verdict)


def assert_all_there(home, kept):
    """By id, on pages in the order in which they came, and in the chain."""
    ids = [document["id"] for document in kept]
    assert len(set(ids)) == len(ids)
    for document in kept:
        assert home.decision(document["id"]).json["decision"] == document
    for limit in (5, 500):
        rows = pages(home.daemon.port, "/v1/decisions", "decisions", limit)
        assert [row["id"] for row in rows] == ids[::-1]
    done = audit_verify(home.file)
    assert done.returncode == 0, done.stdout + done.stderr
    verifier.verify(home.file)


def history(home, limit):
    return pages(home.daemon.port, "/v1/environments/shop/history", "changes", limit)


@pytest.mark.parametrize("jumps", JUMPS.values(), ids=JUMPS)
def test_a_wall_clock_that_jumps_loses_nothing(place, answers, clock, jumps):
    home, kept = place({"shop": {"one": check("level", **QUICK)}}), []
    home.more["retention"] = {"decisions": "1h", "history": "1h"}
    home.variables = clock.variables
    answers.values["level"] = 1
    home.start().wait_for("shop", "go")
    some(home, kept)
    flip(answers, home)
    changes = len(history(home, 500))
    for jump in jumps:
        clock.set(jump)
        some(home, kept)
        flip(answers, home)
    assert_all_there(home, kept)
    home.stop()
    home.start().wait_for("shop", "go")
    some(home, kept)
    assert_all_there(home, kept)
    wait_until(lambda: home.daemon.metric("convergate_store_queue") == 0)
    assert home.daemon.metric("convergate_store_pruned_total") == 0
    assert len(history(home, 3)) == len(history(home, 500)) > changes


def test_what_was_known_comes_back_after_a_jump(place, answers, clock):
    """Of the same boot, times are those of a clock that nobody sets."""
    home = place({"shop": {"one": check(rise="3s", max_age="60s")}})
    home.variables = clock.variables
    gate = home.start()
    gate.wait_for("shop", "go")
    home.stop()
    clock.set(-400 * DAY)
    gate = home.start()
    wait_until(lambda: gate.check("shop", "one")["status"] != "unknown")
    assert gate.check("shop", "one")["status"] == "ready"
