"""The centre's policy of recognition: what must be known of revocation, and when others are asked.

A signed file like the trust list (`{"policy": {…}, "signature": {…}}`, canonical JSON, a pinned signer);
where none lies in the data directory, the one shipped here holds, which asks for the most.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib.resources import files
from typing import Any

from certs.algorithms.verification import fault
from certs.keys.port import SigningKey
from certs.model.certificate import Algorithm, read_certificate
from certs.model.der import MalformedError
from certs.trust import ANYTHING, ENCIPHERING, SIGNING, STAMPING, Purpose, Revocation
from certs.trustlist.canonical import canonical, parse
from certs.trustlist.examining import ALGORITHMS
from certs.trustlist.finding import Finding
from certs.trustlist.place import Place

# What callers name, and what a certificate must be good for. Logging in and sealing are signing.
PURPOSES: Mapping[str, Purpose] = {
    "signing": SIGNING,
    "login": SIGNING,
    "sealing": SIGNING,
    "enciphering": ENCIPHERING,
    "stamping": STAMPING,
    "anything": ANYTHING,
}
WHEN_OPEN, ALWAYS, NEVER = "when-open", "always", "never"
LISTED, OFF = "listed", "off"
_MEMBERS = frozenset((
    "version", "sequence", "issued", "revocation", "relaxed", "digests", "gateways", "fetch", "gatewayYes",
    "unnamed",
))  # fmt: skip
# For what a gateway's yes will do where nobody has signed anything about revocation, unless the centre says.
_ALONE = frozenset(("login",))
_MODES = tuple(one.value for one in Revocation)
_ADVICE = "由中心重新签发策略文件,或移走该文件改用缺省策略"


@dataclass(frozen=True, slots=True)
class Policy:
    """`relaxed`: what callers may choose instead of what the purpose asks for; `gateways`: when the issuing
    body is asked beside us; `fetch`: whether revocation data are fetched from the listed addresses;
    `gateway_yes`: the purposes for which a gateway's word alone may close what is open of revocation;
    `unnamed`: those for which a certificate will do that does not say whose it is."""

    sequence: int
    issued: datetime
    revocation: Mapping[str, Revocation]
    relaxed: frozenset[Revocation]
    digests: frozenset[str]
    gateways: str
    fetch: str
    gateway_yes: frozenset[str] = _ALONE
    unnamed: frozenset[str] = frozenset()

    def as_dict(self) -> dict[str, Any]:
        return {
            "sequence": self.sequence,
            "issued": self.issued.isoformat(),
            "revocation": {name: mode.value for name, mode in self.revocation.items()},
            "relaxed": sorted(one.value for one in self.relaxed),
            "digests": sorted(self.digests),
            "gateways": self.gateways,
            "fetch": self.fetch,
            "gatewayYes": sorted(self.gateway_yes),
            "unnamed": sorted(self.unnamed),
        }


def shipped() -> Policy:
    """What holds until the centre signs its own."""
    findings: list[Finding] = []
    raw = (files("hub.ca.data") / "policy.json").read_bytes()
    found = _read(Place(parse(raw), "", findings))
    if findings:
        raise ValueError(f"policy.json: {findings[0].reason}")
    return found


def read_policy(data: bytes, signers: Sequence[bytes], newest: int = 0) -> Policy | list[Finding]:
    """The policy in a signed file, or everything that is wrong with it. Never raises."""
    findings: list[Finding] = []
    try:
        root = Place(parse(data), "", findings)
        if not root.object(frozenset(("policy", "signature"))):
            return findings
        found = _read(root.member("policy"))
        _signed(root, signers, findings)
    except MalformedError as error:
        return [Finding("malformed", "/", "一份签名的策略(JSON,UTF-8)", str(error)[:200], _ADVICE)]
    if found.sequence < newest:
        findings.append(
            Finding("list-rollback", "/policy/sequence", f"不小于 {newest}", str(found.sequence), _ADVICE)
        )
    return findings or found


def sign_policy(content: Mapping[str, Any], key: SigningKey) -> bytes:
    """The file as the centre publishes it. Raises KeyFailureError."""
    value = base64.b64encode(key.sign(canonical(content))).decode("ascii")
    signature = {
        "algorithm": key.algorithm,
        "certificate": base64.b64encode(key.certificate).decode("ascii"),
        "value": value,
    }
    whole = {"policy": content, "signature": signature}
    return (json.dumps(whole, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


def _read(place: Place) -> Policy:
    place.object(_MEMBERS)
    place.member("version").choice("1")
    modes = place.member("revocation")
    modes.object(frozenset(PURPOSES))
    return Policy(
        place.member("sequence").number(1, 1 << 53),
        place.member("issued").moment(),
        {name: Revocation(modes.member(name).choice(*_MODES) or "required") for name in PURPOSES},
        frozenset(Revocation(one.choice(*_MODES) or "required") for one in place.member("relaxed").items()),
        frozenset(
            one.choice("sm3", "sha256", "sha384", "sha512") for one in place.member("digests").items(1)
        ),
        place.member("gateways").choice(WHEN_OPEN, ALWAYS, NEVER),
        place.member("fetch").choice(LISTED, OFF),
        _for(place.member("gatewayYes"), _ALONE, PURPOSES),
        _for(place.member("unnamed"), frozenset(), ("login",)),
    )


def _for(place: Place, otherwise: frozenset[str], known: Iterable[str]) -> frozenset[str]:
    """Purposes; policies signed before there was such a member say nothing of it."""
    return frozenset(one.choice(*known) for one in place.items()) if place.there else otherwise


def _signed(root: Place, signers: Sequence[bytes], findings: list[Finding]) -> None:
    """The same rules as for the list: a pinned certificate, byte for byte, and a signature that holds."""
    place = root.member("signature")
    if not place.object(frozenset(("algorithm", "certificate", "value"))):
        return
    name = place.member("algorithm").choice(*ALGORITHMS)
    certificate, value = place.member("certificate").octets(), place.member("value").octets()
    if findings:
        return
    if certificate not in signers:
        place.member("certificate").say("设置中指定的中心签发证书", _ADVICE, "list-signer", "其他证书")
        return
    signed = canonical(root.member("policy").value)
    why = fault(signed, Algorithm(ALGORITHMS[name], None), value, read_certificate(certificate).key)
    if why is not None:
        place.member("value").say("对 policy 规范字节的签名", _ADVICE, "list-signature", why)
