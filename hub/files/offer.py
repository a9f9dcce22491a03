"""What a sender says of a part before its bytes, and what is told of a file on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hub.errors import SenderError
from hub.files.name import Name
from hub.files.ranges import Range
from hub.message import Finding

PARTS, CONTENT, LIMIT = "EX-FIL-03", "EX-FIL-02", "EX-LIM-03"


@dataclass(frozen=True, slots=True)
class Offer:
    """Bytes from `start` to before `stop` of `total`; `stated` is the digest its sender signed for them."""

    owner: str
    name: Name
    start: int
    stop: int
    total: int
    stated: str


@dataclass(frozen=True, slots=True)
class Progress:
    """`hub_id` names the arrival of a file that came whole; "" while something is missing."""

    name: Name
    total: int
    ranges: tuple[Range, ...] = ()
    missing: tuple[Range, ...] = ()
    hub_id: str = ""
    first: bool = False

    def public(self) -> dict[str, Any]:
        """Ranges as in HTTP: both ends are in them."""
        return {
            "digest": self.name.text,
            "size": self.total,
            "state": "there" if self.hub_id else "incoming",
            "ranges": [[start, stop - 1] for start, stop in self.ranges],
            "missing": [[start, stop - 1] for start, stop in self.missing],
            **({"hubId": self.hub_id} if self.hub_id else {}),
        }


def refused(
    status: int, code: str, at: str, expected: str, observed: str, advice: str, clause: str
) -> SenderError:
    """One finding, and the same code for the whole."""
    found = Finding(code, at, expected, observed, advice, clause)
    return SenderError(advice, code=code, status=status, findings=(found,))


def check(offer: Offer, largest: int, part: int) -> None:
    """Raises SenderError 413 for what is larger than the hub takes."""
    if offer.total > largest:
        raise refused(
            413, "file.too-large", "/headers/Content-Range", f"<= {largest} B", f"{offer.total} B",
            "拆分附件后分别提交", LIMIT,
        )  # fmt: skip
    if offer.stop - offer.start > part:
        raise refused(
            413, "file.part-too-large", "/headers/Content-Length", f"<= {part} B",
            f"{offer.stop - offer.start} B", "用 Content-Range 分片提交", LIMIT,
        )  # fmt: skip
