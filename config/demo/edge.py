# SPDX-License-Identifier: Apache-2.0
"""The edge of the demo's shop: a name server and a TLS server, which come later than Terraform says.

    edge.py NAME DNS_PORT TLS_PORT CERTIFICATE KEY

Until a line comes on standard input the name does not exist (NXDOMAIN) and nothing listens at the TLS
port, as between the apply of a load balancer and the day that it works. Then the name is 127.0.0.1
and the certificate is shown.
"""

import select
import socket
import ssl
import struct
import sys
import threading

NXDOMAIN = 3
TTL = 1


def question_of(message):
    """The first question's name, and where the question ends (RFC 1035 4.1.2)."""
    labels, at = [], 12
    while message[at]:
        labels.append(message[at + 1 : at + 1 + message[at]].decode("ascii").lower())
        at += 1 + message[at]
    return ".".join(labels), at + 5


def answer(message, name, there):
    """What is there is an address of IPv4 alone."""
    asked, end = question_of(message)
    kind = struct.unpack("!H", message[end - 4 : end - 2])[0]
    known = there and asked == name
    record = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, TTL, 4) + bytes([127, 0, 0, 1])
    records = record if known and kind == 1 else b""
    flags = 0x8400 | (message[2] & 1) << 8 | (0 if known else NXDOMAIN)
    head = message[:2] + struct.pack("!HHHHH", flags, 1, bool(records), 0, 0)
    return head + message[12:end] + records


def greet(listener, context):
    """Shows the certificate to who connects, one after the other."""
    while True:
        connection = listener.accept()[0]
        connection.settimeout(5)
        try:
            context.wrap_socket(connection, server_side=True).close()
        except OSError:
            connection.close()


def main():
    name, dns_port, tls_port, certificate, key = sys.argv[1:]
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    names.bind(("127.0.0.1", int(dns_port)))
    there, watched = False, [names, sys.stdin]
    while True:
        ready = select.select(watched, [], [])[0]
        if names in ready:
            message, peer = names.recvfrom(1500)
            try:
                names.sendto(answer(message, name, there), peer)
            except (IndexError, UnicodeDecodeError, struct.error):
                pass  # no question; whoever sent it waits in vain
        if sys.stdin in ready:
            sys.stdin.readline()
            watched, there = [names], True
            listener = socket.create_server(("127.0.0.1", int(tls_port)))
            threading.Thread(target=greet, args=(listener, context), daemon=True).start()


if __name__ == "__main__":
    main()
