"""A yes about revocation that only one gateway has given and nobody has signed.

Such a word is proved between the two of us by a shared key, and to nobody else. A login may rest on it: it is
of this moment, is judged again at each use and can be undone. What is signed, sealed or bid has to stand
before others years later, and this is no evidence to show them (`policy`: `gatewayYes`).
"""

from __future__ import annotations

from certs.cli.remark import Remark

TAKEN, NOT_TAKEN = "taken", "not-taken"


def warning(system: str, alone: str) -> Remark:
    """What nobody must miss who reads this answer."""
    if alone == TAKEN:
        return Remark(
            f"注意:是否吊销只凭 {system} 网关一家之言,无列表或 OCSP 的签名可证,不得据此签署、签章、投标",
            f"note: that it is not revoked is the word of {system}'s gateway alone, no signed list or OCSP"
            " answer proves it; nothing may be signed, sealed or bid on the strength of it",
        )
    return Remark(
        f"{system} 网关答未吊销,但一家之言未经签名、不能举证,此用途不采信;请备齐吊销列表或 OCSP",
        f"{system}'s gateway says that it is not revoked: its word alone, unsigned, no proof, and not taken"
        " for this purpose; have a revocation list or an OCSP answer",
    )
