"""What a run leaves behind: one JSON with a digest, JUnit for machines, one HTML page for people."""

from conformance.report.build import build, verify

__all__ = ["build", "verify"]
