"""Throw-away PKIs for sandboxes and tests, never for production."""

from certs.testpki.make import Pki, make

__all__ = ["Pki", "make"]
