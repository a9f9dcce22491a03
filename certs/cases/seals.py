"""Chapter `seal`: three versions of the format, each whole and with each thing that can be wrong."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from certs.algorithms.digest import digest
from certs.cases.signers import crooked
from certs.cases.stage import CONTENT, OTHER_CONTENT, Stage
from certs.cases.table import Case, Row
from certs.keys.held import HeldKey
from certs.ofd import make_ofd, seal_ofd
from certs.seal import Picture, make_seal, read_seal, sign_with_seal
from certs.testpki.issue import DAY
from certs.testpki.seals import picture

_PAGE = "Doc_0/Pages/Page_0/Content.xml"


@dataclass(frozen=True, slots=True)
class Wrong:
    """What of a seal and its use is otherwise than it should be."""

    altered: bool = False
    signer: str = "builder"
    ended: bool = False
    content: bytes = CONTENT
    maker: str = "centre"
    raw: bool = False


_WRONG = {
    "": Wrong(),
    "altered-picture": Wrong(altered=True),
    "foreign-signer": Wrong(signer="supplier"),
    "expired-seal": Wrong(ended=True),
    "digest-mismatch": Wrong(content=OTHER_CONTENT),
    "foreign-maker": Wrong(maker="agency"),
    "frozen-maker": Wrong(maker="frozen"),
    "raw": Wrong(raw=True),
}


def seal_of(stage: Stage, version: int, wrong: Wrong) -> bytes:
    """A seal of the builder's, made by the centre; an altered one keeps the value over the first picture."""
    vendor, now = stage.bench, stage.world.now
    maker = _key(vendor.signer(wrong.maker), raw=wrong.raw)

    def made(drawing: bytes, value: bytes | None = None) -> bytes:
        return make_seal(
            version, maker, [vendor.signer("builder").certificate], Picture("png", drawing, 40, 40),
            made=now - DAY / 2, begin=now - DAY / 2, end=now - DAY / 4 if wrong.ended else now + 365 * DAY,
            number=vendor.holders["builder"].seal, name="沙箱精诚建设有限公司(沙箱章)", vendor="SANDBOX",
            value=value,
        )  # fmt: skip

    whole = made(picture())
    return made(_redrawn(picture()), read_seal(whole).value) if wrong.altered else whole


def _redrawn(drawing: bytes) -> bytes:
    """The same ring in blue: the palette alone is another, with its check sum."""
    old, new = b"PLTE" + bytes((255, 255, 255, 200, 0, 0)), b"PLTE" + bytes((255, 255, 255, 0, 0, 200))
    return drawing.replace(old + zlib.crc32(old).to_bytes(4, "big"), new + zlib.crc32(new).to_bytes(4, "big"))


def _key(key: HeldKey, *, raw: bool) -> HeldKey:
    return crooked(key, "raw") if raw else key


def sealed(stage: Stage, row: Row) -> Case:
    """VerifySeal: an SES_Signature over a document."""
    wrong, version = _WRONG[row.defect], _version(row)
    key = _key(stage.bench.signer(wrong.signer), raw=wrong.raw)
    made = sign_with_seal(seal_of(stage, version, wrong), key, digest(CONTENT), stage.world.now)
    files = {"sealed.ses": made, "document.bin": wrong.content}
    return stage.case(row, {**files, **_makers(stage)})


def covered(stage: Stage, row: Row) -> Case:
    """VerifyOFD: the same in a file, where a part can be left out of what is sealed."""
    seal, key = seal_of(stage, _version(row), Wrong()), stage.bench.signer("builder")
    leave = [_PAGE] if row.defect == "part-not-covered" else []
    plain = make_ofd("中标通知书(沙箱)", "第二页")
    made = seal_ofd(plain, seal, key, time=stage.world.now, leave=leave)
    return stage.case(row, {"document.ofd": made, **_makers(stage)})


def _makers(stage: Stage) -> dict[str, bytes]:
    """Those who may make seals; the second of them is on hold."""
    made = (stage.bench.signer(one).certificate for one in ("centre", "frozen"))
    return {f"maker-{at}.der": raw for at, raw in enumerate(made)}


def _version(row: Row) -> int:
    return int(row.object.rpartition("/v")[2])


BUILD: dict[str, Callable[[Stage, Row], Case]] = {"VerifySeal": sealed, "VerifyOFD": covered}
