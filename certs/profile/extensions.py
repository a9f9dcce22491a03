"""Rules about extensions: which must be there, which must be critical, and what they may say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from certs.path.question import USAGES
from certs.profile.sheet import Sheet
from certs.profile.wish import Look, Profile, Sighting
from certs.subject.places import texts

_USAGE, _BASIC, _EXTENDED = "2.5.29.15", "2.5.29.19", "2.5.29.37"
_AKI, _SKI, _CRL, _AIA = "2.5.29.35", "2.5.29.14", "2.5.29.31", "1.3.6.1.5.5.7.1.1"
_NO_CHECK = "1.3.6.1.5.5.7.48.1.5"
_SIGNS = frozenset(("digitalSignature", "nonRepudiation"))
_ENCIPHERS = frozenset(("keyEncipherment", "dataEncipherment", "keyAgreement"))
_SERVICES = frozenset((USAGES["timeStamping"], USAGES["OCSPSigning"], USAGES["serverAuth"]))


def _twice(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for oid, number in Counter(one.oid for one in sheet.extensions).items():
        if number > 1:
            yield f"extension {oid}", f"{number} times"


def _unknown(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for one in sheet.extensions:
        if one.critical and one.oid not in profile.known_critical:
            yield f"extension {one.oid}", "critical"


def _unreadable(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.view is not None:
        for name, why in sheet.view.extensions.broken.items():
            yield f"extension {name}", why


def _usage_missing(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.stated(_USAGE) is None:
        yield "keyUsage", "missing"


def _usage_critical(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    stated = sheet.stated(_USAGE)
    if stated is not None and not stated.critical:
        yield "keyUsage", "not critical"


def _usage(sheet: Sheet) -> frozenset[str]:
    return (sheet.view.extensions.key_usage if sheet.view is not None else None) or frozenset()


def _separated(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    usage = _usage(sheet)
    if not sheet.is_ca and usage & _SIGNS and usage & _ENCIPHERS:
        yield "keyUsage", ", ".join(sorted(usage))


def _authority(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    signs = "keyCertSign" in _usage(sheet)
    if sheet.view is not None and sheet.stated(_USAGE) is not None and signs != sheet.is_ca:
        yield "keyUsage", "CA without keyCertSign" if sheet.is_ca else "keyCertSign, no CA"


def _basic_missing(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.stated(_BASIC) is None:
        yield "basicConstraints", "missing"


def _basic_critical(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    stated = sheet.stated(_BASIC)
    if sheet.is_ca and stated is not None and not stated.critical:
        yield "basicConstraints", "not critical"


def _basic_length(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    basic = sheet.view.extensions.basic if sheet.view is not None else None
    if basic is not None and not basic.ca and basic.path_length is not None:
        yield "basicConstraints", f"pathLenConstraint {basic.path_length}"


def _authority_key(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    own_root = sheet.is_ca and sheet.view is not None and sheet.view.self_issued
    if sheet.stated(_AKI) is None and not own_root:
        yield "authorityKeyIdentifier", "missing"


def _subject_key(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.stated(_SKI) is None:
        yield "subjectKeyIdentifier", "missing"


def _identifier_critical(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    for one in sheet.extensions:
        if one.oid in (_AKI, _SKI) and one.critical:
            yield f"extension {one.oid}", "critical"


def _pointer(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    root = sheet.is_ca and sheet.view is not None and sheet.view.self_issued
    if not root and all(sheet.stated(oid) is None for oid in (_CRL, _AIA, _NO_CHECK)):
        yield "cRLDistributionPoints, authorityInfoAccess", "missing"


def _subject_code(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    """Of a holder; a CA and its services have none."""
    view = sheet.view
    if view is None or view.is_ca or _SERVICES & set(view.extensions.extended_usage or ()):
        return
    stated = {one.oid for one in sheet.extensions}
    if not stated & profile.subject_codes and not any(texts(view, rule) for rule in profile.identity):
        yield "extensions", "none of " + ", ".join(sorted(profile.subject_codes)[:5])


def _extended(sheet: Sheet) -> tuple[str, ...]:
    return (sheet.view.extensions.extended_usage if sheet.view is not None else None) or ()


def _stamping(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    stated, usages = sheet.stated(_EXTENDED), _extended(sheet)
    if USAGES["timeStamping"] in usages and stated is not None and (len(usages) > 1 or not stated.critical):
        yield "extKeyUsage", f"{len(usages)} usages, {'critical' if stated.critical else 'not critical'}"


def _any(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if USAGES["anyExtendedKeyUsage"] in _extended(sheet) and not sheet.is_ca:
        yield "extKeyUsage", "anyExtendedKeyUsage"


def _self_issued(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    view = sheet.view
    if view is not None and view.subject.rdns and view.self_issued and not view.is_ca:
        yield "issuer", "the subject itself"


LOOKS: dict[str, Look] = {
    "extension-twice": _twice,
    "extension-unknown": _unknown,
    "extension-unreadable": _unreadable,
    "usage-missing": _usage_missing,
    "usage-critical": _usage_critical,
    "usage-separated": _separated,
    "usage-authority": _authority,
    "basic-missing": _basic_missing,
    "basic-critical": _basic_critical,
    "basic-length": _basic_length,
    "authority-key": _authority_key,
    "subject-key": _subject_key,
    "identifier-critical": _identifier_critical,
    "revocation-pointer": _pointer,
    "subject-code": _subject_code,
    "extended-stamping": _stamping,
    "extended-any": _any,
    "leaf-self-issued": _self_issued,
}
