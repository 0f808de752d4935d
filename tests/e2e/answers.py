# SPDX-License-Identifier: Apache-2.0
"""A source that says what a test wants, and checks that ask it."""

import json
import threading
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers:
    """What speaks the query API: a query begins with the number that it answers, or is a name in
    values. While it is not open, whoever asks waits. Its clock is off by shift."""

    def __init__(self):
        self.values, self.asked, self.pause, self.shift = {}, [], 0, 0
        self.open = threading.Event()
        self.open.set()
        answers = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                form = urllib.parse.parse_qs(
                    self.rfile.read(int(self.headers["Content-Length"])).decode())
                query = form["query"][0]
                answers.asked.append(query)
                time.sleep(answers.pause)
                answers.open.wait(60)
                value = answers.values.get(query, query.split("+")[0].strip())
                result = {"resultType": "scalar", "result": [time.time() + answers.shift, str(value)]}
                body = json.dumps({"status": "success", "data": result}).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def date_time_string(self, timestamp=None):
                return super().date_time_string((timestamp or time.time()) + answers.shift)

            def log_message(self, *arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.server.handle_error = lambda *arguments: None  # a connection that was cut off
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()


def check(query=1, rise="0s", interval="500ms", timeout="400ms", **more):
    return {"source": "m", "query": str(query), "ready": "== 1", "interval": interval,
            "timeout": timeout, "rise": rise, **more}
