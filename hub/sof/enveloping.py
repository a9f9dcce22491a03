"""Envelopes: made for given certificates, opened with the application's own key and with no other.

What is opened is signed outside and its signer is judged first (`certs.envelope`); a bare ciphertext is not
deciphered at all, since answering on one would help whoever altered it.
"""

from __future__ import annotations

from collections.abc import Callable

from certs.algorithms import identifiers as ids
from certs.algorithms import rsa_encryption, sm2_encryption
from certs.algorithms.public_keys import load
from certs.envelope import EnvelopeError, RecipientsRefusedError, open_envelope, seal_envelope
from certs.envelope.sealing import judge_recipients
from certs.keys.port import OAEP_SHA256, KeyFailureError
from certs.model.certificate import read_certificate
from certs.trust import Trust
from certs.verdict import Moment, Verdict
from hub.ca.envelopes import brought
from hub.ca.judges import Judges
from hub.ca.of_bids import of_a_bid
from hub.sof.bench import Bench, Told
from hub.sof.call import Call
from hub.sof.certificate import CERTIFICATE, leaf_of
from hub.sof.items import b64
from hub.sof.refusing import (
    BAD_MESSAGE,
    ENCIPHERING,
    INPUT_LENGTH,
    NOT_SUPPORTED,
    OPENING,
    POLICY,
    RefusedError,
    error_of,
    judged,
)

MOST_BARE = 4096


async def encrypt(bench: Bench, call: Call) -> Told:
    return await _sealed(bench, call, "inData")


async def encrypt_file(bench: Bench, call: Call) -> Told:
    return await _sealed(bench, call, "inFile")


async def decrypt(bench: Bench, call: Call) -> Told:
    return await _opened(bench, call, "inData")


async def decrypt_file(bench: Bench, call: Call) -> Told:
    return await _opened(bench, call, "inFile")


async def _sealed(bench: Bench, call: Call, name: str) -> Told:
    judges = await _informed(bench, lambda: (leaf_of(call).raw,))

    def work() -> bytes:
        leaf = leaf_of(call).raw
        try:
            return seal_envelope(
                call.octets(name), [leaf], bench.pair().signing, trust=_trust(judges, "enciphering"),
                at=bench.now, random=bench.random,
            )  # fmt: skip
        except RecipientsRefusedError as error:
            raise _recipient(call, error.verdict) from error
        except (EnvelopeError, KeyFailureError) as error:
            raise RefusedError(
                ENCIPHERING, call.at(CERTIFICATE), "能收密钥的加密证书", str(error), "换用加密证书"
            ) from error

    return Told(b64(await bench.work(work)))


async def _opened(bench: Bench, call: Call, name: str) -> Told:
    judges = await _informed(bench, lambda: brought(call.octets(name)))

    def work() -> Told:
        trust, at, raw = _trust(judges, "signing"), Moment(bench.now, "clock"), call.octets(name)
        pair = bench.pair()
        if of_a_bid(bench.platform.open().bids.certificate, raw, trust, at):
            raise RefusedError(
                POLICY,
                call.at(name),
                "不是投标信封的数字信封",
                "也封给了收标证书",
                "投标信封只在开标时由开标服务打开",
            )
        found = open_envelope(raw, [pair.encryption], trust=trust, at=at)
        if found.content is None:
            raise _unopened(call, name, found.verdict)
        return Told(b64(found.content), forgiven=found.verdict.forgiven)

    return await bench.work(work)


def _unopened(call: Call, name: str, verdict: Verdict) -> RefusedError:
    codes = [one.code for one in verdict.reasons]
    mine = "no-recipient" in codes
    error = OPENING if mine or "decryption" in codes else error_of(verdict.sof_code, codes)
    if "unsigned" in codes:
        error = BAD_MESSAGE
    advice = (
        "信封应发给 SOF_GetServerCertificate(2) 所答证书;投标信封只在开标时由开标服务打开"
        if mine
        else "信封外层应有有效签名,内容未改动"
    )
    return judged(error, call.at(name), "发给本应用加密证书、外层有有效签名的数字信封", verdict, advice)


async def public_encrypt(bench: Bench, call: Call) -> Told:
    """SM2 in the form of GB/T 35276, RSA with OAEP: for short texts, to a certificate that is good for it."""
    content = call.octets("inData")
    if not 0 < len(content) <= MOST_BARE:
        raise RefusedError(
            INPUT_LENGTH,
            call.at("inData"),
            f"1 至 {MOST_BARE} 字节",
            str(len(content)),
            "长的用 SOF_EncryptData",
        )
    judges = await _informed(bench, lambda: (leaf_of(call).raw,))

    def work() -> bytes:
        raw = leaf_of(call).raw
        verdict = judge_recipients([raw], trust=_trust(judges, "enciphering"), at=bench.now)
        if not verdict.ok:
            raise _recipient(call, verdict)
        key = load(read_certificate(raw).key)
        try:
            if key.family == ids.SM2:
                return sm2_encryption.encrypt(key.key, content)
            return rsa_encryption.encrypt(key.key, content, OAEP_SHA256)
        except ValueError as error:
            raise RefusedError(
                ENCIPHERING, call.at("inData"), "该公钥装得下的内容", str(error), "长的用 SOF_EncryptData"
            ) from error

    return Told(b64(await bench.work(work)))


async def refuse_bare(bench: Bench, call: Call) -> Told:
    raise RefusedError(
        NOT_SUPPORTED, call.function.name, "外层有签名的数字信封", "", "用 SOF_EncryptData、SOF_DecryptData"
    )


def _recipient(call: Call, verdict: Verdict) -> RefusedError:
    error = error_of(verdict.sof_code, (one.code for one in verdict.reasons))
    return judged(error, call.at(CERTIFICATE), "有效的加密证书", verdict, "换用对方现行的加密证书")


async def _informed(bench: Bench, parties: Callable[[], tuple[bytes, ...]]) -> Judges:
    """The judges, knowing what responders say of those concerned."""
    return await bench.desk.informed(bench.application, await bench.work(parties))


def _trust(judges: Judges, purpose: str) -> Trust:
    return judges.trust(judges.belief.policy.revocation[purpose])
