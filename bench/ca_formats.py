"""Formats judged by the piece, all different, signer and CA known as they are in service: certificates
read, signed data, seals, time stamps, envelopes. The worlds are those of the tests."""

from __future__ import annotations

from datetime import timedelta

from turns import Way

import certs
from certs.algorithms.digest import digest
from certs.model.certificate import read_certificate
from certs.timestamp import read_response
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import world as cms_world
from tests.certs.envelope.worlds import world as envelope_world
from tests.certs.seal import world as seals
from tests.certs.timestamp.world import NOW as STAMPED
from tests.certs.timestamp.world import world as stamp_world

PIECES = 20
_TEXTS = [f"投标文件 {at}".encode() * 100 for at in range(PIECES)]


def formats() -> list[Way]:
    return [_reading(), _signed("sm2-sm3"), _signed("rsa-sha256"), _seals(), _stamps(), _envelopes()]


def _reading() -> Way:
    ca = cms_world("sm2-sm3").sub
    raws = [ca.issue(f"读取 {at}").certificate for at in range(200)]
    read_certificate.__globals__["_kept"].cache_clear()
    fresh = read_certificate.__globals__["_read"]  # past what is remembered: the reading itself
    return Way("certificate read, extensions included", lambda raw: bool(fresh(raw).signature), raws)


def _signed(algorithm: str) -> Way:
    at = cms_world(algorithm)
    raws = [certs.sign_cms(text, at.first) for text in _TEXTS]
    return Way(f"CMS verify, {algorithm}, one signer, revocation", lambda raw: at.judge(raw).ok, raws)


def _seals() -> Way:
    made, trust = seals.seal(4), seals.trust()
    pieces = [(text, seals.sealed(made, digest=digest(text))) for text in _TEXTS]
    return Way(
        "seal verify, v4, signature and seal",
        lambda piece: certs.verify_seal(piece[1], piece[0], trust=trust, at=seals.NOW).ok,
        pieces,
    )


def _stamps() -> Way:
    at = stamp_world("sm2-sm3")
    trust = at.trust()
    pieces = [(text, read_response(at.stamped(text)).token or b"") for text in _TEXTS]
    later = STAMPED + timedelta(minutes=1)
    return Way(
        "time stamp verify, SM2",
        lambda piece: certs.verify_timestamp(piece[1], piece[0], trust=trust, at=later).ok,
        pieces,
    )


def _envelopes() -> Way:
    at = envelope_world()
    now = at.sm2.now
    lists = (at.sm2.crl(), at.rsa.crl())
    trust = Trust(at.trust.anchors, Revocation.REQUIRED, crls=lists)
    keys, holders = at.recipients, at.holders[:1]
    pieces = [certs.seal_envelope(text, keys, at.signer, trust=None, at=now) for text in _TEXTS]
    return Way(
        "envelope open, SM2 and SM4, signature outside",
        lambda raw: certs.open_envelope(raw, holders, trust=trust, at=now).verdict.ok,
        pieces,
    )
