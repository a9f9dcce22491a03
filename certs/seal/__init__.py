"""Electronic seals and what was sealed with them: GM/T 0031-2014, GB/T 38540-2020, GM/T 0031-2025."""

from certs.seal.make import listed, make_seal, sign_with_seal
from certs.seal.read import read_seal, read_signature
from certs.seal.structure import Picture, Seal, SealSignature
from certs.seal.verify import verify_seal, verify_seal_itself

__all__ = [
    "Picture",
    "Seal",
    "SealSignature",
    "listed",
    "make_seal",
    "read_seal",
    "read_signature",
    "sign_with_seal",
    "verify_seal",
    "verify_seal_itself",
]
