"""A gateway's side as the rules of the papers have it, by a hand that reads them apart from the adapter."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from lxml import etree

from certs.algorithms.digest import digest, mac
from hub.catalogue.gateways import Gateway

PAPERS = Gateway.load()
SECRETS = {"sof_app": "ggzy-hub", "sof_key": "sof-2026-c01-key"}
SOAP = "http://www.w3.org/2003/05/soap-envelope"


def yes(system: str) -> Any:
    return {"C01": True, "C05": "true", "C02": "TRUE", "C03": "0"}[system]


def no(system: str) -> Any:
    return {"C01": False, "C05": "false", "C02": "FALSE", "C03": "1"}[system]


def coded(system: str, code: int) -> Any:
    """A code as this gateway writes it."""
    forms = {"number": code, "0x": f"0x{code:08X}", "hex": f"{code:08X}", "decimal-text": str(code)}
    return forms[PAPERS.profiles[system].answer["code"]]


def written(system: str, function: str, code: int, value: Any) -> bytes:
    """An answer's body."""
    profile, number = PAPERS.profiles[system], coded(system, code)
    if profile.transport == "rest-exec":
        name = "code" if code and "error-member-code" in profile.quirks else profile.form["code"]
        return json.dumps({name: number, "msg": "…", "data": value}, ensure_ascii=False).encode()
    prefix = "s:" if profile.transport == "soap-path" else ""
    inside = "".join(
        f"<{prefix}{name}>{'' if text is None else text}</{prefix}{name}>"
        for name, text in (("code", number), ("msg", "读"), ("data", value))
    )
    if not prefix:
        return f'<?xml version="1.0" encoding="GBK"?>\n<sof>{inside}</sof>'.encode("gbk")
    return (
        f'<e:Envelope xmlns:e="{SOAP}"><e:Body><s:{function}Response xmlns:s="urn:gmt:0020:sof">{inside}'
        f"</s:{function}Response></e:Body></e:Envelope>"
    ).encode()


def called(system: str, path: str, body: bytes) -> tuple[str, tuple[Any, ...]]:
    """The function and its arguments as they came."""
    profile = PAPERS.profiles[system]
    if profile.transport == "rest-exec":
        found = json.loads(body)
        arguments, name = found["exec_args"], found["exec_name"]
        given = tuple(arguments.values() if isinstance(arguments, dict) else arguments)
    else:
        root = etree.fromstring(body)
        if profile.transport == "soap-path":
            name, given = path.rpartition("/")[2], tuple(one.text or "" for one in root[0][0])
        else:
            name, given = str(root[0].text), tuple(one.text or "" for one in root[1])
    function = PAPERS.function(name)
    assert function is not None, name
    return function.name, given


def mac_of(first: str, path: str, stated: str, nonce: str, body: bytes, key: str) -> str:
    text = "\n".join((first, path, stated, nonce, digest(body).hex()))
    return mac(text.encode(), key.encode(), "hmac-sm3").hex()


class Door:
    """A real door on a free port. `says` gives a function's code and result; `harm` spoils the answer."""

    def __init__(self, system: str) -> None:
        door, self.system = self, system
        self.says: dict[str, tuple[int, Any]] = {}
        self.asked: list[str] = []
        self.harm, self.delay = "", 0.0

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers["Content-Length"]))
                status, headers, body = door.answer(self.path, dict(self.headers), raw)
                time.sleep(door.delay)
                self.send_response(status)
                for name, value in {**headers, "Content-Length": str(len(body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *said: object) -> None:
                return None

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def answer(self, path: str, given: Mapping[str, str], raw: bytes) -> tuple[int, dict[str, str], bytes]:
        key, nonce, stated = SECRETS["sof_key"], given.get("X-Nonce", ""), given.get("X-Time", "")
        if given.get("X-Mac") != mac_of("POST", path, stated, nonce, raw, key):
            return 401, {"X-Reason": "mac"}, b""
        function, _ = called(self.system, path, raw)
        self.asked.append(function)
        body = written(self.system, function, *self.says[function])
        proof = mac_of("REPLY", path, stated, nonce, body, key)
        if self.harm == "unsigned":
            return 200, {}, body
        if self.harm == "forged":
            proof = mac_of("REPLY", path, stated, nonce, body, "another key")
        if self.harm == "busy":
            return 503, {"Retry-After": "3"}, b""
        return 200, {"X-Time": stated, "X-Nonce": nonce, "X-Mac": proof}, body

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
