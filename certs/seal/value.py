"""Does a signature value of a seal hold? Tolerant of how it is written down, never of what it says."""

from __future__ import annotations

from certs.algorithms.identifiers import SCHEMES, SM2
from certs.algorithms.verification import Strength, fault
from certs.model import write as w
from certs.model.certificate import Algorithm, Certificate
from certs.verdict import Reason

_SM2_SM3 = "1.2.156.10197.1.501"
# Some makers name the curve, or signing with SM2 at large, where SM2 with SM3 belongs.
_ALIASES = {"1.2.156.10197.1.301": _SM2_SM3, "1.2.156.10197.1.301.1": _SM2_SM3}


def digest_name(oid: str) -> str | None:
    """The digest that goes with a signature algorithm."""
    scheme = SCHEMES.get(_ALIASES.get(oid, oid))
    return None if scheme is None else scheme.digest


def judge_value(
    signed: bytes, oid: str, value: bytes, by: Certificate, strength: Strength, forgiven: list[Reason]
) -> str | None:
    """None if it holds, else a code of `REASONS`; what had to be forgiven is added."""
    algorithm = Algorithm(_ALIASES.get(oid, oid), None)
    found = fault(signed, algorithm, value, by.key, strength=strength)
    scheme = SCHEMES.get(algorithm.oid)
    if found == "signature" and len(value) == 64 and scheme is not None and scheme.family == SM2:
        written = w.sequence(w.integer(int.from_bytes(value[:32])), w.integer(int.from_bytes(value[32:])))
        found = fault(signed, algorithm, written, by.key, strength=strength)
        if found is None:
            forgiven.append(Reason("encoding", str(by), "raw-signature"))
    if found is None and oid in _ALIASES:
        forgiven.append(Reason("encoding", str(by), f"algorithm {oid}"))
    return found
