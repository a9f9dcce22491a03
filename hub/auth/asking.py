"""What is asked of this room: JSON that nobody vouches for, read into values, all faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from hub.auth.binding import ACTIONS
from hub.auth.face import LIVENESS, Shown
from hub.auth.refusing import CLAUSE, REQUEST
from hub.ca.question import MEDIA, Reading
from hub.errors import SenderError
from hub.message import Finding

FORMS = ("raw", "cms")
SEAL = "seal"  # the form of what a sealing service brings; nobody states it
MOST_PROOF = 16 << 10  # octets of a signature, and of each certificate
MOST_CHAIN = 5
_PERSON, _PARTY = ("name", "idType", "idNo"), ("type", "code", "name")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants done: `seconds` of life, None for the usual."""

    action: str
    business: str
    digest: str
    provider: str = ""
    holder: str = ""
    seconds: int | None = None
    face: bool = False


@dataclass(frozen=True, slots=True)
class Proof:
    """A signature over the octets of a challenge; `medium` as claimed, checked against the CA's; `imprint`:
    made by one who was told their digest, so what it signed may be that digest."""

    form: str
    signature: bytes = field(repr=False)
    certificate: bytes | None = field(default=None, repr=False)
    chain: tuple[bytes, ...] = field(default=(), repr=False)
    medium: str = "token"
    imprint: bool = False


def wish(value: Any, more: frozenset[str] = frozenset()) -> Wish:
    """`{action, business?, digest?}`, and of a ticket `{provider, holder?, seconds?, face?}`."""
    reading = _Asked(value, frozenset(("action", "business", "digest")) | more)
    action = reading.choice("action", ACTIONS)
    if action is None and not reading.has("action"):
        reading.say("action", " | ".join(ACTIONS), "", "写明要办什么")
    digest = reading.digest("digest")
    if action in ("sign", "seal") and not reading.has("digest"):
        reading.say("digest", "sm3:<64 位十六进制> | sha256:<…>", "", "签名、签章须绑定原文摘要")
    asked = Wish(
        action or "login",
        reading.text("business", 200) or "",
        "" if digest is None else f"{digest.algorithm}:{digest.value.hex()}",
        reading.text("provider", 8) or "",
        reading.text("holder", 60) or "",
        reading.seconds("seconds"),
        reading.flag("face", False),
    )
    reading.refuse()
    return asked


def challenge_login(value: Any) -> tuple[str, Proof]:
    """`{challengeId, signature, certificate, form, chain?, medium?}`."""
    names = ("challengeId", "signature", "certificate", "form", "chain", "medium")
    reading = _Asked(value, frozenset(names))
    name = reading.needed("challengeId", 128)
    found = _proof(reading, "token")
    reading.refuse()
    return name, found


def confirmation(value: Any) -> Proof:
    """The same from a telephone, without a medium: `{signature, certificate, form?, chain?}`."""
    reading = _Asked(value, frozenset(("signature", "certificate", "form", "chain")))
    found = _proof(reading, "tokenless")
    reading.refuse()
    return found


def face_shown(value: Any) -> Shown:
    """`{person: {name, idType, idNo}, requester: {type, code, name}, material, liveness, consentNo}`."""
    names = ("person", "requester", "material", "liveness", "consentNo")
    reading = _Asked(value, frozenset(names))
    person, requester = reading.texts("person", _PERSON), reading.texts("requester", _PARTY)
    material = reading.octets("material", needed=True) or b""
    liveness, consent = reading.choice("liveness", LIVENESS) or LIVENESS[0], reading.needed("consentNo", 64)
    reading.refuse()
    return Shown(person, requester, material, liveness, consent)


def stated_digest(value: Any) -> str:
    """`{digest?}` of what is to be used."""
    reading = _Asked(value, frozenset(("digest",)))
    digest = reading.digest("digest")
    reading.refuse()
    return "" if digest is None else f"{digest.algorithm}:{digest.value.hex()}"


def stated_token(value: Any) -> str:
    reading = _Asked(value, frozenset(("token",)))
    token = reading.needed("token", 128)
    reading.refuse()
    return token


def empty(value: Any) -> None:
    _Asked(value, frozenset()).refuse()


class _Asked(Reading):
    """Findings come under this room's own code."""

    def __init__(self, value: Any, known: frozenset[str]) -> None:
        self._there: Mapping[str, Any] = value if isinstance(value, dict) else {}
        super().__init__(value, known)

    def say(self, name: str, expected: str, observed: str, advice: str) -> None:
        self.findings.append(Finding(REQUEST, f"/{name}", expected, observed, advice, CLAUSE))

    def needed(self, name: str, most: int) -> str:
        if not self.has(name):
            self.say(name, f"至多 {most} 字的文本", "", "补上此项")
        return self.text(name, most) or ""

    def texts(self, name: str, members: tuple[str, ...]) -> dict[str, str]:
        """An object of short texts, all of them there."""
        value = self._there.get(name)
        found = value if isinstance(value, dict) else {}
        good = set(found) == set(members) and all(
            isinstance(x, str) and 0 < len(x) <= 200 for x in found.values()
        )
        if not good:
            self.say(name, "{" + ", ".join(members) + "}", "", "补齐各成员,均为文本")
        return dict(found) if good else {}

    def seconds(self, name: str) -> int | None:
        value = self._there.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool)):
            return value
        self.say(name, "整数秒", type(value).__name__, "写整数秒,或省去")
        return None

    def short(self, name: str, *, needed: bool) -> bytes | None:
        """Octets that are kept for a while, so there may not be many of them."""
        found = self.octets(name, needed=needed)
        if found is not None and len(found) > MOST_PROOF:
            self.say(name, f"<= {MOST_PROOF} B", f"{len(found)} B", "只传签名或单张证书")
            return None
        return found

    def refuse(self) -> None:
        if self.findings:
            found = tuple(replace(one, code=REQUEST) for one in self.findings)
            raise SenderError("请求不成立 / not a request", code=REQUEST, findings=found)


def _proof(reading: _Asked, medium: str) -> Proof:
    form = reading.choice("form", FORMS) or "raw"
    signature = reading.short("signature", needed=True)
    certificate = reading.short("certificate", needed=form == "raw")
    chain = reading.several("chain")
    if len(chain) > MOST_CHAIN or sum(map(len, chain)) > MOST_PROOF:
        reading.say("chain", f"至多 {MOST_CHAIN} 张,共 {MOST_PROOF} B", str(len(chain)), "只传中间证书")
    return Proof(form, signature or b"", certificate, chain, reading.choice("medium", MEDIA) or medium)
