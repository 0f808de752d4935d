# SPDX-License-Identifier: Apache-2.0
"""Writes a state as `terraform apply` does while it makes resources, for the demo and for tests.

The file is held by a POSIX lock, with a note of who holds it beside; after each resource it is cut
to nothing and written again in place, in pieces. So whoever reads it finds it empty or torn for
most of the time, and every state that can be read is one of somewhere on the way.

    apply.py STATE            makes half of the resources, waits for a line on standard input, as
                              an apply waits for something slow, and makes the others
"""

import datetime
import fcntl
import json
import os
import sys
import time
import uuid
from pathlib import Path

RESOURCES = 8
STEP = 0.3  # seconds that a resource takes
PIECE = 512  # bytes; Terraform writes 16 KiB at once, of states that are larger
LINEAGE = "3f1c9a52-7a0e-4b7e-9a64-1f0f9f6f5d11"
HOSTNAME = "shop-lb.example.net"


def resource(number):
    identity = str(uuid.uuid5(uuid.NAMESPACE_DNS, f"shop-{number}"))
    return {
        "module": "module.network",
        "mode": "managed",
        "type": "terraform_data",
        "name": f"part{number}",
        "provider": 'provider["terraform.io/builtin/terraform"]',
        "instances": [{
            "schema_version": 0,
            "attributes": {"id": identity, "input": None, "output": None, "triggers_replace": None},
            "sensitive_attributes": [],
        }],
    }  # fmt: skip


def state(serial, made, whole):
    outputs = {"lb_hostname": {"value": HOSTNAME, "type": "string"}} if whole else {}
    return {
        "version": 4,
        "terraform_version": "1.9.8",
        "serial": serial,
        "lineage": LINEAGE,
        "outputs": outputs,
        "resources": [resource(number) for number in range(made)],
        "check_results": None,
    }


def serial_of(path):
    try:
        return json.loads(path.read_bytes())["serial"]
    except (OSError, ValueError, KeyError):
        return 0


class Apply:
    """Holds the lock of a state until it ends."""

    def __init__(self, path):
        self.path = Path(path)
        self.note = self.path.with_name(f".{self.path.name}.lock.info")
        self.file = open(self.path, "r+b" if self.path.exists() else "w+b", buffering=0)
        self.serial = serial_of(self.path)
        fcntl.lockf(self.file, fcntl.LOCK_EX)
        self.note.write_text(json.dumps({
            "ID": str(uuid.uuid4()), "Operation": "OperationTypeApply", "Info": "",
            "Who": f"demo@{os.uname().nodename}", "Version": "1.9.8",
            "Created": datetime.datetime.now(datetime.timezone.utc).isoformat().replace("+00:00", "Z"),
            "Path": str(self.path),
        }))  # fmt: skip

    def save(self, made, whole=False, pause=0.0):
        """As Terraform saves: nothing, then pieces of it, then all. pause: spent on the way."""
        self.serial += 1
        text = json.dumps(state(self.serial, made, whole), indent=2).encode() + b"\n"
        self.file.truncate(0)
        self.file.seek(0)
        time.sleep(pause / 2)
        for at in range(0, len(text), PIECE):
            self.file.write(text[at : at + PIECE])
            time.sleep(pause / 2 / (len(text) // PIECE + 1))

    def end(self):
        self.note.unlink()
        fcntl.lockf(self.file, fcntl.LOCK_UN)
        self.file.close()


def main():
    apply = Apply(sys.argv[1])
    for made in range(1, RESOURCES + 1):
        if made == RESOURCES // 2 + 1:
            sys.stdin.readline()
        apply.save(made, pause=STEP)
    apply.save(RESOURCES, whole=True)
    apply.end()


if __name__ == "__main__":
    main()
