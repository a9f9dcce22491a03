"""Chapters `identity`, `pair` and `medium`: whose it is, what belongs together, what it lies on."""

from __future__ import annotations

from certs.cases.signers import signer
from certs.cases.stage import STRANGER, Stage
from certs.cases.table import Case, Row
from certs.testpki.defects import Exhibit


def _exhibit(stage: Stage, row: Row) -> Exhibit:
    """`good:x` is the certificate beside the defect x, without it."""
    kind, _, other = row.defect.partition(":")
    return stage.world.defect(other).good if kind == "good" else stage.world.defect(row.defect).bad


def identity(stage: Stage, row: Row) -> Case:
    """ValidateCert for a party that claims the certificate, by the rules of its CA."""
    shown = _exhibit(stage, row)
    listed = stage.content((STRANGER,), identity=[rule.as_row() for rule in shown.rules])
    claimed = shown.claimed or stage.world.holders["builder"].code
    return stage.case(
        row, {"certificate.der": shown.certificate}, trust_list=stage.signed(listed),
        crls=stage.stranger.crls(), subject=claimed,
    )  # fmt: skip


def pair(stage: Stage, row: Row) -> Case:
    shown = _exhibit(stage, row)
    return stage.case(row, {"certificate.der": shown.certificate, "encryption.der": shown.other})


def medium(stage: Stage, row: Row) -> Case:
    """The same question whether the key lies on a token or on none; `object` is vendor/holder/medium."""
    vendor, holder, lies = row.object.split("/")
    only_tokens = row.defect == "not-admitted-medium"
    listed = stage.signed(stage.content(media=["token"])) if only_tokens else None
    defect = "" if only_tokens else row.defect
    key = signer(stage.vendor(vendor), stage.stranger, defect, holder)
    return stage.case(row, {"certificate.der": key.certificate}, trust_list=listed, medium=lies)
