# SPDX-License-Identifier: Apache-2.0
"""Another reading of the audit chain: by the rule that src/record/chain.h writes down and nothing
else of ours. It reads copies, so that looking at a dead daemon's files changes nothing in them."""

import collections
import hashlib
import shutil
import sqlite3
import struct
import subprocess
import tempfile
from pathlib import Path

ROW_RULE, SEAL_RULE = b"convergate-audit-1\0", b"convergate-audit-seal-1\0"
TEXTS = ("id", "action", "actor", "environment", "gate", "app", "revision", "verdict", "target",
         "body")
NOTHING = bytes(32)
HEAD, CHECKPOINT = 1, 2  # what a signature is for
# How a public key of Ed25519 begins where others than us write one (RFC 8410).
KEY_INFO = bytes.fromhex("302a300506032b6570032100")
MAGIC = b"convergate-head\0"
SLOTS, SLOT = (0, 4096), 512
ROWS = """SELECT r.number, r.at, r.id, s.action, r.actor, s.environment, s.gate, s.app, r.revision,
    s.verdict, r.target, r.body, r.question, r.outcome, r.hash
    FROM record r LEFT JOIN series s ON s.id = r.series ORDER BY r.number"""

Chain = collections.namedtuple("Chain", "rows head checkpoint")
Point = collections.namedtuple("Point", "number hash at signature")


class Broken(AssertionError):
    """The chain is not what it should be."""


def copy_of(file, folder):
    """The database with its log, as it would be found after a crash."""
    copy = Path(folder, file.name)
    for suffix in ("", "-wal"):
        source = file.with_name(file.name + suffix)
        if source.exists():
            shutil.copyfile(source, copy.with_name(copy.name + suffix))
    return copy


def ask(file, statement):
    """All rows that a copy of the database has for it, as mappings."""
    with tempfile.TemporaryDirectory() as folder:
        database = sqlite3.connect(copy_of(Path(file), folder))
        try:
            database.row_factory = sqlite3.Row
            return [dict(row) for row in database.execute(statement)]
        finally:
            database.close()


def as_bytes(value):
    return b"" if value is None else value.encode() if isinstance(value, str) else bytes(value)


def read_rows(file):
    return [row | {"body": as_bytes(row["body"])} for row in ask(file, ROWS)]


def hash_of(before, row):
    texts = b"".join(struct.pack(">I", len(text)) + text
                     for text in (as_bytes(row[name]) for name in TEXTS))
    return hashlib.sha256(ROW_RULE + before + struct.pack(">qq", row["number"], row["at"]) + texts
                          + row["question"] + row["outcome"]).digest()


# ---- signatures, by the openssl tool ----


def openssl(*arguments, stdin=None):
    done = subprocess.run(["openssl", *map(str, arguments)], input=stdin, capture_output=True,
                          check=False)
    return done.returncode == 0, done.stdout


def sealed(seal, point):
    """What a signature covers."""
    return SEAL_RULE + bytes([seal]) + struct.pack(">q", point.number) + point.hash + struct.pack(
        ">q", point.at)


def is_signed(public, seal, point):
    with tempfile.TemporaryDirectory() as folder:
        key, text, signature = (Path(folder, name) for name in ("key", "text", "signature"))
        key.write_bytes(KEY_INFO + public)
        text.write_bytes(sealed(seal, point))
        signature.write_bytes(point.signature)
        return openssl("pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", key, "-rawin",
                       "-in", text, "-sigfile", signature)[0]


def public_of(private):
    """Of a private key's file."""
    good, key = openssl("pkey", "-in", private, "-pubout", "-outform", "DER")
    assert good and key.startswith(KEY_INFO)
    return key[len(KEY_INFO):]


def sign(private, seal, point):
    with tempfile.TemporaryDirectory() as folder:
        text = Path(folder, "text")
        text.write_bytes(sealed(seal, point))
        good, signature = openssl("pkeyutl", "-sign", "-inkey", private, "-rawin", "-in", text)
    assert good
    return point._replace(signature=signature)


# ---- the head ----


def read_slots(file):
    """Number of the write to (index, point, public key), of the slots that are whole."""
    head, found = file.with_name(f"{file.name}.head"), {}
    data = head.read_bytes() if head.exists() else b""
    for index, start in enumerate(SLOTS):
        slot = data[start:start + SLOT]
        if slot[:16] != MAGIC or hashlib.sha256(slot[:480]).digest() != slot[480:]:
            continue
        write, number, at = struct.unpack(">qqq", slot[16:40])
        found[write] = index, Point(number, slot[40:72], at, slot[72:136]), slot[136:168]
    return found


def newest_slot(file):
    found = read_slots(file)
    return found[max(found)][0]


def write_head(file, private, row):
    """A head of one's own, in both slots."""
    point = sign(private, HEAD, Point(row["number"], row["hash"], row["at"], b""))
    write = max(read_slots(file), default=0) + 1
    slot = MAGIC + struct.pack(">qqq", write, point.number, point.at)
    slot = (slot + point.hash + point.signature + public_of(private)).ljust(480, b"\0")
    slot += hashlib.sha256(slot).digest()
    file.with_name(f"{file.name}.head").write_bytes(slot.ljust(SLOTS[1], b"\0") + slot)


def read_head(file):
    """The point and the public key of the slot that was written last."""
    found = read_slots(file)
    if not found:
        raise Broken("the head has no whole slot")
    _, point, public = found[max(found)]
    private = file.with_name(f"{file.name}.key")
    if private.exists() and public_of(private) != public:
        raise Broken("the head is of another key")
    if not is_signed(public, HEAD, point):
        raise Broken("the head's signature is wrong")
    return point, public


# ---- all of it ----


def read_checkpoints(file):
    rows = ask(file, "SELECT number, hash, at, signature FROM checkpoint ORDER BY number")
    return [Point(row["number"], row["hash"], row["at"], row["signature"]) for row in rows]


def last_checkpoint(file, public):
    """Every one must be signed."""
    last = Point(0, NOTHING, 0, b"")
    for last in read_checkpoints(file):
        if not is_signed(public, CHECKPOINT, last):
            raise Broken(f"the checkpoint of row {last.number} is not signed by our key")
    return last


def verify(file):
    """Raises Broken unless every row follows the one before, from the last checkpoint to the head
    and beyond. The head's row must be there; what is after it was never acknowledged."""
    head, public = read_head(file)
    checkpoint = last_checkpoint(file, public)
    rows = read_rows(file)
    number, before = checkpoint.number, checkpoint.hash
    hashes = {number: before}
    for row in rows:
        number, before = number + 1, hash_of(before, row)
        if row["number"] != number:
            raise Broken(f"row {number} is missing")
        if row["hash"] != before:
            raise Broken(f"row {number} is not what its hash says")
        hashes[number] = before
    if hashes.get(head.number) != head.hash:
        raise Broken(f"the head, row {head.number}, is not in the chain, which ends with {number}")
    return Chain(rows, head, checkpoint)
