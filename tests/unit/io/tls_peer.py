#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""A TLS server for test_tls.c: tls_peer.py CERTIFICATE KEY [CLIENT_CA]. Prints its port, answers
until its standard input is closed. /hang sends a first chunk and then nothing; every other path
is answered with the name that the client asked for (SNI) and the client certificate's."""

import socketserver
import ssl
import sys
import threading


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        while True:
            line = self.rfile.readline()
            if not line:
                return
            while self.rfile.readline().strip():
                pass
            if b" /hang " in line:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
                continue
            client = self.request.getpeercert() or {}
            names = [value for entry in client.get("subject", ()) for _, value in entry]
            body = ("%s %s" % (self.server.asked, " ".join(names))).encode()
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    asked = ""

    def get_request(self):
        connection, address = super().get_request()
        connection.settimeout(20)
        return self.context.wrap_socket(connection, server_side=True,
                                        do_handshake_on_connect=False), address

    def handle_error(self, request, client_address):
        pass  # a client that refuses our certificate


def main():
    server = Server(("127.0.0.1", 0), Handler)
    server.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.context.load_cert_chain(sys.argv[1], sys.argv[2])
    server.context.set_alpn_protocols(["http/1.1"])
    server.context.sni_callback = lambda _socket, name, _context: setattr(server, "asked", name)
    if len(sys.argv) > 3:
        server.context.load_verify_locations(sys.argv[3])
        server.context.verify_mode = ssl.CERT_REQUIRED
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)
    sys.stdin.read()


main()
