"""Judging a bid that is being delivered: signature, recipients, digest; all findings at once, in a thread.

What is judged here is judged for good. At the opening nobody asks a CA any more, so everything the signature
rests on (its chain, how its standing was known, at which moment) goes into the evidence that is kept.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from certs.algorithms.digest import digest
from certs.cms import read_signed
from certs.envelope import Examined, examine
from certs.envelope.keys import certificate_of, matches
from certs.envelope.recipient import Recipient
from certs.keys.port import DecryptionKey
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.recognition import Recognition
from certs.trust import ENCIPHERING, SIGNING
from certs.verdict import Judgement, Moment, Reason
from hub.bids.delivery import (
    ALL_OF,
    ALONE,
    DIGEST,
    ENCRYPTED,
    MODELS,
    PLATFORM,
    SIGNATURE,
    WITHDRAW,
    Delivery,
    Judged,
    Said,
    finding,
)
from hub.bids.file import BidFile, NoBidFileError, read_bid
from hub.bids.parts import covered, sealed_part
from hub.ca.judges import Judges
from hub.files.cipher import DamagedFileError
from hub.files.name import Name
from hub.files.shelf import Shelf

_BROUGHT = 8


@dataclass(frozen=True, slots=True)
class Judge:
    """`file_of` gives the octets of a small file the sender has sent (a certificate), or None."""

    judges: Judges
    shelf: Shelf
    key: DecryptionKey
    at: datetime
    file_of: Callable[[str], bytes | None]

    def judge(self, one: Delivery, known_signer: bytes | None = None) -> Judged:
        """`known_signer`: of a withdrawal, who had delivered what is taken back."""
        if one.step == WITHDRAW:
            return self._taken_back(one, known_signer or b"")
        try:
            name = Name.of(str(one.file.get("digest")))
            file = None if name is None else read_bid(self.shelf, name)
        except NoBidFileError as error:
            return Judged(
                (finding(ENCRYPTED, "bidFile", "数字信封", str(error), "超过 16 MiB 的用流式信封"),)
            )
        except (DamagedFileError, OSError):
            file = None
        if file is None:
            return Judged((finding(DIGEST, "bidFile/digest", "已上传的文件", "", "重新上传投标文件"),))
        said = Said()
        seen = self._examined(file)
        said.judged(seen.verdict, "bidFile", _code)
        who = self._signer(one, seen.verdict.signer)
        if who is not None:
            said.judged(who.verdict, "signature", lambda _: SIGNATURE)
        if seen.outside is not None:
            self._model(seen, one, said)
            self._recipients(seen, one, said)
        return Judged(tuple(said.findings), said.open, seen.verdict.chain, self._kept(seen, who))

    def brought(self, one: Delivery) -> tuple[bytes, ...]:
        """The certificates in a bid's file, the signer's among them; none where it cannot be read."""
        try:
            name = Name.of(str(one.file.get("digest")))
            return (
                () if name is None else read_signed(read_bid(self.shelf, name).head).certificates[:_BROUGHT]
            )
        except (NoBidFileError, DamagedFileError, MalformedError, OSError):
            return ()

    def _examined(self, file: BidFile) -> Examined:
        mode = self.judges.belief.policy.revocation["signing"]
        return examine(file.head, file.ciphertext, trust=self.judges.trust(mode), at=Moment(self.at, "clock"))

    def _signer(self, one: Delivery, certificate: bytes | None) -> Recognition | None:
        """Whose signature the message brings: of the same certificate, over the digest, of this bidder."""
        if certificate is None:
            return None
        mode = self.judges.belief.policy.revocation["signing"]
        return self.judges.recogniser(mode).verify_message(
            one.signed, _octets(one.signature.get("value")), certificate, at=Moment(self.at, "clock"),
            purpose=SIGNING, expected_subject=str(one.bidder.get("code")),
        )  # fmt: skip

    def _taken_back(self, one: Delivery, certificate: bytes) -> Judged:
        said, who = Said(), self._signer(one, certificate)
        if who is not None:
            said.judged(who.verdict, "signature", lambda _: SIGNATURE)
        return Judged(tuple(said.findings), said.open, (), self._who(who))

    def _model(self, seen: Examined, one: Delivery, said: Said) -> None:
        model = str(seen.verdict.facts.get("model"))
        if model != MODELS.get(one.model):
            said.wrong(ENCRYPTED, "envelopeModel", one.model, model, "按所报解密模式封装")

    def _recipients(self, seen: Examined, one: Delivery, said: Said) -> None:
        """The platform's key for bids is among them, and everybody else is the bidder's own."""
        certificate = certificate_of(self.key)
        mine = [who for who in seen.recipients if certificate is not None and who.is_for(certificate)]
        if one.model == ALONE:
            self._alone(seen, bool(mine), one, said)
            return
        if len(mine) != 1 or not matches(Judgement(), mine, [self.key]):
            advice = "向 GET /v1/ca/platform 的 bids 证书加密,一次且仅一次"
            said.wrong(ENCRYPTED, "recipients", "平台收标证书", str(len(mine)), advice)
            return
        others = [who for who in seen.recipients if who is not mine[0]]
        most = 0 if one.model == PLATFORM else 1
        if len(others) > most or (one.model == ALL_OF and not others):
            expected = f"平台与投标人,至多 {most + 1} 份"
            said.wrong(ENCRYPTED, "recipients", expected, str(len(others) + 1), "仅向平台与投标人加密")
            return
        for who in others:
            self._other(who, one, said)

    def _alone(self, seen: Examined, platform: bool, one: Delivery, said: Said) -> None:
        """Sealed to the bidder and to nobody else: it brings the key itself once the opening has begun."""
        if platform or len(seen.recipients) != 1:
            told = "平台" if platform else str(len(seen.recipients))
            said.wrong(
                ENCRYPTED, "recipients", "仅投标人", told, "bidder-key 仅向投标人自己加密,一次且仅一次"
            )
            return
        self._other(seen.recipients[0], one, said)

    def _other(self, who: Recipient, one: Delivery, said: Said) -> None:
        """A certificate the bidder names and has sent: good for enciphering, and the bidder's."""
        known = [raw for row in one.recipients if (raw := self.file_of(str(row.get("digest")))) is not None]
        own = next((raw for raw in known if _is_for(who, raw)), None)
        if own is None:
            advice = "在 recipients 中写明其加密证书,并先以 PUT /v1/files/{digest} 上传该证书"
            said.wrong(ENCRYPTED, "recipients", "已上传的加密证书", str(who)[:80], advice)
            return
        mode = self.judges.belief.policy.revocation["signing"]
        found = self.judges.recogniser(mode).recognise(
            own, at=Moment(self.at, "clock"), purpose=ENCIPHERING,
            expected_subject=str(one.bidder.get("code")),
        )  # fmt: skip
        said.judged(found.verdict, "recipients", lambda _: ENCRYPTED)

    def _kept(self, seen: Examined, who: Recognition | None) -> dict[str, Any]:
        binding = seen.outside.binding if seen.outside is not None else None
        parts = seen.outside.envelope.shares if seen.outside is not None else ()
        return {
            **self._who(who),
            "signer": base64.b64encode(seen.verdict.signer or b"").decode("ascii"),
            "chain": [base64.b64encode(one).decode("ascii") for one in seen.verdict.chain],
            "binding": "" if binding is None else binding.hex(),
            "covered": "" if seen.outside is None else covered(seen.outside).hex(),
            "keySize": 0 if seen.cipher is None else seen.cipher.cipher.key_size,
            "recipients": [str(one) for one in seen.recipients],
            "share": sealed_part(parts, certificate_of(self.key)),
            "platform": f"sm3:{digest(self.key.certificate).hex()}",
            "checks": [one.as_dict() for one in seen.verdict.checks],
        }

    def _who(self, who: Recognition | None) -> dict[str, Any]:
        belief = self.judges.belief
        return {
            "ca": "" if who is None or who.ca is None else who.ca.id,
            "recognition": [] if who is None else [one.as_dict() for one in who.verdict.checks],
            "belief": dict(belief.digests),
        }


def _is_for(who: Recipient, raw: bytes) -> bool:
    try:
        return who.is_for(read_certificate(raw))
    except MalformedError:
        return False


def _code(reason: Reason) -> str:
    """Where the fault lies: in the signature (and whoever signed), in the envelope, or in what lies beside
    its head."""
    if (reason.code, reason.at) == ("digest", "ciphertext"):
        return DIGEST
    return ENCRYPTED if reason.code in _OF_ENVELOPES else SIGNATURE


_OF_ENVELOPES = frozenset(("malformed", "unsigned", "unbound", "no-content", "algorithm-unknown", "argument"))


def _octets(value: Any) -> bytes:
    try:
        return base64.b64decode(str(value), validate=True)
    except (binascii.Error, ValueError):
        return b""
