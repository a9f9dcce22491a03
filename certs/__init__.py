"""Who may be believed: certificates, signatures, digests. Knows nothing of trading, messages or the hub."""

from certs.cms import sign as sign_cms
from certs.cms import verify_cms
from certs.envelope import open_envelope, seal_envelope
from certs.path.validate import validate_path
from certs.revocation.ocsp import check_ocsp
from certs.timestamp.check import verify_timestamp
from certs.verdict import Reason, Verdict

__all__ = [
    "Reason",
    "Verdict",
    "check_ocsp",
    "open_envelope",
    "seal_envelope",
    "sign_cms",
    "validate_path",
    "verify_cms",
    "verify_timestamp",
]
