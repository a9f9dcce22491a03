"""static-token-rest, variant sm2-aes: every transcript opened by the textbook, whichever order it has."""

from __future__ import annotations

import base64
import json
from typing import Any

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

from hub.catalogue import Papers
from tests.hub.catalogue.plain_sm2 import G, opened, times, wide
from tests.rows import each

Line = dict[str, Any]
LINES = [line for line in Papers.load("static-token-rest").golden() if line["file"].startswith("sm2-aes")]


def deciphered(body: str, key: bytes, iv: bytes) -> bytes | None:
    raw, before = base64.b64decode(body, validate=True), iv
    ecb = Cipher(algorithms.AES(key), modes.ECB()).decryptor()
    plain = b""
    for at in range(0, len(raw), 16):
        block = raw[at : at + 16]
        plain += bytes(a ^ b for a, b in zip(ecb.update(block), before, strict=True))
        before = block
    size = plain[-1]
    return plain[:-size] if 1 <= size <= 16 and plain.endswith(bytes([size]) * size) else None


@each("line", LINES, ids=lambda line: str(line["id"]))
def test_request_opens_under_the_receivers_key(line: Line) -> None:
    inward = line["file"] == "sm2-aes-inward.jsonl"
    body, secrets = line["request"]["body"], line["secrets"]
    assert line["request"]["headers"]["encrypt"] == "1"
    assert body.startswith("04") and body == body.lower()
    private = int(secrets["own_private" if inward else "peer_private"], 16)
    old = line["id"] == "in-aes-old-order"
    text = opened(bytes.fromhex(body), private, "C1C2C3" if old else "C1C3C2")
    assert text is not None and opened(bytes.fromhex(body), private, "C1C3C2" if old else "C1C2C3") is None
    plain = base64.b64decode(text, validate=True).decode()
    assert plain == line["plain"]["request"]
    right = json.loads(plain)["token"] == secrets["token"]
    assert right is not (line["outcome"]["code"] == "auth.failed")


@each("line", LINES, ids=lambda line: str(line["id"]))
def test_answer(line: Line) -> None:
    body, secrets = line["reply"]["body"], line["secrets"]
    if "encrypt" not in line["reply"]["headers"]:
        assert json.loads(body)["custom"]["errorno"] == "E011"
        return
    plain = deciphered(body, secrets["aes_key"].encode(), secrets["aes_iv"].encode())
    if line["outcome"]["code"] == "receiver.cipher":
        assert plain is None
    else:
        assert plain is not None and plain.decode() == line["plain"]["reply"]


def test_keys_belong_together_and_no_ciphertext_repeats() -> None:
    secrets = LINES[0]["secrets"]
    for private, public in (("own_private", "own_public"), ("peer_private", "peer_public")):
        found = times(int(secrets[private], 16), G)
        assert found is not None
        assert (b"\4" + wide(found[0]) + wide(found[1])).hex() == secrets[public]
    points = {(line["plain"]["request"], line["request"]["body"][:130]) for line in LINES}
    assert len({point for _, point in points}) == len(points)
