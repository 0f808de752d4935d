# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: programs, ports, and what the kernel charged to a process."""

import os
import shutil
import signal
import socket
import subprocess
import sys
from pathlib import Path


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def built(name):
    """A program of the release build."""
    program = Path(os.environ.get("CVG_BUILD_DIR", "build/release"), name)
    if not program.exists():
        sys.exit(f"{program} is not there: run ./dev build, or set CVG_BUILD_DIR")
    return program


def server(name):
    """A server of Debian's, unpacked by ./dev."""
    program = os.environ.get(f"CVG_{name.upper()}") or shutil.which(name)
    if not program:
        sys.exit(f"{name} is not there: set CVG_{name.upper()}")
    return program


def start(command, log):
    with open(log, "wb") as out:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out)


def stop(process):
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(timeout=15)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def family(pid):
    """The process and all below it."""
    found = [pid]
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        found += family(int(child))
    return found


def cpu_seconds(pid):
    """User and system time of the process and all below it."""
    ticks = 0
    for member in family(pid):
        fields = Path(f"/proc/{member}/stat").read_text().rsplit(")", 1)[1].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def resident_mib(pid):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0
