"""The papers of the CA gateways: tables against `certs`, transcripts by a second reading of the rules.

MACs by the definition of HMAC, SM2 by the textbook, certificates and RSA by `cryptography`, answers by the
few lines below: nothing that the hub, an adapter or a simulator would use.
"""

from __future__ import annotations

import base64
import json
from typing import Any
from xml.etree import ElementTree

import pytest
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.x509.oid import NameOID

from certs.reasons import REASONS
from hub.catalogue.gateways import Gateway, Profile
from tests.hub.catalogue.plain_sm2 import holds, sm3

Line = dict[str, Any]
PAPERS = Gateway.load()
LINES = PAPERS.golden()
RULES = (PAPERS.root / "rules.md").read_text("utf-8")
UNREAD = ("wrong-key", "forged", "no-mac")
SM2_KEY = bytes.fromhex("2a811ccf5501822d" + "034200")


def mac(key: bytes, *lines: str) -> str:
    block = key.ljust(64, b"\0")
    inner = sm3(bytes(b ^ 0x36 for b in block), "\n".join(lines).encode())
    return sm3(bytes(b ^ 0x5C for b in block), inner).hex()


def octets(part: dict[str, Any]) -> bytes:
    return base64.b64decode(part["body_base64"]) if "body_base64" in part else part["body"].encode()


def read(profile: Profile, body: bytes) -> tuple[int, Any]:
    """Code and result, as one who knows the rules and nothing else."""
    if profile.transport == "rest-exec":
        said = json.loads(body)
        member = profile.form["code"]
        if member not in said and "error-member-code" in profile.quirks:
            member = "code"
        return int(said[member]), said["data"]
    root = ElementTree.fromstring(body.decode(profile.charset).partition("?>")[2])
    said = {one.tag.rpartition("}")[2]: one.text or "" for one in root.iter()}
    return int(said["code"], 16), said["data"] or None


def meaning(line: Line, profile: Profile) -> Any:
    """What the result says: a yes or no, a number, a text; None where it says nothing."""
    code, result = read(profile, octets(line["reply"]))
    kind = PAPERS.functions[line["asked"]["function"]].result
    if kind == "verdict":
        shown = str(result).lower() if isinstance(result, bool) else result
        return {profile.answer["yes_value"]: True, profile.answer["no_value"]: False}.get(shown)
    if code:
        return None
    if kind == "validity":
        return profile.validate.get(str(result))
    return int(result, 0) if kind == "code" else result


def signed_truly(profile: Profile, certificate: str, data: str, value: str) -> bool:
    raw, text, signature = (base64.b64decode(one) for one in (certificate, data, value))
    leaf = x509.load_der_x509_certificate(raw)
    if SM2_KEY in raw:
        at = raw.index(SM2_KEY) + len(SM2_KEY)
        if profile.kit["signature"] == "raw":
            half = (int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big"))
            signature = encode_dss_signature(*half)
        return holds(text, signature, raw[at : at + 65])
    try:
        leaf.public_key().verify(signature, text, padding.PKCS1v15(), hashes.SHA256())  # type: ignore[union-attr,call-arg]
    except InvalidSignature:
        return False
    return True


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_a_transcript_is_what_the_rules_say(line: Line) -> None:
    profile, asked, reply = PAPERS.profiles[line["profile"]], line["request"], line["reply"]
    key, nonce = line["secrets"]["sof_key"].encode(), line["secrets"]["nonce"]
    path, head = asked["path"], asked["headers"]
    function = line["asked"]["function"]
    assert path == profile.path.replace("{function}", function) and head["X-Nonce"] == nonce
    right = mac(key, "POST", path, head["X-Time"], nonce, sm3(octets(asked)).hex()) == head["X-Mac"]
    assert right is not line["id"].endswith("wrong-key")
    if reply["status"] == 200:
        there, told = reply["headers"], sm3(octets(reply)).hex()
        made = mac(key, "REPLY", path, there["X-Time"], there["X-Nonce"], told)
        believed = there.get("X-Mac") == made and there["X-Nonce"] == nonce
        assert believed is not line["id"].endswith(UNREAD)
    if line["id"].endswith(UNREAD):
        assert line["outcome"]["kind"] in ("unknown", "refused") and line["outcome"]["value"] is None
        return
    code, _ = read(profile, octets(reply))
    if line["outcome"]["kind"] == "error":
        assert f"0x{code:08X}" == line["outcome"]["code"] and code in PAPERS.errors
    assert meaning(line, profile) == line["outcome"]["value"]
    assert (function in profile.lacks) == (line["outcome"]["code"] == "0x0B000002")


@pytest.mark.parametrize("line", LINES, ids=lambda line: line["id"])
def test_what_a_transcript_asks_is_what_it_says_it_asks(line: Line) -> None:
    profile, body = PAPERS.profiles[line["profile"]], octets(line["request"])
    function = PAPERS.functions[line["asked"]["function"]]
    arguments = [str(one) for one in line["asked"]["arguments"]]
    names = [one.name for one in function.arguments]
    if profile.transport == "rest-exec":
        said = json.loads(body)
        assert PAPERS.function(said["exec_name"]) == function
        assert (said["exec_name"] == function.name) is (profile.form["case"] == "upper")
        given = said["exec_args"]
        given = list(given.values()) if isinstance(given, dict) and list(given) == names else given
    else:
        root = ElementTree.fromstring(body.decode(profile.charset).partition("?>")[2])
        if profile.transport == "xml-post":
            given = [one.text for one in root.iter("arg")]
        else:
            inside = root[0][0]
            assert inside.tag == f"{{urn:gmt:0020:sof}}{function.name}"
            assert [one.tag.rpartition("}")[2] for one in inside] == names
            given = [one.text for one in inside]
    assert [str(one) for one in given] == arguments


@pytest.mark.parametrize("profile", ["C01", "C02", "C03", "C05"])
def test_verdicts_and_items_of_the_transcripts_are_true(profile: str) -> None:
    lines = {line["id"].partition("-")[2]: line for line in LINES if line["profile"] == profile}
    for name, expected in (("verified", True), ("altered", False)):
        assert signed_truly(PAPERS.profiles[profile], *lines[name]["asked"]["arguments"]) is expected
        assert lines[name]["outcome"]["value"] is expected
    for name, item in (("subject-cn", "subject"), ("issuer-cn", "issuer")):
        certificate, number = lines[name]["asked"]["arguments"]
        leaf = x509.load_der_x509_certificate(base64.b64decode(certificate))
        attributes = getattr(leaf, item).get_attributes_for_oid(NameOID.COMMON_NAME)
        assert attributes[-1].value == lines[name]["outcome"]["value"]
        numbering = PAPERS.info[PAPERS.profiles[profile].kit["info_types"]]
        assert numbering[number].item == name
        assert lines["bad-number"]["asked"]["arguments"][1] not in numbering


def test_the_worked_example_of_the_rules() -> None:
    key, path, nonce = b"sof-2026-c01-key", "/sof/exec", "0123456789abcdef"
    asked = '{"exec_name":"SOF_GetVersion","exec_args":[]}'
    told = '{"code":0,"msg":"成功","data":"GB/T 43694-2024"}'
    assert asked in RULES and told in RULES
    for first, time, body in (("POST", "1795309200000", asked), ("REPLY", "1795309200500", told)):
        assert mac(key, first, path, time, nonce, sm3(body.encode()).hex()) in RULES


def test_codes_are_those_of_the_reasons() -> None:
    for value, row in PAPERS.validate.items():
        listed = {name for name, reason in REASONS.items() if reason.sof == value}
        assert set(row.reasons) == listed
    told = [name for row in PAPERS.errors.values() for name in row.reasons]
    assert len(told) == len(set(told)) and set(told) <= set(REASONS)
    exact = {"expired", "revoked", "frozen", "not-yet-valid", "no-path", "not-admitted", "signature"}
    for row in PAPERS.errors.values():
        for name in exact & set(row.reasons):
            assert row.sof == REASONS[name].sof, (row.name, name)
    assert [PAPERS.sign_methods[n].name for n in (0x00010001, 0x00010004, 0x00020201)] == [
        "SGD_SM3_RSA", "SGD_SHA256_RSA", "SGD_SM3_SM2",
    ]  # fmt: skip


def test_profiles_differ_where_gateways_differ() -> None:
    ours = PAPERS.profiles
    assert set(ours) == {"C01", "C02", "C03", "C05", "HUB"}
    assert {one.transport for one in ours.values()} == {"rest-exec", "soap-path", "xml-post"}
    assert ours["C03"].validate["0"] == 1 and ours["C03"].validate["4"] == -1
    assert set(ours["C02"].validate) == {"TRUE", "FALSE"} and ours["C05"].form["code"] == "status"
    assert PAPERS.info["bjca"][20].item == "public-key" and PAPERS.info["ks"][20].item == "issuer"
    for name, function in PAPERS.functions.items():
        older = (name.upper(), "SOF_" + name[4].lower() + name[5:], *function.older)
        assert all(PAPERS.function(one) is function for one in older), name
    for mark in ("R17", "R18", "R19", "R20"):
        assert mark in RULES or any(mark in path.read_text("utf-8") for path in PAPERS.root.glob("*.csv"))
    quirks = {quirk for one in ours.values() for quirk in one.quirks}
    assert all(f"`{quirk}`" in RULES for quirk in quirks)
