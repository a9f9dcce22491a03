"""From a file to a report."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from dataclasses import replace

from certs.cli.asking import Given
from certs.cli.facts import Row, contents
from certs.cli.judging import Judged, judge_certificate
from certs.cli.kinds import Found, recognise_kind
from certs.cli.remark import Remark
from certs.cli.report import Report
from certs.cli.signed import judge_file
from certs.model.certificate import Certificate
from certs.recognition.recognition import views
from certs.verdict import Check

_MOST_OTHERS = 20


def report_of(
    name: str, data: bytes, given: Given, args: argparse.Namespace, content: bytes | None = None
) -> Report:
    """Never raises on the file's bytes."""
    found = recognise_kind(data)
    if found.kind == "unknown":
        row = Row("已尝试", "tried", found.tried or "—")
        return Report(name, "unknown", [row])
    inside = contents(found)
    if found.crls and given.trust is not None:
        given = replace(given, trust=given.trust.with_data(crls=found.crls))
    if found.kind in ("certificate", "bundle"):
        made = judge_certificate(inside.certificates or (found.data,), given, args)
    elif found.kind == "trustlist":
        made = _list(found, given, args)
    else:
        made = judge_file(found, given, content, inside.certificates)
    known = tuple(dict.fromkeys((*inside.certificates, *given.extra, *_believed(given))))
    chain = _chain(made, inside.certificates, known)
    listed = frozenset(
        raw for one in (given.listed.members if given.listed else ()) for raw in one.ca.certificates
    )
    lint = tuple(made.recognition.lint()) if made.recognition is not None else ()
    others = tuple(_others(made, chain, inside.certificates, known))
    return Report(
        name, found.kind, inside.rows, made.verdict, made.recognition, chain, listed, lint,
        (*given.remarks, *made.remarks, *_missing(made, chain, given)), others, given.trust is not None,
    )  # fmt: skip


def _list(found: Found, given: Given, args: argparse.Namespace) -> Judged:
    from certs.cli.believing import pinned
    from certs.trustlist import examine

    signers, remarks = pinned(args, found.data)
    return Judged(examine(found.data, signers=signers, at=given.moment.at).verdict, None, remarks)


def _missing(made: Judged, chain: Sequence[Certificate], given: Given) -> Iterator[Remark]:
    """Where the way up ends, if it leads to nobody who is believed."""
    codes = {one.code for one in made.verdict.reasons} if made.verdict is not None else set()
    if "no-path" not in codes or not chain:
        return
    if given.trust is not None and chain[0].raw in given.trust.anchors:
        return  # it leads to somebody believed, and something on the way does not hold
    top = chain[0]
    if top.self_issued:
        yield Remark(
            f"链的顶端不在所信任的根之中:{top.subject}", f"nobody trusts the top of the chain: {top.subject}"
        )
    elif not codes & {"signature", "algorithm-unknown", "algorithm-weak"}:
        yield Remark(
            f"手边没有其颁发者的证书:{top.issuer}", f"its issuer's certificate is not at hand: {top.issuer}"
        )


def _believed(given: Given) -> Iterator[bytes]:
    for one in (given.trust, given.stamps, given.makers):
        if one is not None:
            yield from (*one.anchors, *one.intermediates)


def _others(
    made: Judged, chain: Sequence[Certificate], inside: Sequence[bytes], known: Sequence[bytes]
) -> list[Certificate]:
    """What came along, and of all that is known what the verdict speaks of."""
    on_chain = {one.raw for one in chain}
    told = "\n".join(_said(made.verdict.checks)) if made.verdict is not None else ""
    found = [one for one in views(known) if one.raw not in on_chain]
    return [one for one in found if one.raw in inside or str(one.subject) in told][:_MOST_OTHERS]


def _said(checks: Sequence[Check]) -> Iterator[str]:
    for check in checks:
        yield check.at
        yield from (str(reason) for reason in check.reasons)
        yield from _said(check.inner)


def _chain(made: Judged, inside: Sequence[bytes], known: Sequence[bytes]) -> tuple[Certificate, ...]:
    """The path that was found; without one, what leads upwards from the certificate in question."""
    verdict = made.verdict
    if verdict is not None and verdict.chain:
        return tuple(views(verdict.chain))
    start = verdict.signer if verdict is not None and verdict.signer else (inside[0] if inside else None)
    if start is None:
        return ()
    above, at = views(known), next(iter(views((start,))), None)
    out: list[Certificate] = []
    while at is not None and at not in out and len(out) < 10:
        out.insert(0, at)
        at = None if at.self_issued else next((one for one in above if one.subject == out[0].issuer), None)
    return tuple(out)
