"""An answer's bytes to its code and result, strictly in the form of its profile (rules 3 and 4).

What does not fit is broken, and broken is never a yes: what may be read in two ways is read in none.
"""

from __future__ import annotations

import json
import re
from typing import Any

from adapters import xmltext
from adapters.sof.papers import spelt
from adapters.sof.writing import SOAP, SOF
from hub.catalogue.gateways import Profile

_TEXTS = {
    "0x": r"0[xX]([0-9A-Fa-f]{1,8})",
    "hex": r"([0-9A-Fa-f]{8})",
    "decimal-text": r"(0|[1-9][0-9]{0,9})",
}


class BrokenError(ValueError):
    """The answer is not what the profile says it is."""


def reading_of(profile: Profile, function: str, body: bytes) -> tuple[int, Any]:
    """The code and the result as written: text, a JSON number or boolean, None where there is none."""
    members = _json(body) if profile.transport == "rest-exec" else _xml(profile, function, body)
    codes = {profile.form["code"]}
    if "error-member-code" in profile.quirks:
        codes.add("code")
    stated = [members[name] for name in sorted(codes) if name in members]
    if not stated or any(one != stated[0] for one in stated[1:]):
        raise BrokenError("no code, or two that differ")
    if profile.form["result"] not in members:
        raise BrokenError("no result")
    return code_of(profile, stated[0]), members[profile.form["result"]]


def code_of(profile: Profile, value: Any) -> int:
    """A code in the profile's way of writing them."""
    form = profile.answer["code"]
    if form == "number":
        if type(value) is not int or not 0 <= value < 1 << 32:
            raise BrokenError("a code that is no number")
        return value
    if value == "0":  # success, with every writer
        return 0
    plain = re.fullmatch(_TEXTS[form], value) if isinstance(value, str) else None
    if plain is None:
        raise BrokenError(f"a code that is not {form}")
    return int(plain[1], 10 if form == "decimal-text" else 16)


def _json(body: bytes) -> dict[str, Any]:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise BrokenError("a member twice")
        return found

    try:
        found = json.loads(body.decode("utf-8"), object_pairs_hook=once, parse_constant=_refused)
    except (ValueError, RecursionError) as error:
        raise BrokenError("no JSON") from error
    if not isinstance(found, dict):
        raise BrokenError("no JSON object")
    return found


def _refused(word: str) -> Any:
    raise BrokenError(word)


def _xml(profile: Profile, function: str, body: bytes) -> dict[str, Any]:
    try:
        root = xmltext.read(body.decode(profile.charset))
    except UnicodeDecodeError as error:
        raise BrokenError(f"not {profile.charset}") from error
    if root is None:
        raise BrokenError("no XML, or one with a document type")
    if profile.transport == "soap-path":
        answer = f"{{{SOF}}}{spelt(profile, function)}Response"
        inside = root.findall(f"{{{SOAP}}}Body/*") if root.tag == f"{{{SOAP}}}Envelope" else []
        if len(inside) != 1 or inside[0].tag != answer:
            raise BrokenError("no answer to this function")
        root, space = inside[0], f"{{{SOF}}}"
    elif root.tag != "sof":
        raise BrokenError("no sof element")
    else:
        space = ""
    found: dict[str, Any] = {}
    for one in xmltext.children(root):
        name = str(one.tag).removeprefix(space)
        if name in found or len(one):
            raise BrokenError("an element twice, or with elements in it")
        found[name] = one.text or None
    return found
