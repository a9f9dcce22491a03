"""Signed data (CMS): read, judged, made and added to, in the arcs of RFC 5652 and of GB/T 35275."""

from certs.cms.amend import with_certificates, with_unsigned
from certs.cms.asked import StampJudge
from certs.cms.make import sign
from certs.cms.read import read_signed
from certs.cms.signed import SignedData, Signer
from certs.cms.verify import verify_cms

__all__ = [
    "SignedData",
    "Signer",
    "StampJudge",
    "read_signed",
    "sign",
    "verify_cms",
    "with_certificates",
    "with_unsigned",
]
