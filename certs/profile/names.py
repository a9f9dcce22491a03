"""Rules about the names of issuer and subject."""

from __future__ import annotations

from collections.abc import Iterator

from certs.identity import masked
from certs.model.names import COMMON_NAME, UNIQUE_IDENTIFIER
from certs.profile.sheet import Attribute, Sheet
from certs.profile.wish import Look, Profile, Sighting

_COUNTRY, _PRINTABLE, _UTF8 = "2.5.4.6", 0x13, 0x0C
_SHORT = {COMMON_NAME: "CN", _COUNTRY: "C", "2.5.4.10": "O", "2.5.4.11": "OU", "2.5.4.8": "ST"}
_CODECS = {0x0C: "utf-8", 0x12: "ascii", 0x13: "ascii", 0x14: "latin-1", 0x16: "ascii", 0x1A: "ascii",
           0x1C: "utf-32-be", 0x1E: "utf-16-be"}  # fmt: skip
_PRINTABLE_SET = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789 '()+,-./:=?")
# Upper bounds of RFC 5280, appendix A.1, in characters.
_BOUNDS = {COMMON_NAME: 64, "2.5.4.5": 64, _COUNTRY: 2, "2.5.4.7": 128, "2.5.4.8": 128, "2.5.4.10": 64,
           "2.5.4.11": 64, "2.5.4.12": 64, "1.2.840.113549.1.9.1": 255}  # fmt: skip


def _both(sheet: Sheet) -> Iterator[tuple[str, Attribute]]:
    for whose, name in (("issuer", sheet.issuer), ("subject", sheet.subject)):
        for one in name:
            yield f"{whose} {_SHORT.get(one.oid, one.oid)}", one


def _text(one: Attribute) -> str | None:
    """The text by its declared type; None if it is no string, or not that string."""
    if one.tag not in _CODECS or (one.tag == _PRINTABLE and not _PRINTABLE_SET.issuperset(one.content)):
        return None
    try:
        return one.content.decode(_CODECS[one.tag])
    except UnicodeDecodeError:
        return None


def _issuer_empty(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if not sheet.issuer:
        yield "issuer", "empty"


def _subject_empty(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if not sheet.subject:
        yield "subject", "empty"


def _common(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.subject and all(one.oid != COMMON_NAME for one in sheet.subject):
        yield "subject", "no CN"


def _country_form(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for at, one in _both(sheet):
        if one.oid == _COUNTRY and (
            one.tag != _PRINTABLE or len(one.content) != 2 or not one.content.isalpha()
        ):
            yield at, f"tag {one.tag:#x}: {one.content[:20].hex()}"


def _country_value(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for whose, name in (("issuer", sheet.issuer), ("subject", sheet.subject)):
        said = [one.content for one in name if one.oid == _COUNTRY]
        if name and said != [profile.country.encode()]:
            yield whose, ", ".join(one[:20].decode("latin-1") for one in said) or "no C"


def _utf8(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for at, one in _both(sheet):
        text = _text(one)
        if text is not None and one.tag != _UTF8 and not text.isascii():
            yield at, f"tag {one.tag:#x}"


def _honest(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for at, one in _both(sheet):
        if one.tag in _CODECS and _text(one) is None:
            yield at, f"tag {one.tag:#x}: {one.content[:20].hex()}"


def _too_long(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for at, one in _both(sheet):
        text = _text(one)
        if text is not None and one.oid != _COUNTRY and len(text) > _BOUNDS.get(one.oid, 1 << 15):
            yield at, f"{len(text)} characters, {_BOUNDS[one.oid]} allowed"


def _blank(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for at, one in _both(sheet):
        text = _text(one)
        if text is not None and (not text or text != text.strip() or not text.isprintable()):
            yield at, masked(repr(text[:40]))


def _unique_form(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for at, one in _both(sheet):
        if one.oid == UNIQUE_IDENTIFIER and one.tag != 0x03:
            yield at, f"tag {one.tag:#x}"


LOOKS: dict[str, Look] = {
    "issuer-empty": _issuer_empty,
    "subject-empty": _subject_empty,
    "subject-common": _common,
    "country-form": _country_form,
    "country-value": _country_value,
    "text-utf8": _utf8,
    "text-honest": _honest,
    "text-length": _too_long,
    "text-blank": _blank,
    "unique-form": _unique_form,
}
