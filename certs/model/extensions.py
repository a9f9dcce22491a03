"""The extensions that path validation and revocation ask for, read once, each by its own function.

An extension that cannot be read does not stop the reading of the certificate: it is put among `broken`,
and whoever needs it refuses. What nobody needs (a vendor's private text) is not looked into at all.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple

from certs.model import general_names as gn
from certs.model.der import OCTETS, SEQUENCE, MalformedError, Part, Reader
from certs.model.names import read_rdn

KEY_USAGES = ("digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement",
              "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly")  # fmt: skip
_KEPT = 1 << 8  # longer ones are read anew: strangers shall not fill our memory
ALL_REASONS = frozenset(range(1, 9))  # bit 0 is unused


class BasicConstraints(NamedTuple):
    ca: bool
    path_length: int | None


class NameConstraints(NamedTuple):
    permitted: tuple[gn.GeneralName, ...] | None
    excluded: tuple[gn.GeneralName, ...] | None


class PolicyConstraints(NamedTuple):
    require_explicit: int | None
    inhibit_mapping: int | None


class AuthorityKey(NamedTuple):
    key: bytes | None
    serial: int | None


class DistributionPoint(NamedTuple):
    name: gn.PointName | None
    reasons: frozenset[int] | None
    issuer: tuple[gn.GeneralName, ...]


class IssuingPoint(NamedTuple):
    name: gn.PointName | None
    users_only: bool
    cas_only: bool
    reasons: frozenset[int] | None
    indirect: bool
    attributes_only: bool


def _single(reader: Reader) -> list[Part]:
    return reader.inside(reader.whole())


def _basic(reader: Reader) -> BasicConstraints:
    parts = _single(reader)
    ca = False
    if parts and parts[0].tag == 0x01:
        ca = reader.boolean(parts.pop(0))
        if not ca:
            reader.note("default-written-out")
    length = reader.natural(parts.pop(0)) if parts else None
    if parts:
        raise MalformedError("more than basic constraints")
    return BasicConstraints(ca, length)


def _usage(reader: Reader) -> frozenset[str]:
    bits = reader.flags(reader.whole(0x03), 0x03)
    return frozenset(KEY_USAGES[bit] for bit in bits if bit < len(KEY_USAGES))


def _oids(reader: Reader) -> tuple[str, ...]:
    found = tuple(reader.oid(part) for part in _single(reader))
    if not found:
        raise MalformedError("a list of usages without a usage")
    return found


def _names(reader: Reader) -> tuple[gn.GeneralName, ...]:
    return gn.read_general_names(reader, reader.whole())


def _subtrees(reader: Reader, part: Part) -> tuple[gn.GeneralName, ...]:
    out = []
    for subtree in reader.inside(part, part.tag):
        parts = reader.inside(subtree)
        if not parts:
            raise MalformedError("a subtree without a base")
        for extra in parts[1:]:
            if extra.tag != 0x80 or reader.integer(extra, 0x80) != 0:
                raise MalformedError("a subtree with distances, which RFC 5280 has no use for")
        out.append(gn.read_general_name(reader, parts[0]))
    return tuple(out)


def _constraints(reader: Reader) -> NameConstraints:
    found = _tagged(reader, _single(reader), (0xA0, 0xA1))
    if not found:
        raise MalformedError("name constraints that constrain nothing")
    trees = {tag: _subtrees(reader, part) for tag, part in found.items()}
    return NameConstraints(trees.get(0xA0), trees.get(0xA1))


def _policies(reader: Reader) -> tuple[str, ...]:
    out = []
    for part in _single(reader):
        info = reader.inside(part)
        if not info or len(info) > 2:
            raise MalformedError("not a policy")
        out.append(reader.oid(info[0]))
    if len(set(out)) != len(out) or not out:
        raise MalformedError("no policy, or one policy twice")
    return tuple(out)


def _mappings(reader: Reader) -> tuple[tuple[str, str], ...]:
    out = []
    for part in _single(reader):
        pair = reader.inside(part)
        if len(pair) != 2:
            raise MalformedError("a mapping is a pair")
        out.append((reader.oid(pair[0]), reader.oid(pair[1])))
    return tuple(out)


def _policy_constraints(reader: Reader) -> PolicyConstraints:
    found = _tagged(reader, _single(reader), (0x80, 0x81))
    values = {tag: reader.natural(part, tag) for tag, part in found.items()}
    return PolicyConstraints(values.get(0x80), values.get(0x81))


def _natural(reader: Reader) -> int:
    return reader.natural(reader.whole(0x02))


def _octets(reader: Reader) -> bytes:
    return reader.content(reader.whole(OCTETS))


def _authority(reader: Reader) -> AuthorityKey:
    found = _tagged(reader, _single(reader), (0x80, 0xA1, 0x82))
    key = reader.content(found[0x80]) if 0x80 in found else None
    return AuthorityKey(key, reader.integer(found[0x82], 0x82) if 0x82 in found else None)


def _point_name(reader: Reader, part: Part) -> gn.PointName:
    inner = reader.parts(part.start, part.end)
    if len(inner) != 1:
        raise MalformedError("a distribution point has one name")
    if inner[0].tag == 0xA0:
        return gn.PointName(gn.read_general_names(reader, inner[0], 0xA0), None)
    return gn.PointName((), read_rdn(reader, inner[0], 0xA1)[0])


def _points(reader: Reader) -> tuple[DistributionPoint, ...]:
    out = []
    for part in _single(reader):
        found = _tagged(reader, reader.inside(part), (0xA0, 0x81, 0xA2))
        name = _point_name(reader, found[0xA0]) if 0xA0 in found else None
        reasons = reader.flags(found[0x81], 0x81) if 0x81 in found else None
        issuer = gn.read_general_names(reader, found[0xA2], 0xA2) if 0xA2 in found else ()
        if name is None and not issuer:
            raise MalformedError("a distribution point with reasons only")
        out.append(DistributionPoint(name, reasons, issuer))
    return tuple(out)


def _issuing(reader: Reader) -> IssuingPoint:
    found = _tagged(reader, _single(reader), (0xA0, 0x81, 0x82, 0x83, 0x84, 0x85))
    flag = {
        tag: reader.boolean(found[tag], tag) if tag in found else False for tag in (0x81, 0x82, 0x84, 0x85)
    }
    name = _point_name(reader, found[0xA0]) if 0xA0 in found else None
    reasons = reader.flags(found[0x83], 0x83) if 0x83 in found else None
    return IssuingPoint(name, flag[0x81], flag[0x82], reasons, flag[0x84], flag[0x85])


def _tagged(reader: Reader, parts: list[Part], order: tuple[int, ...]) -> dict[int, Part]:
    """Optional elements by tag, each at most once and in the order given."""
    tags = [part.tag for part in parts]
    if [tag for tag in order if tag in tags] != tags:
        raise MalformedError("unknown, repeated or misplaced element")
    return {part.tag: part for part in parts}


def _nothing(reader: Reader) -> bool:
    return True


# Object identifier: the field it fills, how it is read.
READERS: dict[str, tuple[str, Callable[[Reader], Any]]] = {
    "2.5.29.14": ("subject_key", _octets),
    "2.5.29.15": ("key_usage", _usage),
    "2.5.29.17": ("subject_names", _names),
    "2.5.29.18": ("issuer_names", _names),
    "2.5.29.19": ("basic", _basic),
    "2.5.29.20": ("crl_number", _natural),
    "2.5.29.27": ("delta_base", _natural),
    "2.5.29.28": ("issuing_point", _issuing),
    "2.5.29.30": ("name_constraints", _constraints),
    "2.5.29.31": ("crl_points", _points),
    "2.5.29.32": ("policies", _policies),
    "2.5.29.33": ("policy_mappings", _mappings),
    "2.5.29.35": ("authority_key", _authority),
    "2.5.29.36": ("policy_constraints", _policy_constraints),
    "2.5.29.37": ("extended_usage", _oids),
    "2.5.29.46": ("freshest_points", _points),
    "2.5.29.54": ("inhibit_any", _natural),
    "1.3.6.1.5.5.7.48.1.5": ("ocsp_no_check", _nothing),
}
# What a certificate is not judged without: unreadable, it is refused whether critical or not.
NEEDED = frozenset(("basic", "key_usage", "extended_usage", "name_constraints", "policies", "policy_mappings",
                    "policy_constraints", "inhibit_any", "issuing_point", "delta_base"))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Extensions:
    """None: not there, or not readable (then its name is in `broken`)."""

    critical: frozenset[str] = frozenset()
    oids: tuple[str, ...] = ()
    values: dict[str, bytes] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)
    subject_key: bytes | None = None
    key_usage: frozenset[str] | None = None
    subject_names: tuple[gn.GeneralName, ...] | None = None
    issuer_names: tuple[gn.GeneralName, ...] | None = None
    basic: BasicConstraints | None = None
    crl_number: int | None = None
    delta_base: int | None = None
    issuing_point: IssuingPoint | None = None
    name_constraints: NameConstraints | None = None
    crl_points: tuple[DistributionPoint, ...] | None = None
    policies: tuple[str, ...] | None = None
    policy_mappings: tuple[tuple[str, str], ...] | None = None
    authority_key: AuthorityKey | None = None
    policy_constraints: PolicyConstraints | None = None
    extended_usage: tuple[str, ...] | None = None
    freshest_points: tuple[DistributionPoint, ...] | None = None
    inhibit_any: int | None = None
    ocsp_no_check: bool | None = None

    def unknown_critical(self, known: frozenset[str]) -> list[str]:
        return sorted(oid for oid in self.critical if oid not in known)


def read_extensions(reader: Reader, part: Part, tag: int = SEQUENCE) -> Extensions:
    """All extensions of a certificate, CRL or answer. One identifier twice is not forgiven."""
    values: dict[str, bytes] = {}
    critical, fields, broken = set(), {}, {}
    for one in reader.inside(part, tag):
        parts = reader.inside(one)
        if len(parts) == 3:
            if reader.boolean(parts[1]):
                critical.add(reader.oid(parts[0]))
            else:
                reader.note("default-written-out")
        elif len(parts) != 2:
            raise MalformedError("not an extension")
        oid, value = reader.oid(parts[0]), reader.content(parts[-1], OCTETS)
        if oid in values:
            raise MalformedError(f"extension {oid} stands twice")
        values[oid] = value
        if oid in READERS:
            name, found, wrong, notes = (_kept_one if len(value) <= _KEPT else _one)(oid, value)
            if wrong is None:
                fields[name] = found
            else:
                broken[name] = wrong
            for note in notes:
                reader.note(note)
    return Extensions(frozenset(critical), tuple(values), values, broken, **fields)


def _one(oid: str, value: bytes) -> tuple[str, Any, str | None, tuple[str, ...]]:
    """Field, content, why it cannot be read, notes. Certificates of one CA mostly say the same."""
    name, read = READERS[oid]
    inner = Reader(value)
    found: Any = None
    wrong: str | None = None
    first: tuple[str, ...] = ()
    try:
        found = read(inner)
    except MalformedError as error:
        wrong, first = str(error), (f"unreadable:{name}",)
    return name, found, wrong, (*first, *(f"{name}:{note}" for note in inner.notes))


_kept_one = lru_cache(4096)(_one)
