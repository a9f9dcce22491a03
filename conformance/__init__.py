"""The conformance suite: examines third-party e-trading systems; nobody imports it."""

SUITE = "hutong-conformance"
VERSION = "1.0"
