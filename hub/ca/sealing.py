"""Documents sealed while the key is somewhere else: an OFD or PDF becomes one that waits for a value, and
with the value one that is judged like any other.

Nothing is kept between the two: whoever asks holds the file, and what comes back with a value is believed
in nothing; it is judged whole before it is given out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from certs.algorithms.public_keys import KeyUnusableError, load
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.ofd.signing import Prepared as PreparedOfd
from certs.ofd.signing import finish_ofd, prepare_ofd
from certs.pdf.appearance import Place
from certs.pdf.signing import Prepared as PreparedPdf
from certs.pdf.signing import finish_pdf, prepare_pdf
from certs.seal.make import ALGORITHMS
from certs.seal.picture import fault
from certs.seal.read import read_seal
from hub.errors import SenderError
from hub.message import Finding

CODE = "ca.request"
Made = TypeVar("Made")
KINDS = ("ofd", "pdf")
_UNPACKED = 64 << 20  # octets: all of it is packed again, for people nobody knows
_SM2 = "sm2-sm3"
_SIDE = 40  # millimetres, of a seal not known before
_USUAL = "1 150 230"
_PLACES = ("a place that is not on the page", "a page that is not there")
# What is found in a file, for people who read Chinese; the finding keeps it as it was said.
_SAID = (
    ("a page that is not there", "文件里没有所选的页"),
    ("a place that is not on the page", "印章超出所选的页"),
    ("neither OFD nor PDF", "不是 OFD 或 PDF 文件"),
    ("an earlier signature is broken", "文件里已有的签名不成立"),
    ("encrypted", "文件已加密"),
    ("waits for a value", "文件已在等待另一次签章"),
    ("PDF component", "平台没有安装 PDF 组件"),
)
_PLACE = re.compile(r"([1-9]\d{0,3}) (\d{1,4}) (\d{1,4})")
_FAMILIES = {"rsa": "rsa-sha256", "ec": "ecdsa-sha256"}


def kind_of(raw: bytes) -> str:
    """By its beginning; what it is not will show."""
    return "pdf" if b"%PDF-" in raw[:1024] else "ofd" if raw.startswith(b"PK\x03\x04") else ""


Prepared = PreparedOfd | PreparedPdf


def place_of(text: str | None, seal: bytes | None) -> Place:
    """`"page left top"`: a page from 1 and millimetres from its upper left corner; as large as the seal
    says. Without: lower right of the first page."""
    found = _PLACE.fullmatch(_USUAL if text is None else text)
    if found is None:
        raise _refusal("/place", "页码 左 上,如 1 150 230(毫米)", "写明第几页、距左上角多少毫米", text or "")
    picture = None
    if seal is not None:
        try:
            picture = read_seal(seal).picture
        except MalformedError as error:
            raise _refusal("/seal", "印章(SESeal)", "给出介质里的印章", str(error)) from error
    page, left, top = (int(one) for one in found.groups())
    sound = picture is not None and fault(picture) is None
    size = (picture.width, picture.height) if picture is not None and sound else (_SIDE, _SIDE)
    return Place(page - 1, left, top, *size, picture if sound else None, fit=text is None)


def prepared(
    raw: bytes, certificate: bytes | None, now: datetime, place: Place | None = None
) -> tuple[str, Prepared]:
    """Kind and prepared file, its seal shown at `place`; for a thread. `certificate` is the signer's, where
    it is known before."""
    kind, place = kind_of(raw), place or Place(fit=True)
    if kind == "ofd":
        algorithm = ALGORITHMS[_algorithm(certificate)]
        box = f"{place.left:g} {place.top:g} {place.width:g} {place.height:g}"
        return kind, _taken(
            lambda: prepare_ofd(
                raw, time=now, algorithm=algorithm, pages=(place.page,), box=box, most=_UNPACKED
            )
        )
    if kind == "pdf":
        return kind, _taken(lambda: prepare_pdf(raw, time=now, place=place))
    raise _refusal("/file", "OFD 或 PDF 文件", "换成版式文件;其他文件只对摘要盖章", "neither OFD nor PDF")


def finished(raw: bytes, value: bytes) -> tuple[str, bytes]:
    """Kind and the file with its value, judged by nobody yet."""
    kind = kind_of(raw)
    if kind not in KINDS:
        raise _refusal("/prepared", "上一步所得文件", "重新发起")
    return kind, _taken(lambda: finish_ofd(raw, value) if kind == "ofd" else finish_pdf(raw, value))


def _taken(work: Callable[[], Made]) -> Made:
    try:
        return work()
    except MalformedError as error:
        if str(error) in _PLACES:
            raise _refusal("/place", "文件里有的页,印章整个在页内", "改页码或位置", str(error)) from error
        raise _refusal("/file", "完整、无缺陷的版式文件", "换一份由正规软件生成的文件", str(error)) from error
    except ImportError as error:
        raise _refusal(
            "/file", "OFD 文件", "安装 PDF 组件:pip install 'hutong[pdf]'", "no PDF component"
        ) from error


def _algorithm(certificate: bytes | None) -> str:
    if certificate is None:
        return _SM2
    try:
        return _FAMILIES.get(load(read_certificate(certificate).key).family, _SM2)
    except (MalformedError, KeyUnusableError):
        return _SM2


def _refusal(at: str, expected: str, advice: str, observed: str = "") -> SenderError:
    finding = Finding(CODE, at, expected, observed[:200], advice, "GB/T 33190 18" if at == "/file" else "")
    said = next((zh for words, zh in _SAID if words in observed), f"须为{expected}")
    return SenderError(f"文件不能盖章:{said}", code=CODE, findings=(finding,))
