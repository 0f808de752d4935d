# SPDX-License-Identifier: Apache-2.0
"""Whatever somebody does to the rows that were recorded is found afterwards, with no daemon there
to ask; and what nobody touched passes, also as a backup made while it was written."""

import json
import re
import shutil

import pytest

import verifier
from answers import Answers
from conftest import ROOT, run_tool, wait_until
from stored import Callers, Place, audit_verify, exported, pages, sqlite

ROWS = 40
FIXTURES = sorted((ROOT / "tests/fixtures/store").glob("v*.sql"))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A store that was filled by a daemon and left alone since."""
    answers = Answers()
    home = Place(tmp_path_factory.mktemp("original"), answers.url)
    try:
        home.start().wait_for("shop", "go")
        for _ in range(ROWS):
            assert home.ask()["id"]
    finally:
        home.stop()
        answers.stop()
    return home.file


@pytest.fixture
def copied(original, tmp_path):
    """A copy of it that a test may spoil."""
    folder = tmp_path / "store"
    shutil.copytree(original.parent, folder)
    return folder / original.name


def rehash(file, _):
    """Changes a row, and the hashes from there on, so that the rows agree with each other."""
    rows = verifier.read_rows(file)
    before, statements = rows[10]["hash"], ""
    rows[11]["actor"] = "token:eve"
    for row in rows[11:]:
        before = verifier.hash_of(before, row)
        statements += (f"UPDATE record SET actor = '{row['actor']}', hash = x'{before.hex()}'"
                       f" WHERE number = {row['number']};")
    sqlite(file, statements)


def make_key(file):
    assert verifier.openssl("genpkey", "-algorithm", "ed25519", "-out", file)[0]
    file.chmod(0o600)
    return file


def resign(file, folder):
    """Cuts the end off, and signs what is left by a key of one's own."""
    sqlite(file, "DELETE FROM record WHERE number > 20;")
    verifier.write_head(file, make_key(folder / "eve.key"), verifier.read_rows(file)[-1])


def forge_checkpoint(file, folder):
    """Cuts the beginning off, and says that retention did it."""
    row = verifier.read_rows(file)[9]
    point = verifier.sign(make_key(folder / "eve.key"), verifier.CHECKPOINT,
                          verifier.Point(row["number"], row["hash"], row["at"], b""))
    sqlite(file, f"INSERT INTO checkpoint (number, at, hash, signature) VALUES ({point.number},"
                 f" {point.at}, x'{point.hash.hex()}', x'{point.signature.hex()}');"
                 "DELETE FROM record WHERE number <= 10;")


def pass_head_for_checkpoint(file, _):
    """A signature of the right key, which was given for something else."""
    head = verifier.read_head(file)[0]
    sqlite(file, f"INSERT INTO checkpoint (number, at, hash, signature) VALUES ({head.number},"
                 f" {head.at}, x'{head.hash.hex()}', x'{head.signature.hex()}');"
                 "DELETE FROM record;")


def spoil_head(file, change):
    head = file.with_name(f"{file.name}.head")
    head.write_bytes(change(head.read_bytes()))


def of_series(change):
    """What many rows have in common stands once: the row gets another one."""
    return (f"CREATE TEMP TABLE s AS SELECT * FROM series WHERE id = (SELECT series FROM record"
            f" WHERE number = 7); UPDATE s SET id = 1000000, {change}; INSERT INTO series SELECT *"
            " FROM s; UPDATE record SET series = 1000000 WHERE number = 7;")


def of_record(change):
    return f"UPDATE record SET {change} WHERE number = 7;"


EDITS = {
    "at": of_record("at = at + 1"), "id": of_record("id = upper(id)"),
    "action": of_series("action = 'seal'"), "actor": of_record("actor = 'token:eve'"),
    "environment": of_series("environment = 'bank'"), "gate": of_series("gate = 'other'"),
    "app": of_series("app = 'evil'"), "revision": of_record("revision = 'r2'"),
    "verdict": of_series("verdict = 'halt'"), "target": of_record("target = 'x'"),
    "body": of_record("body = replace(body, '7', '8')"),
    "question": of_record("question = zeroblob(32)"),
    "outcome": of_record("outcome = zeroblob(32)"), "hash": of_record("hash = zeroblob(32)"),
    # The same bytes, cut elsewhere: lengths are hashed, too.
    "the border of two texts": of_record("actor = actor || revision, revision = ''"),
}
# What was done, and the row that a finding names (None: the head is what shows it).
STATEMENTS = {f"edited {name}": (statements, 7) for name, statements in EDITS.items()} | {
    "first row deleted": ("DELETE FROM record WHERE number = 1;", 1),
    "row deleted": ("DELETE FROM record WHERE number = 9;", 9),
    "row deleted, and the gap closed": (
        "DELETE FROM record WHERE number = 9; UPDATE record SET number = -number WHERE number > 9;"
        "UPDATE record SET number = -number - 1 WHERE number < 0;", 9),
    "rows swapped": (
        "UPDATE record SET number = -1 WHERE number = 3;"
        "UPDATE record SET number = 3 WHERE number = 4;"
        "UPDATE record SET number = 4 WHERE number = -1;", 3),
    "last row deleted": ("DELETE FROM record WHERE number = (SELECT max(number) FROM record);",
                         None),
    "tail cut off": ("DELETE FROM record WHERE number > 20;",
                     None),
    "everything deleted": ("DELETE FROM record;", None),
}


@pytest.mark.parametrize("statements, row", STATEMENTS.values(), ids=STATEMENTS)
def test_what_was_done_to_rows_is_found(copied, statements, row):
    sqlite(copied, statements)
    done = audit_verify(copied)
    assert done.returncode == 1, done.stdout + done.stderr
    if row:
        assert re.search(rf"NOT WHOLE: .*\b(rows?|record) {row}\b", done.stdout), done.stdout
    with pytest.raises(verifier.Broken):
        verifier.verify(copied)


FORGERIES = {
    "rows that agree with each other again": rehash,
    "the head signed by another key": resign,
    "a bit of the head": lambda file, _: spoil_head(
        file, lambda data: bytes(byte ^ (at % 4096 == 50) for at, byte in enumerate(data))),
    "no head": lambda file, _: file.with_name(f"{file.name}.head").unlink(),
    "an empty head": lambda file, _: spoil_head(file, lambda data: b""),
    "a beginning that is gone": lambda file, _: sqlite(
        file, "DELETE FROM record WHERE number <= 10;"),
    "a checkpoint by another key": forge_checkpoint,
    "a head that passes for a checkpoint": pass_head_for_checkpoint,
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES)
def test_a_forgery_is_found(copied, tmp_path, forge):
    forge(copied, tmp_path)
    done = audit_verify(copied)
    assert done.returncode == 1, done.stdout + done.stderr
    with pytest.raises(verifier.Broken):
        verifier.verify(copied)


def test_an_older_copy_of_all_is_found_by_a_head_that_was_noted(original, copied, place):
    old = verifier.verify(original).head
    noted = f"{old.number}:{old.hash.hex()}"
    assert audit_verify(copied, "--head", noted).returncode == 0
    home = place()
    shutil.copytree(copied.parent, home.file.parent, dirs_exist_ok=True)
    home.start().wait_for("shop", "go")
    assert home.ask()["id"]
    home.stop()
    new = verifier.verify(home.file).head
    assert audit_verify(home.file, "--head", noted).returncode == 0
    done = audit_verify(copied, "--head", f"{new.number}:{new.hash.hex()}")
    assert done.returncode == 1, done.stdout
    done = audit_verify(copied, "--head", f"{old.number}:{'0' * 64}")
    assert done.returncode == 1, done.stdout


def test_one_spoiled_slot_of_the_head_is_no_loss(copied):
    """The other one is whole: a write of the head that was torn."""
    whole = verifier.verify(copied).head.number
    slot = verifier.SLOTS[verifier.newest_slot(copied)]
    spoil_head(copied, lambda data: data[:slot + 40] + bytes(8) + data[slot + 48:])
    done = audit_verify(copied)
    assert done.returncode == 0, done.stdout + done.stderr
    assert verifier.verify(copied).head.number < whole


def test_what_nobody_touched_is_whole(original):
    done = audit_verify(original)
    assert done.returncode == 0, done.stdout + done.stderr
    chain = verifier.verify(original)
    assert len(chain.rows) == chain.head.number >= ROWS
    assert f"{chain.head.number}:{chain.head.hash.hex()}" in done.stdout


@pytest.mark.parametrize("arguments", [
    ("--head", "x"), ("--head", "12"), ("--nonsense",), ("--head", f"1:{'0' * 63}")])
def test_a_wrong_use_is_said_so(original, arguments):
    assert audit_verify(original, *arguments).returncode == 64


def test_what_cannot_be_read_is_not_called_whole(tmp_path, original):
    assert audit_verify(tmp_path / "nothing.db").returncode == 4
    (tmp_path / "text.db").write_text("nothing of ours" * 1000)
    assert audit_verify(tmp_path / "text.db").returncode == 4


def test_the_export_is_the_chain(original):
    lines = exported(original)
    rows = verifier.verify(original).rows
    assert len(lines) == len(rows)
    before = verifier.NOTHING
    for line, row in zip(lines, rows):
        assert (line["number"], line["id"], line["hash"]) == (
            row["number"], row["id"], row["hash"].hex())
        assert line["body"] == json.loads(row["body"])
        before = verifier.hash_of(before, row)
        assert before.hex() == line["hash"]


# ---- while a daemon runs ----


def test_verifying_disturbs_no_daemon_and_no_daemon_disturbs_verifying(place):
    home = place()
    home.start().wait_for("shop", "go")
    callers = Callers(home.daemon.port, 8)
    wait_until(lambda: callers.count() > 100)
    for _ in range(4):
        count = callers.count()
        done = audit_verify(home.file)
        assert done.returncode == 0, done.stdout + done.stderr
        assert int(re.search(r"(\d+):[0-9a-f]{64}", done.stdout).group(1)) >= count
    callers.stop()
    assert home.ask()["id"]


def test_a_backup_while_it_is_written_is_whole_and_restores(place, tmp_path):
    home, backup = place(), tmp_path / "backup.db"
    home.start().wait_for("shop", "go")
    callers = Callers(home.daemon.port, 8)
    wait_until(lambda: callers.count() > 200)
    before = {identity for caller in callers.all for identity in list(caller.acknowledged)}
    done = run_tool("convergate", "store", "backup", "--store", home.file, backup)
    assert done.returncode == 0, done.stdout + done.stderr
    assert backup.stat().st_mode & 0o777 == 0o600
    count = callers.count()
    wait_until(lambda: callers.count() > count + 100)
    callers.stop()
    assert audit_verify(backup).returncode == 0
    rows = {row["id"] for row in verifier.verify(backup).rows}
    assert before <= rows
    assert not backup.with_name("backup.db.key").exists()

    restore = ("convergate", "store", "restore", "--store", home.file, backup)
    refused = run_tool(*restore)
    assert refused.returncode != 0 and str(home.daemon.process.pid) in refused.stderr
    home.stop()
    done = run_tool(*restore)
    assert done.returncode == 0, done.stdout + done.stderr
    chain = verifier.verify(home.file)
    assert chain.rows[-1]["action"] == "restore"
    assert {row["id"] for row in chain.rows[:-1]} == rows
    assert list(home.file.parent.glob(f"{home.file.name}.before-*"))
    home.start().wait_for("shop", "go")
    assert home.ask()["id"]
    assert audit_verify(home.file).returncode == 0


def test_a_spoiled_backup_is_not_restored(place, original, tmp_path):
    home, backup = place(), tmp_path / "backup.db"
    home.start()
    home.stop()
    assert run_tool("convergate", "store", "backup", "--store", original, backup).returncode == 0
    sqlite(backup, "UPDATE record SET revision = 'r2' WHERE number = 5;")
    before = home.file.read_bytes()
    done = run_tool("convergate", "store", "restore", "--store", home.file, backup)
    assert done.returncode != 0
    assert home.file.read_bytes() == before


def seal_anew(file, key):
    """A chain that is whole, out of rows that have everything but hashes and signatures."""
    before, statements = verifier.NOTHING, ""
    for point in verifier.read_checkpoints(file):
        point = verifier.sign(key, verifier.CHECKPOINT, point)
        before = point.hash
        statements += (f"UPDATE checkpoint SET signature = x'{point.signature.hex()}'"
                       f" WHERE number = {point.number};")
    rows = verifier.read_rows(file)
    for row in rows:
        before = row["hash"] = verifier.hash_of(before, row)
        statements += f"UPDATE record SET hash = x'{before.hex()}' WHERE number = {row['number']};"
    sqlite(file, statements)
    verifier.write_head(file, key, rows[-1])


@pytest.mark.parametrize("fixture", FIXTURES, ids=[file.stem for file in FIXTURES])
def test_a_store_of_an_earlier_version_keeps_its_rows(place, fixture):
    home = place()
    sqlite(home.file, fixture.read_text())
    seal_anew(home.file, make_key(home.beside("key")))
    old = verifier.verify(home.file).rows
    assert old
    home.start().wait_for("shop", "go")
    assert home.ask()["id"]
    served = pages(home.daemon.port, "/v1/decisions", "decisions", 500)
    assert [row["id"] for row in served[:0:-1]] == [
        row["id"] for row in old if row["action"] == "decision"]
    home.stop()
    assert verifier.read_rows(home.file)[:len(old)] == old
    assert audit_verify(home.file).returncode == 0
