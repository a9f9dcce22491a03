"""Documents sealed while the key is somewhere else: an OFD or PDF becomes one that waits for a value, and
with the value one that is judged like any other.

Nothing is kept between the two: whoever asks holds the file, and what comes back with a value is believed
in nothing; it is judged whole before it is given out.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from certs.algorithms.public_keys import KeyUnusableError, load
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.ofd.signing import Prepared as PreparedOfd
from certs.ofd.signing import finish_ofd, prepare_ofd
from certs.pdf.signing import Prepared as PreparedPdf
from certs.pdf.signing import finish_pdf, prepare_pdf
from certs.seal.make import ALGORITHMS
from hub.errors import SenderError
from hub.message import Finding

CODE = "ca.request"
Made = TypeVar("Made")
KINDS = ("ofd", "pdf")
_UNPACKED = 64 << 20  # octets: all of it is packed again, for people nobody knows
_SM2 = "sm2-sm3"
_FAMILIES = {"rsa": "rsa-sha256", "ec": "ecdsa-sha256"}


def kind_of(raw: bytes) -> str:
    """By its beginning; what it is not will show."""
    return "pdf" if b"%PDF-" in raw[:1024] else "ofd" if raw.startswith(b"PK\x03\x04") else ""


Prepared = PreparedOfd | PreparedPdf


def prepared(raw: bytes, certificate: bytes | None, now: datetime) -> tuple[str, Prepared]:
    """Kind and prepared file; for a thread. `certificate` is the signer's, where it is known before."""
    kind = kind_of(raw)
    if kind == "ofd":
        algorithm = ALGORITHMS[_algorithm(certificate)]
        return kind, _taken(lambda: prepare_ofd(raw, time=now, algorithm=algorithm, most=_UNPACKED))
    if kind == "pdf":
        return kind, _taken(lambda: prepare_pdf(raw, time=now))
    raise _refusal("/file", "OFD 或 PDF 文件", "换成版式文件;其他文件只对摘要盖章")


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
        raise _refusal("/file", "完整、无缺陷的版式文件", "换一份由正规软件生成的文件", str(error)) from error
    except ImportError as error:
        raise _refusal("/file", "OFD 文件", "安装 PDF 组件:pip install 'hutong[pdf]'", "PDF") from error


def _algorithm(certificate: bytes | None) -> str:
    if certificate is None:
        return _SM2
    try:
        return _FAMILIES.get(load(read_certificate(certificate).key).family, _SM2)
    except (MalformedError, KeyUnusableError):
        return _SM2


def _refusal(at: str, expected: str, advice: str, observed: str = "") -> SenderError:
    finding = Finding(CODE, at, expected, observed[:200], advice, "GB/T 33190 18" if at == "/file" else "")
    return SenderError(f"文件不能盖章:{observed or expected}", code=CODE, findings=(finding,))
