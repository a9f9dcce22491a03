"""A thousand objects under one stamp: each proves alone, others do not; and the DER is RFC 4998's."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

import pytest

from certs.model import write as w
from certs.model.der import MalformedError, Reader
from certs.proof import Record, complete, first_stamp, read_record, renew_stamp, verify_record
from certs.proof.record import ArchiveStamp
from certs.proof.tree import grow, node, root
from certs.timestamp import request, respond
from certs.trust import Revocation, Trust
from tests.certs.golden import stamp_writer as golden
from tests.certs.proof.world import JUDGED, RENEWED, SIGNED, story
from tests.rows import each

OBJECTS = [f"报文 {number}".encode() for number in range(1000)]


@cache
def begun() -> tuple[Record, ...]:
    return story().begun(OBJECTS)


def test_each_of_a_thousand_proves_alone() -> None:
    trust = story().trust(RENEWED, story().first)
    records = begun()
    assert len({record.chains[0][0].token for record in records}) == 1
    for data, record in zip(OBJECTS, records, strict=True):
        raw = record.raw
        assert read_record(raw).raw == raw and len(raw) < 6000
        assert verify_record(raw, data, trust=trust, at=RENEWED).ok, data


def test_nothing_else_is_proven() -> None:
    trust = story().trust(RENEWED, story().first)
    records = begun()
    for at, data in ((0, OBJECTS[1]), (1, OBJECTS[0]), (7, b"never there"), (999, OBJECTS[998]), (5, b"")):
        verdict = verify_record(records[at].raw, data, trust=trust, at=RENEWED)
        assert [reason.code for reason in verdict.reasons] == ["stamp-imprint"]


def test_a_removed_object_is_not_in_the_next_tree() -> None:
    told = story()
    fewer = told.begun(OBJECTS[1:])
    trust = told.trust(RENEWED, told.first)
    assert verify_record(fewer[0].raw, OBJECTS[1], trust=trust, at=RENEWED).ok
    stamp = fewer[0].chains[0][0]
    for lists in (begun()[0].chains[0][0].reduced, stamp.reduced, ()):
        moved = Record(("sha256",), ((ArchiveStamp.of("sha256", lists, stamp.token),),))
        verdict = verify_record(moved.raw, OBJECTS[0], trust=trust, at=RENEWED)
        assert {reason.code for reason in verdict.reasons} == {"stamp-imprint"}


def test_a_thousand_renewed_together_under_two_more_stamps() -> None:
    told = story()
    records = told.rehashed(told.renewed(begun()), OBJECTS)
    assert len({record.chains[1][0].token for record in records}) == 1
    assert records[0].chains[0][1].reduced == ()  # one stamp renewed is one leaf
    for at in (*range(0, 1000, 37), 999):
        verdict = verify_record(records[at].raw, OBJECTS[at], trust=told.now(), at=JUDGED)
        assert verdict.ok and verdict.facts["provenAt"] == SIGNED.isoformat()
        assert not verify_record(records[at].raw, OBJECTS[at - 1], trust=told.now(), at=JUDGED).ok


@each("count", [1, 2, 3, 5, 8, 13, 64, 65])
@each("name", ["sm3", "sha256"])
def test_every_leaf_leads_to_the_root(count: int, name: str) -> None:
    leaves = [golden.hashed(b"%d" % at, name) for at in range(count)]
    top, lists = grow(leaves, name)
    assert set(lists) == set(leaves)
    for leaf in leaves:
        assert root(leaf, lists[leaf], name) == top
        if count > 1:
            assert root(golden.hashed(b"x", name), lists[leaf], name) is None
            assert len(lists[leaf]) <= count.bit_length() + 1


def test_the_example_of_the_standard() -> None:
    """RFC 4998, 4.2: one object beside a group of three, and a third leaf above."""
    one, three, *group = (golden.sm3(text) for text in (b"1", b"3", b"2a", b"2b", b"2c"))
    together = node(group, "sm3")
    assert together == golden.sm3(b"".join(sorted(group)))
    top = node([node([one, together], "sm3"), three], "sm3")
    assert root(one, ((together, one), (three,)), "sm3") == top
    for member in group:
        assert root(member, (tuple(group), (one,), (three,)), "sm3") == top


def test_a_record_of_the_second_hand_holds_and_ours_is_theirs() -> None:
    raw = (golden.HERE / "sm2-record.der").read_bytes()
    trust = Trust(((golden.HERE / "root.der").read_bytes(),), Revocation.IF_KNOWN)
    verdict = verify_record(raw, golden.DATA, trust=trust, at=RENEWED)
    assert verdict.ok, verdict.reasons
    assert not verify_record(raw, golden.DATA + b" ", trust=trust, at=RENEWED).ok
    assert read_record(raw).raw == raw
    told = story()
    full = told.rehashed(told.renewed(begun()[:4]), OBJECTS[:4])
    for record in full:
        rows = [
            [
                (stamp.algorithm or "", [list(values) for values in stamp.reduced], stamp.token)
                for stamp in chain
            ]
            for chain in record.chains
        ]
        assert record.raw == golden.record(rows)


@pytest.mark.parametrize("name", ["sha384", "sha512", "sha3-256"])
def test_other_digests_are_read_and_written(name: str) -> None:
    told = story()
    plan = first_stamp(OBJECTS[:9], name)
    answer = respond(request(plan.root), told.first.key, at=SIGNED, serial=3, policy="1.2.3", digests=[name])
    record = plan.completed(answer)[8]
    trust = told.trust(RENEWED, told.first)
    assert verify_record(record.raw, OBJECTS[8], trust=trust, at=RENEWED).ok
    assert not verify_record(record.raw, OBJECTS[7], trust=trust, at=RENEWED).ok


def test_what_stands_beside_the_stamps() -> None:
    """cryptoInfos are carried along unread; over enciphered objects we do not say anything."""
    told = story()
    attribute = w.sequence(w.oid("1.2.3.4"), w.set_of(w.NULL))
    record = replace(begun()[3], others=(w.implicit(0, w.sequence(attribute)),))
    assert read_record(record.raw).raw == record.raw
    (renewed,) = told.renewed([read_record(record.raw)])
    trust = told.trust(RENEWED, told.second)
    assert renewed.others == record.others
    assert verify_record(renewed.raw, OBJECTS[3], trust=trust, at=RENEWED).ok
    closed = replace(record, others=(w.implicit(1, w.sequence(w.oid("1.2.3.4"))),))
    verdict = verify_record(closed.raw, OBJECTS[3], trust=trust, at=RENEWED)
    assert "enciphered" in verdict.sentence()


def test_records_of_different_digests_are_renewed_apart() -> None:
    told = story()
    plan = first_stamp(OBJECTS[:1], "sm3")
    other = plan.completed(told.first.stamp(plan.root, SIGNED))
    with pytest.raises(ValueError, match="apart"):
        renew_stamp([*begun()[:1], *other])


def bent(record: Record) -> Sequence[bytes]:
    """Records that are none."""
    raw = record.raw
    stamp = record.chains[0][0]
    short = ArchiveStamp.of("sha256", ((b"12", b"34"),), stamp.token)
    mixed = ArchiveStamp.of("sha256", ((bytes(32), bytes(20)),), stamp.token)
    empty = ArchiveStamp.of("sha256", ((), ()), stamp.token)
    many = ArchiveStamp.of("sha256", ((bytes(32),),) * 65, stamp.token)
    made = [Record(("sha256",), ((one,),)).raw for one in (short, mixed, empty, many)]
    endless = Record(("sha256",), ((stamp,) * 65,)).raw
    return [b"", raw[:-1], raw + b"\0", raw.replace(b"\x02\x01\x01", b"\x02\x01\x02", 1), *made, endless,
            Record(("sha256",), ()).raw, Record(("sha256",), ((),)).raw]  # fmt: skip


def test_what_is_no_record() -> None:
    trust = story().trust(RENEWED, story().first)
    for raw in bent(begun()[0]):
        with pytest.raises(MalformedError):
            read_record(raw)
        assert verify_record(raw, OBJECTS[0], trust=trust, at=RENEWED).reasons[0].code == "malformed"
    stamp = begun()[0].chains[0][0]
    for name, code in (("1.2.3.4", "malformed"), ("sha1", "stamp-imprint")):
        other = ArchiveStamp.of(name, stamp.reduced, stamp.token)
        verdict = verify_record(Record((), ((other,),)).raw, OBJECTS[0], trust=trust, at=RENEWED)
        assert verdict.reasons[0].code == code


def test_a_plan_takes_no_other_stamp() -> None:
    told = story()
    plan, other = first_stamp(OBJECTS[:3]), first_stamp(OBJECTS[3:5])
    with pytest.raises(ValueError, match="something else"):
        plan.completed(told.first.stamp(other.root, SIGNED))
    refused = respond(b"", told.first.key, at=SIGNED, serial=1, policy="1.2.3")
    for raw in (b"", refused, b"\x30\x03\x06\x01\x2a"):
        with pytest.raises(MalformedError):
            plan.completed(raw)


def test_a_group_is_proven_together() -> None:
    told = story()
    group = [b"letter", b"attachment 1", b"attachment 2"]
    objects = [OBJECTS[0], group, OBJECTS[1]]
    plan = first_stamp(objects, "sha256")
    begun_ = plan.completed(told.first.stamp(plan.root, SIGNED))
    records = told.rehashed(told.renewed(begun_), objects)  # type: ignore[arg-type]
    early, late = (told.trust(RENEWED, told.first), RENEWED), (told.now(), JUDGED)
    for stage, (trust, at) in ((begun_, early), (records, late)):
        for record, data in zip(stage, objects, strict=True):
            assert verify_record(record.raw, data, trust=trust, at=at).ok
        assert verify_record(stage[1].raw, group[::-1], trust=trust, at=at).ok
        for wrong in (group[:2], [*group, b"more"], [*group[:2], b"other"], []):
            assert not verify_record(stage[1].raw, wrong, trust=trust, at=at).ok
    # RFC 4998, 4.3: what stands in the first list is proven by the first chain, by later ones not.
    assert verify_record(begun_[1].raw, group[0], trust=early[0], at=RENEWED).ok
    assert not verify_record(records[1].raw, group[0], trust=late[0], at=JUDGED).ok


def test_a_token_that_is_not_der_stands_as_it_is() -> None:
    told = story()
    stamp = begun()[0].chains[0][0]
    outer = Reader(stamp.token).whole()
    loose = b"\x30\x80" + stamp.token[outer.start :] + b"\0\0"
    record = Record(("sha256",), ((ArchiveStamp.of("sha256", stamp.reduced, loose),),))
    verdict, same = complete([record], trust=told.trust(RENEWED, told.first), at=RENEWED)
    assert verdict.reasons[0].code == "malformed" and same == (record,)
