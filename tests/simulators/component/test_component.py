"""The local component over its real wire: functions, tokens that refuse, and pages that may not ask."""

from __future__ import annotations

import base64
import csv
import json
from datetime import UTC, datetime
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

import pytest

import certs
import hub.catalogue
from certs.algorithms.digest import digest
from certs.testpki.world import World
from certs.trust import Trust
from simulators.component.command import opened
from simulators.component.functions import FUNCTIONS
from simulators.component.server import Door
from simulators.component.state import Component as State

Component = Any
PIN = "123456"
EVERY = ("C01-builder", "C02-agency", "C03-supplier", "C04-builder", "C05-supplier")
TEXT = "同意投标承诺".encode()
UNPLUGGED, WRONG, LOCKED, LOGIN = 0x0A000023, 0x0A000024, 0x0A000025, 0x0A00002D
PAPERS = Path(hub.catalogue.__file__).parent / "data" / "gateways" / "sof"


@cache
def world() -> World:
    return opened(None)


@cache
def trust() -> Trust:
    return world().trust()


def test_it_has_the_functions_of_the_papers_with_their_arguments() -> None:
    with (PAPERS / "client_functions.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 25
    for row in rows:
        stated = [one for one in row["arguments"].split(";") if one]
        found = list(signature(FUNCTIONS[row["function"]]).parameters.values())[2:]
        optional = [one for one in found if one.default is not one.empty]
        assert len(found) == len(stated), row["function"]
        assert len(optional) == sum("?" in one for one in stated), row["function"]


def test_tokens_of_every_ca_sign_and_seal_and_the_hubs_core_believes_it(component: Component) -> None:
    listed = dict(reversed(one.split("||")) for one in component.call("SOF_GetUserList").split("&&&"))
    assert set(EVERY) < set(listed)
    imprint = digest(TEXT)
    for ident in EVERY:
        assert component.call("SOF_Login", ident, PIN) is True
        certificate = component.octets("SOF_ExportUserCert", ident)
        assert component.call("SOF_ValidateCert", certificate) == 1
        at = datetime.now(UTC)
        attached = component.octets("SOF_SignMessage", 0, ident, TEXT)
        detached = component.octets("SOF_SignMessage", 1, ident, TEXT)
        assert TEXT in attached
        assert TEXT not in detached
        assert certs.verify_cms(attached, trust=trust(), at=at).ok
        assert certs.verify_cms(detached, trust=trust(), at=at, content=TEXT).ok
        assert component.octets("SOF_GetInfoFromSignedMessage", attached, 2) == certificate
        document = component.octets("SOF_SignDataXML", ident, b"<bid><price>1</price></bid>")
        assert certs.verify_xml(document, trust=trust(), at=at).ok
        seal = component.call("SES_GetSealList", ident).split("||")[1]
        sealed = component.octets("SES_Sign", ident, seal, imprint)
        assert certs.verify_seal(sealed, TEXT, trust=trust(), at=datetime.now(UTC)).ok
        assert not certs.verify_seal(sealed, TEXT + b".", trust=trust(), at=datetime.now(UTC)).ok
        value = component.octets("SOF_SignFile", ident, TEXT)
        assert component.call("SOF_VerifySignedFile", certificate, TEXT, value) is True
        altered = component.said("SOF_VerifySignedData", certificate, TEXT + b".", value)
        assert (altered["code"], altered["data"]) == (0x0B000410, False)
        assert (len(value) == 64) == (ident == "C05-supplier"), "C05 writes r and s side by side"


def test_what_is_enveloped_to_a_token_only_it_opens(component: Component) -> None:
    for method in (0x402, 0x408):
        assert component.call("SOF_SetEncryptMethod", method) == 0
        for ident in EVERY:
            component.call("SOF_Login", ident, PIN)
            exchange = component.octets("SOF_ExportExChangeUserCert", ident)
            envelope = component.octets("SOF_EncryptData", exchange, TEXT)
            assert TEXT not in envelope
            assert component.octets("SOF_DecryptData", ident, envelope) == TEXT
        other = component.said("SOF_DecryptData", EVERY[0], envelope)
        assert other["code"] == 0x0B000416
    assert component.call("SOF_SetEncryptMethod", 0x402) == 0


def test_what_stands_in_a_certificate(component: Component) -> None:
    codes = {"C02-agency": "1.2.86.11.7.1.5", "C03-supplier": "1.2.156.10260.4.1.5",
             "C04-builder": "1.2.156.10260.4.1.4", "C05-supplier": "1.2.5.29.1"}  # fmt: skip
    for ident, oid in codes.items():
        ca, holder = ident.split("-")
        raw = component.octets("SOF_ExportUserCert", ident)
        assert raw == world().vendors[ca].signer(holder).certificate
        assert component.call("SOF_GetCertInfoByOid", raw, oid) == world().holders[holder].code
        assert component.call("SOF_GetCertInfo", raw, 0x31)
        assert component.call("SOF_GetCertInfo", raw, "0x35").endswith("Z")
    assert component.said("SOF_GetCertInfo", raw, 0x99)["code"] == 0x0B000419
    assert component.said("SOF_GetCertInfo", b"no certificate", 1)["code"] == 0x0B000405
    assert component.call("SOF_GetDeviceInfo", "C01-builder", 0x208) == "C01-builder"
    assert len(component.octets("SOF_GenRandom", 24)) == 24


def test_holders_whose_certificate_is_gone_are_told_so(component: Component) -> None:
    for ident, code in (("C01-frozen", -4), ("C03-revoked", -3), ("C01-expired", -2)):
        assert component.call("SOF_ValidateCert", component.octets("SOF_ExportUserCert", ident)) == code


def test_a_pin_is_tried_six_times(component: Component) -> None:
    ident = "C01-builder"
    assert component.said("SOF_SignData", ident, TEXT)["code"] == LOGIN
    for left in (5, 4, 3, 2, 1):
        told = component.said("SOF_Login", ident, "000000")
        assert (told["code"], told["data"]) == (WRONG, False)
        assert told["msg"].endswith(
            f"还可再试 {left} 次 / wrong PIN, {left} {'tries' if left > 1 else 'try'} left"
        )
        assert component.call("SOF_GetPinRetryCount", ident) == left
    assert component.said("SOF_Login", ident, "000000")["code"] == LOCKED
    assert component.said("SOF_Login", ident, PIN)["code"] == LOCKED, "also with the right one"
    assert component.call("SOF_GetLastError") == LOCKED
    component.steer("restore", ident)
    assert component.call("SOF_ChangePassWd", ident, PIN, "654321") is True
    assert component.said("SOF_Login", ident, PIN)["code"] == WRONG
    assert component.call("SOF_Login", ident, "654321") is True
    assert component.call("SOF_GetPinRetryCount", ident) == 6


def test_a_token_pulled_out_is_not_there_and_must_be_opened_again(component: Component) -> None:
    ident = "C03-supplier"
    component.call("SOF_Login", ident, PIN)
    component.steer("unplug", ident)
    assert ident not in component.call("SOF_GetUserList")
    assert component.said("SOF_SignData", ident, TEXT)["code"] == UNPLUGGED
    component.steer("plug", ident)
    assert component.said("SOF_SignData", ident, TEXT)["code"] == LOGIN


def test_a_method_that_does_not_fit_the_key_is_refused(component: Component) -> None:
    component.call("SOF_Login", "C02-agency", PIN)
    assert component.call("SOF_SetSignMethod", 0x00020201) == 0
    assert component.said("SOF_SignData", "C02-agency", TEXT)["code"] == 0x0B000007
    assert component.call("SOF_SetSignMethod", 0x00010004) == 0
    assert component.call("SOF_GetSignMethod") == 0x00010004
    assert component.call("SOF_SignData", "C02-agency", TEXT)
    assert component.said("SOF_SetSignMethod", 0x00010002)["code"] == 0x0B000007, "SHA-1 is over"


def test_only_named_sites_may_ask_and_a_browser_always_asks_first(component: Component) -> None:
    body = json.dumps({"exec_name": "SOF_GetUserList"}).encode()
    usual = {"Content-Type": "application/json", "Origin": component.site}
    for change in (
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Host": "evil.example:8790"},
        {"Content-Type": "text/plain"},
    ):
        status, headers, _ = component.asked("POST", "/sof", body, usual | change)
        assert status in (403, 415), change
        assert "Access-Control-Allow-Origin" not in headers or change.get("Content-Type"), change
    status, headers, _ = component.asked("POST", "/sof", body, usual)
    assert (status, headers["Access-Control-Allow-Origin"]) == (200, component.site)
    asked = {"Origin": component.site, "Access-Control-Request-Method": "POST",
             "Access-Control-Request-Private-Network": "true"}  # fmt: skip
    status, headers, _ = component.asked("OPTIONS", "/sof", b"", asked)
    assert status == 204
    assert headers["Access-Control-Allow-Private-Network"] == "true"
    assert component.asked("GET", "/steer", b"", {"Origin": component.site})[0] == 403, "no page steers"


def test_a_pin_entered_on_one_site_opens_nothing_for_another(component: Component) -> None:
    component.call("SOF_Login", "C01-builder", PIN)
    headers = {"Content-Type": "application/json"}
    asked = {"exec_name": "SOF_SignData", "exec_args": ["C01-builder", "eA=="]}
    told = json.loads(component.asked("POST", "/sof", json.dumps(asked).encode(), headers)[2])
    assert told["code"] == LOGIN


def test_nonsense_is_an_answer_not_a_fault(component: Component) -> None:
    assert component.said("SOF_NoSuchThing")["code"] == 0x0B000002
    assert component.said("SOF_Login", "C01-builder")["code"] == 0x0B000201
    assert component.said("SOF_Login", "C09-nobody", PIN)["code"] == 0x0B000310
    assert component.said("SOF_SignData", "C01-builder", "not base64!")["code"] in (0x0B000201, LOGIN)
    assert component.said("SOF_VerifySignedMessage", b"\x30\x03\x02\x01\x05")["code"] == 0x0B000417
    headers = {"Content-Type": "application/json"}
    for body in (b"{", b"[]", b'{"exec_name": 1}', b'{"exec_name": "SOF_Login", "exec_args": {}}'):
        status, _, raw = component.asked("POST", "/sof", body, headers)
        assert (status, json.loads(raw)["code"]) == (200, 0x0B000201), body


def test_what_nobody_foresaw_is_logged_by_its_place_and_without_what_was_said(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The caller hears a number; whoever runs the component reads where it happened, and no PIN."""

    def broken() -> Trust:
        raise LookupError(f"PIN {PIN}")

    certificate = world().vendors["C01"].signer("builder").certificate
    door = Door(State({}, broken, lambda: datetime.now(UTC)), [])
    told = door._called("", "SOF_ValidateCert", [base64.b64encode(certificate).decode()])
    assert (told["code"], told["data"]) == (0x0B000001, None)
    said = caplog.text
    assert "LookupError in SOF_ValidateCert" in said and "test_component.py:" in said
    assert PIN not in said
