"""A case asked along each path, and what came of it in the words of the table of cases."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from lxml import etree

from certs.algorithms.digest import digest
from certs.cases.desk import Desk
from certs.cases.judge import OPERATIONS, judge
from certs.cases.paths import REFUSED, Said
from certs.cases.stage import CONTENT
from certs.cases.table import INDETERMINATE, INVALID, NOTE, VALID, Case
from certs.reasons import REASONS
from certs.recognition import Recognition
from certs.trustlist.quirks import NAMES, quirk_of
from certs.verdict import Reason, Verdict
from hub.ca.told import certificate_of
from hub.errors import SettingsError
from hub.message import sign, wall
from hub.ports import GatewayQuestion
from hub.server.soap.names import SOAP12, q
from tests.e2e.paths.house import House, dumped
from tests.hub.server.ca_kit import b64
from tests.hub.server.soap_client import media, read_fault, wrapped

PATIENCE = 20

# -- the core, in this process -----------------------------------------------------------------------


async def local(house: House, case: Case) -> Said | None:
    found = judge(case)
    return Said(found.verdict, found.sof, found.reasons)


# -- the hub's own services ---------------------------------------------------------------------------

BARE = ("certificate.der", "content.bin", "signature.bin")
_ASKED: Mapping[str, tuple[str, tuple[str, ...], Mapping[str, str]]] = {
    "ValidateCert": ("", ("certificate.der",), {"certificate": "certificate.der"}),
    "VerifySignedData": ("raw", BARE, {"certificate": BARE[0], "data": BARE[1], "signature": BARE[2]}),
    "VerifySignedFile": ("raw", BARE, {"certificate": BARE[0], "data": BARE[1], "signature": BARE[2]}),
    "VerifySignedMessage": ("attached", ("message.p7",), {"signature": "message.p7"}),
    "VerifySignedMessageDetach": (
        "detached", ("content.bin", "message.p7"), {"data": "content.bin", "signature": "message.p7"},
    ),
    "VerifySignedDataXML": ("xml", ("document.xml",), {"signature": "document.xml"}),
    "VerifyTimeStamp": (
        "timestamp", ("content.bin", "token.tst"), {"data": "content.bin", "signature": "token.tst"},
    ),
    "VerifySeal": ("seal", (), {"signature": "sealed.ses", "data": "document.bin"}),
    "VerifyOFD": ("ofd", (), {"signature": "document.ofd"}),
}  # fmt: skip
_OPTIONS = ("sector", "medium", "purpose", "subject")


def options(case: Case) -> dict[str, Any]:
    return {"at": case.asked["at"], **{name: case.asked[name] for name in _OPTIONS if case.asked.get(name)}}


async def desk(house: House, case: Case) -> Said | None:
    """`/v1/ca/recognise`, `/v1/ca/verify`; a list is laid down."""
    operation = case.row.operation
    if operation == "SetCertTrustList":
        return await _laid(house, case)
    if operation not in _ASKED:
        return None
    kind, _, members = _ASKED[operation]
    body = options(case) | {name: b64(case.files[one]) for name, one in members.items()}
    target = "/v1/ca/verify" if kind else "/v1/ca/recognise"
    status, said = await house.world.asked("T01", "POST", target, body | ({"kind": kind} if kind else {}))
    return whole(said) if status == 200 else Said(REFUSED, None, frozenset((str(said.get("code")),)))


def whole(said: Mapping[str, Any]) -> Said:
    """A result object."""
    if said["result"] != VALID:
        return Said(said["result"], said["sofCode"], frozenset(one["code"] for one in said["reasons"]))
    notes = frozenset(map(_note, said["forgiven"]))
    return Said(NOTE if notes else VALID, said["sofCode"], notes)


def _note(reason: Mapping[str, Any]) -> str:
    quirk = quirk_of(str(reason["detail"])).name
    return quirk if reason["code"] == "encoding" or quirk in NAMES else str(reason["code"])


async def _laid(house: House, case: Case) -> Said | None:
    newest = case.asked.get("newest")
    house.lay(case.files)
    if newest is not None:
        seen = {"620000": newest, "62": newest}
        (house.folder / "seen.json").write_bytes(dumped(seen))
    try:
        house.hub.ca.read()
    except SettingsError as error:
        return concluded([one.observed.split()[0] for one in error.findings])
    return Said(VALID, 1, frozenset())


def concluded(codes: Sequence[str]) -> Said:
    """What reasons come to where a path has no other word: each has its state and its SOF code by the same
    table that callers have (`certs/data/reasons.csv`)."""
    verdict = Verdict(False, [Reason(one) for one in codes])
    return Said(verdict.state, verdict.sof_code, frozenset(codes))


async def door(house: House, case: Case) -> Said | None:
    """The hub's SOF server."""
    operation = case.row.operation
    names = _ASKED.get(operation, ("", (), {}))[1]
    given: tuple[str, ...] = tuple(b64(case.files[one]) for one in names)
    if operation == "DecryptData":
        if not keyed(house, case):
            return None
        given = (b64(case.files["envelope.p7"]),)
    elif not names:
        return None
    asked: dict[str, Any] = {"exec_name": f"SOF_{operation}", "exec_args": list(given)}
    if operation != "DecryptData":
        asked["options"] = options(case)
    status, said = await house.world.asked("T01", "POST", "/v1/ca/sof", asked)
    if status != 200:
        return Said(REFUSED, None, frozenset((str(said.get("code")),)))
    if "result" in said:
        return whole(said)
    if operation == "DecryptData" and said["code"] == 0:
        notes = frozenset(map(_note, said.get("forgiven", ())))
        return Said(NOTE if notes else VALID, 1, notes)
    if "sofCode" in said:  # refused with the verdict on it
        states = {one["state"] for one in said["reasons"]}
        verdict = INVALID if INVALID in states else INDETERMINATE
        return Said(verdict, said["sofCode"], frozenset(one["code"] for one in said["reasons"]))
    return Said(REFUSED, None, frozenset((f"0x{said['code']:08X}",)))


def keyed(house: House, case: Case) -> bool:
    """An application of the SOF server has one pair: that of the case is put there."""
    from certs.algorithms.sm2_keys import pem

    keys = [name for name in case.files if name.endswith(".key")]
    if len(keys) != 1:
        return False
    place = house.world.data / "sof"
    place.mkdir(exist_ok=True)
    certificate = pem("CERTIFICATE", case.files[keys[0].replace(".key", ".der")])
    from certs.algorithms.sm2_keys import private_der

    one = place / "case.pem"
    one.unlink(missing_ok=True)
    one.touch(mode=0o600)
    one.write_text(pem("PRIVATE KEY", private_der(case.files[keys[0]])) + certificate)
    (place / "keys.toml").write_text(f'[T01]\nsigning = "file:{one}"\nencryption = "file:{one}"\n')
    return True


# -- the services of the standard ------------------------------------------------------------------------

_SERVED = {"raw": "bare-signature", "": "certificate"}
_SOF = {"valid": 1, "untrusted": -1, "expired": -2, "revoked": -3, "frozen": -4, "not-yet-valid": -5}
_BROAD = "invalid"  # anything else: its reasons say which
_UNKNOWN = "revocation-unknown"


async def fields_of(house: House, case: Case) -> dict[str, Any] | None:
    """`ca.verify`; the certificate stands beside every kind of signature."""
    operation = case.row.operation
    kind, _, members = _ASKED.get(operation, ("", (), {}))
    if not members or kind == "ofd":
        return None
    given = {name: case.files[one] for name, one in members.items()}
    certificate = given.pop("certificate", None) or signer_of(case)
    if certificate is None:
        return None
    fields: dict[str, Any] = {
        "requestNo": secrets.token_hex(6), "verifyKind": _SERVED.get(kind, kind), "usage": "sign",
        "atTime": wall(house.at), "revocationRequired": True, "certificate": await house.kept(certificate),
    }  # fmt: skip
    for name, mine in (("signature", "signature"), ("data", "original")):
        if name in given:
            fields[mine] = await house.kept(given[name])
    return fields


def signer_of(case: Case) -> bytes | None:
    """Who signed, as whoever reads it finds."""
    found = OPERATIONS[case.asked["operation"]](Desk(case))
    return found.verdict.signer if isinstance(found, Recognition) else found.signer


def envelope(house: House, service: str, fields: Mapping[str, Any], to: str) -> dict[str, Any]:
    head = {
        "ver": "1", "realm": "sandbox", "from": "T01", "msgId": secrets.token_hex(8), "msgType": service,
        "time": wall(house.world.clock()), "nonce": secrets.token_hex(8), **({"to": to} if to else {}),
    }  # fmt: skip
    return sign({"head": head, "body": {"fields": dict(fields)}}, house.world.keys["T01"])


async def served(house: House, service: str, fields: Mapping[str, Any], to: str = "") -> tuple[int, Any]:
    raw = dumped(envelope(house, service, fields, to))
    url = f"{house.world.url}/v1/services/{service}"
    async with house.world.http.post(url, data=raw, headers={"Content-Type": "application/json"}) as reply:
        return reply.status, await reply.json(content_type=None)


async def soaped(house: House, service: str, fields: Mapping[str, Any]) -> tuple[int, Any]:
    """The same answer as `served` has, out of its elements."""
    raw = wrapped(envelope(house, service, fields, ""), SOAP12, "requestService")
    url, headers = f"{house.world.url}/soap", {"Content-Type": media(SOAP12)}
    async with house.world.http.post(url, data=raw, headers=headers) as reply:
        told = await reply.read()
        if reply.status != 200:
            return reply.status, {"code": read_fault(told)[0]}
    root = etree.fromstring(told)
    return 200, {"body": json.loads(root.findtext(f".//{q('content')}") or "{}")}


async def service(house: House, case: Case) -> Said | None:
    fields = await fields_of(house, case)
    return None if fields is None else answered(*await served(house, "ca.verify", fields))


async def soap(house: House, case: Case) -> Said | None:
    fields = await fields_of(house, case)
    return None if fields is None else answered(*await soaped(house, "ca.verify", fields))


def answered(status: int, said: Mapping[str, Any]) -> Said:
    data = said.get("body") or {}
    if said.get("code") == f"ca.{_UNKNOWN}":
        return concluded([_UNKNOWN])  # the error has the same name as the reason
    if status != 200 or "verdict" not in data:
        return Said(REFUSED, None, frozenset((str(said.get("code")),)))
    verdict, told = str(data["verdict"]), data.get("reasons") or []
    grave = "warning" if verdict == VALID else "error"
    codes = [_reason(one["code"]) for one in told if one.get("severity") == grave]
    if verdict == VALID:
        return Said(NOTE if codes else VALID, 1, frozenset(codes))
    if verdict == _BROAD and codes and set(codes) <= set(REASONS):
        return Said(INVALID, concluded(codes).sof, frozenset(codes))
    return Said(INVALID, _SOF.get(verdict), frozenset(codes))


def _reason(code: str) -> str:
    """`certificate.expired`; the standard's own word for a value that does not hold is `signature.value`."""
    return "signature" if code == "signature.value" else code.rpartition(".")[2]


async def status(house: House, case: Case) -> Said | None:
    """`ca.status`: of revocation alone."""
    if case.row.operation != "ValidateCert":
        return None
    fields = reference(case)
    return None if fields is None else stated(*await served(house, "ca.status", {"certificate": fields}))


def reference(case: Case) -> dict[str, Any] | None:
    raw = case.files["certificate.der"]
    one = certificate_of(raw)
    if one is None:
        return None
    from simulators.systems.material import digest_of

    return {
        "caId": case.row.object.partition("/")[0], "issuer": str(one.issuer), "serialNo": f"{one.serial:X}",
        "digest": digest_of(raw), "medium": "token", "usage": "sign",
        "notBefore": wall(one.not_before), "notAfter": wall(one.not_after),
    }  # fmt: skip


def stated(code: int, said: Mapping[str, Any]) -> Said:
    data = said.get("body") or {}
    if code != 200:
        return Said(REFUSED, None, frozenset((str(said.get("code")),)))
    word = str(data["status"])
    if word == "good":
        return Said(VALID, 1, frozenset())
    if word == "unknown":
        return concluded([_UNKNOWN])
    return Said(INVALID, _SOF.get(word), frozenset((word,)))


# -- stamps made on the way ------------------------------------------------------------------------------

STAMPED = ("stamp-good", "stamp-altered")


async def stamped(
    house: House, case: Case, ask: Callable[..., Awaitable[tuple[int, Any]]], *to: str
) -> bytes | None:
    """A token of `tsa.stamp` over what the case's own token is about; None where none was made."""
    fields = {
        "requestNo": secrets.token_hex(6), "digest": digest(CONTENT).hex(), "digestAlgorithm": "01",
        "nonce": str(secrets.randbits(60)), "certIncluded": True,
    }  # fmt: skip
    for _ in range(PATIENCE):  # half a second for all of it, and this machine may be busy
        again = fields | {"requestNo": secrets.token_hex(6)}
        status, said = await ask(house, "tsa.stamp", again, *to)
        if status == 200:
            file = await house.hub._parts.enclosures.beside("T01", said["body"]["token"], [1 << 20])
            return base64.b64decode(file["data"])
    return None


# -- the gateways of CAs ------------------------------------------------------------------------------------

_OPERATIONS = {"": "certificate"}


async def gateway(house: House, case: Case, ident: str) -> Said | None:
    kind, names, members = _ASKED.get(case.row.operation, ("", (), {}))
    if not names:
        return None
    given = {name: case.files[one] for name, one in members.items()}
    gateways = house.hub.ca.gateways
    question = GatewayQuestion(
        _OPERATIONS.get(kind, kind),
        given.get("certificate", b""),
        given.get("data", b""),
        given.get("signature", b""),
    )
    word = (await gateways.ask(gateways.of(ident), ident, question)).word
    if word.kind != "answered":
        return Said(REFUSED, None, frozenset((word.code,)))
    reasons = frozenset(word.reasons) or None
    return Said(VALID if word.sof == 1 else INVALID, word.sof, frozenset() if word.sof == 1 else reasons)


async def dialect(house: House, case: Case, ident: str) -> Said | None:
    """`ca.verify` through the CA's dialect; the hub has no list yet and therefore no word of its own."""
    fields = await fields_of(house, case)
    if fields is None:
        return None
    for _ in range(PATIENCE):  # the service has two seconds, and this machine may be busy
        code, said = await served(house, "ca.verify", fields | {"requestNo": secrets.token_hex(6)}, ident)
        if said.get("code") != "upstream.timeout":
            break
    return answered(code, said)
