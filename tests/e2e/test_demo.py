# SPDX-License-Identifier: Apache-2.0
"""The demo of config/demo keeps its word: one wait, one go, and nothing left behind."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("CVG_BUILD_DIR", ROOT / "build/release"))
DEMO = [sys.executable, str(ROOT / "config/demo/demo.py")]


def documents(text):
    """The JSON documents that stand one after the other in a text."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        document, end = decoder.raw_decode(text)
        found.append(document)
        text = text[end:]
    return found


def processes_with(word):
    """Ids of the processes that have the word in their command line."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and word.encode() in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def test_once_prints_a_wait_with_reasons_and_a_go():
    done = subprocess.run(
        [*DEMO, "--once"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=150
    )
    assert done.returncode == 0, done.stderr
    wait, go = documents(done.stdout)
    assert (wait["verdict"], go["verdict"]) == ("wait", "go")
    assert (wait["env"], go["env"]) == ("demo", "demo")
    assert (wait["ok"], go["ok"]) == (False, True)
    blamed = [reason for reason in wait["reasons"] if reason["check"] == "errors"]
    assert blamed and blamed[0]["code"] and blamed[0]["expected"] and blamed[0]["observed"]
    blamed = [reason for reason in wait["reasons"] if reason["check"] == "network"]
    assert blamed and blamed[0]["code"] in ("Locked", "BeingWritten")
    assert "declared, not observed" in done.stderr
    lag = re.search(r"came ([0-9.]+) s after what is declared", done.stderr)
    assert lag and 0 < float(lag[1]) < 60


def test_an_interrupted_demo_stops_what_it_started():
    demo = subprocess.Popen(
        [*DEMO, "--once"], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True,
        # A shell's background job, such as these tests may be, starts with the signal ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    ports, state = [], ""
    for line in demo.stderr:
        if line.strip().startswith("apply "):
            state = line.split()[1]
        if "http://127.0.0.1:" in line:
            ports.append(line.rsplit(":", 1)[1].strip())
        if line.startswith("the shop runs"):
            break
    children = processes_with(f"shop.py\0{ports[0]}") + processes_with(f"127.0.0.1:{ports[1]}")
    children += processes_with(f"apply.py\0{state}")
    assert len(children) == 3
    demo.send_signal(signal.SIGINT)
    demo.stderr.read()
    demo.stderr.close()
    assert demo.wait(timeout=30) == 130
    for child in children:
        assert not Path(f"/proc/{child}").exists()


def test_the_configuration_is_valid_as_it_stands():
    done = subprocess.run(
        [BUILD / "bin/convergated", "--check", "-c", ROOT / "config/demo/convergate.yaml"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
