"""Ciphers, digests, tokens and files in the transcripts of token-sm4, by a second route.

The transcripts were made with `cryptography`; here SM3 is the product's own and tokens are taken apart.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from datetime import datetime
from typing import Any

from certs.algorithms.content_ciphers import chosen
from certs.algorithms.content_streams import decrypt
from certs.algorithms.digest import digest
from hub.catalogue import Papers
from tests.rows import each

Line = dict[str, Any]
PAPERS = Papers.load("token-sm4")
LINES = PAPERS.golden()
ENVELOPE = {row.foreign for row in PAPERS.rows("*")} | {row.foreign for row in PAPERS.rows("*", "in")}
FILE_CALLS = [line for line in LINES if line["request"]["path"].endswith("/receiveDocument")]


def parts(line: Line) -> dict[str, tuple[str, str]]:
    """Name -> (head, value) of a multipart body, taken apart by hand."""
    boundary = line["request"]["headers"]["Content-Type"].partition("boundary=")[2]
    pieces = line["request"]["body"].split(f"--{boundary}")
    assert pieces[0] == ""
    assert pieces[-1] == "--\r\n"
    found = {}
    for piece in pieces[1:-1]:
        head, _, value = piece.removeprefix("\r\n").partition("\r\n\r\n")
        name = re.search(r'name="([^"]+)"', head)
        assert name is not None
        assert name[1] not in found
        found[name[1]] = (head, value.removesuffix("\r\n"))
    return found


def opened(value: str, secrets: dict[str, str]) -> str:
    how = chosen("sm4-cbc", bytes.fromhex(secrets["sm4_iv"]))
    return decrypt(how, bytes.fromhex(secrets["sm4_key"]), base64.b64decode(value)).decode()


@each("line", FILE_CALLS, ids=lambda line: f"{line['file']}-{line['id']}")
def test_file_call(line: Line) -> None:
    found, secrets = parts(line), line["secrets"]
    data = json.loads(found["data"][1])
    deleted = data["operateType"] == "D"
    wanted = ["platform", "api_key", "token", "data"] if deleted else [*found]
    assert [*found] == wanted
    for name in ("platform", "api_key"):
        assert opened(found[name][1], secrets) == secrets[name]
    assert digest(found["data"][1].encode()).hex()[:32] in line["request"]["headers"]["Content-Type"]
    if deleted:
        return
    assert [*found] == ["platform", "api_key", "token", "fileSM3", "data", "file"]
    content = found["file"][1].encode()
    same = opened(found["fileSM3"][1], secrets) == digest(content).hex()
    assert same is (line["outcome"]["code"] != "file.digest")
    if content.startswith(b"GSTF1\n"):
        inside = json.loads(content[6:])
        business = {name: value for name, value in data.items() if name not in ENVELOPE}
        assert (inside == business) is (line["outcome"]["code"] != "file.metadata")


def test_there_are_file_calls_of_both_faces() -> None:
    assert {line["file"] for line in FILE_CALLS} == {"outward.jsonl", "inward.jsonl"}
    assert len(FILE_CALLS) > 8


def test_tokens_of_the_hub_hold_where_the_outcome_says_so() -> None:
    judged = set()
    for line in LINES:
        if line["file"] != "inward.jsonl" or line["request"]["path"].endswith("/getToken"):
            continue
        secrets, system = line["secrets"], line["request"]["path"].split("/")[2]
        if line in FILE_CALLS:
            token = opened(parts(line)["token"][1], secrets)
        elif line["outcome"]["code"] == "envelope.malformed":
            continue
        else:
            token = json.loads(line["request"]["body"])["token"]
        mac = hmac.new(secrets["api_key"].encode(), f"{system}|{token[:40]}".encode(), hashlib.sha256)
        ours = token[40:] == mac.hexdigest()[:32]
        age = datetime.fromisoformat(line["at"]).timestamp() - int(token[:8], 16)
        code = line["outcome"]["code"]
        assert ours is (code != "auth.failed"), line["id"]
        assert not ours or (0 <= age <= 300) is (code != "auth.expired"), line["id"]
        judged.add(code)
    assert {"ok", "auth.failed", "auth.expired", "auth.nonce-reused"} <= judged


def test_each_stage_and_service_has_a_transcript_with_its_own_operation() -> None:
    operations = {line["request"]["path"].rpartition("/")[2] for line in LINES}
    assert set(PAPERS.facts["operations"].values()) | {"getToken"} == operations


def test_row_keys_and_seats() -> None:
    (line,) = [line for line in LINES if line["id"] == "push-eng-section"]
    sent = json.loads(line["request"]["body"])
    assert sent["dataKey"] == hashlib.sha256(b"T03|eng-section|S-1").hexdigest()[:32]
    assert (sent["regCode"], sent["tradeRegCode"]) == ("620121", "620101")


def test_every_region_of_the_list_has_a_spelling_and_only_seats_change() -> None:
    spelt = PAPERS.codes["xzq"]
    assert spelt["620900"] == "620901"
    changed = {code for code, foreign in spelt.items() if code != foreign}
    assert all(code.endswith("00") and spelt[code] == f"{code[:4]}01" for code in changed)
    assert not changed & {"620000", "620200", "622900", "623000"}
