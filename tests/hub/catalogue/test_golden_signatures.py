"""Every signature in the golden transcripts, recomputed with the standard library alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import parse_qs, unquote_plus

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from lxml import etree

from hub.catalogue import Papers
from tests.rows import each

Line = dict[str, Any]


def golden(dialect: str, *files: str) -> list[Line]:
    return [line for line in Papers.load(dialect).golden() if not files or line["file"] in files]


def must_fail(line: Line) -> bool:
    return bool(line["outcome"]["code"] == "auth.failed")


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


@each("line", golden("soap11-wsse"), ids=lambda line: f"{line['file']}-{line['id']}")
def test_wsse_digest(line: Line) -> None:
    token = etree.fromstring(line["request"]["body"].encode()).find(".//{*}UsernameToken")
    assert token is not None
    nonce = base64.b64decode(token.findtext("{*}Nonce") or "")
    created = token.findtext("{*}Created") or ""
    assert len(nonce) == 16
    digest = b64(hashlib.sha1(nonce + created.encode() + line["secrets"]["password"].encode()).digest())
    assert (digest == token.findtext("{*}Password")) is not must_fail(line)


def test_wsse_nonces_are_fresh_except_where_the_transcript_says_reused() -> None:
    seen = set()
    for line in golden("soap11-wsse"):
        nonce = line["request"]["body"].split("<wsse:Nonce")[1].split("<")[0]
        assert (nonce in seen) is (line["outcome"]["code"] == "auth.nonce-reused")
        seen.add(nonce)


@each("line", golden("exch-hmac"), ids=lambda line: f"{line['file']}-{line['id']}")
def test_exchange_headers(line: Line) -> None:
    headers, secrets = line["request"]["headers"], line["secrets"]
    calls_service = "rid" in headers
    text = headers["sid"] + headers.get("rid", "") + headers["rtime"]
    key = secrets["secret"] if calls_service else secrets["app_key"]
    sign = b64(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest())
    assert (sign == headers["sign"]) is not must_fail(line)


def test_the_enciphered_secret_opens_under_the_app_key() -> None:
    (line,) = [x for x in golden("exch-hmac", "outward.jsonl") if x["id"] == "secret"]
    data = json.loads(line["reply"]["body"])["data"]
    key = bytes.fromhex(line["secrets"]["app_key"])
    opener = Cipher(algorithms.AES(key), modes.ECB()).decryptor()
    padded = opener.update(base64.b64decode(data["secret"])) + opener.finalize()
    assert padded[: -padded[-1]].decode() == line["secrets"]["secret"]
    assert int(data["endTime"]) - int(line["request"]["headers"]["rtime"]) == 1_800_000


@each("line", golden("legacy-http", "appkey-md5.jsonl"), ids=lambda line: str(line["id"]))
def test_md5_sign(line: Line) -> None:
    form = {name: values[0] for name, values in parse_qs(line["request"]["body"]).items()}
    sign, secret = form.pop("sign"), line["secrets"]["app_secret"]
    text = secret + "&".join(f"{name}={form[name]}" for name in sorted(form) if form[name]) + secret
    assert (hashlib.md5(text.encode()).hexdigest().upper() == sign) is not must_fail(line)
    assert json.loads(form["data"])


def test_session_login_and_answers() -> None:
    lines = golden("legacy-http", "session-rcode.jsonl", "inward.jsonl")
    for line in lines:
        form = parse_qs(line["request"]["body"])
        answer = json.loads(unquote_plus(line["reply"]["body"]))
        assert set(answer) == {"r_code", "r_msg", "count", "data"}
        assert "+" not in line["request"]["body"]
        if "auth" in form:
            login = json.loads(base64.b64decode(form["auth"][0]))
            assert (login["password"] == line["secrets"]["password"]) is not must_fail(line)
        else:
            known = form["sessionid"][0] == line["secrets"]["sessionid"]
            assert known or line["outcome"]["code"] == "auth.expired"
    assert len(lines) > 10
    assert any("%2B" in line["request"]["body"] and "auth=" in line["request"]["body"] for line in lines)


@each("line", golden("hub-unified-v1"), ids=lambda line: str(line["id"]))
def test_native_signature(line: Line) -> None:
    secret, headers = line["secrets"]["secret"].encode(), line["request"]["headers"]
    if line["request"]["method"] == "GET":
        text = "\n".join(
            ("GET", line["request"]["path"], headers["X-Hutong-Key"], headers["X-Hutong-Time"],
             headers["X-Hutong-Nonce"], "")
        )  # fmt: skip
        assert headers["X-Hutong-Sign"] == b64(hmac.new(secret, text.encode(), hashlib.sha256).digest())
        return
    envelope = json.loads(line["request"]["body"])
    value = envelope["head"]["sign"].pop("value")
    text = json.dumps(envelope, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    assert (b64(hmac.new(secret, text.encode(), hashlib.sha256).digest()) == value) is not must_fail(line)


@pytest.mark.parametrize("dialect", ["static-token-rest", "asmx-parasxml"])
def test_static_tokens(dialect: str) -> None:
    for line in golden(dialect, "outward.jsonl", "inward.jsonl"):
        assert (line["secrets"]["token"] in line["request"]["body"]) is not must_fail(line)


def test_chain_business_id_of_a_tree_head() -> None:
    (line,) = [x for x in golden("chain-rest") if x["id"] == "put-ok"]
    put = json.loads(line["request"]["body"])
    made = hashlib.sha256(f"hutong-sth|HUB-62-sandbox|{put['hash']}".encode()).hexdigest()
    assert put["businessId"] == made


def test_row_keys_of_the_transcripts() -> None:
    digest = hashlib.sha256(b"T03|eng-tender-notice|N-1").hexdigest()[:32]
    uuid = "-".join((digest[:8], digest[8:12], digest[12:16], digest[16:20], digest[20:]))
    wanted = {"static-token-rest": uuid, "asmx-parasxml": uuid, "soap11-wsse": digest}
    wanted["hub-unified-v1"] = f"{digest}:1:insert"
    for dialect, key in wanted.items():
        line = golden(dialect, "outward.jsonl")[0]
        assert key in line["request"]["body"], dialect
    assert digest.upper() in golden("legacy-http", "appkey-md5.jsonl")[0]["request"]["body"]
