"""Results and arguments: what is meant here, and how this gateway writes it (rules 2, 4, 5)."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from adapters.sof.reading import BrokenError, code_of
from hub.catalogue.gateways import Profile

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,18})|0[xX][0-9A-Fa-f]{1,16}")


def result_of(profile: Profile, kind: str, value: Any) -> Any:
    """int for validity, code and int, bool for a verdict, bytes for octets and certificates, else text."""
    if kind == "validity":
        return _validity(profile, value)
    if kind == "verdict":
        return _verdict(profile, value)
    if kind == "code":
        return code_of(profile, value)
    if kind == "int":
        return _number(profile, value)
    if value is None and profile.transport != "rest-exec":
        value = ""  # an empty element is how XML says nothing and how it says ""
    if not isinstance(value, str):
        raise BrokenError(f"a result that is no {kind}")
    return value if kind in ("text", "names") else _octets(value)


def _validity(profile: Profile, value: Any) -> int:
    if type(value) is not (int if _is_number(profile) else str):
        raise BrokenError("a validity in another form")
    found = profile.validate.get(str(value))
    if found is None:
        raise BrokenError("a validity that is in no table")
    return found


def _verdict(profile: Profile, value: Any) -> bool:
    if _is_number(profile):
        if type(value) is not bool:
            raise BrokenError("neither yes nor no")
        value = "true" if value else "false"
    if not isinstance(value, str) or value not in (profile.answer["yes_value"], profile.answer["no_value"]):
        raise BrokenError("neither yes nor no")
    return value == profile.answer["yes_value"]


def _is_number(profile: Profile) -> bool:
    """Does this gateway write numbers and booleans as JSON has them?"""
    return profile.answer["code"] == "number"


def _number(profile: Profile, value: Any) -> int:
    if _is_number(profile) and type(value) is int:
        return value
    if not isinstance(value, str) or _NUMBER.fullmatch(value) is None:
        raise BrokenError("a result that is no number")
    return int(value, 16 if value[:2].lower() == "0x" else 10)


def _octets(text: str) -> bytes:
    plain = text
    if "-----BEGIN " in text:
        plain = "".join(line for line in text.split("\n") if "-----" not in line)
    try:
        return base64.b64decode("".join(plain.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BrokenError("a result that is no Base64") from error


def written(value: bytes | str | int) -> str | int:
    """An argument as it travels."""
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
