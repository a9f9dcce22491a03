"""`ca.seal` at C04: documents sealed as GB/T 38540 has it, by a key in two halves, once its holder agrees.

Seals are made when first asked for, in version 5, for whoever has a seal code among the holders. OFD is
sealed inside the file (GB/T 33190, 18); of anything else a digest can be sealed, which then stays unseen here
(papers of scan-oauth, 9). PDF is refused: nobody here writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import certs
from certs.model.certificate import read_certificate
from certs.model.der import MalformedError
from certs.ofd.make import seal_ofd
from certs.seal import sign_with_seal
from certs.seal.request import request_extension
from certs.testpki.declared import Seal
from certs.testpki.seals import sealed_by
from hub.message import wall
from simulators.desk import Refusal
from simulators.systems.cooperative import CooperativeKey
from simulators.systems.hierarchy import Hierarchy
from simulators.systems.material import b64, opened

Fields = dict[str, Any]
VERSION, MAKER = 5, "centre"
_SM3_OCTETS = 32
_LIFE = timedelta(days=365)
_PLACE = re.compile(r"p(\d{1,4}):")


@dataclass(slots=True)
class Sealing:
    """`made` are seals by the number of the certificate they are used with."""

    hierarchy: Hierarchy
    made: dict[int, bytes] = field(default_factory=dict)

    def look(self, asked: Fields, now: datetime) -> Fields:
        """What can be said before anybody agrees: the seals there are, or why there will be none."""
        holder = self._holder(asked)
        if asked.get("sealAction") == "list":
            return {"state": "done", "seals": [self._told(holder, None)]}
        if str(asked.get("format")) not in ("ofd", "digest"):
            raise Refusal("seal.format")
        if asked.get("sealId") not in (None, "", self._id(holder)):
            raise Refusal("seal.not-authorised")
        if not asked.get("document"):
            raise Refusal("seal.format")
        if asked["format"] == "digest":
            _imprint(asked)
        return {"state": "waiting"}

    def seal(self, asked: Fields, now: datetime) -> Fields:
        """The document with one more seal; `refused` where the certificate is good no longer."""
        holder = self._holder(asked)
        code = self.hierarchy.vendor.holders[holder].code
        key = CooperativeKey.like(self.hierarchy.key_of(code=code))
        serial = read_certificate(key.certificate).serial
        if self.hierarchy.standing(serial, now)[0] != "good":
            return {"state": "refused"}
        if serial not in self.made:
            self.made[serial] = sealed_by(self._seal(holder), self.hierarchy.vendor, key.certificate)
        sealed = self._value(asked, self.made[serial], key, now)
        return {
            "state": "done",
            "sealed": b64(sealed),
            "seals": [self._told(holder, now)],
            "sealTime": wall(now),
            "check": {"code": "seal.valid", "clause": "GB/T 38540", "severity": "info"},
        }

    def _value(self, asked: Fields, seal: bytes, key: CooperativeKey, now: datetime) -> bytes:
        """A sealed file, or the bare value over a digest, bound to the request it was agreed to for."""
        if asked["format"] == "digest":
            bound = request_extension(bytes.fromhex(str(asked["challenge"])))
            return sign_with_seal(seal, key, _imprint(asked), now, extensions=[bound])
        pages = [int(found[1]) - 1 for found in map(_PLACE.match, asked.get("positions") or ()) if found]
        try:
            sealed = seal_ofd(opened(asked["document"]), seal, key, time=now, pages=pages or (0,))
        except (MalformedError, ValueError, KeyError, OSError, AttributeError):
            raise Refusal("seal.format") from None
        judged = certs.verify_ofd(sealed, trust=self.hierarchy.trust(key.algorithm), at=now)
        if not judged.ok:
            raise Refusal("seal.document-locked")
        return sealed

    def _holder(self, asked: Fields) -> str:
        """`-` is whoever scans: here the first who has a seal."""
        code = str(asked.get("holder.code", ""))
        found = [
            one for one in self.hierarchy.vendor.holders.values() if code in ("-", one.code) and one.seal
        ]
        if not found:
            raise Refusal("seal.not-authorised")
        return found[0].id

    def _id(self, holder: str) -> str:
        return self.hierarchy.vendor.holders[holder].seal

    def _seal(self, holder: str) -> Seal:
        name = f"{self.hierarchy.vendor.holders[holder].name}(沙箱章)"
        return Seal(f"{holder}-seal", self.hierarchy.vendor_id, holder, MAKER, name, VERSION)

    def _told(self, holder: str, now: datetime | None) -> Fields:
        seal, end = self._seal(holder), self.hierarchy.vendor.now + _LIFE
        told = {"sealId": self._id(holder), "sealName": seal.name, "validTo": f"{end:%Y-%m-%d}"}
        return told | ({"sealTime": wall(now)} if now is not None else {})


def _imprint(asked: Fields) -> bytes:
    """The SM3 digest to be sealed, with a challenge that binds it."""
    octets, challenge = opened(asked["document"]), str(asked.get("challenge") or "")
    if len(octets) != _SM3_OCTETS or not re.fullmatch("(?:[0-9a-f]{2}){1,64}", challenge):
        raise Refusal("seal.format")
    return octets
