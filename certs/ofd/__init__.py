"""Signed OFD files (GB/T 33190-2016, signatures by GM/T 0099-2020): read, judged, and made for tests."""

from certs.ofd.make import make_ofd, seal_ofd, sign_ofd
from certs.ofd.read import read_ofd
from certs.ofd.verify import verify_ofd

__all__ = ["make_ofd", "read_ofd", "seal_ofd", "sign_ofd", "verify_ofd"]
