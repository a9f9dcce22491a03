"""Who signed up for a section, as far as that passes through here: asked of one bidder, by its own system.

A sign-up is answered by who keeps the list. Of an answer that takes it, tokens are kept with the entry of the
answer and nothing else; no question gives them out. Whether a bid is refused for want of a sign-up must not
tell that others signed up: the check is made only for a system that signed up somebody itself, of a bid that
its bidder has signed, and what others signed up counts only in the bidder's favour.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from hub.catalogue.sections import named
from hub.index.port import Index
from hub.index.tokens import Tokens, hexed
from hub.ports import Answer

SERVICE = "bidder.signup"
_TAKEN, _OPEN, _REPEATED = ("accepted", "duplicate"), "held", "signup.repeated"


@dataclass(frozen=True, slots=True)
class SignUps:
    tokens: Tokens

    def noted(self, envelope: Mapping[str, Any], answer: Answer) -> dict[str, Any]:
        """What the journal keeps of an answer to a sign-up, for the index; nothing for any other answer."""
        head, fields = envelope["head"], envelope["body"]["fields"]
        if head["msgType"] != SERVICE or not (section := named(fields["section"])):
            return {}
        state = str(answer.data.get("receiptState")) if answer.status < 300 else ""
        withdrawn = fields.get("withdraw") is True
        sure = state in _TAKEN
        if not sure and (withdrawn or (state != _OPEN and answer.code != _REPEATED)):
            return {}
        # Which member of a consortium will deliver is not said yet.
        parties = [fields["bidder"], *(fields.get("consortium") or ())]
        bodies = self._bodies(section, [str(one["code"]) for one in parties if one.get("code")])
        by = hexed(self._by(section, head["from"]))
        return {"signup": {"by": by, "bodies": bodies, "sure": sure, "withdrawn": withdrawn}}

    def missing(self, index: Index, sender: str, section: str, code: str) -> bool:
        """Is this bidder known not to have signed up? Nobody is where this sender signed up nobody."""
        body = self.tokens.of("signup", section, code)
        return index.bids.signed_up(body, self._by(section, sender)) is False

    def _by(self, section: str, sender: str) -> int:
        return self.tokens.of("signups", section, sender)

    def _bodies(self, section: str, codes: Iterable[str]) -> list[str]:
        return [hexed(self.tokens.of("signup", section, one)) for one in codes]
