# SPDX-License-Identifier: Apache-2.0
"""What a disk, a file system and other people do to a store. The daemon stays up, readers go on,
whoever must be recorded is told why he cannot be, and it recovers without a restart."""

import os
import re
import shutil
import subprocess

import pytest

import verifier
from conftest import run_tool, wait_until
from stored import (Callers, Other, assert_closed, assert_faulty, assert_recovered, audit_verify,
                    sqlite)

PAGE = 4096


def mount(*arguments):
    done = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        pytest.skip(f"mounting needs root and its rights here: {done.stderr.strip()}")


@pytest.fixture
def disk(tmp_path):
    """disk(OPTIONS): a small file system in memory of the test's own."""
    folders = []

    def make(options="size=4m"):
        folders.append(tmp_path / f"disk{len(folders)}")
        folders[-1].mkdir()
        mount("-t", "tmpfs", "-o", f"mode=0755,{options}", "none", folders[-1])
        return folders[-1]

    yield make
    for folder in folders:
        while os.path.ismount(folder):
            subprocess.run(["umount", "-l", folder], check=True)


def started(home):
    home.start().wait_for("shop", "go")
    kept = [home.ask() for _ in range(20)]
    assert all(document["id"] for document in kept)
    return kept


def assert_kept(home, kept):
    """All of them are served, and the chain is whole."""
    for document in kept:
        assert home.decision(document["id"]).json["decision"] == document
    done = audit_verify(home.file)
    assert done.returncode == 0, done.stdout + done.stderr
    found = {row["id"] for row in verifier.verify(home.file).rows}
    assert {document["id"] for document in kept} <= found


def fill(folder):
    """Not a byte is left."""
    with open(folder / "filler", "wb", buffering=0) as filler:
        for size in (1 << 16, 1):
            try:
                while filler.write(b"x" * size):
                    pass
            except OSError:
                pass


def until_refused(home, kept):
    """What space the log has is used up first; each answer is recorded or closed."""
    for _ in range(5000):
        document = home.ask()
        if not document["id"]:
            return assert_closed(document)
        kept.append(document)
    raise AssertionError("all was recorded")


def test_a_full_disk_closes_what_must_be_recorded_until_there_is_space(place, disk):
    folder = disk()
    home = place(store=folder / "convergate.db")
    kept = started(home)
    fill(folder)
    until_refused(home, kept)
    home.wait_fault("full")
    assert_faulty(home, "full")
    assert "full" in home.daemon.log()
    assert home.decision(kept[0]["id"]).status == 200
    (folder / "filler").unlink()
    assert_recovered(home)
    assert_kept(home, kept)


def test_a_full_disk_at_the_start(place, disk):
    folder = disk()
    home = place(store=folder / "convergate.db")
    kept = started(home)
    home.stop()
    fill(folder)
    home.start().wait_for("shop", "go")
    until_refused(home, kept)
    (folder / "filler").unlink()
    assert_recovered(home)
    assert_kept(home, kept)


def test_a_file_system_that_becomes_read_only(place, tmp_path, disk):
    """As a kernel does with one that fails; then it is put right by another disk in its place."""
    image, folder = tmp_path / "image", tmp_path / "ext4"
    folder.mkdir()
    with open(image, "wb") as file:
        file.truncate(16 << 20)
    subprocess.run(["/sbin/mkfs.ext4", "-q", image], check=True)
    mount("-o", "loop", image, folder)
    try:
        home = place(store=folder / "convergate.db")
        kept = started(home)
        mount("-o", "remount,abort", folder)
        assert_closed(home.ask())
        assert home.wait_fault("read_only", "io")
        assert_faulty(home, "read_only", "io")
        assert home.daemon.verdict("shop")["verdict"] == "go"
        copies = tmp_path / "copies"
        shutil.copytree(folder, copies, ignore=shutil.ignore_patterns("lost+found"))
        mount("-t", "tmpfs", "-o", "mode=0755", "none", folder)
        shutil.copytree(copies, folder, dirs_exist_ok=True)
        assert_recovered(home)
        assert_kept(home, kept)
        home.stop()
    finally:
        while os.path.ismount(folder):
            subprocess.run(["umount", "-l", folder], check=True)


def test_a_read_only_file_system_at_the_start(place, disk):
    folder = disk()
    home = place(store=folder / "convergate.db")
    kept = started(home)
    home.stop()
    mount("-o", "remount,ro", folder)
    home.start().wait_for("shop", "go")
    home.wait_fault("read_only")
    assert_faulty(home, "read_only")
    mount("-o", "remount,rw", folder)
    assert_recovered(home)
    assert_kept(home, kept)


def test_a_database_that_somebody_else_holds(place):
    home = place()
    kept = started(home)
    with Other(home.file, "BEGIN EXCLUSIVE;"):
        assert_closed(home.ask())
        home.wait_fault("locked")
        assert_faulty(home, "locked")
        assert home.decision(kept[0]["id"]).status == 200
    assert_recovered(home)
    assert_kept(home, kept)


def test_a_corrupted_page_is_noticed_and_may_come_back(place):
    home = place()
    home.start().wait_for("shop", "go")
    callers = Callers(home.daemon.port, 8)
    wait_until(lambda: callers.count() > 400, 60)
    kept = callers.stop()
    home.stop()
    size = home.file.stat().st_size
    assert size > 40 * PAGE
    with open(home.file, "r+b", buffering=0) as file:
        begin = size // PAGE // 2 * PAGE
        whole = os.pread(file.fileno(), 6 * PAGE, begin)
        os.pwrite(file.fileno(), os.urandom(len(whole)), begin)
        home.start().wait_for("shop", "go")
        home.wait_fault("corrupt", "tampered")
        assert_faulty(home, "corrupt", "tampered")
        assert audit_verify(home.file).returncode == 1
        os.pwrite(file.fileno(), whole, begin)
    assert_recovered(home)
    assert kept.keys() <= {row["id"] for row in verifier.verify(home.file).rows}


def rotten_log(home):
    """Rows were acknowledged; then the machine died, and a byte of the log is another one."""
    kept = started(home)
    backup = home.folder / "backup.db"
    done = run_tool("convergate", "store", "backup", "--store", home.file, backup)
    assert done.returncode == 0, done.stderr
    home.kill()
    log = home.file.with_name(home.file.name + "-wal")
    size = log.stat().st_size
    assert size > 10 * PAGE
    with open(log, "r+b") as file:
        file.seek(size // 2)
        byte = file.read(1)[0]
        file.seek(size // 2)
        file.write(bytes([byte ^ 1]))
    return kept, backup


def assert_tampered(home, kept):
    home.start().wait_for("shop", "go")
    home.wait_fault("tampered")
    assert_faulty(home, "tampered")
    # Of what is left nobody can say that it is the latest, and of the head that it is the end.
    assert_closed(home.ask(kept[0]["app"]))
    assert home.daemon.get("/v1/audit/head").status == 503
    said = home.daemon.log()
    assert "audit seal" in said and "restore" in said, said
    home.stop()
    done = audit_verify(home.file)
    assert done.returncode == 1, done.stdout + done.stderr


def test_rows_lost_to_a_rotten_log_are_noticed_and_a_seal_opens_it_again(place):
    home = place()
    kept, _ = rotten_log(home)
    assert_tampered(home, kept)
    done = run_tool("convergate", "audit", "seal", "--store", home.file, "--reason", "a bad disk")
    assert done.returncode == 0, done.stdout + done.stderr
    assert audit_verify(home.file).returncode == 0
    home.start().wait_for("shop", "go")
    assert_recovered(home)
    chain = verifier.verify(home.file)
    [seal] = [row for row in chain.rows if row["action"] == "seal"]
    assert b"a bad disk" in seal["body"]
    # What was lost is lost, and no longer answered for: the same question is a new row.
    there = {row["id"] for row in chain.rows}
    gone = [document for document in kept if document["id"] not in there]
    assert gone
    assert home.ask(gone[0]["app"])["id"] != gone[0]["id"]


def test_rows_lost_to_a_rotten_log_come_back_from_a_backup(place):
    home = place()
    kept, backup = rotten_log(home)
    assert_tampered(home, kept)
    done = run_tool("convergate", "store", "restore", "--store", home.file, backup)
    assert done.returncode == 0, done.stdout + done.stderr
    home.start().wait_for("shop", "go")
    assert_recovered(home)
    assert_kept(home, kept)


def test_a_database_that_is_taken_away_while_it_runs(place):
    home = place()
    kept = started(home)
    aside = home.folder / "aside"
    aside.mkdir()
    names = [name for name in os.listdir(home.file.parent)
             if name in (home.file.name, f"{home.file.name}-wal", f"{home.file.name}-shm")]
    for name in names:
        os.rename(home.file.parent / name, aside / name)
    # Nothing is acknowledged into a file that nobody will ever find.
    assert_closed(home.ask())
    home.wait_fault("missing", "tampered")
    assert_faulty(home, "missing", "tampered")
    # Nor is what was recorded before answered for while its row is not there.
    assert_closed(home.ask(kept[0]["app"]))
    for name in names:
        os.rename(aside / name, home.file.parent / name)
    assert_recovered(home)
    assert_kept(home, kept)


def test_a_database_that_was_deleted_is_not_begun_anew(place):
    """Whoever deletes the rows must say so: the head is still there."""
    home = place()
    started(home)
    home.stop()
    home.file.unlink()
    home.start().wait_for("shop", "go")
    home.wait_fault("missing", "tampered")
    assert_faulty(home, "missing", "tampered")


def refused(home):
    """What a daemon says that does not start."""
    done = run_tool("convergated", "-c", home.configured())
    assert done.returncode != 0, done.stderr
    return done.stderr + done.stdout


def test_a_second_daemon_on_the_same_file_is_refused(place):
    home = place()
    gate = home.start()
    gate.wait_for("shop", "go")
    said = refused(home)
    assert re.search(rf"\b{gate.process.pid}\b", said), said
    assert home.ask()["id"]


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_key_that_others_can_read_is_refused(place, mode):
    home = place()
    home.start()
    home.stop()
    home.beside("key").chmod(mode)
    said = refused(home)
    assert str(home.beside("key")) in said, said
    home.beside("key").chmod(0o600)
    home.start().wait_for("shop", "go")


@pytest.mark.parametrize("content", [b"", b"-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_key_that_is_none_is_refused_and_never_printed(place, content):
    home = place()
    home.start()
    home.stop()
    home.beside("key").write_bytes(content)
    said = refused(home)
    assert str(home.beside("key")) in said and "AAAA" not in said, said


def test_a_database_of_somebody_else_is_left_alone(place):
    home = place()
    sqlite(home.file, "CREATE TABLE theirs(a); INSERT INTO theirs VALUES(7);")
    home.start().wait_for("shop", "go")
    home.wait_fault("foreign")
    assert_faulty(home, "foreign")
    home.stop()
    assert sqlite(home.file, "SELECT a FROM theirs;") == "7\n"
