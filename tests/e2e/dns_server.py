# SPDX-License-Identifier: Apache-2.0
"""A name server that answers, fails, lies, hangs and cuts off, by UDP and TCP on one port."""

import socket
import struct
import threading

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15, "TXT": 16, "AAAA": 28}


def pack_name(name):
    labels = [label for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"


def pack_data(kind, value):
    if kind in ("A", "AAAA"):
        return socket.inet_pton(socket.AF_INET if kind == "A" else socket.AF_INET6, value)
    if kind == "MX":
        number, name = value.split()
        return struct.pack("!H", int(number)) + pack_name(name)
    if kind == "TXT":
        return bytes([len(value)]) + value.encode()
    if kind == "SOA":
        return pack_name("ns.test") + pack_name("admin.test") + struct.pack("!5L", int(value), 1, 1, 1, 1)
    return pack_name(value)


def read_question(query):
    at, labels = 12, []
    while query[at]:
        labels.append(query[at + 1:at + 1 + query[at]].decode())
        at += 1 + query[at]
    return ".".join(labels).lower(), struct.unpack("!H", query[at + 1:at + 3])[0], query[12:at + 5]


class NameServer:
    """records: (name, type) to values. rcodes: name to code. tricks: name to one of silent, garbage,
    wrong_id, truncated, first_lost."""

    def __init__(self, records=None, rcodes=None, tricks=None, ttl=300):
        self.records, self.rcodes, self.tricks = records or {}, rcodes or {}, tricks or {}
        self.ttl, self.asked = ttl, []
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.port = self.tcp.getsockname()[1]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind(("127.0.0.1", self.port))
        self.stopping = False
        self.threads = [threading.Thread(target=t, daemon=True) for t in (self.serve, self.stream)]
        for sock in (self.tcp, self.udp):
            sock.settimeout(0.1)
        for thread in self.threads:
            thread.start()

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def stop(self):
        self.stopping = True
        for thread in self.threads:
            thread.join()
        self.tcp.close()
        self.udp.close()

    def answer(self, query, over_tcp):
        name, code, question = read_question(query)
        kind = {number: text for text, number in TYPES.items()}.get(code)
        self.asked.append((name, kind, over_tcp))
        trick = self.tricks.get(name)
        if trick == "silent" or (trick == "first_lost" and
                                 sum(each[0] == name for each in self.asked) == 1):
            return None
        if trick == "garbage":
            return b"\xff" * 40
        known = any(owner == name for owner, _ in self.records)
        rcode = self.rcodes.get(name, 0 if known else 3)
        found, owner = [], name
        while (owner, "CNAME") in self.records and kind != "CNAME":
            [target] = self.records[owner, "CNAME"]
            found.append((owner, "CNAME", target))
            owner = target
        found += [(owner, kind, value) for value in self.records.get((owner, kind), [])]
        truncated = trick == "truncated" and not over_tcp
        found = [] if truncated or rcode else found
        number = struct.unpack("!H", query[:2])[0] ^ (1 if trick == "wrong_id" else 0)
        body = b"".join(pack_name(o) + struct.pack("!HHLH", TYPES[t], 1, self.ttl, len(d)) + d
                        for o, t, d in ((o, t, pack_data(t, v)) for o, t, v in found))
        flags = 0x8580 | rcode | (0x200 if truncated else 0)
        return struct.pack("!6H", number, flags, 1, len(found), 0, 0) + question + body

    def serve(self):
        while not self.stopping:
            try:
                query, peer = self.udp.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self.answer(query, False)
            if answer is not None:
                self.udp.sendto(answer, peer)

    def stream(self):
        while not self.stopping:
            try:
                peer, _ = self.tcp.accept()
            except TimeoutError:
                continue
            with peer:
                peer.settimeout(2)
                query = peer.recv(4096)
                answer = self.answer(query[2:], True)
                if answer is not None:
                    peer.sendall(struct.pack("!H", len(answer)) + answer)
