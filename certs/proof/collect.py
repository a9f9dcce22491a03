"""Keeping a signed thing while it can still be judged, with what is needed to judge it again."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from certs.model.der import MalformedError
from certs.proof.complete import Data, completed, gathered
from certs.proof.kept import KINDS, Kept, Value
from certs.proof.originals import chains_of, judge_kept
from certs.proof.record import Record
from certs.proof.stamps import info_of
from certs.timestamp.check import verify_timestamp
from certs.timestamp.model import Digest
from certs.trust import Trust
from certs.verdict import Moment, Verdict, refused


@dataclass(frozen=True, slots=True)
class Collected:
    """`kept` is the container's DER, None unless the thing is valid: what is not believed now is not kept."""

    verdict: Verdict
    kept: bytes | None = field(repr=False)


def collect(
    kind: str,
    thing: bytes,
    *,
    trust: Trust,
    at: Moment | datetime,
    content: bytes | None = None,
    value: Value | None = None,
) -> Collected:
    """Judge a `cms`, `seal`, `timestamp` or `message` (with its `value`) now, and keep what made it valid.

    Revocation data come from `trust`. That what is kept suffices is tried before it is handed out. Never
    raises on the thing; a stamp over the result has to follow while its revocation data are current.
    """
    moment = at if isinstance(at, Moment) else Moment(at)
    if kind not in KINDS or (kind == "message") != (value is not None):
        return Collected(
            refused("argument", detail=f"{kind}: one of {', '.join(KINDS)}; value with message"), None
        )
    second = moment.at.astimezone(UTC).replace(microsecond=0)
    bare = Kept(kind, thing, content, value, Data(), second, moment.source, "", "", "")
    verdict = judge_kept(bare, trust=trust, at=moment)
    if not verdict.ok:
        return Collected(verdict, None)
    data = gathered(trust, chains_of(bare, verdict, trust, moment), moment.data_at)
    report = json.dumps(verdict.as_dict(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    kept = replace(bare, data=data, zh=verdict.sentence(), en=verdict.sentence("en"), report=report)
    again = judge_kept(kept, trust=replace(trust, intermediates=(), crls=(), ocsp=()), at=moment)
    return Collected(again, kept.raw if again.ok else None)


def complete(
    records: Sequence[Record], *, trust: Trust, at: Moment | datetime
) -> tuple[Verdict, tuple[Record, ...]]:
    """Put the data that make the newest stamps believed now into them, before they are renewed.

    Records under one stamp share it, and still do afterwards. If a stamp is not believed, its verdict comes
    back with the records as they were: renewing them would prove nothing.
    """
    moment = at if isinstance(at, Moment) else Moment(at)
    found: dict[bytes, Data] = {}
    verdict = refused("argument", detail="no records")
    for record in records:
        token = record.chains[-1][-1].token
        if token in found:
            continue
        imprint: Digest = info_of(token).imprint
        verdict = verify_timestamp(token, imprint, trust=trust, at=moment)
        if not verdict.ok:
            return verdict, tuple(records)
        found[token] = gathered(trust, [verdict.chain], moment.data_at)
    try:
        return verdict, tuple(completed(record, found[record.chains[-1][-1].token]) for record in records)
    except MalformedError as error:  # a token that is believed, but not in DER, cannot grow
        return refused("malformed", "token", str(error)), tuple(records)
