"""Altered envelopes, as many as asked for: none may crash, none may give other content than was sealed.

`run(count, seed)` gives what went wrong, nothing if nothing did; a bench can ask for 10^5.
`python -m tests.certs.envelope.mutations 100000` prints it.
"""

from __future__ import annotations

import random
import sys
from collections import Counter
from functools import cache

from certs.cms import read_signed, sign
from certs.envelope import oids as envelope_oids
from certs.envelope import open_envelope, open_share, seal_envelope
from certs.envelope.enveloped import read_enveloped
from certs.envelope.signed_inside import seal_signed_and_enveloped
from certs.model.der import MalformedError
from certs.trust import Revocation, Trust
from tests.certs.cms.worlds import NOW
from tests.certs.envelope.worlds import CONTENT, world
from tests.certs.golden import envelope_writer


@cache
def samples() -> tuple[tuple[str, bytes], ...]:
    """One of each kind; the last ones come from a second hand, whose root is trusted too."""
    w = world()
    recipients = w.recipients
    ours = {
        f"{model} {cipher} {arc}": seal_envelope(
            CONTENT, recipients, w.signer, trust=None, at=NOW, model=model, cipher=cipher, arc=arc
        )
        for model in ("any-of", "all-of")
        for cipher, arc in (("sm4-cbc", "sm2"), ("sm4-gcm", "rsa"), ("aes-256-cbc", "rsa"))
    }
    ours["inside"] = seal_signed_and_enveloped(CONTENT, recipients, w.signer)
    ours["inside with attributes"] = seal_signed_and_enveloped(CONTENT, recipients, w.signer, time=NOW)
    return tuple(ours.items())


def mutated(raw: bytes, source: random.Random) -> bytes:
    """One to three small changes: a bit, a byte, a piece cut, doubled, swapped, or filled."""
    data = bytearray(raw)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        at = source.randrange(len(data))
        size = source.choice((1, 2, 4, 16, 64))
        match source.randrange(7):
            case 0:
                data[at] ^= 1 << source.randrange(8)
            case 1:
                data[at] = source.randrange(256)
            case 2:
                del data[at : at + size]
            case 3:
                data[at:at] = data[at : at + size]
            case 4:
                other = source.randrange(len(data))
                data[at : at + size], data[other : other + size] = (
                    data[other : other + size],
                    data[at : at + size],
                )
            case 5:
                data[at : at + size] = bytes((source.choice((0, 255)),)) * size
            case _:
                data[at] = source.choice((0x30, 0x31, 0x04, 0x24, 0x80, 0xA0, 0x84, 0x1F))
        if not data:
            return b""
    return bytes(data)


def run(count: int, seed: int) -> list[str]:
    """What went wrong in so many: altered whole, signed again by another or by the sender, read alone."""
    source, wrong = random.Random(seed), []
    for number in range(count):
        name, raw = samples()[source.randrange(len(samples()))]
        if number % 4 == 0 or name.startswith("inside"):
            found = _whole(mutated(raw, source), raw)
        elif number % 4 == 1:
            found = _again(raw, source)
        elif number % 4 == 2:
            found = _hostile(mutated(read_signed(raw).content or b"", source))
        else:
            found = _alone(mutated(read_signed(raw).content or b"", source))
        wrong += [f"{name}, {number}: {found}"] if found else []
    return wrong


def _whole(data: bytes, raw: bytes) -> str:
    """Altered under a signature that was made before: other content never, and never a fault of ours."""
    w = world()
    found = open_envelope(data, w.holders, trust=w.trust, at=NOW)
    if found.content not in (None, CONTENT) or found.verdict.ok != (found.content is not None):
        return "other content"
    if any(reason.code == "internal" for reason in found.verdict.reasons):
        return str(found.verdict.reasons[0])
    share = open_share(data, w.holders[0], trust=w.trust, at=NOW)
    return "a fault of ours" if any(one.code == "internal" for one in share.verdict.reasons) else ""


def _again(raw: bytes, source: random.Random) -> str:
    """Altered, then signed by somebody who is trusted, with the binding copied: it must not hold."""
    w = world()
    signed = read_signed(raw)
    content = mutated(signed.content or b"", source)
    attribute = signed.signers[0].attributes[envelope_oids.BINDING][0]
    data = sign(content, w.thief, attributes={envelope_oids.BINDING: attribute}, time=NOW)
    found = open_envelope(data, w.holders, trust=_easy(), at=NOW, bound=True)
    if found.content is not None or found.verdict.ok:
        return "opened under another's signature"
    return str(found.verdict.reasons[0]) if found.verdict.reasons[0].code == "internal" else ""


def _hostile(content: bytes) -> str:
    """Altered by the sender itself: what opens is its own affair, but nothing breaks."""
    w = world()
    found = open_envelope(sign(content, w.signer, time=NOW), w.holders, trust=_easy(), at=NOW)
    return "a fault of ours" if any(one.code == "internal" for one in found.verdict.reasons) else ""


@cache
def _easy() -> Trust:
    w = world()
    return Trust(w.trust.anchors, Revocation.IGNORED)


def _alone(data: bytes) -> str:
    try:
        read_enveloped(data)
    except MalformedError:
        return ""
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def golden(count: int, seed: int) -> list[str]:
    """The same with the forms of a second hand."""
    from certs.keys.held import HeldKey

    source, wrong = random.Random(seed), []
    forms = list(envelope_writer.all_forms(seed))
    for number in range(count):
        name, _, raw, root, holders = forms[source.randrange(len(forms))]
        keys = [
            HeldKey("rsa-sha256" if one == "rsa" else "sm2-sm3", holder.private, holder.party.certificate)
            for one, holder in holders.items()
        ]
        found = open_envelope(mutated(raw, source), keys, trust=Trust((root,), Revocation.IGNORED), at=NOW)
        codes = {reason.code for reason in found.verdict.reasons}
        if found.content not in (None, envelope_writer.CONTENT) or "internal" in codes:
            wrong.append(f"{name}, {number}: {found.verdict.sentence('en')}")
    return wrong


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    wrong = run(count, random.randrange(1 << 60)) + golden(count // 4, random.randrange(1 << 60))
    for line, times in Counter(wrong).most_common(20):
        print(times, line)
    print(f"{count + count // 4} altered envelopes, {len(wrong)} wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
