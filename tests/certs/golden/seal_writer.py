"""A second hand that writes seals: asn1crypto for the structures, gmalg for SM2 and SM3.

Imports nothing of `certs`, so that what our reader takes and our writer makes can be laid beside it.
"""

# ruff: noqa: RUF012  fields of asn1crypto are class attributes
from __future__ import annotations

import random
from datetime import UTC, datetime

import gmalg
from asn1crypto import core, x509

SM2_SM3 = "1.2.156.10197.1.501"
_RANDOM = random.Random(38540)


class Header(core.Sequence):
    _fields = [("id", core.IA5String), ("version", core.Integer), ("vendor", core.IA5String)]


class Certificates(core.SequenceOf):
    _child_spec = core.OctetString


class CertDigest(core.Sequence):
    _fields = [("type", core.PrintableString), ("value", core.OctetString)]


class CertDigests(core.SequenceOf):
    _child_spec = CertDigest


class PropertyV1(core.Sequence):
    _fields = [("type", core.Integer), ("name", core.UTF8String), ("list", Certificates),
               ("made", core.UTCTime), ("begin", core.UTCTime), ("end", core.UTCTime)]  # fmt: skip


class PropertyV4(core.Sequence):
    _fields = [("type", core.Integer), ("name", core.UTF8String), ("list_type", core.Integer),
               ("list", core.Any), ("made", core.GeneralizedTime), ("begin", core.GeneralizedTime),
               ("end", core.GeneralizedTime)]  # fmt: skip


class PictureInfo(core.Sequence):
    _fields = [("type", core.IA5String), ("data", core.OctetString), ("width", core.Integer),
               ("height", core.Integer)]  # fmt: skip


class Extension(core.Sequence):
    _fields = [("id", core.ObjectIdentifier), ("critical", core.Boolean, {"default": False}),
               ("value", core.OctetString)]  # fmt: skip


class Extensions(core.SequenceOf):
    _child_spec = Extension


class Info(core.Sequence):
    _fields = [("header", Header), ("number", core.IA5String), ("property", core.Any),
               ("picture", PictureInfo), ("extensions", Extensions, {"optional": True})]  # fmt: skip


class MakerPart(core.Sequence):
    _fields = [("cert", core.OctetString), ("algorithm", core.ObjectIdentifier),
               ("value", core.OctetBitString)]  # fmt: skip


class MakerSigned(core.Sequence):
    _fields = [("info", Info), ("cert", core.OctetString), ("algorithm", core.ObjectIdentifier)]


class SealV1(core.Sequence):
    _fields = [("info", Info), ("sign", MakerPart)]


class SealV4(core.Sequence):
    _fields = [("info", Info), ("cert", core.OctetString), ("algorithm", core.ObjectIdentifier),
               ("value", core.OctetBitString),
               ("stamp", core.OctetBitString, {"explicit": 0, "optional": True})]  # fmt: skip


class TbsV1(core.Sequence):
    _fields = [("version", core.Integer), ("seal", core.Any), ("time", core.OctetBitString),
               ("hash", core.OctetBitString), ("about", core.IA5String), ("cert", core.OctetString),
               ("algorithm", core.ObjectIdentifier)]  # fmt: skip


class TbsV4(core.Sequence):
    _fields = [("version", core.Integer), ("seal", core.Any), ("time", core.GeneralizedTime),
               ("hash", core.OctetBitString), ("about", core.IA5String),
               ("extensions", Extensions, {"explicit": 0, "optional": True})]  # fmt: skip


class SignatureV1(core.Sequence):
    _fields = [("tbs", TbsV1), ("value", core.OctetBitString)]


class SignatureV4(core.Sequence):
    _fields = [("tbs", TbsV4), ("cert", core.OctetString), ("algorithm", core.ObjectIdentifier),
               ("value", core.OctetBitString),
               ("stamp", core.OctetBitString, {"explicit": 0, "optional": True})]  # fmt: skip


class RS(core.Sequence):
    _fields = [("r", core.Integer), ("s", core.Integer)]


def sm3(data: bytes) -> bytes:
    state = gmalg.SM3()
    state.update(data)
    return state.value()


def _sm2(private: bytes | None = None, public: bytes | None = None) -> gmalg.SM2:
    return gmalg.SM2(private, b"1234567812345678", public, rnd_fn=_RANDOM.getrandbits)


def sign(private: bytes, message: bytes) -> bytes:
    r, s = _sm2(private, _sm2().generate_pk(private)).sign(message)
    return RS({"r": int.from_bytes(r, "big"), "s": int.from_bytes(s, "big")}).dump()


def holds(certificate: bytes, message: bytes, value: bytes) -> bool:
    key = x509.Certificate.load(certificate)["tbs_certificate"]["subject_public_key_info"]["public_key"]
    pair = RS.load(value)
    r, s = (pair[name].native.to_bytes(32, "big") for name in ("r", "s"))
    return bool(_sm2(public=bytes(key)).verify(message, r, s))


def info(
    version: int,
    signers: list[bytes],
    picture: tuple[str, bytes, int, int],
    times: tuple[datetime, ...],
    *,
    digests: bool = False,
    extensions: list[tuple[str, bool, bytes]] | None = None,
) -> Info:
    made, begin, end = times
    common = {"type": 1, "name": "甘肃测试单位公章(沙箱)", "made": made, "begin": begin, "end": end}
    prop: core.Sequence
    if version < 4:
        prop = PropertyV1({**common, "list": signers})
    elif digests:
        rows = CertDigests([{"type": "SM3", "value": sm3(one)} for one in signers])
        prop = PropertyV4({**common, "list_type": 2, "list": rows})
    else:
        prop = PropertyV4({**common, "list_type": 1, "list": Certificates(signers)})
    kind, data, width, height = picture
    fields = {
        "header": {"id": "ES", "version": version, "vendor": "HUTONG"},
        "number": "62010000000001",
        "property": prop,
        "picture": {"type": kind, "data": data, "width": width, "height": height},
    }
    if extensions:
        fields["extensions"] = [{"id": i, "critical": c, "value": v} for i, c, v in extensions]
    return Info(fields)


def seal(version: int, private: bytes, certificate: bytes, about: Info, stamp: bytes | None = None) -> bytes:
    if version < 4:
        signed = MakerSigned({"info": about, "cert": certificate, "algorithm": SM2_SM3}).dump()
        part = {"cert": certificate, "algorithm": SM2_SM3, "value": sign(private, signed)}
        return SealV1({"info": about, "sign": part}).dump()
    fields = {"info": about, "cert": certificate, "algorithm": SM2_SM3, "value": sign(private, about.dump())}
    return SealV4(fields if stamp is None else {**fields, "stamp": stamp}).dump()


def signature(version: int, made: bytes, private: bytes, certificate: bytes, digest: bytes, time: datetime,
              stamp: bytes | None = None) -> bytes:  # fmt: skip
    fields = {"version": version, "seal": core.Any.load(made), "hash": digest, "about": "/"}
    if version < 4:
        when = core.UTCTime(time.astimezone(UTC)).dump()
        tbs = TbsV1({**fields, "time": when, "cert": certificate, "algorithm": SM2_SM3})
        return SignatureV1({"tbs": tbs, "value": sign(private, tbs.dump())}).dump()
    tbs = TbsV4({**fields, "time": time})
    whole = {"tbs": tbs, "cert": certificate, "algorithm": SM2_SM3, "value": sign(private, tbs.dump())}
    return SignatureV4(whole if stamp is None else {**whole, "stamp": stamp}).dump()
