"""A seal, and a signature made with it, as frozen views over their bytes.

Three generations share one view. In the first (GM/T 0031-2014, header version 1 to 3) the maker signs
{info, certificate, algorithm} and the signer's certificate stands inside what is signed; since
GB/T 38540-2020 (version 4) the maker signs the info alone and certificates stand beside. Version 5
(GM/T 0031-2025) adds a time stamp to the seal. What was signed is kept as it came, never re-encoded.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

FIRST, NATIONAL, FIFTH = 1, 4, 5
CERTIFICATES, DIGESTS = 1, 2


@dataclass(frozen=True, slots=True)
class Picture:
    """What is shown: `kind` as written ("png", "ofd", …), sizes in millimetres."""

    kind: str
    data: bytes = field(repr=False)
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Listed:
    """Who may use the seal: certificates, or (algorithm, digest) of them. `kind` is what the seal says it
    is, `fits` whether the list is of that kind."""

    kind: int
    certificates: tuple[bytes, ...] = field(default=(), repr=False)
    digests: tuple[tuple[str, bytes], ...] = field(default=(), repr=False)
    fits: bool = True


@dataclass(frozen=True, slots=True)
class Seal:
    """`signed` is what the maker's signature covers; `stamp` a time stamp token over `value`."""

    raw: bytes = field(repr=False)
    generation: int
    version: int
    vendor: str
    number: str
    kind: int
    name: str
    listed: Listed
    made: datetime
    begin: datetime
    end: datetime
    picture: Picture
    extensions: tuple[tuple[str, bool, bytes], ...]
    maker: bytes = field(repr=False)
    algorithm: str
    signed: bytes = field(repr=False)
    value: bytes = field(repr=False)
    stamp: bytes | None = field(default=None, repr=False)
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SealSignature:
    """`signed` is what the signer's value covers; `imprint` the digest of the document. `time` is what
    the signer says; None if the first generation put a time stamp there, which is then `time_token`."""

    raw: bytes = field(repr=False)
    version: int
    seal: Seal
    time: datetime | None
    time_token: bytes | None = field(repr=False)
    imprint: bytes
    about: str
    extensions: tuple[tuple[str, bool, bytes], ...]
    signer: bytes = field(repr=False)
    algorithm: str
    signed: bytes = field(repr=False)
    value: bytes = field(repr=False)
    stamp: bytes | None = field(default=None, repr=False)
    notes: tuple[str, ...] = ()
