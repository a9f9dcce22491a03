"""Rules about the subject's public key."""

from __future__ import annotations

from collections.abc import Iterator

from certs.algorithms import identifiers as ids
from certs.algorithms.public_keys import KeyUnusableError, Usable, load
from certs.model.der import MalformedError
from certs.profile.sheet import Sheet
from certs.profile.wish import Look, Profile, Sighting

_AT = "subjectPublicKeyInfo"


def _loaded(sheet: Sheet) -> Usable | str | None:
    """The key, why there is none, or None where the certificate could not be read."""
    if sheet.view is None:
        return None
    try:
        return load(sheet.view.key)
    except (KeyUnusableError, MalformedError) as error:
        return str(error)


def _usable(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    key = _loaded(sheet)
    if isinstance(key, str):
        yield _AT, key[:100]


def _family(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    key = _loaded(sheet)
    if isinstance(key, Usable) and key.family not in profile.families:
        yield _AT, key.family


def _size(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    key = _loaded(sheet)
    if isinstance(key, Usable) and key.family in (ids.RSA, ids.PSS) and key.bits < profile.smallest_rsa:
        yield _AT, f"RSA {key.bits}, {profile.smallest_rsa} asked for"
    elif isinstance(key, Usable) and key.family in (ids.EC, ids.SM2) and key.bits < profile.smallest_ec:
        yield _AT, f"{key.family} {key.bits}, {profile.smallest_ec} asked for"


def _form(sheet: Sheet, profile: Profile) -> Iterator[Sighting]:
    if sheet.view is not None and sheet.view.key.algorithm.oid == ids.SM2_KEY:
        yield _AT, "the curve stands in the place of the kind of key"


LOOKS: dict[str, Look] = {
    "key-usable": _usable,
    "key-family": _family,
    "key-size": _size,
    "key-form": _form,
}
