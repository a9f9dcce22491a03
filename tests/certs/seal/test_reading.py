"""Seals as vendors write them: what is forgiven is noted and changes nothing, the rest stops at the door."""

from __future__ import annotations

from dataclasses import replace

import pytest

from certs.algorithms.digest import digest
from certs.model import write
from certs.model.der import MalformedError
from certs.seal import read_seal, read_signature, verify_seal
from certs.seal.make import ALGORITHMS
from certs.trust import Revocation, Trust
from tests.certs.seal import world as w
from tests.rows import each

OID = write.oid(ALGORITHMS["sm2-sm3"])


def info(
    *,
    text: object = write.ia5,
    name: bytes = b"",
    extensions: bytes = b"",
    signers: bytes = b"",
    header: bytes = b"",
    times: bytes = b"",
) -> bytes:
    """The info of a seal of version 4, with single elements written otherwise."""
    say = text
    day = write.generalized_time
    assert callable(say)
    return write.sequence(
        header or write.sequence(say("ES"), write.integer(4), say("V")),
        say("1"),
        write.sequence(
            write.integer(1),
            name or write.utf8("章"),
            write.integer(1),
            signers or write.sequence(write.octets(w.signer().certificate)),
            times or day(w.NOW - w.DAY) + day(w.NOW - w.DAY) + day(w.NOW + w.DAY),
        ),
        write.sequence(say("png"), write.octets(w.PICTURE.data), write.integer(40), write.integer(40)),
        extensions,
    )


def seal(about: bytes, wrap: object = write.bits) -> bytes:
    assert callable(wrap)
    return write.sequence(about, write.octets(w.maker().certificate), OID, wrap(w.maker().sign(about)))


def judged(made: bytes, **different: object) -> tuple[set[str], set[str]]:
    verdict = verify_seal(w.sealed(made, **different), w.DOCUMENT, trust=w.trust(), at=w.NOW)
    return {one.code for one in verdict.reasons}, {one.detail for one in verdict.forgiven}


EXTENSION = write.sequence(write.oid("1.2.3"), write.octets(b"x"))


@each(
    ("made", "note"),
    [
        (seal(info()), None),
        (seal(info(text=write.utf8)), "string-type"),
        (seal(info(text=write.printable)), "string-type"),
        (seal(info(name=write.element(0x1E, "章".encode("utf-16-be")))), "string-type"),
        (seal(info(name=write.element(0x0C, "章".encode("gb18030")))), "text-against-its-type"),
        (seal(info(), write.octets), "octets-for-bits"),
        (seal(info(signers=write.sequence(write.sequence(write.octets(w.signer().certificate))))),
         "list-nested"),
        (seal(info(extensions=write.sequence(EXTENSION))), None),
        (seal(info(extensions=write.explicit(0, write.sequence(EXTENSION)))), None),
        (seal(info(extensions=write.explicit(0, EXTENSION))), None),
        (seal(info(extensions=write.sequence())), None),
        (seal(info(times=write.utc_time(w.NOW - w.DAY) * 2 + write.utc_time(w.NOW + w.DAY))), "utc-time"),
    ],
)  # fmt: skip
def test_what_vendors_write_is_read(made: bytes, note: str | None) -> None:
    reasons, forgiven = judged(made)
    assert reasons == set()
    assert note is None or note in forgiven


def test_extensions_are_read_in_every_form() -> None:
    for whole in (write.sequence(EXTENSION), write.explicit(0, write.sequence(EXTENSION)),
                  write.explicit(0, EXTENSION)):  # fmt: skip
        assert read_seal(seal(info(extensions=whole))).extensions == (("1.2.3", False, b"x"),)


@pytest.mark.parametrize(
    "claimed",
    [
        write.bits(write.utc_time(w.NOW - w.HOUR)),
        write.bits(write.generalized_time(w.NOW - w.HOUR)),
        write.octets(write.utc_time(w.NOW - w.HOUR)),
        write.bits(f"{w.NOW - w.HOUR:%y%m%d%H%M%SZ}".encode()),
        write.bits(f"{w.NOW - w.HOUR:%Y%m%d%H%M%SZ}".encode()),
        write.utc_time(w.NOW - w.HOUR),
    ],
)
def test_times_of_the_first_generation(claimed: bytes) -> None:
    whole = w.sealed(w.seal(3), claimed=claimed)
    assert read_signature(whole).time == w.NOW - w.HOUR
    assert judged(w.seal(3), claimed=claimed)[0] == set()


def test_a_token_in_place_of_the_time_is_the_signers_word() -> None:
    token = w.stamp(digest(w.DOCUMENT), w.NOW - w.HOUR)
    whole = w.sealed(w.seal(3), claimed=write.bits(token))
    verdict = verify_seal(whole, w.DOCUMENT, trust=w.trust(), at=w.NOW)
    assert verdict.ok, verdict.reasons
    assert verdict.facts["signed"] == f"{(w.NOW - w.HOUR).isoformat()} (claimed)"
    assert judged(w.seal(3, end=w.NOW - 2 * w.HOUR), claimed=write.bits(token))[0] == {"seal-period"}
    assert judged(w.seal(3), claimed=write.bits(b"0\x03\x02\x01\x00"))[0] == {"time-claimed"}


def test_a_stamp_under_other_tags() -> None:
    found = read_signature(w.sealed())
    token = w.stamp(found.value, w.NOW - w.HOUR)
    parts = found.signed + write.octets(found.signer) + OID + write.bits(found.value)
    assert write.sequence(parts) == found.raw
    tags = {"stamp-bare": write.explicit(0, token), "stamp-tag": write.implicit(0, write.bits(token))}
    for note, tagged in tags.items():
        whole = write.sequence(parts, tagged)
        again = read_signature(whole)
        assert (again.stamp, note in again.notes) == (token, True)
        assert verify_seal(whole, w.DOCUMENT, trust=w.trust(), at=w.NOW).ok


@each(
    "made",
    [
        b"", b"\x30\x00", b"\x30\x80\x00\x00", b"\x04\x00", write.sequence(b"", b"\x05\x00"),
        write.sequence(*[write.NULL] * 3), seal(info(header=write.sequence(write.ia5("ES")))),
        seal(info(header=write.sequence(write.ia5("ES"), write.integer(-1), write.ia5("V")))),
        seal(info(name=write.NULL)), seal(info(times=write.utc_time(w.NOW))),
        seal(info(times=write.element(0x18, b"20261322000000Z") * 3)),
        seal(info(signers=write.sequence(*[write.octets(b"")] * 1_001))),
        seal(info(signers=write.sequence(write.sequence(write.ia5("SM3"))))),
        seal(info(extensions=write.sequence(write.sequence(write.oid("1.2.3"))))),
        seal(info()) + b"\x00", bytes((1 << 23) + 1),
        seal(info(), lambda value: write.bits(value, 3)),
    ],
)  # fmt: skip
def test_what_is_no_seal_stops_at_the_door(made: bytes) -> None:
    with pytest.raises(MalformedError):
        read_seal(made)


def test_whoever_holds_a_certificate_is_no_maker_of_seals() -> None:
    own = w.seal(maker=w.stranger(), signers=[w.stranger().certificate])
    both = replace(w.trust())
    verdict = verify_seal(w.sealed(own, w.stranger()), w.DOCUMENT, trust=both, at=w.NOW)
    assert {one.code for one in verdict.reasons} == {"seal-maker"}
    assert "itself" in str(verdict.reasons[0])
    friend = w.seal(maker=w.stranger())
    assert verify_seal(w.sealed(friend), w.DOCUMENT, trust=both, at=w.NOW).ok  # who is a maker was not said
    makers = Trust((w.makers().key.certificate,), Revocation.REQUIRED, crls=w.crls())
    refused = verify_seal(w.sealed(friend), w.DOCUMENT, trust=both, makers=makers, at=w.NOW)
    assert {one.code for one in refused.reasons} == {"no-path"}
    assert verify_seal(w.sealed(), w.DOCUMENT, trust=both, makers=makers, at=w.NOW).ok
    assert verdict.facts["maker"] == verdict.facts["signer"]
