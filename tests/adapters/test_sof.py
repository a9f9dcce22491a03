"""The gateways' adapter against the papers: transcripts to the byte, answers by the table, what is no yes."""

from __future__ import annotations

import base64
import csv
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from adapters.sof import GATEWAY
from adapters.sof.calling import Line, Said
from adapters.sof.papers import papers, profile_of
from adapters.sof.proof import headers, millis
from adapters.sof.reading import BrokenError
from adapters.sof.values import result_of
from certs.algorithms.sm2_ciphertext import ASN1
from certs.algorithms.sm2_encryption import decrypt, recognise
from certs.algorithms.sm2_encryption import encrypt as encipher
from certs.model.certificate import read_certificate
from certs.testpki.issue import Authority, new_key
from hub.catalogue.gateways import Gateway
from hub.ports import GatewayQuestion, GatewayWord, WireReply, WireRequest
from tests.adapters.sof_kit import SECRETS, called, coded, mac_of, no, written, yes

GOLDEN = Gateway.load().golden()
AT = datetime.fromisoformat("2026-11-22T09:00:00+08:00")
NONCE = "0123456789abcdef"
PROFILES = ("C01", "C02", "C03", "C05")
Reply = Callable[[str, tuple[Any, ...]], tuple[int, Any]]


def octets(part: dict[str, Any]) -> bytes:
    return part["body"].encode() if "body" in part else base64.b64decode(part["body_base64"])


def line(system: str, secrets: dict[str, str] = SECRETS, at: datetime = AT) -> Line:
    profile = profile_of(system)
    assert profile is not None
    return Line(profile, secrets, lambda: at, lambda: secrets.get("nonce", NONCE))


@pytest.mark.parametrize("row", GOLDEN, ids=lambda row: row["id"])
def test_transcripts(row: dict[str, Any]) -> None:
    at = datetime.fromisoformat(row["at"])
    spoken = line(row["profile"], row["secrets"], at)
    asked, reply = row["asked"], row["reply"]
    request, nonce = spoken.request(asked["function"], asked["arguments"])
    assert (request.method, request.path) == (row["request"]["method"], row["request"]["path"])
    assert request.body == octets(row["request"])
    sent = dict(row["request"]["headers"])
    if row["id"].endswith("wrong-key"):
        assert sent.pop("X-Mac") != request.headers["X-Mac"]
    assert dict(request.headers) == {**request.headers, **sent}
    heard = WireReply(reply["status"], reply["headers"], octets(reply))
    said = spoken.said(asked["function"], request.path, nonce, heard)
    outcome = row["outcome"]
    if outcome["kind"] == "error":
        assert f"0x{said.error:08X}" == outcome["code"]
        assert said.kind in ("refused", "retry", "unknown") and said.value is None
    else:
        assert (said.kind, said.code, said.value) == (outcome["kind"], outcome["code"], outcome["value"])


def proved(request: WireRequest, body: bytes, at: datetime = AT, key: str = SECRETS["sof_key"]) -> WireReply:
    nonce = request.headers["X-Nonce"]
    proof = mac_of("REPLY", request.path, millis(at), nonce, body, key)
    return WireReply(200, {"x-time": millis(at), "x-nonce": nonce, "x-mac": proof}, body)


def talk(system: str, question: GatewayQuestion, replies: Reply) -> tuple[GatewayWord, list[str]]:
    """Ask and let `replies` answer each call with a code and a result as this gateway writes it."""
    asked: list[str] = []
    talking = GATEWAY.ask(system, question, SECRETS, lambda: AT, lambda: NONCE)
    try:
        request = next(talking)
        while True:
            name, arguments = called(system, request.path, request.body)
            asked.append(name)
            code, value = replies(name, arguments)
            request = talking.send(proved(request, written(system, name, code, value)))
    except StopIteration as ended:
        word: GatewayWord = ended.value
        return word, asked


def held(alg: str = "sm2-sm3") -> Any:
    return Authority.root("测试CA", now=AT, algorithm=alg).issue("签名", days=30)


@pytest.mark.parametrize("system", PROFILES)
def test_every_validity_is_told_as_the_standard_has_it(system: str) -> None:
    question = GatewayQuestion("certificate", held().certificate)
    profile = papers().profiles[system]
    for stated, sof in profile.validate.items():
        value: Any = int(stated) if system == "C01" else stated
        word, asked = talk(system, question, lambda name, _, value=value: (
            (0, coded(system, 0x0B000502)) if name == "SOF_GetLastError" else (0, value)
        ))  # fmt: skip
        if system == "C02" and sof != 1:
            assert (word.sof, word.reasons) == (-4, ("frozen",)), "FALSE, and the last error says why"
            assert asked == ["SOF_ValidateCert", "SOF_GetLastError"]
        else:
            # -1 and -6 leave most open; a last error about something else (frozen) changes nothing.
            called = ["SOF_ValidateCert", *(["SOF_GetLastError"] if sof in (-1, -6) else [])]
            assert (word.kind, word.sof, word.error, asked) == ("answered", sof, None, called)
            assert word.reasons == {
                -2: ("expired",),
                -3: ("revoked",),
                -4: ("frozen",),
                -5: ("not-yet-valid",),
            }.get(sof, ())
    for nonsense in ("7", "OK", "", "true "):
        word, _ = talk(system, question, lambda *_, value=nonsense: (0, value))
        assert (word.kind, word.code, word.sof) == ("unknown", "receiver.broken-body", None)


def test_a_code_means_what_it_can_mean_of_what_was_asked() -> None:
    key = held()
    certificate = GatewayQuestion("certificate", key.certificate)
    message, stamp = (GatewayQuestion(one, data=b"d", signature=b"s") for one in ("detached", "timestamp"))
    for question, error, reasons in (
        (certificate, 0x0B000406, ("no-path",)), (message, 0x0B000308, ("digest",)),
        (stamp, 0x0B000308, ("stamp-imprint",)), (message, 0x0B000009, ("key-usage",)),
        (stamp, 0x0B000009, ("extended-key-usage",)), (message, 0x0B000407, ("expired",)),
        (message, 0x0B000007, ()), (message, 0x0B000001, ()),
    ):  # fmt: skip

        def replies(name: str, _: tuple[Any, ...], error: int = error) -> tuple[int, Any]:
            return 0, error if name == "SOF_GetLastError" else -1 if "Validate" in name else no("C01")

        word, asked = talk("C01", question, replies)
        assert (word.reasons, word.error) == (reasons, error) and asked[-1] == "SOF_GetLastError"


@pytest.mark.parametrize("system", PROFILES)
def test_a_no_is_a_no_and_a_hint_is_no_yes(system: str) -> None:
    key = held()
    question = GatewayQuestion("raw", key.certificate, b"data", key.sign(b"data"))

    def refused(last: int) -> tuple[GatewayWord, list[str]]:
        def replies(name: str, _: tuple[Any, ...]) -> tuple[int, Any]:
            if system == "C05":
                return last or 0x0B000410, no(system)
            return 0, coded(system, last) if name == "SOF_GetLastError" else no(system)

        return talk(system, question, replies)

    assert talk(system, question, lambda *_: (0, yes(system)))[0].sof == 1
    word, asked = refused(0x0B000408)
    assert (word.sof, word.reasons) == (-3, ("revoked",))
    assert asked[0] == "SOF_VerifySignedData" and len(asked) == (1 if system == "C05" else 2)
    word, _ = refused(0)
    assert word.kind == "answered" and word.sof in (-6, -1), "a last error of 0 contradicts the no: not used"


def sent_to(system: str, question: GatewayQuestion, place: int) -> bytes:
    """The octets of one argument as they went out."""
    sent: list[bytes] = []

    def replies(_: str, given: tuple[Any, ...]) -> tuple[int, Any]:
        sent.append(base64.b64decode(given[place]))
        return 0, yes(system)

    talk(system, question, replies)
    return sent[0]


def test_signature_values_go_in_the_form_of_the_gateway() -> None:
    data = "开标一览表".encode()
    for alg in ("sm2-sm3", "ecdsa-sha256", "rsa-sha256"):
        key = held(alg)
        question = GatewayQuestion("raw", key.certificate, data, key.sign(data))
        for system in PROFILES:
            sent = sent_to(system, question, 2)
            if papers().profiles[system].kit["signature"] == "der" or alg == "rsa-sha256":
                assert sent == question.signature
            else:
                assert len(sent) == 64
                back = sent_to("C01", replace(question, signature=sent), 2)
                assert back == question.signature, "and back, to the octet"


def test_what_gateways_sign_and_encipher_comes_in_our_forms() -> None:
    key = held()
    made = key.sign(b"data")
    from adapters.sof.kit import theirs
    from certs.algorithms.sm2 import verify

    for system in ("C01", "C02", "C03"):
        foreign = theirs(papers().profiles[system], made, rsa=False)
        answers = {"SOF_SignData": foreign, "SOF_GetServerCertificate": key.certificate}
        word, _ = talk(
            system,
            GatewayQuestion("sign-raw", data=b"data"),
            lambda name, _, answers=answers: (0, base64.b64encode(answers[name]).decode()),
        )
        assert word.value == made and verify(b"data", made, key.public)
    private = new_key("sm2-sm3")
    from certs.algorithms.sm2 import public_of

    for system in ("C01", "C03", "C05"):
        form = papers().profiles[system].kit["ciphertext"]
        foreign = encipher(public_of(private), b"sixteen octets!!", form)
        word, _ = talk(
            system,
            GatewayQuestion("encrypt-bare", key.certificate, b"sixteen octets!!"),
            lambda *_, foreign=foreign: (0, base64.b64encode(foreign).decode()),
        )
        assert isinstance(word.value, bytes)
        assert recognise(private, word.value) == (b"sixteen octets!!", ASN1)
        if "SOF_PriKeyDecrypt" not in papers().profiles[system].lacks:
            sent = sent_to(system, GatewayQuestion("decrypt-bare", data=word.value), 0)
            assert recognise(private, sent)[1] == form and decrypt(private, sent)


@pytest.mark.parametrize("system", PROFILES)
def test_each_operation_calls_its_function(system: str) -> None:
    key = held()
    good = yes(system)
    calls = {
        "attached": ("SOF_VerifySignedMessage", good), "detached": ("SOF_VerifySignedMessageDetach", good),
        "xml": ("SOF_VerifySignedDataXML", good), "timestamp": ("SOF_VerifyTimeStamp", good),
        "sign-attached": ("SOF_SignMessage", "AA=="), "sign-detached": ("SOF_SignMessageDetach", "AA=="),
        "sign-xml": ("SOF_SignDataXML", "AA=="), "encrypt": ("SOF_EncryptData", "AA=="),
        "decrypt": ("SOF_DecryptData", "AA=="), "stamp": ("SOF_CreateTimeStampResponse", "AA=="),
        "info": ("SOF_GetCertInfo", "甲"),
    }  # fmt: skip
    for operation, (function, value) in calls.items():
        question = GatewayQuestion(operation, key.certificate, b"data", b"signature", "issuer-cn")
        word, asked = talk(system, question, lambda *_, value=value: (0, value))
        if function in papers().profiles[system].lacks:
            assert (word.kind, word.code, asked) == ("refused", "receiver.no-such-path", []), function
        else:
            assert (word.kind, asked) == ("answered", [function])
            assert word.sof == 1 or word.value in (b"\0", "甲")


def test_items_of_a_certificate_have_a_number_of_their_own_everywhere() -> None:
    key, sent = held(), dict[str, tuple[Any, ...]]()
    for item in ("subject-cn", "issuer-cn"):
        for system in PROFILES:

            def replies(_: str, given: tuple[Any, ...], system: str = system) -> tuple[int, Any]:
                sent[system] = given
                return 0, "甲"

            assert talk(system, GatewayQuestion("info", key.certificate, item=item), replies)[0].value == "甲"
        numbers = {system: int(given[1]) for system, given in sent.items()}
        standard, own = (0x31, 17) if item == "subject-cn" else (0x21, 8)
        assert numbers == {"C01": standard, "C02": own, "C03": own, "C05": standard}
    question = GatewayQuestion("info", key.certificate, item="netscape-type")
    assert talk("C03", question, lambda *_: (0, "甲"))[0].kind == "refused", "no number is made up"


def test_answers_mean_what_the_table_says() -> None:
    """Every row of expected.csv that has a wire."""
    spoken = line("C01")
    request, nonce = spoken.request("SOF_VerifySignedData", ("a", "b", "c"))
    good = proved(request, written("C01", "SOF_VerifySignedData", 0, True))

    def said(reply: WireReply) -> Said:
        return spoken.said("SOF_VerifySignedData", request.path, nonce, reply)

    def error(code: int) -> list[WireReply]:
        return [proved(request, written("C01", "SOF_VerifySignedData", code, None))]

    others = set(papers().errors) - {0, 0x0B000002, 0x0B000405, 0x0B000417, 0x0B000201, 0x0B000403,
                                     0x0B000309, 0x0B000310, 0x0B000101}  # fmt: skip
    bodies = (b"", b"<html>", b"[]", b'{"code":0}', b'{"data":true}', b'{"code":0,"code":0,"data":true}',
              b'{"code":0,"data":1}', b'{"code":0,"data":"true"}', b'{"code":"0","data":true}',
              b'{"code":false,"data":true}', b'{"code":NaN,"data":true}', b"[" * 100000)  # fmt: skip
    late = proved(request, good.body, AT + timedelta(seconds=301))
    wires = {
        "ok": [good],
        "code 0x0B000002": error(0x0B000002),
        "code 0x0B000405": error(0x0B000405),
        "code 0x0B000417": error(0x0B000417),
        "code 0x0B000201 0x0B000403": [*error(0x0B000201), *error(0x0B000403)],
        "code 0x0B000309 0x0B000310": [*error(0x0B000309), *error(0x0B000310)],
        "code 0x0B000101": error(0x0B000101),
        "code other": [one for code in (*others, 0x0BFFFFFF) for one in error(code)],
        "validity of verdict no": [proved(request, written("C01", "SOF_VerifySignedData", 0, False))],
        "result unreadable": [proved(request, written("C01", "SOF_VerifySignedData", 0, "OK"))],
        "no MAC": [WireReply(200, {}, good.body)],
        "wrong MAC": [
            replace(good, headers={**good.headers, "x-mac": "00" * 32}),
            replace(good, headers={**good.headers, "x-nonce": "another-nonce-123"}),
            replace(good, body=good.body + b" "), late,
            proved(request, good.body, key="another key"),
        ],
        "not the profile's form": [proved(request, body) for body in bodies],
        "401 app mac nonce": [WireReply(401, {"x-reason": one}) for one in ("app", "mac", "nonce")],
        "401 clock": [WireReply(401, {"x-reason": "clock"})],
        "404": [WireReply(404)], "413": [WireReply(413)], "503": [WireReply(503, {"retry-after": "3"})],
    }  # fmt: skip
    rows = list(csv.DictReader((papers().root / "expected.csv").open(encoding="utf-8")))
    assert {row["situation"] for row in rows} == {*wires, "no answer"}
    for row in rows:
        for reply in wires.get(row["situation"], ()):
            found = said(reply)
            blame = found.blame.value if found.blame else "-"
            assert (found.kind, found.code, blame) == (row["kind"], row["code"], row["blame"]), (row, reply)
            assert found.value is not True or row["situation"] == "ok"


@pytest.mark.parametrize("system", ["C02", "C03"])
def test_hostile_xml_is_nothing(system: str) -> None:
    spoken = line(system)
    request, nonce = spoken.request("SOF_VerifySignedData", ("a", "b", "c"))
    right = written(system, "SOF_VerifySignedData", 0, yes(system))
    for harm in (
        right.replace(b"<sof>", b"<!DOCTYPE sof [<!ENTITY a 'x'>]><sof>").replace(
            b"<e:Envelope", b"<!DOCTYPE e [<!ENTITY a 'x'>]><e:Envelope"
        ),
        right.replace(b"data>", b"date>"),
        right + b"<x/>",
        right.replace(b"</sof>", b"<data>0</data></sof>").replace(b"Response>", b"Respond>"),
        right.replace(b"urn:gmt:0020:sof", b"urn:other")
        .replace(b"<sof>", b"<SOF>")
        .replace(b"</sof>", b"</SOF>"),
    ):
        assert harm != right
        said = spoken.said("SOF_VerifySignedData", request.path, nonce, proved(request, harm))
        assert (said.kind, said.code) == ("unknown", "receiver.broken-body"), harm


def test_two_codes_that_differ_are_none() -> None:
    spoken = line("C05")
    request, nonce = spoken.request("SOF_ValidateCert", ("a",))
    for body, kind in (
        ({"status": "0", "code": "0", "msg": "", "data": "1"}, "answered"),
        ({"status": "0", "code": "184550408", "msg": "", "data": "1"}, "unknown"),
        ({"code": "0", "msg": "", "data": "1"}, "answered"),
        ({"msg": "", "data": "1"}, "unknown"),
        ({"status": 0, "msg": "", "data": "1"}, "unknown"),
        ({"status": "0", "msg": "", "data": 1}, "unknown"),
    ):
        reply = proved(request, json.dumps(body).encode())
        assert spoken.said("SOF_ValidateCert", request.path, nonce, reply).kind == kind, body
    profile = papers().profiles["C05"]
    with pytest.raises(BrokenError):
        result_of(profile, "octets", "no base64!")


def test_the_worked_example_of_the_rules() -> None:
    body = b'{"exec_name":"SOF_GetVersion","exec_args":[]}'
    at = datetime.fromtimestamp(1795309200, AT.tzinfo)
    found = headers(SECRETS, "/sof/exec", body, at, NONCE)["X-Mac"]
    assert found == "57bb98ace942431a0b9ea22d4ca4060930b27d3f30f6cb48fe7509079d0c8c77"
    assert not GATEWAY.speaks("HUB") and not GATEWAY.speaks("C04") and not GATEWAY.fresh("C03")
    assert GATEWAY.bounds("C05").total == 15.0
    with pytest.raises(ValueError, match="dance"):
        GATEWAY.ask("C01", GatewayQuestion("dance"), SECRETS, lambda: AT, lambda: NONCE)
    assert read_certificate(held().certificate)
