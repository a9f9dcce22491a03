"""multipart/related as SOAP 1.2 carries files (MTOM): taken apart, and put together where one sends so."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from email.message import Message

from lxml import etree

from simulators.dialects.xmlread import BadXmlError, read

XOP = "{http://www.w3.org/2004/08/xop/include}Include"
BOUNDARY = "MIME_boundary_5f3a"
_PLAIN = frozenset({"binary", "8bit", "7bit", ""})
_PART = (
    "--{boundary}\r\nContent-Type: {kind}\r\nContent-Transfer-Encoding: {how}\r\nContent-ID: <{cid}>\r\n\r\n"
)


def parameters(content_type: str) -> tuple[str, dict[str, str]]:
    """Media type and parameters, lower-case names."""
    message = Message()
    message["content-type"] = content_type
    return message.get_content_type(), {
        name.lower(): str(value) for name, value in message.get_params([], unquote=True)[1:]
    }


def root_of(content_type: str, body: bytes) -> etree._Element:
    """The document, with every part put where it is included as Base64; raises BadXmlError."""
    kind, given = parameters(content_type)
    if kind != "multipart/related":
        return read(body)
    parts, first = _parts(given.get("boundary", ""), body)
    start = given.get("start", first).strip("<>")
    if start not in parts:
        raise BadXmlError("no root part")
    root = read(parts.pop(start))
    for include in list(root.iter(XOP)):
        holder, cid = include.getparent(), include.get("href", "").removeprefix("cid:")
        if holder is None or len(holder) != 1 or (holder.text or "").strip() or cid not in parts:
            raise BadXmlError("an Include without its part")
        holder.remove(include)
        holder.text = base64.b64encode(parts.pop(cid)).decode("ascii")
    if parts:
        raise BadXmlError("a part nobody includes")
    return root


def _parts(boundary: str, body: bytes) -> tuple[dict[str, bytes], str]:
    mark = b"--" + boundary.encode("ascii", "replace")
    if not boundary or not re.search(re.escape(mark) + rb"--\s*$", body):
        raise BadXmlError("no boundary, or no end")
    parts: dict[str, bytes] = {}
    first = ""
    for piece in (b"\r\n" + body).split(b"\r\n" + mark)[1:-1]:
        head, found, content = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        lines = (line.partition(":") for line in head.decode("latin-1").splitlines())
        fields = {name.strip().lower(): value.strip() for name, _, value in lines}
        cid = fields.get("content-id", "").strip("<>")
        if not found or cid in parts or fields.get("content-transfer-encoding", "").lower() not in _PLAIN:
            raise BadXmlError("a part that cannot be read")
        first = first or cid
        parts[cid] = content
    return parts, first


def together(document: str, parts: Mapping[str, bytes], *, whole: bool = True) -> tuple[str, bytes]:
    """Content type and body; without `whole` the closing boundary is lost."""
    kind = (
        f'multipart/related; type="application/xop+xml"; boundary="{BOUNDARY}"; '
        'start="<root@ggzy.example>"; start-info="application/soap+xml"'
    )
    top = 'application/xop+xml; charset=utf-8; type="application/soap+xml"'
    body = _PART.format(boundary=BOUNDARY, kind=top, how="8bit", cid="root@ggzy.example").encode("ascii")
    body += document.encode("utf-8")
    for cid, content in parts.items():
        head = _PART.format(boundary=BOUNDARY, kind="application/octet-stream", how="binary", cid=cid)
        body += b"\r\n" + head.encode("ascii") + content
    return kind, body + (f"\r\n--{BOUNDARY}--\r\n".encode("ascii") if whole else b"")
