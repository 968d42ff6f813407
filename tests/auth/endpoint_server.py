"""A token endpoint for tests: real HTTP on a free port, answers as told."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs


@dataclass
class Endpoint:
    """What the server answers, and what it was asked."""

    url: str = ""
    status: int = 200
    answer: dict[str, object] = field(default_factory=dict)
    requests: list[tuple[str, str, dict[str, list[str]]]] = field(default_factory=list)
    lasts: float | None = 3600

    def respond(self) -> tuple[int, dict[str, object]]:
        """Return status and body: a numbered token, unless told otherwise."""
        if self.answer or self.status != 200:
            return self.status, self.answer
        token: dict[str, object] = {"access_token": f"token-{len(self.requests)}"}
        return 200, token | ({} if self.lasts is None else {"expires_in": self.lasts})


@contextmanager
def serve_tokens() -> Iterator[Endpoint]:
    """Serve an endpoint until the block ends."""
    endpoint = Endpoint()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            scheme, _, basic = self.headers.get("Authorization", "").partition(" ")
            user = base64.b64decode(basic).decode() if scheme == "Basic" else ""
            endpoint.requests.append((self.path, user, parse_qs(body)))
            self._send(*endpoint.respond())

        def do_GET(self) -> None:
            self._send(200, {})

        def _send(self, status: int, answer: dict[str, object]) -> None:
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    endpoint.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield endpoint
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
