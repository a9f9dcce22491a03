"""scan-oauth transcripts: signatures by the definition of HMAC, members of the table, who may what."""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

from certs.identity import resident_ok, uscc_ok
from hub.catalogue import Papers
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("scan-oauth")
LINES = PAPERS.golden()
OPERATIONS: dict[str, str] = {path: name for name, path in PAPERS.facts["operations"].items()}
EVENTS = {"sign": "ca.sign", "seal": "ca.seal", "cert": "ca.issue", "state": "auth.state"}


def mac(key: bytes, text: bytes) -> str:
    """RFC 2104, spelt out."""
    block = key.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(b ^ 0x36 for b in block) + text).digest()
    return hashlib.sha256(bytes(b ^ 0x5C for b in block) + inner).hexdigest()


def relative(line: Line) -> str:
    path = str(line["request"]["path"])
    return "/" + path.split("/", 3)[3] if path.startswith("/in/") else path


@each("line", LINES, ids=lambda line: f"{line['file']}-{line['id']}")
def test_signature(line: Line) -> None:
    headers, body = line["request"]["headers"], line["request"]["body"].encode()
    text = "\n".join(
        ("POST", relative(line), headers["X-Timestamp"], headers["X-Nonce"], hashlib.sha256(body).hexdigest())
    )
    right = mac(line["secrets"]["client_secret"].encode(), text.encode()) == headers["X-Sign"]
    assert right is not (line["outcome"]["code"] == "auth.failed")
    bearer = headers.get("Authorization")
    assert (bearer == f"Bearer {line['secrets']['access_token']}") is relative(line).startswith("/oauth/api/")


def test_the_worked_example_of_the_rules() -> None:
    body = '{"grant_type":"client_credentials"}'
    digest = hashlib.sha256(body.encode()).hexdigest()
    text = f"POST\n/oauth/token\n1795309200000\n0123456789abcdef\n{digest}"
    made = mac(b"9d3F#scan-secret-2026", text.encode())
    rules = (PAPERS.root / "rules.md").read_text("utf-8")
    assert digest in rules and made in rules and body in rules


def test_nonces_are_fresh_except_where_the_transcript_says_reused() -> None:
    seen = set()
    for line in sorted(LINES, key=lambda line: line["id"] == "in-nonce"):
        nonce = line["request"]["headers"]["X-Nonce"]
        assert (nonce in seen) is (line["outcome"]["code"] == "auth.nonce-reused")
        seen.add(nonce)


def leaves(value: Any, path: str = "") -> dict[str, Any]:
    if isinstance(value, dict):
        pairs = ((f"{path}/{name}" if path else name, inner) for name, inner in value.items())
        return {leaf: found for name, inner in pairs for leaf, found in leaves(inner, name).items()}
    if isinstance(value, list):
        found = [leaves(item, path + "[]") for item in value]
        return {leaf: inner for item in found for leaf, inner in item.items()}
    return {path: value}


def check(service: str, direction: str, record: dict[str, Any]) -> None:
    table = {row.foreign: row for row in PAPERS.rows(service, direction)}
    for name, value in leaves(record).items():
        row = table[name]
        wanted: Any = {"integer": int, "boolean": bool}.get(row.foreign_type, str)
        assert isinstance(value, wanted) and isinstance(value, bool) is (wanted is bool), (service, name)
        if row.form == "blob":
            assert base64.b64decode(value, validate=True)
        if row.form == "datetime:epoch-ms":
            assert value % 1000 == 0 and 1_700_000_000_000 < value < 1_900_000_000_000
        if name.endswith("id_no"):
            assert resident_ok(value)
        if name.endswith(("subject/code", "receiver/code", "owner/code")):
            assert uscc_ok(value)


@each("line", LINES, ids=lambda line: f"{line['file']}-{line['id']}")
def test_members_are_those_of_the_table(line: Line) -> None:
    asked, operation = json.loads(line["request"]["body"]), relative(line).rpartition("/")[2]
    if operation == "callback":
        data = dict(asked["data"])
        if asked["event"] == "state":
            data.pop("ticket")
        check(EVENTS[asked["event"]], "reply", data)
    elif operation != "token":
        check(OPERATIONS[operation], "request", asked)
        if line["reply"]["body"].startswith("{"):
            data = json.loads(line["reply"]["body"])["data"]
            check(OPERATIONS[operation], "reply", data or {})


def test_a_confirmed_ticket_brings_its_code_and_no_other_does() -> None:
    seen = set()
    for line in LINES:
        if relative(line).endswith("/state") and line["outcome"]["kind"] == "delivered":
            data = json.loads(line["reply"]["body"])["data"]
            assert (data["state"] == 2) is ("code" in data)
            seen.add(data["state"])
    assert seen == {0, 1, 2, 3, 4}


def test_every_system_takes_part_in_what_is_carried() -> None:
    carried, told = set(OPERATIONS.values()), set()
    assert carried == set(PAPERS.facts["business_number"])
    for own in PAPERS.facts["systems"].values():
        assert own["ask"]
        told |= {*own["ask"], *own["call"]}
        assert set(own["callback"]) <= set(EVENTS)
    assert told == carried
    for line in LINES:
        if line["file"] == "inward.jsonl" and relative(line).startswith("/oauth/api/"):
            system = line["request"]["path"].split("/")[2]
            name = OPERATIONS[relative(line).rpartition("/")[2]]
            assert name in PAPERS.facts["systems"][system]["call"]


def test_nothing_says_of_which_section() -> None:
    for service in ("todo.push", "progress.push", "subscribe.push", "entity.verify"):
        assert not [r for r in PAPERS.fields if r.stage == service and r.standard.startswith("section")]
