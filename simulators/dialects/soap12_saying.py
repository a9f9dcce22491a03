"""What systems of soap12-x509 write: Faults, receipts, their own WSDL; envelopes begin alike."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hub.catalogue.papers import ROOT
from simulators.dialects import soap12_security as security
from simulators.dialects.soap12_words import RECEIVER, SUBCODES, TEXTS
from simulators.dialects.xmlread import escape
from simulators.state import Record
from simulators.wire import Reply, Request

NAME = "soap12-x509"
NS = "http://exchange.ggzy.example/soap12/v1"
TYPE = "application/soap+xml; charset=utf-8"
SPACES = (
    f'xmlns:env="{security.ENV}" xmlns:wsa="http://www.w3.org/2005/08/addressing" '
    f'xmlns:wsse="{security.WSSE}" xmlns:wsu="{security.WSU}"'
)
PROLOG = '<?xml version="1.0" encoding="UTF-8"?>\n'


def fault(code: str, fields: tuple[str, ...] = (), text: str = "", status: int = 0) -> Reply:
    """Unsigned; 400 for the sender, 500 for us."""
    said = text or (f"{TEXTS[code]}:{fields[0]}" if code in ("S301",) and fields else TEXTS[code])
    role, sub = ("Receiver" if code in RECEIVER else "Sender"), SUBCODES.get(code, "t:Business")
    named = "".join(f"<t:field>{escape(name)}</t:field>" for name in fields)
    detail = f"<t:businessCode>{code}</t:businessCode><t:message>{escape(said)}</t:message>{named}"
    inside = (
        f"<env:Code><env:Value>env:{role}</env:Value><env:Subcode><env:Value>{sub}</env:Value></env:Subcode>"
        f'</env:Code><env:Reason><env:Text xml:lang="zh">{escape(said)}</env:Text></env:Reason>'
        f"<env:Detail><t:BusinessFault>{detail}</t:BusinessFault></env:Detail>"
    )
    whole = (
        f'{PROLOG}<env:Envelope {SPACES} xmlns:t="{NS}"><env:Header><wsa:Action>{NS}/Fault</wsa:Action>'
        f"</env:Header><env:Body><env:Fault>{inside}</env:Fault></env:Body></env:Envelope>"
    )
    return Reply.text(status or (500 if code in RECEIVER else 400), TYPE, whole)


def papers(request: Request) -> Reply:
    asked = request.query.lower()
    if asked == "wsdl":
        text = (ROOT / NAME / "resource.wsdl").read_text("utf-8")
        text = text.replace('"resource.xsd"', '"ResourceExchange?xsd=resource.xsd"')
    elif asked == "xsd=resource.xsd":
        text = (ROOT / NAME / "resource.xsd").read_text("utf-8")
    else:
        return Reply(405)
    return Reply.text(200, "text/xml; charset=utf-8", text)


def receipt(held: Record) -> str:
    time = f"{held.received:%Y-%m-%dT%H:%M:%S}+08:00"
    inside = f"<t:ReceiptNo>{held.receipt}</t:ReceiptNo><t:ReceiptTime>{time}</t:ReceiptTime>"
    return f"<t:Receipt><t:BusinessKey>{escape(held.key)}</t:BusinessKey>{inside}</t:Receipt>"


def named(fields: Mapping[str, Any], names: list[str]) -> str:
    return "".join(f"<t:{n}>{escape(str(fields[n]))}</t:{n}>" for n in names if fields.get(n))
