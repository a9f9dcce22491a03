"""The texts that stand at a place in a certificate, however they were wrapped.

Vendors put the same code into UTF8String, PrintableString, IA5String, BMPString, an OCTET STRING around one
of them or around bare text, a SEQUENCE with a tagged choice (GM/T 0015), or no DER at all. All are unwrapped
here, within bounds; what then counts as a code is not decided here.
"""

from __future__ import annotations

from certs.model import general_names as gn
from certs.model.certificate import Certificate
from certs.model.der import BITS, OCTETS, OID, SEQUENCE, SET, MalformedError, Part, Reader
from certs.model.names import read_text
from certs.subject.rules import ALTERNATIVE, EXTENSION, LONGEST_TEXT, Rule

_STRINGS = frozenset((0x0C, 0x12, 0x13, 0x14, 0x16, 0x1A, 0x1C, 0x1E))
_DEEPEST, _MOST_TEXTS = 4, 32


def texts(certificate: Certificate, rule: Rule) -> list[str]:
    """What stands where the rule looks; empty if nothing does."""
    if rule.where == EXTENSION:
        value = certificate.extensions.values.get(rule.oid)
        found = [] if value is None else unwrapped(value)
    elif rule.where == ALTERNATIVE:
        found = _alternative(certificate, rule.oid)
    else:
        found = _attribute(certificate.subject.raw, rule.oid)
    return [text for text in found if text and len(text) <= LONGEST_TEXT][:_MOST_TEXTS]


def unwrapped(value: bytes) -> list[str]:
    """The texts inside a value that may be DER or may be bare text."""
    out: list[str] = []
    todo = [(value, 0)]
    while todo and len(out) < _MOST_TEXTS:
        raw, depth = todo.pop(0)
        found = _element(raw) if depth <= _DEEPEST else None
        if found is None:
            text = _bare(raw)
            out += [] if text is None else [text]
        elif isinstance(found, str):
            out.append(found)
        else:
            todo = [(inner, depth + 1) for inner in found] + todo
    return out


def _element(raw: bytes) -> str | list[bytes] | None:
    """One whole element: its text, or what is inside it; None if this is no such element."""
    reader = Reader(raw, 200)
    try:
        parts = reader.parts(0, len(raw))
        if len(parts) != 1:
            return None
        part = parts[0]
        if part.tag in _STRINGS:
            return read_text(reader, part)
        if part.tag == OCTETS or part.tag & 0xE0 == 0x80:
            return [reader.content(part)]
        if part.tag == BITS:
            return [reader.octet_bits(part)]
        if part.tag in (SEQUENCE, SET) or part.tag & 0xE0 == 0xA0:
            inner = reader.parts(part.start, part.end)
            return [reader.raw(one) for one in inner if one.tag != OID]
    except MalformedError:
        return None
    return None


def _bare(raw: bytes) -> str | None:
    for codec in ("utf-8", "gb18030"):
        try:
            text = raw.decode(codec)
        except UnicodeDecodeError:
            continue
        return text if text.isprintable() else None
    return None


def _attribute(name: bytes, oid: str) -> list[str]:
    """The values of one kind in a distinguished name, bit strings and odd types included."""
    reader = Reader(name, 10_000)
    out: list[str] = []
    for rdn in reader.inside(reader.whole()):
        for pair in reader.inside(rdn, SET):
            parts = reader.inside(pair)
            if len(parts) == 2 and reader.oid(parts[0]) == oid:
                out += unwrapped(reader.raw(parts[1]))
    return out


def _alternative(certificate: Certificate, oid: str) -> list[str]:
    """Other names of that kind, and attributes of directory names, among the alternative names."""
    out: list[str] = []
    for name in (certificate.extensions.subject_names or ())[:_MOST_TEXTS]:
        if name.kind == gn.OTHER and isinstance(name.value, bytes):
            out += _other(name.value, oid)
        elif name.kind == gn.DIRECTORY and not isinstance(name.value, str | bytes):
            out += _attribute(name.value.raw, oid)
    return out


def _other(value: bytes, oid: str) -> list[str]:
    reader = Reader(value, 200)
    try:
        parts: list[Part] = reader.parts(0, len(value))
        same = len(parts) == 2 and reader.oid(parts[0]) == oid
    except MalformedError:
        return []
    return unwrapped(reader.raw(parts[1])) if same else []
