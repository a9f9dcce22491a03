"""Peer: Spyne behind granian, SOAP 1.1, the fields of one stage as texts, checked by lxml; keeps nothing.

usage: peer_spyne.py FOLDER STAGE      prints {"ready": true, "url": ...}
What a user of that framework writes. Needs `spyne` and `granian`.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

from lxml import etree
from spyne import Application, ComplexModel, ServiceBase, Unicode, rpc
from spyne.protocol.soap import Soap11
from spyne.server.wsgi import WsgiApplication

from hub.standard import load

NS = "urn:hutong:bench"
STAGE = os.environ.get("BENCH_STAGE", "eng-tender-notice")


def written(fields: dict[str, Any]) -> bytes:
    """The request for one record: its fields in the stage's order, as texts."""
    root = etree.Element(f"{{{NS}}}submit", nsmap={None: NS})
    notice = etree.SubElement(root, f"{{{NS}}}notice")
    for field in load().stage(STAGE).fields:
        if field.name in fields:
            etree.SubElement(notice, f"{{{NS}}}{field.name}").text = str(fields[field.name])
    body = etree.tostring(root, encoding="unicode")
    around = (
        '<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"><s:Body>%s</s:Body></s:Envelope>'
    )
    return ('<?xml version="1.0" encoding="utf-8"?>' + around % body).encode()


def application() -> WsgiApplication:
    members = {
        field.name: Unicode(min_occurs=int(field.required), max_len=field.length or 65536)
        for field in load().stage(STAGE).fields
    }
    notice = type("Notice", (ComplexModel,), {**members, "__namespace__": NS})

    class Hub(ServiceBase):  # type: ignore[misc]
        @rpc(notice, _returns=Unicode)  # type: ignore[misc]
        def submit(self, notice: Any) -> str:
            return str(notice.TENDER_PROJECT_CODE)

    return WsgiApplication(
        Application([Hub], NS, in_protocol=Soap11(validator="lxml"), out_protocol=Soap11())
    )


if __name__ == "__main__":
    from granian import Granian
    from granian.constants import Interfaces

    os.environ["BENCH_STAGE"] = sys.argv[2]
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port = one.getsockname()[1]
    shell = Granian("peer_spyne:app", address="127.0.0.1", port=port, interface=Interfaces.WSGI, workers=1,
                    log_enabled=False)  # fmt: skip
    shell.on_startup(
        lambda: print(json.dumps({"ready": True, "url": f"http://127.0.0.1:{port}"}), flush=True)
    )
    shell.serve()
else:
    app = application()
