"""Who may be believed: certificates, signatures, digests. Knows nothing of trading, messages or the hub."""

from certs.path.validate import validate_path
from certs.revocation.ocsp import check_ocsp
from certs.timestamp.check import verify_timestamp
from certs.verdict import Reason, Verdict

__all__ = ["Reason", "Verdict", "check_ocsp", "validate_path", "verify_timestamp"]
