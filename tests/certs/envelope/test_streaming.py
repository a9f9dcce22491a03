"""Large files: ciphertext beside a signed head, in pieces, and nothing released that was not signed."""

from __future__ import annotations

import io
import tracemalloc
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from certs.cms import read_signed, sign
from certs.envelope import RecipientsRefusedError, oids, open_envelope, open_share
from certs.envelope.sealing import seal_envelope
from certs.envelope.streaming import open_stream, seal_stream
from certs.trust import Revocation, Trust
from certs.verdict import Verdict
from tests.certs.cms.worlds import NOW, codes
from tests.certs.envelope.test_any_of import Watched, Wrong
from tests.certs.envelope.worlds import CONTENT, world

W = world()
PIECES = [CONTENT, b"", b"x" * 100_000, bytes(15)]


def seal(pieces: Any = PIECES, **asked: Any) -> tuple[bytes, bytes]:
    """Head and ciphertext."""
    out = io.BytesIO()
    asked = {"trust": W.trust, "at": NOW} | asked
    head = seal_stream(iter(pieces), out.write, asked.pop("recipients", W.recipients), W.signer, **asked)
    return head, out.getvalue()


def source(data: bytes, size: int = 4096) -> Callable[[], Iterator[bytes]]:
    return lambda: (data[at : at + size] for at in range(0, len(data), size))


def opened(head: bytes, ciphertext: bytes, **asked: Any) -> tuple[bytes, Verdict]:
    out = io.BytesIO()
    asked = {"trust": W.trust, "at": NOW} | asked
    verdict = open_stream(head, asked.pop("source", source(ciphertext)), out.write, **asked)
    return out.getvalue(), verdict


@pytest.mark.parametrize("cipher", ["sm4-cbc", "sm4-gcm", "aes-256-cbc"])
@pytest.mark.parametrize("arc", ["sm2", "rsa"])
def test_each_holder_opens_what_was_sealed(cipher: str, arc: str) -> None:
    head, ciphertext = seal(cipher=cipher, arc=arc)
    assert len(head) < 8000
    for key in W.holders:
        content, verdict = opened(head, ciphertext, keys=[key])
        assert verdict.ok, verdict.sentence("en")
        assert content == b"".join(PIECES)
        assert verdict.signer == W.signer.certificate
    assert opened(head, ciphertext, keys=[W.stranger])[0] == b""
    assert codes(opened(head, ciphertext, keys=[W.stranger])[1]) == {"no-recipient"}


def test_all_holders_by_keys_by_shares_and_mixed() -> None:
    head, ciphertext = seal(model="all-of")
    shares = [open_share(head, key, trust=W.trust, at=NOW).share for key in W.holders]
    for asked in (
        {"keys": W.holders},
        {"shares": shares[::-1]},
        {"keys": W.holders[:1], "shares": shares[1:]},
    ):
        content, verdict = opened(head, ciphertext, **asked)
        assert (content, verdict.ok) == (b"".join(PIECES), True)
    content, verdict = opened(head, ciphertext, keys=W.holders[:2])
    assert (content, codes(verdict)) == (b"", {"shares"})


def test_nothing_is_released_unless_it_was_signed() -> None:
    head, ciphertext = seal()
    watched = [Watched(W.holders[0])]
    for wrong in (b"", ciphertext[:-1], ciphertext + b"\0", bytes((ciphertext[0] ^ 1,)) + ciphertext[1:]):
        content, verdict = opened(head, wrong, keys=W.holders)
        assert (content, codes(verdict)) == (b"", {"digest"})
    _, verdict = opened(head, ciphertext, keys=watched, trust=Trust((), Revocation.IGNORED))
    assert codes(verdict) == {"no-path"}
    assert codes(opened(read_signed(head).content or b"", ciphertext, keys=watched)[1]) == {"unsigned"}


def test_a_wrong_key_releases_nothing() -> None:
    head, ciphertext = seal()
    for key in (
        Wrong(W.holders[0], bytes(16)),
        Wrong(W.holders[0], None),
        replace(W.holders[0], private=bytes(31) + b"\7"),
    ):
        content, verdict = opened(head, ciphertext, keys=[key])
        assert (content, [str(one) for one in verdict.reasons]) == (b"", ["decryption"])


def test_a_ciphertext_that_changes_between_the_readings_is_told() -> None:
    head, ciphertext = seal()
    readings = iter((ciphertext, bytes((ciphertext[0] ^ 1,)) + ciphertext[1:]))
    _, verdict = opened(head, b"", keys=W.holders, source=lambda: iter([next(readings)]))
    assert codes(verdict) == {"digest"}
    gone = iter((ciphertext, b""))
    _, verdict = opened(head, b"", keys=W.holders, source=lambda: iter([next(gone)]))
    assert codes(verdict) == {"decryption"}


def test_a_source_that_fails_is_no_answer() -> None:
    head, _ = seal()

    def broken() -> Iterator[bytes]:
        raise OSError("disk")
        yield b""

    assert opened(head, b"", keys=W.holders, source=broken)[1].state == "indeterminate"


def test_a_head_signed_again_by_somebody_else_does_not_open() -> None:
    head, ciphertext = seal()
    signed = read_signed(head)
    copied = {kind: signed.signers[0].attributes[kind][0] for kind in (oids.BINDING, oids.DETACHED)}
    stolen = sign(signed.content or b"", W.thief, attributes=copied, time=NOW)
    content, verdict = opened(stolen, ciphertext, keys=W.holders)
    assert (content, codes(verdict)) == (b"", {"decryption"})
    unbound = sign(
        signed.content or b"", W.thief, attributes={oids.DETACHED: copied[oids.DETACHED]}, time=NOW
    )
    assert codes(opened(unbound, ciphertext, keys=W.holders)[1]) == {"unbound"}


def test_a_head_alone_and_a_whole_envelope_are_told_apart() -> None:
    _, ciphertext = seal()
    for model in ("any-of", "all-of"):
        found = open_envelope(seal(model=model)[0], W.holders, trust=W.trust, at=NOW)
        assert (found.content, codes(found.verdict)) == (None, {"no-content"})
    whole = seal_envelope(CONTENT, W.recipients, W.signer, trust=W.trust, at=NOW)
    assert codes(opened(whole, ciphertext, keys=W.holders)[1]) == {"malformed"}


def test_recipients_are_judged_here_too() -> None:
    with pytest.raises(RecipientsRefusedError):
        seal(recipients=[W.signer.certificate])


def test_memory_does_not_grow_with_the_file() -> None:
    piece, count, limit = bytes(1 << 20), 48, 12 << 20
    kept = []

    class File:
        """48 MiB of ciphertext that is made again instead of kept."""

        def write(self, data: bytes) -> None:
            kept.append(len(data))

    tracemalloc.start()
    seal_stream((piece for _ in range(count)), File().write, W.recipients, W.signer, trust=None, at=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert sum(kept) == (count << 20) + 16
    assert peak < limit
    small, ciphertext = seal([piece] * 4)
    sizes: list[int] = []
    open_stream(
        small,
        source(ciphertext, 1 << 20),
        lambda data: sizes.append(len(data)),
        keys=W.holders[:1],
        trust=W.trust,
        at=NOW,
    )
    assert (sum(sizes), max(sizes) <= (1 << 20) + 16) == (4 << 20, True)
