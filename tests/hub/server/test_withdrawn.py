"""Which lists of withdrawn client certificates count: those their CA has signed, and no others."""

from __future__ import annotations

import base64
from pathlib import Path

from certs.model.certificate import read_certificate
from certs.model.crl import read_crl
from hub.server.withdrawn import Withdrawn, issued
from tests.hub.server.ca_kit import pki


def _pem(kind: str, raw: bytes) -> str:
    return f"-----BEGIN {kind}-----\n{base64.b64encode(raw).decode()}\n-----END {kind}-----\n"


def test_a_list_counts_if_its_ca_has_signed_it(tmp_path: Path) -> None:
    vendor = pki().vendors["C03"]
    gone, stays = (issued(vendor.signer(holder).certificate) for holder in ("revoked", "builder"))
    issuer = read_certificate(vendor.signer("revoked").certificate).issuer
    signer = next(
        one.key.certificate
        for one in vendor.tiers()
        if read_certificate(one.key.certificate).subject == issuer
    )
    good = next(raw for raw in vendor.crls() if read_crl(raw).issuer == issuer)
    stranger = next(raw for raw in pki().vendors["C01"].crls())
    forged = good[:-1] + bytes((good[-1] ^ 1,))
    lists, authorities, now = tmp_path / "lists.pem", tmp_path / "ca.pem", [0.0]
    authorities.write_text(_pem("CERTIFICATE", signer))
    lists.write_text(_pem("X509 CRL", forged) + _pem("X509 CRL", stranger))
    seen = Withdrawn(lists, authorities, lambda: now[0])
    assert not seen.holds(gone), "a list nobody of theirs has signed takes nothing back"
    now[0] = 1.0
    lists.write_text(_pem("X509 CRL", good))
    assert seen.holds(gone) and not seen.holds(stays)
    now[0] = 2.0
    lists.write_text("-----BEGIN X509 CRL-----\nno list\n-----END X509 CRL-----\n")
    assert seen.holds(gone), "the last good one stays in place"
