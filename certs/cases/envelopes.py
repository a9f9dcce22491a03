"""Chapter `envelope`: to one of several, to all of several, signed outside or inside, or not at all."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count

from certs.algorithms import content_streams
from certs.algorithms.content_ciphers import chosen
from certs.cases.stage import CONTENT, SameEachTime, Stage, drawn
from certs.cases.table import Case, Row
from certs.cms import read_signed, sign
from certs.envelope import Style, oids, seal_envelope
from certs.envelope.binding import binding
from certs.envelope.sealing import Model
from certs.envelope.signed_inside import seal_signed_and_enveloped
from certs.envelope.transport import transport
from certs.keys.held import HeldKey
from certs.model import write as w
from certs.model.certificate import read_certificate

# (vendor, holder) of encryption certificates.
MINE, PLATFORM, THIRD = ("C03", "agency"), ("C04", "centre"), ("C01", "builder")
Whom = tuple[str, str]
_BY = SameEachTime()
STYLE = Style(sm2_by=_BY)


def key_of(stage: Stage, whom: Whom) -> HeldKey:
    return stage.vendor(whom[0]).encrypter(whom[1])


def held(stage: Stage, whom: Sequence[Whom]) -> dict[str, bytes]:
    """The private keys at hand, with their certificates."""
    out: dict[str, bytes] = {}
    for at, one in enumerate(whom):
        key = key_of(stage, one)
        out |= {f"key-{at}.key": key.private, f"key-{at}.der": key.certificate}
    return out


def sealed_for(
    stage: Stage, whom: Sequence[Whom], signer: HeldKey, model: Model = "any-of", style: Style = STYLE
) -> bytes:
    """An envelope whose chance is the world's."""
    calls = count()
    to = [key_of(stage, one).certificate for one in whom]
    return seal_envelope(
        CONTENT, to, signer, trust=None, at=stage.world.now, model=model, style=style,
        random=lambda size: drawn(stage, f"envelope/{next(calls)}", size),
    )  # fmt: skip


def opened_by(stage: Stage, row: Row, made: bytes, whom: Sequence[Whom], *, bound: bool = False) -> Case:
    files = {"envelope.p7": made, **held(stage, whom)}
    keys = {f"key-{at}": key_of(stage, one).algorithm for at, one in enumerate(whom)}
    return stage.case(row, files, keys=keys, bound=bound)


def _any_of(*by: Whom) -> Callable[[Stage, Row], Case]:
    def build(stage: Stage, row: Row) -> Case:
        made = sealed_for(stage, [MINE, PLATFORM], stage.bench.signer("builder"))
        return opened_by(stage, row, made, by, bound=True)

    return build


def _all_of(*by: Whom) -> Callable[[Stage, Row], Case]:
    def build(stage: Stage, row: Row) -> Case:
        made = sealed_for(stage, [MINE, PLATFORM], stage.bench.signer("builder"), "all-of")
        return opened_by(stage, row, made, by, bound=True)

    return build


def _unsigned(stage: Stage, row: Row) -> Case:
    made = read_signed(sealed_for(stage, [MINE], stage.bench.signer("builder"))).content or b""
    return opened_by(stage, row, made, [MINE])


def _signed_again(stage: Stage, row: Row) -> Case:
    """Somebody takes another's envelope and signs it as their own."""
    inner = read_signed(sealed_for(stage, [MINE], stage.bench.signer("builder"))).content or b""
    made = sign(inner, stage.bench.signer("supplier"), time=stage.world.now)
    return opened_by(stage, row, made, [MINE], bound=True)


def _inside(stage: Stage, row: Row) -> Case:
    calls = count()
    made = seal_signed_and_enveloped(
        CONTENT, [key_of(stage, MINE).certificate], stage.bench.signer("builder"), style=STYLE,
        random=lambda size: drawn(stage, f"inside/{next(calls)}", size),
    )  # fmt: skip
    return opened_by(stage, row, made, [MINE])


def _wrong_key(stage: Stage, row: Row) -> Case:
    """The certificate is the recipient's, the private key beside it is not."""
    made = sealed_for(stage, [MINE], stage.bench.signer("builder"))
    case = opened_by(stage, row, made, [MINE])
    other = key_of(stage, PLATFORM).private
    return replace(case, files={**case.files, "key-0.key": other})


def styled(style: Style) -> Callable[[Stage, Row], Case]:
    """As some kit writes it."""
    own = replace(style, sm2_by=_BY)

    def build(stage: Stage, row: Row) -> Case:
        made = sealed_for(stage, [MINE], stage.bench.signer("builder"), style=own)
        return opened_by(stage, row, made, [MINE])

    return build


def ciphered(identifier: Callable[[bytes], bytes], *, ecb: bool) -> Callable[[Stage, Row], Case]:
    """The content cipher named in a way of its own; `identifier` is made from the IV."""

    def build(stage: Stage, row: Row) -> Case:
        key, iv = drawn(stage, "cipher/key", 16), drawn(stage, "cipher/iv", 16)
        if ecb:
            ciphertext = _ecb(key, CONTENT)
        else:
            ciphertext, _ = content_streams.encrypt(chosen("sm4-cbc", iv), key, CONTENT)
        to = transport(key, read_certificate(key_of(stage, MINE).certificate), STYLE)
        inner = w.sequence(w.oid(oids.DATA["sm2"]), identifier(iv), w.implicit(0, w.octets(ciphertext)))
        body = w.sequence(w.integer(1), w.set_of(to), inner)
        whole = w.sequence(w.oid(oids.ENVELOPED["sm2"]), w.explicit(0, body))
        signer = stage.bench.signer("builder")
        tied = {oids.BINDING: w.octets(binding(key, signer.certificate, whole))}
        made = sign(whole, signer, time=stage.world.now, attributes=tied)
        return opened_by(stage, row, made, [MINE])

    return build


def _ecb(key: bytes, content: bytes) -> bytes:
    """Each block under CBC with an IV of zeros is that block under ECB."""
    size = 16 - len(content) % 16
    padded = content + bytes((size,)) * size
    zeros = chosen("sm4-cbc", bytes(16))
    blocks = (padded[at : at + 16] for at in range(0, len(padded), 16))
    return b"".join(content_streams.encrypt(zeros, key, one)[0][:16] for one in blocks)


BUILD: Mapping[str, Callable[[Stage, Row], Case]] = {
    "any-of/first": _any_of(MINE),
    "any-of/second": _any_of(PLATFORM),
    "any-of/stranger": _any_of(THIRD),
    "all-of/all": _all_of(MINE, PLATFORM),
    "all-of/one-missing": _all_of(MINE),
    "all-of/stranger": _all_of(THIRD),
    "unsigned": _unsigned,
    "signed-again": _signed_again,
    "signed-inside": _inside,
    "wrong-key": _wrong_key,
}
