# SPDX-License-Identifier: Apache-2.0
"""Who answers on a port, well or badly, and who answers for names: for tests of what connects."""

import select
import socket
import struct
import threading
import time


class Peer:
    """Accepts on a free port of 127.0.0.1 and gives each connection to `talk` on a thread."""

    def __init__(self, talk):
        self.talk = talk
        self.closing = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while not self.closing.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        with connection:
            try:
                self.talk(connection)
            except OSError:
                pass  # the other side went

    def stop(self):
        self.closing.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()


class Unanswering:
    """A port whose queue is full: who connects hears nothing at all."""

    def __init__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(0)
        self.port = self.listener.getsockname()[1]
        self.fillers = []
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))
            self.fillers.append(filler)

    def stop(self):
        for each in [*self.fillers, self.listener]:
            each.close()


def silent(connection):
    """Hears everything, says nothing."""
    while connection.recv(4096):
        pass


def reset(connection):
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def reset_after_bytes(connection):
    connection.recv(1)
    reset(connection)


def hang_up(connection):
    connection.recv(1)
    connection.shutdown(socket.SHUT_WR)
    silent(connection)


def saying(words, then=silent):
    def talk(connection):
        connection.sendall(words)
        then(connection)

    return talk


def endless(connection):
    while True:
        connection.sendall(b"x" * 4096)


def slow_pipe(port, every):
    """Passes bytes on to another port, a few at a time."""
    def talk(connection):
        with socket.create_connection(("127.0.0.1", port)) as other:
            while True:
                ready, _, _ = select.select([connection, other], [], [], 20)
                for each in ready:
                    bytes_ = each.recv(64)
                    if not bytes_:
                        return
                    (other if each is connection else connection).sendall(bytes_)
                    time.sleep(every)

    return talk


class Names:
    """A name server: `names` has lists of addresses, or the number of an error."""

    NXDOMAIN, SERVFAIL, REFUSED = 3, 2, 5

    def __init__(self, names):
        self.names = names
        self.asked = []
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        threading.Thread(target=self._serve, daemon=True).start()

    def _answer(self, question):
        at, labels = 12, []
        while question[at]:
            labels.append(question[at + 1:at + 1 + question[at]].decode())
            at += 1 + question[at]
        kind = struct.unpack(">H", question[at + 1:at + 3])[0]
        name = ".".join(labels).lower()
        self.asked.append(name)
        found = self.names.get(name, self.NXDOMAIN)
        code, addresses = (found, []) if isinstance(found, int) else (0, found)
        records = b""
        count = 0
        for address in addresses:
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            if (kind, family) in ((1, socket.AF_INET), (28, socket.AF_INET6)):
                bytes_ = socket.inet_pton(family, address)
                records += b"\xc0\x0c" + struct.pack(">HHIH", kind, 1, 1, len(bytes_)) + bytes_
                count += 1
        head = question[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, count, 0, 0)
        return head + question[12:at + 5] + records

    def _serve(self):
        while True:
            try:
                question, who = self.socket.recvfrom(2048)
            except OSError:
                return
            if len(question) > 12:
                self.socket.sendto(self._answer(question), who)

    def stop(self):
        self.socket.close()
