"""What the explaining page says besides the judgement: where seals lie, what is inside, who took part."""

from __future__ import annotations

from dataclasses import replace

from certs.cli.facts import Row, contents
from certs.cli.kinds import Found, recognise_kind
from certs.cli.remark import Remark
from certs.cli.report import Report
from certs.cms import read_signed
from certs.model.der import MalformedError
from certs.recognition.recognition import views
from hub.ca.parties import parties
from hub.ca.resembling import Likeness, likeness

_MOST = 20
_ENVELOPE = Remark(
    "签名之内是数字信封:这里核验的是外层签名,内容只有接收者用自己的密钥才能打开",
    "a digital envelope lies inside: judged here is the signature outside, only a recipient can open it",
)
_ENCRYPTED = Likeness(
    ("加密的 PDF 文件,其中的签名无法读取", "an encrypted PDF, whose signatures cannot be read"),
    (
        "向出具方索取未加密的原件;自行解密另存会破坏签名",
        "ask whoever issued it for the file without encryption; saving it decrypted breaks the signature",
    ),
)
_PLACES = (
    ("signature", "签名域或编号", "field or number"),
    ("seal-name", "印章", "seal"),
    ("signed", "签署时间", "signed at"),
    ("stamp-pages", "印章所在页", "seal shown on page"),
    ("stamp-box", "印章位置", "seal's place"),
)


def looks(made: Report, data: bytes) -> Likeness | None:
    """None for what is of a kind known here and can be read."""
    reasons = made.verdict.reasons if made.verdict is not None else []
    if made.kind == "pdf" and any("encrypted" in one.detail for one in reasons if one.code == "container"):
        return _ENCRYPTED
    return likeness(made.kind, data)


def placed(made: Report) -> list[Row]:
    """Of each signature in an OFD or PDF its name, its seal and where that lies on which page."""
    if made.verdict is None or made.kind not in ("ofd", "pdf"):
        return []
    facts, rows = made.verdict.facts, []
    for number in range(1, min(int(facts.get("signatures", "0")), _MOST) + 1):
        tail = "" if number == 1 else f".{number}"
        for name, zh, en in _PLACES:
            value = facts.get(name + tail, "")
            if name == "stamp-pages" and not value:
                value = "未在页面上显示 / on no page"
            if value and name == "stamp-box":
                value = _told(value)
            if value:
                rows.append(Row(f"签名 {number} {zh}", f"signature {number}: {en}", value))
    return rows


def _told(box: str) -> str:
    """A box in millimetres as somebody would measure it on the page."""
    sides = box.removesuffix(" mm").split()
    if len(sides) != 4:
        return box
    left, top, width, height = sides
    return (
        f"距左 {left} 毫米,距上 {top} 毫米,大小 {width} × {height} 毫米"
        f" / {left} mm from the left, {top} from the top, {width} by {height}"
    )


def enclosing(made: Report, found: Found) -> Report:
    """A signed envelope is told as one: whoever reads “signed” would take it for the document itself."""
    if made.kind != "cms":
        return made
    try:
        inside = recognise_kind(read_signed(found.data).content or b"")
    except MalformedError:
        return made
    if inside.kind != "envelope":
        return made
    return replace(made, rows=[*made.rows, *contents(inside).rows], remarks=(*made.remarks, _ENVELOPE))


def with_others(made: Report, found: Found) -> Report:
    """Who made the seals and who signed besides, so that the steps name them shortly."""
    known = {one.raw for one in (*made.chain, *made.others)}
    more = tuple(one for one in views(parties(found.kind, found.data)) if one.raw not in known)
    return replace(made, others=(*made.others, *more)[:_MOST]) if more else made
