"""Looking at a folder in which a system lays packages down: the plan is the dialect's, the looking is here.

A package is one file that says it is there (a marker, or itself) and the files that belong to it. As long as
one is missing the package is not whole, and is left for the next look. With `receipt`, a package is
settled when its receipt is there, whoever died in between; without, names must grow and the hub
remembers the last one.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase

from adapters.transports.table_poller import PUT_OFF, files_of
from hub.ports import Answer, Carry, Haul, Incoming

Done = Sequence[tuple[Incoming, Answer]]
MOST = 64 * 2**20


@dataclass(frozen=True, slots=True)
class FolderPlan:
    """`sign`: a one-level pattern of the files that say a package is there.

    `parts` names its files; `read` makes its messages, at least one (findings say what could not be read),
    and is pure; `receipt` names its receipt, `receipts` is the pattern of them all; `verdict` writes it.
    `most`: bytes fetched of one package.
    """

    sign: str
    parts: Callable[[str], tuple[str, ...]]
    read: Callable[[str, Mapping[str, bytes]], tuple[Incoming, ...]]
    receipts: str = ""
    receipt: Callable[[str], str] | None = None
    verdict: Callable[[str, Done], bytes] | None = None
    most: int = MOST

    def __post_init__(self) -> None:
        if len({bool(self.receipts), self.receipt is not None, self.verdict is not None}) > 1:
            raise ValueError("receipts want a name, a pattern and a content")


class FolderPoller:
    """See `hub.ports.Poller`."""

    def __init__(self, plan: FolderPlan, carry: Carry) -> None:
        self.plan, self.carry = plan, carry
        self._packages: list[tuple[str, tuple[Incoming, ...]]] = []

    async def next(self, watermark: str, limit: int) -> Haul:
        """Raises PollError or TransportError. `limit` counts messages; a package is never divided."""
        waiting = await self._waiting(watermark)
        items: list[Incoming] = []
        self._packages = []
        for sign in waiting:
            if len(items) >= limit:
                return Haul(tuple(items), watermark, more=True)
            found = await self._package(sign)
            if found is None and not self.plan.receipts:
                break  # its name would be passed for ever
            if found is not None:
                self._packages.append((sign, found))
                items += found
                watermark = watermark if self.plan.receipts else json.dumps(sign)
        return Haul(tuple(items), watermark)

    async def close(self) -> None:
        """The carrier is the hub's."""

    async def _waiting(self, watermark: str) -> list[str]:
        plan = self.plan
        listed = await files_of(self.carry, {"list": [one for one in (plan.sign, plan.receipts) if one]})
        names, last = listed["listed"], json.loads(watermark) if watermark else ""
        signs = _fitting(names, plan.sign)
        if plan.receipt is not None:
            return [sign for sign in signs if plan.receipt(sign) not in names]
        return [sign for sign in signs if sign > last]

    async def _package(self, sign: str) -> tuple[Incoming, ...] | None:
        paths = self.plan.parts(sign)
        told = await files_of(self.carry, {"get": list(paths), "limit": self.plan.most})
        got = {path: base64.b64decode(text) for path, text in told["got"].items()}
        return self.plan.read(sign, got) if set(paths) <= set(got) else None


class ReceiptingPoller(FolderPoller):
    """A folder whose packages get a receipt."""

    async def settle(self, done: Done) -> None:
        """Raises PollError or TransportError; then the packages come again, and so does this."""
        answers = {id(item): answer for item, answer in done}
        name, words = self.plan.receipt, self.plan.verdict
        if name is None or words is None:
            return
        puts = []
        for sign, items in self._packages:
            told = [(item, answers[id(item)]) for item in items]
            if any(answer.status == PUT_OFF or answer.status >= 500 for _, answer in told):
                continue
            content = base64.b64encode(words(sign, told)).decode("ascii")
            puts.append({"path": name(sign), "b64": content, "unless": None})
        if puts:
            await files_of(self.carry, {"put": puts})


def folder_poller(plan: FolderPlan, carry: Carry) -> FolderPoller:
    """The poller for a plan: it settles if the plan has receipts."""
    return ReceiptingPoller(plan, carry) if plan.receipts else FolderPoller(plan, carry)


def _fitting(names: Mapping[str, int], pattern: str) -> list[str]:
    """Those of one folder that fit, in the order of their names."""
    above = pattern.rpartition("/")[0]
    return sorted(one for one in names if one.rpartition("/")[0] == above and fnmatchcase(one, pattern))
