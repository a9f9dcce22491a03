"""sm2-envelope transcripts, opened block by block and verified by the textbook."""

from __future__ import annotations

import base64
import hashlib
import json
from decimal import Decimal
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub.catalogue import Papers
from hub.catalogue.papers import ROOT
from tests.hub.catalogue.plain_sm2 import G, holds, times, wide
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("sm2-envelope")
LINES = PAPERS.golden()
UNBELIEVABLE = {"push-sign-cipher", "push-plain-success"}  # answers whose proof must not hold


def deciphered(text: str, key: str) -> bytes:
    """IV in front, chaining by hand, padding checked."""
    raw = base64.b64decode(text, validate=True)
    assert len(raw) >= 32 and len(raw) % 16 == 0
    ecb = Cipher(algorithms.SM4(bytes.fromhex(key)), modes.ECB()).decryptor()
    plain = b"".join(
        bytes(a ^ b for a, b in zip(ecb.update(raw[at : at + 16]), raw[at - 16 : at], strict=True))
        for at in range(16, len(raw), 16)
    )
    size = plain[-1]
    assert 1 <= size <= 16 and plain.endswith(bytes([size]) * size)
    return plain[:-size]


def keys(line: Line) -> tuple[bytes, bytes]:
    """Public keys of who asks and who answers."""
    hub, system = (bytes.fromhex(line["secrets"][name]) for name in ("sign_public", "peer_public"))
    return (system, hub) if line["file"] == "inward.jsonl" else (hub, system)


def test_private_keys_belong_to_the_public_ones() -> None:
    for line in (LINES[0], LINES[-1]):
        for private, public in (("sign_private", "sign_public"), ("peer_private", "peer_public")):
            secret = int(line["secrets"][private], 16)
            found = times(secret, G)
            assert found is not None
            assert (b"\4" + wide(found[0]) + wide(found[1])).hex() == line["secrets"][public]


@each("line", LINES, ids=lambda line: f"{line['file']}-{line['id']}")
def test_request(line: Line) -> None:
    plain = deciphered(line["request"]["body"], line["secrets"]["sm4_key"])
    assert plain.decode() == line["plain"]["request"]
    proof = base64.b64decode(line["request"]["headers"]["x-sign"])
    refused = line["id"].endswith("bad-sign")
    assert holds(plain, proof, keys(line)[0]) is not refused
    assert plain.decode() == json.dumps(json.loads(plain), ensure_ascii=False, separators=(",", ":"))


@each("line", LINES, ids=lambda line: f"{line['file']}-{line['id']}")
def test_reply(line: Line) -> None:
    reply = line["reply"]
    if "x-sign" not in reply["headers"]:
        assert reply["body"][:1] in "{<"
        return
    plain = deciphered(reply["body"], line["secrets"]["sm4_key"])
    if line["outcome"]["code"] == "receiver.cipher":
        assert plain[:16] != line["plain"]["reply"].encode()[:16]
        assert plain[16:] == line["plain"]["reply"].encode()[16:]
        return
    assert plain.decode() == line["plain"]["reply"]
    proof = base64.b64decode(reply["headers"]["x-sign"])
    assert holds(plain, proof, keys(line)[1]) is (line["id"] not in UNBELIEVABLE)


def test_an_iv_is_never_used_twice() -> None:
    sealed = {line["request"]["body"] for line in LINES}
    sealed |= {line["reply"]["body"] for line in LINES if "x-sign" in line["reply"]["headers"]}
    assert len({base64.b64decode(text)[:16] for text in sealed}) == len(sealed)


def test_serials_are_made_as_the_rules_say() -> None:
    seen = 0
    for line in LINES:
        sent = json.loads(line["plain"]["request"])
        head, body = sent["head"], sent["body"]
        if "bizNo" in body:
            text = f"{body['bizNo']}|{body['bizVersion']}|{body['opType']}"
        elif head["tranCode"] == "LG1001":
            text = f"LG1001|{body['applyNo']}"
        else:
            continue
        assert head["serialNo"] == hashlib.sha256(text.encode()).hexdigest()[:24].upper()
        seen += 1
    assert seen > 10


def test_fen_are_a_hundredfold() -> None:
    by_id = {line["id"]: line for line in LINES}
    yuan, fen = (
        json.loads(by_id[name]["plain"]["request"])["body"]["amt"] for name in ("apply-ok", "apply-fen")
    )
    assert isinstance(fen, int) and Decimal(yuan) * 100 == fen


def test_every_system_takes_part() -> None:
    carried = set(PAPERS.facts["operations"]) - {"query"}
    told = set()
    for own in PAPERS.facts["systems"].values():
        mine = {*own["ask"], *own["call"], *own["push"]}
        assert mine and mine <= carried
        told |= mine
    assert told == carried


def test_samples_hold_what_the_table_says() -> None:
    records = json.loads((ROOT / "records.json").read_text("utf-8"))
    for stage in ("eng-bid-guarantee", "contract-sign", "gp-contract"):
        sent = json.loads((PAPERS.root / "samples" / f"{stage}.push.request.json").read_text("utf-8"))["body"]
        expected = PAPERS.expected_foreign(stage, records[stage]["fields"])
        assert {name: str(sent.get(name)) for name in expected} == expected
        assert sent["bizNo"] == PAPERS.row_key("T03", stage, records[stage]["key"])
