"""Did the authority's key fall into other hands later? Then none of its stamps says anything.

RFC 3161, section 4: after a revocation for superseded, affiliationChanged or cessationOfOperation what was
stamped before stays valid; after any other, or one that gives no reason, nothing does. The same holds for
the CAs above, since who has a CA's key can make an authority of any past.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import pairwise

from certs.model.certificate import read_certificate
from certs.trust import Revocation, Trust
from certs.verdict import Judgement, Moment, Reason

_HARMLESS = re.compile(r"reason ([345])$")  # as `certs.revocation` words it


def compromised(
    trust: Trust, chain: Sequence[bytes], known: datetime, said: Judgement, until: datetime | None = None
) -> Iterator[Reason]:
    """Revocations known at `known` that take the stamps made before with them.

    `until`: revoked after this does not count; it is when something else began to vouch for the stamp.
    """
    for reason in revocations(trust, chain, known if until is None else until, known):
        if reason.code == "frozen" or not _HARMLESS.search(reason.detail):
            yield reason
        elif reason not in said.forgiven:
            said.forgiven.append(reason)


def revocations(trust: Trust, chain: Sequence[bytes], until: datetime, known: datetime) -> Iterator[Reason]:
    """What is known of this chain at `known` about revocations up to `until`; silence proves nothing.

    First the chain as a whole. Only if that is not clean each certificate by itself as well: a look ends
    with the first that is revoked or unknown, and the next may be worse.
    """
    if trust.revocation is Revocation.IGNORED or not (trust.crls or trust.ocsp) or len(chain) < 2:
        return
    strict = replace(trust, revocation=Revocation.REQUIRED, admission=None)
    end = min((until, known, *(read_certificate(raw).not_after for raw in chain)))
    moment = Moment(end, known_at=known)
    whole = strict.judge(chain[-1], moment=moment, extra=chain[1:])
    if whole.ok:
        return
    found = [*whole.reasons]
    for issuer, child in pairwise(chain):
        found += replace(strict, anchors=(issuer,)).judge(child, moment=moment, extra=chain[1:]).reasons
    yield from dict.fromkeys(reason for reason in found if reason.code in ("revoked", "frozen"))
