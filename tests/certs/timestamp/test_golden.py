"""Against a second hand that writes the same structures with other tools."""

from __future__ import annotations

import gmalg
from asn1crypto import core, tsp, x509

import certs
from certs.model.certificate import read_certificate
from certs.timestamp import Accuracy, Digest, request, respond, stamp_time
from certs.timestamp.info import info
from certs.trust import Revocation, Trust
from tests.certs.golden import stamp_writer as golden
from tests.certs.golden.cms_writer import IDENTITY
from tests.certs.timestamp.world import DATA, NOW, POLICY, world

TOKEN, ROOT = (golden.HERE / name for name in ("sm2-token.der", "root.der"))


def test_the_files_are_what_the_writer_writes() -> None:
    for name, raw in golden.made().items():
        assert (golden.HERE / name).read_bytes() == raw, name


def test_an_sm2_token_of_the_second_hand_holds() -> None:
    trust = Trust((ROOT.read_bytes(),), Revocation.IF_KNOWN)
    verdict = certs.verify_timestamp(
        TOKEN.read_bytes(), golden.DATA, trust=trust, at=NOW, nonce=0xC0FFEE00C0FFEE, policy=golden.POLICY
    )
    assert verdict.ok, verdict.reasons
    assert stamp_time(verdict).at == golden.MADE
    assert not certs.verify_timestamp(TOKEN.read_bytes(), b"other", trust=trust, at=NOW).ok


def test_our_statement_and_request_are_theirs_byte_by_byte() -> None:
    authority = x509.Name.build({"country_name": "CN", "common_name": "时间戳"})
    for name in ("sm3", "sha256"):
        ours = info(
            Digest(name, golden.hashed(golden.DATA, name)), golden.POLICY, 4711, golden.MADE,
            Accuracy(1, 500, 20), True, 0xC0FFEE00C0FFEE, authority.dump(),
        )  # fmt: skip
        assert ours == golden.info(name=name, tsa=authority)
        imprint = {"hash_algorithm": golden.digest(name), "hashed_message": golden.hashed(DATA, name)}
        theirs = tsp.TimeStampReq(
            {"version": 1, "message_imprint": imprint, "req_policy": POLICY, "nonce": 5, "cert_req": True}
        )
        assert request(DATA, name, nonce=5, policy=POLICY) == theirs.dump()


def test_our_answers_are_read_by_theirs() -> None:
    w = world()
    answer = tsp.TimeStampResp.load(w.stamped(), strict=True)
    assert answer["status"]["status"].native == "granted"
    signed = answer["time_stamp_token"]["content"]
    stated = signed["encap_content_info"]["content"].parsed
    assert isinstance(stated, tsp.TSTInfo) and stated["serial_number"].native == 4711
    assert stated["tsa"].chosen.untag().dump() == read_certificate(w.tsa.certificate).subject.raw
    refused = core.load(respond(b"", w.tsa, at=NOW, serial=1, policy=POLICY), strict=True)
    status = tsp.PKIStatusInfo.load(refused.contents, strict=True)
    assert (status["status"].native, status["fail_info"].native) == ("rejection", {"bad_data_format"})


def test_our_sm2_value_holds_for_them() -> None:
    """OpenSSL only prints SM2 stamps; gmalg verifies what ours signed."""
    w = world("sm2-sm3")
    signed = tsp.TimeStampResp.load(w.stamped())["time_stamp_token"]["content"]
    signer = signed["signer_infos"][0]
    attributes = signer["signed_attrs"].untag().dump()
    value = core.SequenceOf.load(signer["signature"].native, spec=core.Integer)
    r, s = (int(one.native).to_bytes(32, "big") for one in value)
    public = gmalg.SM2(None, IDENTITY, w.tsa.public)
    assert public.verify(attributes, r, s)
    assert not public.verify(attributes + b"!", r, s)
    digests = {one["type"].native: one["values"] for one in signer["signed_attrs"]}
    content = signed["encap_content_info"]["content"].contents
    assert digests["message_digest"][0].native == golden.sm3(content)
