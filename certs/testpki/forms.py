"""The forms in which CAs write text into names and private extensions, the odd ones included."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from certs.model import write as w
from certs.testpki.issue import ATTRIBUTES, extension

FORMS: dict[str, Callable[[str], bytes]] = {
    "utf8": w.utf8,
    "printable": w.printable,
    "ia5": w.ia5,
    "bmp": lambda text: w.element(0x1E, text.encode("utf-16-be")),
    "bits": lambda text: w.bits(text.encode()),
    "octets": lambda text: w.octets(text.encode()),
    # IdentifyCode of GM/T 0015: the resident number is the first of three choices.
    "identity": lambda text: w.sequence(w.element(0x80, text.encode("ascii"))),
    "bare": lambda text: text.encode(),
}


def written_name(rows: Iterable[tuple[str, str, str]], words: Mapping[str, str]) -> bytes:
    """A distinguished name: rows of kind, template and form."""
    return w.sequence(
        *(
            w.set_of(w.sequence(w.oid(ATTRIBUTES.get(kind, kind)), FORMS[form](text.format_map(words))))
            for kind, text, form in rows
        )
    )


def written_extension(oid: str, text: str, form: str, *, critical: bool = False) -> bytes:
    return extension(oid, FORMS[form](text), critical=critical)
