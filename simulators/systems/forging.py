"""Keys that sign wrongly on purpose, for the faults of the table: the right key over the wrong digest."""

from __future__ import annotations

from dataclasses import dataclass

from certs.algorithms import sm2
from certs.keys.held import HeldKey
from certs.testpki.randomness import sm2_value

OTHER_ID = b"somebody@else.example"


@dataclass(frozen=True, slots=True)
class ForeignKey(HeldKey):
    """Signs SM2 with Z of another identity than everybody verifies with (GB/T 32918.2, 5.5)."""

    @classmethod
    def like(cls, key: HeldKey) -> ForeignKey:
        return cls(key.algorithm, key.private, key.certificate, key.chain)

    def sign(self, message: bytes) -> bytes:
        if self.algorithm != "sm2-sm3":
            return HeldKey.sign(self, message)
        return sm2_value(self.private, sm2.e_value(message, self.public, OTHER_ID))
