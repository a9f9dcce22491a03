"""Distinguished names and how two of them are compared (RFC 5280, 7.1).

Names are equal if they say the same, in whatever string type: after compatibility composition, case
folding and with white space collapsed. Chinese CAs mix PrintableString, UTF8String and BMPString freely,
and full-width forms with plain ones.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from functools import lru_cache

from certs.identity import masked
from certs.model.der import SEQUENCE, SET, MalformedError, Part, Reader

Rdn = frozenset[tuple[str, str | bytes]]
_CODECS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii",
           0x1C: "utf-32-be", 0x1E: "utf-16-be"}  # fmt: skip
_SHORT = {"2.5.4.3": "CN", "2.5.4.5": "SERIALNUMBER", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST",
          "2.5.4.10": "O", "2.5.4.11": "OU", "1.2.840.113549.1.9.1": "E",
          "0.9.2342.19200300.100.1.25": "DC"}  # fmt: skip
_KEPT = 1024  # longer ones are read anew: strangers shall not fill our memory
COMMON_NAME, EMAIL = "2.5.4.3", "1.2.840.113549.1.9.1"
UNIQUE_IDENTIFIER = "2.5.4.45"


@dataclass(frozen=True, slots=True)
class Name:
    """`rdns` is what is compared; `attributes` are the values as written, in order."""

    rdns: tuple[Rdn, ...]
    raw: bytes = field(compare=False)
    attributes: tuple[tuple[str, str], ...] = field(compare=False)

    def values(self, oid: str) -> list[str]:
        return [value for kind, value in self.attributes if kind == oid]

    def __str__(self) -> str:
        """For people: a person's number in it is masked."""
        return _kept_text(self.attributes) if len(self.raw) <= _KEPT else _text(self.attributes)


def _text(attributes: tuple[tuple[str, str], ...]) -> str:
    text = masked(",".join(f"{_SHORT.get(kind, kind)}={value}" for kind, value in attributes))
    return text if len(text) <= 200 else text[:199] + "…"


# A verdict writes the names of its chain a dozen times.
_kept_text = lru_cache(4096)(_text)


def read_name(reader: Reader, part: Part) -> Name:
    raw = reader.raw(part)
    name, notes = _kept_name(raw) if len(raw) <= _KEPT else _name(raw)
    for note in notes:
        reader.note(note)
    return name


def _name(raw: bytes) -> tuple[Name, tuple[str, ...]]:
    reader = Reader(raw, 10_000)
    rdns, attributes = [], []
    for part in reader.inside(reader.whole(), SEQUENCE):
        rdn, values = read_rdn(reader, part)
        rdns.append(rdn)
        attributes += values
    return Name(tuple(rdns), raw, tuple(attributes)), tuple(reader.notes)


_kept_name = lru_cache(4096)(_name)


def read_rdn(reader: Reader, part: Part, tag: int = SET) -> tuple[Rdn, list[tuple[str, str]]]:
    """One relative name: for comparing, and as written."""
    keys, values = [], []
    for pair in reader.inside(part, tag):
        parts = reader.inside(pair)
        if len(parts) != 2:
            raise MalformedError("an attribute is a kind and a value")
        oid, text = reader.oid(parts[0]), read_text(reader, parts[1])
        if oid == UNIQUE_IDENTIFIER and parts[1].tag != 0x03:
            reader.note("unique-identifier-as-text")
        keys.append((oid, reader.raw(parts[1]) if text is None else normal(text)))
        values.append((oid, reader.content(parts[1]).hex() if text is None else text))
    if not keys:
        raise MalformedError("an empty relative name")
    return frozenset(keys), values


def read_text(reader: Reader, part: Part) -> str | None:
    """A string of any kind; None if it is no string. Bytes against the kind are guessed, and noted."""
    if part.tag not in _CODECS:
        return None
    content = reader.content(part)
    try:
        return content.decode(_CODECS[part.tag])
    except UnicodeDecodeError:
        reader.note("text-against-its-type")
    for codec in ("utf-8", "gb18030"):
        try:
            return content.decode(codec)
        except UnicodeDecodeError:
            continue
    return None


def normal(text: str) -> str:
    """The form in which texts are compared; invisible characters do not make a difference."""
    if text.isascii():
        return " ".join(text.lower().split())
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = " ".join(folded.split())
    if kept.isprintable():
        return kept
    return "".join(char for char in kept if unicodedata.category(char) not in ("Cc", "Cf"))
