# SPDX-License-Identifier: Apache-2.0
"""Writes objects in the API server's protobuf from their JSON, by a table of field numbers that
were recorded from a real server. Fields that the table does not have are left out. It shares no
code with the module under test, so that one mistake cannot hide another."""

import base64
import calendar
import json
import pathlib
import re
import struct
import time

MAGIC = b"k8s\x00"
HERE = pathlib.Path(__file__).parent


def varint(value):
    value &= (1 << 64) - 1  # negative numbers take ten bytes
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def number(field, value):
    return varint(field << 3) + varint(value)


def data(field, value):
    return varint(field << 3 | 2) + varint(len(value)) + value


def text(field, value):
    return data(field, value.encode("utf-8", "surrogatepass"))


def read(message):
    """(field, value) of each field; value is a number or bytes."""
    at = 0

    def next_varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7

    while at < len(message):
        key = next_varint()
        if key & 7 == 0:
            yield key >> 3, next_varint()
        elif key & 7 == 2:
            size = next_varint()
            yield key >> 3, message[at:at + size]
            at += size
        else:
            raise ValueError(f"wire type {key & 7}")


def first(message, field):
    return next((value for one, value in read(message) if one == field), None)


# ---- the table ----


class Table:
    def __init__(self):
        self.messages = {}
        for name in ("fields.tsv", "fields_more.tsv"):
            for line in (HERE / name).read_text().splitlines():
                group, message, field, key, kind = line.split("\t")[:5]
                if field != "field":
                    fields = self.messages.setdefault((group, message), {})
                    fields[key] = (int(field), kind)

    def find(self, group, name):
        """(group, name) of the message that a field's type means."""
        if "." in name:
            group, name = name.rsplit(".", 1)
        for where in (group, "meta/v1", "resource", "intstr", "core/v1"):
            if (where, name) in self.messages:
                return where, name
        return None


TABLE = Table()


def seconds_of(stamp):
    whole, _, rest = stamp.rstrip("Z").partition(".")
    seconds = calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S"))
    return seconds, int(rest.ljust(9, "0")) if rest else 0


def write_time(value):
    if not value:
        return b""
    seconds, nanos = seconds_of(value)
    return number(1, seconds) + number(2, nanos)


def write_int_or_string(value):
    if isinstance(value, int):
        return number(1, 0) + number(2, value) + text(3, "")
    return number(1, 1) + number(2, 0) + text(3, value)


SPECIAL = {
    "Time": write_time, "MicroTime": write_time, "IntOrString": write_int_or_string,
    "Quantity": lambda value: text(1, str(value)),
    "FieldsV1": lambda value: data(1, json.dumps(value, separators=(",", ":")).encode()),
}


def write_value(field, kind, group, value):
    """One field that is not repeated."""
    if kind == "string":
        return text(field, value)
    if kind == "bytes":
        return data(field, base64.b64decode(value))
    if kind in ("int32", "int64", "bool"):
        return number(field, int(value))
    if (name := kind.rsplit(".", 1)[-1]) in SPECIAL:
        return data(field, SPECIAL[name](value))
    found = TABLE.find(group, kind)
    return data(field, write(found, value)) if found else b""


def write(message, value):
    """message: (group, name) of the table; value: what JSON has."""
    out = []
    group = message[0]
    for key, (field, kind) in TABLE.messages[message].items():
        one = value if key == "volumeSource" else value.get(key)  # which JSON has inline
        if one is None:
            continue
        if kind.startswith("repeated "):
            out += [write_value(field, kind[9:], group, each) for each in one]
        elif entry := re.fullmatch(r"map<string,(.*)>", kind):
            out += [data(field, text(1, name) + write_value(2, entry.group(1), group, each))
                    for name, each in one.items()]
        else:
            out.append(write_value(field, kind, group, one))
    return b"".join(out)


# ---- what the server writes around objects ----


def envelope(api_version, kind, raw):
    about = text(1, api_version) + text(2, kind)
    return MAGIC + data(1, about) + data(2, raw) + b"\x1a\x00\x22\x00"


def open_envelope(body):
    """(apiVersion, kind, raw)"""
    assert body.startswith(MAGIC), body[:16]
    about = first(body[4:], 1)
    return first(about, 1).decode(), first(about, 2).decode(), first(body[4:], 2)


def list_meta(version, token="", remaining=None):
    out = text(1, "") + text(2, version) + text(3, token)
    return out if remaining is None else out + number(4, remaining)


def watch_frame(kind, body):
    event = text(1, kind) + data(2, data(1, body))
    return struct.pack(">I", len(event)) + event


def frames(stream):
    """(type, body) of each frame of a watch."""
    while stream:
        size = struct.unpack(">I", stream[:4])[0]
        event, stream = stream[4:4 + size], stream[4 + size:]
        yield first(event, 1).decode(), first(first(event, 2), 1)


def status(document):
    """A Status, with the empty fields that the server writes."""
    about = document["metadata"]
    out = data(1, list_meta("", about.get("continue", "")))
    out += text(2, document["status"]) + text(3, document["message"])
    out += text(4, document.get("reason", ""))
    if (details := document.get("details")) is not None:
        inner = b"".join(text(field, details.get(key, ""))
                         for field, key in ((1, "name"), (2, "group"), (3, "kind")))
        for cause in details.get("causes", []):
            inner += data(4, text(1, cause["reason"]) + text(2, cause["message"])
                          + text(3, cause.get("field", "")))
        inner += number(5, details.get("retryAfterSeconds", 0)) + text(6, "")
        out += data(5, inner)
    return envelope("v1", "Status", out + number(6, document["code"]))
