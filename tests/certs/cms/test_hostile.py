"""Messages made to cost much or to be read in two ways."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from certs.cms import oids, read_signed, sign, verify_cms
from certs.model import write as w
from certs.model.der import MalformedError
from certs.trust import Revocation, Trust
from tests.certs.cms.forged import CONTENT_TYPE, MESSAGE_DIGEST, attribute, forged, message, signer
from tests.certs.cms.worlds import CONTENT, NOW, codes, world
from tests.rows import each

AT = world("sm2-sm3")
KEY = AT.first
SIGNER = signer(KEY)
SMALL = w.sequence(w.integer(1))
FLOODS: dict[str, Callable[[], bytes]] = {
    "signers": lambda: message(*[SIGNER] * 101),
    "certificates": lambda: message(SIGNER, certificates=[w.sequence(w.integer(n)) for n in range(201)]),
    "lists": lambda: message(SIGNER, lists=w.implicit(1, w.set_of(*[SMALL] * 101))),
    "attributes": lambda: forged(KEY, [attribute(f"1.2.{n}", w.NULL) for n in range(101)]),
    "elements": lambda: message(lists=w.implicit(1, w.element(0x31, *[w.NULL] * 20_001))),
}
SHAPES = {
    "nothing": b"",
    "a number": w.integer(1),
    "other content": w.sequence(w.oid("1.2.840.113549.1.7.1"), w.explicit(0, w.octets(CONTENT))),
    "enveloped": w.sequence(w.oid("1.2.156.10197.6.1.4.2.3"), w.explicit(0, w.sequence())),
    "no content": w.sequence(w.oid(oids.SIGNED_DATA["sm2"])),
    "empty": w.sequence(w.oid(oids.SIGNED_DATA["sm2"]), w.explicit(0, w.sequence())),
    "two contents": message(SIGNER, inner=w.explicit(0, w.octets(b"a"), w.octets(b"b"))),
    "a bare content": message(SIGNER, inner=w.octets(CONTENT)),
    "certificates that are none": message(SIGNER, certificates=[w.octets(b"x")]),
    "signer of two parts": message(w.sequence(w.integer(1), w.sequence())),
    "signer without a name": message(signer(KEY, sid=w.octets(b"x"))),
    "attribute of one part": message(signer(KEY, [w.sequence(w.oid("1.2.3"))])),
    "attribute values in no set": message(signer(KEY, [w.sequence(w.oid("1.2.3"), w.NULL)])),
    "something behind the signature": message(signer(KEY, unsigned=w.octets(b"x"))),
}


@pytest.mark.parametrize("what", FLOODS)
def test_floods_are_refused(what: str) -> None:
    assert codes(AT.judge(FLOODS[what]())) == {"malformed"}


@each("what", SHAPES)
def test_shapes_are_refused(what: str) -> None:
    with pytest.raises(MalformedError):
        read_signed(SHAPES[what])
    verdict = AT.judge(SHAPES[what])
    assert codes(verdict) == {"malformed"} and verdict.sub_indication == "FORMAT_FAILURE"


def test_more_chains_than_anybody_needs_are_not_searched() -> None:
    people = [AT.sub.issue(f"评委{n}") for n in range(34)]
    verdict = AT.judge(sign(CONTENT, people), trust=Trust(AT.trust.anchors, Revocation.IGNORED))
    assert verdict.state == "indeterminate" and codes(verdict) == {"limit"}
    assert sum(check.outcome == "passed" for check in verdict.checks if check.name == "one-signer") == 32
    again = AT.judge(message(*[SIGNER] * 40, certificates=(KEY.certificate, *KEY.chain)))
    assert again.ok, "the same certificate is judged once"


def test_a_judge_that_breaks_is_never_valid() -> None:
    class Broken(Exception): ...

    def broken(*_: object, **__: object) -> object:
        raise Broken

    raw = sign(CONTENT, KEY, stamp=lambda _: SMALL)
    verdict = verify_cms(raw, trust=AT.trust, at=NOW, stamps=broken)  # type: ignore[arg-type]
    assert verdict.state == "indeterminate" and codes(verdict) == {"internal"}


def test_a_naive_time_is_utc_and_a_strange_word_asks_for_all() -> None:
    both = message(SIGNER, signer(AT.second, (CONTENT_TYPE,)), certificates=(KEY.certificate, *KEY.chain))
    assert AT.judge(both, which="any", at=NOW.replace(tzinfo=None)).ok
    assert not AT.judge(both, which="some").ok
    assert not AT.judge(both).ok
    assert MESSAGE_DIGEST in both
