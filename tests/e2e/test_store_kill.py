# SPDX-License-Identifier: Apache-2.0
"""kill -9 at any moment, while many callers have their decisions recorded: what was acknowledged is
there afterwards, word for word, and the chain is whole by our own reading of it and by another one.

CVG_KILL_ROUNDS says how many times (./dev soak), CVG_KILL_SEED makes the same moments again."""

import json
import os
import random
import signal
import socket

import verifier
from conftest import wait_until
from stored import Callers, audit_verify, read_answer

ROUNDS = int(os.environ.get("CVG_KILL_ROUNDS", 10))
SEED = os.environ.get("CVG_KILL_SEED") or os.urandom(4).hex()
CALLERS = 16
# Rows of one life: with the few the write-ahead log was never checkpointed, with the many it was.
FEW, MANY = 200, 3000


def fetch_all(port, identities):
    """identity to (status, body) of the recorded decision, over one connection."""
    found = {}
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        stream = connection.makefile("rb")
        for identity in identities:
            connection.sendall(f"GET /v1/decisions/{identity} HTTP/1.1\r\n"
                               f"Host: localhost:{port}\r\n\r\n".encode())
            found[identity] = read_answer(stream)
    return found


def assert_served(place, acknowledged):
    found = fetch_all(place.daemon.port, acknowledged)
    for identity, document in acknowledged.items():
        status, body = found[identity]
        assert status == 200, (identity, body)
        assert json.loads(body)["decision"] == json.loads(document), identity


def assert_in_file(place, latest, everything):
    """What was acknowledged in the latest life, and all before, is in what the dead daemon left."""
    done = audit_verify(place.file)
    assert done.returncode == 0, done.stdout + done.stderr
    bodies = {row["id"]: row["body"] for row in verifier.verify(place.file).rows}
    lost = [identity for identity in latest if identity not in bodies]
    assert not lost, f"{len(lost)} of {len(latest)} acknowledged rows are lost, as {lost[0]}"
    assert all(bodies[identity] == document for identity, document in latest.items())
    assert everything.keys() <= bodies.keys()


def test_nothing_that_was_acknowledged_is_lost(place):
    print(f"CVG_KILL_SEED={SEED}")
    chance, home, latest, everything = random.Random(SEED), place(), {}, {}
    for number in range(ROUNDS):
        if number % 3 == 2:
            home.start_and_kill(chance.uniform(0, 0.3))
        home.start()
        assert_served(home, latest)
        callers = Callers(home.daemon.port, CALLERS, f"life{number}caller")
        enough = chance.randrange(1, MANY if number % 4 == 3 else FEW)
        wait_until(lambda count=enough: callers.count() >= count, 60, 0.001, "decisions")
        home.end(signal.SIGKILL)
        latest = callers.acknowledged()
        everything |= latest
        assert_in_file(home, latest, everything)
    home.start()
    assert_served(home, everything)
    print(f"{ROUNDS} lives, {len(everything)} decisions acknowledged, all of them there")
