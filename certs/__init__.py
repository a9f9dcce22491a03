"""Who may be believed: certificates, signatures, digests. Knows nothing of trading, messages or the hub.

Each name is imported when first used: whoever wants a check digit does not load a validator.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from certs.cms import sign as sign_cms
    from certs.cms import verify_cms
    from certs.envelope import open_envelope, seal_envelope
    from certs.ofd import verify_ofd
    from certs.path.validate import validate_path
    from certs.pdf import verify_pdf
    from certs.proof.verify import verify_proof
    from certs.recognition import Recogniser, Recognition, recognise
    from certs.revocation.ocsp import check_ocsp
    from certs.seal import make_seal, sign_with_seal, verify_seal, verify_seal_itself
    from certs.timestamp.check import verify_timestamp
    from certs.trust import Purpose, Revocation, Trust
    from certs.trustlist import TrustList
    from certs.verdict import Moment, Reason, Verdict
    from certs.xml import sign_xml, verify_xml

# Name -> module, and the name there if it is another.
_WHERE = {
    "Moment": ("certs.verdict", ""),
    "Purpose": ("certs.trust", ""),
    "Reason": ("certs.verdict", ""),
    "Recogniser": ("certs.recognition", ""),
    "Recognition": ("certs.recognition", ""),
    "Revocation": ("certs.trust", ""),
    "Trust": ("certs.trust", ""),
    "TrustList": ("certs.trustlist", ""),
    "Verdict": ("certs.verdict", ""),
    "check_ocsp": ("certs.revocation.ocsp", ""),
    "make_seal": ("certs.seal", ""),
    "open_envelope": ("certs.envelope", ""),
    "recognise": ("certs.recognition", ""),
    "seal_envelope": ("certs.envelope", ""),
    "sign_cms": ("certs.cms", "sign"),
    "sign_with_seal": ("certs.seal", ""),
    "sign_xml": ("certs.xml", ""),
    "validate_path": ("certs.path.validate", ""),
    "verify_cms": ("certs.cms", ""),
    "verify_ofd": ("certs.ofd", ""),
    "verify_pdf": ("certs.pdf", ""),
    "verify_proof": ("certs.proof.verify", ""),
    "verify_seal": ("certs.seal", ""),
    "verify_seal_itself": ("certs.seal", ""),
    "verify_timestamp": ("certs.timestamp.check", ""),
    "verify_xml": ("certs.xml", ""),
}

__all__ = [
    "Moment",
    "Purpose",
    "Reason",
    "Recogniser",
    "Recognition",
    "Revocation",
    "Trust",
    "TrustList",
    "Verdict",
    "check_ocsp",
    "make_seal",
    "open_envelope",
    "recognise",
    "seal_envelope",
    "sign_cms",
    "sign_with_seal",
    "sign_xml",
    "validate_path",
    "verify_cms",
    "verify_ofd",
    "verify_pdf",
    "verify_proof",
    "verify_seal",
    "verify_seal_itself",
    "verify_timestamp",
    "verify_xml",
]


def __getattr__(name: str) -> Any:
    if name not in _WHERE:
        raise AttributeError(f"module 'certs' has no attribute {name!r}")
    module, there = _WHERE[name]
    found = getattr(import_module(module), there or name)
    globals()[name] = found
    return found
