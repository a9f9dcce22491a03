"""The bytes a sender may have signed: each mistake alone, then two at a time, then three ways of writing.

Fewest mistakes first, so that the search may stop at the first level that explains the value.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator
from typing import Any

from hub.message.canonical import unsigned
from hub.message.clinic_content import COMMON, CONTENT, Envelope, missing
from hub.message.clinic_digests import Names
from hub.message.clinic_writing import BYTES, DEFAULTS, TEXTS, WRITING, Style, styles, write

Candidate = tuple[Names, bytes]
Content = tuple[Names, Any]


def stages(envelope: Envelope, raw: bytes, canonical: bytes, limit: int) -> Iterator[Iterator[Candidate]]:
    """At most `limit` texts; none comes again with more mistakes in it than before.

    A stage that explains the value makes the later ones needless.
    """
    least: dict[bytes, int] = {}
    left = itertools.count(limit, -1)

    def fresh(stage: Iterator[Candidate]) -> Iterator[Candidate]:
        for names, data in stage:
            mark = hashlib.blake2b(data, digest_size=16).digest()
            if least.setdefault(mark, len(names)) < len(names):
                continue
            if next(left) <= 0:
                return
            yield names, data

    yield from (fresh(stage) for stage in _stages(envelope, raw, canonical, limit))


def _stages(envelope: Envelope, raw: bytes, canonical: bytes, limit: int) -> Iterator[Iterator[Candidate]]:
    yield iter([((), canonical)])
    bare = unsigned(envelope)
    text = write(bare, Style())
    held = itertools.islice(_contents(envelope), limit)
    contents = [(names, value) for names, value in held if write(value, Style()) != text]
    usual = [(names, value) for names, value in contents if names[0] in COMMON]
    yield _one(bare, contents)
    yield _defaults([((), bare), *usual])
    yield _texts(raw, envelope)  # after what says more: which habits the text as sent has
    yield _two(bare, contents)
    yield _three(bare, usual)


def _texts(raw: bytes, envelope: Envelope) -> Iterator[Candidate]:
    for name, texts in TEXTS.items():
        yield from (((name,), data) for data in texts(raw, envelope))


def _defaults(contents: list[Content]) -> Iterator[Candidate]:
    """What libraries write when nobody tells them otherwise: several mistakes at once, and the likeliest."""
    for names, value in contents:
        yield from (((*names, *more), _written(value, style)) for more, style in DEFAULTS)


def _one(bare: Envelope, contents: list[Content]) -> Iterator[Candidate]:
    yield from ((names, _written(value, Style())) for names, value in contents)
    yield from _styled((), bare, 1)
    yield from _bytes((), write(bare, Style()))


def _two(bare: Envelope, contents: list[Content]) -> Iterator[Candidate]:
    yield from _styled((), bare, 2)
    for names, value in contents:
        yield from _styled(names, value, 1)
    for name in WRITING:
        for style in styles(Style(), name):
            yield from _bytes((name,), write(bare, style))
    for names, value in contents:
        yield from _bytes(names, write(value, Style()))


def _three(bare: Envelope, contents: list[Content]) -> Iterator[Candidate]:
    yield from _styled((), bare, 3)
    for names, value in contents:
        yield from _styled(names, value, 2)


def _contents(envelope: Envelope) -> Iterator[Content]:
    for name, make in CONTENT.items():
        for value in make(envelope):
            yield (name,), value
    for pointer, value in missing(envelope):
        yield (f"member-missing:{pointer}",), value


def _styled(names: Names, value: Any, number: int) -> Iterator[Candidate]:
    """The value with so many things wrong in the way it is written."""
    for chosen in itertools.combinations(WRITING, number):
        made = [Style()]
        for name in chosen:
            made = [more for style in made for more in styles(style, name)]
        yield from (((*names, *chosen), _written(value, style)) for style in made)


def _written(value: Any, style: Style) -> bytes:
    return write(value, style).encode("utf-8", "replace")


def _bytes(names: Names, text: str) -> Iterator[Candidate]:
    for name, change in BYTES.items():
        yield from (((*names, name), data) for data in change(text))
