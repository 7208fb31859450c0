"""A receiver of webhooks: a real HTTP server on this machine that answers as a test wants, and checks signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import msgspec


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A request that came."""

    path: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body."""
        return json.loads(self.body)

    def is_signed_with(self, secret: str) -> bool:
        """Whether one of the signatures is made with `secret`, as the specification says."""
        key = base64.b64decode(secret.removeprefix("whsec_"))
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.".encode() + self.body
        wanted = base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
        signatures = self.headers["webhook-signature"].split(" ")
        fresh = abs(time.time() - int(self.headers["webhook-timestamp"])) < 300
        return fresh and f"v1,{wanted}" in signatures


class Receiver:
    """What came, and how it is answered: `status` with `answer`; `headers` come too; `slowly` never ends."""

    def __init__(self) -> None:
        self.came: list[Received] = []
        self.status = 204
        self.answer = b""
        self.headers: dict[str, str] = {}
        self.slowly = False
        self.url = ""

    @property
    def heard(self) -> list[str]:
        """The types of what came, in order."""
        return [each.json["type"] for each in self.came]


@contextmanager
def receiving() -> Generator[Receiver]:
    """A receiver that listens on 127.0.0.1."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            receiver.came.append(Received(path=self.path, headers=headers, body=body))
            self.send_response(receiver.status)
            for name, value in receiver.headers.items():
                self.send_header(name, value)
            if receiver.slowly:
                self.end_headers()
                for _each in range(100):
                    try:
                        self.wfile.write(b".")
                        self.wfile.flush()
                    except OSError:
                        return
                    time.sleep(0.1)
                return
            self.send_header("content-length", str(len(receiver.answer)))
            self.end_headers()
            self.wfile.write(receiver.answer)

        def log_message(self, format: str, *args: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/portal?from=school"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield receiver
    server.shutdown()
    server.server_close()
