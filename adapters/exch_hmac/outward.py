"""We fetch the secret, push a record or ask for a credit check, and look before we push again."""

from __future__ import annotations

from typing import Any

from adapters import jsontext
from adapters.answers import HTTP_5XX, by_status, told, unreadable
from adapters.exch_hmac import signing
from adapters.exch_hmac.papers import (
    ANSWERS,
    CREDIT,
    FETCH_PATH,
    FIELDS,
    JSON,
    KEY_SHAPE,
    LIMIT,
    QUERY,
    SERVICE_PATH,
    SERVICES,
    rid_of,
    service_of,
)
from adapters.origin import circumstances
from hub.errors import SenderError
from hub.ports import Call, Kind, Outcome, Outgoing, Session, WireReply, WireRequest

_ABOUT = ("@key", "@op", "@version")


def login(call: Call) -> WireRequest | None:
    """Fetch the secret unless the one at hand holds for another minute."""
    if call.session is not None and call.session.expires - call.now >= signing.RENEW:
        return None
    sid, rtime = call.credentials["sid"], signing.millis(call.now)
    sign = signing.sign(call.credentials["app_key"], sid, rtime)
    return WireRequest("POST", FETCH_PATH, {"sid": sid, "rtime": rtime, "sign": sign})


def session(reply: WireReply, call: Call) -> Session | Outcome:
    """The secret in an answer, or why there is none."""
    outcome = read(reply)
    if outcome.kind is not Kind.DELIVERED:
        return outcome
    data = jsontext.member(jsontext.read(reply.body), "data")
    cipher = jsontext.scalar(jsontext.member(data, "secret")) or ""
    secret = signing.decipher(cipher, call.credentials["app_key"])
    ends = signing.moment_of(jsontext.scalar(jsontext.member(data, "endTime")) or "")
    if secret is None or ends is None:
        return unreadable(reply)
    return Session(secret, ends)


def encode(outgoing: Outgoing, call: Call) -> WireRequest:
    """A flat object of strings; absent members are left out."""
    carried = outgoing.stage or outgoing.message
    service = service_of(carried, SERVICES)
    direction = "request" if carried == CREDIT else "out"
    about = circumstances(outgoing, call, KEY_SHAPE)
    values = FIELDS.abroad(carried, direction, outgoing.fields, about)
    body = {row.foreign: text for row, text in values if text is not None}
    return _request(service, body, call)


def _request(service: str, body: dict[str, str], call: Call) -> WireRequest:
    raw = jsontext.write(body).encode()
    if len(raw) > LIMIT:
        raise SenderError(f"{len(raw)} > {LIMIT}", code="mapping.too-large")
    secret = call.session.value if call.session else ""
    signed = signing.signed_headers(call.credentials, rid_of(service, call.credentials), secret, call.now)
    return WireRequest("POST", f"{SERVICE_PATH}{service}", {"Content-Type": JSON, **signed}, raw)


def decode(reply: WireReply, outgoing: Outgoing) -> Outcome:
    """Code "0" as text or number is success; the data of a credit check come in unified names."""
    outcome = read(reply)
    data = jsontext.member(jsontext.read(reply.body), "data")
    if outcome.kind is not Kind.DELIVERED or not isinstance(data, dict):
        return outcome
    flat = {name: jsontext.scalar(value) for name, value in data.items()}
    if outgoing.message == CREDIT and not outgoing.stage:
        fields = FIELDS.home(CREDIT, "reply", flat).fields
        return told(outcome, outcome.foreign, fields | FIELDS.lists_home(CREDIT, "reply", _lists(data)))
    names = {"receiptno": flat.get("LSH"), "receipttime": flat.get("JSSJ")}
    return told(outcome, outcome.foreign, {name: text for name, text in names.items() if text})


def _lists(data: dict[str, Any]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for name, value in data.items():
        if isinstance(value, list):
            found[name] = [
                {key: jsontext.scalar(inner) for key, inner in item.items()}
                if isinstance(item, dict)
                else jsontext.scalar(item)
                for item in value
            ]
    return found


def read(reply: WireReply) -> Outcome:
    """What status and code say."""
    decided = by_line(reply)
    if decided is not None:
        return decided
    answer = jsontext.read(reply.body)
    code = jsontext.scalar(jsontext.member(answer, "code"))
    if code is None:
        return unreadable(reply)
    return ANSWERS.of(code, jsontext.scalar(jsontext.member(answer, "message")) or "")


def by_line(reply: WireReply) -> Outcome | None:
    """What the status decides alone. Behind a 502 or 504 the record may have been stored."""
    if reply.status in (502, 504):
        return told(HTTP_5XX, f"HTTP {reply.status}")
    return by_status(reply, LIMIT)


def ask(outgoing: Outgoing, call: Call) -> WireRequest | None:
    """Has this record arrived? Questions need no such question."""
    service = SERVICES.get(outgoing.stage)
    if service is None:
        return None
    about = circumstances(outgoing, call, KEY_SHAPE)
    return _request(QUERY, {"LX": service, "SJZJ": about["@key"]}, call)


def asked(reply: WireReply, outgoing: Outgoing, call: Call) -> bool | None:
    """True when the same key, version and operation are listed; None when the answer tells nothing."""
    if read(reply).kind is not Kind.DELIVERED:
        return None
    data = jsontext.member(jsontext.read(reply.body), "data")
    count = jsontext.scalar(jsontext.member(data, "ZS"))
    listed = jsontext.member(data, "JLLB")
    if count is None or not isinstance(listed, list) or (count != "0" and not listed):
        return None
    about = circumstances(outgoing, call, KEY_SHAPE)
    wanted = {
        row.foreign: row.form.encode(about[row.unified], {})
        for row in FIELDS.of("*", "out")
        if row.unified in _ABOUT
    }
    return any(
        all(jsontext.scalar(jsontext.member(_record(item), name)) == text for name, text in wanted.items())
        for item in listed
    )


def _record(item: object) -> Any:
    """The record in a listed item, which some deployments put in a string."""
    record = jsontext.member(item, "SJ")
    return jsontext.read(record.encode("utf-8", "replace")) if isinstance(record, str) else record
