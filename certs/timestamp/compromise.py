"""Did the authority's key fall into other hands later? Then none of its stamps says anything.

RFC 3161, section 4: after a revocation for superseded, affiliationChanged or cessationOfOperation what was
stamped before stays valid; after any other, or one that gives no reason, nothing does. The same holds for
the CAs above, since who has a CA's key can make an authority of any past.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

from certs.model.certificate import read_certificate
from certs.trust import STAMPING, Purpose, Revocation, Trust
from certs.verdict import Judgement, Moment, Reason

_HARMLESS = re.compile(r"reason ([345])$")
_ISSUING = Purpose("issuing")


def compromised(
    trust: Trust, chain: tuple[bytes, ...], moment: Moment, said: Judgement | None = None
) -> Iterator[Reason]:
    """Revocations known at `moment.data_at` that take the stamps of `moment.at` with them."""
    if trust.revocation is Revocation.IGNORED or not (trust.crls or trust.ocsp) or len(chain) < 2:
        return
    strict = replace(trust, revocation=Revocation.REQUIRED, admission=None)
    end = min((moment.data_at, *(read_certificate(raw).not_after for raw in chain)))
    late = Moment(end, moment.source, known_at=moment.data_at)
    # One look over the whole chain; only if that finds anything, each certificate by itself, since a look
    # ends with the first that is revoked.
    if strict.judge(chain[-1], moment=late, purpose=STAMPING, extra=chain[1:]).ok:
        return
    for issuer, child in pairwise(chain):
        alone = replace(strict, anchors=(issuer,))
        purpose = STAMPING if child is chain[-1] else _ISSUING
        yield from _harmful(alone.judge(child, moment=late, purpose=purpose, extra=chain[1:]).reasons, said)
    whole = strict.judge(chain[-1], moment=late, purpose=STAMPING, extra=chain[1:])
    yield from _harmful(whole.reasons, said)


def _harmful(reasons: list[Reason], said: Judgement | None) -> Iterator[Reason]:
    for reason in reasons:
        if reason.code not in ("revoked", "frozen"):
            continue
        if reason.code == "revoked" and _HARMLESS.search(reason.detail):
            if said is not None and reason not in said.forgiven:
                said.forgiven.append(reason)
            continue
        yield reason
