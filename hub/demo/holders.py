"""Who holds a certificate of which CA in the demo's world: keys as their tokens have them."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from certs.algorithms.sm2_keys import read_private
from certs.cli.kinds import recognise_kind
from certs.keys.held import HeldKey
from certs.model.certificate import read_certificate
from hub.ca import sandbox
from hub.ca.belief import SIGNERS
from hub.ca.policy import shipped, sign_policy
from hub.ca.sandbox import KEY
from hub.durable import place_file

if TYPE_CHECKING:
    from certs.testpki.world import World


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")


@dataclass(frozen=True, slots=True)
class Holder:
    """`message` signs as the CA's own kit does: C05's gives a bare r‖s."""

    ca: str
    zh: str
    party: Mapping[str, str] = field(repr=False)
    signing: HeldKey = field(repr=False)
    encryption: HeldKey = field(repr=False)
    message: HeldKey = field(repr=False)

    @property
    def serials(self) -> tuple[int, int]:
        """Of the certificate that signs, and of the one that is enciphered to."""
        signs, enciphers = (
            read_certificate(self.signing.certificate),
            read_certificate(self.encryption.certificate),
        )
        return signs.serial, enciphers.serial


@dataclass(frozen=True, slots=True)
class Holders:
    """The world that the demo's hub and its simulated CAs share; `folder` is the hub's `ca`."""

    folder: Path
    world: World

    @classmethod
    def of(cls, folder: Path) -> Holders:
        return cls(folder, sandbox.open_world(folder))

    def holder(self, ca: str, ident: str) -> Holder:
        vendor = self.world.vendors[ca]
        who = vendor.holders[ident]
        return Holder(
            ca,
            vendor.declared.zh,
            {"type": "1", "code": who.code, "name": who.name},
            vendor.signer(ident),
            vendor.encrypter(ident),
            vendor.message_signer(ident),
        )

    def pki(self, ca: str) -> str:
        """Where a simulated CA has its public services, as the hub's list says."""
        made = json.loads((self.folder / sandbox.MADE).read_text("utf-8"))
        return str(made["pki"][ca])

    def ask_always(self) -> int:
        """The centre rules that a CA's own gateway is asked each time, too; the number of that policy."""
        centre = HeldKey(
            "sm2-sm3",
            read_private((self.folder / KEY).read_bytes()),
            recognise_kind((self.folder / SIGNERS).read_bytes()).data,
        )
        before = shipped()
        content: dict[str, Any] = before.as_dict() | {
            "version": "1",
            "sequence": before.sequence + 1,
            "gateways": "always",
        }
        place_file(self.folder / "policy.json", sign_policy(content, centre))
        return before.sequence + 1
