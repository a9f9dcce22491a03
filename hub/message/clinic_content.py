"""Envelopes as a sender may have held them when signing: one function for each way to differ.

Each gives the contents that this mistake would have signed. What equals the message as sent is no
explanation; the search leaves it out.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from hub.message.canonical import unsigned

Envelope = dict[str, Any]
Change = Callable[[Any], Any]
_DECIMAL = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,8})?")
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\+08:00")
_DROPPED = object()


# What begins with this mark is a number whose text is kept: `clinic_writing` takes its quotes away.
NUMBER = "\x01"


def _valued(value: object) -> Callable[[Envelope], Iterator[Any]]:
    def made(envelope: Envelope) -> Iterator[Any]:
        yield _with_sign(envelope, {**envelope["head"]["sign"], "value": value})

    return made


def _placeholder(envelope: Envelope) -> Iterator[Any]:
    for text in ("0", "1", "null", "sign", "value", "signature", "string", "...", "xxx"):
        yield from _valued(text)(envelope)


def _removed(envelope: Envelope) -> Iterator[Any]:
    yield {**envelope, "head": {name: value for name, value in envelope["head"].items() if name != "sign"}}


def _incomplete(envelope: Envelope) -> Iterator[Any]:
    block = envelope["head"]["sign"]
    for kept in ((), ("alg",), ("keyId",)):
        yield _with_sign(envelope, {name: block[name] for name in kept if name in block})


def _body(envelope: Envelope) -> Iterator[Any]:
    yield envelope["body"]


def _fields(envelope: Envelope) -> Iterator[Any]:
    if isinstance(envelope["body"], dict) and "fields" in envelope["body"]:
        yield envelope["body"]["fields"]


def missing(envelope: Envelope) -> Iterator[tuple[str, Any]]:
    """Each envelope that lacks one member of head or body, with the pointer to it."""
    bare = unsigned(envelope)
    for part in ("head", "body"):
        inner = bare.get(part)
        if not isinstance(inner, dict):
            continue
        for name in inner:
            if name != "sign":
                less = {other: value for other, value in inner.items() if other != name}
                yield f"/{part}/{name}", {**bare, part: less}


def _each(*changes: Change) -> Callable[[Envelope], Iterator[Any]]:
    """The same change to every value of the message."""

    def contents(envelope: Envelope) -> Iterator[Any]:
        for change in changes:
            made = _mapped(unsigned(envelope), change)
            if made is not _DROPPED:
                yield made

    return contents


def _times(*changes: Change) -> Callable[[Envelope], Iterator[Any]]:
    """A change to every time, and to that of the head alone."""

    def made(envelope: Envelope) -> Iterator[Any]:
        bare = unsigned(envelope)
        for change in changes:
            head = {**bare["head"], "time": change(bare["head"].get("time"))}
            yield {**bare, "head": head}
            yield _mapped(bare, change)

    return made


def _mapped(value: Any, change: Change) -> Any:
    if isinstance(value, dict):
        inner = {name: _mapped(member, change) for name, member in value.items()}
        return change({name: member for name, member in inner.items() if member is not _DROPPED})
    if isinstance(value, list):
        items = [_mapped(member, change) for member in value]
        return change([item for item in items if item is not _DROPPED])
    return change(value)


def _with_sign(envelope: Envelope, block: dict[str, Any]) -> Envelope:
    return {**envelope, "head": {**envelope["head"], "sign": block}}


def _decimal(make: Callable[[str], object]) -> Change:
    def change(value: Any) -> Any:
        if isinstance(value, str) and _DECIMAL.fullmatch(value):
            try:
                return make(value)
            except (InvalidOperation, OverflowError, ValueError):
                return value
        return value

    return change


def _moment(make: Callable[[str], str]) -> Change:
    def change(value: Any) -> Any:
        if not isinstance(value, str) or not _TIME.fullmatch(value):
            return value
        try:
            return make(value)
        except (ValueError, OverflowError):
            return value

    return change


def _text(make: Callable[[str], str]) -> Change:
    return lambda value: make(value) if isinstance(value, str) else value


def _drop(wanted: Callable[[Any], bool]) -> Change:
    return lambda value: _DROPPED if wanted(value) else value


def _stripped(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _utc(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _integer(value: Any) -> Any:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


CONTENT: dict[str, Callable[[Envelope], Iterator[Any]]] = {
    "value-empty": _valued(""),
    "value-null": _valued(None),
    "sign-removed": _removed,
    "sign-incomplete": _incomplete,
    "body-only": _body,
    "fields-only": _fields,
    "decimal-as-number": _each(
        _decimal(lambda text: NUMBER + text), _decimal(lambda text: NUMBER + repr(float(text)))
    ),
    "decimal-reformatted": _each(
        _decimal(_stripped),
        _decimal(lambda text: f"{Decimal(text):.2f}" if "." in text else text),
        _decimal(lambda text: f"{Decimal(text):.2f}"),
        _decimal(lambda text: repr(float(text))),
        _decimal(lambda text: f"{Decimal(text):.6f}"),
    ),
    "integer-as-string": _each(_integer),
    "time-zone": _times(
        _moment(_utc),
        _moment(lambda text: text[:-6]),
        _moment(lambda text: text[:-6] + "+0800"),
        _moment(lambda text: text[:-6] + "Z"),
        _moment(lambda text: text[:-6] + "+08"),
    ),
    "time-format": _times(
        _moment(lambda text: re.sub("[^0-9]", "", text[:-6])),
        _moment(lambda text: text[:-6].replace("T", " ")),
        _moment(lambda text: text[:-6] + ".000+08:00"),
        _moment(lambda text: text[:-6].replace("T", " ").replace("-", "/")),
        _moment(lambda text: str(int(datetime.fromisoformat(text).timestamp()))),
    ),
    "null-dropped": _each(_drop(lambda value: value is None)),
    "empty-dropped": _each(_drop(lambda value: value == ""), _drop(lambda value: value in ("", None))),
    "empty-containers-dropped": _each(
        _drop(lambda value: isinstance(value, dict | list) and not value),
        _drop(lambda value: value is None or (isinstance(value, dict | list | str) and not value)),
    ),
    "unicode-form": _each(
        *(_text(lambda text, form=form: unicodedata.normalize(form, text)) for form in ("NFC", "NFD", "NFKC"))  # type: ignore[misc]
    ),
    "line-ends": _each(
        _text(lambda text: text.replace("\r\n", "\n").replace("\n", "\r\n")),
        _text(lambda text: text.replace("\r\n", "\n")),
        _text(lambda text: text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "")),
    ),
    "trimmed": _each(_text(str.strip)),
    "value-placeholder": _placeholder,
}
# What a sender's library does with the block still to be filled goes with any way of writing.
COMMON = ("value-empty", "value-null", "sign-removed", "body-only")
