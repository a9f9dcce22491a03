"""Signed OFD files (GB/T 33190-2016, signatures by GM/T 0099-2020): read, judged, and signed.

`prepare_ofd` and `finish_ofd` for a value made elsewhere; `make_ofd`, `seal_ofd`, `sign_ofd` for tests.
"""

from certs.ofd.make import make_ofd, seal_ofd, sign_ofd
from certs.ofd.read import read_ofd
from certs.ofd.signing import finish_ofd, prepare_ofd
from certs.ofd.verify import verify_ofd

__all__ = ["finish_ofd", "make_ofd", "prepare_ofd", "read_ofd", "seal_ofd", "sign_ofd", "verify_ofd"]
