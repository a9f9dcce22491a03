"""A signing server for tests: real HTTP on this machine, real signatures, and faults on demand."""

from __future__ import annotations

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from certs.keys.held import HeldKey
from certs.keys.port import KeyFailureError


class SigningServer:
    """`faults` is a list of names used up one per request: slow, drip, a status, code, html, wrong, cut,
    short, redirect; `seen` are the requests as (path, headers, object)."""

    def __init__(self, key: HeldKey, secret: str, tls: ssl.SSLContext | None = None) -> None:
        self.key, self.secret = key, secret
        self.faults: list[str] = []
        self.seen: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.released = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.answer(self)

            def log_message(self, format: str, *args: Any) -> None:
                """Quiet."""

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that leaves is what some tests are about."""

        self._http = Server(("127.0.0.1", 0), Handler)
        if tls is not None:
            self._http.socket = tls.wrap_socket(self._http.socket, server_side=True)
        self.address = f"{'https' if tls else 'http'}://localhost:{self._http.server_address[1]}"
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    def close(self) -> None:
        self.released.set()
        self._http.shutdown()
        self._thread.join()
        self._http.server_close()

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = json.loads(handler.rfile.read(int(handler.headers["Content-Length"])))
        self.seen.append((handler.path, {**handler.headers, "peer": str(handler.client_address)}, asked))
        fault = self.faults.pop(0) if self.faults else ""
        if fault == "cut":
            handler.close_connection = True
            handler.connection.close()
            return
        if fault == "slow":
            self.released.wait(20)
        if fault == "drip":
            self._drip(handler)
            return
        status, body = self._body(handler.path, handler.headers.get("Authorization", ""), asked, fault)
        handler.send_response(status)
        if fault == "redirect":
            handler.send_header("Location", "http://127.0.0.1:9/elsewhere")
        handler.send_header("Content-Length", str(len(body) + 9 * (fault == "short")))
        handler.close_connection = fault == "short"
        handler.end_headers()
        try:
            handler.wfile.write(body)
        except OSError:
            handler.close_connection = True

    def _drip(self, handler: BaseHTTPRequestHandler) -> None:
        """Headers without end, a byte at a time: no pause is ever long."""
        handler.close_connection = True
        try:
            handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.released.wait(0.1):
                handler.wfile.write(b"z")
        except OSError:
            return

    def _body(self, path: str, authorization: str, asked: dict[str, Any], fault: str) -> tuple[int, bytes]:
        if fault == "redirect":
            return 302, b"{}"
        if fault.isdigit():
            return int(fault), b"<html>"
        if fault == "html":
            return 200, b"<html>logged out</html>"
        if fault == "code":
            return 200, json.dumps(
                {"code": "0x0B000407", "msg": "expired " + self.secret, "data": ""}
            ).encode()
        if authorization != f"Bearer {self.secret}":
            return 200, json.dumps({"code": 0x0B000100, "msg": "no"}).encode()
        data = base64.b64decode(asked["inData"])
        try:
            if path.endswith("/SOF_SignData"):
                made = self.key.sign(data + (b"!" if fault == "wrong" else b""))
            else:
                made = self.key.decrypt(data, asked["method"])
        except KeyFailureError:
            return 200, json.dumps({"code": "0x0B000006", "msg": "bad data"}).encode()
        return 200, json.dumps({"code": "0", "msg": "ok", "data": base64.b64encode(made).decode()}).encode()
