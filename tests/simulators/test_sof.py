"""SOF servers of C01, C02, C03 and C05 against their papers, and their own judgement of certificates."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

import certs
from certs.model.certificate import read_certificate
from certs.testpki import World
from hub.catalogue.gateways import Gateway, Profile
from simulators.dialects import xmlread
from simulators.roll import roll
from simulators.system import System
from simulators.systems import hierarchy
from simulators.systems.build import Making, build
from simulators.systems.hierarchy import Hierarchy
from simulators.systems.sof.functions import method_of
from simulators.systems.sof.gate import proof
from simulators.wire import Reply, Request

PAPERS = Gateway.load()
CAS = ("C01", "C02", "C03", "C05")
GOLDEN = {line["id"]: line for line in PAPERS.golden() if line["profile"] in CAS}
FAULTS = {"nonsense": "wrong-code", "no-mac": "sof-unsigned", "forged": "sof-forged"}


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def octets(said: dict[str, Any]) -> bytes:
    return base64.b64decode(said["body_base64"]) if "body_base64" in said else str(said["body"]).encode()


class At:
    """One CA's server and somebody who calls it."""

    def __init__(self, ident: str) -> None:
        self.system: System = build(roll()[ident], Making(seed=1))
        assert self.system.doors is not None
        self.server: Any = self.system.doors.side._sides["/sof"]  # type: ignore[attr-defined]
        self.profile: Profile = PAPERS.profiles[ident]
        self.ca: Hierarchy = self.server._functions.judge.hierarchies[-1]
        self.serial = 0

    def say(self, request: Request, now: datetime, moods: Iterable[str] = ()) -> Reply:
        self.system.desk.moods = frozenset(moods)
        try:
            said: Reply = self.server.answer(request, now)
            return said
        finally:
            self.system.desk.moods = frozenset()

    def call(self, name: str, *args: str, moods: Iterable[str] = (), **other: Any) -> tuple[str, str]:
        """Code and result, as texts."""
        now = other.get("now") or datetime.now(UTC)
        function = PAPERS.functions[name]
        profile, path = self.profile, self.profile.path.replace("{function}", name)
        named = dict(zip((one.name for one in function.arguments), args, strict=True))
        if profile.transport == "rest-exec":
            given = named if profile.form["arguments"] == "named" else list(args)
            body = json.dumps({"exec_name": name, "exec_args": given}).encode()
        elif profile.transport == "soap-path":
            inner = "".join(f"<s:{key}>{value}</s:{key}>" for key, value in named.items())
            body = (
                '<e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"><e:Body>'
                f'<s:{name} xmlns:s="urn:gmt:0020:sof">{inner}</s:{name}></e:Body></e:Envelope>'
            ).encode()
        else:
            inner = "".join(f"<arg>{value}</arg>" for value in args)
            text = f"<sof><exec_name>{name}</exec_name><exec_args>{inner}</exec_args></sof>"
            body = f'<?xml version="1.0" encoding="GBK"?>{text}'.encode("gbk")
        self.serial += 1
        key, stamp, nonce = (
            self.system.desk.secret("sof_key"),
            str(int(now.timestamp() * 1000)),
            f"{self.serial:016d}",
        )
        headers = {"x-app": "ggzy-hub", "x-time": stamp, "x-nonce": nonce}
        headers["x-mac"] = proof(key, path, stamp, nonce, body)
        said = self.say(Request("POST", path, "", headers, body), now, moods)
        assert said.status == 200 and said.headers["X-Nonce"] == nonce
        mac = proof(key, path, said.headers["X-Time"], nonce, said.body, "REPLY")
        assert said.headers["X-Mac"] == mac
        return self.opened(said.body)

    def opened(self, body: bytes) -> tuple[str, str]:
        if self.profile.transport == "rest-exec":
            told = json.loads(body)
            code = told.get("status", told.get("code"))
            return str(code), "" if told["data"] is None else str(told["data"])
        rows = {xmlread.local(one): one.text or "" for one in xmlread.read(body).iter()}
        return rows["code"], rows["data"]

    def validity(self, holder: str, **more: Any) -> int:
        said = self.call("SOF_ValidateCert", b64(self.ca.signer(holder).certificate), **more)[1]
        return self.profile.validate[said]


@pytest.fixture(name="at", scope="module", params=CAS)
def at_fixture(request: pytest.FixtureRequest) -> At:
    return At(request.param)


def test_golden_transcripts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Byte for byte, proofs and all, in the world of the transcripts."""
    opened = datetime(2026, 11, 21, 16, tzinfo=UTC)
    golden = World.open(now=opened, seed="hutong-sof/1")
    monkeypatch.setattr(hierarchy, "world", lambda _seed: golden)
    for ident in CAS:
        at = At(ident)
        for line in (one for one in GOLDEN.values() if one["profile"] == ident):
            at.server._gate._key = line["secrets"]["sof_key"]
            asked, wanted = line["request"], line["reply"]
            headers = {name.lower(): value for name, value in asked["headers"].items()}
            mood = {fault for name, fault in FAULTS.items() if line["id"].endswith(name)}
            now = datetime.fromisoformat(line["at"]) + timedelta(milliseconds=180)
            said = at.say(Request("POST", asked["path"], "", headers, octets(asked)), now, mood)
            assert said.status == wanted["status"], line["id"]
            assert said.body == octets(wanted), (line["id"], said.body.decode("gbk", "replace"))
            for name, value in wanted["headers"].items():
                if name != "X-Mac" or not line["id"].endswith("forged"):
                    assert said.headers.get(name) == value, (line["id"], name)
        assert {"sof_app", "sof_key"} <= set(at.system.desk.credentials)


def test_every_function_of_the_table_is_there(at: At) -> None:
    for name in PAPERS.functions:
        assert hasattr(at.server._functions, method_of(name)), name


def test_verdicts_are_the_servers_own(at: At) -> None:
    plain = -6 if at.profile.name == "C02" else 0
    for holder, wanted in (("builder", 1), ("revoked", -3), ("frozen", -4)):
        assert at.validity(holder) == (wanted if wanted == 1 else plain or wanted), holder
    assert at.call("SOF_GetLastError")[1] == at.call("SOF_GetLastError")[1]
    if plain:
        assert at.call("SOF_GetLastError")[1] == "0x0B000502", "the last one was frozen"
    stranger = At("C03" if at.profile.name == "C01" else "C01").ca.signer("builder")
    said = at.call("SOF_ValidateCert", b64(stranger.certificate))[1]
    assert at.profile.validate[said] == (plain or -1)
    key, data = at.ca.signer("builder"), b64(b"data")
    value = at.server._functions
    good = b64(_formed(at, key.sign(b"data")))
    yes, no = (
        at.profile.answer[name].title() if at.profile.answer["code"] == "number" else at.profile.answer[name]
        for name in ("yes_value", "no_value")
    )
    assert at.call("SOF_VerifySignedData", b64(key.certificate), data, good)[1] == yes
    assert at.call("SOF_VerifySignedData", b64(key.certificate), b64(b"date"), good)[1] == no
    gone = at.ca.signer("revoked")
    signed = b64(_formed(at, gone.sign(b"data")))
    assert at.call("SOF_VerifySignedData", b64(gone.certificate), data, signed)[1] == no
    assert value.error == 0x0B000408
    message = certs.sign_cms(b"data", key, time=datetime.now(UTC))
    assert at.call("SOF_VerifySignedMessage", b64(message))[1] == yes
    apart = certs.sign_cms(b"data", key, detached=True, time=datetime.now(UTC))
    assert at.call("SOF_VerifySignedMessageDetach", data, b64(apart))[1] == yes
    assert at.call("SOF_VerifySignedMessageDetach", b64(b"date"), b64(apart))[1] == no


def _formed(at: At, value: bytes) -> bytes:
    from simulators.systems.sof.judging import written

    return written(at.profile, at.ca.signer("builder").algorithm, value)


def test_what_befell_shows_at_once_but_at_c03_tomorrow(at: At) -> None:
    serial = read_certificate(at.ca.signer("agency").certificate).serial
    assert at.validity("agency") == 1
    at.ca.freeze(serial, datetime.now(UTC))
    if at.profile.name == "C03":
        assert at.validity("agency") == 1
        assert at.validity("agency", now=datetime.now(UTC) + timedelta(days=1)) == -4
    else:
        assert at.validity("agency") == (-6 if at.profile.name == "C02" else -4)


def test_what_it_makes_it_can_read(at: At) -> None:
    """Signatures, envelopes, stamps and random octets of the server itself, and refusals of what it lacks."""
    lacks, data = at.profile.lacks, b64("开标".encode())
    mine = at.call("SOF_GetServerCertificate", "1")[1]
    yes = at.profile.answer["yes_value"].lower()
    for make, check in (
        ("SOF_SignData", lambda value: ("SOF_VerifySignedData", mine, data, value)),
        ("SOF_SignMessage", lambda value: ("SOF_VerifySignedMessage", value)),
        ("SOF_SignMessageDetach", lambda value: ("SOF_VerifySignedMessageDetach", data, value)),
        ("SOF_CreateTimeStampRequest", None),
    ):
        code, value = at.call(make, data)
        assert (make in lacks) == (int(code, 16 if at.profile.answer["code"] in ("hex", "0x") else 10) != 0)
        if check is not None and make not in lacks:
            assert at.call(*check(value))[1].lower() == yes, make
        if make == "SOF_CreateTimeStampRequest" and not {make, "SOF_CreateTimeStampResponse"} & lacks:
            stamp = at.call("SOF_CreateTimeStampResponse", value)[1]
            assert at.call("SOF_VerifyTimeStamp", data, stamp)[1].lower() == yes
            assert at.call("SOF_VerifyTimeStamp", b64(b"x"), stamp)[1].lower() != yes
            infos = [at.call("SOF_GetTimeStampInfo", stamp, str(kind))[1] for kind in range(1, 8)]
            assert all(infos) and infos[4] == "1.2.156.10197.1.401"
    envelope = at.call("SOF_EncryptData", at.call("SOF_GetServerCertificate", "2")[1], data)[1]
    if "SOF_DecryptData" not in lacks:
        assert at.call("SOF_DecryptData", envelope)[1] == data
        if "SOF_PubKeyEncrypt" not in lacks:
            own = at.call("SOF_GetServerCertificate", "2")[1]
            assert at.call("SOF_PriKeyDecrypt", at.call("SOF_PubKeyEncrypt", own, data)[1])[1] == data
    if not {"SOF_SignDataXML", "SOF_VerifySignedDataXML"} & lacks:
        signed = at.call("SOF_SignDataXML", b64(b"<a>1</a>"))[1]
        assert at.call("SOF_VerifySignedDataXML", signed)[1].lower() == yes
        assert base64.b64decode(at.call("SOF_GetXMLSignatureInfo", signed, "1")[1]).startswith(b"<a")
    assert len(base64.b64decode(at.call("SOF_GenRandom", "16")[1])) == 16


def test_certificate_items_in_every_numbering(at: At) -> None:
    raw = b64(at.ca.signer("builder").certificate)
    numbering = PAPERS.info[at.profile.kit["info_types"]]
    found = {item.item: at.call("SOF_GetCertInfo", raw, str(number))[1] for number, item in numbering.items()}
    assert found["version"] == "3" and int(found["serial"], 16)
    own = "issuer-cn"
    assert found[own].startswith("沙箱"), found
    if "key-usage" in found:
        assert found["key-usage"].startswith("digitalSignature")
        assert found["subject"].startswith("C=CN, ")
    assert at.call("SOF_GetCertInfoByOid", raw, "2.5.4.6")[1] == "CN"


def test_faults_of_the_gateway(at: At) -> None:
    assert (
        at.profile.validate.get(
            at.call("SOF_ValidateCert", b64(at.ca.signer("revoked").certificate), moods=("gateway-lying",))[1]
        )
        == 1
    )
    said = at.call("SOF_ValidateCert", b64(at.ca.signer("builder").certificate), moods=("wrong-code",))[1]
    assert said not in at.profile.validate
    with pytest.raises((ValueError, AssertionError)):
        at.call("SOF_GetVersion", moods=("sof-broken",))
    with pytest.raises(AssertionError):
        at.call("SOF_GetVersion", moods=("sof-busy",))
    for fault in ("gateway-lying", "wrong-code", "sof-unsigned", "sof-forged", "sof-broken", "sof-busy"):
        at.system.faults.arm(fault)
    assert at.system.faults.next(Request("GET", "/pki/certs/x.cer"))[0] == ""
    assert at.system.faults.next(Request("POST", "/sof/exec"))[0] == "gateway-lying"
    at.system.faults.lift()


def test_callers_are_looked_at_in_the_order_of_the_papers() -> None:
    at, now = At("C01"), datetime.now(UTC)
    key, stamp = at.system.desk.secret("sof_key"), str(int(now.timestamp() * 1000))
    body = b'{"exec_name":"SOF_GetVersion","exec_args":[]}'
    good = {"x-app": "ggzy-hub", "x-time": stamp, "x-nonce": "0" * 16}
    good["x-mac"] = proof(key, "/sof/exec", stamp, "0" * 16, body)

    def reason(**changes: str) -> str:
        said = at.say(Request("POST", "/sof/exec", "", good | changes, body), now)
        return said.headers.get("X-Reason", str(said.status))

    assert reason(**{"x-app": "?", "x-time": "1"}) == "app"
    assert reason(**{"x-time": "1"}) == "clock"
    assert reason(**{"x-mac": "0" * 64}) == "mac"
    assert [reason(), reason()] == ["200", "nonce"]
    assert at.say(Request("POST", "/sof/other", "", good, body), now).status == 404
    large = Request("POST", "/sof/exec", "", good, bytes((16 << 20) + 1))
    assert at.say(large, now).status == 413
    errors = {"SOF_Nothing": "184549378", "SOF_GetInstance": "184550403"}
    for name, code in errors.items():
        at.serial += 1
        nonce, wrong = f"{at.serial:016d}1", json.dumps({"exec_name": name, "exec_args": []}).encode()
        headers = good | {"x-nonce": nonce, "x-mac": proof(key, "/sof/exec", stamp, nonce, wrong)}
        assert at.opened(at.say(Request("POST", "/sof/exec", "", headers, wrong), now).body)[0] == code
