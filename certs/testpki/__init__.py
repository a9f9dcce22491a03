"""Throw-away PKIs for sandboxes and tests, never for production."""

from certs.testpki.make import Pki, make
from certs.testpki.mark import ProductionError, refuse
from certs.testpki.world import World

__all__ = ["Pki", "ProductionError", "World", "make", "refuse"]
