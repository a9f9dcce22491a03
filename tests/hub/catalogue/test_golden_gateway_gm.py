"""Gateway signatures, SM4 texts and SM2 signatures of gateway-gm, taken apart independently.

The transcripts were made with `cryptography` and a signer of fixed k; here the product's own SM4 and SM2
open and verify, and the signed text is built anew from what was opened.
"""

from __future__ import annotations

import base64
import hashlib
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from certs.algorithms import sm2
from certs.algorithms.content_ciphers import CIPHERS, Chosen
from certs.algorithms.content_streams import CipherError, decrypt
from hub.catalogue import Papers
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("gateway-gm")
LINES = PAPERS.golden()
DEFAULT = "1234567812345678"
ECB = Chosen(CIPHERS["sm4-ecb"], b"")
# printf SECRET-6200-ggzy-0001 | openssl enc -sm4-ecb -K $(printf APP6200GGZYHUB00 | xxd -p) | xxd -p -u
SEALING_KEY = b"BC4B80B34DA638D3"


def named(line: Line) -> str:
    return f"{line['file']}-{line['id']}"


def system_of(line: Line) -> str:
    path = str(line["request"]["path"])
    if path.startswith("/in/"):
        return path.split("/")[2]
    return "D11" if line["id"].endswith("-D11") or "supndata" in path else "P07"


def opened(message: dict[str, Any], secrets: dict[str, str]) -> Any:
    sealed = bytes.fromhex(message["data"]["encData"])
    return json.loads(decrypt(ECB, SEALING_KEY, sealed))


def tidy(value: Any, keep: bool) -> Any:
    if isinstance(value, dict):
        kept = {name: tidy(item, keep) for name, item in value.items() if keep or item not in ("", None)}
        return dict(sorted(kept.items()))
    return [tidy(item, keep) for item in value] if isinstance(value, list) else value


def signed_text(message: dict[str, Any], secrets: dict[str, str], keep: bool) -> bytes:
    data = json.dumps(tidy(opened(message, secrets), keep), ensure_ascii=False, separators=(",", ":"))
    values = {**{name: message[name] for name in message if name in NAMES}, "data": data}
    joined = "&".join(f"{name}={values[name]}" for name in sorted(values))
    return f"{joined}&key={secrets['app_secret']}".encode()


NAMES = {"appId", "version", "timestamp", "msgid", "encType", "signType"}


def der(signature: str) -> tuple[str, bytes]:
    raw = base64.b64decode(signature)
    if len(raw) != 64:
        return "der", raw
    return "raw", encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))


def ways(message: dict[str, Any], secrets: dict[str, str], key: str) -> set[tuple[str, str, bool]]:
    """(form, user id, empties kept) under which the signature of a message holds."""
    form, signature = der(message["signData"])
    return {
        (form, user, keep)
        for user in (DEFAULT, secrets["app_id"])
        for keep in (False, True)
        if sm2.verify(
            signed_text(message, secrets, keep), signature, bytes.fromhex(secrets[key]), user.encode()
        )
    }


@each("line", LINES, ids=named)
def test_gateway_signature(line: Line) -> None:
    headers, secrets = line["request"]["headers"], line["secrets"]
    seconds, nonce = headers["x-tif-timestamp"], headers["x-tif-nonce"]
    text = f"{seconds}{secrets['paas_token']}{nonce}{seconds}"
    made = hashlib.sha256(text.encode()).hexdigest().upper()
    assert (made == headers["x-tif-signature"]) is (line["id"] != "in-gateway-sign")
    assert nonce == secrets["nonce"] or line["id"] in {"in-gateway-sign", "in-skew"}


@each("line", [line for line in LINES if line["id"] != "in-cipher"], ids=named)
def test_requests_are_signed_as_their_system_writes(line: Line) -> None:
    inward = line["file"] == "inward.jsonl"
    message, secrets = json.loads(line["request"]["body"]), line["secrets"]
    held = ways(message, secrets, "peer_pub" if inward else "sign_pub")
    own = ("der", secrets["app_id"]) if system_of(line) == "D11" else ("raw", DEFAULT)
    assert ((*own, False) in held) is (line["id"] != "in-sign")


def test_answers_are_signed_and_the_odd_ones_in_their_own_way() -> None:
    odd = {}
    for line in LINES:
        answer = json.loads(line["reply"]["body"]) if line["reply"]["body"].startswith("{") else {}
        if not answer.get("signData"):
            continue
        held = ways(answer, line["secrets"], "sign_pub" if line["file"] == "inward.jsonl" else "peer_pub")
        own = ("der", line["secrets"]["app_id"]) if system_of(line) == "D11" else ("raw", DEFAULT)
        if (*own, False) not in held:
            odd[line["id"]] = held
    app = LINES[0]["secrets"]["app_id"]
    assert odd == {
        "answer-other-userid": {("raw", app, False)},
        "answer-der": {("der", DEFAULT, False)},
        "answer-empties-signed": {("raw", DEFAULT, True)},
        "answer-bad-signature": set(),
    }


def test_cut_cipher_text_does_not_open() -> None:
    (line,) = [line for line in LINES if line["id"] == "in-cipher"]
    with pytest.raises(CipherError):
        opened(json.loads(line["request"]["body"]), line["secrets"])


def test_services_number_themselves_by_their_question() -> None:
    for identifier in ("tax-ticket", "tax-fetch", "supervise.data"):
        (line,) = [line for line in LINES if line["id"] == identifier]
        message = json.loads(line["request"]["body"])
        asked = tidy(opened(message, line["secrets"]), keep=False)
        text = json.dumps(asked, ensure_ascii=False, separators=(",", ":"))
        service = line["request"]["path"].rpartition("/")[2]
        assert message["msgid"] == hashlib.sha256(f"{service}|{text}".encode()).hexdigest()[:32]


def test_row_key_is_the_message_id_inside_and_outside() -> None:
    (line,) = [line for line in LINES if line["id"] == "push-gp-project"]
    message = json.loads(line["request"]["body"])
    assert message["msgid"] == hashlib.sha256(b"P13|gp-project|GP-PROJECT-1").hexdigest()[:32]
    assert opened(message, line["secrets"])["msgid"] == message["msgid"]
