# SPDX-License-Identifier: Apache-2.0
"""HTTP/1.1 and, where Debian's python3-h2 is there, HTTP/2 over TLS, framed as Go frames it; and
everything that a server can do wrong with an answer, on a test's word."""

import asyncio
import base64
import gzip
import re
import ssl
import uuid
from email.utils import formatdate
from http import HTTPStatus

from .api import parse_query

try:
    import h2.config
    import h2.connection
    import h2.events
    import h2.exceptions
    import h2.settings
    HAVE_H2 = True
except ImportError:
    HAVE_H2 = False

BUFFER = 2048  # Go's, before it chunks
GZIP_FROM = 128 << 10
STREAMS = 100


class Request:
    def __init__(self, method, target, headers, body, certificate):
        self.method, self.target, self.headers, self.body = method, target, headers, body
        self.path, _, query = target.partition("?")
        self.query = parse_query(query)
        self.certificate = certificate  # the user that the client certificate names, or ""


class Out:
    """One answer. half: "cut" or "hang" in the middle of the body, on a test's word."""

    def __init__(self, address):
        self.address, self.half = address, None

    async def reply(self, status, headers, body, gzip=False):
        if gzip and len(body) > GZIP_FROM:
            headers |= {"Content-Encoding": "gzip", "Vary": "Accept-Encoding"}
            body = _zip(body)
        small = len(body) <= BUFFER
        await self.begin(status, headers, len(body) if small else None)
        if self.half:
            await self.write(body[:len(body) // 2])
            await self.flush()
            if self.half == "hang":
                await asyncio.Event().wait()
            self.abort()
            raise ConnectionError
        await self.write(body)
        await self.end()


def _zip(body):
    return gzip.compress(body, 1, mtime=0)


def _head(headers):
    return [("Audit-Id", str(uuid.uuid4())), *sorted(headers.items()),
            ("Date", formatdate(usegmt=True))]


class Out1(Out):
    def __init__(self, address, writer):
        super().__init__(address)
        self.writer, self.buffer, self.chunked = writer, bytearray(), False

    async def begin(self, status, headers, length=None):
        self.chunked = length is None
        head = _head(headers) + [("Transfer-Encoding", "chunked") if self.chunked
                                 else ("Content-Length", str(length))]
        lines = [f"HTTP/1.1 {status} {HTTPStatus(status).phrase}"]
        lines += [f"{key}: {value}" for key, value in head]
        self.writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())

    def _chunk(self, data):
        self.writer.write(b"%x\r\n%s\r\n" % (len(data), data) if self.chunked else bytes(data))

    async def write(self, data):
        """As Go's bufio: what does not fit goes out when the buffer is full, or past it."""
        while len(data) > BUFFER - len(self.buffer):
            if not self.buffer:
                self._chunk(data)
                data = b""
                break
            room = BUFFER - len(self.buffer)
            self.buffer += data[:room]
            data = data[room:]
            self._empty()
        self.buffer += data

    def _empty(self):
        if self.buffer:
            self._chunk(self.buffer)
            self.buffer = bytearray()

    async def flush(self):
        self._empty()
        await self.writer.drain()

    async def end(self):
        self._empty()
        if self.chunked:
            self.writer.write(b"0\r\n\r\n")
        await self.writer.drain()

    def abort(self):
        self.writer.transport.abort()


class Connection:
    def __init__(self, server, reader, writer):
        self.server, self.reader, self.writer = server, reader, writer
        self.tasks = set()
        about = writer.get_extra_info("ssl_object")
        certificate = about.getpeercert() if about else None
        names = {key: value for part in (certificate or {}).get("subject", ())
                 for key, value in part}
        self.user = "admin" if names.get("organizationName") == "system:masters" \
            else names.get("commonName", "")
        self.http2 = bool(about) and about.selected_alpn_protocol() == "h2"
        self.address = "%s:%d" % writer.get_extra_info("sockname")[:2]

    async def run(self):
        try:
            if self.http2:
                await Http2(self).run()
            else:
                await self.run1()
        except (ConnectionError, asyncio.IncompleteReadError, ssl.SSLError, ValueError):
            pass
        finally:
            for task in self.tasks:
                task.cancel()
            self.writer.transport.abort()

    async def run1(self):
        while True:
            head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            method, target, _ = head[0].split(" ")
            headers = {key.lower(): value.strip() for key, _, value in
                       (line.partition(":") for line in head[1:] if line)}
            body = await self.reader.readexactly(int(headers.get("content-length", "0")))
            out = Out1(self.address, self.writer)
            answering = asyncio.ensure_future(self.server.answer(
                Request(method, target, headers, body, self.user), out))
            leaving = asyncio.ensure_future(self.gone())
            self.tasks = {answering, leaving}
            await asyncio.wait(self.tasks, return_when=asyncio.FIRST_COMPLETED)
            leaving.cancel()
            await asyncio.gather(leaving, return_exceptions=True)
            if not answering.done():
                return
            await answering

    async def gone(self):
        """Returns when the client has closed; no client here sends the next request early."""
        while not self.reader.at_eof():
            await asyncio.sleep(0.2)


class Out2(Out):
    def __init__(self, address, http2, stream):
        super().__init__(address)
        self.http2, self.stream = http2, stream

    async def begin(self, status, headers, length=None):
        head = _head(headers) + ([] if length is None else [("content-length", str(length))])
        self.http2.connection.send_headers(self.stream, [(":status", str(status))] + [
            (key.lower(), value) for key, value in head])
        self.http2.push()

    async def write(self, data):
        connection = self.http2.connection
        data = memoryview(bytes(data))
        while data:
            room = min(connection.local_flow_control_window(self.stream),
                       connection.max_outbound_frame_size, len(data))
            if room <= 0:
                self.http2.push()
                self.http2.window.clear()
                await self.http2.window.wait()
                continue
            connection.send_data(self.stream, data[:room].tobytes())
            data = data[room:]
            self.http2.push()
            await self.http2.writer.drain()

    async def flush(self):
        self.http2.push()
        await self.http2.writer.drain()

    async def end(self):
        self.http2.connection.end_stream(self.stream)
        await self.flush()

    def abort(self):
        self.http2.writer.transport.abort()


class Http2:
    def __init__(self, owner):
        self.owner, self.writer, self.reader = owner, owner.writer, owner.reader
        self.connection = h2.connection.H2Connection(h2.config.H2Configuration(
            client_side=False, header_encoding="utf-8"))
        self.window = asyncio.Event()
        self.asked, self.streams = {}, {}

    def push(self):
        if data := self.connection.data_to_send():
            self.writer.write(data)

    async def run(self):
        self.connection.initiate_connection()
        self.connection.update_settings({
            h2.settings.SettingCodes.MAX_CONCURRENT_STREAMS: STREAMS})
        self.push()
        while data := await self.reader.read(65536):
            try:
                events = self.connection.receive_data(data)
            except h2.exceptions.ProtocolError:
                self.push()
                return
            for event in events:
                self.on(event)
            self.push()

    def on(self, event):
        if isinstance(event, h2.events.RequestReceived):
            self.asked[event.stream_id] = (dict(event.headers), bytearray())
        elif isinstance(event, h2.events.DataReceived):
            self.asked[event.stream_id][1].extend(event.data)
            self.connection.acknowledge_received_data(event.flow_controlled_length,
                                                      event.stream_id)
        elif isinstance(event, h2.events.StreamEnded):
            self.start(event.stream_id, *self.asked.pop(event.stream_id))
        elif isinstance(event, (h2.events.WindowUpdated, h2.events.RemoteSettingsChanged)):
            self.window.set()
        elif isinstance(event, h2.events.StreamReset):
            if task := self.streams.get(event.stream_id):
                task.cancel()
            self.window.set()

    def start(self, stream, headers, body):
        request = Request(headers.pop(":method"), headers.pop(":path"), headers, bytes(body),
                          self.owner.user)
        out = Out2(self.owner.address, self, stream)
        task = asyncio.ensure_future(self.one(request, out))
        self.streams[stream] = task
        self.owner.tasks.add(task)

        def over(_):
            self.streams.pop(stream, None)
            self.owner.tasks.discard(task)

        task.add_done_callback(over)

    async def one(self, request, out):
        try:
            await self.owner.server.answer(request, out)
        except (ConnectionError, h2.exceptions.ProtocolError, KeyError):
            pass


class Server:
    """Listens; asks the api for each answer, unless a fault of the test's comes first."""

    def __init__(self, api):
        self.api = api
        self.connections = set()
        self.requests = []  # (method, target, accept), the latest 100000
        self.faults = []
        self.context = None
        self.accepted = 0

    def tls(self, certificate, key, client_ca, http2=True):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_cert_chain(certificate, key)
        context.load_verify_locations(client_ca)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.set_alpn_protocols((["h2"] if http2 and HAVE_H2 else []) + ["http/1.1"])
        self.context = context

    async def listen(self, host, port):
        self.listener = await asyncio.start_server(self.accept, host, port, ssl=self.context,
                                                   backlog=1024, limit=1 << 20)
        return self.listener.sockets[0].getsockname()[1]

    async def accept(self, reader, writer):
        self.accepted += 1
        one = Connection(self, reader, writer)
        self.connections.add(one)
        try:
            await one.run()
        finally:
            self.connections.discard(one)

    def cut(self):
        for one in list(self.connections):
            one.writer.transport.abort()

    async def answer(self, request, out):
        self.requests.append((request.method, request.target, request.headers.get("accept", "")))
        del self.requests[:-100000]
        for fault in self.faults:
            if re.search(fault["match"], f"{request.method} {request.target}"):
                fault["times"] = fault.get("times", 1) - 1
                if fault["times"] == 0:
                    self.faults.remove(fault)
                return await getattr(self, "fault_" + fault["do"])(fault, request, out)
        await self.api.handle(request, out)

    # ---- faults: each is a name that a test gives ----

    async def fault_hang(self, fault, request, out):
        await asyncio.Event().wait()

    async def fault_cut(self, fault, request, out):
        out.abort()

    async def fault_begin_hang(self, fault, request, out):
        await out.begin(200, {"Content-Type": "application/json"})
        await out.flush()
        await asyncio.Event().wait()

    async def fault_half_cut(self, fault, request, out):
        out.half = "cut"
        await self.api.handle(request, out)

    async def fault_half_hang(self, fault, request, out):
        out.half = "hang"
        await self.api.handle(request, out)

    async def fault_throttle(self, fault, request, out):
        from .api import REJECTED
        await self.api.text(out, 429, "Too many requests, please try again later.\n", REJECTED,
                            Retry_After=str(fault.get("after", 1)))

    async def fault_answer(self, fault, request, out):
        await out.begin(fault.get("status", 200),
                        {"Content-Type": fault["type"]} | fault.get("headers", {}))
        await out.write(base64.b64decode(fault["body"]))
        await out.flush()
        if fault.get("stay"):
            await asyncio.Event().wait()
        await out.end()

    async def fault_endless(self, fault, request, out):
        """A body that never ends: begin once, then the same piece again and again."""
        await out.begin(200, {"Content-Type": fault["type"]})
        await out.write(base64.b64decode(fault["begin"]))
        piece = base64.b64decode(fault["piece"])
        while True:
            await out.write(piece)
            await out.flush()
            await asyncio.sleep(0)
