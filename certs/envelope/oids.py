"""Object identifiers of envelopes, in both arcs, and the few of our own."""

from __future__ import annotations

from certs.cms.oids import DATA, PREFIX, RSA_ARC, SM2_ARC

ENVELOPED = {arc: prefix + "3" for arc, prefix in PREFIX.items()}
SIGNED_AND_ENVELOPED = {arc: prefix + "4" for arc, prefix in PREFIX.items()}
AUTHENTICATED = "1.2.840.113549.1.9.16.1.23"  # RFC 5083; no arc of SM2 has one
ARC_OF = {oid: arc for table in (ENVELOPED, SIGNED_AND_ENVELOPED) for arc, oid in table.items()}
IS_DATA = frozenset(DATA.values())
IS_ENVELOPE = frozenset((*ENVELOPED.values(), AUTHENTICATED))

# How a content key travels.
RSA_PKCS1, RSA_OAEP = "1.2.840.113549.1.1.1", "1.2.840.113549.1.1.7"
MGF1, SHA256 = "1.2.840.113549.1.1.8", "2.16.840.1.101.3.4.2.1"
SM2_ENCRYPTION = "1.2.156.10197.1.301.3"

# Ours, under a number drawn once (ITU-T X.667): a holder's share of a key as a kind of recipient
# (RFC 5652, 6.2.5), what binds key, ciphertext and signer, and the digest of a ciphertext kept elsewhere.
_OWN = "2.25.281047347576472607563476342635943392617"
KEY_SHARE, BINDING, DETACHED = f"{_OWN}.1", f"{_OWN}.2", f"{_OWN}.3"

__all__ = ["ARC_OF", "AUTHENTICATED", "BINDING", "DATA", "DETACHED", "ENVELOPED", "IS_DATA", "IS_ENVELOPE",
           "KEY_SHARE", "MGF1", "RSA_ARC", "RSA_OAEP", "RSA_PKCS1", "SHA256", "SIGNED_AND_ENVELOPED",
           "SM2_ARC", "SM2_ENCRYPTION"]  # fmt: skip
