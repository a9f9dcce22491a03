"""Signatures of hmac-open rebuilt line by line from the transcripts alone, both variants, both faces."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import unquote

from hub.catalogue import Papers
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("hmac-open")
LINES = PAPERS.golden()
SPOILT = {"in-sign", "in-header-order", "in-newline", "in-url-encoded"}


def named(line: Line) -> str:
    return f"{line['file']}-{line['id']}"


def mac(secret: str, text: str) -> str:
    return base64.b64encode(hmac.new(secret.encode(), text.encode(), hashlib.sha256).digest()).decode()


def of(variant: str) -> list[Line]:
    return [line for line in LINES if line["variant"] == variant]


@each("line", of("x-client"), ids=named)
def test_x_client(line: Line) -> None:
    headers, secrets = line["request"]["headers"], line["secrets"]
    assert headers["X-Nonce"] == secrets["nonce"]
    text = headers["X-Client-Id"] + headers["X-Timestamp"] + headers["X-Nonce"]
    assert (mac(secrets["client_secret"], text) == headers["X-Signature"]) is (line["id"] not in SPOILT)


def lines_of(request: dict[str, Any]) -> list[str]:
    """The signed lines, from what is on the wire."""
    headers = request["headers"]
    lower = {name.lower(): value for name, value in headers.items()}
    made = [request["method"]]
    made += [headers[name] for name in ("Accept", "Content-MD5", "Content-Type") if name in headers]
    made += [f"{name}:{lower[name]}" for name in headers["X-Ca-Signature-Headers"].split(",")]
    path, _, query = request["path"].partition("?")
    path = path[path.index("/openapi/v1") :]
    pairs = sorted(tuple(part.split("=", 1)) for part in query.split("&") if part)
    plain = "&".join(f"{name}={unquote(value)}" for name, value in pairs)
    return [*made, f"{path}?{plain}" if plain else path]


@each("line", of("x-ca"), ids=named)
def test_x_ca(line: Line) -> None:
    request, secrets = line["request"], line["secrets"]
    headers = request["headers"]
    assert headers["X-Ca-Nonce"] == secrets["nonce"]
    assert ("Accept" in headers) is (line["id"] != "in-no-accept")
    signature = mac(secrets["app_secret"], "\n".join(lines_of(request)))
    assert (signature == headers["X-Ca-Signature"]) is (line["id"] not in SPOILT)
    if request["body"]:
        digest = base64.b64encode(hashlib.md5(request["body"].encode()).digest()).decode()
        assert (digest == headers["Content-MD5"]) is (line["id"] != "in-body-digest")


def test_spoilt_ones_are_spoilt_as_they_say() -> None:
    found = {line["id"]: line for line in LINES if line["id"] in SPOILT - {"in-sign"}}
    for identifier, line in found.items():
        made, secret = lines_of(line["request"]), line["secrets"]["app_secret"]
        texts = {
            "in-newline": "\r\n".join(made),
            "in-header-order": "\n".join([*made[:-4], *made[-4:-1][::-1], made[-1]]),
            "in-url-encoded": "\n".join([*made[:-1], line["request"]["path"].removeprefix("/in/P11")]),
        }
        assert mac(secret, texts[identifier]) == line["request"]["headers"]["X-Ca-Signature"]
    assert len(found) == 3


def test_nonces_are_fresh() -> None:
    nonces = [line["secrets"]["nonce"] for line in LINES]
    assert len(set(nonces)) == len(nonces)


def test_times_have_an_offset_where_the_variant_wants_one() -> None:
    for row in PAPERS.fields:
        if row.form.startswith("datetime:"):
            (line, *_) = [x for x in LINES if resource(row.stage) in x["request"]["path"]]
            zoned = line["variant"] == "x-ca" or row.stage == "*"
            assert (row.form == "datetime:with-zone") is zoned, row


def resource(stage: str) -> str:
    return str(PAPERS.facts["operations"].get(stage, "procurement/projects"))


def test_amounts_are_yuan_with_two_decimals() -> None:
    (line,) = [line for line in LINES if line["id"] == "project.query"]
    assert json.loads(line["reply"]["body"])["data"]["budget"] == "33690000.00"
    (line,) = [line for line in LINES if line["id"] == "push-gp-project"]
    assert json.loads(line["request"]["body"])["programBudget"] == "33690000.00"


def test_each_stage_and_service_is_in_a_transcript() -> None:
    paths = {line["request"]["path"].partition("?")[0].partition("/openapi/v1/")[2] for line in LINES}
    assert set(PAPERS.facts["operations"].values()) == paths
